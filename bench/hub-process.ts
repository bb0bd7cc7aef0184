/** `trestle hub` as a process of its own on a given database. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const TRESTLE = 'out/main/trestle.js';

export interface HubProcess {
  readonly address: string;
  /** A new stall. @returns a code for its first device */
  newStall(name: string): Promise<{ readonly stallId: string; readonly code: string }>;
  stop(): Promise<void>;
}

export async function startHubProcess(databaseUrl: string): Promise<HubProcess> {
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  const child: ChildProcess = spawn(process.execPath, [TRESTLE, 'hub', '--port', '0'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (text) => (said = `${said}${String(text)}`.slice(-2_000)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { url } = await new Promise<{ url: string }>((resolve, reject) => {
    if (child.stdout)
      createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as { url: string }));
    child.once('exit', (code) => reject(new Error(`the hub ended with code ${code}: ${said}`)));
  });
  let isStopping = false;
  child.once('exit', (code, signal) => {
    if (!isStopping) process.stderr.write(`the hub ended by itself (${code ?? signal}): ${said}\n`);
  });
  return {
    address: url,
    async newStall(name) {
      const { stdout } = await promisify(execFile)(process.execPath, [TRESTLE, 'hub', 'stall', 'add', name], { env });
      return JSON.parse(stdout) as { stallId: string; code: string };
    },
    async stop() {
      isStopping = true;
      child.kill('SIGTERM');
      await ended;
    },
  };
}
