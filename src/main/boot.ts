import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as newId } from 'uuid';
import { hearUsb, lookAtThisMachine, type HearPlugs } from '../hardware/discovery/plug-watch';
import type { LookAtPlugs } from '../hardware/discovery/plugged';
import { askOnce, type ThreadOptions } from '../threads/thread';
import { keepPapers } from '../hardware/virtual/paper-files';
import { createPaperRenderer } from '../hardware/virtual/paper-renderer';
import type { VirtualPrinter } from '../hardware/virtual/printer-device';
import { startControlServer, type PrinterServer } from '../hardware/virtual/printer-server';
import { createVirtualDevices, VIRTUAL_PRINTER, type VirtualDevices } from '../hardware/virtual/virtual-devices';
import type { LabelSheets } from '../domain/label-sheet';
import type { DeviceSettingsOf } from '../shared/device-settings';
import { startAdvisor } from './advisor/worker-advisor';
import { systemClock } from '../hardware/ports';
import { Kiosk } from './core/kiosk';
import { openLog, type Log } from './core/log';
import { steadyMs } from './core/price-clock';
import type { PricingOptions } from './core/pricing-service';
import { startReports } from './core/report-thread';
import { TillUse } from './core/till-use';
import { Store } from './db/store';
import { leaveDoor } from './door-note';
import { readOwnDrawers } from './own-drawers';
import { Importer } from './import/importer';
import { startLanServer, type LanServer } from './lan/server';
import { projectFolder, projectVersion } from './project-folder';
import type { SyncHooks } from './sync/local-store';
import { MediaShelf } from './sync/media-shelf';
import { createSync } from './sync/start-sync';
import { importDemoCatalogue, setUpDemoStall } from './stall-setup';

/** Thousands of labels on a slow machine. */
const LABELS_TIMEOUT_MS = 300_000;

export interface BootOptions {
  readonly dataDir: string;
  /** `virtual`: a printer made of nothing while none is set up; `real`: what is set up; `none`: no device is touched. */
  readonly devices: 'virtual' | 'real' | 'none';
  /** A printer to use before those set up. */
  readonly printer?: DeviceSettingsOf<'printer'>;
  /** Where to serve the virtual printer's faults on loopback; 0 for any free port, absent for nowhere. */
  readonly printerControlPort?: number;
  /** Set up a new data folder as the demo stall, and fill one without goods with the demo stall's. */
  readonly demo: boolean;
  /** The loopback server: its port (0 for any free one) and token (minted when absent); null for no server. */
  readonly server: { readonly port: number; readonly token?: string } | null;
  /** Serve the exchange to the tills beside this one there; absent for not at all. */
  readonly neighbours?: { readonly host: string; readonly port: number };
  /** Serve shoppers there, whatever is set; absent for as the operator set it. */
  readonly stallServer?: { readonly host: string; readonly port: number };
  /** Default: the system's clock. */
  readonly now?: () => Date;
  /** Default: the machine's timers, and a clock that nobody sets; where `now` is given, time goes by that alone. */
  readonly prices?: Pick<PricingOptions, 'clock' | 'steadyMs'>;
  /** Default: a file in the data folder. */
  readonly log?: Log;
  /** What is plugged in, and who tells when that changes; default: this machine's. */
  readonly look?: LookAtPlugs;
  readonly hear?: HearPlugs;
}

export interface RunningKiosk {
  readonly kiosk: Kiosk;
  readonly dataDir: string;
  readonly log: Log;
  readonly server: LanServer | null;
  /** For scripts and tests that load paper or open the cover. */
  readonly virtualPrinter: VirtualPrinter | null;
  /** The virtual devices by the ids under which they are set up; null where there are none. */
  readonly virtualDevices: VirtualDevices | null;
  readonly printerControl: PrinterServer | null;
  /** Ends in good order and gives the data folder back. */
  close(): Promise<void>;
}

/**
 * Starts the whole kiosk in named phases, each logged with its time: store, stall, services, devices, doors.
 * @throws StoreError when the data folder is in use, too new, or cannot be written
 */
