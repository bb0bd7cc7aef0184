import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Database } from '../hub/database';
import type { HubIdentity } from '../hub/hub-record';
import type { PostgresStore } from '../hub/postgres-store';
import { portFlag } from '../main/flags';
import { flagOf } from './flag-of';
import { registerHubOutwardCommands } from './hub-outward-command';

interface DataFlags {
  readonly data: string;
}

interface ServeFlags extends DataFlags {
  readonly port: number;
  readonly host: string;
  readonly publicUrl?: string;
  readonly trustProxy?: true;
  readonly allowPrivateWebhooks?: true;
}

const DATA_DEFAULT = 'hub-data';

/**
 * `trestle hub`: where the journals of stalls meet. With `DATABASE_URL` on that PostgreSQL, without on one of its own in the data
 * folder. Everything of it is loaded when it is asked for, so that no till starts slower for it.
 */
export function registerHubCommand(program: Command): void {
  const hub = program
    .command('hub')
    .description('serve the hub; its PostgreSQL is that of DATABASE_URL, or one of its own in the data folder')
    .option('--data <folder>', 'where its own PostgreSQL lives when there is no DATABASE_URL', DATA_DEFAULT)
    .option('--port <number>', 'port to listen on; 0 for any free one', flagOf(portFlag), 8787)
    .option('--host <address>', 'address to listen on; 0.0.0.0 for every network of this machine', '127.0.0.1')
    .option('--public-url <url>', 'how devices reach this hub, for the links in its codes')
    .option('--trust-proxy', 'believe X-Forwarded-* of the proxy in front of it')
    .option('--allow-private-webhooks', "let webhooks go to this machine's own network, by plain HTTP too")
    .action(serve);

  const stall = hub.command('stall').description('the stalls of this hub');
  stall
    .command('add <name>')
    .description('add a stall and print its id and a code for its first device')
    .action((name: string, _flags, command: Command) =>
      withDatabase(command, async (database) => {
        const { addStall } = await import('../hub/stalls');
        const stallId = await addStall(database, name);
        print({ stallId, name, ...(await codeFor(database, stallId, 'first device')) });
      }),
    );
  stall
    .command('list')
    .description('print every stall as one JSON line')
    .action((_flags, command: Command) =>
      withDatabase(command, async (database) => {
        const { listStalls } = await import('../hub/stalls');
        for (const row of await listStalls(database)) print(row);
      }),
    );

  hub
    .command('code <stall>')
    .description('print a one-time code for one more device of a stall')
    .option('--name <text>', 'what the device is called until it says so itself', '')
    .action((stallId: string, { name }: { name: string }, command: Command) =>
      withDatabase(command, async (database) => print(await codeFor(database, stallId, name))),
    );

  const device = hub.command('device').description('the devices of a stall');
  device
    .command('list <stall>')
    .description('print every device of a stall as one JSON line')
    .action((stallId: string, _flags, command: Command) =>
      withDatabase(command, async (database) => {
        const { listDevices } = await import('../hub/stalls');
        for (const row of await listDevices(database, stallId)) print(row);
      }),
    );
  device
    .command('revoke <stall> <device>')
    .description('shut a device out, at once')
    .action((stallId: string, deviceId: string, _flags, command: Command) =>
      withDatabase(command, async (database) => {
        const { revokeDevice } = await import('../hub/stalls');
        await revokeDevice(database, stallId, deviceId);
        print({ revoked: deviceId });
      }),
    );

  hub
    .command('take-in <file>')
    .description('take in the queue a till wrote on a stick; the answer beside it goes back to the till')
    .action((file: string, _flags, command: Command) =>
      withDatabase(command, async (database) => {
        const { writeFile } = await import('node:fs/promises');
        const { takeIn } = await import('../hub/take-in');
        const { answer, ...told } = await takeIn({ ...(await openStore(database)), now: () => new Date() }, file);
        const answerFile = `${file}.answer`;
        await writeFile(answerFile, `${JSON.stringify(answer)}\n`);
        print({ ...told, answer: answerFile });
        if (told.refused.length > 0) process.exitCode = 1;
      }),
    );
  hub
    .command('sign-rules <file> <signed>')
    .description('sign price rules that a till exported, so that every till of this hub takes them in')
    .option('--name <text>', 'what the set is called; as before by default')
    .option('--set <id>', 'which set it is a version of; that of the file by default')
    .action((file: string, signed: string, { name, set: setId }: { name?: string; set?: string }, command: Command) =>
      withDatabase(command, async (database) => {
        const { readFile, writeFile } = await import('node:fs/promises');
        const { signRules } = await import('../hub/sign-rules');
        const { identity } = await openStore(database);
        const text = await readFile(file, 'utf8');
        const made = await signRules(text, { database, identity }, { now: new Date(), name, setId });
        if (!made.ok) throw new Error(made.error.message);
        const { set } = made.value;
        await writeFile(signed, made.value.text);
        print({
          signed,
          setId: set.setId,
          version: set.version,
          ruleCount: set.rules.length,
          signedBy: identity.serverId,
        });
      }),
    );
  hub
    .command('restored')
    .description('say that the database was restored from a backup: devices offer again what it no longer has')
    .action((_flags, command: Command) =>
      withDatabase(command, async (database) => {
        const { beginEpoch } = await import('../hub/hub-record');
        print({ epoch: await database.transaction((client) => beginEpoch(client, 'restored')) });
      }),
    );

  hub
    .command('operator-token')
    .description("make a new operator's token and print it; the old one opens nothing any more")
    .action((_flags, command: Command) =>
      withDatabase(command, async (database) => {
        const { newOperatorToken } = await import('../hub/hub-record');
        print({ operatorToken: await newOperatorToken(database, false) });
      }),
    );

  registerHubOutwardCommands(hub, withDatabase);
}

