import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, extname, join, resolve } from 'node:path';
import { v7 as newUuid } from 'uuid';
import type { Command } from 'commander';
import { formatMoney } from '../domain/money';
import { readOrderCopy } from '../domain/order-copy';
import { parseEntryLine } from '../journal/entry';
import { hasIdentity, loadIdentity, successorPrefix } from '../journal/identity';
import {
  recoverReceipts,
  type RecoveryReport,
  type RefusalReason,
  type ScannedReceipt,
} from '../main/core/receipt-recovery';
import { exportFolder } from '../main/db/inspect';
import { DATABASE_FILE } from '../main/db/open';
import { Store, type StoreLog } from '../main/db/store';

interface RecoverFlags {
  readonly data?: string;
  readonly showKey?: string;
  readonly from: readonly string[];
  readonly key: readonly string[];
  readonly add?: boolean;
  readonly json?: boolean;
}

const EXIT = { done: 0, findings: 1, usage: 2 } as const;
const PICTURES = ['.png', '.jpg', '.jpeg'];
/** Entries taken in one go. */
const ENTRIES_AT_ONCE = 200;
const SILENT: StoreLog = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** Numbers that are named before the rest is counted. */
const NUMBERS_NAMED = 20;

/** Adds `trestle recover`: a lost till's orders, rebuilt from the codes on its receipts. */
export function registerRecoverCommand(program: Command): void {
  const many = (value: string, before: readonly string[]): string[] => [...before, value];
  program
    .command('recover')
    .description('Rebuild the orders of a lost till from the codes on its receipts.')
    .argument('[files...]', 'scanned codes: text files of one code per line, pictures of receipts, or folders of both')
    .option('--data <folder>', 'where to put them: a new data folder, or with --add the folder of a till')
    .option(
      '--from <copy>',
      'any copy of the stall: a data folder, or an export of its journal (may be given again)',
      many,
      [],
    )
    .option('--key <key>', 'public key of a lost till in base64, where no copy has it (may be given again)', many, [])
    .option('--add', 'add to a folder that has a journal of its own')
    .option('--show-key <folder>', 'print the public key of the till in a data folder, to be noted down, and end')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nReceipts that no known till signed are refused and named. Exits 1 when anything was refused or is missing, 2 when\n' +
        'nothing could be done. The same receipts may come again: an order is never counted twice.',
    )
    .action(async (files: string[], flags: RecoverFlags) => {
      try {
        if (flags.showKey !== undefined) {
          const identity = loadIdentity(resolve(flags.showKey));
          if (identity === null) throw new Error(`${flags.showKey} holds no till.`);
          console.log(identity.publicKey);
          return;
        }
        const report = await recover(files, flags);
        if (report.refused.length > 0 || report.missing.length > 0) process.exitCode = EXIT.findings;
        process.stdout.write(
          flags.json ? `${JSON.stringify(report, null, 2)}\n` : `${reportLines(report).join('\n')}\n`,
        );
      } catch (error) {
        console.error(error instanceof Error ? error.message : String(error));
        process.exitCode = EXIT.usage;
      }
    });
}

async function recover(files: readonly string[], { data, from, key, add }: RecoverFlags): Promise<RecoveryReport> {
  if (data === undefined) throw new Error('Where to? Name a new folder with --data.');
  const dataDir = resolve(data);
  const isThere = hasIdentity(dataDir) || existsSync(join(dataDir, DATABASE_FILE));
  if (isThere && add !== true) {
    throw new Error(`${dataDir} has a journal of its own: name a new folder, or say --add to add to it.`);
  }
  const scanned = (await Promise.all(files.map(readReceipts))).flat();
  if (scanned.length === 0) throw new Error('There is no code in these files.');
  const store = Store.open({
    dataDir,
    now: () => new Date(),
    newId: () => newUuid(),
    log: SILENT,
    firstPrefix: prefixAfter(scanned),
  });
  try {
    for (const copy of from) await takeIn(store, copy);
    return recoverReceipts(store, scanned, key);
  } finally {
    store.close();
  }
}

/** What a till that takes the place of the scanned ones puts before its order numbers: none that any of them had. */
function prefixAfter(scanned: readonly ScannedReceipt[]): string {
  const prefixes = scanned.flatMap(({ text }) => readOrderCopy(text ?? '')?.copy.number.replace(/-\d+$/, '') ?? []);
  let prefix = successorPrefix(prefixes[0] ?? 'T1');
  while (prefixes.includes(prefix)) prefix = successorPrefix(prefix);
  return prefix;
}

/** Takes the entries of a copy of the stall, as any other device would. */
async function takeIn(store: Store, copy: string): Promise<void> {
  const isFolder = existsSync(join(copy, DATABASE_FILE));
  const lines = isFolder ? exportFolder(resolve(copy)) : readFileSync(copy, 'utf8').split('\n');
  let batch = [];
  let at = 0;
  for (const line of lines) {
    at += 1;
    if (line.trim() === '') continue;
    const entry = parseEntryLine(line);
    if (entry === null) throw new Error(`${copy}:${at} is no line of a journal.`);
    batch.push(entry);
    if (batch.length < ENTRIES_AT_ONCE) continue;
    store.receive(batch, []);
    batch = [];
  }
  store.receive(batch, []);
  await store.applyImports();
}

