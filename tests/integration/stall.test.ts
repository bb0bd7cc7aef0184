import { createCanvas } from '@napi-rs/canvas';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PaperElement } from '../../src/hardware/virtual/paper';
import type { RunningKiosk } from '../../src/main/boot';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import type { CallInput } from '../../src/shared/contract';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';

type OwnStall = Extract<CallInput<'stall.set-up'>, { readonly stall: 'own' }>;

const OWN: OwnStall = {
  stall: 'own',
  name: 'Käse & Söhne <b>',
  place: 'Wochenmarkt, Stand 3',
  currency: 'EUR',
  locale: 'de-DE',
  timeZone: 'Europe/Berlin',
  taxIncluded: true,
  taxRates: [
    { id: null, name: 'MwSt. 19%', basisPoints: 1_900 },
    { id: null, name: 'MwSt. 7%', basisPoints: 700 },
  ],
  vatNumber: '',
  receiptFooter: 'Bis Samstag!',
  operator: { name: 'Jule', pin: '8642' },
};

let folder: ReturnType<typeof temporaryFolder>;
let running: RunningKiosk;
let till: TestClient;

async function start(demo: boolean): Promise<void> {
  ({ running, till } = await startTestTill({ dataDir: folder.path, demo }));
}
async function restart(demo = false): Promise<void> {
  till.close();
  await running.close();
  await start(demo);
}
const imageBytes = (element: PaperElement | undefined): number[] =>
  element?.kind === 'image' ? [...element.image.data] : [];
const journal = (): string[] => [...exportFolder(folder.path)];
const idOf = (name: string): string => till.topics.session.staff.find((one) => one.name === name)?.staffId ?? name;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  till.close();
  await running.close();
  expect((await verifyFolder(folder.path)).findings).toEqual([]);
  folder.remove();
});

