import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { appendSettings, initialise, newFolder, startServer, type PostgresServer } from './postgres';
import { findPostgres, type PostgresBinaries } from './postgres-binaries';

/**
 * Three real PostgreSQL nodes on loopback: one primary streams to two standbys, and a commit waits until at least one of
 * them has it on its disk as well. Whichever node dies, what was acknowledged is on another.
 */
export interface PostgresCluster {
  /** Leads to whichever node is the primary, as a proxy in front of a real cluster does; refuses while there is none. */
  readonly url: string;
  /** A new, empty database. @returns its address through the proxy */
  newDatabase(): Promise<string>;
  /** The same database with all nodes named and no proxy: whoever connects finds the primary himself. */
  onAllNodes(url: string): string;
  /** Runs one statement on the primary. @returns its rows */
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** kill -9 of the primary. */
  killPrimary(): Promise<void>;
  /** kill -9 of both standbys. */
  killStandbys(): Promise<void>;
  /** Promotes the standby that has received most; the other follows it. Resolves when the new primary takes writes. */
  promote(): Promise<void>;
  /** Gives dead nodes a fresh copy of the primary and waits until both standbys stream. */
  rejoin(): Promise<void>;
  /** Ends all nodes and removes their folders. */
  stop(): Promise<void>;
}

interface Node {
  readonly name: string;
  readonly folder: string;
  readonly server: PostgresServer;
  isAlive: boolean;
}

const NAMES = ['north', 'east', 'south'] as const;
const PATIENCE_MS = 60_000;

