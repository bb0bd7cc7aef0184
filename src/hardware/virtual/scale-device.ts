import type { ScaleProtocolName } from '../models/scales';
import { systemClock, type Clock } from '../ports';
import { createVirtualWire, type VirtualWire } from './virtual-wire';

/** What can be wrong with the scale itself; `wire` has what can be wrong on the way to it. */
export type ScaleFault =
  /** Says nothing. */
  | 'silent'
  /** Stops in the middle of every answer. */
  | 'half'
  /** Answers with noise. */
  | 'noise'
  /** Answers long after it was asked, with what lay on it then. */
  | 'late'
  /** The line loses one byte of every third answer, each time another. */
  | 'lossy'
  /** Reports that its memory is broken. */
  | 'broken';

export interface VirtualScaleOptions {
  readonly protocol: ScaleProtocolName;
  readonly clock?: Clock;
  /** Default `kg`. */
  readonly unit?: 'kg' | 'g' | 'lb' | 'oz';
  /** Default 3: digits behind the point. */
  readonly decimals?: number;
  /** Default 15 000. */
  readonly capacityGrams?: number;
  /** Default 1 500: how late it answers when it is `late`. */
  readonly lateMs?: number;
}

/** A scale made of nothing, with hands to load it. */
export interface VirtualScale {
  readonly wire: VirtualWire;
  /** Lays this on it, instead of what lay there; less than nothing when it was zeroed with something on. */
  put(grams: number): void;
  /** Whether the load moves. */
  shake(isMoving: boolean): void;
  /** How often it was asked for the weight. */
  questions(): number;
  setFault(fault: ScaleFault): void;
  clearFault(): void;
}

const GRAMS_IN = { g: 1, kg: 1_000, lb: 453.59237, oz: 28.349523125 } as const;

export function createVirtualScale(options: VirtualScaleOptions): VirtualScale {
  const { protocol, clock = systemClock, unit = 'kg', decimals = 3, capacityGrams = 15_000, lateMs = 1_500 } = options;
  const wire = createVirtualWire(`virtual ${protocol} scale`, clock);
  let grams = 0;
  let isMoving = false;
  let questions = 0;
  let command = '';
  let fault: ScaleFault | null = null;

  const shown = (): string => (grams / GRAMS_IN[unit]).toFixed(decimals);
  const isOver = (): boolean => grams > capacityGrams;

  function nciAnswer(): string {
    if (command !== 'W') return '\n?\r\x03';
    const first = 0x30 | (isMoving ? 1 : 0) | (grams === 0 ? 2 : 0) | (fault === 'broken' ? 4 : 0);
    const second = 0x30 | (grams < 0 ? 1 : 0) | (isOver() ? 2 : 0);
    const display = isOver() ? '^^^^^^' : grams < 0 ? '______' : shown().padStart(6);
    return `\n${display}${unit}\r\n${String.fromCharCode(first, second)}\r\x03`;
  }

  function sicsAnswer(): string {
    if (command !== 'SI') return 'ES\r\n';
    if (fault === 'broken') return 'S S Error 10b\r\n';
    if (isOver()) return 'S +\r\n';
    if (grams < 0) return 'S -\r\n';
    return `S ${isMoving ? 'D' : 'S'} ${shown().padStart(10)} ${unit}\r\n`;
  }

  function answer(): void {
    questions += 1;
    const whole = protocol === 'nci' ? nciAnswer() : sicsAnswer();
    const bytes = Buffer.from(whole, 'latin1');
    switch (fault) {
      case 'silent':
        return;
      case 'half':
        return wire.send(bytes.subarray(0, bytes.length >> 1));
      case 'noise':
        return wire.send(bytes.map((byte, index) => (byte * 7 + index * 31) & 0xff));
      case 'late':
        clock.after(lateMs, () => wire.send(bytes));
        return;
      case 'lossy': {
        const lost = questions % 3 === 0 ? (questions / 3) % bytes.length : -1;
        return wire.send(bytes.filter((_, index) => index !== lost));
      }
      case 'broken':
      case null:
        // In two pieces, since no line keeps messages together.
        wire.send(bytes.subarray(0, 4));
        wire.send(bytes.subarray(4));
    }
  }

  wire.onReceive((bytes) => {
    for (const byte of bytes) {
      if (byte === 0x0d) {
        answer();
        command = '';
      } else if (byte !== 0x0a) command += String.fromCharCode(byte);
    }
  });

  return {
    wire,
    put(next) {
      grams = next;
    },
    shake(next) {
      isMoving = next;
    },
    questions: () => questions,
    setFault(next) {
      fault = next;
    },
    clearFault() {
      fault = null;
    },
  };
}
