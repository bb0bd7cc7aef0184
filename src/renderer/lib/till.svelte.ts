import { createContext } from 'svelte';
import type { Item } from '../../domain/catalogue';
import type { PricedLine } from '../../domain/cart';
import { readCode } from '../../domain/scanned-code';
import type {
  CallInput,
  CallName,
  CallOutput,
  DateWarning,
  DeviceStatusView,
  Tile,
  TopicState,
} from '../../shared/contract';
import type { CallError, CallResult } from '../../shared/errors';
import * as m from '../../shared/i18n/generated/messages.js';
import type { Client, Connection, Topics } from './client';
import { createFormat, type Format } from '../../shared/format';
import { localeFor } from '../../shared/language';
import { Sounds } from './sounds';
import { deviceWords, kindName } from '../../shared/device-words';
import { dateWords, errorWords, excerpt, noticeWords, sharesWords } from './words';

/** Where the till stands; `sell` is the floor, which shows paying and its end by itself. */
export type Place =
  | 'sell'
  | 'orders'
  | 'day'
  | 'devices'
  | 'goods'
  | 'prices'
  | 'people'
  | 'holds'
  | 'clips'
  | 'labels'
  | 'reel'
  | 'import'
  | 'stall'
  | 'sync'
  | 'settings';

/** What is pulled up over the goods. One at a time; a scan closes it, unless it is the camera that scans. */
export type Sheet =
  | { readonly kind: 'variants'; readonly item: Item }
  | {
      readonly kind: 'weight';
      readonly variantId: string;
      readonly name: string;
      readonly priceMinor: number | null;
      /** The line to weigh again; a new one unless given. */
      readonly lineId?: string;
    }
  /** The last known price is too old: somebody says what it costs. */
  | {
      readonly kind: 'price';
      readonly variantId: string;
      readonly name: string;
      readonly lastMinor: number | null;
      readonly quantity: number | null;
    }
  | { readonly kind: 'quantity' }
  | { readonly kind: 'amount' }
  | { readonly kind: 'camera' }
  | { readonly kind: 'discount'; readonly of: 'line' | 'cart' }
  | { readonly kind: 'why' }
  | { readonly kind: 'more' }
  | { readonly kind: 'park' }
  | { readonly kind: 'parked' }
  | { readonly kind: 'void' }
  | { readonly kind: 'drawer' }
  | { readonly kind: 'unprinted' }
  | { readonly kind: 'stray' }
  /** What shoppers hold of a variant that somebody wanted to sell to another. */
  | { readonly kind: 'held'; readonly variantId: string }
  /** What is divided among tills; `variantId` is what somebody wanted to sell. */
  | { readonly kind: 'shares'; readonly variantId: string | null }
  /** `thenPay`: the cashier asked to pay and is taken there once the float is counted. */
  | { readonly kind: 'open-shift'; readonly thenPay: boolean };

/** A code came from a scanner, or was typed and entered. */
interface Scanned {
  readonly code: string;
  /** How else its keys may be read. */
  readonly alternatives?: readonly string[];
  /** Where the till itself heard the scanner, and waits for an answer. */
  readonly scanId?: string;
}

/** What a scanner being tried has read. */
export interface ScanTrial {
  readonly code: string;
  /** Heard by the till itself, and not typed. */
  readonly byDevice: boolean;
  /** What goes by this code here, or null. */
  readonly itemName: string | null;
}

interface BannerAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Banner {
  readonly tone: 'noted' | 'hand' | 'stop';
  readonly title: string;
  readonly detail: string;
  readonly action?: BannerAction;
  readonly otherAction?: BannerAction;
  /** Stays until somebody closes it. */
  readonly stays?: boolean;
  readonly onClose?: () => void;
}

const BANNER_MS = 8_000;

/**
 * What the window shows: the kiosk's topics as they come, and the few things that belong to this window alone (which
 * screen, which sheet, which banner). It decides nothing about the sale: it calls and shows.
 */
export class Till {
  readonly client: Client;
  readonly sounds = new Sounds();

