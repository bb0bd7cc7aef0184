import { stringify } from 'csv-stringify/sync';
import type { ExportFormat, ExportRow } from './exports';

/** What a spreadsheet would take for a formula (OWASP, "CSV injection"), full-width forms included. */
const FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/** The text of an export, piece by piece; a table begins with the names of its columns, also when it has no rows. */
export async function* exportText(
  rows: AsyncIterable<ExportRow>,
  format: ExportFormat,
  columns: readonly string[],
): AsyncGenerator<string> {
  if (format === 'csv') {
    yield line(columns);
    for await (const row of rows) yield line(columns.map((column) => cellOf(row[column] ?? null)));
    return;
  }
  let before = '[\n';
  for await (const row of rows) {
    yield before + JSON.stringify(row);
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

/** RFC 4180. */
function line(cells: readonly string[]): string {
  return stringify([[...cells]], { record_delimiter: '\r\n' });
}

function cellOf(cell: ExportRow[string]): string {
  if (cell === null) return '';
  if (cell instanceof Date) return cell.toISOString();
  // Only what a person typed can be a formula: an amount below nothing is a number.
  return typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : String(cell);
}
