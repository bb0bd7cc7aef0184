import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { fixture, itemsOf, places, readCatalogueFile } from './reading';

/** Rows under the header `handle,name,variant,sku,barcodes,price,tax,stock,pricing`. */
function ours(...rows: string[]): string {
  return `${['handle,name,variant,sku,barcodes,price,tax,stock,pricing', ...rows].join('\n')}\n`;
}

describe('errors, each at its line and column', () => {
  const cases: [what: string, file: string, place: string][] = [
    ['an empty name', ours('a,,,,,1.00,,,'), 'empty-name 2 name'],
    ['no price', ours('a,A,,,,,,,'), 'missing-price 2 price'],
    ['a price in words', ours('a,A,,,,cheap,,,'), 'not-a-price 2 price'],
    ['a negative price', ours('a,A,,,,-1.00,,,'), 'negative-price 2 price'],
    ['a negative price in brackets', ours('a,A,,,,(1.00),,,'), 'negative-price 2 price'],
    ['a huge price', ours('a,A,,,,10000000.01,,,'), 'huge-price 2 price'],
    ['a price of 30 digits', ours(`a,A,,,,${'9'.repeat(30)},,,`), 'huge-price 2 price'],
    ['half a penny', ours('a,A,,,,4.505,,,'), 'fraction-of-a-penny 2 price'],
    ['a shortened barcode', ours('a,A,,,5.01235E+12,1,,,'), 'mangled-number 2 barcodes'],
    ['a shortened SKU', ours('a,A,,1E+05,,1,,,'), 'mangled-number 2 sku'],
    ['a control character in a SKU', ours('a,A,,AB\u0007C,,1,,,'), 'control-characters 2 sku'],
    ['a direction override in a barcode', ours('a,A,,,12\u202e34,1,,,'), 'control-characters 2 barcodes'],
    ['an unknown tax rate', ours('a,A,,,,1,luxury,,'), 'unknown-tax-rate 2 tax'],
    ['half a piece in stock', ours('a,A,,,,1,,1.5,each'), 'fraction-of-a-piece 2 stock'],
    ['a stock in words', ours('a,A,,,,1,,lots,'), 'not-a-number 2 stock'],
    ['an unknown way of pricing', ours('a,A,,,,1,,,pound'), 'unknown-pricing 2 pricing'],
    ['a name of 201 characters', ours(`a,${'n'.repeat(201)},,,,1,,,`), 'too-long 2 name'],
    ['a SKU of 121 characters', ours(`a,A,,${'s'.repeat(121)},,1,,,`), 'too-long 2 sku'],
    ['the same SKU twice', ours('a,A,,X,,1,,,', 'b,B,,X,,1,,,'), 'duplicate-sku 3 sku'],
    ['the same barcode twice', ours('a,A,,,96385074,1,,,', 'b,B,,,96385074,1,,,'), 'duplicate-barcode 3 barcodes'],
    ['one handle for two items', ours('a,A,,,,1,,,', 'a,B,,,,1,,,'), 'duplicate-handle 3 handle'],
    ['the same variant twice', ours('a,A,S,,,1,,,', 'a,,s,,,1,,,'), 'duplicate-variant 3 variant'],
    ['a variant without a name', ours('a,A,S,,,1,,,', 'a,,,,,1,,,'), 'unnamed-variant 3 variant'],
    ['a row that is too long', ours('a,A,,,,1,,,', 'b,Jam, sour,,,,1,,,'), 'ragged-row 3'],
    ['a row that is too short', ours('a,A,,,,1,,,', 'b,B'), 'ragged-row 3'],
    ['a quote that never closes', ours('a,A,,,,1,,,', '"b,B,,,,1,,,'), 'broken-quotes 3'],
    ['a header alone', ours(), 'no-rows 1'],
    ['a spreadsheet', 'PK\u0003\u0004rest', 'not-text 0'],
    ['bytes that are no text', 'name,price\u0000\u0001', 'not-text 0'],
    ['an empty file', '', 'empty-file 0'],
    ['blank lines only', '\n\n  \n', 'empty-file 0'],
  ];
  test.each(cases)('%s', (_what, file, place) => {
    const { errors } = readCatalogueFile(file, { format: 'trestle' });
    expect(places(errors)).toContain(place);
    for (const { message } of errors) expect(message.length).toBeGreaterThan(20);
  });

  test('more variants than an item can have', () => {
    const rows = Array.from({ length: 201 }, (_, index) => `a,${index === 0 ? 'A' : ''},V${index},,,1,,,`);
    expect(places(readCatalogueFile(ours(...rows)).errors)).toEqual(['too-many-variants 2 variant']);
    expect(
      readCatalogueFile(ours(...rows.slice(1).map((row, index) => (index === 0 ? row.replace('a,', 'a,A') : row))))
        .errors,
    ).toEqual([]);
  });

  test('a sale without tax where the stall has no rate of nothing', () => {
    const csv = 'Handle,Title,Variant Price,Variant Taxable\na,A,1,false\n';
    const taxRates = [{ id: 'standard', name: 'VAT 20%', basisPoints: 2000 }];
    expect(places(readCatalogueFile(csv, { taxRates }).errors)).toEqual(['no-zero-rate 2 Variant Taxable']);
  });

  test('a WooCommerce variation without its product, and a product without variations', () => {
    const header = 'ID,Type,SKU,Name,Regular price,Parent';
    const csv = `${header}\n1,variable,A,A,,\n2,variation,B,B,1.00,id:9\n`;
    expect(places(readCatalogueFile(csv).errors)).toEqual(['no-variations 2 Type', 'unknown-parent 3 Parent']);
  });

  test('two taxes on one Square item', () => {
    const csv = 'Item Name,Variation Name,Price,Tax - VAT (20%),Tax - City (5%)\nA,Regular,1,Y,Y\n';
    expect(places(readCatalogueFile(csv).errors)).toEqual(['several-taxes 2 Tax - VAT (20%)']);
  });

  test('one cell is told once, however much follows from it', () => {
    expect(places(readCatalogueFile(ours('a,A,,,,free,,,')).errors)).toEqual(['not-a-price 2 price']);
  });
});