/** The codes in a file, or in all files of a folder by their names. */
async function readReceipts(path: string): Promise<ScannedReceipt[]> {
  if (statSync(path).isDirectory()) {
    const within = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile());
    const names = within.map(({ name }) => name).filter((name) => !name.startsWith('.'));
    const read: ScannedReceipt[] = [];
    for (const name of names.toSorted()) read.push(...(await readReceipts(join(path, name))));
    return read;
  }
  const name = basename(path);
  const bytes = readFileSync(path);
  const written = PICTURES.includes(extname(name).toLowerCase()) ? null : textOf(bytes);
  if (written !== null) {
    return written
      .split(/\r?\n/)
      .flatMap((text, index) => (text.trim() === '' ? [] : [{ text, from: `${name}:${index + 1}` }]));
  }
  const texts = await readPicture(bytes);
  if (texts === null) return [{ text: null, from: name }];
  // A picture that shows none is to be named as well.
  return texts.length === 0 ? [{ text: '', from: name }] : texts.map((text) => ({ text, from: name }));
}

/** What is written in a file; null of one that holds something else, whatever it is called. */
function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

/** The QR codes in a picture; null of what is no picture that can be read. */
async function readPicture(bytes: Uint8Array): Promise<string[] | null> {
  const found = await readCodes(bytes);
  if (found.length > 0) return found;
  const drawn = await drawnAnew(bytes);
  return drawn && readCodes(drawn);
}

async function readCodes(bytes: Uint8Array): Promise<string[]> {
  const { prepareZXingModule, readBarcodes } = await import('zxing-wasm/reader');
  // The reader would fetch its program from the network otherwise.
  const program = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  const wasmBinary = new Uint8Array(readFileSync(program)).buffer;
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  const codes = await readBarcodes(bytes, { formats: ['QRCode'], tryHarder: true });
  // What it cannot open it says as a code without a text.
  return codes.flatMap(({ text }) => (text === '' ? [] : [text]));
}

/** A picture as PNG: WebP, AVIF and rarer kinds of JPEG are not known to the reader of codes. Null where it cannot be drawn. */
async function drawnAnew(bytes: Uint8Array): Promise<Uint8Array | null> {
  const { createCanvas, loadImage } = await import('@napi-rs/canvas');
  try {
    const image = await loadImage(bytes);
    const canvas = createCanvas(image.width, image.height);
    canvas.getContext('2d').drawImage(image, 0, 0);
    return await canvas.encode('png');
  } catch {
    return null;
  }
}

const REFUSALS: Readonly<Record<RefusalReason, string>> = {
  unreadable: 'is neither text nor a picture that can be read here: save it as JPEG or PNG',
  'no-copy': 'holds no signed copy of an order',
  'unknown-till':
    'is of a till whose key is not known here: name a copy of the stall with --from, or the key with --key',
  forged: 'was not signed by the till it names: FORGED or damaged',
  'other-stall': 'is of another stall',
  'other-rules': 'is signed, but does not add up by the rules of this version',
  'number-taken': 'has a number that another order has here',
};

function reportLines(report: RecoveryReport): string[] {
  const { scanned, recovered, known, doubled, refused, missing, shifts } = report;
  const money = (amountMinor: number, currency: string): string =>
    formatMoney(amountMinor, { currency, locale: 'en-GB' });
  const sums = new Map<string, number>();
  for (const { currency, totalMinor } of recovered) sums.set(currency, (sums.get(currency) ?? 0) + totalMinor);
  const sum = [...sums].map(([currency, totalMinor]) => money(totalMinor, currency)).join(' and ');
  const grouped = recovered.filter(({ groupedLineCount }) => groupedLineCount !== null);
  const nameless = recovered.reduce((count, { unknownGoods }) => count + unknownGoods, 0);
  return [
    `${scanned} codes read`,
    `${recovered.length} orders recovered${sum === '' ? '' : `: ${sum}`}`,
    ...recovered.map(
      ({ number, placedAt, currency, totalMinor }) => `  ${number}  ${placedAt}  ${money(totalMinor, currency)}`,
    ),
    ...(known.length === 0 ? [] : [`${known.length} were here already`]),
    ...doubled.map(({ from, number, firstFrom }) => `${from}: ${number} again, first read in ${firstFrom}`),
    ...refused.map(({ from, number, why }) => `${from}: ${number === null ? 'this' : `"${number}"`} ${REFUSALS[why]}`),
    ...grouped.map(
      ({ number, groupedLineCount }) =>
        `${number}: too long for its code, ${groupedLineCount} lines as sums by tax rate`,
    ),
    ...(nameless === 0
      ? []
      : [`${nameless} lines are of goods that no catalogue here knows: stock does not count them`]),
    ...missing.map(({ numbers }) => {
      const more = numbers.length - NUMBERS_NAMED;
      return `missing: ${numbers.slice(0, NUMBERS_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    }),
    ...shifts.flatMap(({ openedAt, currency, totals }) => [
      `shift opened ${openedAt}: ${totals.orderCount} orders, sales ${money(totals.salesMinor, currency)}, tax ${money(totals.taxMinor, currency)}`,
      `  card ${money(totals.cardMinor, currency)}, cash ${money(totals.cashMinor, currency)}, in the drawer with its float ${money(totals.expectedCashMinor, currency)}`,
    ]),
  ];
}
