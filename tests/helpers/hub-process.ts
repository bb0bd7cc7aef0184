import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Placed } from './kiosk-process';

const HUB = ['out/main/trestle.js', 'hub'];

/** The built `trestle hub` as a process of its own. */
export interface HubProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly operatorToken?: string;
  /** Sends a signal and waits for the end. @returns the exit code, or null when it was killed */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/**
 * Serves a hub. Needs `npm run build`.
 * @throws with what it said, when it ends before it is ready
 */
export async function startHubProcess(args: readonly string[], place: Placed = {}): Promise<HubProcess> {
  const [program = '', ...words] = [...(place.within ?? []), process.execPath, ...HUB, ...args];
  const child = spawn(program, words, { env: { ...process.env, ...place.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (text) => (complaints += String(text)));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = await new Promise<Pick<HubProcess, 'url' | 'operatorToken'>>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as HubProcess));
    void ended.then((code) => reject(new Error(`the hub ended with code ${code}: ${complaints}`)));
  });
  return {
    child,
    ...ready,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs one `trestle hub …` to its end. @returns its JSON lines */
export async function runHubCommand(
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Record<string, string>[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [...HUB, ...words], {
    env: { ...process.env, ...env },
  });
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, string>);
}
