import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { findPostgres, type PostgresBinaries } from './postgres-binaries';
import { freePort } from './free-port';

/** A real PostgreSQL of one's own on loopback, stopped by pid. */
export interface PostgresServer {
  /** Address of its own database, `postgres`; trusts whoever is on this machine. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Major version. */
  readonly version: number;
  /** A new, empty database. @returns its address */
  newDatabase(): Promise<string>;
  /** Runs one statement. @returns its rows */
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** kill -9 of every process of it: what a power cut leaves of it, but for what the disk had not yet. */
  kill(): Promise<void>;
  /** Starts what was killed, on the same port and folder. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Whether a commit waits for the disk; default no: what a test kills is a process, never the machine. */
  readonly fsync?: boolean;
  /** Lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

const PATIENCE_MS = 60_000;

/** Makes and starts a PostgreSQL: Debian's where it is installed, else npm's; as another user when this one is root. */
export async function startPostgres({ fsync = false, settings = {} }: PostgresOptions = {}): Promise<PostgresServer> {
  const binaries = findPostgres();
  const folder = newFolder(binaries);
  const dataDir = join(folder, 'data');
  initialise(binaries, dataDir);
  appendSettings(dataDir, { fsync: fsync ? 'on' : 'off', ...settings });
  return startServer(binaries, folder, dataDir);
}

/** A folder that the database's user may write. */
export function newFolder({ user }: PostgresBinaries): string {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-pg-'));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  return folder;
}

export function initialise({ bin, user }: PostgresBinaries, dataDir: string): void {
  const options = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--locale=C', '--no-sync'];
  execFileSync(join(bin, 'initdb'), ['-D', dataDir, ...options], { ...user, cwd: tmpdir(), stdio: 'pipe' });
}

export function appendSettings(dataDir: string, settings: Readonly<Record<string, string>>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  appendFileSync(join(dataDir, 'postgresql.conf'), lines.join(''));
}

/** Starts a server on a folder that was initialised or copied. @param folder removed with it */
export async function startServer(
  binaries: PostgresBinaries,
  folder: string,
  dataDir: string,
): Promise<PostgresServer> {
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | null = null;
  let said = '';

  const killAtExit = (): void => {
    if (child?.pid !== undefined) killTree(child.pid);
  };

  async function start(): Promise<void> {
    const places = ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`];
    const started = spawn(join(binaries.bin, 'postgres'), ['-D', dataDir, '-p', `${port}`, ...places], {
      ...binaries.user,
      cwd: tmpdir(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    process.once('exit', killAtExit);
    started.stderr.on('data', (chunk) => (said = `${said}${String(chunk)}`.slice(-4_000)));
    for (const deadlineMs = Date.now() + PATIENCE_MS; ;) {
      if (started.exitCode !== null || started.signalCode !== null) throw new Error(`PostgreSQL ended:\n${said}`);
      try {
        await withClient(url, (client) => client.query('SELECT 1'));
        return;
      } catch (error) {
        if (Date.now() > deadlineMs) throw new Error(`PostgreSQL does not answer:\n${said}`, { cause: error });
        await pause(30);
      }
    }
  }

  async function end(by: (pid: number) => void): Promise<void> {
    const ending = child;
    child = null;
    process.off('exit', killAtExit);
    if (ending?.pid === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
    by(ending.pid);
    await ended;
  }

  await start();
  return {
    url,
    port,
    dataDir,
    version: binaries.version,
    async newDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`;
      await withClient(url, (client) => client.query(`CREATE DATABASE ${name}`));
      return url.replace(/postgres$/, name);
    },
    query: (text, values = []) => withClient(url, async (client) => (await client.query(text, [...values])).rows),
    kill: () => end(killTree),
    start,
    async stop() {
      await end((pid) => process.kill(pid, 'SIGINT'));
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A connection that breaks while nobody asks says so here; the next question fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Backends lead sessions of their own, so that no signal to a group reaches them. */
function killTree(pid: number): void {
  const backends = childrenOf(pid);
  for (const one of [pid, ...backends]) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}

function childrenOf(pid: number): number[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((candidate) => {
      if (!Number.isInteger(candidate)) return false;
      try {
        // pid (name) state parent …; a name may hold spaces.
        const stat = readFileSync(`/proc/${candidate}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    });
}
