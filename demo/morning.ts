import type { Page } from '@playwright/test';
import { formatMoney } from '../src/domain/money';
import { receiptCode } from '../src/domain/own-code';
import * as m from '../src/shared/i18n/generated/messages.js';
import type { TillPage } from '../tests/e2e/pages/till-page';
import type { App } from './app';
import { Basket } from './basket';
import { createChance, type Chance } from './chance';
import { readReceipt, readShiftReport, type ConfirmedSale, type Paper } from './checks';
import { scaleLabel, type Good } from './goods';
import type { DemoPrinter } from './printer';
import type { Story } from './story';

export interface MorningOptions {
  readonly seed: number;
  readonly goods: readonly Good[];
  readonly printer: DemoPrinter;
  readonly story: Story;
  /** Starts the till on the morning's data folder. */
  readonly start: () => Promise<App>;
}

/** The trader of the demo stall and the PIN the sign-on screen shows. */
const TRADER = { name: 'Mo', pin: '2468' } as const;
const FLOAT_MINOR = 5_000;
/** What is missing from the drawer when it is counted. */
export const SHORT_MINOR = 20;
const SALES = 40;
/** Longer than a receipt waits before it asks whether anybody still wants it. */
const LONG_WAIT_MS = 180_000;

const COINS = [
  ['£50', 5_000],
  ['£20', 2_000],
  ['£10', 1_000],
  ['£5', 500],
  ['£2', 200],
  ['£1', 100],
  ['50p', 50],
  ['20p', 20],
  ['10p', 10],
  ['5p', 5],
  ['2p', 2],
  ['1p', 1],
] as const;

const money = (amountMinor: number): string => formatMoney(amountMinor, { currency: 'GBP', locale: 'en-GB' });

const isCopyOf = (paper: Paper, number: string): boolean => {
  const receipt = readReceipt(paper);
  return receipt?.number === number && receipt.copy > 0;
};

/** How a sale is rung up and paid. */
interface Serving {
  /** For the timeline; what was bought unless given. */
  readonly title?: string;
  readonly detail?: string;
  readonly fill: (basket: Basket) => Promise<void>;
  readonly pay: (totalMinor: number) => Promise<void>;
  /** Which screens to keep a picture of. */
  readonly look?: 'cart' | 'done';
  readonly kind?: 'sale' | 'mended';
}

/** One market morning, played through the till's own screens. */
export class Morning {
  readonly confirmed: ConfirmedSale[] = [];
  readonly #options: MorningOptions;
  readonly #chance: Chance;
  #app: App | null = null;
  #till: TillPage | null = null;

  constructor(options: MorningOptions) {
    this.#options = options;
    this.#chance = createChance(options.seed);
  }

  /** The window as it stands, for a picture of what went wrong; null before the first start. */
  get page(): Page | null {
    return this.#till?.page ?? null;
  }

  /** Ends the till, whatever state it is in. */
  async stop(): Promise<void> {
    await this.#app?.kill();
  }

  /**
   * Plays it from the first sign-on to the printed report, then closes the till in good order.
   * @throws at the first thing that does not go as planned; the story's step says where
   */
  async play(): Promise<void> {
    await this.#openUp();
    await this.#everydaySales();
    await this.#paperRunsOut();
    await this.#cardTrouble();
    await this.#looseEnds();
    await this.#crashes();
    await this.#evening();
    await this.#closeUp();
  }

  get #window(): TillPage {
    if (!this.#till) throw new Error('The till is not running');
    return this.#till;
  }

