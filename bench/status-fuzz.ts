/**
 * A million random bytes where a printer's answers should be, through the real driver: nothing may throw, and a printer
 * that comes to its senses must be ready and print again. One seed, one run.
 */
import { createEscposPrinter } from '../src/hardware/drivers/escpos-printer';
import { PRINTER_PROFILES } from '../src/hardware/models/profiles';
import { ok } from '../src/domain/result';
import type { Transport } from '../src/hardware/transports/transport';
import { loopbackTransport } from '../src/hardware/virtual/loopback-transport';
import { createVirtualPrinter } from '../src/hardware/virtual/printer-device';
import { manualClock } from '../tests/helpers/manual-clock';
import { shortReceipt } from '../tests/helpers/receipts';
import { figure, progress, type Figure } from './figure';
import { numbersBelow } from './till';

const BYTES = 1_000_000;
const BYTES_PER_ROUND = 2_000;
/** How long a sane printer may take to be found ready again: longer than any pause of the driver. */
const RECOVERY_MS = 30_000;

export async function measure(): Promise<Figure[]> {
  const random = numbersBelow(1 << 16);
  const next = (below: number): number => random.next().value % below;
  const clock = manualClock();
  const printer = createVirtualPrinter({ paperWidthMillimetres: 80, clock });
  const direct = loopbackTransport(printer);
  let isMad = false;
  let say = (_bytes: Uint8Array): void => undefined;

  const transport: Transport = {
    address: 'a printer out of its mind',
    async open() {
      const opened = await direct.open();
      if (!opened.ok) return opened;
      const listeners = new Set<(bytes: Uint8Array) => void>();
      const hear = (bytes: Uint8Array): void => listeners.forEach((listener) => listener(bytes));
      say = hear;
      // Half of what it truly answers gets through as well, in the middle of the nonsense.
      opened.value.onData((bytes) => void (!isMad || next(2) === 0 ? hear(bytes) : undefined));
      return ok({
        ...opened.value,
        onData(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      });
    },
  };

  let crashes = 0;
  const crashed = (): void => void (crashes += 1);
  process.on('uncaughtException', crashed).on('unhandledRejection', crashed);
  const port = createEscposPrinter({
    deviceId: 'mad',
    profile: PRINTER_PROFILES['epson-tm-t20-like'],
    transport,
    clock,
  });
  await clock.advance(5_000);
  if (port.status.state !== 'ready') throw new Error('the printer was not even ready while it was sane');

  const states = new Set<string>();
  port.onStatus((status) => states.add(JSON.stringify(status)));
  let stuck = 0;
  let sent = 0;
  for (let told = 0; sent < BYTES;) {
    isMad = true;
    for (let round = 0; round < BYTES_PER_ROUND;) {
      const count = Math.min(1 + next(40), BYTES_PER_ROUND - round);
      say(Uint8Array.from({ length: count }, () => next(256)));
      round += count;
      if (next(4) === 0) await clock.advance(next(1_500));
    }
    sent += BYTES_PER_ROUND;
    isMad = false;
    const paperBefore = printer.state().papers;
    await clock.advance(RECOVERY_MS);
    const printed = port.print(shortReceipt);
    await clock.advance(RECOVERY_MS);
    const outcome = port.status.state === 'ready' ? await printed : null;
    if (outcome?.outcome !== 'acknowledged' || printer.state().papers !== paperBefore + 1) stuck += 1;
    if (sent >= told + BYTES / 4) progress(`${(told = sent).toLocaleString('en')} bytes, ${states.size} states seen`);
  }
  const closed = port.close();
  await clock.advance(RECOVERY_MS);
  await closed;
  process.off('uncaughtException', crashed).off('unhandledRejection', crashed);
  // Nonsense that moved nothing would prove nothing.
  if (states.size < 5) throw new Error(`the bytes brought about only ${states.size} states`);

  const what = `${BYTES.toLocaleString('en')} random bytes as answers of a printer`;
  const none = { unit: '', reference: 1, referenceWhat: 'one would be too many', target: { atMost: 0 } } as const;
  return [
    figure({ id: 'status-fuzz/crashes', what: `${what}: crashes`, value: crashes, ...none }),
    figure({
      id: 'status-fuzz/stuck',
      what: `${what}: times a sane printer was not ready and printing again`,
      value: stuck,
      ...none,
    }),
  ];
}
