import type { PrinterModel } from './profiles';

/** What makers call their printers, on USB, in an IEEE 1284 id and in answer to `GS I 67`; the first that fits counts. */
const NAMES: readonly (readonly [RegExp, PrinterModel])[] = [
  // Of 180 dots to the inch: 48 columns would run off the paper. The IV has the pages of those before it.
  [/\bTM-?T88(?:II|III|IV)\b|\bTM-?T70\b/i, 'epson-tm-t88-old'],
  [/\bTM-?T88|\bTM-?T70II\b/i, 'epson-tm-t88'],
  [/\bTM-?P20|\bTM-?m10\b/i, 'epson-tm-p20'],
  [/\bTM-?(?:T20|T8[123]|m[35]0)/i, 'epson-tm-t20-like'],
  // All Bixolons are taken for the narrower head.
  [/\bSRP-?[3QEF]\d/i, 'bixolon-srp-350'],
  [/\bCT-?[SDE]\d{3}/i, 'citizen-80'],
  [/\bXP-?(?:\w-?)?5\d/i, 'xprinter-58'],
  [/\bXP-?[A-Z]*\d/i, 'xprinter-80'],
  [/\bRPP?-?(?:02|5\d)/i, 'rongta-58'],
  [/\bRP-?(?:8\d|3\d\d)/i, 'rongta-80'],
  [/\b(?:POS|ZJ)-?58/i, 'zjiang-58'],
  [/\b(?:POS|ZJ)-?8[03]/i, 'zjiang-80'],
  [/\bITPP0?\d/i, 'munbyn-80'],
  [/\bBTP-?[RS]\d/i, 'snbc-80'],
];

/** The profile of a printer by what it calls itself, or null where the name says nothing to us. */
export function printerModelNamed(name: string): PrinterModel | null {
  return NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
