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
  /** The connection given to `onOpen` has ended, whoever ended it. */
  readonly onEnd: () => void;
}

/** A connection that is opened again, with growing pauses, whenever it ends. */
export interface KeptConnection<C extends Closable> {
  readonly status: DeviceStatus;
  onStatus(listener: (status: DeviceStatus) => void): Unsubscribe;
  /** The connection that stands now, if one does. */
  current(): C | null;
  /** Ends it for good; the status is then `absent`. */
  close(): Promise<void>;
}

/**
 * Keeps a device that only speaks, or answers when asked, connected: opens it, notices when it goes, opens it again. Such
 * a device is `ready` while its connection stands.
 */
export function keepConnected<C extends Closable>(options: KeepOptions<C>): KeptConnection<C> {
  const { transport, clock, onOpen, onEnd } = options;
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const listeners = createListeners<[DeviceStatus]>();
  let status: DeviceStatus = { state: 'connecting' };
  let connection: C | null = null;
  let isOpen = true;
  let reconnectMs = timing.firstReconnectMs;
  let cancelTimer = (): void => undefined;
  let closing: Promise<void> | null = null;

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
    current.onClose(() => {
      hasEnded = true;
      connection = null;
      onEnd();
      if (!isOpen) return;
      // Most likely unplugged; the next attempt to open it says what is true.
      setStatus({ state: 'absent' });
      reconnectLater();
    });
    if (hasEnded) return;
    reconnectMs = timing.firstReconnectMs;
    setStatus({ state: 'ready' });
  }

  let attempt = connect();
  return {
    get status() {
      return status;
    },
    onStatus: (listener) => listeners.add(listener),
    current: () => connection,
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
