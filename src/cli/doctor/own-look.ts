import { testPageDocument } from '../../domain/receipt';
import { NO_STALL } from '../../domain/stall';
import { lookAtThisMachine } from '../../hardware/discovery/plug-watch';
import { systemClock, type KickOutcome, type PrintOutcome, type Scan } from '../../hardware/ports';
import { createDeviceRegistry } from '../../hardware/registry';
import { createVirtualDevices } from '../../hardware/virtual/virtual-devices';
import { greeting } from '../../main/core/customer-lines';
import { cashDrawer, receiptPrinter } from '../../main/core/device-choice';
import { toConfiguration } from '../../main/core/device-configuration';
import { keptDevices } from '../../main/core/device-list';
import { absentView, deviceViews, foundView, reportFile, thisPlatform } from '../../main/core/device-views';
import { silentLog } from '../../main/core/log';
import { receiptWords } from '../../shared/receipt-words';
import { weigh } from '../../main/core/weighing';
import { readKept } from '../../main/db/inspect';
import { readOwnDrawers } from '../../main/own-drawers';
import { SCAN_WITHIN_MS, type Devices, type Patient, type Said, type Trial } from './patient';
import {
  DISPLAY_TOLD,
  kickWords,
  NO_DISPLAY,
  NO_DRAWER,
  NO_PRINTER,
  pageWords,
  scanWords,
  weightWords,
  type Ended,
} from './words';

/** Time for a device to be opened and to answer, or to be given up. */
const SETTLE_MS = 4_000;
/** Time for two lines to leave for a display. */
const SHOW_MS = 1_000;

/**
 * The devices that are set up in a data folder on which no till runs, opened for as long as the doctor looks.
 * @param dataDir null for what is plugged in alone
 */
export async function lookOurselves(dataDir: string | null): Promise<Patient> {
  const { stall, settings } = dataDir === null ? { stall: null, settings: new Map() } : readKept(dataDir);
  const kept = keptDevices(settings).filter((device) => device.settings.link.via !== 'virtual');
  const ownDrawers = dataDir === null ? [] : readOwnDrawers(dataDir, silentLog());
  const registry = createDeviceRegistry({ clock: systemClock, virtual: createVirtualDevices() });
  for (const { deviceId, settings } of kept) {
    const configuration = toConfiguration(deviceId, settings, ownDrawers);
    if (configuration) registry.put(configuration);
  }
  const [plugged] = await Promise.all([lookAtThisMachine(), kept.length > 0 && pause(SETTLE_MS)]);
  const lookedAt = new Date();
  const sinceNow = (): string => lookedAt.toISOString();
  const devices: Devices = {
    devices: kept.flatMap((one) => {
      const device = registry.devices().find(({ deviceId }) => deviceId === one.deviceId);
      return device ? deviceViews(device, one, sinceNow) : [absentView(one, sinceNow)];
    }),
    found: plugged.flatMap((one) => {
      const view = foundView(one, ownDrawers);
      if (!view) return [];
      const { isSure: _sure, ...device } = view;
      return [device];
    }),
    platform: thisPlatform(),
  };
  const printerId = (): string | null =>
    receiptPrinter(
      registry,
      kept.map(({ deviceId }) => deviceId),
    );

  const trials: Readonly<Record<Trial, () => Promise<Said>>> = {
    async print() {
      const printer = registry.printer(printerId() ?? '');
      if (!printer) return NO_PRINTER;
      const page = testPageDocument(stall ?? NO_STALL, receiptWords(stall ?? NO_STALL));
      return pageWords(endOf(await printer.print(page)));
    },
    async drawer() {
      const chosen = cashDrawer(registry, printerId());
      if (!chosen) return NO_DRAWER;
      const { deviceId, pin } = chosen;
      const kick = pin === null ? registry.drawer(deviceId)?.open() : registry.printer(deviceId)?.kickDrawer(pin);
      return kick ? kickWords(endOf(await kick)) : NO_DRAWER;
    },
    async display() {
      const display = registry.ports('line-display')[0];
      if (!display) return NO_DISPLAY;
      display.show(...greeting(stall ?? NO_STALL));
      await pause(SHOW_MS);
      return DISPLAY_TOLD;
    },
    async scan() {
      const scan = await new Promise<Scan | null>((resolve) => {
        const timer = setTimeout(() => resolve(null), SCAN_WITHIN_MS);
        const stop = registry.listen({
          scan(_deviceId, read) {
            clearTimeout(timer);
            stop();
            resolve(read);
          },
        });
      });
      return scanWords(scan && `${scan.symbology ?? ''}${scan.text}`);
    },
    scale: async () => weightWords(await weigh(registry)),
  };

  return {
    source: 'own-look',
    devices,
    attempt: (trial) => trials[trial](),
    report: () => Promise.resolve(reportFile(lookedAt, { ...devices, plugged })),
    close: () => registry.close(),
  };
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

function endOf(outcome: PrintOutcome | KickOutcome): Ended {
  const reason = 'reason' in outcome ? outcome.reason : '';
  // Part of a page on paper is no page that did not print.
  const isTorn = outcome.outcome === 'failed' && 'bytesSent' in outcome && outcome.bytesSent > 0;
  return { state: isTorn ? 'unknown' : outcome.outcome, reason };
}