  async #openUp(): Promise<void> {
    const { story, printer } = this.#options;
    story.begin('open up');
    await this.#start();
    const till = this.#window;
    await till.at('sign-on');
    const picture = await story.picture(till.page, 'sign-on');
    await till.signOn(TRADER.name, TRADER.pin);
    story.tell('note', `${TRADER.name} signs on`, { picture });
    await till.openShift(FLOAT_MINOR);
    story.tell('note', `The shift opens with a float of ${money(FLOAT_MINOR)}`);
    story.begin('set up the printer');
    await till.go('devices');
    await till.addPrinter(printer.host, printer.port);
    await till.button(m.devices_test_print()).click();
    await this.#until('the test page', () => printer.papers().length === 1);
    story.tell('note', 'The receipt printer is set up, and a test page comes out', {
      picture: await story.picture(till.page, 'devices'),
    });
    await till.go('sell');
  }

  async #everydaySales(): Promise<void> {
    const { story } = this.#options;
    const till = this.#window;
    const good = this.#good;
    const loaf = good('Sourdough loaf');
    const cheddar = good('Cave cheddar');
    const brie = good('Farmhouse brie');
    const jam = good('Bramble jam', '227 g');

    await this.#serve({
      detail: 'Three scans, exact money.',
      fill: (basket) => this.#scanAll(basket, [loaf, loaf, good('Strawberries')]),
      pay: () => till.quickCash(m.cash_exact_key()),
      look: 'cart',
    });
    await this.#serve({
      detail: 'Tapped on the tiles, paid with a note.',
      fill: (basket) =>
        this.#tapAll(basket, [good('Butter croissant'), good('Cinnamon knot'), good('Butter croissant')]),
      pay: () => this.#roundCash(),
      look: 'done',
    });
    await this.#serve({
      detail: 'The smaller jar, chosen by size. Paid by card, slip number kept.',
      fill: (basket) => this.#tapAll(basket, [jam, good('Seville marmalade', '340 g')]),
      pay: () => this.#payCard('SumUp', '004217'),
    });
    await this.#serve({
      detail: 'Cheese by the label of the scale: the weight is in the code.',
      fill: async (basket) => {
        await till.scan(scaleLabel(cheddar, 'weight', 312));
        basket.put({ ...cheddar, quantity: 312 });
      },
      pay: (totalMinor) => this.#keyCash(totalMinor),
    });
    await this.#serve({
      detail: 'Cheese by the till’s own keypad.',
      fill: async (basket) => {
        await till.tap(brie.category, brie.name);
        await till.weigh(brie.name, 245);
        basket.put({ ...brie, quantity: 245 });
      },
      pay: () => till.quickCash(m.cash_exact_key()),
    });
    await this.#serve({
      detail: 'A label with its price inside.',
      fill: async (basket) => {
        await till.scan(scaleLabel(good('Tall blue'), 'price', 467));
        basket.put({ ...good('Tall blue'), labelAmountMinor: 467 });
        await this.#scanAll(basket, [good('Two-day baguette')]);
      },
      pay: () => this.#roundCash(),
    });
    await this.#serve({
      detail: 'Found by typing its name.',
      fill: async (basket) => {
        await till.search('honey', 'Heather honey');
        basket.put(good('Heather honey'));
      },
      pay: () => this.#payCard('Square'),
    });
    await this.#serve({
      detail: 'A chipped mug, ten per cent off, with the reason on the receipt.',
      fill: async (basket) => {
        await this.#scanAll(basket, [good('Enamel mug')]);
        await till.discount('line', { percent: 10 }, 'chipped', 'chip is at the handle');
        basket.discountLine({ kind: 'percent', basisPoints: 1_000, reason: 'chipped' });
      },
      pay: () => this.#roundCash(),
      look: 'cart',
    });
    await this.#serve({
      title: 'Somebody types HTML as a name',
      detail: 'It is a name like any other, on the screen and on paper.',
      fill: (basket) => this.#typePrice(basket, '<b>Odd</b> & <script>alert(1)</script>', 350),
      pay: () => till.quickCash(m.cash_exact_key()),
      look: 'cart',
    });
    await this.#serve({
      title: 'Sold by typing its price',
      detail: 'The till offers that itself.',
      fill: async (basket) => {
        await this.#ready();
        await till.scan('4006381333931');
        await till.banner.getByText(m.banner_unknown_code({ code: '4006381333931' })).waitFor();
        story.tell('mishap', 'A barcode that is not in the catalogue', {
          detail: 'Nothing was added to the sale.',
          picture: await story.picture(till.page, 'unknown-code'),
        });
        await this.#typePrice(basket, 'Felt-tip pen', 120);
      },
      pay: () => this.#roundCash(),
      kind: 'mended',
    });

    story.begin('park a cart');
    const parked = new Basket();
    await this.#ready();
    await this.#scanAll(parked, [good('Lemon tote', 'Regular'), good('Mint soap')]);
    await till.park('red coat, fetching cash');
    story.tell('note', 'A shopper goes to fetch cash: the cart is set aside', { detail: parked.words });
    await this.#ordinarySale('The next person is served meanwhile.');
    await this.#serve({
      detail: 'The red coat is back, and so is the cart.',
      fill: async (basket) => {
        await till.bringBack('red coat, fetching cash');
        basket.put(good('Lemon tote', 'Regular'));
        basket.put(good('Mint soap'));
      },
      pay: () => this.#roundCash(),
    });
    await this.#serve({
      detail: 'A pound off for a regular.',
      fill: async (basket) => {
        await this.#scanAll(basket, [good('Ginger beer'), good('Ginger beer'), good('Apples, bag')]);
        await till.discount('sale', { amountMinor: 100 }, 'regular', 'keep the bottles for her');
        basket.discountSale({ kind: 'amount', amountMinor: 100, reason: 'regular' });
      },
      pay: (totalMinor) => this.#keyCash(totalMinor),
    });
  }

  async #paperRunsOut(): Promise<void> {
    const { story, printer } = this.#options;
    const till = this.#window;
    await this.#allPrinted();
    await printer.setFault('paper-out');
    story.begin('the paper runs out');
    await this.#ready();
    await till.printerChip.getByText(m.cure_load_paper()).waitFor();
    story.tell('mishap', 'The printer runs out of paper', {
      detail: 'The chip at the top asks for a hand. Selling goes on.',
      picture: await story.picture(till.page, 'paper-out'),
    });
    const before = printer.papers().length;
    for (const look of [undefined, undefined, 'done'] as const) await this.#ordinarySale('No receipt for now.', look);
    await this.#ready();

    story.begin('paper is loaded');
    const setClockRight = await this.#running.letPass(LONG_WAIT_MS);
    await printer.mend();
    await till.printerChip.getByText(m.chip_receipts_wait({ count: 3 })).waitFor();
    await setClockRight();
    if (printer.papers().length !== before)
      throw new Error('Receipts that waited long came out without being asked for');
    const sheet = await till.openUnprinted(3);
    const picture = await story.picture(till.page, 'unprinted');
    await sheet.getByRole('button', { name: m.unprinted_print_all({ count: 3 }) }).click();
    await this.#until('the three receipts', () => printer.papers().length === before + 3);
    await till.sheet(m.unprinted_title({ count: 0 })).waitFor();
    await till.page.keyboard.press('Escape');
    story.tell('mended', 'Paper is loaded; the three receipts print when asked for', {
      detail:
        'They had waited too long to come out by themselves: the shoppers may be gone. (The demo does not sit these minutes out: it moves the clock of the print queue on by three.)',
      picture,
    });
  }

  async #cardTrouble(): Promise<void> {
    const { story } = this.#options;
    const till = this.#window;
    const good = this.#good;
    await this.#serve({
      title: 'The card is declined',
      detail: 'The shopper pays cash instead. Both are on record.',
      fill: (basket) => this.#scanAll(basket, [good('Beeswax candle')]),
      pay: async () => {
        await till.pay();
        await till.payBy('card');
        await till.startCard('SumUp');
        await till.settleCard('declined');
        await till.page.getByText(m.tender_declined()).waitFor();
        await till.payBy('cash');
        await till.takeCash();
      },
    });
    await this.#serve({
      title: 'Half by card, half in cash',
      fill: (basket) => this.#scanAll(basket, [good('Linen tea towels, set of three')]),
      pay: async () => {
        await till.pay();
        await till.payBy('split');
        await till.page.getByRole('button', { name: new RegExp(`^${m.split_half()}`) }).click();
        await till.button(m.card_machine()).click();
        await till.startCard('Zettle');
        await till.settleCard('paid', '88-1203');
        await till.page.getByRole('heading', { name: m.pay_still() }).waitFor();
        await till.payBy('cash');
        story.tell('note', 'Half is paid by card, half is still to pay', {
          picture: await story.picture(till.page, 'split'),
        });
        await till.takeCash();
      },
    });

    story.begin('a card payment of unknown outcome');
    const unknown = new Basket();
    await this.#ready();
    await this.#scanAll(unknown, [good('Herring-girl cushion')]);
    await this.#shows(unknown);
    await till.pay();
    await till.payBy('card');
    await till.startCard('SumUp');
    await till.settleCard('unsure');
    await till.button(m.unknown_aside()).waitFor();
    const picture = await story.picture(till.page, 'card-unknown');
    await till.button(m.unknown_aside()).click();
    await till.at('sell');
    story.tell('mishap', 'The card machine loses its signal: nobody knows whether the card paid', {
      detail: `${money(unknown.totalMinor)} is set aside as not settled, so that nobody charges it again.`,
      picture,
    });
    await this.#ordinarySale('The next person is served meanwhile.');
    await this.#serve({
      title: 'The card had paid after all',
      detail: 'Found in the card machine’s own list, and settled once.',
      fill: async (basket) => {
        await this.#ready();
        await till.bringBack(m.park_label_card({ amount: money(unknown.totalMinor) }), true);
        await till.at('pay');
        basket.put(good('Herring-girl cushion'));
      },
      pay: () => till.button(m.unknown_paid()).click(),
      kind: 'mended',
    });
  }

  async #looseEnds(): Promise<void> {
    const { story, printer } = this.#options;
    const till = this.#window;
    const good = this.#good;

    story.begin('empty a cart');
    const basket = new Basket();
    await this.#ready();
    await this.#tapAll(basket, [good('Monstera deliciosa')]);
    await this.#shows(basket);
    await till.void('changed their mind');
    story.tell('note', 'A shopper walks off: the cart is emptied', {
      detail: `${basket.words}. On record, with the reason.`,
    });

    await this.#serve({
      detail: 'A dozen, typed as a number.',
      fill: async (lemons) => {
        await this.#tapAll(lemons, [good('Unwaxed lemons')]);
        await till.setQuantity(1, 12);
        lemons.setQuantity(12);
      },
      pay: () => this.#roundCash(),
    });

    story.begin('print a copy of an earlier receipt');
    await this.#allPrinted();
    const before = printer.papers().length;
    const third = this.#confirmedAt(2);
    await this.#ready();
    await till.go('orders');
    await till.page.getByRole('button', { name: new RegExp(`^${third.number}`) }).click();
    await till.printCopy();
    await this.#until('the copy', () => printer.papers().length === before + 1);
    story.tell('note', `A copy of ${third.number} for somebody’s expenses`, {
      detail: 'It says COPY, and which one.',
      picture: await story.picture(till.page, 'orders'),
    });
    await till.go('sell');

    story.begin('find a sale by its receipt');
    const seventh = this.#confirmedAt(6);
    await till.scan(receiptCode(seventh.number));
    await till.at('office');
    await till.page.locator('[aria-current=true]', { hasText: seventh.number }).waitFor();
    story.tell('note', `A shopper shows a receipt: its code opens ${seventh.number}`);
    await till.go('sell');

    story.begin('open the drawer without a sale');
    const { pulses } = await printer.state();
    await till.button(m.open_drawer(), till.docket).click();
    await till.button(m.drawer_change(), till.sheet(m.drawer_title())).click();
    await this.#until('the drawer', async () => (await printer.state()).pulses.length === pulses.length + 1);
    story.tell('note', 'The drawer is opened to change a note', { detail: 'A no-sale: on record as one.' });
  }

  async #crashes(): Promise<void> {
    const { story, printer } = this.#options;
    const good = this.#good;

    await this.#serve({
      title: 'The cart survives a power cut',
      detail: 'Nothing had to be scanned again.',
      fill: async (basket) => {
        await this.#allPrinted();
        await this.#scanAll(basket, [good('Ginger beer'), good('Dark chocolate, 72%'), good('Heather honey')]);
        await this.#shows(basket);
        await this.#killAndRestart('The till loses power in the middle of a sale (kill -9)', basket);
        await this.#scanAll(basket, [good('Sourdough loaf')]);
      },
      pay: () => this.#roundCash(),
      kind: 'mended',
    });
    await this.#serve({
      title: 'Back at the same sale after a crash at the worst moment',
      fill: async (basket) => {
        await this.#allPrinted();
        await this.#scanAll(basket, [good('Moon earrings')]);
        await this.#shows(basket);
        await this.#window.payKey.click();
        await this.#killAndRestart('The till is killed just as Pay is tapped (kill -9)', basket);
        if ((await this.#window.at('sell', 'pay')) === 'pay')
          await this.#window.button(m.pay_back({ number: await this.#nextNumber() })).click();
        await this.#window.at('sell');
      },
      pay: () => this.#payCard('SumUp', '004391'),
      kind: 'mended',
    });
    await this.#serve({
      title: 'The window dies and comes back',
      detail: 'Only the screen was gone; the sale never was.',
      fill: async (basket) => {
        await this.#scanAll(basket, [good('Lemon tote', 'Large, with gusset')]);
        await this.#shows(basket);
        this.#till = await this.#running.killRenderer();
        await this.#shows(basket);
        story.tell('mishap', 'The process that draws the window is killed (kill -9)', {
          picture: await story.picture(this.#window.page, 'renderer-back'),
        });
        await this.#scanAll(basket, [good('Mint soap')]);
      },
      pay: () => this.#window.quickCash(m.cash_exact_key()),
      kind: 'mended',
    });

    story.begin('killed while a receipt prints');
    await this.#allPrinted();
    await printer.setFault('slow');
    const { bytesObeyed } = await printer.state();
    await this.#serve({
      detail: 'The printer is slow today.',
      fill: (basket) => this.#scanAll(basket, [good('Cheese scone'), good('Cultured butter, sea salted', '100 g')]),
      pay: () => this.#payCard('Square'),
    });
    const last = this.#confirmedAt(this.confirmed.length - 1);
    await this.#until('half a receipt', async () => (await printer.state()).bytesObeyed > bytesObeyed + 300);
    const before = printer.papers().length;
    await this.#running.kill();
    await printer.mend();
    await this.#until('what the printer still had', () => printer.papers().length === before + 1);
    story.tell('mishap', `The till is killed while the receipt of ${last.number} prints (kill -9)`, {
      detail:
        'The sale was confirmed. The printer ends the paper from its own memory, but the till was not there to hear of it.',
    });
    await this.#start();
    await this.#window.at('done', 'sell');
    await this.#window.printerChip.getByText(m.chip_receipts_ask({ count: 1 })).waitFor();
    await this.#ready();
    await this.#window.printUnknown(last.number);
    await this.#until('the copy', () => printer.papers().some((paper) => isCopyOf(paper, last.number)));
    story.tell('mended', `${last.number} is printed again, as a COPY`, {
      detail: 'The till says it may have printed, and leaves it to a person.',
      picture: await story.picture(this.#window.page, 'copy-of-last'),
    });
    await this.#window.page.keyboard.press('Escape');
  }

  async #evening(): Promise<void> {
    const { story } = this.#options;
    story.begin('change the theme');
    const till = this.#window;
    await till.go('settings');
    await till.button(m.settings_evening()).click();
    await till.page.locator('html[data-theme=evening]').waitFor();
    await till.go('sell');
    story.tell('note', 'Clouds roll in: the till changes to its evening look');
    let isFirst = true;
    while (this.confirmed.length < SALES) {
      await this.#ordinarySale('', isFirst ? 'cart' : this.confirmed.length === SALES - 1 ? 'done' : undefined);
      isFirst = false;
    }
  }

  async #closeUp(): Promise<void> {
    const { story, printer } = this.#options;
    story.begin('close the shift');
    await this.#allPrinted();
    await this.#ready();
    const till = this.#window;
    await till.go('day');
    const expected = await till.expectedInDrawer();
    await till.closeShift(expected - SHORT_MINOR, COINS, 'too much change given');
    await till.page.getByText(money(SHORT_MINOR), { exact: true }).waitFor();
    const counting = await story.picture(till.page, 'counting');
    await till.confirmClose();
    story.tell('note', `The drawer is counted, ${money(SHORT_MINOR)} short, and the shift is closed`, {
      picture: counting,
    });
    await till.button(m.day_print_z()).click();
    await this.#until('the report', () => printer.papers().some((paper) => readShiftReport(paper) !== null));
    story.tell('note', 'The report is printed', { picture: await story.picture(till.page, 'closed') });
    await this.#running.close();
    this.#app = null;
  }

  // How a sale goes

  async #serve({ title, detail = '', fill, pay, look, kind = 'sale' }: Serving): Promise<void> {
    const { story } = this.#options;
    story.begin(`sale ${this.confirmed.length + 1}${title === undefined ? '' : `: ${title}`}`);
    const basket = new Basket();
    if (kind === 'sale') await this.#ready();
    await fill(basket);
    const { totalMinor } = basket;
    let picture: string | null = null;
    if ((await this.#window.at('sell', 'pay')) === 'sell') await this.#shows(basket);
    if (look === 'cart') picture = await story.picture(this.#window.page, 'cart');
    await pay(totalMinor);
    const number = await this.#window.confirmedNumber();
    await this.#window.page.getByText(m.done_story({ tenders: '', total: money(totalMinor) }).trim()).waitFor();
    if (look === 'done') picture = await story.picture(this.#window.page, 'done');
    this.confirmed.push({ number, totalMinor });
    story.tell(kind, title ?? basket.words, {
      detail: title === undefined ? detail : [basket.words, detail].filter(Boolean).join('. '),
      number,
      totalMinor,
      picture,
    });
  }

  /** One to three things that chance picks, scanned or tapped, paid as people pay. */
  async #ordinarySale(detail: string, look?: Serving['look']): Promise<void> {
    const chance = this.#chance;
    const shelf = this.#options.goods.filter(({ pricing, priceMinor }) => pricing === 'each' && priceMinor <= 1_500);
    const chosen = Array.from({ length: 1 + chance.below(3) }, () => chance.pick(shelf));
    const till = this.#window;
    await this.#serve({
      detail,
      look,
      fill: async (basket) => {
        for (const good of chosen) {
          if (good.barcodes.length > 0 && chance.below(3) > 0) await this.#scanAll(basket, [good]);
          else await this.#tapAll(basket, [good]);
        }
      },
      pay: (totalMinor) =>
        chance.pick([
          () => till.quickCash(m.cash_exact_key()),
          () => this.#roundCash(),
          () => this.#keyCash(totalMinor),
          () => this.#payCard(chance.pick(['SumUp', 'Square', 'Zettle'])),
        ])(),
    });
  }

  /** Waits until the Pay key says what the basket comes to. */
  async #shows(basket: Basket): Promise<void> {
    await this.#window.payKey.filter({ hasText: money(basket.totalMinor) }).waitFor();
  }

  /** Leaves the last sale's change on the screen behind. */
  async #ready(): Promise<void> {
    if ((await this.#window.at('sell', 'done')) === 'done') await this.#window.nextSale();
  }

  async #scanAll(basket: Basket, goods: readonly Good[]): Promise<void> {
    for (const good of goods) {
      await this.#window.scan(good.barcodes[0] ?? '');
      basket.put(good);
      await this.#shows(basket);
    }
  }

  async #tapAll(basket: Basket, goods: readonly Good[]): Promise<void> {
    for (const good of goods) {
      await this.#window.tap(good.category, good.name, good.hasChoices ? good.variant : '');
      basket.put(good);
      await this.#shows(basket);
    }
  }

  async #typePrice(basket: Basket, name: string, priceMinor: number): Promise<void> {
    await this.#window.typePrice(name, priceMinor, 'VAT 20%');
    basket.put({ title: name, priceMinor });
  }

  async #payCard(provider: string, slip = ''): Promise<void> {
    const till = this.#window;
    await till.pay();
    await till.payBy('card');
    await till.startCard(provider);
    await till.settleCard('paid', slip);
  }

  /** Hands over the next round sum, by its key under the cart. */
  async #roundCash(): Promise<void> {
    const keys = await this.#window.cashKeys();
    await this.#window.quickCash(keys[1] ?? m.cash_exact_key());
  }

  /** Hands over a little more than is due, typed on the keypad. */
  async #keyCash(totalMinor: number): Promise<void> {
    await this.#window.pay();
    await this.#window.takeCash(Math.ceil((totalMinor + 1) / 500) * 500);
  }

  // What the morning stands on

  get #running(): App {
    if (!this.#app) throw new Error('The till is not running');
    return this.#app;
  }

  async #start(): Promise<void> {
    this.#app = await this.#options.start();
    this.#till = this.#app.till;
  }

  async #killAndRestart(title: string, basket: Basket): Promise<void> {
    const { story } = this.#options;
    await this.#running.kill();
    story.tell('mishap', title, { detail: `${basket.words} in the cart.` });
    await this.#start();
    if ((await this.#window.at('sell', 'pay')) === 'sell') await this.#shows(basket);
    await this.#window.printerReady();
    story.tell('mended', 'Started again: the same sale is there', {
      picture: await story.picture(this.#window.page, 'restarted'),
    });
  }

  async #nextNumber(): Promise<string> {
    const prefix = this.#confirmedAt(0).number.split('-')[0] ?? '';
    return `${prefix}-${String(this.confirmed.length + 1).padStart(4, '0')}`;
  }

  /** Waits until every sale has its paper and the till knows it. */
  async #allPrinted(): Promise<void> {
    const { printer } = this.#options;
    const numbers = (): Set<string> => new Set(printer.papers().flatMap((paper) => readReceipt(paper)?.number ?? []));
    await this.#until('every receipt', () => this.confirmed.every(({ number }) => numbers().has(number)));
    if ((await this.#window.at('sell', 'done')) === 'done')
      await this.#window.page.getByText(m.paper_printed()).waitFor();
  }

  #confirmedAt(index: number): ConfirmedSale {
    const sale = this.confirmed[index];
    if (!sale) throw new Error(`There is no sale ${index + 1}`);
    return sale;
  }

  readonly #good = (name: string, variant = ''): Good => {
    const found = this.#options.goods.find((good) => good.name === name && good.variant === variant);
    if (!found) throw new Error(`The demo stall has no ${name} ${variant}`);
    return found;
  };

  /** Looks again until it is so, for a quarter of a minute. */
  async #until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
    const patienceMs = 15_000;
    const started = performance.now();
    while (!(await is())) {
      if (performance.now() - started > patienceMs) throw new Error(`Waited in vain for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
