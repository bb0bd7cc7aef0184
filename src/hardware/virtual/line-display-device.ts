import { systemClock, type Clock } from '../ports';
import { decodeByte } from './code-page-tables';
import { createVirtualWire, type VirtualWire } from './virtual-wire';

/** A customer display made of nothing: two lines of 20 characters that obey bytes. */
export interface VirtualLineDisplay {
  readonly wire: VirtualWire;
  /** What a shopper reads, the upper line first. */
  lines(): readonly [string, string];
  brightness(): number;
  isCursorShown(): boolean;
  /** Commands it does not know, as hex. */
  unknownCommands(): readonly string[];
  /** How many bytes came since the start. */
  bytesReceived(): number;
  /** Somebody pulls its own power and puts it back, while the line to it stands. */
  powerCycle(): void;
}

const COLUMNS = 20;
const CELLS = 2 * COLUMNS;

interface Screen {
  cells: string[];
  cursor: number;
  page: number;
  brightness: number;
  isCursorShown: boolean;
}

function blank(): Screen {
  return { cells: Array<string>(CELLS).fill(' '), cursor: 0, page: 0, brightness: 3, isCursorShown: true };
}

/** Takes the bytes after a lead-in; returns how many it used, 0 for more to come, -1 for unknown. */
type Obey = (bytes: readonly number[], screen: Screen) => number;

export function createVirtualLineDisplay({
  commands,
  clock = systemClock,
}: {
  readonly commands: 'epson' | 'cd5220';
  readonly clock?: Clock;
}): VirtualLineDisplay {
  const wire = createVirtualWire(`virtual ${commands} display`, clock);
  const obey: Obey = commands === 'epson' ? obeyEpson : obeyCd5220;
  const unknownCommands: string[] = [];
  let screen = blank();
  let pending: number[] = [];
  let bytesReceived = 0;

  wire.onReceive((bytes) => {
    bytesReceived += bytes.length;
    pending.push(...bytes);
    for (;;) {
      const [first] = pending;
      if (first === undefined) return;
      if (first === 0x1b || first === 0x1f) {
        const used = obey(pending, screen);
        if (used === 0) return;
        if (used < 0) unknownCommands.push(Buffer.from(pending.slice(0, 2)).toString('hex'));
        if (first === 0x1b && pending[1] === 0x40) screen = blank();
        pending = pending.slice(used < 0 ? 2 : used);
      } else {
        if (first === 0x0c) screen = { ...screen, cells: blank().cells, cursor: 0 };
        else if (first >= 0x20) put(screen, first);
        else unknownCommands.push(Buffer.of(first).toString('hex'));
        pending = pending.slice(1);
      }
    }
  });

  return {
    wire,
    lines: () => [screen.cells.slice(0, COLUMNS).join(''), screen.cells.slice(COLUMNS).join('')],
    brightness: () => screen.brightness,
    isCursorShown: () => screen.isCursorShown,
    unknownCommands: () => unknownCommands,
    bytesReceived: () => bytesReceived,
    powerCycle() {
      screen = blank();
      pending = [];
    },
  };
}

function put(screen: Screen, byte: number): void {
  screen.cells[screen.cursor] = decodeByte(byte, screen.page, 0);
  screen.cursor = (screen.cursor + 1) % CELLS;
}

/** Epson DM-D110. */
const obeyEpson: Obey = (bytes, screen) => {
  const [lead, command, a, b] = bytes;
  if (command === undefined) return 0;
  if (lead === 0x1b && command === 0x40) return 2;
  if (lead === 0x1f && command === 0x01) return 2;
  if (a === undefined) return 0;
  if (lead === 0x1b && command === 0x74) {
    screen.page = a;
    return 3;
  }
  if (lead === 0x1f && command === 0x43) {
    screen.isCursorShown = a === 1;
    return 3;
  }
  if (lead === 0x1f && command === 0x58) {
    screen.brightness = a;
    return a >= 1 && a <= 4 ? 3 : -1;
  }
  if (lead !== 0x1f || command !== 0x24) return -1;
  if (b === undefined) return 0;
  if (a < 1 || a > COLUMNS || b < 1 || b > 2) return -1;
  screen.cursor = (b - 1) * COLUMNS + a - 1;
  return 4;
};

/** Partner CD5220, standard mode. */
const obeyCd5220: Obey = (bytes, screen) => {
  const [lead, command, a] = bytes;
  if (lead !== 0x1b) return -1;
  if (command === undefined) return 0;
  if (command === 0x40 || command === 0x11) return 2;
  if (a === undefined) return 0;
  if (command === 0x5f) {
    screen.isCursorShown = a === 1;
    return 3;
  }
  if (command === 0x2a) {
    screen.brightness = a;
    return a >= 1 && a <= 4 ? 3 : -1;
  }
  if (command !== 0x51 || (a !== 0x41 && a !== 0x42)) return -1;
  const end = bytes.indexOf(0x0d);
  if (end < 0) return 0;
  const text = bytes.slice(3, end).slice(0, COLUMNS);
  screen.cursor = a === 0x41 ? 0 : COLUMNS;
  for (let column = 0; column < COLUMNS; column += 1) put(screen, text[column] ?? 0x20);
  return end + 1;
};
