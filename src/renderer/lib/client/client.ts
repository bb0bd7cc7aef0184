import './without-eval';
import { v7 as newId } from 'uuid';
import {
  CALLS,
  TOPIC_CHANGES,
  type CallInput,
  type CallMessage,
  type CallName,
  type CallOutput,
  type Topic,
  type TopicGroup,
  type TopicState,
  type WholeStates,
} from '../../../shared/contract';
import type { CallError, CallResult } from '../../../shared/errors';
import { applyChange } from '../../../shared/topic-change';
import { callResult, topicEnvelope } from '../../../shared/wire';
import { Listeners } from './listeners';
import { ConnectionLost, type Connection, type Transport, type Unsubscribe } from './transport';

/** How long a command's answer is held back for the event that tells what it did. */
const TOLD_PATIENCE_MS = 1_000;

/** Every topic of a group as the kiosk last said it. */
export type TopicsOf<G extends TopicGroup> = Omit<WholeStates[G], 'seq'>;
export type Topics = TopicsOf<'till'>;

export interface ClientOptions<G extends TopicGroup> {
  /** Which topics there are to hear. Default: the till's. */
  readonly group?: G;
  /** How long a call waits for a lost connection to come back before it answers `disconnected`. Default 15 000. */
  readonly patienceMs?: number;
}

/** A typed client of the contract, the same over Electron IPC and over a WebSocket. */
export interface Client<G extends TopicGroup = 'till'> {
  /**
   * Calls the kiosk. Never rejects: a lost connection is waited for, a command is sent again under the same request id
   * (so it cannot happen twice), and what then still fails answers `{ ok: false, error }`. When a command has answered,
   * `topics` tell what it did.
   * @param requestId of a command whose act has an id already, a hardware scan; a new one unless given
   */
  call<N extends CallName>(name: N, input: CallInput<N>, requestId?: string): Promise<CallResult<CallOutput<N>>>;
  /** Null until the first snapshot has come. Kept, however old, while disconnected. */
  readonly topics: TopicsOf<G> | null;
  /** Hears what changed: every topic after each snapshot, one whole topic after each event. */
  onChange(listener: (changed: Partial<TopicsOf<G>>) => void): Unsubscribe;
  readonly connection: Connection;
  /** Hears every change of the connection. */
  onConnection(listener: (connection: Connection) => void): Unsubscribe;
  close(): void;
}

/** Topics of whichever group. */
type AnyTopics = { readonly [T in Topic]?: TopicState<T> };

/** Makes a client on a transport; it fetches the whole state by itself whenever the transport connects. */
export function createClient<G extends TopicGroup = 'till'>(
  transport: Transport,
  { group, patienceMs = 15_000 }: ClientOptions<G> = {},
): Client<G> {
  const changes = new Listeners<Partial<TopicsOf<G>>>();
  const connections = new Listeners<Connection>();
  let connection: Connection = 'connecting';
  let topics: AnyTopics | null = null;
  /** Sequence of the last event or snapshot applied; null while no snapshot stands. */
  let seq: number | null = null;
  /** Events that came while a snapshot was on its way. */
  let early: unknown[] = [];
  /** Which fetch is the current one; an older one that answers late is ignored. */
  let fetchNumber = 0;

  function failure(code: CallError['code'], message: string, retryable: boolean): CallResult<never> {
    return { ok: false, error: { code, message, retryable } };
  }

  function connected(): Promise<boolean> {
    if (connection === 'connected') return Promise.resolve(true);
    if (connection === 'refused') return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (value: boolean): void => {
        clearTimeout(timer);
        stop();
        resolve(value);
      };
      const timer = setTimeout(() => settle(false), patienceMs);
      const stop = connections.add((next) => {
        if (next !== 'disconnected') settle(next === 'connected');
      });
    });
  }

  /** Sends until an answer came; null when the connection stayed away. */
  async function deliver(message: CallMessage): Promise<unknown> {
    const lastTryMs = Date.now() + patienceMs;
    for (;;) {
      if (!(await connected())) return null;
      try {
        return await transport.send(message);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        if (Date.now() > lastTryMs) return null;
      }
    }
  }

  /** Waits until the state tells what a command did, so that who called sees it; not for a kiosk that went away. */
  function told(upTo: number): Promise<void> {
    if (seq !== null && seq >= upTo) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        stops.forEach((stop) => stop());
        resolve();
      };
      const timer = setTimeout(settle, TOLD_PATIENCE_MS);
      const stops = [
        changes.add(() => {
          if (seq !== null && seq >= upTo) settle();
        }),
        connections.add(settle),
      ];
    });
  }

  async function call<N extends CallName>(
    name: N,
    input: CallInput<N>,
    requestId: string = newId(),
  ): Promise<CallResult<CallOutput<N>>> {
    const { kind, input: inputSchema, output } = CALLS[name];
    const parsedInput = inputSchema.safeParse(input);
    if (!parsedInput.success) return failure('bad-request', `${name}: ${parsedInput.error.message}`, false);
    const answer = await deliver({
      call: name,
      input: parsedInput.data,
      ...(kind === 'command' && { requestId }),
    });
    if (answer === null) return failure('disconnected', 'The till lost its kiosk. It tries again by itself.', true);
    const result = callResult.safeParse(answer);
    if (!result.success) return failure('internal', `The kiosk's answer to ${name} makes no sense.`, false);
    if (!result.data.ok) return { ok: false, error: result.data.error };
    const value = output.safeParse(result.data.value);
    if (!value.success) return failure('internal', `The kiosk's answer to ${name} has another shape.`, false);
    if (result.data.seq !== undefined && topics) await told(result.data.seq);
    return { ok: true, value: value.data as CallOutput<N> };
  }

  async function fetchState(): Promise<void> {
    const number = ++fetchNumber;
    seq = null;
    early = [];
    const result = await (group === 'display' ? call('display.get', {}) : call('state.get', {}));
    // A connection lost meanwhile fetches again when it returns.
    if (number !== fetchNumber || !result.ok) return;
    const { seq: snapshotSeq, ...snapshot } = result.value;
    seq = snapshotSeq;
    topics = snapshot;
    changes.tell(snapshot as unknown as TopicsOf<G>);
    const waiting = early;
    early = [];
    for (const event of waiting) hear(event);
  }

  function hear(raw: unknown): void {
    if (seq === null) {
      early.push(raw);
      return;
    }
    const event = topicEnvelope.parse(raw);
    if (event.seq <= seq) return;
    const { topic } = event;
    const before = topics?.[topic];
    if (event.seq !== seq + 1 || before === undefined) {
      void fetchState();
      return;
    }
    const change = TOPIC_CHANGES[topic].parse(event.state);
    const changed = { [topic]: applyChange(topic, before, change) } as AnyTopics;
    seq = event.seq;
    topics = { ...topics, ...changed };
    changes.tell(changed as unknown as Partial<TopicsOf<G>>);
  }

  const stopEvents = transport.onEvent(hear);
  const stopConnection = transport.onConnection((next) => {
    connection = next;
    connections.tell(next);
    if (next === 'connected') void fetchState();
  });

  return {
    call,
    get topics() {
      return topics as unknown as TopicsOf<G> | null;
    },
    onChange: (listener) => changes.add(listener),
    get connection() {
      return connection;
    },
    onConnection: (listener) => connections.add(listener),
    close() {
      stopEvents();
      stopConnection();
      transport.close();
    },
  };
}
