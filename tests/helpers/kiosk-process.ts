import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket, type ClientOptions } from 'ws';
import { createClient, type Client, type Topics } from '../../src/renderer/lib/client/client';
import { socketTransport, type SocketLike } from '../../src/renderer/lib/client/socket-transport';
import type { CallInput, CallName, CallOutput } from '../../src/shared/contract';

/** A new, empty data folder and how to remove it. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'trestle-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** What a headless kiosk says of itself when it is ready. */
export interface KioskProcess {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly token: string;
  readonly dataDir: string;
  /** Loopback address of the virtual printer's faults, when asked for. */
  readonly printerControl?: string;
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Where and as whom a process runs. */
export interface Placed {
  readonly env?: NodeJS.ProcessEnv;
  readonly user?: Pick<SpawnOptions, 'uid' | 'gid'>;
  /** A command that runs what follows it: `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

/** Runs the built `trestle kiosk --headless` as a process of its own. Needs `npm run build`. */
export async function startKioskProcess(
  dataDir: string,
  flags: readonly string[] = [],
  { env, user, within = [] }: Placed = {},
): Promise<KioskProcess> {
  const command = [process.execPath, 'out/main/trestle.js', 'kiosk', '--headless', '--data', dataDir, ...flags];
  const [program = '', ...words] = [...within, ...command];
  const child = spawn(program, words, {
    ...user,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (text) => (complaints += String(text)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = await new Promise<Pick<KioskProcess, 'socket' | 'token' | 'dataDir' | 'printerControl'>>(
    (resolve, reject) => {
      createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as KioskProcess));
      child.once('exit', (code) => reject(new Error(`the kiosk ended with code ${code}: ${complaints}`)));
    },
  );
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return { child, ...ready, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

/** A client of the contract that throws where a call fails, and can wait for what it hears. */
export interface TestClient {
  readonly client: Client;
  /** The value of a call; an `Error` whose message begins with the code when it failed. */
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>;
  /** The error code of a call that must fail. */
  failure<N extends CallName>(name: N, input: CallInput<N>): Promise<string>;
  readonly topics: Topics;
  /** Waits until the topics are as described. */
  until(is: (topics: Topics) => boolean, what: string): Promise<Topics>;
  close(): void;
}

export interface ConnectOptions {
  readonly socketUrl: string;
  readonly token: string;
  readonly patienceMs?: number;
  /** A Unix socket that leads there, where the address itself cannot be reached from here. */
  readonly through?: string;
}

/** Connects as the till does, over the real WebSocket, and waits for the first snapshot. */
export async function connect({ socketUrl, token, patienceMs, through }: ConnectOptions): Promise<TestClient> {
  const way: ClientOptions = through === undefined ? {} : { createConnection: () => connectSocket(through) };
  const openSocket = (url: string): SocketLike => new WebSocket(url, way) as unknown as SocketLike;
  const client = createClient(socketTransport({ url: socketUrl, token, role: 'till', openSocket }), { patienceMs });
  const connected: TestClient = {
    client,
    async call(name, input) {
      const result = await client.call(name, input);
      if (!result.ok) throw new Error(`${result.error.code} from ${name}: ${result.error.message}`);
      return result.value;
    },
    async failure(name, input) {
      const result = await client.call(name, input);
      if (result.ok) throw new Error(`${name} should have failed`);
      return result.error.code;
    },
    get topics() {
      if (!client.topics) throw new Error('no snapshot yet');
      return client.topics;
    },
    until: (is, what) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          stop();
          reject(new Error(`waited in vain for: ${what}`));
        }, 60_000);
        const look = (): void => {
          if (!client.topics || !is(client.topics)) return;
          clearTimeout(timer);
          stop();
          resolve(client.topics);
        };
        const stop = client.onChange(look);
        look();
      }),
    close: () => client.close(),
  };
  await connected.until(() => true, 'the first snapshot');
  return connected;
}

/**
 * Signs on as the demo stall's operator and opens a shift with a float of £50 where none is open.
 * @param first the till that was set up as the demo stall, which alone shows its PINs
 */
export async function readyToSell(client: TestClient, first = client): Promise<void> {
  const operator = first.topics.session.staff.find(({ role }) => role === 'operator');
  if (!operator?.demoPin) throw new Error('the demo stall shows its PINs');
  await client.call('staff.sign-on', { staffId: operator.staffId, pin: operator.demoPin });
  if (!client.topics.session.shift) await client.call('shift.open', { floatMinor: 5_000 });
}

/** Sells something simple for cash. @returns the order's id, as soon as the till has confirmed it */
export async function sellSimple(client: TestClient): Promise<string> {
  const { tiles } = await client.call('catalogue.items', { category: null, offset: 0, limit: 40 });
  const variantId = tiles.flatMap((tile) => tile.variantId ?? [])[0];
  if (variantId === undefined) throw new Error('the stall has nothing simple to sell');
  await client.call('cart.add', { variantId });
  const { orderId } = await client.call('payment.cash', { givenMinor: 100_000 });
  if (orderId === null) throw new Error('the order was not placed');
  return orderId;
}
