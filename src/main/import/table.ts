import { CsvError, parse } from 'csv-parse/sync';
import type { Problems } from './problems';

/** Rows beyond this are refused. */
export const ROWS_MOST = 300_000;

/** One row of data. */
export interface Row {
  /** Line of its first character, counted as an editor does: line breaks inside quotes count. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A column that the file has. */
export interface Column {
  /** As the file spells it. */
  readonly name: string;
  readonly index: number;
}

/** A CSV file as rows under a header. */
export class Table {
  private readonly byName = new Map<string, Column>();
  readonly columns: readonly Column[];

  constructor(
    header: readonly string[],
    readonly headerLine: number,
    readonly rows: readonly Row[],
  ) {
    this.columns = header.map((name, index) => ({ name: name.trim(), index }));
    for (const column of this.columns) {
      const key = headerKey(column.name);
      if (!this.byName.has(key)) this.byName.set(key, column);
    }
  }

  /** The first of the names that the file has; case and runs of spaces do not matter. */
  find(...names: readonly string[]): Column | null {
    for (const name of names) {
      const column = this.byName.get(headerKey(name));
      if (column !== undefined) return column;
    }
    return null;
  }

  /** Columns whose name begins with the prefix: `Current Quantity Tynemouth`. */
  findAll(prefix: string): Column[] {
    const key = headerKey(prefix);
    return this.columns.filter((column) => headerKey(column.name).startsWith(key));
  }
}

/** The trimmed cell, or undefined when the file has no such column. */
export function cell(row: Row, column: Column | null): string | undefined {
  return column === null ? undefined : (row.cells[column.index] ?? '').trim();
}

/**
 * Splits a file into rows. The separator is told from the header. Rows of another width than the header are errors:
 * a comma or a line break outside quotes would move every price after it.
 * @param onProgress bytes read so far, now and then
 * @returns null, with an error among the problems, when there is nothing to read
 */
export function readTable(utf8: Buffer, problems: Problems, onProgress: (bytes: number) => void): Table | null {
  let header: readonly string[] | null = null;
  let headerLine = 0;
  let width = 0;
  let count = 0;
  const rows: Row[] = [];
  const start = separatorLineLength(utf8);
  const lines = new LineCounter(utf8);
  let nextLine = lines.at(start);
  try {
    parse(utf8.subarray(start), {
      delimiter: separatorOf(utf8.subarray(start)),
      // Rows of a wrong width are told with their line below, all of them, not only the first.
      relax_column_count: true,
      // 5" plate: an inch sign in an unquoted text is common and harmless.
      relax_quotes: true,
      to: ROWS_MOST + 2,
      // Rows are collected here: the parser's own list would hold a second copy of each.
      on_record: (cells: string[], { bytes }) => {
        const line = nextLine;
        nextLine = lines.at(start + bytes);
        if (cells.every((text) => text.trim() === '')) return null;
        if (header === null) {
          header = trimEnd(cells);
          width = cells.length;
          headerLine = line;
          return null;
        }
        count += 1;
        if (count % 4096 === 0) onProgress(bytes);
        const isRagged =
          cells.length < header.length ||
          cells.length > width ||
          cells.slice(header.length).some((text) => text.trim() !== '');
        if (isRagged) {
          problems.error(
            line,
            '',
            'ragged-row',
            `This row has ${cells.length} cells and the header ${header.length}: put quotes around texts with commas or line breaks, and keep empty cells.`,
          );
          return null;
        }
        rows.push({ line, cells });
        return null;
      },
    });
    if (header === null) {
      problems.error(0, '', 'empty-file', 'The file has no header: the first line must name the columns.');
      return null;
    }
    if (count > ROWS_MOST) {
      problems.error(
        0,
        '',
        'too-many-rows',
        `The file has more than ${ROWS_MOST} rows: split it and import the parts.`,
      );
      return null;
    }
    if (count === 0) {
      problems.error(headerLine, '', 'no-rows', 'The file has a header and no rows: nothing to import.');
    }
    return new Table(header, headerLine, rows);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    problems.error(nextLine, '', 'broken-quotes', brokenQuotes(error));
    return null;
  }
}

function brokenQuotes(error: CsvError): string {
  return error.code === 'CSV_QUOTE_NOT_CLOSED'
    ? 'A quote opens in this row and never closes: close it, or double it if it belongs to the text.'
    : 'The quotes in this row do not match: put the whole text in quotes and double the quotes inside it.';
}

/** Counts lines as an editor does. The parser's own count takes a Windows line end inside quotes for two. */
class LineCounter {
  private line = 1;
  private counted = 0;

  constructor(private readonly utf8: Buffer) {}

  /** The line of the character at an offset; offsets must not fall. */
  at(offset: number): number {
    for (; this.counted < offset; this.counted += 1) {
      const byte = this.utf8[this.counted];
      if (byte === LINE_FEED || (byte === CARRIAGE_RETURN && this.utf8[this.counted + 1] !== LINE_FEED)) this.line += 1;
    }
    return this.line;
  }
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Spreadsheets on Windows may write `sep=;` as the first line. */
function separatorLineLength(utf8: Buffer): number {
  return /^sep=.\r?\n/.exec(utf8.toString('latin1', 0, 8))?.[0].length ?? 0;
}

function separatorOf(utf8: Buffer): string {
  const counts = new Map([',', ';', '\t'].map((separator) => [separator, 0]));
  let inQuotes = false;
  for (const character of utf8.toString('utf8', 0, 16_384)) {
    if (character === '"') inQuotes = !inQuotes;
    else if (!inQuotes && character === '\n') break;
    else if (!inQuotes && counts.has(character)) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  const [best] = [',', ';', '\t'].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  return best ?? ',';
}

function headerKey(name: string): string {
  return name.trim().toLowerCase().replace(/\s+/g, ' ');
}

/** Headers often end in separators for columns nobody named. */
function trimEnd(cells: readonly string[]): string[] {
  let length = cells.length;
  while (length > 0 && cells[length - 1]?.trim() === '') length -= 1;
  return cells.slice(0, length);
}