export async function startKiosk(options: BootOptions): Promise<RunningKiosk> {
  const { dataDir, devices, printer, now = () => new Date(), look = lookAtThisMachine, hear = hearUsb } = options;
  const log = options.log ?? openLog(dataDir);
  const startedMs = performance.now();

  async function phase<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const phaseStartedMs = performance.now();
    const value = await work();
    const nowMs = performance.now();
    log.info({ phase: name, tookMs: Math.round(nowMs - phaseStartedMs) }, 'Started');
    return value;
  }

  const store = await phase('store', () => Store.open({ dataDir, now, newId, log }));
  const stopped: (() => Promise<void> | void)[] = [() => store.close()];
  async function close(): Promise<void> {
    // In reverse, so that nothing loses what it stands on.
    for (const stop of stopped.splice(0).reverse()) await stop();
  }

  try {
    const demoFolder = join(projectFolder, 'resources', 'demo-stall');
    const virtual = devices === 'virtual' ? createVirtualDevices() : null;
    const virtualPrinter = virtual?.printer(VIRTUAL_PRINTER) ?? null;
    if (options.demo && !store.stall.get()) await phase('stall', () => setUpDemoStall(store, demoFolder, newId));

    let server: LanServer | null = null;
    const { kiosk, importer } = await phase('services', async () => {
      const use = new TillUse();
      const importer: Importer = new Importer({
        dataDir,
        store,
        stall: () => kiosk.stall,
        now,
        newId,
        log,
        onState: (state) => kiosk.importChanged(state),
      });
      const kiosk: Kiosk = new Kiosk({
        store,
        dataDir,
        log,
        now,
        importer,
        advisor: startAdvisor(dataDir, use),
        reports: startReports(dataDir),
        makeLabelSheets,
        prices: options.prices ?? {
          clock: systemClock,
          steadyMs: options.now === undefined ? steadyMs : () => now().getTime(),
        },
        async setUpDemoStall(requestId) {
          await setUpDemoStall(store, demoFolder, newId, requestId);
          await importDemoCatalogue(importer, demoFolder, kiosk.stall);
        },
        devices: {
          enabled: devices !== 'none',
          virtual,
          startPrinter: printer ?? null,
          ownDrawers: readOwnDrawers(dataDir, log),
          look,
          hear,
        },
        sync: createSync({
          store,
          dataDir,
          now,
          log,
          version: projectVersion(),
          use,
          hooks: exchangeHooks(() => kiosk.exchange),
        }),
        use,
        async openNeighbours(place) {
          // Loaded by tills that serve, alone.
          const { startNeighbourServer } = await import('./lan/neighbour-server');
          return startNeighbourServer({
            ...place,
            store,
            dataDir,
            log,
            now,
            media: new MediaShelf(dataDir, (sha256) => store.clips.get(sha256)?.kind ?? null),
            isRevoked: (deviceId) => kiosk.exchange.isRevoked(deviceId),
            onReceived(kinds) {
              kiosk.exchange.received(kinds);
              kiosk.exchange.cameAnotherWay();
            },
          });
        },
        async openStallServer(place, onEnd) {
          // Loaded by tills that serve shoppers, alone.
          const { openStallServer } = await import('./lan/stall-thread');
          const onProblem = (error: unknown): void => log.warn({ error }, 'The stall server had a problem');
          return openStallServer({ kiosk, use, dataDir, projectFolder, onProblem }, place, onEnd);
        },
        browserTill: () => server?.tillUrl ?? null,
      });
      await importer.clearLeftovers();
      return { kiosk, importer };
    });
    if (options.demo && store.catalogue.itemCount() === 0) {
      await phase('catalogue', () => importDemoCatalogue(importer, demoFolder, kiosk.stall));
    }
    if (virtualPrinter) {
      const renderer = createPaperRenderer();
      const papers = await keepPapers({
        printer: virtualPrinter,
        folder: join(dataDir, 'paper'),
        renderer,
        onKept: (_paper, name) => log.info({ name }, 'A paper was kept'),
        onProblem: (error) => log.warn({ error }, 'A paper could not be kept'),
      });
      stopped.push(async () => {
        await papers.close();
        await renderer.close();
      });
    }
    await phase('devices', () => kiosk.start());
    stopped.push(() => kiosk.stop());

    const { neighbours } = options;
    if (neighbours) await phase('neighbours', () => kiosk.neighbours.serveAt(neighbours));
    else await kiosk.neighbours.resume();
    stopped.push(() => kiosk.neighbours.close());

    const { stallServer } = options;
    if (stallServer) await phase('stall server', () => kiosk.stallServer.serveAt(stallServer));
    else kiosk.stallServer.resume();
    stopped.push(() => kiosk.stallServer.close());

    let printerControl: PrinterServer | null = null;
    if (virtualPrinter && options.printerControlPort !== undefined) {
      const opened = await startControlServer(virtualPrinter, options.printerControlPort);
      printerControl = opened;
      stopped.push(() => opened.close());
    }
    if (options.server) {
      const { port, token = randomBytes(24).toString('base64url') } = options.server;
      const opened = await phase('doors', () =>
        startLanServer({ kiosk, port, token, rendererDir: rendererFolder(), log }),
      );
      server = opened;
      const forget = leaveDoor(dataDir, { socketUrl: opened.socketUrl, token });
      stopped.push(forget);
      stopped.push(() => opened.close());
      kiosk.browserTillChanged();
    }
    log.info({ tookMs: Math.round(performance.now() - startedMs) }, 'The till is up');
    return { kiosk, dataDir, log, virtualPrinter, virtualDevices: virtual, printerControl, server, close };
  } catch (error) {
    log.error({ error }, 'The till could not start');
    await close();
    throw error;
  }
}

function makeLabelSheets(sheets: LabelSheets): Promise<Uint8Array> {
  const options: ThreadOptions<LabelSheets, Uint8Array> = {
    file: 'label-worker.js',
    beside: import.meta.url,
    timeoutMs: LABELS_TIMEOUT_MS,
    inPlace: async (asked) => (await import('./label-sheets')).sheetsFile(asked),
  };
  return askOnce(options, sheets);
}

/** The kiosk as the exchange tells it, which is there before it. */
function exchangeHooks(kiosk: () => SyncHooks): SyncHooks {
  return {
    acknowledged: (acknowledgement) => kiosk().acknowledged(acknowledgement),
    received: (kinds) => kiosk().received(kinds),
    identityChanged: () => kiosk().identityChanged(),
    peopleChanged: () => kiosk().peopleChanged(),
    changed: () => kiosk().changed(),
  };
}

/** The built windows, or null in a tree that was not built. */
function rendererFolder(): string | null {
  const folder = join(projectFolder, 'out', 'renderer');
  return existsSync(folder) ? folder : null;
}
