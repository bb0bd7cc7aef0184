import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Stall } from '../../../src/domain/stall';
import { webReceiptOf, type WebReceipt } from '../../../src/domain/web-receipt';
import { inLocale } from '../../../src/pages/language';
import { receiptPage } from '../../../src/pages/receipt';
import { receiptPdf } from '../../../src/pages/receipt-pdf';
import { sell, type SaleLine } from '../../helpers/orders';
import { brooklyn, saltAndBramble, testContext } from '../../helpers/stall';

const context = testContext('2026-06-13T10:31:07.250Z');
const hash = `${'7f3a91c05be2d41a'}${'0'.repeat(48)}`;
const flags = [{ flag: 'offline-confirmed', cause: 'receipt-printed', at: '2026-06-13T10:32:00.000Z' }] as const;

function receiptOf(lines: readonly SaleLine[], stall: Stall = saltAndBramble): WebReceipt {
  const discount = { kind: 'percent', basisPoints: 1000, reason: 'rain' } as const;
  return webReceiptOf(sell({ stall, lines, discount, cardMinor: 100 }, context), { stall, flags, hash });
}

function pageOf(receipt: WebReceipt): string {
  const frame = { locale: 'en', stallName: receipt.stall.name, home: null } as const;
  return inLocale('en', () => receiptPage(frame, receipt, 'T1-0001.pdf').text);
}

/** The data for machines, as a machine finds it: the text up to the first end of a script. */
function dataIn(page: string): Record<string, unknown> {
  const [, json = ''] = /<script type="application\/ld\+json">([\s\S]*?)<\/script>/.exec(page) ?? [];
  return JSON.parse(json) as Record<string, unknown>;
}