describe('a new data folder', () => {
  beforeEach(() => start(false));

  test('has no stall and nobody to sign on until one is set up', async () => {
    expect(till.topics.session).toMatchObject({ isSetUp: false, staff: [], signedOn: null, demo: false });
    expect(await till.failure('cart.scan', { code: '5012345010779' })).toBe('not-signed-on');
    expect(await till.failure('shift.open', { floatMinor: 0 })).toBe('not-signed-on');
    await restart();
    expect(till.topics.session.isSetUp).toBe(false);
  });

  test("becomes one's own stall, which sells in its own money and tax", async () => {
    await till.call('stall.set-up', OWN);
    await till.until(({ session }) => session.isSetUp, 'the stall is set up');
    const { session } = till.topics;
    expect(session.stall).toMatchObject({ name: OWN.name, currency: 'EUR', timeZone: 'Europe/Berlin' });
    expect(session.stall.taxRates.map(({ id }) => id)).toEqual(['tax-1', 'tax-2']);
    expect(session.stall.denominations.slice(0, 2)).toEqual([20_000, 10_000]);
    expect(session).toMatchObject({ demo: false, signedOn: { name: 'Jule', role: 'operator' } });
    expect(session.staff).toMatchObject([{ name: 'Jule', demoPin: null }]);
    expect(till.topics.catalogue.itemCount).toBe(0);
    // Who somebody is stays out of the journal.
    expect(journal().join()).not.toMatch(/Jule|"8642"/);

    await till.call('shift.open', { floatMinor: 0 });
    await till.call('cart.add-amount', { name: 'Bergkäse', amountMinor: 1_070, taxRateId: 'tax-2' });
    await till.call('payment.cash', { givenMinor: 1_070 });
    const placed = till.topics.sale.done?.order;
    expect(placed).toMatchObject({ currency: 'EUR', taxMinor: 70, totalMinor: 1_070 });

    await restart();
    await till.call('staff.sign-off', {});
    expect(await till.failure('staff.sign-on', { staffId: idOf('Jule'), pin: '1234' })).toBe('wrong-pin');
    await till.call('staff.sign-on', { staffId: idOf('Jule'), pin: '8642' });
  });

  test('becomes the demo stall where that is asked for, once', async () => {
    const both = await Promise.all([
      till.client.call('stall.set-up', { stall: 'demo' }),
      till.client.call('stall.set-up', OWN),
    ]);
    expect(both.map((result) => (result.ok ? 'done' : result.error.code))).toEqual(['done', 'stall-exists']);
    await till.until(({ catalogue }) => catalogue.itemCount > 100, 'the goods are there');
    expect(till.topics.session).toMatchObject({ isSetUp: true, demo: true, signedOn: null });
    await readyToSell(till);
    await till.call('cart.scan', { code: '5012345010779' });
    expect(await till.failure('stall.set-up', OWN)).toBe('stall-exists');
    expect(journal().filter((line) => line.includes('"stall.configured"'))).toHaveLength(1);
  });

  test('answers a repeated set-up as it did', async () => {
    const requestId = '01990000-0000-7000-8000-000000000009';
    expect((await till.client.call('stall.set-up', OWN, requestId)).ok).toBe(true);
    expect((await till.client.call('stall.set-up', OWN, requestId)).ok).toBe(true);
    expect(till.topics.session.staff).toHaveLength(1);
  });

  test.each<[string, Partial<OwnStall>, string]>([
    ['no name', { name: ' \u0007\u200b ' }, 'bad-stall'],
    ['a name that is no name but a book', { name: 'x'.repeat(81) }, 'bad-stall'],
    ['a currency nobody has', { currency: 'ZZZ' }, 'bad-stall'],
    ['a locale that is none', { locale: 'not a locale' }, 'bad-stall'],
    ['a time zone that is none', { timeZone: 'Mars/Olympus' }, 'bad-stall'],
    ['no tax rate', { taxRates: [] }, 'bad-stall'],
    ['a rate twice', { taxRates: [OWN.taxRates[0] as never, OWN.taxRates[0] as never] }, 'bad-stall'],
    ['a rate without a name', { taxRates: [{ id: null, name: '\n', basisPoints: 0 }] }, 'bad-stall'],
    ['a rate below nothing', { taxRates: [{ id: null, name: 'A', basisPoints: -1 }] }, 'bad-request'],
    ['a rate over everything', { taxRates: [{ id: null, name: 'A', basisPoints: 10_001 }] }, 'bad-request'],
    ["another stall's rate", { taxRates: [{ id: 'standard', name: 'A', basisPoints: 0 }] }, 'unknown-tax-rate'],
    ['nobody', { operator: { name: '', pin: '8642' } }, 'bad-staff'],
    ['a PIN that is too short', { operator: { name: 'Jule', pin: '864' } }, 'bad-pin'],
    ['a PIN that is too long', { operator: { name: 'Jule', pin: '8642864286428' } }, 'bad-pin'],
    ['a PIN of letters', { operator: { name: 'Jule', pin: '86a2' } }, 'bad-pin'],
    ['a PIN of one digit', { operator: { name: 'Jule', pin: '7777' } }, 'bad-pin'],
    ['a PIN that runs up', { operator: { name: 'Jule', pin: '2345' } }, 'bad-pin'],
    ['a PIN that runs down', { operator: { name: 'Jule', pin: '87654' } }, 'bad-pin'],
  ])('refuses %s, and can still be set up', async (_what, change, code) => {
    expect(await till.failure('stall.set-up', { ...OWN, ...change })).toBe(code);
    expect(till.topics.session.isSetUp).toBe(false);
    await till.call('stall.set-up', OWN);
  });

  test('tidies the words it keeps, and takes markup for what it is', async () => {
    await till.call('stall.set-up', { ...OWN, name: '  Käse\u0000 &\n<script>\u202e', place: '\t' });
    expect(till.topics.session.stall).toMatchObject({ name: 'Käse & <script>', place: '' });
  });
});

