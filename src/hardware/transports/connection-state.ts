import { createListeners } from '../listeners';
import type { Clock, Unsubscribe } from '../ports';
import type { WriteOutcome } from './transport';

/** What every connection keeps: who hears its data, who hears of its end, and whether it has ended. */
export interface ConnectionState<Data> {
  readonly isClosed: boolean;
  /** Tells what the device said; nothing is told after the end. */
  hear(data: Data): void;
  /** Announces the end, once. */
  end(): void;
  onData(listener: (data: Data) => void): Unsubscribe;
  onClose(listener: () => void): Unsubscribe;
}

export function connectionState<Data = Uint8Array>(): ConnectionState<Data> {
  const data = createListeners<[Data]>();
  const closed = createListeners<[]>();
  let isClosed = false;
  return {
    get isClosed() {
      return isClosed;
    },
    hear(heard) {
      if (!isClosed) data.tell(heard);
    },
    end() {
      if (isClosed) return;
      isClosed = true;
      closed.tell();
    },
    onData: (listener) => data.add(listener),
    onClose(listener) {
      if (!isClosed) return closed.add(listener);
      listener();
      return () => undefined;
    },
  };
}

export interface PieceOptions {
  readonly state: ConnectionState<unknown>;
  readonly clock: Clock;
  /** Small, so that progress is seen while a buffer on the way is full, and the count of bytes sent stays near the truth. */
  readonly pieceBytes: number;
  /** How long the device may take no piece at all. A slow device that takes some is never cut off. */
  readonly stallTimeoutMs: number;
  /** Hands one piece on and says what became of it. Never rejects. */
  readonly send: (piece: Uint8Array) => Promise<WriteOutcome['outcome']>;
}

/** Hands bytes over piece by piece, with patience for each piece, not for the whole. Never rejects. */
export async function writeInPieces(bytes: Uint8Array, options: PieceOptions): Promise<WriteOutcome> {
  const { state, pieceBytes } = options;
  let bytesSent = 0;
  while (bytesSent < bytes.length) {
    if (state.isClosed) return { outcome: 'closed', bytesSent };
    const piece = bytes.subarray(bytesSent, bytesSent + pieceBytes);
    // Counted before it is known to have arrived: it may have.
    bytesSent += piece.length;
    const outcome = await sendPiece(piece, options);
    if (outcome !== 'written') return { outcome, bytesSent };
  }
  return { outcome: 'written', bytesSent };
}

function sendPiece(
  piece: Uint8Array,
  { state, clock, stallTimeoutMs, send }: PieceOptions,
): Promise<WriteOutcome['outcome']> {
  return new Promise((resolve) => {
    const settle = (outcome: WriteOutcome['outcome']): void => {
      cancelTimeout();
      forget();
      resolve(outcome);
    };
    const cancelTimeout = clock.after(stallTimeoutMs, () => settle('stalled'));
    const forget = state.onClose(() => settle('closed'));
    void send(piece).then(settle);
  });
}

/** Waits for something that may never come, but no longer than this. Never rejects. */
export function within(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, resolve);
    const done = (): void => {
      cancel();
      resolve();
    };
    work.then(done, done);
  });
}
