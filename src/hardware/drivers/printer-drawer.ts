import { createListeners } from '../listeners';
import type { Clock, DeviceStatus, DrawerPin, DrawerPort, DrawerState, PrinterPort } from '../ports';
import { OPEN_TOO_LONG_MS, watchOpenDrawer } from './open-watch';

export interface PrinterDrawerOptions {
  /** The printer it hangs on, which stays its owner's to close. */
  readonly printer: PrinterPort;
  readonly pin: DrawerPin;
  readonly clock: Clock;
  /** Default 60 000: from then on an open drawer is mentioned. */
  readonly openTooLongMs?: number;
}

/** The drawer that hangs on a printer, as a drawer of its own. */
export function createPrinterDrawer(options: PrinterDrawerOptions): DrawerPort {
  const { printer, pin, clock, openTooLongMs = OPEN_TOO_LONG_MS } = options;
  const listeners = createListeners<[DeviceStatus]>();
  const drawerListeners = createListeners<[DrawerState]>();
  const watch = watchOpenDrawer(clock, openTooLongMs, () => update());
  let isOpen = true;
  let status = statusNow();

  function statusNow(): DeviceStatus {
    if (!isOpen) return { state: 'absent' };
    const own = drawerStatus(printer.status);
    return own.state === 'ready' && watch.isOpenTooLong ? { state: 'degraded', reason: 'drawer-open' } : own;
  }

  function update(): void {
    const next = statusNow();
    if (JSON.stringify(next) === JSON.stringify(status)) return;
    status = next;
    listeners.tell(next);
  }

  const stopListening = [
    printer.onStatus(update),
    printer.onDrawerState((state) => {
      watch.note(state);
      drawerListeners.tell(state);
    }),
  ];
  watch.note(printer.drawerState());
  return {
    deviceId: `${printer.deviceId}/drawer`,
    get label() {
      return printer.label;
    },
    get status() {
      return status;
    },
    onStatus: (listener) => listeners.add(listener),
    open: () => (isOpen ? printer.kickDrawer(pin) : Promise.resolve({ outcome: 'failed', reason: 'closed' })),
    drawerState: () => (isOpen ? printer.drawerState() : 'unknown'),
    onDrawerState: (listener) => drawerListeners.add(listener),
    close() {
      // The printer is not closed: it has an owner.
      isOpen = false;
      for (const stop of stopListening) stop();
      watch.stop();
      update();
      return Promise.resolve();
    },
  };
}

/** Whether a printer takes commands for its drawer: it does while its paper is out or its cover is open. */
export function isListening(status: DeviceStatus): boolean {
  if (status.state === 'faulted') return status.reason !== 'unreachable' && status.reason !== 'not-answering';
  return status.state === 'ready' || status.state === 'degraded';
}

function drawerStatus(printer: DeviceStatus): DeviceStatus {
  const isBlind = printer.state === 'degraded' && printer.reason === 'no-status';
  return isListening(printer) && !isBlind ? { state: 'ready' } : printer;
}