describe('a stall', () => {
  beforeEach(async () => {
    await start(true);
    await readyToSell(till);
  });
  const words = (change: Partial<CallInput<'stall.change'>> = {}): CallInput<'stall.change'> => {
    const { name, place, vatNumber, receiptFooter, taxRates } = till.topics.session.stall;
    return { name, place, vatNumber, receiptFooter, taxRates: [...taxRates], ...change };
  };

  describe('and its logo', () => {
    /** A grey square with a black middle. */
    async function picture(sidePixels: number, background = '#b0b0b0'): Promise<string> {
      const canvas = createCanvas(sidePixels, sidePixels);
      const context = canvas.getContext('2d');
      context.fillStyle = background;
      context.fillRect(0, 0, sidePixels, sidePixels);
      if (background !== '#fff') {
        context.fillStyle = '#000';
        context.fillRect(sidePixels / 4, sidePixels / 4, sidePixels / 2, sidePixels / 2);
      }
      return (await canvas.encode('png')).toString('base64');
    }
    const blackDots = (data: string): number =>
      Buffer.from(data, 'base64').reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    /** What the test page begins with. */
    async function topOfPaper(): Promise<PaperElement[]> {
      const before = running.virtualPrinter?.papers().length ?? 0;
      await till.call('device.test', { deviceId: 'virtual-printer' });
      await expect.poll(() => running.virtualPrinter?.papers().length).toBe(before + 1);
      const paper = running.virtualPrinter?.papers().at(-1);
      return paper?.elements.filter(({ kind }) => kind === 'image') ?? [];
    }

    test('stands once at the top of every paper, as it was shown, until it is taken off', async () => {
      const { photo } = await till.call('catalogue.add-photo', { base64: await picture(120) });
      const { logo: shaded } = await till.call('stall.draw-logo', { photo, tones: 'shades' });
      const { logo } = await till.call('stall.draw-logo', { photo, tones: 'black' });
      expect(logo).toMatchObject({ widthDots: 120, heightDots: 120 });
      // Of the light grey nothing stays in black and white; with shades some dots of it do.
      expect(blackDots(logo.data)).toBeCloseTo(60 * 60, -2);
      expect(blackDots(shaded.data)).toBeGreaterThan(4_500);
      expect(await topOfPaper()).toMatchObject([{ image: { widthDots: 72 } }]);

      await till.call('stall.set-logo', { logo });
      await restart(true);
      expect(till.topics.session.stall.logo).toEqual(logo);
      const data = [...Buffer.from(logo.data, 'base64')];
      expect(await topOfPaper()).toMatchObject([{ image: { widthDots: 120, heightDots: 120 } }]);
      expect(imageBytes((await topOfPaper())[0])).toEqual(data);
      // Other words leave it alone.
      await till.call('stall.change', words({ name: 'Salt & Thyme' }));
      expect(till.topics.session.stall.logo).toEqual(logo);
      await till.call('stall.set-logo', { logo: null });
      expect(till.topics.session.stall).not.toHaveProperty('logo');
      expect(await topOfPaper()).toMatchObject([{ image: { widthDots: 72 } }]);
    });

    test('is refused with the mend when it is no picture, too large, too light or not what it says', async () => {
      const add = (base64: string) => till.call('catalogue.add-photo', { base64 });
      await expect(add(Buffer.from('a shopping list').toString('base64'))).rejects.toThrow('bad-photo');
      await expect(add(await picture(8_001))).rejects.toThrow('save a copy of at most 8000 on a side');
      const { photo } = await add(await picture(64, '#fff'));
      await expect(till.call('stall.draw-logo', { photo, tones: 'shades' })).rejects.toThrow('Choose a darker one');
      const gone = { photo: '0'.repeat(64), tones: 'shades' } as const;
      expect(await till.failure('stall.draw-logo', gone)).toBe('bad-photo');
      const short = { widthDots: 16, heightDots: 3, data: 'gUKB' };
      expect(await till.failure('stall.set-logo', { logo: short })).toBe('bad-request');
      expect(till.topics.session.stall.logo).toBeUndefined();
    });
  });

  test('changes its words and rates; receipts from then on say so', async () => {
    const taxRates = [...words().taxRates, { id: null, name: 'VAT 12.5%', basisPoints: 1_250 }];
    await till.call('stall.change', words({ name: 'Salt & Thyme', receiptFooter: 'Come again', taxRates }));
    expect(till.topics.session.stall).toMatchObject({ name: 'Salt & Thyme', currency: 'GBP' });
    expect(till.topics.session.stall.taxRates.map(({ id }) => id)).toEqual(['standard', 'reduced', 'zero', 'tax-1']);
    await till.call('cart.add-amount', { name: 'Odd plate', amountMinor: 1_125, taxRateId: 'tax-1' });
    await till.call('payment.cash', { givenMinor: 1_125 });
    expect(till.topics.sale.done?.order.taxMinor).toBe(125);
    await till.until(({ sale }) => sale.lastOrder?.receipt === 'acknowledged', 'the receipt is printed');
    expect(running.virtualPrinter?.papers()[0]?.text).toMatch(/salt & thyme[^]*Come again/i);
    await restart(true);
    expect(till.topics.session.stall.name).toBe('Salt & Thyme');
  });

  test('keeps the rates its goods are sold at', async () => {
    const without = (id: string) => words({ taxRates: words().taxRates.filter((rate) => rate.id !== id) });
    expect(await till.failure('stall.change', without('zero'))).toBe('tax-rate-in-use');
    const taxRates = [...words().taxRates, { id: null, name: 'Mistake', basisPoints: 1 }];
    await till.call('stall.change', words({ taxRates }));
    await till.call('stall.change', without('tax-1'));
    expect(till.topics.session.stall.taxRates).toHaveLength(3);
  });

  test('learns the layout of labels from its scales', async () => {
    const label = '2900031003125';
    const labelRules = [{ pattern: '29IIIIIWWWWWC', kind: 'weight' }] as const;
    expect(await till.failure('cart.scan', { code: label })).toBe('unknown-code');
    await till.call('stall.set-label-rules', { labelRules: [...labelRules] });
    expect(await till.call('cart.scan', { code: label })).toMatchObject({ kind: 'line' });
    expect(till.topics.sale.cart.lines).toMatchObject([{ pricing: 'kg', quantity: 312 }]);
    for (const rules of [[{ pattern: '29IIIII', kind: 'weight' }], [...labelRules, ...labelRules]] as const) {
      expect(await till.failure('stall.set-label-rules', { labelRules: [...rules] })).toBe('bad-stall');
    }
    await till.call('cart.void', { reason: 'a test' });
    await restart(true);
    expect(till.topics.session.stall.labelRules).toEqual(labelRules);
    // Scales differ in how many digits name the item.
    const { item } = (await till.call('catalogue.lookup', { code: label })) ?? expect.fail('no cheddar');
    const variants = item.variants.map((variant) => ({ ...variant, barcodes: [...variant.barcodes], sku: '4711' }));
    await till.call('catalogue.put-item', { ...item, variants });
    await till.call('stall.set-label-rules', { labelRules: [{ pattern: '29IIIIPPPPPPC', kind: 'price' }] });
    expect(await till.call('cart.scan', { code: '2947110004994' })).toMatchObject({ kind: 'line' });
    expect(till.topics.sale.cart.totalMinor).toBe(499);
    await till.call('stall.set-label-rules', { labelRules: [] });
    expect(await till.failure('cart.scan', { code: label })).toBe('unknown-code');
  });

  test('is changed by an operator alone', async () => {
    await till.call('staff.sign-on', { staffId: idOf('Ade'), pin: '1111' });
    expect(await till.failure('stall.change', words())).toBe('not-allowed');
    expect(await till.failure('stall.set-label-rules', { labelRules: [] })).toBe('not-allowed');
    expect(await till.failure('staff.add', { name: 'Eve', role: 'operator', pin: '8642' })).toBe('not-allowed');
    expect(await till.failure('staff.remove', { staffId: idOf('Mo') })).toBe('not-allowed');
    const change = { staffId: idOf('Ade'), name: 'Ade', role: 'operator', pin: null } as const;
    expect(await till.failure('staff.change', change)).toBe('not-allowed');
  });
});

