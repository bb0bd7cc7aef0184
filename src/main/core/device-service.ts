import { createDelivery, type Delivery } from '../../hardware/delivery';
import { testPageDocument, type ReceiptDocument } from '../../domain/receipt';
import { PRINTER_PROFILES, type PrinterModel } from '../../hardware/models/profiles';
import { systemClock, type DrawerPin } from '../../hardware/ports';
import { createPrinterRegistry, type PrinterRegistry } from '../../hardware/registry';
import type { VirtualPrinter } from '../../hardware/virtual/printer-device';
import { z } from 'zod';
import {
  printerSettings,
  type CallInput,
  type CallOutput,
  type DeviceStatusView,
  type PrinterSettings,
  type TopicState,
} from '../../shared/contract';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import type { CoreContext } from './core-context';
import type { JobService, NewJob } from './job-service';
import { receiptWords } from './receipt-words';

/** Under which setting the printers are kept. */
const PRINTERS = 'printers';
const VIRTUAL_PRINTER = 'virtual-printer';
const MODELS = Object.keys(PRINTER_PROFILES) as PrinterModel[];

export interface DeviceOptions {
  /** A printer made of nothing, used while no real one is set up; null for none. */
  readonly virtualPrinter: VirtualPrinter | null;
  /** False where no device may be touched at all. */
  readonly enabled: boolean;
  /** A printer named at start, used before all others and not kept. */
  readonly startPrinter: Omit<PrinterSettings, 'deviceId'> | null;
}

/** The printer that receipts go to. */
export interface ReceiptPrinter {
  readonly deviceId: string;
  readonly drawerPin: DrawerPin;
}

/** Knows the devices of this till, how they are, and which one prints. */
export class DeviceService {
  readonly registry: PrinterRegistry;
  readonly delivery: Delivery;
  readonly #core: CoreContext;
  readonly #options: DeviceOptions;

  /** @param receiptOf lays out the receipt of an order */
  constructor(core: CoreContext, options: DeviceOptions, receiptOf: (orderId: string) => ReceiptDocument) {
    this.#core = core;
    this.#options = options;
    this.registry = createPrinterRegistry(systemClock);
    this.delivery = createDelivery({
      store: core.store.jobs,
      printers: this.registry,
      receiptOf: ({ reference }) => receiptOf(reference ?? ''),
      clock: systemClock,
      onStoreError: (error) => core.log.error({ error }, 'A print job could not be written down'),
    });
    this.registry.onStatus((deviceId, status) => {
      core.log.info({ deviceId, ...status }, 'A printer changed its status');
      core.topics.mark('devices');
    });
    this.registry.onDrawerState(() => core.topics.mark('devices'));
  }

