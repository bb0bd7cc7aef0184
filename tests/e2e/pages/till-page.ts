import type { Locator, Page } from '@playwright/test';
import * as m from '../../../src/shared/i18n/generated/messages.js';
import { typeCode } from './wedge-scanner';

/** What the till's window shows, from `data-screen`. */
export type Screen = 'waiting' | 'sign-on' | 'sell' | 'pay' | 'done' | 'office';

/** A place of the till besides selling. */
export type Office = Exclude<keyof typeof PLACES, 'sell'>;

const PLACES = {
  sell: m.place_sell,
  orders: m.place_orders,
  holds: m.place_holds,
  day: m.place_day,
  people: m.place_people,
  goods: m.place_goods,
  prices: m.place_prices,
  clips: m.place_clips,
  labels: m.place_labels,
  reel: m.place_reel,
  import: m.place_import,
  devices: m.place_devices,
  sync: m.place_sync,
  stall: m.place_stall,
  settings: m.place_settings,
};

/** Names that begin with these words; what stands for `BLANK` and after it may be anything. */
const beginning = (words: string): RegExp =>
  new RegExp(`^${words.split(BLANK)[0]?.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);
const BLANK = '\u0000';

/**
 * The till as a person uses it: what they see by its name, what they do with a finger or a scanner. Every wait is for a
 * state of the screen.
 */
export class TillPage {
  readonly page: Page;
  readonly goods: Locator;
  readonly docket: Locator;
  readonly banner: Locator;
  /** Pay in the docket, with the total on it. */
  readonly payKey: Locator;

  constructor(page: Page) {
    this.page = page;
    this.goods = page.getByRole('region', { name: m.sell_goods() });
    this.docket = page.getByRole('complementary', { name: m.docket() });
    this.banner = page.locator('.banner[role=status]');
    this.payKey = this.docket.getByRole('button', { name: beginning(`${m.pay()} `) });
  }

  /** Waits until the window shows one of these, and says which. */
  async at(...screens: readonly Screen[]): Promise<Screen> {
    const found = this.page.locator(screens.map((screen) => `[data-screen=${screen}]`).join(','));
    await found.waitFor();
    return (await found.getAttribute('data-screen')) as Screen;
  }

  /** A sheet over the goods. */
  sheet(title: string | RegExp): Locator {
    return this.goods.getByRole('region', { name: title });
  }

  button(name: string, within: Locator | Page = this.page): Locator {
    return within.getByRole('button', { name, exact: true });
  }

  /** Taps digits on the keypad. */
  async keyIn(digits: string, within: Locator | Page = this.page): Promise<void> {
    for (const key of digits.match(/00|\d/g) ?? []) await this.button(key, within).click();
  }

  async signOn(name: string, pin: string): Promise<void> {
    await this.at('sign-on');
    await this.page.getByRole('button', { name: beginning(name) }).click();
    await this.keyIn(pin, this.page.getByRole('region', { name: m.sign_on_pin() }));
    await this.button(m.sign_on_do()).click();
    await this.at('sell');
  }

  /** Opens the shift on the sheet that follows the first sign-on. */
  async openShift(floatMinor: number): Promise<void> {
    const sheet = this.sheet(m.shift_open_title());
    await this.button(m.count_total(), sheet).click();
    await this.keyIn(String(floatMinor), sheet);
    await sheet.getByRole('button', { name: beginning(m.shift_open_do({ amount: BLANK })) }).click();
    await sheet.waitFor({ state: 'detached' });
  }

  /** Goes to a place, or back to selling. */
  async go(place: Office | 'sell'): Promise<void> {
    if ((await this.at('sell', 'office', 'done', 'pay')) === 'office') {
      const rail = this.page.getByRole('navigation', { name: m.more_places() });
      const key = rail.getByRole('button', { name: beginning(PLACES[place]()) });
      if (await key.isVisible()) await key.click();
      else {
        // On a low screen the keys of other groups are not there.
        await this.go('sell');
        await this.go(place);
      }
    } else if (place !== 'sell') {
      await this.openMore();
      await this.button(PLACES[place](), this.sheet(m.more_title())).click();
    }
    await this.at(place === 'sell' ? 'sell' : 'office');
  }

  async openMore(): Promise<void> {
    await this.button(m.docket_more(), this.docket).click();
    await this.sheet(m.more_title()).waitFor();
  }

  /** Sets up a network printer as an operator does, and waits until it answers. */
  async addPrinter(host: string, port: number): Promise<void> {
    await this.button(m.devices_add_network()).click();
    const form = this.page.getByRole('region', { name: m.devices_set_up() });
    await form.getByLabel(m.devices_host()).fill(host);
    await form.getByLabel(m.devices_port(), { exact: true }).fill(String(port));
    await this.button(m.save(), form).click();
    await form.waitFor({ state: 'detached' });
    await this.printerReady();
  }

  /** The printer's chip in the strip. */
  get printerChip(): Locator {
    return this.page.locator('[data-chip=printer]');
  }

  /** Waits until the printer can print. */
  async printerReady(): Promise<void> {
    await this.printerChip.getByText(m.state_ready()).waitFor();
  }

  // Selling

  /** A scanner that pretends to be a keyboard reads a label. */
  async scan(code: string): Promise<void> {
    await typeCode(this.page, code);
  }

  /** Taps a tile of a category, and the variant when the till asks for one. */
  async tap(category: string, name: string, variant = ''): Promise<void> {
    const rail = this.page.getByRole('navigation', { name: m.sell_categories() });
    await rail.getByRole('button', { name: category, exact: true }).click();
    await this.tile(name).click();
    if (variant !== '')
      await this.sheet(name)
        .getByRole('button', { name: beginning(variant) })
        .click();
  }

  tile(name: string): Locator {
    return this.goods.getByRole('button').filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Types into the search at the speed of a person and taps what is found. */
  async search(text: string, name: string): Promise<void> {
    await this.page.getByLabel(m.sell_search(), { exact: true }).pressSequentially(text, { delay: 90 });
    await this.tile(name).click();
  }

  /** Types a weight into the sheet that asks for it. */
  async weigh(name: string, grams: number): Promise<void> {
    const sheet = this.sheet(name);
    await this.keyIn(String(grams), sheet);
    await this.button(m.add_to_sale(), sheet).click();
    await sheet.waitFor({ state: 'detached' });
  }

  /** Sells something without a code. */
  async typePrice(name: string, amountMinor: number, taxRate: string): Promise<void> {
    // A banner about an unknown code offers the same, and lies over the first.
    await this.button(m.sell_type_a_price(), this.goods).last().click();
    const sheet = this.sheet(m.sell_type_a_price());
    await this.keyIn(String(amountMinor), sheet);
    await sheet.getByLabel(m.amount_name()).fill(name);
    await this.button(taxRate, sheet).click();
    await this.button(m.add_to_sale(), sheet).click();
    await sheet.waitFor({ state: 'detached' });
  }

  line(name: string): Locator {
    return this.docket.locator('[data-line]').filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Types a new quantity for the marked line. */
  async setQuantity(was: number, quantity: number): Promise<void> {
    await this.button(m.linebar_quantity({ count: was }), this.docket).click();
    const sheet = this.sheet(beginning(m.quantity_title({ name: BLANK })));
    await this.keyIn(String(quantity), sheet);
    await this.button(m.quantity_set(), sheet).click();
    await sheet.waitFor({ state: 'detached' });
  }

  /** Takes something off the marked line, or off the whole sale, and says why. */
  async discount(
    of: 'line' | 'sale',
    off: { readonly percent: number } | { readonly amountMinor: number },
    reason: string,
    note = '',
  ): Promise<void> {
    if (of === 'line') await this.button(m.linebar_discount(), this.docket).click();
    else {
      await this.openMore();
      await this.button(m.more_discount(), this.sheet(m.more_title())).click();
    }
    const title = of === 'line' ? beginning(m.discount_line_title({ name: BLANK })) : m.discount_cart_title();
    const sheet = this.sheet(title);
    if ('percent' in off) await this.button(`${off.percent}%`, sheet).click();
    else {
      await this.button(m.discount_amount(), sheet).click();
      await this.keyIn(String(off.amountMinor), sheet);
    }
    await sheet.getByLabel(m.discount_reason()).fill(reason);
    if (note !== '') await sheet.getByLabel(m.discount_note(), { exact: true }).fill(note);
    await this.button(m.save(), sheet).click();
    await sheet.waitFor({ state: 'detached' });
  }

  async park(label: string): Promise<void> {
    await this.button(m.docket_park(), this.docket).click();
    const sheet = this.sheet(m.park_title());
    await sheet.getByLabel(m.park_label()).fill(label);
    await this.button(m.park_do(), sheet).click();
    await this.docket.getByText(m.docket_empty()).waitFor();
  }

  /** Brings a parked cart back; one whose card payment is open comes back to be settled. */
  async bringBack(label: string, unsettled = false): Promise<void> {
    const key = unsettled ? m.docket_unsettled() : m.docket_parked({ count: 1 });
    await this.button(key, this.docket).click();
    const row = this.goods.getByRole('listitem').filter({ hasText: label });
    await this.button(unsettled ? m.parked_settle() : m.parked_bring_back(), row).click();
  }

  /** Empties the docket without a sale. */
  async void(reason: string): Promise<void> {
    await this.openMore();
    await this.button(m.more_void(), this.sheet(m.more_title())).click();
    const sheet = this.sheet(m.void_title());
    await sheet.getByLabel(m.void_reason()).fill(reason);
    await this.button(m.void_do(), sheet).click();
    await this.docket.getByText(m.docket_empty()).waitFor();
  }

  // Paying

  /** Ends the sale with a cash key of the docket, named as it is. */
  async quickCash(key: string): Promise<void> {
    await this.button(key, this.docket).click();
  }

  /** What the cash keys under the cart say, the exact one first. */
  async cashKeys(): Promise<string[]> {
    const keys = await this.docket.locator('.quick').getByRole('button').allInnerTexts();
    return keys.map((key) => key.trim());
  }

  async pay(): Promise<void> {
    await this.payKey.click();
    await this.at('pay');
  }

  /** Chooses cash, card or split. */
  async payBy(way: 'cash' | 'card' | 'split'): Promise<void> {
    const name = { cash: m.cash, card: m.card_machine, split: m.split }[way]();
    await this.page.getByRole('tab', { name, exact: true }).click();
  }

  /** Takes cash: what is left, or what the keypad says. */
  async takeCash(givenMinor?: number): Promise<void> {
    const ways = this.page.getByRole('region', { name: m.pay_ways() });
    if (givenMinor !== undefined) await this.keyIn(String(givenMinor), ways);
    await ways.getByRole('button', { name: beginning(m.cash_take()) }).click();
  }

  /** Sends the cashier to a card machine. */
  async startCard(provider: string): Promise<void> {
    await this.button(provider).click();
    await this.button(m.card_paid()).waitFor();
  }

  /** Says how the card machine answered. */
  async settleCard(outcome: 'paid' | 'declined' | 'unsure', slip = ''): Promise<void> {
    if (slip !== '') await this.page.getByLabel(m.card_slip()).fill(slip);
    await this.button({ paid: m.card_paid, declined: m.card_no, unsure: m.card_unsure }[outcome]()).click();
  }

  /** The number of the sale that was just confirmed, as the cashier reads it. */
  async confirmedNumber(): Promise<string> {
    await this.at('done');
    return (await this.page.getByText(m.done_saved()).locator('b').innerText()).trim();
  }

  async nextSale(): Promise<void> {
    await this.button(m.done_next()).click();
    await this.at('sell');
  }

  // The hub and other tills

  /** What the Network screen says of the exchange, by its state. */
  syncState(state: string): Locator {
    return this.page.locator(`[data-sync=${state}]`);
  }

  /** Joins a hub on the Network screen. */
  async join(address: string, code: string): Promise<void> {
    const form = this.page.getByRole('region', { name: m.sync_join() });
    await form.getByLabel(m.sync_code_address()).fill(address);
    await form.getByLabel(m.sync_code(), { exact: true }).fill(code);
    await this.button(m.sync_join_go(), form).click();
    await form.waitFor({ state: 'detached' });
  }

  /** Turns a new till into one more of a stall that sells already. */
  async joinStall(address: string, code: string, name: string): Promise<void> {
    await this.page.getByRole('button', { name: beginning(m.first_join()) }).click();
    const form = this.page.getByRole('region', { name: m.first_join() });
    await form.getByLabel(m.sync_code_address()).fill(address);
    await form.getByLabel(m.sync_code(), { exact: true }).fill(code);
    await form.getByLabel(m.first_join_name()).fill(name);
    await this.button(m.sync_join_go(), form).click();
    await this.at('sign-on');
  }

  /** Makes a code with which another till joins, and reads it. */
  async makeJoinCode(name: string): Promise<string> {
    await this.go('sync');
    await this.button(m.sync_add_till()).click();
    const panel = this.page.getByRole('region', { name: m.sync_add_till() });
    await panel.getByLabel(m.sync_add_name()).fill(name);
    await this.button(m.sync_add_make(), panel).click();
    const row = panel.locator('dl > div').filter({ has: this.page.getByText(m.sync_code(), { exact: true }) });
    return (await row.locator('dd').innerText()).trim();
  }

  /** Tries the exchange at once. */
  async tryNow(): Promise<void> {
    await this.button(m.sync_try_now()).click();
  }

  /** Waits on the Network screen until the hub has everything. */
  async inStep(timeout: number): Promise<void> {
    await this.syncState('online').getByText(m.sync_online(), { exact: true }).waitFor({ timeout });
  }

  // Papers and the day

  /** Opens what is not known to be printed, from the printer's chip. */
  async openUnprinted(count: number): Promise<Locator> {
    await this.printerChip.click();
    const sheet = this.sheet(m.unprinted_title({ count }));
    await sheet.waitFor();
    return sheet;
  }

  /** Prints all the receipts that wait for somebody's word. */
  async printHeld(count: number): Promise<void> {
    const sheet = await this.openUnprinted(count);
    await this.button(m.unprinted_print_all({ count }), sheet).click();
  }

  /** Prints one job that may have been printed, or not, before: a copy. */
  async printUnknown(number: string): Promise<void> {
    await this.openMore();
    await this.sheet(m.more_title())
      .getByRole('button', { name: m.more_unprinted({ count: 1 }) })
      .click();
    const sheet = this.sheet(m.unprinted_title({ count: 1 }));
    await sheet.getByRole('button', { name: beginning(m.job_receipt({ number })) }).click();
    await this.button(m.unprinted_print_chosen({ count: 1 }), sheet).click();
  }

  /** Prints the receipt of the sale on show again. */
  async printCopy(): Promise<void> {
    await this.button(m.done_print_copy()).click();
  }

  /** What the drawer should hold, as the day's screen says, in minor units. */
  async expectedInDrawer(): Promise<number> {
    const row = this.page.locator('dl > div').filter({ hasText: m.day_expected() });
    return Math.round(Number((await row.locator('dd').innerText()).replace(/[^0-9.]/g, '')) * 100);
  }

  /** Closes the shift with what was counted, and waits for the verdict. */
  async closeShift(
    countedMinor: number,
    denominations: readonly (readonly [label: string, worthMinor: number])[],
    reason: string,
  ): Promise<void> {
    await this.button(m.day_count_and_close()).click();
    await this.countCoins(countedMinor, denominations);
    await this.page.getByLabel(m.day_reason()).fill(reason);
  }

  async confirmClose(): Promise<void> {
    await this.button(m.day_close_do()).click();
    await this.page.getByText(m.day_closed()).waitFor();
  }

  /** Counts the drawer coin by coin, as many of the largest as fit. */
  async countCoins(totalMinor: number, denominations: readonly (readonly [label: string, worthMinor: number])[]) {
    let left = totalMinor;
    for (const [label, worthMinor] of denominations) {
      const count = Math.floor(left / worthMinor);
      left -= count * worthMinor;
      if (count === 0) continue;
      await this.page.getByRole('button', { name: beginning(`${label} `) }).click();
      await this.keyIn(String(count));
    }
  }
}