/** What another program finds in the file. */
function readBack(program: 'pdftotext' | 'pdfinfo', bytes: Uint8Array, ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-receipt-'));
  try {
    const file = join(folder, 'receipt.pdf');
    writeFileSync(file, bytes);
    const target = program === 'pdftotext' ? [file, '-'] : [file];
    return execFileSync(program, [...options, ...target], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const pdfOf = (receipt: WebReceipt): Uint8Array => inLocale('en', () => receiptPdf(receipt, 'en', 'resources/fonts'));

const usual: readonly SaleLine[] = [
  { name: 'Sourdough loaf', priceMinor: 350, quantity: 2, taxRateId: 'zero' },
  { name: 'Enamel mug', priceMinor: 1200, note: 'blue one' },
  { name: 'Cave cheddar', priceMinor: 1800, quantity: 312, pricing: 'kg', taxRateId: 'zero' },
];

/** Every property of schema.org that we use, by type (schema.org 29). */
const SCHEMA: Readonly<Record<string, readonly string[]>> = {
  Thing: ['description', 'identifier', 'name', 'subjectOf'],
  Order: [
    'orderNumber',
    'orderDate',
    'orderStatus',
    'seller',
    'acceptedOffer',
    'discount',
    'discountCurrency',
    'partOfInvoice',
  ],
  Invoice: ['paymentStatus', 'paymentMethod', 'totalPaymentDue'],
  Organization: ['vatID', 'location', 'hasMerchantReturnPolicy'],
  Offer: ['itemOffered', 'priceSpecification'],
  PriceSpecification: ['price', 'priceCurrency', 'valueAddedTaxIncluded'],
  UnitPriceSpecification: ['price', 'priceCurrency', 'valueAddedTaxIncluded', 'referenceQuantity'],
  QuantitativeValue: ['value', 'unitCode'],
  PropertyValue: ['value'],
  Event: ['startDate'],
  Place: [],
  Product: [],
  MerchantReturnPolicy: [],
};

function strangers(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(strangers);
  if (typeof node !== 'object' || node === null) return [];
  const { '@type': type, '@context': _context, ...properties } = node as Record<string, unknown>;
  const known = [...(SCHEMA[String(type)] ?? []), ...(SCHEMA['Thing'] ?? [])];
  const own = Object.keys(properties).filter((name) => !known.includes(name) || !(String(type) in SCHEMA));
  return [...own.map((name) => `${String(type)}.${name}`), ...Object.values(properties).flatMap(strangers)];
}

describe('the page of a receipt', () => {
  test('says what was bought, how it was paid, and how it was kept', () => {
    const page = pageOf(receiptOf(usual, { ...saltAndBramble, refundPolicy: 'Back within 28 days.' }));
    const text = page
      .replace(/<(style|script)[\s\S]*?<\/\1>/g, '')
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ');
    for (const said of ['T1-0001', '2 × Sourdough loaf at £3.50 each', 'Enamel mug', 'blue one', '0.312 kg']) {
      expect(text).toContain(said);
    }
    expect(text).toContain('10% off, rain');
    expect(text).toContain('Card, SumUp £1.00');
    expect(text).toContain('Sat 13 June 2026 11:32 · Receipt printed');
    expect(text).toContain('7f3a 91c0 5be2 d41a');
    expect(text).toContain('Back within 28 days.');
    expect(page).not.toContain('TX 7');
    expect(page).not.toContain('person-1');
  });

  test('has data for machines in words of schema.org, whose offers less the discount are the total', () => {
    const receipt = receiptOf(usual, { ...saltAndBramble, refundPolicy: 'Back within 28 days.' });
    const data = dataIn(pageOf(receipt));
    expect(strangers(data)).toEqual([]);
    const offers = data['acceptedOffer'] as { priceSpecification: { price: string } }[];
    const sum = offers.reduce((before, { priceSpecification }) => before + Number(priceSpecification.price), 0);
    const due = data['partOfInvoice'] as { totalPaymentDue: { price: string } };
    expect((sum - Number(data['discount'])).toFixed(2)).toBe(due.totalPaymentDue.price);
    expect(data['subjectOf']).toMatchObject([
      { name: 'queued' },
      { name: 'offline-confirmed', description: 'receipt-printed' },
    ]);
    expect(strangers({ '@type': 'Order', colour: 'red' })).toEqual(['Order.colour']);
  });

  test('adds tax where prices are without it', () => {
    const receipt = receiptOf([{ name: 'Mug', priceMinor: 1000 }], brooklyn);
    const page = pageOf(receipt);
    expect(receipt.taxes.length).toBeGreaterThan(0);
    expect(page).toContain(receipt.taxes[0]?.name);
    expect(dataIn(page)).toMatchObject({ acceptedOffer: [{ priceSpecification: { valueAddedTaxIncluded: false } }] });
  });

  test.each([
    '<script>alert(1)</script>',
    '</script><img src=x onerror=alert(1)>',
    '"><svg/onload=alert(1)>',
    "'; DROP TABLE orders; --",
    '<!--<script>',
    ']]>&lt;b&gt;',
    '\u2028{"@type":"x"}',
  ])('takes %s for a name and nothing else', (name) => {
    const stall = { ...saltAndBramble, name, place: name, receiptFooter: name, refundPolicy: name, vatNumber: name };
    const page = pageOf(receiptOf([{ name, priceMinor: 350, note: name }], stall));
    expect(page.match(/<script/g)).toHaveLength(1);
    const tags = page.replace(/<(style|script)[\s\S]*?<\/\1>/g, '').match(/<[^>]*>/g) ?? [];
    expect(tags.filter((tag) => /^<\/?(script|img|svg\/|b>&)|\son\w+\s*=/i.test(tag))).toEqual([]);
    const data = dataIn(page);
    expect(data).toMatchObject({ seller: { name }, acceptedOffer: [{ itemOffered: { name } }] });
  });

  test('keeps a name that runs from right to left, and marks that would turn the page round, to themselves', () => {
    const page = pageOf(receiptOf([{ name: '\u202eevil\u202c לחם', priceMinor: 350 }]));
    expect(/<bdi>\u202eevil\u202c לחם<\/bdi\s*>/.test(page)).toBe(true);
  });
});

describe('the PDF of a receipt', () => {
  test('is tagged, has title and language, and can be searched', () => {
    const bytes = pdfOf(receiptOf([...usual, { name: 'לחם טרי', priceMinor: 100 }]));
    const info = readBack('pdfinfo', bytes);
    expect(info).toMatch(/Tagged:\s+yes/);
    expect(info).toMatch(/Title:\s+Receipt T1-0001: Salt & Bramble/);
    const text = readBack('pdftotext', bytes, '-layout');
    for (const said of ['Sourdough loaf', '£', 'T1-0001', '7f3a 91c0 5be2 d41a', 'Receipt printed']) {
      expect(text).toContain(said);
    }
    const tags = readBack('pdfinfo', bytes, '-struct-text');
    expect(tags).toMatch(/Document[\s\S]*H1[\s\S]*T1-0001/);
  });

  test('has every one of 500 lines, on as many pages as they take', { timeout: 30_000 }, () => {
    const lines = Array.from({ length: 500 }, (_, at) => ({ name: `Thing number ${at + 1}`, priceMinor: 100 + at }));
    const bytes = pdfOf(receiptOf(lines));
    const text = readBack('pdftotext', bytes, '-layout');
    for (const { name } of lines) expect(text).toMatch(new RegExp(`${name}\\b`));
    expect(Number(/Pages:\s+(\d+)/.exec(readBack('pdfinfo', bytes))?.[1])).toBeGreaterThan(5);
  });
});