  connection = $state.raw<Connection>('connecting');
  session = $state.raw<TopicState<'session'> | null>(null);
  sale = $state.raw<TopicState<'sale'> | null>(null);
  jobs = $state.raw<TopicState<'jobs'> | null>(null);
  devices = $state.raw<TopicState<'devices'> | null>(null);
  catalogue = $state.raw<TopicState<'catalogue'> | null>(null);
  import = $state.raw<TopicState<'import'>>(null);
  sync = $state.raw<TopicState<'sync'> | null>(null);
  priceTests = $state.raw<TopicState<'priceTests'> | null>(null);
  footfall = $state.raw<TopicState<'footfall'> | null>(null);
  prices = $state.raw<TopicState<'prices'> | null>(null);
  displays = $state.raw<TopicState<'displays'> | null>(null);
  clips = $state.raw<TopicState<'clips'> | null>(null);
  holds = $state.raw<TopicState<'holds'> | null>(null);
  shop = $state.raw<TopicState<'shop'> | null>(null);
  reel = $state.raw<TopicState<'reel'> | null>(null);
  advice = $state.raw<TopicState<'advice'> | null>(null);

  place = $state.raw<Place>('sell');
  sheet = $state.raw<Sheet | null>(null);
  banner = $state.raw<Banner | null>(null);
  /** The order that the orders screen shows. */
  orderId = $state.raw<string | null>(null);
  /** A code that nothing goes by yet, for the item that is about to be added. */
  newBarcode = $state.raw<string | null>(null);
  /** Milliseconds since 1970; moves on with the minute. */
  nowMs = $state.raw(Date.now());

  /** In which amounts, dates and lists are written. */
  readonly locale: string = $derived(
    this.session ? localeFor(this.session.language, this.session.stall.locale) : 'en-GB',
  );
  readonly format: Format = $derived(
    createFormat({ ...(this.session?.stall ?? { currency: 'GBP', timeZone: 'UTC' }), locale: this.locale }),
  );
  readonly markedLine: PricedLine | null = $derived(
    this.sale?.cart.lines.find(({ lineId }) => lineId === this.sale?.markedLineId) ?? null,
  );
  /** How often each item is in the cart: pieces, or weighings. */
  readonly countInCart: Readonly<Record<string, number>> = $derived.by(() => {
    const counts: Record<string, number> = {};
    for (const { itemId, pricing, quantity } of this.sale?.cart.lines ?? []) {
      if (itemId !== null) counts[itemId] = (counts[itemId] ?? 0) + (pricing === 'kg' ? 1 : quantity);
    }
    return counts;
  });
  /** Advice that can still be taken and that nobody answered. */
  readonly openAdvice: TopicState<'advice'>['advice'] = $derived(
    (this.advice?.advice ?? []).filter(
      ({ answer, until }) => answer === null && (until === null || Date.parse(until) > this.nowMs),
    ),
  );
  /** Advice that was looked at in this window. */
  #seenAdvice = $state.raw<readonly string[]>([]);
  readonly hasNewAdvice: boolean = $derived(
    this.openAdvice.some(({ advice }) => !this.#seenAdvice.includes(advice.adviceId)),
  );
  /** While somebody tries a scanner: what it reads lands here and sells nothing. */
  trial = $state.raw<{ readonly scanned: ScanTrial | null } | null>(null);
  #codeTaker: ((code: string) => void) | null = null;
  /** Hardware scans of this window that are dealt with, or being dealt with. */
  #takenScans: readonly string[] = [];
  #toldNotice = '';
  /** What each device wanted when a person was last told. */
  readonly #toldOfDevices: Record<string, string> = {};
  #toldTakeover = '';
  #onceUnderWay = false;
  /** Banners that stay until somebody closes them, the newest last. */
  #unread: readonly Banner[] = [];
  #bannerTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client) {
    this.client = client;
    client.onConnection((connection) => {
      this.connection = connection;
    });
    client.onChange((changed) => this.#take(changed));
    setInterval(() => {
      this.nowMs = Date.now();
    }, 5_000);
  }

  #take(changed: Partial<Topics>): void {
    if (changed.session) {
      // Who leaves takes the open sheet and screen with them.
      if (this.session?.signedOn && !changed.session.signedOn) {
        this.place = 'sell';
        this.sheet = null;
      }
      this.session = changed.session;
      if (this.sync) this.#tellOfTakeover(this.sync.takenOver);
      this.#tellOfNotice(changed.session.notices[0]);
    }
    if (changed.sale) this.sale = changed.sale;
    if (changed.jobs) {
      this.#tellOfPaper(this.jobs, changed.jobs);
      this.jobs = changed.jobs;
    }
    if (changed.devices) {
      this.#tellOfDevices(this.devices, changed.devices);
      this.devices = changed.devices;
    }
    if (changed.scan) this.#takeScans(changed.scan);
    if (changed.catalogue) this.catalogue = changed.catalogue;
    if (changed.import !== undefined) this.import = changed.import;
    if (changed.sync) {
      this.sync = changed.sync;
      this.#tellOfTakeover(changed.sync.takenOver);
    }
    if (changed.priceTests) this.priceTests = changed.priceTests;
    if (changed.footfall) this.footfall = changed.footfall;
    if (changed.prices) this.prices = changed.prices;
    if (changed.displays) this.displays = changed.displays;
    if (changed.clips) this.clips = changed.clips;
    if (changed.holds) this.holds = changed.holds;
    if (changed.shop) this.shop = changed.shop;
    if (changed.reel) this.reel = changed.reel;
    if (changed.advice) this.advice = changed.advice;
  }

