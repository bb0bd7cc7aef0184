import { existsSync, rmSync } from 'node:fs';
import { chromium, type Browser } from '@playwright/test';
import type { RunningKiosk } from '../src/main/boot';
import * as m from '../src/shared/i18n/generated/messages.js';
import { TillPage } from '../tests/e2e/pages/till-page';
import { startTestTill, type TestClient } from '../tests/helpers/kiosk';
import { manualClock, type ManualClock } from '../tests/helpers/manual-clock';
import type { Story } from './story';

const MINUTE_MS = 60_000;
const LOAF = '5012345010779';
const MUG = '5012345014845';
const HONEY = '5012345012995';
/** Where Debian puts it. */
const CHROMIUM = '/usr/bin/chromium';
/** Of the drop that sells out. */
const CAP = 6;
const PATIENCE_MS = 20_000;

export interface PricesDayOptions {
  /** A new, empty data folder for the till of this part. */
  readonly dataDir: string;
  readonly story: Story;
}

/**
 * A market day of prices on a clock that the demo moves, so that hours pass in a minute: advice from the morning's baskets is taken,
 * one drop sells out early, another runs over a jump of the machine's clock, and a price test goes through its blocks.
 * Its till is the kiosk of the headless edge node, looked at through a browser.
 */
export class PricesDay {
  readonly #options: PricesDayOptions;
  readonly #clock: ManualClock = manualClock(Date.parse('2026-06-13T08:00:00.000Z'));
  #running: RunningKiosk | null = null;
  #client: TestClient | null = null;
  #browser: Browser | null = null;
  #till: TillPage | null = null;

  constructor(options: PricesDayOptions) {
    this.#options = options;
  }

  /** The window as it stands, for a picture of what went wrong. */
  get page(): TillPage['page'] | null {
    return this.#till?.page ?? null;
  }

  /** @throws at the first thing that does not go as planned; the story's step says where */
  async play(): Promise<void> {
    await this.#open();
    await this.#takeAdvice();
    await this.#sellOut();
    await this.#jump();
    await this.#test();
  }

  /** Ends all of it, whatever state it is in. */
  async stop(): Promise<void> {
    await this.#browser?.close();
    this.#client?.close();
    await this.#running?.close();
    this.#browser = this.#client = this.#running = null;
  }

