import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../src/journal/kinds';
import type { RecoveryReport } from '../src/main/core/receipt-recovery';
import { freshDataFolder } from './app';
import { bodiesOf, ordersOf, readReceipt, totalsOf, type Check, type Paper } from './checks';
import type { Proof } from './proofs';

export interface RebuiltOptions {
  /** The demo's folder, with the pictures of the papers in `paper`. */
  readonly folder: string;
  /** The journal of the lost till, to hold the rebuilt one against. */
  readonly entries: readonly Entry[];
  readonly papers: readonly Paper[];
  /** Runs `trestle` and gives back what it printed. */
  readonly trestle: (...args: readonly string[]) => string;
}

const TITLE = 'A till rebuilt from nothing but pictures of its receipts has their orders and their sums';

/**
 * Rebuilds the morning's orders from the pictures of its receipts and what the stall had before the first sale, as if the till
 * were gone; then hands in one receipt that was altered and one twice.
 */
export function rebuildFromPaper({ folder, entries, papers, trestle }: RebuiltOptions): {
  readonly check: Check;
  readonly proof: Proof;
} {
  const receipts = papers.flatMap((paper) => readReceipt(paper) ?? []);
  const pictures = receipts.map(({ paper }) => join(folder, 'paper', `${paper.name}.png`)).filter(existsSync);
  const before = join(folder, 'before-the-first-sale.jsonl');
  const firstSale = entries.findIndex(({ kind }) => kind === 'order.placed');
  // The shift itself comes from the receipts.
  const known = entries.slice(0, firstSale).findIndex(({ kind }) => kind === 'shift.opened');
  writeFileSync(
    before,
    entries
      .slice(0, known)
      .map((entry) => `${JSON.stringify(entry)}\n`)
      .join(''),
  );
  const recover = (into: string, ...files: readonly string[]): RecoveryReport =>
    JSON.parse(
      trestle('recover', ...files, '--data', freshDataFolder(folder, into), '--from', before, '--json'),
    ) as RecoveryReport;

  const report = recover('rebuilt', ...pictures);
  const numbers = new Set(receipts.map(({ number }) => number));
  const expected = ordersOf(entries).filter(({ number }) => numbers.has(number));
  const rebuilt = bodiesOf(
    readEntries(trestle('journal', 'export', '--data', join(folder, 'rebuilt'))),
    'order.recovered',
  );
  const sums = totalsOf(expected);
  const again = totalsOf(rebuilt.map(({ order }) => order));
  const said = report.shifts.map(({ totals }) => totals);
  const check: Check = {
    id: 'rebuilt',
    invariant: 'I4',
    title: TITLE,
    looked: `${report.scanned} codes, ${rebuilt.length} orders`,
    wrong: [
      ...expected.flatMap(({ number, totalMinor }) => {
        const found = rebuilt.find(({ order }) => order.number === number)?.order.totalMinor;
        return found === totalMinor ? [] : [`${number} came to ${totalMinor}; from its receipt it comes to ${found}`];
      }),
      ...rebuilt.flatMap(({ order }) => (numbers.has(order.number) ? [] : [`No receipt is of ${order.number}`])),
      ...report.refused.map(({ from, why }) => `${from} was refused: ${why}`),
      ...Object.entries(sums).flatMap(([name, value]) =>
        again[name as keyof typeof sums] === value &&
        said[0]?.[name as keyof typeof sums] === value &&
        said.length === 1
          ? []
          : [`${name}: ${value} by the journal, ${again[name as keyof typeof sums]} from the receipts`],
      ),
    ],
  };

  const [first, other] = rebuilt;
  const codeOf = (copy: string): string => `https://receipts.example/#${copy}`;
  const handedIn = join(folder, 'handed-in.txt');
  const [genuine, altered] = [first?.copy ?? '', alter(other?.copy ?? '')];
  writeFileSync(handedIn, [genuine, altered, genuine].map((copy) => `${codeOf(copy)}\n`).join(''));
  const suspicious = recover('handed-in', handedIn);
  const isNoticed =
    suspicious.recovered.length === 1 &&
    suspicious.refused.length === 1 &&
    suspicious.refused[0]?.why === 'forged' &&
    suspicious.doubled.length === 1;
  const forgery = 'One receipt that is handed in was altered, and another is handed in twice';
  return { check, proof: { forgery, noticedBy: isNoticed ? [TITLE] : [] } };
}

/** The same bytes with one bit the other way, where the amounts are. */
function alter(copy: string): string {
  const bytes = Buffer.from(copy, 'base64url');
  const at = bytes.length - 66;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64url');
}

function readEntries(lines: string): Entry[] {
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
}