  /** Each scan of the till's own scanners is sold once, however many windows hear of it. */
  #takeScans({ scans }: TopicState<'scan'>): void {
    const isNew = scans.filter(({ scanId }) => !this.#takenScans.includes(scanId));
    this.#takenScans = scans.map(({ scanId }) => scanId);
    for (const { scanId, code } of isNew) void this.scan({ code, scanId });
  }

  /** What happened to the store stays on the screen until a person has read it. */
  #tellOfNotice(notice: TopicState<'session'>['notices'][number] | undefined): void {
    if (!notice || notice.noticeId === this.#toldNotice || !this.session?.signedOn) return;
    this.#toldNotice = notice.noticeId;
    const { noticeId, code } = notice;
    this.show({
      tone: code === 'disk-full' ? 'stop' : 'noted',
      ...noticeWords(notice),
      stays: true,
      onClose: () => void this.client.call('notice.dismiss', { noticeId }),
    });
  }

  /** Another till has this one's share of everything: who stands here must know before they sell. */
  #tellOfTakeover(takenOver: TopicState<'sync'>['takenOver']): void {
    if (!takenOver || takenOver.at === this.#toldTakeover || !this.session?.signedOn) return;
    this.#toldTakeover = takenOver.at;
    const { deviceId } = this.session.device;
    this.sounds.play('hand');
    this.show({
      tone: 'hand',
      title: m.takeover_of_this({ till: takenOver.by, time: this.format.time(takenOver.at) }),
      detail: m.takeover_of_this_detail({ till: takenOver.by }),
      stays: true,
      action: { label: m.takeover_go_on(), run: () => void this.do('backup.hand-back', { deviceId }) },
    });
  }

