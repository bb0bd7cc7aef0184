import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import type { Problems } from './problems';

export interface DecodedFile {
  /** The text as UTF-8 without a byte order mark. */
  readonly utf8: Buffer;
  /** What the file was written in, for instance `UTF-16LE`. */
  readonly encoding: string;
}

/** How much of a file is looked at to tell text from something else. */
const PROBE_BYTES = 4096;

/**
 * Tells what a file is written in and turns it into UTF-8: UTF-8 with or without a byte order mark, UTF-16 with one,
 * and Windows-1252 (what spreadsheets on Windows write by default) for bytes that are no valid UTF-8.
 * @returns null, with an error among the problems, for a file that is not text
 */
export function decodeFile(bytes: Buffer, problems: Problems): DecodedFile | null {
  if (bytes.length === 0) {
    problems.error(0, '', 'empty-file', 'The file is empty: export it again.');
    return null;
  }
  if (startsWith(bytes, [0x50, 0x4b, 0x03, 0x04])) {
    problems.error(0, '', 'not-text', 'This is a spreadsheet, not a CSV file: open it and save it as “CSV UTF-8”.');
    return null;
  }
  if (startsWith(bytes, [0xff, 0xfe])) return { utf8: recode(bytes.subarray(2), 'utf16-le'), encoding: 'UTF-16LE' };
  if (startsWith(bytes, [0xfe, 0xff])) return { utf8: recode(bytes.subarray(2), 'utf16-be'), encoding: 'UTF-16BE' };
  if (bytes.subarray(0, PROBE_BYTES).includes(0)) {
    problems.error(
      0,
      '',
      'not-text',
      'This is not a text file: save the catalogue as “CSV UTF-8” and choose that file.',
    );
    return null;
  }
  const text = startsWith(bytes, [0xef, 0xbb, 0xbf]) ? bytes.subarray(3) : bytes;
  if (isUtf8(text)) return { utf8: text, encoding: 'UTF-8' };
  problems.warn(
    0,
    '',
    'not-utf-8',
    'The file is not UTF-8 and was read as Windows-1252: look at £, € and accented letters below, or save it as “CSV UTF-8”.',
  );
  return { utf8: recode(text, 'windows-1252'), encoding: 'Windows-1252' };
}

// iconv-lite and not TextDecoder: some Node versions read windows-1252 as Latin-1, which turns € into a control.
function recode(bytes: Buffer, encoding: string): Buffer {
  return Buffer.from(iconv.decode(bytes, encoding), 'utf8');
}

function startsWith(bytes: Buffer, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}
