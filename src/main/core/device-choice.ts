import type { DrawerPin } from '../../hardware/ports';
import type { DeviceRegistry } from '../../hardware/registry';

/** Which of several devices is used. One that is plugged in goes before one that is not, else the first set up. */

/** What a drawer that is to be opened is, for its job. */
export interface CashDrawer {
  readonly deviceId: string;
  /** The pin of the printer it hangs on; null for a drawer with a connection of its own. */
  readonly pin: DrawerPin | null;
}

/**
 * The printer that receipts go to, or null.
 * @param candidates printers that are set up, the preferred first
 */
export function receiptPrinter(registry: DeviceRegistry, candidates: readonly string[]): string | null {
  const printers = candidates.filter((deviceId) => registry.printer(deviceId) !== undefined);
  return printers.find((deviceId) => isHere(registry, deviceId)) ?? printers[0] ?? null;
}

/** The drawer for cash: one with a connection of its own where there is one, else the one on the receipt printer, else null. */
export function cashDrawer(registry: DeviceRegistry, printerId: string | null): CashDrawer | null {
  const own = registry.ports('drawer');
  const best = own.find(({ deviceId }) => isHere(registry, deviceId));
  if (best) return { deviceId: best.deviceId, pin: null };
  const printer = registry.devices().find(({ deviceId }) => deviceId === printerId);
  if (printer?.configuration.kind === 'printer' && printer.configuration.drawer) {
    return { deviceId: printer.deviceId, pin: printer.configuration.drawer.pin };
  }
  return own[0] ? { deviceId: own[0].deviceId, pin: null } : null;
}

function isHere(registry: DeviceRegistry, deviceId: string): boolean {
  const port = registry.devices().find((device) => device.deviceId === deviceId)?.port;
  return port !== undefined && port.status.state !== 'absent';
}
