import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import { v7 as newUuid } from 'uuid';
import { currency } from '../domain/money';
import { readCatalogue, readStall } from '../main/db/import-reader';
import { Store, type StoreLog } from '../main/db/store';
import { StoreError } from '../main/db/store-error';
import { catalogueCsv } from '../main/import/export';
import { FORMATS } from '../main/import/formats/detect';
import type { FormatId } from '../main/import/formats/format';
import { asImportError, Importer, ImportError, type ImporterOptions, type ImportState } from '../main/import/importer';
import { PhotoStore } from '../main/import/photo-store';
import type { ImportPreview, ImportProblem } from '../shared/contract';

interface ImportFlags {
  readonly format: FormatId | 'auto';
  readonly photos?: string;
  readonly data?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly tax?: string;
}

/** What came of `trestle import`; printed whole with `--json`. */
interface ImportOutcome {
  readonly preview: ImportPreview | null;
  readonly written: { readonly itemCount: number; readonly variantCount: number } | null;
  readonly error: string | null;
}

const EXIT = { done: 0, problems: 1, usage: 2 } as const;

/** A mistake in the command line itself. */
class UsageError extends Error {}

const exitOnUsage = (error: { exitCode: number }) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);

/** Adds `trestle import`. */
export function registerImportCommand(program: Command): void {
  program
    .command('import')
    .description('Import a catalogue: preview it, check every row, and write all of it or nothing.')
    .argument('<file>', 'CSV file of Trestle, Shopify, WooCommerce or Square')
    .addOption(
      new Option('--format <name>', 'format of the file')
        .choices(['auto', ...FORMATS.map((format) => format.id)])
        .default('auto'),
    )
    .option('--photos <folder>', 'folder of photos, named as in the file, or by handle, SKU or barcode')
    .option('--data <folder>', "folder of the till's data (or TRESTLE_DATA_DIR)")
    .option('--tax <id>', 'tax rate of new items whose file names none (the first rate of the stall)')
    .option('--dry-run', 'preview only')
    .option('--json', 'one JSON document on standard output')
    .exitOverride(exitOnUsage)
    .action(async (file: string, flags: ImportFlags) => {
      process.exitCode = await runImport(file, flags);
    });
}

/** Adds `trestle catalogue export`. */
export function registerCatalogueCommand(program: Command): void {
  program
    .command('catalogue')
    .description('The catalogue as a file.')
    .exitOverride(exitOnUsage)
    .command('export')
    .description('Write the catalogue in our own CSV format; importing it again changes nothing.')
    .argument('[file]', 'CSV file to write; standard output when absent')
    .option('--data <folder>', "folder of the till's data (or TRESTLE_DATA_DIR)")
    .exitOverride(exitOnUsage)
    .action(async (file: string | undefined, flags: { data?: string }) => {
      process.exitCode = await runExport(file, flags.data);
    });
}

async function runImport(file: string, flags: ImportFlags): Promise<number> {
  const isJson = flags.json === true;
  let outcome: ImportOutcome;
  try {
    outcome = await importFile(file, flags, (line) => {
      if (!isJson) process.stdout.write(`${line}\n`);
    });
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT.usage;
    }
    outcome = { preview: null, written: null, error: mendOf(error) };
  }
  if (isJson) process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
  if (outcome.error !== null) process.stderr.write(`${outcome.error}\n`);
  return outcome.error === null ? EXIT.done : EXIT.problems;
}

async function importFile(file: string, flags: ImportFlags, say: (line: string) => void): Promise<ImportOutcome> {
  const dataDir = dataFolder(flags.data);
  const progress = new ProgressLine();
  // A dry run writes nothing, so it may look over the shoulder of a till that is selling.
  const store = flags.dryRun === true ? null : openStore(dataDir);
  try {
    const stall = store === null ? readStall(dataDir) : store.stall.get();
    if (stall === null)
      throw new ImportError('bad-request', `There is no stall in ${dataDir}: start the till once first.`);
    const options: ImporterOptions = {
      dataDir,
      store: store ?? { importItems: () => Promise.reject(new Error('a dry run writes nothing')) },
      stall: () => stall,
      now: () => new Date(),
      newId: () => newUuid(),
      log: SILENT,
      onState: (state) => progress.show(state),
    };
    const importer = new Importer(options);
    const { importId } = await importer.openFile(
      resolve(file),
      flags.photos === undefined ? null : resolve(flags.photos),
    );
    const taxRateId = flags.tax ?? stall.taxRates[0]?.id ?? '';
    const preview = await importer.preview({ importId, format: flags.format, taxRateId });
    progress.clear();
    for (const line of previewLines(file, preview)) say(line);
    if (preview.errorCount > 0) {
      await importer.cancel(importId);
      return {
        preview,
        written: null,
        error: `Nothing was imported: mend the ${counted(preview.errorCount, 'error')} first.`,
      };
    }
    if (flags.dryRun === true) {
      await importer.cancel(importId);
      return { preview, written: null, error: null };
    }
    const written = await importer.commit(importId, null);
    progress.clear();
    say(`Imported: ${counted(written.itemCount, 'item')} written, ${preview.unchangedCount} unchanged.`);
    return { preview, written, error: null };
  } finally {
    progress.clear();
    store?.close();
  }
}

