import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { addVariant, discountLine, emptyCart, priceCart, type Cart } from '../../src/domain/cart';
import { currency as currencyOf } from '../../src/domain/money';
import { placeOrder } from '../../src/domain/order';
import { openPayment, payCash } from '../../src/domain/payment';
import { receiptDocument, type ReceiptDocument } from '../../src/domain/receipt';
import type { Stall } from '../../src/domain/stall';
import { drawReceipt } from '../../src/hardware/encoders/receipt-drawing';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import { decodeEscpos } from '../../src/hardware/virtual/escpos-decoder';
import { isPaper, lineText } from '../../src/hardware/virtual/paper';
import type { Language } from '../../src/shared/language';
import { receiptWords } from '../../src/shared/receipt-words';
import { saltAndBramble, testContext, testItem, testVariant, valueOf } from '../helpers/stall';

/** A stall that keeps its shop in each language, with the two commonest rates of its country. */
const STALLS: Readonly<Record<Language, Stall>> = {
  en: stallIn('en-GB', 'GBP', 'Europe/London', ['VAT 20%', 2000], ['VAT 5%', 500]),
  de: stallIn('de-DE', 'EUR', 'Europe/Berlin', ['MwSt. 19%', 1900], ['MwSt. 7%', 700]),
  fr: stallIn('fr-FR', 'EUR', 'Europe/Paris', ['TVA 20%', 2000], ['TVA 5,5%', 550]),
  es: stallIn('es-ES', 'EUR', 'Europe/Madrid', ['IVA 21%', 2100], ['IVA 10%', 1000]),
};
const folder = fileURLToPath(new URL('../fixtures/receipts/', import.meta.url));

function stallIn(
  locale: string,
  currency: string,
  timeZone: string,
  ...rates: readonly (readonly [string, number])[]
): Stall {
  const taxRates = rates.map(([name, basisPoints], index) => ({ id: `rate-${index}`, name, basisPoints }));
  return { ...saltAndBramble, locale, currency, timeZone, taxRates };
}

/** Two jars, a mug at a tenth off and cheese from the scale, paid in cash. */
function paidSale(stall: Stall): ReceiptDocument {
  let cart: Cart = emptyCart('cart');
  const add = (
    name: string,
    priceMinor: number,
    taxRateId: string,
    rest: { quantity: number; pricing?: 'kg' },
  ): void => {
    const { quantity, ...given } = rest;
    const variant = testVariant({ variantId: name, priceMinor, taxRateId, ...given });
    cart = valueOf(addVariant(cart, { stall, item: testItem(name, variant), variant, quantity }, testContext())).cart;
    cart = { ...cart, lines: cart.lines.map((line, index) => ({ ...line, lineId: `line-${index}` })) };
  };
  add('Bramble jam', 450, 'rate-1', { quantity: 2 });
  add('Enamel mug', 1200, 'rate-0', { quantity: 1 });
  add('Cave cheddar', 1800, 'rate-1', { quantity: 312, pricing: 'kg' });
  cart = valueOf(
    discountLine(cart, { lineId: 'line-1', discount: { kind: 'percent', basisPoints: 1000, reason: '' } }),
  );
  const context = testContext('2026-06-13T10:31:07.250Z');
  const priced = priceCart(cart, stall);
  const payment = valueOf(
    payCash(valueOf(openPayment(priced, context)), { givenMinor: 5000 }, currencyOf(stall.currency), context),
  );
  const given = { cart: priced, payment, stall, orderId: 'o', number: 'T1-0412', shiftId: 's', staffId: 'p' };
  const order = valueOf(placeOrder({ ...given, flag: 'queued' }, context));
  return receiptDocument(order, { stall, words: receiptWords(stall), staffName: 'Ade', check: '7f3a91c05be244d8' });
}

const papers = Object.entries(STALLS).flatMap(([language, stall]) =>
  (['generic-58', 'epson-tm-t20-like'] as const).map((model) => ({ language, stall, model })),
);

/** As text beside the pictures of other receipts; after a change that is meant, run with `-u` and read what git says has changed. */
describe.each(papers)('the receipt in $language on $model', ({ language, stall, model }) => {
  const profile = PRINTER_PROFILES[model];
  const { columns } = profile;
  const document = paidSale(stall);
  const encodings = Object.fromEntries(profile.codePages.map(({ number, encoding }) => [number, encoding]));
  const elements = decodeEscpos(valueOf(drawReceipt({ document, profile })), profile.dotsWide, encodings).filter(
    isPaper,
  );
  const lines = elements.flatMap((element) => (element.kind === 'line' ? [lineText(element.runs)] : []));

  test('reads as before', async () => {
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`${folder}language-${language}-${columns}.txt`);
  });

  test('is all letters of the printer, its amounts in the last column, no word cut', () => {
    const drawn = elements.filter(
      (element) => element.kind === 'image' && element.image.widthDots === profile.dotsWide,
    );
    expect(drawn).toEqual([]);
    for (const block of document.blocks) {
      if (block.kind === 'row' && block.right !== '' && block.size === 'normal') {
        const line = lines.find((one) => one.endsWith(plain(block.right)) && one.includes(plain(block.left)));
        expect(line, `${block.left}, ${block.right}`).toHaveLength(columns);
      }
      if (block.kind !== 'text') continue;
      const paper = lines.flatMap((line) => line.split(/\s+/));
      for (const word of plain(block.text).split(/\s+/)) expect(paper).toContain(word);
    }
  });
});

/** As paper has it: one kind of space and of apostrophe. */
function plain(words: string): string {
  return words.replaceAll(/\s/g, ' ').replaceAll('’', "'");
}
