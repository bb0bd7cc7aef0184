import { createDelivery, type Delivery } from '../../hardware/delivery';
import type { HearPlugs } from '../../hardware/discovery/plug-watch';
import type { LookAtPlugs } from '../../hardware/discovery/plugged';
import { calibrateDrawer, sampleDrawer, type DrawerSamples } from '../../hardware/drawer-calibration';
import { plainText } from '../../domain/text';
import { testPageDocument, type ReceiptDocument } from '../../domain/receipt';
import { HID_DRAWER_PROFILES, type HidDrawerProfile } from '../../hardware/models/drawers';
import { LINE_DISPLAY_PROFILES } from '../../hardware/models/line-displays';
import { SCALE_PROFILES } from '../../hardware/models/scales';
import { PRINTER_PROFILES } from '../../hardware/models/profiles';
import { systemClock, type DeviceStatus, type Scan } from '../../hardware/ports';
import { addressOf } from '../../hardware/links';
import { createDeviceRegistry, type DeviceRegistry } from '../../hardware/registry';
import { createVirtualDevices, VIRTUAL_PRINTER, type VirtualDevices } from '../../hardware/virtual/virtual-devices';
import type { CallInput, CallOutput, DeviceStatusView, TopicState } from '../../shared/contract';
import type { DeviceSettings, DeviceSettingsOf, KeptDevice } from '../../shared/device-settings';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import type { CoreContext } from './core-context';
import { greeting } from './customer-lines';
import { cashDrawer, receiptPrinter, type CashDrawer } from './device-choice';
import { toConfiguration } from './device-configuration';
import { DeviceFinder } from './device-finder';
import { DeviceList } from './device-list';
import { absentView, deviceViews, plainView, reportFile, thisPlatform } from './device-views';
import type { JobService, NewJob } from './job-service';
import { receiptWords } from '../../shared/receipt-words';

/** The last changes of status, for whoever helps from afar. */
const HISTORY_LENGTH = 200;

export interface DeviceOptions {
  /** Devices made of nothing; the printer among them is used while no real one is set up. Null for none. */
  readonly virtual: VirtualDevices | null;
  /** False where no device may be touched at all. */
  readonly enabled: boolean;
  /** A printer named at start, used before all others and not kept. */
  readonly startPrinter: DeviceSettingsOf<'printer'> | null;
  /** Drawers the stall has described itself. */
  readonly ownDrawers: readonly HidDrawerProfile[];
  readonly look: LookAtPlugs;
  readonly hear: HearPlugs;
}

interface StatusChange {
  readonly at: string;
  readonly deviceId: string;
  readonly status: DeviceStatus;
}

/** Knows the devices of this till, how they are, which one prints and which drawer holds the cash. */
export class DeviceService {
  readonly registry: DeviceRegistry;
  readonly delivery: Delivery;
  readonly #core: CoreContext;
  readonly #options: DeviceOptions;
  readonly #list: DeviceList;
  readonly #startPrinter: KeptDevice | null;
  readonly #startedAt: string;
  #finder: DeviceFinder | null = null;
  readonly #lastChange = new Map<string, string>();
  #history: StatusChange[] = [];
  /** What the first step of calibrating a drawer found, until the second. */
  readonly #closedSamples = new Map<string, DrawerSamples['closed']>();

  /**
   * @param hooks `receiptOf` lays out the receipt of an order; `onScan` hears what the till's own scanners read
   */
  constructor(
    core: CoreContext,
    options: DeviceOptions,
    hooks: {
      readonly receiptOf: (orderId: string) => ReceiptDocument;
      readonly onScan: (deviceId: string, scan: Scan) => void;
    },
  ) {
    this.#core = core;
    this.#options = options;
    this.#list = new DeviceList(core.store.settings);
    const { startPrinter } = options;
    this.#startPrinter = startPrinter && { deviceId: startId(startPrinter), bySelf: false, settings: startPrinter };
    this.#startedAt = core.now().toISOString();
    this.registry = createDeviceRegistry({
      clock: systemClock,
      virtual: options.virtual ?? createVirtualDevices(),
      known: (deviceId) => this.#list.probe(deviceId),
    });
    this.delivery = createDelivery({
      store: core.store.jobs,
      printers: this.registry,
      receiptOf: ({ reference }) => hooks.receiptOf(reference ?? ''),
      clock: systemClock,
      onStoreError: (error) => core.log.error({ error }, 'A print job could not be written down'),
    });
    this.registry.listen({
      status: (deviceId, status) => this.#noteStatus(deviceId, status),
      probe: (deviceId, probe) => {
        this.#list.putProbe(deviceId, probe);
        core.topics.mark('devices');
      },
      drawerState: () => core.topics.mark('devices'),
      scan: hooks.onScan,
      scanFault: (deviceId, fault) => core.log.warn({ deviceId, fault }, 'A scanner sent what is no scan'),
    });
  }