async function runExport(file: string | undefined, data: string | undefined): Promise<number> {
  try {
    const dataDir = dataFolder(data);
    const stall = readStall(dataDir);
    if (stall === null)
      throw new ImportError('bad-request', `There is no stall in ${dataDir}: start the till once first.`);
    const { items } = readCatalogue(dataDir);
    const csv = catalogueCsv(items, currency(stall.currency), new PhotoStore(dataDir));
    if (file === undefined) await pipeline([csv], process.stdout, { end: false });
    else {
      await pipeline([csv], createWriteStream(file));
      process.stderr.write(`${counted(items.length, 'item')} written to ${file}.\n`);
    }
    return EXIT.done;
  } catch (error) {
    process.stderr.write(`${mendOf(error)}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.problems;
  }
}

function dataFolder(flag: string | undefined): string {
  const folder = flag ?? process.env.TRESTLE_DATA_DIR;
  if (folder === undefined || folder === '') {
    throw new UsageError('Which till? Name the folder of its data with --data, or set TRESTLE_DATA_DIR.');
  }
  return resolve(folder);
}

function openStore(dataDir: string): Store {
  try {
    return Store.open({ dataDir, now: () => new Date(), newId: () => newUuid(), log: SILENT });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'store-locked') throw error;
    throw new ImportError(
      'import-busy',
      `A till is using ${dataDir}: import from the till's Import screen, close it first, or look with --dry-run.`,
    );
  }
}

/** The preview for a terminal: what was found, every problem as `file.csv:12: price: …`, the sums. */
function previewLines(file: string, preview: ImportPreview): string[] {
  // Without items the format is only what was asked for.
  const format = preview.itemCount === 0 ? [] : [FORMAT_NAMES.get(preview.format) ?? preview.format];
  const lines = [`${file}: ${[...format, preview.encoding, counted(preview.rowCount, 'row')].join(', ')}`];
  const told = (kind: string, count: number, problems: readonly ImportProblem[]) => {
    for (const problem of problems) lines.push(`${place(file, problem)}: ${kind}: ${problem.message}`);
    if (count > problems.length) lines.push(`… and ${counted(count - problems.length, `more ${kind}`)}`);
  };
  told('error', preview.errorCount, preview.errors);
  told('warning', preview.warningCount, preview.warnings);
  const sums: [string, number][] = [
    ['items', preview.itemCount],
    ['variants', preview.variantCount],
    ['created', preview.createdCount],
    ['updated', preview.updatedCount],
    ['unchanged', preview.unchangedCount],
    ['photos', preview.photoCount],
    ['errors', preview.errorCount],
    ['warnings', preview.warningCount],
  ];
  for (const [what, count] of sums) lines.push(`  ${what.padEnd(10)}${String(count).padStart(8)}`);
  return lines;
}

const FORMAT_NAMES = new Map<string, string>(FORMATS.map(({ id, name }) => [id, name]));

function place(file: string, { line, column }: ImportProblem): string {
  return [file, ...(line > 0 ? [line] : [])].join(':') + (column === '' ? '' : `: ${column}`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function mendOf(error: unknown): string {
  const named = asImportError(error);
  return named instanceof Error ? named.message : String(named);
}

/** One line on standard error that says how far it is; silent when nobody watches. */
class ProgressLine {
  private shownAt = 0;

  show({ phase, done, total }: ImportState): void {
    if (!process.stderr.isTTY || Date.now() - this.shownAt < 100) return;
    this.shownAt = Date.now();
    const percent = total === 0 ? '' : ` ${Math.floor((done / total) * 100)} %`;
    process.stderr.write(`\r\u001b[K${phase}${percent}`);
  }

  clear(): void {
    if (this.shownAt > 0) process.stderr.write('\r\u001b[K');
    this.shownAt = 0;
  }
}

/** The command tells everything itself. */
const SILENT: StoreLog = { info: () => undefined, warn: () => undefined, error: () => undefined };
