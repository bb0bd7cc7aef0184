import { createListeners, type Listeners } from '../listeners';
import type { Scan, ScanFault, ScannerPort } from '../ports';
import type { KeptConnection } from './kept-connection';

/** Who hears what one scanner reads. */
export interface ScannerListeners {
  readonly scans: Listeners<[Scan]>;
  readonly faults: Listeners<[ScanFault]>;
}

export function createScannerListeners(): ScannerListeners {
  return { scans: createListeners(), faults: createListeners() };
}

/** The port of a scanner on a kept connection; `beep` makes the device complain, if there is one and it can. */
export function scannerPort(
  identity: { readonly deviceId: string; readonly label: string },
  kept: Pick<KeptConnection<never>, 'status' | 'onStatus' | 'close'>,
  listeners: ScannerListeners,
  beep: () => Promise<unknown>,
): ScannerPort {
  return {
    ...identity,
    get status() {
      return kept.status;
    },
    onStatus: (listener) => kept.onStatus(listener),
    onScan: (listener) => listeners.scans.add(listener),
    onFault: (listener) => listeners.faults.add(listener),
    async signalRejected() {
      await beep();
    },
    close: () => kept.close(),
  };
}