  /** Connects the printers and begins the jobs that waited. */
  start(): void {
    const { enabled, virtualPrinter } = this.#options;
    if (enabled) {
      for (const settings of this.#settings()) this.#connect(settings);
      if (virtualPrinter) {
        this.registry.put({
          deviceId: VIRTUAL_PRINTER,
          kind: 'virtual',
          model: 'virtual-80',
          drawerPin: 2,
          printer: virtualPrinter,
        });
      }
    }
    this.delivery.start();
  }

  async stop(): Promise<void> {
    await this.delivery.stop();
    await this.registry.close();
  }

  /** The first printer set up, else the virtual one, else null. */
  receiptPrinter(): ReceiptPrinter | null {
    const [first] = this.#settings();
    const deviceId = first?.deviceId ?? VIRTUAL_PRINTER;
    const configuration = this.registry.configuration(deviceId);
    return configuration ? { deviceId, drawerPin: configuration.drawerPin } : null;
  }

  /** Whether a printer of this id is here, however it is. */
  isSetUp(deviceId: string): boolean {
    return this.registry.configuration(deviceId) !== undefined;
  }

  /** @throws {CallFailure} `no-printer` */
  requirePrinter(): string {
    const printer = this.receiptPrinter();
    if (!printer) throw new CallFailure('no-printer', 'No printer is set up. Add one under Devices.');
    return printer.deviceId;
  }

  configure(
    { deviceId, ...rest }: CallInput<'printer.configure'>,
    { requestId, staffId }: CallContext,
  ): { deviceId: string } {
    const kept = this.#kept();
    const known = kept.some((settings) => settings.deviceId === deviceId);
    if (deviceId !== null && !known) throw new CallFailure('unknown-device', 'That printer is not set up any more.');
    const settings: PrinterSettings = { deviceId: deviceId ?? this.#core.newId(), ...rest };
    const next = known ? kept.map((one) => (one.deviceId === deviceId ? settings : one)) : [...kept, settings];
    this.#core.store.settings.set(PRINTERS, next);
    const result = { deviceId: settings.deviceId };
    this.#core.store.commit({ requestId, actor: staffId, drafts: [], result });
    if (this.#options.enabled) this.#connect(settings);
    this.#core.topics.mark('devices');
    return result;
  }

  remove({ deviceId }: CallInput<'printer.remove'>): Record<string, never> {
    const kept = this.#kept();
    this.#core.store.settings.set(
      PRINTERS,
      kept.filter((settings) => settings.deviceId !== deviceId),
    );
    if (deviceId !== VIRTUAL_PRINTER) void this.registry.remove(deviceId);
    this.#core.topics.mark('devices');
    return {};
  }

  test(jobs: JobService, { deviceId }: CallInput<'printer.test'>, context: CallContext): CallOutput<'printer.test'> {
    if (!this.isSetUp(deviceId)) throw new CallFailure('unknown-device', 'That printer is not set up.');
    const stall = this.#core.stall;
    const document = testPageDocument(stall, receiptWords(stall));
    const job: NewJob = { kind: 'test', deviceId, reference: null, document };
    return jobs.add({ job, requestId: context.requestId, staffId: context.staffId });
  }

  /** Opens the drawer without a sale, which is a fact of its own. */
  openDrawer(jobs: JobService, { requestId, staffId }: CallContext): Record<string, never> {
    const printer = this.receiptPrinter();
    if (!printer) throw new CallFailure('no-drawer', 'No printer is set up that could open a drawer.');
    const { deviceId, drawerPin } = printer;
    jobs.add({
      job: { kind: 'drawer', deviceId, reference: null, pin: drawerPin },
      drafts: [{ kind: 'drawer.kicked', body: { reason: 'no-sale', orderId: null } }],
      requestId,
      staffId,
    });
    return {};
  }

  state(): TopicState<'devices'> {
    const printers = this.registry.printers().flatMap((port): DeviceStatusView[] => {
      const { deviceId, label, status } = port;
      const reason = 'reason' in status ? status.reason : '';
      return [
        { deviceId, kind: 'printer', label, state: status.state, reason },
        // The drawer hangs on the printer: it can be opened whenever the printer listens.
        { deviceId: `${deviceId}/drawer`, kind: 'drawer', label, state: status.state, reason: port.drawerState() },
      ];
    });
    return {
      devices: [
        { deviceId: 'network', kind: 'network', label: '', state: 'absent', reason: 'no-hub' },
        ...printers,
        // A keyboard wedge cannot be told from a keyboard: the till listens, that is all it knows.
        { deviceId: 'keyboard-wedge', kind: 'scanner', label: '', state: 'ready', reason: 'keyboard' },
      ],
      printers: [...this.#settings()],
    };
  }

  #connect({ deviceId, host, port, model, paperWidthMm, drawerPin }: PrinterSettings): void {
    this.registry.put({ deviceId, kind: 'tcp', host, port, drawerPin, model: profileOf(model, paperWidthMm) });
  }

  #settings(): readonly PrinterSettings[] {
    const { startPrinter } = this.#options;
    if (!startPrinter) return this.#kept();
    return [{ deviceId: `${startPrinter.host}:${startPrinter.port}`.slice(0, 64), ...startPrinter }, ...this.#kept()];
  }

  #kept(): readonly PrinterSettings[] {
    return z.array(printerSettings).catch([]).parse(this.#core.store.settings.get(PRINTERS));
  }
}

/** The model asked for, where it prints on this paper; else what any printer of this paper understands. */
function profileOf(model: string, paperWidthMm: 58 | 80): PrinterModel {
  const known = MODELS.find((name) => name === model);
  if (known && PRINTER_PROFILES[known].paperWidthMillimetres === paperWidthMm) return known;
  return paperWidthMm === 58 ? 'generic-58' : 'generic-80';
}
