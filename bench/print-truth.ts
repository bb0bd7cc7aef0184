/**
 * A thousand receipts over a wire that fails at random bytes, with the till killed now and then, through the real driver
 * and the real queue. The judge is the paper of the virtual printer, which keeps torn commands and torn paper as real
 * ones do. One seed, one run.
 */
import type { ReceiptBlock, ReceiptDocument } from '../src/domain/receipt';
import { createDelivery, type Delivery } from '../src/hardware/delivery';
import type { DeliveryJob, JobChange, JobStore } from '../src/hardware/delivery-job';
import { createEscposPrinter } from '../src/hardware/drivers/escpos-printer';
import { createListeners } from '../src/hardware/listeners';
import { PRINTER_PROFILES } from '../src/hardware/models/profiles';
import type { DeviceStatus, PrinterPort, PrinterProbe } from '../src/hardware/ports';
import { createVirtualPrinter, type PrinterFault } from '../src/hardware/virtual/printer-device';
import { fakeTransport } from '../tests/helpers/fake-transport';
import { manualClock } from '../tests/helpers/manual-clock';
import { memoryJobs } from '../tests/helpers/memory-jobs';
import { figure, progress, type Figure } from './figure';
import { numbersBelow } from './till';

const RECEIPTS = 1_000;
const DEVICE = 'printer';
const PASSING_FAULTS: readonly PrinterFault[] = ['cover-open', 'paper-out', 'offline', 'silent', 'cutter'];

