import { fail, ok } from '../../src/domain/result';
import { createListeners } from '../../src/hardware/listeners';
import type { Clock } from '../../src/hardware/ports';
import { connectionState } from '../../src/hardware/transports/connection-state';
import type { Connection, Transport } from '../../src/hardware/transports/transport';
import { loopbackTransport } from '../../src/hardware/virtual/loopback-transport';
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
  const direct = loopbackTransport(printer);

  function fray(connection: Connection): Connection {
    const state = connectionState();
    // One byte at a time, since no wire keeps messages together.
    connection.onData((bytes) => bytes.forEach((byte) => state.hear(Uint8Array.of(byte))));
    connection.onClose(() => state.end());
    unplugged.add(() => void connection.close());
    const deliver = async (bytes: Uint8Array): Promise<void> => {
      for (let start = 0; start < bytes.length; start += 7) await connection.write(bytes.slice(start, start + 7));
      written.push(...bytes);
    };
    return {
      ...connection,
      async write(bytes) {
        await new Promise((resolve) => setImmediate(resolve));
        if (state.isClosed) return { outcome: 'closed', bytesSent: 0 };
        const isJob = bytes.length > LONGEST_QUESTION_BYTES;
        const limit = isJob ? (tearAt ?? stallAt) : null;
        if (limit === null || limit >= bytes.length) {
          await deliver(bytes);
          return { outcome: 'written', bytesSent: bytes.length };
        }
        const isTorn = tearAt !== null;
        tearAt = null;
        stallAt = null;
        await deliver(bytes.subarray(0, limit));
        if (isTorn) await connection.close();
        else await new Promise<void>((resolve) => clock.after(5_000, resolve));
        return { outcome: isTorn ? 'closed' : 'stalled', bytesSent: limit };
      },
      onData: state.onData,
      onClose: state.onClose,
    };
  }

  return {
    address: 'fake wire',
    async open() {
      if (openDelayMs > 0) await new Promise<void>((resolve) => clock.after(openDelayMs, resolve));
      openDelayMs = 0;
      if (!isPlugged) return fail('absent', 'The fake wire is unplugged.');
      const opening = await direct.open();
      if (!opening.ok) return opening;
      opened += 1;
      return ok(fray(opening.value));
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