describe('warnings, for what is mended', () => {
  const cases: [what: string, file: string, place: string][] = [
    ['HTML in a name', ours('a,<b>Jam</b> &amp; toast,,,,1,,,'), 'html-removed 2 name'],
    ['a control character in a name', ours('a,Ja\u0001m,,,,1,,,'), 'controls-removed 2 name'],
    ['text saved in the wrong encoding', ours('a,CrÃ¨me,,,,1,,,'), 'garbled-text 2 name'],
    ['a wrong check digit', ours('a,A,,,5012345000016,1,,,'), 'wrong-check-digit 2 barcodes'],
    ['stock below zero', ours('a,A,,,,1,,-3,'), 'negative-stock 2 stock'],
    ['something for nothing', ours('a,A,,,,0,,,'), 'free 2 price'],
  ];
  test.each(cases)('%s', (_what, file, place) => {
    const { errors, warnings } = readCatalogueFile(file);
    expect(errors).toEqual([]);
    expect(places(warnings)).toEqual([place]);
  });

  test('names come out as plain single lines', () => {
    const csv = ours('a,"<script>alert(1)</script><b>Jam</b>\n &amp;\u0000 toast",,,,1,,,');
    expect(itemsOf(Buffer.concat([Buffer.alloc(5000, '\n'), Buffer.from(csv)]))[0]?.name).toBe('Jam & toast');
  });

  test('an inch sign and a heart are no markup', () => {
    const { plan, warnings } = readCatalogueFile(ours('a,5" plate <3,,,,1,,,'));
    expect(plan?.changed[0]?.name).toBe('5" plate <3');
    expect(warnings).toEqual([]);
  });
});

describe('lines are those of an editor', () => {
  test.each([
    ['\n', 'line feeds'],
    ['\r\n', 'Windows line ends'],
  ])('%j with line breaks inside quotes', (newline) => {
    const file = ['name,price,description', 'A,1,"one', 'two', 'three"', '', 'B,oops,', ''].join(newline);
    expect(places(readCatalogueFile(file).errors)).toEqual(['not-a-price 6 price']);
  });

  test('a separator line of a spreadsheet counts', () => {
    expect(places(readCatalogueFile('sep=;\r\nname;price\r\nA;oops\r\n').errors)).toEqual(['not-a-price 3 price']);
    expect(places(readCatalogueFile('sep=;\nfoo;bar\n1;2\n').errors)).toEqual(['unknown-format 2']);
  });

  test('a broken quote is told where it opens', () => {
    const file = 'name,price,description\nA,1,"fine\nhere"\nB,2,"never closed\nC,3,x\n';
    expect(places(readCatalogueFile(file).errors)).toEqual(['broken-quotes 4']);
  });
});

describe('encodings and separators', () => {
  const file = 'name;price;description\r\nCrème brûlée;4,50;“5 €”\r\n';
  const expected = { name: 'Crème brûlée', description: '“5 €”' };
  const cases: [encoding: string, bytes: Buffer, told: string][] = [
    ['UTF-8', Buffer.from(file), 'UTF-8'],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${file}`), 'UTF-8'],
    ['UTF-16 little-endian', iconv.encode(file, 'utf16-le', { addBOM: true }), 'UTF-16LE'],
    ['UTF-16 big-endian', iconv.encode(file, 'utf16-be', { addBOM: true }), 'UTF-16BE'],
    ['Windows-1252', iconv.encode(file, 'windows-1252'), 'Windows-1252'],
  ];
  test.each(cases)('%s', (_name, bytes, told) => {
    const { encoding, plan, warnings } = readCatalogueFile(bytes);
    expect(encoding).toBe(told);
    expect(plan?.changed[0]).toMatchObject(expected);
    expect(plan?.changed[0]?.variants[0]?.priceMinor).toBe(450);
    expect(places(warnings)).toEqual(told === 'Windows-1252' ? ['not-utf-8 0'] : []);
  });

  test('a byte order mark is no part of a quoted header', () => {
    expect(itemsOf('\ufeff"name","price"\n"Jam","1.00"\n')[0]?.name).toBe('Jam');
  });

  test.each([',', ';', '\t'])('separator %j', (separator) => {
    const rows = [
      ['handle', 'name', 'price'],
      ['a', '"A, B; C\tD"', '1.50'],
    ];
    const [item] = itemsOf(`${rows.map((row) => row.join(separator)).join('\n')}\n`);
    expect(item?.variants[0]?.priceMinor).toBe(150);
    expect(item?.name).toMatch(/^A, B; C D$/);
  });
});

test('the fixtures are read the same with Windows line ends', () => {
  const unix = fixture('trestle.csv').toString();
  expect(itemsOf(unix.replace(/\n/g, '\r\n'))).toEqual(itemsOf(unix));
});