  async #open(): Promise<void> {
    const { dataDir, story } = this.#options;
    story.begin('open a till on a clock of its own');
    rmSync(dataDir, { recursive: true, force: true });
    const clock = this.#clock;
    const { running, till } = await startTestTill({
      dataDir,
      // Nobody stands at a printer through hours that pass in a minute.
      devices: 'none',
      now: () => new Date(clock.now()),
      prices: { clock, steadyMs: () => clock.steady() },
    });
    this.#running = running;
    this.#client = till;
    const operator = till.topics.session.staff.find(({ role }) => role === 'operator');
    await till.call('staff.sign-on', { staffId: operator?.staffId ?? '', pin: operator?.demoPin ?? '' });
    await till.call('shift.open', { floatMinor: 5_000 });
    // Without a browser the day goes the same way; there are no pictures of it.
    if (!existsSync(CHROMIUM)) return;
    this.#browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    const page = await this.#browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(running.server?.tillUrl ?? '');
    this.#till = new TillPage(page);
    await this.#till.at('sell');
  }

  /** Ninety baskets; mugs and honey go together more often than chance has it. */
  async #takeAdvice(): Promise<void> {
    const { story } = this.#options;
    story.begin('take advice from ninety baskets');
    for (let basket = 0; basket < 90; basket += 1) {
      const codes = basket % 15 < 4 ? [MUG, HONEY] : basket % 15 === 4 ? [MUG] : basket % 15 === 5 ? [HONEY] : [LOAF];
      await this.#sell(...codes);
      await this.#pass(MINUTE_MS / 2);
    }
    const client = this.#need(this.#client);
    await client.call('advice.refresh', { closesAt: null, perishable: null });
    const { advice } = await client.until(
      (topics) => topics.advice.advice.some((one) => one.advice.kind === 'bundle'),
      'advice about what sells together',
    );
    const offer = advice.advice.find((one) => one.advice.kind === 'bundle')?.advice;
    if (offer?.kind !== 'bundle') throw new Error('The advisor has nothing to say of ninety baskets');
    await client.call('advice.answer', { adviceId: offer.adviceId, answer: 'accepted' });
    const picture = await this.#picture('advice', m.prices_rules());
    await this.#sell(MUG, HONEY);
    story.tell('note', 'The advisor’s bundle is taken', {
      detail: `${offer.together} baskets of ${offer.baskets} had both; ${offer.lift.value.toFixed(1)} times as often as chance has it.`,
      picture,
    });
  }

  async #sellOut(): Promise<void> {
    const { story } = this.#options;
    story.begin('sell out a drop');
    await this.#drop('Warm bread', CAP, 30);
    const picture = await this.#picture('drop', m.prices_drops());
    story.tell('note', `A drop: ${CAP} loaves at a fifth off, for half an hour`, { picture });
    for (let sale = 0; sale < CAP / 2; sale += 1) {
      await this.#sell(LOAF, LOAF);
      await this.#pass(MINUTE_MS);
    }
    await this.#need(this.#client).until(
      ({ prices }) => prices.drops.every(({ phase }) => phase === 'over'),
      'sold out',
    );
    const after = await this.#picture('sold-out', m.prices_drops());
    story.tell('note', 'The drop is sold out after four minutes and over; the loaf costs what it did', {
      picture: after,
    });
    await this.#sell(LOAF);
  }

  async #jump(): Promise<void> {
    const { story } = this.#options;
    story.begin('let the clock jump in a drop');
    const client = this.#need(this.#client);
    await this.#drop('Honey hour', null, 45, HONEY);
    await this.#pass(5 * MINUTE_MS);
    await this.#sell(HONEY);
    this.#clock.set(-60 * MINUTE_MS);
    await this.#pass(15_000);
    await client.until(({ prices }) => prices.clockAheadMs < 0, 'somebody is told of the clock');
    await this.#sell(HONEY);
    story.tell('mishap', 'Somebody sets the machine’s clock back by an hour', {
      detail: 'In the middle of a drop.',
      picture: await this.#picture('clock-jump', m.prices_drops()),
    });
    await this.#pass(46 * MINUTE_MS);
    await client.until(({ prices }) => prices.drops.every(({ phase }) => phase === 'over'), 'the drop is over');
    await this.#sell(HONEY);
    this.#clock.set(60 * MINUTE_MS);
    await this.#pass(15_000);
    await client.until(({ prices }) => prices.clockAheadMs === 0, 'the clock is right again');
    story.tell('mended', 'The drop ran its three quarters of an hour by a clock that nobody sets', {
      picture: await this.#picture('drop-over', m.prices_drops()),
    });
  }

  async #test(): Promise<void> {
    const { story } = this.#options;
    story.begin('test a price');
    const client = this.#need(this.#client);
    const { item } = (await client.call('catalogue.lookup', { code: LOAF })) ?? {};
    if (!item) throw new Error('The demo stall has no loaf');
    const { itemId, name, category, description, photo, backdrop } = item;
    const priceMinor = item.variants[0]?.priceMinor ?? 0;
    // A new batch from the oven: what is sold out cannot be tested.
    const variants = item.variants.map((variant) => ({ ...variant, barcodes: [...variant.barcodes], stock: 200 }));
    await client.call('catalogue.put-item', { itemId, name, category, description, photo, backdrop, variants });
    const { testId } = await client.call('price-test.register', {
      ...{ itemId, variantIds: null, name: null, otherPricesMinor: [priceMinor - 50], measure: 'units' },
      ...{ minimumDifference: 5, blockMs: null, washoutMs: null, lookRounds: null, falseWinnerBasisPoints: null },
      startNow: true,
    });
    const view = () => client.topics.priceTests.tests.find(({ plan }) => plan.testId === testId);
    for (let block = 0; block < 18; block += 1) {
      await this.#pass(2 * MINUTE_MS);
      // Two buyers in a block at today's price, five at the other.
      for (let buyer = 0; buyer < (view()?.block?.arm === 1 ? 5 : 2); buyer += 1) await this.#sell(LOAF);
      if (block === 3) {
        const picture = await this.#picture('test', m.place_tests());
        story.tell('note', 'A price test: two prices of a loaf by turns, five minutes each', { picture });
      }
      await this.#pass(3 * MINUTE_MS);
    }
    await client.until(() => view()?.phase === 'over', 'the test is settled');
    const { readOut } = await client.call('price-test.read-out', { testId });
    if (readOut.outcome.kind !== 'winner') throw new Error(`The test ended as ${readOut.outcome.kind}`);
    story.tell('note', 'The test names a winner after nine rounds, as was fixed before it began', {
      picture: await this.#picture('winner', m.place_tests()),
    });
  }

  async #drop(name: string, unitCap: number | null, minutes: number, code = LOAF): Promise<void> {
    const client = this.#need(this.#client);
    const found = await client.call('catalogue.lookup', { code });
    await client.call('drop.schedule', {
      name,
      what: { kind: 'variants', variantIds: [found?.variantId ?? ''] },
      effect: { kind: 'percent-off', basisPoints: 2_000 },
      ...{ startsAt: null, minutes, unitCap, shares: null, graceMs: null },
    });
  }

  /** One basket, paid in cash. */
  async #sell(...codes: string[]): Promise<void> {
    const client = this.#need(this.#client);
    for (const code of codes) await client.call('cart.scan', { code });
    const { number } = await client.call('payment.cash', { givenMinor: 10_000 });
    if (number === null) throw new Error('The sale was not placed');
  }

  #pass(byMs: number): Promise<void> {
    return this.#clock.advance(byMs);
  }

  /** Of one of the pages about prices. */
  async #picture(what: string, tab: string): Promise<string | null> {
    const till = this.#till;
    if (till === null) return null;
    // The window is a moment behind what was sold through the door: nothing of it may come between.
    await this.#need(this.#client).call('sale.next', {});
    await till.at('sell', 'office');
    await till.go('prices');
    await till.page.getByRole('tab', { name: tab }).click();
    return this.#options.story.picture(till.page, what);
  }

  #need<T>(value: T | null): T {
    if (value === null) throw new Error('The till is not running');
    return value;
  }
}