  /** Connects the devices, begins the jobs that waited, and watches for what is plugged in. */
  start(): void {
    const { enabled, virtual, look, hear, ownDrawers } = this.#options;
    if (enabled) {
      for (const device of this.#setUp()) this.#connect(device);
      if (virtual) {
        const drawer = { pin: 2, switch: null, pulse: null } as const;
        const link = { via: 'virtual' } as const;
        this.registry.put({ deviceId: VIRTUAL_PRINTER, kind: 'printer', link, model: 'virtual-80', drawer });
      }
      this.#finder = new DeviceFinder({
        look,
        hear,
        ownDrawers,
        kept: () => this.#list.all(),
        onSure: (settings) => this.#setUpBySelf(settings),
        onMoved: (device, settings) => this.#put({ ...device, settings }),
        onChange: () => this.#core.topics.mark('devices'),
        isWaiting: () => this.registry.devices().some(({ port }) => port.status.state === 'absent'),
      });
    }
    this.delivery.start();
  }

  async stop(): Promise<void> {
    this.#finder?.stop();
    await this.delivery.stop();
    await this.registry.close();
  }

  /** The printer that receipts go to: of those set up, else the virtual one, else null. */
  receiptPrinter(): string | null {
    const setUp = this.#setUp().flatMap(({ deviceId, settings }) => (settings.kind === 'printer' ? [deviceId] : []));
    return receiptPrinter(this.registry, setUp.length > 0 ? setUp : [VIRTUAL_PRINTER]);
  }

  /** Whether the printer of receipts answers and has what it needs to print. */
  canPrint(): boolean {
    const deviceId = this.receiptPrinter();
    const status = deviceId === null ? undefined : this.registry.printer(deviceId)?.status;
    return status?.state === 'ready' || status?.state === 'degraded';
  }

  /** The drawer for cash, or null. */
  cashDrawer(): CashDrawer | null {
    return cashDrawer(this.registry, this.receiptPrinter());
  }

  /** Whether a printer of this id is here, however it is. */
  isSetUp(deviceId: string): boolean {
    return this.registry.printer(deviceId) !== undefined;
  }

  /** @throws {CallFailure} `no-printer` */
  requirePrinter(): string {
    const deviceId = this.receiptPrinter();
    if (deviceId === null) throw new CallFailure('no-printer');
    return deviceId;
  }

  configure(
    { deviceId: asked, settings }: CallInput<'device.configure'>,
    { requestId, staffId }: CallContext,
  ): { deviceId: string } {
    if (asked !== null && !this.#list.find(asked)) {
      throw new CallFailure('unknown-device');
    }
    const deviceId = asked ?? this.#core.newId();
    if (!this.#isPossible(settings) || !toConfiguration(deviceId, settings, this.#options.ownDrawers)) {
      throw new CallFailure('unknown-device');
    }
    this.#put({ deviceId, bySelf: false, settings });
    this.#core.store.commit({ requestId, actor: staffId, drafts: [], result: { deviceId } });
    this.#finder?.sort();
    return { deviceId };
  }

  remove({ deviceId }: CallInput<'device.remove'>): Record<string, never> {
    if (!this.#list.find(deviceId)) return {};
    this.#list.remove(deviceId);
    this.#closedSamples.delete(deviceId);
    void this.registry.remove(deviceId);
    this.#core.topics.mark('devices');
    this.#finder?.sort();
    return {};
  }

  test(jobs: JobService, { deviceId }: CallInput<'device.test'>, context: CallContext): CallOutput<'device.test'> {
    if (this.isSetUp(deviceId)) {
      const stall = this.#core.stall;
      const document = testPageDocument(stall, receiptWords(stall));
      const job: NewJob = { kind: 'test', deviceId, reference: null, document };
      return jobs.add({ job, requestId: context.requestId, staffId: context.staffId });
    }
    const scanner = this.registry.port('scanner', deviceId);
    const display = this.registry.port('line-display', deviceId);
    if (!scanner && !display) throw new CallFailure('unknown-device');
    void scanner?.signalRejected();
    display?.show(...greeting(this.#core.stall));
    return { jobId: null };
  }

  /** Opens the drawer without a sale, which is a fact of its own. */
  openDrawer(
    jobs: JobService,
    { reason, note }: CallInput<'drawer.open'>,
    { requestId, staffId }: CallContext,
  ): CallOutput<'drawer.open'> {
    const drawer = this.cashDrawer();
    if (!drawer) throw new CallFailure('no-drawer');
    return jobs.add({
      job: { kind: 'drawer', reference: null, ...drawer },
      drafts: [{ kind: 'drawer.kicked', body: { reason, orderId: null, note: plainText(note) } }],
      requestId,
      staffId,
    });
  }

  /** One step of calibrating the drawer that hangs on a printer. */
  async sampleDrawer({
    deviceId,
    drawer: position,
  }: CallInput<'device.sample-drawer'>): Promise<CallOutput<'device.sample-drawer'>> {
    const device = this.#list.find(deviceId);
    const printer = this.registry.printer(deviceId);
    if (!device || device.settings.kind !== 'printer' || !device.settings.drawer || !printer) {
      throw new CallFailure('unknown-device');
    }
    const samples = await sampleDrawer(printer);
    if (position === 'closed') {
      if (samples.includes(null)) return { finding: 'not-answering' };
      this.#closedSamples.set(deviceId, samples);
      return { finding: 'now-open' };
    }
    const found = calibrateDrawer({ closed: this.#closedSamples.get(deviceId) ?? [], open: samples });
    if (!found.ok) return { finding: found.error.code };
    this.#closedSamples.delete(deviceId);
    this.#put({
      ...device,
      settings: { ...device.settings, drawer: { ...device.settings.drawer, switch: found.value } },
    });
    return { finding: found.value.wired ? 'wired' : 'not-wired' };
  }

  models(): CallOutput<'device.models'> {
    const { ownDrawers } = this.#options;
    return {
      models: [
        ...Object.values(PRINTER_PROFILES)
          .filter(({ id }) => !id.startsWith('virtual-'))
          .map(({ id, name }) => ({ kind: 'printer' as const, model: id, name })),
        ...Object.values(SCALE_PROFILES).map(({ id, name }) => ({ kind: 'scale' as const, model: id, name })),
        ...Object.values(LINE_DISPLAY_PROFILES).map(({ id, name }) => ({
          kind: 'line-display' as const,
          model: id,
          name,
        })),
        ...[...ownDrawers, ...HID_DRAWER_PROFILES].map(({ id, name }) => ({
          kind: 'drawer' as const,
          model: id,
          name,
        })),
      ],
    };
  }

  /** Looks at what is plugged in. */
  async look(): Promise<Record<string, never>> {
    await this.#finder?.look();
    return {};
  }

  /** Everything that helps somebody else to see what is wrong. It names devices and no person. */
  report(): CallOutput<'device.report'> {
    const { jobs, device } = this.#core.store;
    return reportFile(this.#core.now(), {
      till: device.prefix,
      ...this.state(),
      plugged: this.#finder?.plugged ?? [],
      history: this.#history,
      jobs: { held: jobs.count('held'), unknown: jobs.count('unknown') },
    });
  }

  state(): TopicState<'devices'> {
    const here = new Map(this.registry.devices().map((device) => [device.deviceId, device]));
    const kept = this.#setUp();
    // The printer made of nothing stands in for a real one, not beside it.
    const shown = kept.some(({ settings }) => settings.kind === 'printer') ? kept : [...kept, null];
    const views = shown.flatMap((one): DeviceStatusView[] => {
      const device = here.get(one?.deviceId ?? VIRTUAL_PRINTER);
      if (!device) return one ? [absentView(one, this.#sinceOf)] : [];
      return deviceViews(device, one && this.#list.find(one.deviceId) ? one : null, this.#sinceOf);
    });
    return {
      devices: [
        ...views,
        // A keyboard wedge cannot be told from a keyboard: the till listens, that is all it knows.
        { ...plainView('keyboard-wedge', 'scanner', this.#sinceOf), state: 'ready', reason: 'keyboard' },
        { ...plainView('network', 'network', this.#sinceOf), state: 'absent', reason: 'no-hub' },
      ],
      found: [...(this.#finder?.found ?? [])],
      platform: thisPlatform(),
    };
  }

  readonly #sinceOf = (deviceId: string): string => this.#lastChange.get(deviceId) ?? this.#startedAt;

  #noteStatus(deviceId: string, status: DeviceStatus): void {
    const at = this.#core.now().toISOString();
    this.#core.log.info({ deviceId, ...status }, 'A device changed its status');
    this.#lastChange.set(deviceId, at);
    this.#history = [...this.#history, { at, deviceId, status }].slice(-HISTORY_LENGTH);
    this.#core.topics.mark('devices');
  }

  /** A device that can be nothing else was plugged in. */
  #setUpBySelf(settings: DeviceSettings): boolean {
    if (this.#list.isLeftOut(settings)) return false;
    const deviceId = this.#core.newId();
    this.#core.log.info({ deviceId, settings }, 'A device was plugged in and set up');
    this.#put({ deviceId, bySelf: true, settings });
    return true;
  }

  #put(device: KeptDevice): void {
    this.#list.put(device);
    if (this.#options.enabled) this.#connect(device);
    this.#core.topics.mark('devices');
  }

  #connect({ deviceId, settings }: KeptDevice): void {
    const configuration = toConfiguration(deviceId, settings, this.#options.ownDrawers);
    if (configuration && this.#isPossible(settings)) this.registry.put(configuration);
    else this.#core.log.warn({ deviceId, settings }, 'A device cannot be set up as it was kept');
  }

  /** What is made of nothing is only for those who asked for it. */
  #isPossible({ link }: DeviceSettings): boolean {
    return link.via !== 'virtual' || this.#options.virtual !== null;
  }

  /** What is set up, the printer named at start first. */
  #setUp(): readonly KeptDevice[] {
    return this.#startPrinter ? [this.#startPrinter, ...this.#list.all()] : this.#list.all();
  }
}

/** The same at every start, so that what waited for the printer before a restart goes to it after. */
function startId({ link }: DeviceSettingsOf<'printer'>): string {
  return addressOf(link).slice(0, 64);
}
