import { quoted, type Problems } from '../problems';
import type { Table } from '../table';
import { missingColumns, type Format, type FormatId } from './format';
import { shopifyFormat } from './shopify';
import { squareFormat } from './square';
import { trestleFormat } from './trestle';
import { wooCommerceFormat } from './woocommerce';

/** The most telling headers first: our own needs the least. */
export const FORMATS: readonly Format[] = [squareFormat, wooCommerceFormat, shopifyFormat, trestleFormat];

/**
 * The format of a file: the asked one if its columns are there, or with `auto` the first whose are.
 * @returns null, with an error that says which columns were expected, when none fits
 */
export function detectFormat(table: Table, asked: FormatId | 'auto', problems: Problems): Format | null {
  const candidates = FORMATS.filter((format) => asked === 'auto' || format.id === asked);
  const fitting = candidates.find((format) => missingColumns(format, table).length === 0);
  if (fitting !== undefined) return fitting;
  const expected = candidates.map((format) => {
    const needs = asked === 'auto' ? format.needs.map(([name]) => name ?? '') : missingColumns(format, table);
    return `${format.name}: ${needs.join(', ')}`;
  });
  const found = quoted(table.columns.map((column) => column.name).join(', '));
  problems.error(
    table.headerLine,
    '',
    'unknown-format',
    asked === 'auto'
      ? `The header ${found} is of no known format. Expected columns of ${expected.join('; ')}.`
      : `Columns are missing for ${expected.join('')}; the header is ${found}.`,
  );
  return null;
}
