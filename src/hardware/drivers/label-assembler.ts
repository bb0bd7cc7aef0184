import type { Clock, Scan, ScanFault } from '../ports';

/** The part of a label that one report holds. */
export interface LabelPart {
  readonly symbology: string | null;
  readonly data: Uint8Array;
  /** More of the same label follows. */
  readonly isContinued: boolean;
}

export interface LabelAssembler {
  take(part: LabelPart): void;
  /** The device went away; what it had begun is lost. */
  reset(): void;
}

export interface LabelAssemblerOptions {
  readonly clock: Clock;
  /** At most one of them is taken off the end of a label: what the scanner was set to add. The first that fits. */
  readonly suffixes: readonly string[];
  readonly onScan: (scan: Scan) => void;
  readonly onFault: (fault: ScanFault) => void;
}

/** No symbology in retail holds more. */
export const MAXIMUM_LABEL_BYTES = 4_096;
/** Reports of one label follow each other within milliseconds; one that has not come by now is lost. */
const PART_TIMEOUT_MS = 500;
export const DEFAULT_SUFFIXES: readonly string[] = ['\r\n', '\r', '\n'];

/**
 * Puts labels of several reports together, of one device. A label that lost a part is refused whole, late parts and all,
 * so that no part ever passes for a label.
 */
export function createLabelAssembler({ clock, suffixes, onScan, onFault }: LabelAssemblerOptions): LabelAssembler {
  let parts: LabelPart[] = [];
  let length = 0;
  /** The rest of a refused label is dropped until it ends, or nothing of it has come for a while. */
  let isSkipping = false;
  let cancelTimer = (): void => undefined;

  function clear(): void {
    cancelTimer();
    parts = [];
    length = 0;
  }

  function refuse(fault: ScanFault, isOver: boolean): void {
    clear();
    isSkipping = !isOver;
    if (isSkipping) awaitRest();
    onFault(fault);
  }

  function awaitRest(): void {
    cancelTimer();
    cancelTimer = clock.after(PART_TIMEOUT_MS, () => {
      if (isSkipping) isSkipping = false;
      else refuse('half-label', false);
    });
  }

  return {
    take(part) {
      const isOver = !part.isContinued;
      if (isSkipping) {
        isSkipping = !isOver;
        if (isOver) cancelTimer();
        else awaitRest();
        return;
      }
      const begun = parts[0];
      if (begun && begun.symbology !== part.symbology) return refuse('mismatched-continuation', isOver);
      length += part.data.length;
      if (length > MAXIMUM_LABEL_BYTES) return refuse('too-long', isOver);
      parts.push(part);
      if (!isOver) return awaitRest();
      const label = Buffer.concat(parts.map(({ data }) => data));
      clear();
      const text = withoutSuffix(textOf(label), suffixes);
      if (text === '') onFault('malformed-report');
      else onScan({ text, symbology: part.symbology });
    },
    reset() {
      const hadBegun = parts.length > 0;
      clear();
      isSkipping = false;
      if (hadBegun) onFault('half-label');
    },
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Labels are UTF-8 where they can be; the older symbologies hold Latin-1. */
export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

export function withoutSuffix(text: string, suffixes: readonly string[]): string {
  const suffix = suffixes.find((each) => each !== '' && text.endsWith(each)) ?? '';
  return text.slice(0, text.length - suffix.length);
}
