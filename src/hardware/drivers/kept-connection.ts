import type { Result } from '../../domain/result';
import { createListeners } from '../listeners';
import type { Clock, DeviceStatus, Unsubscribe } from '../ports';
import { statusOfOpening, type OpenError } from '../transports/transport';

/** What a connection must be able to do to be kept; both kinds of `transports/` can. */
interface Closable {
  onClose(listener: () => void): Unsubscribe;
  close(): Promise<void>;
}

export interface ReconnectTiming {
  /** The first and the longest pause before trying to connect again. */
  readonly firstReconnectMs: number;
  readonly lastReconnectMs: number;
}

const DEFAULT_TIMING: ReconnectTiming = { firstReconnectMs: 250, lastReconnectMs: 2_000 };

export interface KeepOptions<C extends Closable> {
  readonly transport: { open(): Promise<Result<C, OpenError>> };
  readonly clock: Clock;
  readonly timing?: Partial<ReconnectTiming>;
  /** A new connection: the place to listen to it and to say the first words. The status is `ready` right after. */
  readonly onOpen: (connection: C) => void;
  /** True for a device that is `ready` only once it has answered: its driver then says so by `setStatus`. */
  readonly mustAnswer?: boolean;
  /** The connection given to `onOpen` has ended, whoever ended it. */
  readonly onEnd: () => void;
}

/** A connection that is opened again, with growing pauses, whenever it ends. */
export interface KeptConnection<C extends Closable> {
  readonly status: DeviceStatus;
  onStatus(listener: (status: DeviceStatus) => void): Unsubscribe;
  /** The connection that stands now, if one does. */
  current(): C | null;
  /** What the device turned out to be while its connection stands. */
  setStatus(status: DeviceStatus): void;
  /** Gives up a connection that no longer answers; a new one shows whether the device is there at all. */
  drop(): Promise<void>;
  /** Ends it for good; the status is then `absent`. */
  close(): Promise<void>;
}

/**
 * Keeps a device that only speaks, or answers when asked, connected: opens it, notices when it goes, opens it again. Such
 * a device is `ready` while its connection stands.
 */
export function keepConnected<C extends Closable>(options: KeepOptions<C>): KeptConnection<C> {
  const { transport, clock, onOpen, onEnd, mustAnswer = false } = options;
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const listeners = createListeners<[DeviceStatus]>();
  let status: DeviceStatus = { state: 'connecting' };
  let connection: C | null = null;
  let isOpen = true;
  let reconnectMs = timing.firstReconnectMs;
  let cancelTimer = (): void => undefined;
  let closing: Promise<void> | null = null;
  let statusAtEnd: DeviceStatus = { state: 'absent' };

  function setStatus(next: DeviceStatus): void {
    if (JSON.stringify(next) === JSON.stringify(status)) return;
    status = next;
    listeners.tell(next);
  }

  function reconnectLater(): void {
    cancelTimer = clock.after(reconnectMs, () => {
      attempt = connect();
    });
    reconnectMs = Math.min(reconnectMs * 2, timing.lastReconnectMs);
  }

  async function connect(): Promise<void> {
    const opened = await transport.open();
    if (!isOpen) {
      if (opened.ok) await opened.value.close();
      return;
    }
    if (!opened.ok) {
      setStatus(statusOfOpening(opened.error.code));
      return reconnectLater();
    }
    const current = opened.value;
    connection = current;
    onOpen(current);
    let hasEnded = false;
    statusAtEnd = { state: 'absent' };
    current.onClose(() => {
      hasEnded = true;
      connection = null;
      onEnd();
      if (!isOpen) return;
      // Most likely unplugged; the next attempt to open it says what is true.
      setStatus(statusAtEnd);
      reconnectLater();
    });
    if (hasEnded) return;
    reconnectMs = timing.firstReconnectMs;
    if (!mustAnswer) setStatus({ state: 'ready' });
  }

  let attempt = connect();
  return {
    get status() {
      return status;
    },
    onStatus: (listener) => listeners.add(listener),
    current: () => connection,
    setStatus(next) {
      if (connection) setStatus(next);
    },
    async drop() {
      statusAtEnd = { state: 'faulted', reason: 'not-answering' };
      await connection?.close();
    },
    close() {
      closing ??= (async () => {
        isOpen = false;
        cancelTimer();
        await attempt;
        await connection?.close();
        setStatus({ state: 'absent' });
      })();
      return closing;
    },
  };
}
