import { fail, ok } from '../../src/domain/result';
import { createListeners } from '../../src/hardware/listeners';
import type { Clock } from '../../src/hardware/ports';
import type { Connection, Transport } from '../../src/hardware/transports/transport';
import type { VirtualPrinter } from '../../src/hardware/virtual/printer-device';

/** A wire to a virtual printer that fails where it is told to. */
export interface FakeTransport extends Transport {
  /** The next job (not a status question) breaks off after this many bytes. */
  tearNextJobAt(byte: number): void;
  /** The next job is taken up to this byte; then the device takes no more. */
  stallNextJobAt(byte: number): void;
  /** The next opening takes this long. */
  openLate(delayMs: number): void;
  /** The plug is out until it is put in again. */
  unplug(): void;
  plugIn(): void;
  /** Everything written, of every connection. */
  written(): Uint8Array;
  opened(): number;
}

/** Status questions are three bytes; jobs are longer than any question. */
const LONGEST_QUESTION_BYTES = 20;

export function fakeTransport(printer: VirtualPrinter, clock: Clock): FakeTransport {
  let tearAt: number | null = null;
  let stallAt: number | null = null;
  let openDelayMs = 0;
  let isPlugged = true;
  let opened = 0;
  const written: number[] = [];
  const unplugged = createListeners<[]>();

  function connect(): Connection {
    const data = createListeners<[Uint8Array]>();
    const closed = createListeners<[]>();
    let isClosed = false;
    const end = (): void => {
      if (isClosed) return;
      isClosed = true;
      session.end();
      closed.tell();
    };
    const session = printer.connect({
      send: (bytes) => {
        // In pieces, since no wire keeps messages together.
        for (const byte of bytes) setImmediate(() => data.tell(Uint8Array.of(byte)));
      },
      drop: end,
      ready: () => undefined,
    });
    unplugged.add(end);
    const deliver = (bytes: Uint8Array): void => {
      for (let start = 0; start < bytes.length; start += 7) session.receive(bytes.slice(start, start + 7));
      written.push(...bytes);
    };
    return {
      async write(bytes) {
        await new Promise((resolve) => setImmediate(resolve));
        if (isClosed) return { outcome: 'closed', bytesSent: 0 };
        const isJob = bytes.length > LONGEST_QUESTION_BYTES;
        const limit = isJob ? (tearAt ?? stallAt) : null;
        if (limit === null || limit >= bytes.length) {
          deliver(bytes);
          return { outcome: 'written', bytesSent: bytes.length };
        }
        const isTorn = tearAt !== null;
        tearAt = null;
        stallAt = null;
        deliver(bytes.subarray(0, limit));
        if (isTorn) end();
        else await new Promise<void>((resolve) => clock.after(5_000, resolve));
        return { outcome: isTorn ? 'closed' : 'stalled', bytesSent: limit };
      },
      onData: (listener) => data.add(listener),
      onClose(listener) {
        if (!isClosed) return closed.add(listener);
        listener();
        return () => undefined;
      },
      close() {
        end();
        return Promise.resolve();
      },
    };
  }

  return {
    address: 'fake wire',
    async open() {
      if (openDelayMs > 0) await new Promise<void>((resolve) => clock.after(openDelayMs, resolve));
      openDelayMs = 0;
      if (!isPlugged || printer.hasFault('refuse')) return fail('unreachable', 'The fake wire is unplugged.');
      opened += 1;
      return ok(connect());
    },
    tearNextJobAt(byte) {
      tearAt = byte;
    },
    stallNextJobAt(byte) {
      stallAt = byte;
    },
    openLate(delayMs) {
      openDelayMs = delayMs;
    },
    unplug() {
      isPlugged = false;
      unplugged.tell();
    },
    plugIn() {
      isPlugged = true;
    },
    written: () => Uint8Array.from(written),
    opened: () => opened,
  };
}
