import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { parse, type Info } from 'csv-parse';
import iconv from 'iconv-lite';

/** Something about a file that a person can mend; line 0 when it is no single line. */
export interface FileProblem {
  readonly line: number;
  readonly column: string;
  readonly message: string;
}

/** A row whose width is that of the header, with its cells trimmed. */
export interface FileRow {
  readonly line: number;
  cell(column: string): string;
}

/** A file that cannot be used at all. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** Rows beyond this are refused: add them up by day first. */
export const MOST_ROWS = 3_000_000;
/** Problems told one by one; the rest are only counted. */
const MOST_TOLD = 100;
const LONGEST_ROW_BYTES = 1_000_000;

/** What was read and what was left out, counted and told. */
export class FileReport {
  readonly problems: FileProblem[] = [];
  problemCount = 0;
  rows = 0;
  used = 0;

  skip(line: number, column: string, message: string): void {
    this.problemCount += 1;
    if (this.problems.length < MOST_TOLD) this.problems.push({ line, column, message });
  }

  toJSON(): object {
    const { rows, used, problemCount, problems } = this;
    return { rows, used, skipped: rows - used, problemCount, problems };
  }
}

/**
 * Reads a CSV file row by row: UTF-8 with or without a byte order mark, UTF-16 with one, Windows-1252 otherwise; separated
 * by commas, semicolons or tabs as its header is; columns in any order and case. Rows of another width than the header are
 * reported and left out.
 * @throws FileError when there is no such file, a column is missing or the file is no table
 */
export async function* readRows(
  path: string,
  columns: { readonly required: readonly string[]; readonly optional?: readonly string[] },
  report: FileReport,
): AsyncGenerator<FileRow> {
  const { encoding, delimiter } = await looksLike(path);
  const decoder = iconv.decodeStream(encoding);
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: LONGEST_ROW_BYTES,
  });
  const source = createReadStream(path);
  const fail = (error: Error): void => void parser.destroy(error);
  source.on('error', fail);
  decoder.on('error', fail);
  source.pipe(decoder).pipe(parser);
  let places: ReadonlyMap<string, number> | null = null;
  let width = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      if (places === null) {
        places = new Map(record.map((name, place) => [name.toLowerCase(), place]));
        width = record.length;
        const missing = columns.required.filter((column) => places?.has(column) === false);
        if (missing.length > 0) {
          throw new FileError(
            `${path}:${info.lines}: there is no column ${missing.join(', ')}; the header has: ${record.join(', ')}`,
          );
        }
        continue;
      }
      report.rows += 1;
      if (report.rows > MOST_ROWS)
        throw new FileError(`${path} has more than ${MOST_ROWS.toLocaleString('en')} rows: add them up by day first.`);
      if (record.length !== width) {
        report.skip(info.lines, '', `has ${record.length} cells, not ${width}: a separator too many or too few`);
        continue;
      }
      const at = places;
      yield { line: info.lines, cell: (column) => record[at.get(column) ?? -1] ?? '' };
    }
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    source.destroy();
  }
  if (places === null) throw new FileError(`${path} is empty.`);
}

/** Bytes that tell what a file is written in and how it is separated. */
const PROBE_BYTES = 65_536;

async function looksLike(path: string): Promise<{ encoding: string; delimiter: string }> {
  const probe = Buffer.alloc(PROBE_BYTES);
  let bytes: Buffer;
  try {
    const file = await open(path);
    try {
      bytes = probe.subarray(0, (await file.read(probe, 0, PROBE_BYTES, 0)).bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new FileError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (bytes.length === 0) throw new FileError(`${path} is empty.`);
  const encoding = encodingOf(bytes);
  if (encoding.startsWith('utf8') && bytes.includes(0)) throw new FileError(`${path} is not a text file.`);
  const header =
    iconv
      .decode(bytes, encoding)
      .split(/\r?\n|\r/)
      .find((line) => line.trim() !== '') ?? '';
  const counted = [',', ';', '\t'].map((mark) => ({ mark, count: header.split(mark).length }));
  return { encoding, delimiter: counted.reduce((best, one) => (one.count > best.count ? one : best)).mark };
}

function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf16-le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf16-be';
  // A character cut off at the end of the probe is no fault of the file.
  const decoded = iconv.decode(bytes, 'utf8');
  return decoded.slice(0, -1).includes('\ufffd') ? 'windows-1252' : 'utf8';
}

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;

/**
 * Reads a number as people write it: `1250`, `12.5`, `£12.50`, `12,50 €`, `1,250.00`. One comma alone is a decimal mark unless
 * just three digits follow it.
 * @returns null for anything else, infinite numbers included
 */
export function readNumber(text: string): number | null {
  let bare = text.replace(/^\p{Sc}\s*|\s*\p{Sc}$/gu, '').replace(/[\s\u00a0']/g, '');
  const comma = bare.lastIndexOf(',');
  if (comma >= 0) {
    const point = bare.lastIndexOf('.');
    if (point < 0 && bare.indexOf(',') === comma && !/,\d{3}$/.test(bare)) bare = bare.replace(',', '.');
    else if (point > comma && /^[+-]?\d{1,3}(,\d{3})+\.\d+$/.test(bare)) bare = bare.replaceAll(',', '');
    else if (point >= 0 && point < comma && /^[+-]?\d{1,3}(\.\d{3})+,\d+$/.test(bare)) {
      bare = bare.replaceAll('.', '').replace(',', '.');
    } else if (/^[+-]?\d{1,3}(,\d{3})+$/.test(bare)) bare = bare.replaceAll(',', '');
  }
  if (!NUMBER.test(bare)) return null;
  const value = Number(bare);
  return Number.isFinite(value) ? value : null;
}

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?$/;
const COMPACT_DATE = /^(\d{4})(\d{2})(\d{2})$/;
const ISO_WEEK = /^(\d{4})-?W(\d{2})$/;
const DAY_MS = 86_400_000;

/**
 * Reads a date, a date and time, or a week (ISO 8601; a space for the T). An offset is not applied: hours and weekdays are
 * those on the stall's clock. Dates like 3/4/2024 mean two different days and are refused.
 * @returns milliseconds since 1970 of the local clock, or null
 */
export function readLocalTime(text: string): number | null {
  const week = ISO_WEEK.exec(text);
  if (week !== null) {
    const number = Number(week[2]);
    if (number < 1 || number > 53) return null;
    const fourth = Date.UTC(Number(week[1]), 0, 4);
    return fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY_MS + (number - 1) * 7 * DAY_MS;
  }
  const found = DATE_TIME.exec(text) ?? COMPACT_DATE.exec(text);
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0));
  const at = Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0);
  const date = new Date(at);
  // The 31st of April is no day.
  const isDay = date.getUTCMonth() === (month ?? 0) - 1 && date.getUTCDate() === day;
  return isDay && (hour ?? 0) < 24 && (minute ?? 0) < 60 && (second ?? 0) < 61 ? at : null;
}
