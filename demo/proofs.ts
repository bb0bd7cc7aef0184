import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Entry } from '../src/journal/kinds';
import type { VerifyReport } from '../src/journal/verify';
import { examine, ordersOf, readReceipt, type Witness } from './checks';

/** A forgery on a copy of the evidence, and which checks noticed it. A check that cannot fail checks nothing. */
export interface Proof {
  readonly forgery: string;
  /** Titles of the checks that turned red. */
  readonly noticedBy: readonly string[];
}

export interface ProofOptions {
  /** What the morning left. */
  readonly witness: Witness;
  readonly dataDir: string;
  /** What `trestle journal verify --json` says of a data folder. */
  readonly verify: (dataDir: string) => string;
}

/** Forges copies of the evidence in ways that must not go unnoticed. */
export function proveChecks({ witness, dataDir, verify }: ProofOptions): Proof[] {
  const before = new Map(examine(witness).map(({ id, wrong }) => [id, wrong]));
  const noticed = (forged: Witness): string[] =>
    examine(forged).flatMap(({ id, title, wrong }) =>
      wrong.some((line) => !before.get(id)?.includes(line)) ? [title] : [],
    );
  const proof = (forgery: string, forged: Partial<Witness>): Proof => ({
    forgery,
    noticedBy: noticed({ ...witness, ...forged }),
  });
  const { entries, papers, pulses, confirmed } = witness;
  const middle = entries.filter(({ kind }) => kind === 'order.placed').at(-1);
  const receipt = papers.findLast((paper) => readReceipt(paper)?.copy === 0);
  const verifyForged = verifyForgery(
    dataDir,
    ordersOf(entries).map(({ number }) => number),
    verify,
  );
  return [
    proof('One digit of one entry is changed in the database file', { verify: verifyForged }),
    proof('One order is left out of the journal', { entries: entries.filter((entry) => entry !== middle) }),
    proof('One order is placed twice', {
      entries: entries.flatMap((entry) => (entry === middle ? [entry, entry] : [entry])),
    }),
    proof('One line of an order costs a penny more', {
      entries: entries.map((entry) => (entry === middle ? withDearerLine(entry) : entry)),
    }),
    proof('One receipt is printed a second time, without the word COPY', {
      papers: receipt ? [...papers, { ...receipt, name: 'forged' }] : papers,
    }),
    proof('One receipt never came out', { papers: papers.filter((paper) => paper !== receipt) }),
    proof('The drawer opened once more than there were reasons', { pulses: pulses + 1 }),
    proof('The screen confirmed a sale that was never recorded', {
      confirmed: [...confirmed, { number: 'T1-9999', totalMinor: 100 }],
    }),
  ];
}

/** What verify says of a copy in which one digit of one order's number is another, where the journal has it. */
function verifyForgery(dataDir: string, numbers: readonly string[], verify: (dataDir: string) => string): VerifyReport {
  const scratch = mkdtempSync(join(tmpdir(), 'trestle-forged-'));
  try {
    // Chromium's own files say nothing about the stall.
    cpSync(dataDir, scratch, { recursive: true, filter: (path) => basename(path) !== 'window' });
    const file = join(scratch, 'trestle.db');
    const bytes = readFileSync(file);
    // A text may lie across two pages of the file: then the next order will do.
    const at = numbers.map((number) => bytes.indexOf(`"number":"${number}","orderId"`)).find((index) => index >= 0);
    if (at === undefined) throw new Error('The database file holds no order that could be forged');
    const digit = at + '"number":"T1-000'.length;
    bytes[digit] = bytes[digit] === 0x39 ? 0x38 : 0x39;
    writeFileSync(file, bytes);
    return JSON.parse(verify(scratch)) as VerifyReport;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function withDearerLine(entry: Entry): Entry {
  const { body } = entry as Entry<'order.placed'>;
  const [first, ...rest] = body.order.lines;
  if (!first) return entry;
  const lines = [{ ...first, amountMinor: first.amountMinor + 1 }, ...rest];
  return { ...entry, body: { order: { ...body.order, lines } } } as Entry;
}