  /** What of the devices a person should know without looking: a hand is needed, one went away, one was set up. */
  #tellOfDevices(before: TopicState<'devices'> | null, after: TopicState<'devices'>): void {
    if (!before || !this.session?.signedOn) return;
    const action = { label: m.banner_look(), run: () => this.go('devices') };
    for (const device of after.devices) {
      const old = before.devices.find(({ deviceId }) => deviceId === device.deviceId);
      const words = deviceWords(device, after.platform);
      if (device.state === 'ready') delete this.#toldOfDevices[device.deviceId];
      if (!old && device.bySelf) {
        const title = m.devices_added({ name: device.label || kindName(device.kind) });
        this.show({ tone: 'noted', title, detail: m.devices_added_detail(), action });
      } else if (
        words.loud &&
        old?.reason !== device.reason &&
        this.#toldOfDevices[device.deviceId] !== device.reason
      ) {
        // One that is tried again and again wants the same hand each time: told once, until it was ready in between.
        this.#toldOfDevices[device.deviceId] = device.reason;
        this.sounds.play('hand');
        const detail = device.kind === 'printer' ? m.banner_keep_selling_detail() : words.mend;
        this.show({ tone: 'hand', title: m.banner_keep_selling({ cure: words.title }), detail, action });
      } else if (device.settings && device.state === 'absent' && old && wasThere(old)) {
        this.sounds.play('hand');
        const title = m.devices_gone({ name: kindName(device.kind) });
        this.show({ tone: 'hand', title, detail: m.devices_gone_detail(), action });
      }
    }
  }

  #tellOfPaper(before: TopicState<'jobs'> | null, after: TopicState<'jobs'>): void {
    const action = { label: m.banner_look(), run: () => this.openSheet({ kind: 'unprinted' }) };
    if (after.unknownCount > (before?.unknownCount ?? 0)) {
      this.show({ tone: 'hand', title: m.banner_unconfirmed(), detail: m.banner_unconfirmed_detail(), action });
    } else if (after.failedCount > (before?.failedCount ?? 0)) {
      this.show({ tone: 'hand', title: m.banner_refused(), detail: m.banner_refused_detail(), action });
    } else if (after.heldCount > (before?.heldCount ?? 0)) {
      const title = m.banner_receipts_wait({ count: after.heldCount });
      this.show({ tone: 'hand', title, detail: m.banner_receipts_wait_detail(), action });
    }
  }

  /** Calls the kiosk and says in a banner what went wrong; the result is for those who have more to do. */
  async do<N extends CallName>(name: N, input: CallInput<N>): Promise<CallResult<CallOutput<N>>> {
    const result = await this.client.call(name, input);
    if (!result.ok) this.showError(result.error);
    return result;
  }

  /** Somebody looked at this advice: it is not new any more. */
  seeAdvice(adviceIds: readonly string[]): void {
    this.#seenAdvice = adviceIds;
  }

  showError(error: CallError): void {
    this.sounds.play('unknown');
    if (error.code === 'held' && error.variantId !== undefined) {
      return this.openSheet({ kind: 'held', variantId: error.variantId });
    }
    if (error.code === 'share-spent' && error.variantId !== undefined) void this.#tellOfShares(error.variantId);
    this.show({ tone: error.code === 'disk-full' ? 'stop' : 'hand', ...errorWords(error, this.format) });
  }

  /** Says which till has some of what this one may sell no more of, and offers to look. */
  async #tellOfShares(variantId: string): Promise<void> {
    const found = await this.client.call('stock.shared', { itemId: null });
    const stock = found.ok ? found.value.variants.find((one) => one.variantId === variantId) : undefined;
    if (!stock) return;
    this.show({
      tone: 'hand',
      ...sharesWords(stock, this.format),
      action: { label: m.share_look(), run: () => this.openSheet({ kind: 'shares', variantId }) },
    });
  }

  show(banner: Banner): void {
    clearTimeout(this.#bannerTimer);
    this.banner = banner;
    if (banner.stays) this.#unread = [...this.#unread, banner];
    else this.#bannerTimer = setTimeout(() => this.hideBanner(), BANNER_MS);
  }

  /** Ends the banner shown; one that it lay over, and that must still be read, comes back. */
  hideBanner(): void {
    clearTimeout(this.#bannerTimer);
    this.#unread = this.#unread.filter((banner) => banner !== this.banner);
    this.banner = this.#unread.at(-1) ?? null;
  }

  /** Work goes on: what nobody must read goes. */
  #passBanner(): void {
    if (!this.banner?.stays) this.hideBanner();
  }

  go(place: Place): void {
    this.trial = null;
    this.sheet = null;
    this.place = place;
  }

  openSheet(sheet: Sheet): void {
    this.sheet = sheet;
    this.place = 'sell';
  }

  closeSheet(): void {
    this.sheet = null;
  }

  openOrder(orderId: string): void {
    this.orderId = orderId;
    this.go('orders');
  }

  /** Asks for the slip that says why things cost what they cost: of an order, or of the open sale; of one line or of all. */
  async printPrices(orderId: string | null, lineId: string | null): Promise<void> {
    if (!(await this.once('order.print-prices', { orderId, lineId }))?.ok) return;
    this.show({ tone: 'noted', title: m.why_printing(), detail: m.why_printing_detail() });
  }

  /** A scan longer than any code was thrown away. */
  refuseLongScan(): void {
    this.showError({ code: 'too-long', message: '', retryable: false });
  }

  /** Sells what was scanned, or says why not. */
  async scan(scanned: Scanned): Promise<void> {
    const { code, alternatives = [], scanId } = scanned;
    if (this.trial) return this.#try(scanned);
    if (this.#codeTaker) {
      if (scanId !== undefined) void this.client.call('scan.settle', { scanId, accepted: true });
      this.sounds.play('tock');
      this.#codeTaker(itemCode(code));
      return;
    }
    this.#clearFloor();
    const refused = !this.session?.signedOn || Boolean(this.sale?.payment);
    if (refused && scanId !== undefined) void this.client.call('scan.settle', { scanId, accepted: false });
    if (!this.session?.signedOn) {
      this.sounds.play('unknown');
      this.show({ tone: 'hand', title: m.banner_sign_on_first(), detail: m.banner_sign_on_first_detail() });
      return;
    }
    if (this.sale?.payment) {
      this.sounds.play('unknown');
      this.show({ tone: 'hand', title: m.banner_paying_title(), detail: m.banner_paying_detail() });
      return;
    }
    const result = await this.client.call('cart.scan', { code }, scanId);
    if (!result.ok) {
      const other = result.error.code === 'unknown-code' && (await this.#knownAmong(alternatives));
      if (other) await this.scan({ code: other });
      else this.#explainScan(result.error, code);
      return;
    }
    const outcome = result.value;
    if (outcome.kind === 'order') {
      this.openOrder(outcome.orderId);
      this.sounds.play('tock');
      return;
    }
    if (outcome.kind === 'price-needed') {
      this.sounds.play('hand');
      this.openSheet({ ...outcome, kind: 'price' });
      return;
    }
    const { name, dateWarning } = outcome;
    if (outcome.kind === 'weight-needed') {
      this.openSheet({ kind: 'weight', variantId: outcome.variantId, name, priceMinor: null });
    } else {
      this.place = 'sell';
      this.#passBanner();
    }
    if (dateWarning) this.#warnOfDate(dateWarning, name, outcome.kind === 'line' ? outcome.lineId : null);
    else this.sounds.play('tock');
  }

  /** The goods are on the docket all the same: the cashier sees what the label says, and decides. */
  #warnOfDate(warning: DateWarning, name: string, lineId: string | null): void {
    this.sounds.play('hand');
    const action = { label: m.date_take_off(), run: () => void this.#takeOne(lineId ?? '') };
    this.show({
      tone: warning.isPast && warning.date !== 'best-before' ? 'stop' : 'hand',
      ...dateWords(warning, name, this.format),
      stays: true,
      ...(lineId !== null && { action }),
    });
  }

  /** Takes one off a line, or the line when it is the last. */
  async #takeOne(lineId: string): Promise<void> {
    const line = this.sale?.cart.lines.find((one) => one.lineId === lineId);
    if (!line) return;
    const quantity = line.pricing === 'kg' ? 0 : line.quantity - 1;
    await (quantity > 0 ? this.do('cart.set-quantity', { lineId, quantity }) : this.do('cart.remove-line', { lineId }));
  }

  /** Gives what is scanned from now on to somebody else instead of selling it. Returns what ends that. */
  takeCodes(taker: (code: string) => void): () => void {
    this.#codeTaker = taker;
    return () => {
      if (this.#codeTaker === taker) this.#codeTaker = null;
    };
  }

  /** Shows what a scanner being tried has read, and what that means here. */
  async #try({ code, scanId }: Scanned): Promise<void> {
    if (scanId !== undefined) void this.client.call('scan.settle', { scanId, accepted: true });
    const found = await this.client.call('catalogue.lookup', { code });
    const itemName = found.ok ? (found.value?.item.name ?? null) : null;
    if (this.trial) this.trial = { scanned: { code, byDevice: scanId !== undefined, itemName } };
    this.sounds.play('tock');
  }

  /** A scan shows what it did: nothing lies over it but the camera, which may have more to scan. */
  #clearFloor(): void {
    if (this.sheet?.kind !== 'camera') this.sheet = null;
  }

  /** The first of the codes that the catalogue knows. */
  async #knownAmong(codes: readonly string[]): Promise<string | undefined> {
    for (const code of codes) {
      const found = await this.client.call('catalogue.lookup', { code });
      if (found.ok && found.value !== null) return code;
    }
    return undefined;
  }

  #explainScan(error: CallError, code: string): void {
    if (error.code !== 'unknown-code') {
      this.showError(error);
      return;
    }
    this.sounds.play('unknown');
    this.place = 'sell';
    this.show({
      tone: 'hand',
      title: m.banner_unknown_code({ code: excerpt(withoutIdentifier(code)) }),
      detail: m.banner_unknown_code_detail(),
      action: { label: m.sell_type_a_price(), run: () => this.openSheet({ kind: 'amount' }) },
      ...(this.session?.signedOn?.role === 'operator' && {
        otherAction: { label: m.banner_add_it(), run: () => this.#addItem(code) },
      }),
    });
  }

  #addItem(code: string): void {
    this.newBarcode = itemCode(code);
    this.go('goods');
  }

  /** A tile was tapped: one tap sells, unless a variant or a weight is still to be said. */
  async tap(tile: Tile): Promise<void> {
    if (tile.variantId === null) {
      const result = await this.do('catalogue.item', { itemId: tile.itemId });
      if (!result.ok) return;
      const prices = await this.do('prices.of', { itemId: tile.itemId });
      if (!prices.ok) return;
      // The price shown is the price charged.
      const variants = result.value.variants.map((variant) => {
        const now = prices.value.variants.find(({ variantId }) => variantId === variant.variantId);
        return now ? { ...variant, priceMinor: now.priceMinor } : variant;
      });
      this.openSheet({ kind: 'variants', item: { ...result.value, variants } });
      return;
    }
    await this.sell(tile.variantId, tile.pricing, tile.name, tile.priceMinor);
  }

  async sell(variantId: string, pricing: Tile['pricing'], name: string, priceMinor: number): Promise<void> {
    if (pricing === 'kg') {
      this.openSheet({ kind: 'weight', variantId, name, priceMinor });
      return;
    }
    this.sheet = null;
    const result = await this.client.call('cart.add', { variantId });
    if (result.ok) this.sounds.play('tock');
    else if (result.error.code === 'price-needed') {
      this.openSheet({ kind: 'price', variantId, name, lastMinor: priceMinor, quantity: null });
    } else this.showError(result.error);
  }

  /**
   * Calls the kiosk as `do` does, unless such a call is still under way: what moves money or ends a sale is not asked twice
   * by a double tap. Null for the second tap.
   */
  async once<N extends CallName>(name: N, input: CallInput<N>): Promise<CallResult<CallOutput<N>> | null> {
    if (this.#onceUnderWay) return null;
    this.#onceUnderWay = true;
    try {
      return await this.do(name, input);
    } finally {
      this.#onceUnderWay = false;
    }
  }

  /** Pay was tapped; without an open shift the float comes first. */
  async pay(): Promise<void> {
    if (!this.session?.shift) {
      this.openSheet({ kind: 'open-shift', thenPay: true });
      return;
    }
    this.sheet = null;
    await this.once('payment.open', {});
  }

  /** One tap on a cash key ends the sale, or pays a part of it. */
  async takeCash(givenMinor: number): Promise<void> {
    if (!this.session?.shift) {
      this.openSheet({ kind: 'open-shift', thenPay: true });
      return;
    }
    this.sheet = null;
    const result = await this.once('payment.cash', { givenMinor });
    if (result?.ok && result.value.orderId !== null) this.sounds.play('paid');
  }
}

/** What the catalogue should know an item by: of a label with dates and lots in it the number of the article alone. */
function itemCode(code: string): string {
  const read = readCode(code);
  const gtin = read.ok && 'gtin14' in read.value ? read.value.gtin14 : null;
  const label = withoutIdentifier(code);
  return gtin && !/^\d{6,14}$/.test(label) ? gtin.replace(/^0(?=\d{13}$)/, '') : label;
}

/** A code as it stands on the label: without the AIM identifier that says what kind of label it is. */
function withoutIdentifier(code: string): string {
  return code.replace(/^\][A-Za-z][0-9A-Za-z]/, '');
}

function wasThere({ state }: DeviceStatusView): boolean {
  return state === 'ready' || state === 'degraded';
}

/** The till of this window, for every component in it. */
export const [useTill, provideTill] = createContext<Till>();