export async function measure(): Promise<Figure[]> {
  const random = numbersBelow(1 << 16);
  const next = (below: number): number => random.next().value % below;
  const clock = manualClock();
  const printer = createVirtualPrinter({ paperWidthMillimetres: 80, clock, keepsTornJobs: true });
  const wire = fakeTransport(printer, clock);
  const jobs = memoryJobs();
  let probe: PrinterProbe | null = null;

  /** Whole receipts on paper, by number; copies apart. */
  const originals = new Map<string, number>();
  let papers = 0;
  printer.onPaper(({ text, isCut }) => {
    papers += 1;
    const begins = [...text.matchAll(/^RECEIPT (\d+)( COPY)?$/gm)];
    for (const [, number = '', copy] of begins) {
      if (isCut && text.includes(`END ${number}\n`) && copy === undefined) {
        originals.set(number, (originals.get(number) ?? 0) + 1);
      }
    }
  });

  let till = startTill();
  function startTill(): { readonly port: PrinterPort; readonly delivery: Delivery; kill(): Promise<void> } {
    let isDead = false;
    const store: JobStore = {
      find: jobs.find,
      list: (query) => (isDead ? [] : jobs.list(query)),
      update(id: string, change: JobChange): DeliveryJob {
        if (isDead) throw new Error('this till was killed');
        return jobs.update(id, change);
      },
    };
    const port = createEscposPrinter({
      deviceId: DEVICE,
      profile: PRINTER_PROFILES['epson-tm-t20-like'],
      transport: wire,
      clock,
      known: probe,
    });
    port.onProbe((found) => (probe = found));
    const heard = createListeners<[string, DeviceStatus]>();
    port.onStatus((status) => heard.tell(DEVICE, status));
    const delivery = createDelivery({
      store,
      printers: { printer: () => port, drawer: () => undefined, onStatus: (listener) => heard.add(listener) },
      receiptOf: () => {
        throw new Error('every job has its document');
      },
      clock,
      onStoreError: () => undefined,
    });
    delivery.start();
    return {
      port,
      delivery,
      // Whatever it was about to write down is lost; the bytes under way stop where they are.
      async kill() {
        isDead = true;
        wire.unplug();
        const stopped = Promise.all([delivery.stop(), port.close()]);
        await clock.advance(20_000);
        await stopped;
        wire.plugIn();
      },
    };
  }
  const add = (id: string, document: ReceiptDocument): void => {
    jobs.addPrint(id, DEVICE, clock.now(), document);
    till.delivery.wake(DEVICE);
  };

  await clock.advance(5_000);
  let copies = 0;
  let kills = 0;
  for (let index = 1; index <= RECEIPTS; index += 1) {
    const number = String(index).padStart(4, '0');
    const trouble = next(10);
    const passing = PASSING_FAULTS[next(PASSING_FAULTS.length)] ?? 'silent';
    // A receipt is some 700 bytes: about one trouble in three comes after it.
    if (trouble === 0) wire.tearNextJobAt(next(1_000));
    else if (trouble === 1) printer.tearAfter(1 + next(1_000));
    else if (trouble === 2) wire.stallNextJobAt(next(1_000));
    else if (trouble === 3) printer.faultAfter(1 + next(1_000), passing);
    add(number, receipt(number, ''));
    await clock.advance(next(400));
    if (trouble === 4) wire.unplug();
    if (trouble === 5) printer.setFault(passing);
    if (trouble === 6 && next(3) === 0) {
      kills += 1;
      await till.kill();
      till = startTill();
    }
    await clock.advance(1_000 + next(30_000));
    wire.plugIn();
    // Some mend the fault, some switch the printer off and on first, which loses what it holds.
    if (printer.state().faults.length > 0 && next(2) === 0) printer.switchOffAndOn();
    printer.clearFault();
    await clock.advance(30_000);
    // Asked about, a person wants some of the doubtful ones again: as a copy.
    if (['unknown', 'sent-unconfirmed'].includes(jobs.state(number)) && next(2) === 0) {
      copies += 1;
      add(`${number} copy`, receipt(number, ' COPY'));
      await clock.advance(30_000);
    }
    if (index % 250 === 0) progress(`${index} receipts, ${papers} papers, ${copies} copies, ${kills} kills`);
  }
  const closed = Promise.all([till.delivery.stop(), till.port.close()]);
  await clock.advance(30_000);
  await closed;

  const numbers = Array.from({ length: RECEIPTS }, (_, index) => String(index + 1).padStart(4, '0'));
  const told = (state: string): string[] => numbers.filter((number) => jobs.state(number) === state);
  const counts = ['acknowledged', 'sent-unconfirmed', 'unknown', 'held', 'failed', 'waiting', 'running'].map(
    (state) => `${told(state).length} ${state}`,
  );
  progress(counts.join(', '));
  const lies = told('acknowledged').filter((number) => (originals.get(number) ?? 0) === 0).length;
  const doubled = numbers.filter((number) => (originals.get(number) ?? 0) > 1).length;
  const forgotten = told('waiting').length + told('running').length;
  // A wire that never failed, or always, would prove nothing.
  if (told('acknowledged').length < RECEIPTS / 2 || told('unknown').length < RECEIPTS / 50) {
    throw new Error(`not a fair trial: ${counts.join(', ')}`);
  }

  const what = `${RECEIPTS.toLocaleString('en')} receipts over a wire that fails at random bytes`;
  const none = { unit: '', reference: 1, referenceWhat: 'one would be too many', target: { atMost: 0 } } as const;
  return [
    figure({ id: 'print-truth/lies', what: `${what}: reported printed and were not`, value: lies, ...none }),
    figure({ id: 'print-truth/doubled', what: `${what}: printed twice without COPY`, value: doubled, ...none }),
    figure({
      id: 'print-truth/forgotten',
      what: `${what}: neither settled nor asked about`,
      value: forgotten,
      ...none,
    }),
  ];
}

function receipt(number: string, mark: string): ReceiptDocument {
  const row = (left: string, right: string): ReceiptBlock => ({
    kind: 'row',
    left,
    right,
    indent: 0,
    size: 'normal',
    bold: false,
  });
  return {
    kind: 'receipt',
    language: 'en-GB',
    blocks: [
      { kind: 'text', text: `RECEIPT ${number}${mark}`, align: 'left', size: 'normal', bold: false },
      { kind: 'mark' },
      row('Jam', '4.50'),
      { kind: 'qr', data: `https://till.example/r/${number}`, minimumMillimetres: 20, fallback: number },
      { kind: 'text', text: `END ${number}`, align: 'left', size: 'normal', bold: false },
      { kind: 'cut' },
    ],
  };
}