describe('staff', () => {
  beforeEach(async () => {
    await start(true);
    await readyToSell(till);
  });

  test('come, sign on and go; their name stays on what they sold', async () => {
    const { staffId } = await till.call('staff.add', { name: 'Eve', role: 'cashier', pin: '8642' });
    expect(till.topics.session.staff.map(({ name }) => name)).toEqual(['Ade', 'Mo', 'Eve']);
    await till.call('staff.sign-on', { staffId, pin: '8642' });
    await till.call('cart.scan', { code: '5012345010779' });
    await till.call('payment.cash', { givenMinor: 450 });
    await till.call('staff.sign-on', { staffId: idOf('Mo'), pin: '2468' });
    await till.call('staff.remove', { staffId });
    expect(till.topics.session.staff.map(({ name }) => name)).toEqual(['Ade', 'Mo']);
    expect(await till.failure('staff.sign-on', { staffId, pin: '8642' })).toBe('unknown-staff');
    expect(await till.failure('staff.remove', { staffId })).toBe('unknown-staff');
    expect((await till.call('order.list', { text: '', beforeSequence: null, limit: 1 })).orders[0]?.staffName).toBe(
      'Eve',
    );
    expect(journal().join()).not.toMatch(/"Eve"|"8642"/);
  });

  test('change name, PIN and role, and keep their place', async () => {
    const staffId = idOf('Ade');
    await till.call('staff.change', { staffId, name: 'Ade O.', role: 'operator', pin: null });
    expect(till.topics.session.staff[0]).toMatchObject({ staffId, name: 'Ade O.', role: 'operator', demoPin: '1111' });
    await till.call('staff.change', { staffId, name: 'Ade O.', role: 'operator', pin: '908070' });
    expect(till.topics.session.staff[0]?.demoPin).toBeNull();
    expect(await till.failure('staff.sign-on', { staffId, pin: '1111' })).toBe('wrong-pin');
    await till.call('staff.sign-on', { staffId, pin: '908070' });
    expect(till.topics.session.signedOn).toMatchObject({ name: 'Ade O.', role: 'operator' });
    await restart(true);
    expect(till.topics.session.staff[0]).toMatchObject({ name: 'Ade O.', role: 'operator' });
  });

  test('always leave one operator, who may hand over and go', async () => {
    const mo = idOf('Mo');
    expect(await till.failure('staff.remove', { staffId: mo })).toBe('last-operator');
    const change = { staffId: mo, name: 'Mo', role: 'cashier', pin: null } as const;
    expect(await till.failure('staff.change', change)).toBe('last-operator');
    await till.call('staff.add', { name: 'Eve', role: 'operator', pin: '8642' });
    await till.call('staff.remove', { staffId: mo });
    expect(till.topics.session.signedOn).toBeNull();
    expect(await till.failure('cart.scan', { code: '5012345010779' })).toBe('not-signed-on');
  });

  test.each([
    ['no name', { name: ' \u0000' }, 'bad-staff'],
    ['a name somebody has', { name: 'mo' }, 'bad-staff'],
    ['a very long name', { name: 'x'.repeat(81) }, 'bad-staff'],
    ['a PIN anybody would try', { pin: '0000' }, 'bad-pin'],
    ['an empty PIN', { pin: '' }, 'bad-pin'],
    ['a PIN in other digits', { pin: '٨٦٤٢' }, 'bad-pin'],
  ])('cannot have %s', async (_what, change, code) => {
    expect(await till.failure('staff.add', { name: 'Eve', role: 'cashier', pin: '8642', ...change })).toBe(code);
    const staffId = idOf('Ade');
    expect(await till.failure('staff.change', { staffId, name: 'Ade', role: 'cashier', pin: '8642', ...change })).toBe(
      code,
    );
    expect(till.topics.session.staff.map(({ name }) => name)).toEqual(['Ade', 'Mo']);
    await till.call('staff.sign-on', { staffId, pin: '1111' });
  });
});