/** @param fsync whether commits wait for the disks; what is killed here are processes, so that only a bench asks for it */
export async function startPostgresCluster({ fsync = false } = {}): Promise<PostgresCluster> {
  const binaries = findPostgres();
  let primary = await startFirst(binaries, fsync);
  const nodes: Node[] = [primary];
  for (const name of NAMES.slice(1)) {
    const folder = newFolder(binaries);
    const dataDir = join(folder, 'data');
    await copyData(primary, dataDir, name, binaries);
    nodes.push({ name, folder, server: await startServer(binaries, folder, dataDir), isAlive: true });
  }
  await streaming(primary);

  let target: number | null = primary.server.port;
  const proxy = createServer((client) => {
    if (target === null) return client.destroy();
    const node = connect(target, '127.0.0.1');
    client.pipe(node).pipe(client);
    client.on('error', () => node.destroy()).on('close', () => node.destroy());
    node.on('error', () => client.destroy()).on('close', () => client.destroy());
    return client;
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', () => resolve()));
  const { port } = proxy.address() as AddressInfo;
  const throughProxy = (url: string): string => url.replace(/:\d+\//, `:${port}/`);

  return {
    url: throughProxy(primary.server.url),
    newDatabase: async () => throughProxy(await primary.server.newDatabase()),
    onAllNodes(database) {
      const hosts = nodes.map(({ server }) => `127.0.0.1:${server.port}`).join(',');
      return database.replace(`127.0.0.1:${port}`, hosts);
    },
    query: (text, values) => primary.server.query(text, values),
    async killPrimary() {
      target = null;
      primary.isAlive = false;
      await primary.server.kill();
    },
    async killStandbys() {
      for (const node of nodes.filter((one) => one !== primary && one.isAlive)) {
        node.isAlive = false;
        await node.server.kill();
      }
    },
    async promote() {
      const candidates = await Promise.all(nodes.filter(({ isAlive }) => isAlive).map(received));
      const [next, ...others] = candidates.sort((a, b) => (a.bytes < b.bytes ? 1 : -1));
      if (!next) throw new Error('no standby is left');
      const [answer] = await next.node.server.query<{ promoted: boolean }>('SELECT pg_promote() AS promoted');
      if (!answer?.promoted) throw new Error(`${next.node.name} could not be promoted`);
      primary = next.node;
      target = primary.server.port;
      for (const { node } of others) {
        await node.server.query(`ALTER SYSTEM SET primary_conninfo = '${connectionInfo(primary, node.name)}'`);
        await node.server.query('SELECT pg_reload_conf()');
      }
    },
    async rejoin() {
      for (const node of nodes.filter(({ isAlive }) => !isAlive)) {
        rmSync(node.server.dataDir, { recursive: true });
        await copyData(primary, node.server.dataDir, node.name, binaries);
        await node.server.start();
        node.isAlive = true;
      }
      await streaming(primary);
    },
    async stop() {
      proxy.close();
      await Promise.all(nodes.map(({ server }) => server.stop()));
    },
  };
}

async function startFirst(binaries: PostgresBinaries, fsync: boolean): Promise<Node> {
  const [name] = NAMES;
  const folder = newFolder(binaries);
  const dataDir = join(folder, 'data');
  initialise(binaries, dataDir);
  appendSettings(dataDir, {
    fsync: fsync ? 'on' : 'off',
    synchronous_commit: 'on',
    // Every node names all three: the one that is the primary is no standby of itself.
    synchronous_standby_names: `ANY 1 (${NAMES.join(', ')})`,
    wal_keep_size: '512MB',
    // A standby that lost its primary looks for the next one at once.
    wal_retrieve_retry_interval: '100ms',
    shared_buffers: '32MB',
  });
  // It would wait for standbys that do not exist yet.
  const server = await startServer(binaries, folder, dataDir);
  return { name, folder, server, isAlive: true };
}

function connectionInfo({ server }: Node, standby: string): string {
  return `host=127.0.0.1 port=${server.port} user=postgres application_name=${standby}`;
}

/** How much of the journal of its primary a standby has on its disk. */
async function received(node: Node): Promise<{ node: Node; bytes: bigint }> {
  const [row] = await node.server.query<{ bytes: string }>(
    `SELECT coalesce(pg_last_wal_receive_lsn(), '0/0') - '0/0'::pg_lsn AS bytes`,
  );
  return { node, bytes: BigInt(row?.bytes ?? 0) };
}

/** Waits until both standbys stream from the primary and count for its commits. */
async function streaming({ server }: Node): Promise<void> {
  for (const deadlineMs = Date.now() + PATIENCE_MS; ; await pause(50)) {
    const standbys = await server.query<{ standby: string }>(
      `SELECT application_name AS standby FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'quorum'`,
    );
    if (standbys.length === NAMES.length - 1) return;
    if (Date.now() > deadlineMs) throw new Error(`only ${standbys.length} standbys stream`);
  }
}

/**
 * Copies the files of a running primary as the documentation of PostgreSQL describes it ("Making a Base Backup Using the
 * Low Level API"), and makes the copy a standby: npm's binaries have no pg_basebackup.
 */
async function copyData(from: Node, dataDir: string, name: string, { user }: PostgresBinaries): Promise<void> {
  const client = new pg.Client(from.server.url);
  await client.connect();
  try {
    await client.query(`SELECT pg_backup_start('copy', true)`);
    const source = from.server.dataDir;
    const shell =
      `cp -a '${source}' '${dataDir}' 2>&1 | grep -v 'No such file or directory'; ` +
      `cd '${dataDir}' && rm -rf postmaster.pid postmaster.opts postgresql.auto.conf pg_wal/* pg_replslot/*`;
    const copied = spawnSync('sh', ['-c', shell], { ...user, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
    // Files that went while it was copied are made good by the journal; anything else is a fault.
    if (copied.stdout !== '' || copied.status !== 0) throw new Error(`cannot copy: ${copied.stdout}${copied.stderr}`);
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    writeFileSync(join(dataDir, 'backup_label'), rows[0]?.labelfile ?? '');
    writeFileSync(join(dataDir, 'standby.signal'), '');
    mkdirSync(join(dataDir, 'pg_wal'), { recursive: true });
    appendSettings(dataDir, { primary_conninfo: connectionInfo(from, name) });
    const chown = user.uid === undefined ? null : spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, dataDir]);
    if (chown !== null && chown.status !== 0) throw new Error(`cannot give ${dataDir} to PostgreSQL's user`);
  } finally {
    await client.end();
  }
}
