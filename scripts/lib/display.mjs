import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SetupError } from './report.mjs';

/** Whether there is a screen to draw on. Windows and macOS always have one. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/**
 * Makes sure that there is a display: where there is none, starts a virtual one and puts it into this process's
 * environment. It ends with `stop`, or with this process.
 *
 * @param {{ width?: number, height?: number }} [size] of the virtual screen, in pixels
 * @returns {Promise<{ isVirtual: boolean, stop: () => Promise<void> }>}
 * @throws {SetupError} when there is no display and none can be made
 */
export async function ensureDisplay({ width = 1920, height = 1080 } = {}) {
  if (hasDisplay()) return { isVirtual: false, stop: async () => {} };
  // Xvfb looks for a free number itself and writes it to the descriptor it is given: no race with another one starting.
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const kill = () => server.kill();
  process.once('exit', kill);
  const ended = once(server, 'close').catch(() => {});
  const number = await new Promise((resolve) => {
    let digits = '';
    /** @type {import('node:stream').Readable} */ (server.stdio[3]).on('data', (chunk) => {
      digits += chunk;
      if (digits.endsWith('\n')) resolve(digits.trim());
    });
    server.on('error', () => resolve(null));
    server.on('exit', () => resolve(null));
  });
  if (number === null) {
    throw new SetupError('There is no display, and the virtual one (Xvfb) does not start.', 'Run: npm run setup');
  }
  process.env.DISPLAY = `:${number}`;
  return {
    isVirtual: true,
    stop: async () => {
      process.off('exit', kill);
      delete process.env.DISPLAY;
      server.kill();
      await ended;
    },
  };
}

/** Global set-up of the test runners: a display for the windows they open, gone when they are done. */
export default async function displayForTests() {
  const { stop } = await ensureDisplay();
  return stop;
}
