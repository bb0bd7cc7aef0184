/**
 * Reads HID report descriptors: which reports a device has, and where in them each usage lies. Source: USB Device Class
 * Definition for Human Interface Devices 1.11, section 6.2.2.
 */

export type HidReportKind = 'input' | 'output' | 'feature';

/** A usage with its page in the upper 16 bits, as in the extended usages of a descriptor. */
export function hidUsage(page: number, id: number): number {
  return page * 0x1_0000 + id;
}

/** A row of equal values in one report. */
export interface HidField {
  readonly kind: HidReportKind;
  /** 0 where the device has no report ids. */
  readonly reportId: number;
  /** From the start of the report as it travels, its id included where the device has ids. */
  readonly bitOffset: number;
  /** Bits of one value. */
  readonly bitSize: number;
  /** How many values. */
  readonly count: number;
}

export interface HidReportDescriptor {
  /** Usages of the top-level collections: what the device says it is. */
  readonly applications: readonly number[];
  /** Where a usage lies: its values in one row, or null when no report of the kind has it. The first that has it counts. */
  find(kind: HidReportKind, usage: number, reportId?: number): HidField | null;
  /** Bytes of a report as it travels, its id included where the device has ids; 0 when there is no such report. */
  reportLength(kind: HidReportKind, reportId: number): number;
}

interface UsageRange {
  readonly from: number;
  readonly to: number;
}

interface DeclaredField extends HidField {
  readonly usages: readonly UsageRange[];
}

/** The state that `Push` saves. */
interface Globals {
  page: number;
  reportId: number;
  reportSize: number;
  reportCount: number;
}

const LONG_ITEM = 0xfe;
/** A report longer than this is nonsense; interrupt transfers of full speed have 64 bytes, control transfers 4 096. */
const MAXIMUM_REPORT_BITS = 8 * 65_536;
const MAXIMUM_PUSHED = 16;

/** @returns null for bytes that are no report descriptor: cut short, unbalanced, or beyond every bound */
export function parseHidReportDescriptor(bytes: Uint8Array): HidReportDescriptor | null {
  const fields: DeclaredField[] = [];
  const applications: number[] = [];
  const lengths = new Map<string, number>();
  let globals: Globals = { page: 0, reportId: 0, reportSize: 0, reportCount: 0 };
  const pushed: Globals[] = [];
  let usages: UsageRange[] = [];
  let minimum: number | null = null;
  let depth = 0;

  /** A usage of one or two bytes belongs to the page in force when its main item comes; one of four names its own. */
  const withPage = (usage: number): number => (usage > 0xffff ? usage : hidUsage(globals.page, usage));
  const withPages = (): UsageRange[] => usages.map(({ from, to }) => ({ from: withPage(from), to: withPage(to) }));

  function declare(kind: HidReportKind, flags: number): boolean {
    const { reportId, reportSize, reportCount } = globals;
    const key = `${kind} ${reportId}`;
    const bitOffset = lengths.get(key) ?? (reportId === 0 ? 0 : 8);
    const end = bitOffset + reportSize * reportCount;
    if (end > MAXIMUM_REPORT_BITS) return false;
    lengths.set(key, end);
    const isConstant = (flags & 1) !== 0;
    if (!isConstant && reportSize > 0 && reportCount > 0) {
      fields.push({ kind, reportId, bitOffset, bitSize: reportSize, count: reportCount, usages: withPages() });
    }
    return true;
  }

  for (let at = 0; at < bytes.length;) {
    const prefix = bytes[at] ?? 0;
    if (prefix === LONG_ITEM) {
      // No long item has a meaning yet.
      at += 3 + (bytes[at + 1] ?? 0);
      if (at > bytes.length) return null;
      continue;
    }
    const size = [0, 1, 2, 4][prefix & 3] ?? 0;
    if (at + 1 + size > bytes.length) return null;
    let value = 0;
    for (let index = size; index > 0; index -= 1) value = value * 256 + (bytes[at + index] ?? 0);
    at += 1 + size;

    switch (prefix & 0xfc) {
      case 0x04:
        globals.page = value;
        break;
      case 0x74:
        globals.reportSize = value;
        break;
      case 0x84:
        if (value === 0 || value > 255) return null;
        globals.reportId = value;
        break;
      case 0x94:
        globals.reportCount = value;
        break;
      case 0xa4:
        if (pushed.length >= MAXIMUM_PUSHED) return null;
        pushed.push({ ...globals });
        break;
      case 0xb4: {
        const popped = pushed.pop();
        if (!popped) return null;
        globals = popped;
        break;
      }
      case 0x08:
        usages.push({ from: value, to: value });
        break;
      case 0x18:
        minimum = value;
        break;
      case 0x28:
        if (minimum !== null) usages.push({ from: minimum, to: value });
        minimum = null;
        break;
      case 0x80:
        if (!declare('input', value)) return null;
        break;
      case 0x90:
        if (!declare('output', value)) return null;
        break;
      case 0xb0:
        if (!declare('feature', value)) return null;
        break;
      case 0xa0:
        if (depth === 0 && usages[0]) applications.push(withPage(usages[0].from));
        depth += 1;
        break;
      case 0xc0:
        depth -= 1;
        if (depth < 0) return null;
        break;
    }
    const isMain = (prefix & 0x0c) === 0;
    if (isMain) {
      usages = [];
      minimum = null;
    }
  }
  if (depth !== 0 || applications.length === 0) return null;

  return {
    applications,
    find(kind, usage, reportId) {
      for (const field of fields) {
        if (field.kind !== kind || (reportId !== undefined && field.reportId !== reportId)) continue;
        const found = placeIn(field, usage);
        if (found) return found;
      }
      return null;
    },
    reportLength(kind, reportId) {
      const bits = lengths.get(`${kind} ${reportId}`);
      return bits === undefined ? 0 : Math.ceil(bits / 8);
    },
  };
}

/** Usages go to the values in order; the last one holds for all that are left (HID 1.11, section 6.2.2.8). */
function placeIn(field: DeclaredField, usage: number): HidField | null {
  const { usages, ...place } = field;
  let index = 0;
  for (const [position, { from, to }] of usages.entries()) {
    if (usage >= from && usage <= to) {
      const first = index + usage - from;
      if (first >= field.count) return null;
      const isLast = position === usages.length - 1 && usage === to;
      return {
        ...place,
        bitOffset: field.bitOffset + first * field.bitSize,
        count: isLast ? field.count - first : 1,
      };
    }
    index += Math.max(0, to - from) + 1;
  }
  return null;
}

/** Bits of a report, the lowest first, as HID numbers them. Bits beyond the end of a short report are 0. */
export function readHidBits(report: Uint8Array, bitOffset: number, bitSize: number): number {
  let value = 0;
  for (let bit = Math.min(bitSize, 32) - 1; bit >= 0; bit -= 1) {
    const at = bitOffset + bit;
    value = value * 2 + (((report[at >> 3] ?? 0) >> (at & 7)) & 1);
  }
  return value;
}

/** Sets bits of a report in place, the lowest first. */
export function writeHidBits(report: Uint8Array, bitOffset: number, bitSize: number, value: number): void {
  for (let bit = 0; bit < bitSize; bit += 1) {
    const at = bitOffset + bit;
    const mask = 1 << (at & 7);
    const isSet = Math.floor(value / 2 ** bit) % 2 === 1;
    report[at >> 3] = isSet ? (report[at >> 3] ?? 0) | mask : (report[at >> 3] ?? 0) & ~mask;
  }
}
