import iconv from 'iconv-lite';

/** Names of encodings by the number that chooses them with `ESC t`, which every make has its own of. */
export type PageEncodings = Readonly<Record<number, string>>;

/** Half-width Katakana behind blocks and lines; no conversion library has it. */
const KATAKANA = 'KATAKANA';

/** Epson's numbers for the encodings we can decode. */
export const EPSON_PAGES: PageEncodings = {
  0: 'CP437',
  1: KATAKANA,
  2: 'CP850',
  3: 'CP860',
  4: 'CP863',
  5: 'CP865',
  13: 'CP857',
  14: 'CP737',
  15: 'ISO-8859-7',
  16: 'WINDOWS-1252',
  17: 'CP866',
  18: 'CP852',
  19: 'CP858',
  32: 'CP720',
  33: 'CP775',
  34: 'CP855',
  35: 'CP861',
  36: 'CP862',
  37: 'CP864',
  38: 'CP869',
  39: 'ISO-8859-2',
  40: 'ISO-8859-15',
  44: 'CP1125',
  45: 'WINDOWS-1250',
  46: 'WINDOWS-1251',
  47: 'WINDOWS-1253',
  48: 'WINDOWS-1254',
  49: 'WINDOWS-1255',
  50: 'WINDOWS-1256',
  51: 'WINDOWS-1257',
  52: 'WINDOWS-1258',
};

/** Bytes 80 to 9F of it: blocks and the line-drawing set with rounded corners. */
const KATAKANA_BLOCKS = '▁▂▃▄▅▆▇█▏▎▍▌▋▊▉┼┴┬┤├▔─│▕┌┐└┘╭╮╰╯';

/** `ESC R`: the bytes 23 24 40 5B 5C 5D 5E 60 7B 7C 7D 7E by country, 0 to 7. */
const INTERNATIONAL_BYTES = '#$@[\\]^`{|}~';
const INTERNATIONAL = [
  '#$@[\\]^`{|}~',
  '#$à°ç§^`éùè¨',
  '#$§ÄÖÜ^`äöüß',
  '£$@[\\]^`{|}~',
  '#$@ÆØÅ^`æøå~',
  '#¤ÉÄÖÅÜéäöåü',
  '#$@°\\é^ùàòèì',
  '₧$@¡Ñ¿^`¨ñ}~',
];

const tables = new Map<string, string[]>();

function tableOf(encoding: string): string[] {
  const known = tables.get(encoding);
  if (known) return known;
  const decoder = encoding === KATAKANA ? 'SHIFT_JIS' : encoding;
  const table = Array.from({ length: 128 }, (_, index) => iconv.decode(Buffer.from([0x80 + index]), decoder));
  if (encoding === KATAKANA) table.splice(0, 32, ...KATAKANA_BLOCKS);
  // Printers fill a gap IBM left in PC857.
  if (encoding === 'CP857') table[0xd5 - 0x80] = '€';
  tables.set(encoding, table);
  return table;
}

export function isKnownInternationalSet(country: number): boolean {
  return INTERNATIONAL[country] !== undefined;
}

/** The character a printer prints for a byte from 20 on; U+FFFD where the page has none. */
export function decodeByte(byte: number, page: number, country: number, pages = EPSON_PAGES): string {
  if (byte >= 0x80) {
    const encoding = pages[page];
    return (encoding === undefined ? undefined : tableOf(encoding)[byte - 0x80]) ?? '\ufffd';
  }
  const character = String.fromCharCode(byte);
  const index = INTERNATIONAL_BYTES.indexOf(character);
  return INTERNATIONAL[country]?.[index] ?? character;
}
