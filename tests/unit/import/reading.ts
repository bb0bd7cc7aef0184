import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Item } from '../../../src/domain/catalogue';
import { Cells } from '../../../src/main/import/cells';
import type { ItemDraft } from '../../../src/main/import/draft';
import { decodeFile } from '../../../src/main/import/encoding';
import { detectFormat } from '../../../src/main/import/formats/detect';
import { columnName, type FormatId } from '../../../src/main/import/formats/format';
import { planImport, type Plan } from '../../../src/main/import/plan';
import { Problems, type Problem } from '../../../src/main/import/problems';
import { readTable } from '../../../src/main/import/table';

export const TAX_RATES = [
  { id: 'standard', name: 'VAT 20%', basisPoints: 2000 },
  { id: 'reduced', name: 'VAT 5%', basisPoints: 500 },
  { id: 'zero', name: 'Zero rated', basisPoints: 0 },
];
export const POUNDS = { code: 'GBP', digits: 2, cashStepMinor: 1 };

export interface ReadingOptions {
  readonly format?: FormatId | 'auto';
  readonly existing?: readonly Item[];
  readonly taxRates?: typeof TAX_RATES;
}

export interface Reading {
  readonly format: FormatId | null;
  readonly encoding: string;
  readonly drafts: readonly ItemDraft[];
  readonly plan: Plan | null;
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Reads a file as an import does, without threads, photos or a store. Ids count from 1. */
export function readCatalogueFile(bytes: Buffer | string, options: ReadingOptions = {}): Reading {
  const { format: asked = 'auto', existing = [], taxRates = TAX_RATES } = options;
  const problems = new Problems();
  const decoded = decodeFile(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, problems);
  const table = decoded && readTable(decoded.utf8, problems, () => undefined);
  const format = table && detectFormat(table, asked, problems);
  const context = { currency: POUNDS, taxRates, now: new Date('2026-06-01T09:00:00.000Z') };
  const drafts = table && format ? format.read(table, new Cells(context, problems)) : [];
  let count = 0;
  const plan =
    table && format
      ? planImport(drafts, {
          existing,
          taxRates,
          defaultTaxRateId: 'standard',
          photoOf: () => null,
          newId: () => `id-${(count += 1)}`,
          columnName: (role) => columnName(format, table, role),
          problems,
        })
      : null;
  return {
    format: format?.id ?? null,
    encoding: decoded?.encoding ?? '',
    drafts,
    plan,
    errors: problems.errors.first(10_000),
    warnings: problems.warnings.first(10_000),
  };
}

/** The items of a file that must be without errors. */
export function itemsOf(bytes: Buffer | string, options: ReadingOptions = {}): Item[] {
  const { errors, plan } = readCatalogueFile(bytes, options);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return [...(plan?.changed ?? [])];
}

export function fixture(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../../fixtures/import/${name}`, import.meta.url)));
}

/** Code, line and column of each problem, as `missing-price 3 price`. */
export function places(problems: readonly Problem[]): string[] {
  return problems.map(({ code, line, column }) => `${code} ${line} ${column}`.trim());
}