async function serve(flags: ServeFlags): Promise<void> {
  const { openHub } = await import('../hub/hub');
  const { hubLog } = await import('../hub/log');
  const postgres = await hubDatabase(flags.data, 'server');
  const log = hubLog();
  try {
    const hub = await openHub({
      databaseUrl: postgres.url,
      log,
      publicUrl: flags.publicUrl ?? null,
      trustProxy: flags.trustProxy ?? false,
      allowPrivateWebhooks: flags.allowPrivateWebhooks ?? false,
    });
    // Before it says that it is ready: whoever reads that may ask it to stop at once.
    const asked = new Promise<void>((stop) => {
      process.once('SIGTERM', stop);
      process.once('SIGINT', stop);
    });
    try {
      const url = await hub.app.listen({ host: flags.host, port: flags.port }).catch((error: unknown) => {
        throw listenFailure(error, flags);
      });
      const { serverId } = hub.identity;
      print({ ready: true, url, serverId, ...(hub.operatorToken !== null && { operatorToken: hub.operatorToken }) });
      await asked;
      log.info('closing: what is under way is answered first');
    } finally {
      await hub.close();
    }
  } finally {
    await postgres.close();
  }
}

/** Why a hub cannot listen where it was told to, with the mend. */
function listenFailure(error: unknown, { host, port }: ServeFlags): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new Error(
      `Port ${port} of ${host} is taken, perhaps by another hub: stop that, or choose another with --port.`,
    );
  if (code === 'EACCES')
    return new Error(`Port ${port} is for root only: choose one from 1024 with --port, and put a proxy in front.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new Error(`${host} is no address of this machine: choose one with --host, or 0.0.0.0 for all of them.`);
  return error;
}

async function codeFor(
  database: Database,
  stallId: string,
  name: string,
): Promise<{ readonly code: string; readonly expiresAt: string }> {
  const { makeCode } = await import('../exchange/routes');
  const { code, expiresAt } = await makeCode({ ...(await openStore(database)), now: () => new Date() }, stallId, name);
  return { code, expiresAt: expiresAt.toISOString() };
}

/** Who the hub is and what it keeps, without serving it. */
async function openStore(
  database: Database,
): Promise<{ readonly identity: HubIdentity; readonly store: PostgresStore }> {
  const { loadIdentity } = await import('../hub/hub-record');
  const { PostgresStore } = await import('../hub/postgres-store');
  const { hubLog } = await import('../hub/log');
  return {
    identity: await database.withClient(loadIdentity),
    store: new PostgresStore({ database, log: hubLog() }),
  };
}

/** Runs one command on the hub's database, whether the hub runs or not. */
async function withDatabase(command: Command, work: (database: Database) => Promise<void>): Promise<void> {
  const { openDatabase } = await import('../hub/hub');
  const { hubLog } = await import('../hub/log');
  const { data } = command.optsWithGlobals<DataFlags>();
  const postgres = await hubDatabase(data, 'visitor');
  try {
    const database = await openDatabase({ databaseUrl: postgres.url, log: hubLog(), maxConnections: 2 });
    try {
      await work(database);
    } finally {
      await database.close();
    }
  } finally {
    await postgres.close();
  }
}

/** The PostgreSQL of `DATABASE_URL`, or the hub's own. */
async function hubDatabase(
  data: string,
  role: 'server' | 'visitor',
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const url = process.env['DATABASE_URL'];
  if (url) return { url, close: () => Promise.resolve() };
  const { startEmbeddedPostgres } = await import('../hub/embedded-postgres');
  const { hubLog } = await import('../hub/log');
  return startEmbeddedPostgres(resolve(data), role, hubLog());
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
