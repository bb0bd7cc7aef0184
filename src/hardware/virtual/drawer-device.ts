import { systemClock, type Clock } from '../ports';
import { createVirtualWire, type VirtualWire } from './virtual-wire';

/** What can be wrong with the drawer itself; `wire` has what can be wrong on the way to it. */
export type DrawerFault =
  /** Takes every report, does nothing, says nothing. */
  | 'silent'
  /** Opens as told, and says nothing. */
  | 'mute'
  /** Something stands in its way: the solenoid fires and nothing moves. */
  | 'jammed'
  /** Answers with anything but its state. */
  | 'nonsense';

/** A HID cash drawer made of nothing. */
export interface VirtualDrawer {
  readonly wire: VirtualWire;
  isOpen(): boolean;
  /** How often the solenoid was fired. */
  pulses(): number;
  /** Every report that came, as hex. */
  reports(): readonly string[];
  /** A command from the factory's part of the protocol has ended its days as a drawer. */
  isInBootloader(): boolean;
  setFault(fault: DrawerFault): void;
  clearFault(): void;
  /** A hand shuts it, or a key opens it. */
  push(): void;
  pull(): void;
}

const REPORT_BYTES = 120;

/** A Posiflex CR drawer with this number. */
export function createVirtualPosiflexDrawer({
  number = 7,
  clock = systemClock,
}: { readonly number?: number; readonly clock?: Clock } = {}): VirtualDrawer {
  return createDrawer(
    'virtual Posiflex drawer',
    clock,
    (report, drawer) => {
      // Without report ids the host still writes one, 0, which the system takes off.
      const [id, addressee, command] = report;
      if (id !== 0 || report.length !== REPORT_BYTES + 1) return;
      if (command !== undefined && command >= 0xf0) return drawer.breakDown();
      if (addressee !== number) return;
      if (command === number) drawer.fire();
      else if (command === number + 1) drawer.tell();
    },
    (isOpen) => [(number << 4) | (isOpen ? 0 : 1)],
    false,
  );
}

/** The drawer nobody named: `01 01` opens it, and it tells of every change by itself. */
export function createVirtualUnnamedDrawer({ clock = systemClock }: { readonly clock?: Clock } = {}): VirtualDrawer {
  return createDrawer(
    'virtual drawer',
    clock,
    (report, drawer) => {
      if (report[0] === 0 && report[1] === 1 && report[2] === 1) drawer.fire();
    },
    (isOpen) => [isOpen ? 1 : 0],
    true,
  );
}

interface Mechanics {
  fire(): void;
  tell(): void;
  breakDown(): void;
}

function createDrawer(
  address: string,
  clock: Clock,
  obey: (report: Uint8Array, drawer: Mechanics) => void,
  stateReport: (isOpen: boolean) => readonly number[],
  tellsByItself: boolean,
): VirtualDrawer {
  const wire = createVirtualWire(address, clock);
  const reports: string[] = [];
  let isOpen = false;
  let pulses = 0;
  let isInBootloader = false;
  let fault: DrawerFault | null = null;

  const tell = (): void => {
    if (fault === 'mute') return;
    const report = new Uint8Array(REPORT_BYTES);
    report.set(fault === 'nonsense' ? [0xd0, 0xff, 0x55] : stateReport(isOpen));
    wire.send(report);
  };
  const move = (next: boolean): void => {
    const hasMoved = isOpen !== next;
    isOpen = next;
    if (hasMoved && tellsByItself && fault !== 'silent') tell();
  };
  wire.onReceive((report) => {
    reports.push(Buffer.from(report).toString('hex'));
    if (isInBootloader || fault === 'silent') return;
    obey(report, {
      fire() {
        pulses += 1;
        if (fault !== 'jammed') move(true);
      },
      tell,
      breakDown() {
        isInBootloader = true;
        wire.setFault('unplugged');
      },
    });
  });

  return {
    wire,
    isOpen: () => isOpen,
    pulses: () => pulses,
    reports: () => reports,
    isInBootloader: () => isInBootloader,
    setFault(next) {
      fault = next;
    },
    clearFault() {
      fault = null;
    },
    push: () => move(false),
    pull: () => move(true),
  };
}
