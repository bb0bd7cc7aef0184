import type { Cart, PricedCart } from '../../domain/cart';
import { fullName, type Item, type Quantity, type Variant } from '../../domain/catalogue';
import type { Minor } from '../../domain/money';
import {
  compileBook,
  isAbout,
  rulesAbout,
  type PriceBook,
  type SellingPlace,
  type TimedRule,
} from '../../domain/pricing/book';
import {
  leftBeside,
  nextGraceEndMs,
  piecesByRule,
  pricesFor,
  repriceCart,
  type CartWorld,
} from '../../domain/pricing/cart-prices';
import { agesAt, startPrice } from '../../domain/pricing/matrix';
import type { PricePolicy } from '../../domain/pricing/policy';
import { priceOf, type PriceNow, type PriceSubject, type RulesLeft } from '../../domain/pricing/price';
import { priceSteps, quote, type PriceStep, type WantedGoods } from '../../domain/pricing/quote';
import type { PriceRule, Selector } from '../../domain/pricing/rule';
import type { Clock, Unsubscribe } from '../../hardware/ports';
import { wallMs } from '../../journal/clock';
import { foldWords } from '../../journal/fold';
import type { EntryBody } from '../../journal/kinds';
import type { FoundVariant } from '../db/catalogue-reader';
import { attempt, type CoreContext } from './core-context';
import { PriceClock } from './price-clock';
import { areAround, localDays, timedRule, type LocalDays } from './price-windows';

/** Timers count in 32 bits, and a clock that ran wrong is found out within the hour. */
const LOOK_EVERY_MS = 60 * 60_000;
/** How soon after a jump of the wall clock somebody is told. */
const CLOCK_LOOK_MS = 15_000;
/** Goods looked at for one entry of the price log. */
const MOST_LOGGED = 1_000;
/** Of which so many are named in it. */
const MOST_NAMED = 200;
/** Goods kept at hand. */
const MOST_KEPT = 2_000;

type Cause = EntryBody<'price.changed'>['cause'];

/** Rules that others own: drops, price tests, accepted advice. */
export interface RuleSource {
  rules(): readonly PriceRule[];
  /** How many pieces this device may still sell under rules with a cap. */
  left?(): RulesLeft;
}

export interface PricingOptions {
  readonly clock: Clock;
  readonly steadyMs: () => number;
  /** Prices or the clock changed: what shows them asks again. Called once per change, before topics are told. */
  readonly onChanged: () => void;
}

interface KeptGoods extends FoundVariant {
  readonly nameWords: readonly string[];
}

/**
 * What everything costs now and why. Keeps the rules compiled for the present, moves on at the next instant at which any price
 * changes by one timer, and looks again before every use, so that no late timer makes a late price.
 */
export class PricingService {
  readonly #core: CoreContext;
  readonly #options: PricingOptions;
  readonly #sources: RuleSource[] = [];
  readonly clock: PriceClock;
  #local: LocalDays | null = null;
  #timed: readonly TimedRule[] | null = null;
  #timedById = new Map<string, { readonly rule: PriceRule; readonly timed: TimedRule }>();
  /** Rules that were replaced or taken off while carts may still keep their offers, until when. */
  #replaced: { readonly timed: TimedRule; readonly untilMs: number }[] = [];
  #policy: PricePolicy | null = null;
  #book: PriceBook | null = null;
  #left: RulesLeft = new Map();
  #nextMs = Number.POSITIVE_INFINITY;
  /** Since when prices are what they are, for other reasons than that a rule began or ended. Nobody was told before the start. */
  #sinceMs = Number.NEGATIVE_INFINITY;
  #epoch = 0;
  #hasFeeds = false;
  readonly #goods = new Map<string, KeptGoods | null>();
  readonly #shown = new Map<string, PriceNow>();
  #goodsVersion = '';
  #cancelTimer: Unsubscribe = () => undefined;
  /** Whether the wall clock went its own way when it was looked at last. */
  #isApart = false;
  #cancelLook: Unsubscribe = () => undefined;
  /** When the first grace of the open cart ends. */
  #graceEndMs: number | null = null;

  constructor(core: CoreContext, options: PricingOptions) {
    this.#core = core;
    this.#options = options;
    const last = core.store.prices.lastOwnInstant();
    this.clock = new PriceClock({
      now: core.now,
      steadyMs: options.steadyMs,
      lastMs: last === null ? null : wallMs(last),
    });
  }

  /** Adds rules that somebody else owns; who calls `changed` when they change. */
  add(source: RuleSource): void {
    this.#sources.push(source);
  }

  start(): void {
    this.#lookAtClock();
    this.current();
  }

  stop(): void {
    this.#cancelTimer();
    this.#cancelLook();
  }

  /** Another text with every change of any price. */
  version(): string {
    this.current();
    this.#freshGoods();
    return `${this.#epoch} ${this.#goodsVersion}`;
  }

  /** Grows with every change of prices that goods do not tell by themselves. */
  get epoch(): number {
    this.current();
    return this.#epoch;
  }

  /** UTC milliseconds by the clock prices go by. */
  nowMs(): number {
    return this.clock.nowMs();
  }

  /** The instant prices go by, where the wall clock shows another; else undefined. */
  instantApart(): string | undefined {
    return this.clock.aheadMs() === 0 ? undefined : new Date(this.clock.nowMs()).toISOString();
  }

  get policy(): PricePolicy {
    return (this.#policy ??= this.#core.store.prices.policy());
  }

  /** Where this till sells. A market that nobody named is where the stall stands. */
  get place(): SellingPlace {
    const place = this.#core.store.prices.place();
    return { ...place, event: place.event || this.#core.stall.place };
  }

  /** When any price changes next, UTC milliseconds, or null. */
  nextChangeMs(): number | null {
    this.current();
    return Number.isFinite(this.#nextMs) ? this.#nextMs : null;
  }

  /** The rules of now, wherever they come from, with their times as instants. */
  timedRules(): readonly TimedRule[] {
    this.current();
    return this.#timed ?? [];
  }

  /** The book of now. */
  current(): PriceBook {
    const nowMs = this.clock.nowMs();
    const isToday = this.#timed !== null && this.#local !== null && areAround(this.#local, nowMs);
    return this.#book !== null && isToday && nowMs < this.#nextMs ? this.#book : this.#move(nowMs);
  }

  /**
   * Rules, the policy, a feed or the place became others: prices are worked out anew, shown, and what changed is written down.
   * @param actor who did it, or null
   */
  changed(cause: Cause, actor: string | null): void {
    const before = this.#book;
    const rulesBefore = this.#timedById;
    this.#timed = null;
    this.#policy = null;
    this.#move(this.clock.nowMs());
    this.#sinceMs = this.clock.nowMs();
    // Another place changes no rule, but where each holds.
    const isElsewhere = ({ where }: PriceRule): boolean => cause.kind === 'place' && where.kind !== 'anywhere';
    const about = [...this.#timedById].flatMap(([ruleId, { rule }]) =>
      rulesBefore.get(ruleId)?.rule === rule && !isElsewhere(rule) ? [] : [rule],
    );
    const gone = [...rulesBefore].flatMap(([ruleId, { rule }]) =>
      this.#timedById.get(ruleId)?.rule === rule ? [] : [rule],
    );
    this.#tell(before, [...about, ...gone], cause, actor);
  }

  /** Goods or their stock became others. */
  goodsChanged(): void {
    this.#goods.clear();
    this.#shown.clear();
    this.#epoch += 1;
    this.#sinceMs = this.clock.nowMs();
    this.#readLeft();
    this.#options.onChanged();
  }

  /** Something was sold or held, or is held no more: another number may be left of what has a cap. */
  leftChanged(): void {
    if (this.#left.size === 0) return;
    this.#shown.clear();
    this.#epoch += 1;
    this.#readLeft();
  }

  /**
   * Writes down which of these variants cost something else now.
   * @param before what each cost, by its id
   */
  logChanges(before: ReadonlyMap<string, Minor | undefined>, cause: Cause, actor: string | null): void {
    const changes = [...before].flatMap(([variantId, beforeMinor]) => {
      const afterMinor = this.shown(variantId)?.unitPriceMinor;
      const goods = this.#goods.get(variantId);
      if (!goods || beforeMinor === undefined || afterMinor === undefined || afterMinor === beforeMinor) return [];
      const { item, variant } = goods;
      return [{ itemId: item.itemId, variantId, name: fullName(item, variant), beforeMinor, afterMinor }];
    });
    if (changes.length === 0) return;
    const at = new Date(this.clock.nowMs()).toISOString();
    const body = { cause, at, count: changes.length, changes: changes.slice(0, MOST_NAMED) };
    this.#core.store.commit({ actor, drafts: [{ kind: 'price.changed', body }], result: null });
  }

  /** A person says that the wall clock is right. */
  acceptClock(): void {
    this.clock.accept();
    this.#local = null;
    this.changed({ kind: 'policy', ids: ['clock'] }, null);
  }

  /** What a variant costs one more piece, for everyone: what tiles and displays show. */
  shown(variantId: string): PriceNow | null {
    this.current();
    this.#freshGoods();
    const known = this.#shown.get(variantId);
    if (known !== undefined) return known;
    const subject = this.subject(variantId);
    if (subject === null) return null;
    const price = priceOf(this.current(), subject, 'everyone', { left: this.#left, quantity: 1 });
    if (this.#shown.size >= MOST_KEPT) this.#shown.clear();
    this.#shown.set(variantId, price);
    return price;
  }

  /**
   * Whether no rule and no feed has a say in what goods of this item cost, as most often.
   * @param variantIds all of them, or null when they are not known
   */
  isOrdinary({ itemId, category }: Pick<Item, 'itemId' | 'category'>, variantIds: readonly string[] | null): boolean {
    const { everything, byItem, byCategory, byVariant, byWord } = this.current().units;
    if (this.#hasFeeds || everything.length > 0 || byWord.size > 0) return false;
    if (byItem.has(itemId) || byCategory.has(category)) return false;
    return byVariant.size === 0 || (variantIds !== null && !variantIds.some((variantId) => byVariant.has(variantId)));
  }

  /** What so much of a variant costs for an addition to a cart: in one part, or more where a cap ends in between. */
  pricesFor(cart: Cart, { variantId, pricing }: Variant, quantity: Quantity): ReturnType<typeof pricesFor> {
    const subject = this.subject(variantId);
    if (subject === null) return [];
    const asked = { left: leftBeside(this.#left, cart), pricing, quantity };
    return pricesFor(this.current(), subject, cart.audience ?? 'everyone', asked);
  }

  /** What more of a variant would cost anybody in one sale, piece by piece less; see the domain's function. */
  steps(goods: Omit<WantedGoods, 'quantity'>, left: Quantity | null): PriceStep[] {
    return priceSteps(goods, this.#world(), { stall: this.#core.stall, left });
  }

  /** The sale that anybody would be charged for these goods alone; null when somebody has to be asked. */
  quote(goods: readonly WantedGoods[]): PricedCart | null {
    return quote(goods, this.#world(), this.#core.stall);
  }

  /** When the time ends that a rule is on, UTC milliseconds; null for one that is not on, or has no end. */
  endsAtMs(ruleId: string): number | null {
    const nowMs = this.clock.nowMs();
    let endMs: number | null = null;
    // The steps of a markdown follow each other without a gap.
    for (const { fromMs, untilMs } of this.#timedById.get(ruleId)?.timed.windows ?? []) {
      if (fromMs <= (endMs ?? nowMs) && untilMs > nowMs) endMs = untilMs;
    }
    return endMs !== null && Number.isFinite(endMs) ? endMs : null;
  }

  /** A cart at the prices of now. */
  reprice(cart: Cart, before: Cart = cart): Cart {
    const repriced = repriceCart(cart, this.#world(), before);
    this.#graceEndMs = nextGraceEndMs(repriced);
    this.#setTimer();
    return repriced;
  }

  /** Whether a cart has to be looked at again after it changed, though no price did. */
  isUnsettled(cart: Cart): boolean {
    const { offers } = this.current();
    const isEmpty =
      offers.everything.length === 0 &&
      offers.byCategory.size === 0 &&
      offers.byItem.size === 0 &&
      offers.byVariant.size === 0 &&
      offers.byWord.size === 0;
    return !isEmpty || cart.lines.some((line) => line.offers !== undefined || line.trace?.spent !== undefined);
  }

  /**
   * Of a cart the first rule with a cap that gives more than is left of it here.
   * @param before a cart in which no less was allowed already
   * @returns null when all of it is there
   */
  overspent(
    cart: Cart,
    before?: Cart,
  ): { readonly ruleId: string; readonly name: string; readonly left: number } | null {
    if (this.#left.size === 0) return null;
    const wanted = piecesByRule(cart);
    const had = before === undefined ? null : piecesByRule(before);
    for (const [ruleId, left] of this.#left) {
      const pieces = wanted.get(ruleId) ?? 0;
      if (pieces <= left || pieces <= (had?.get(ruleId) ?? 0)) continue;
      return { ruleId, name: this.#timedById.get(ruleId)?.rule.name ?? '', left };
    }
    return null;
  }

  /** A variant with everything its price depends on, or null when it is not in the catalogue. */
  subject(variantId: string): PriceSubject | null {
    this.#freshGoods();
    let goods = this.#goods.get(variantId);
    if (goods === undefined) {
      const found = this.#core.store.catalogue.variant(variantId);
      goods = found && { ...found, nameWords: foldWords(fullName(found.item, found.variant)) };
      if (this.#goods.size >= MOST_KEPT) this.#goods.clear();
      this.#goods.set(variantId, goods);
    }
    return goods && this.#subjectOf(goods);
  }

  /** Goods a selector is about, at most so many. */
  goodsAbout(
    what: Selector,
    most: number,
  ): { readonly item: Item; readonly variant: Variant; readonly subject: PriceSubject }[] {
    const all: { item: Item; variant: Variant; subject: PriceSubject }[] = [];
    for (const { item, at } of this.#core.store.catalogue.itemsAbout(what, most)) {
      for (const variant of item.variants) {
        const subject = this.#subjectOf({ item, variant, at, nameWords: foldWords(fullName(item, variant)) });
        if (!isAbout(what, subject)) continue;
        all.push({ item, variant, subject });
        if (all.length === most) return all;
      }
    }
    return all;
  }

  /** The goods of a cart as they are now, for working out what it would have cost under other rules. */
  worldWith(book: PriceBook): CartWorld {
    return { ...this.#world(), book };
  }

  /** A book of these rules instead of those there are, at an instant. */
  bookOf(timed: readonly TimedRule[], nowMs: number): PriceBook {
    return compileBook(timed, { nowMs, place: this.place, policy: this.policy });
  }

  /** A rule with its times as instants around now. */
  timed(rule: PriceRule): TimedRule {
    return timedRule(rule, this.#days(this.clock.nowMs()));
  }

  /** How many rules are on for goods like these, in the order they are looked at. */
  rulesAbout(subject: PriceSubject, book: PriceBook): PriceRule[] {
    return [...rulesAbout(book.units, subject)].map(({ rule }) => rule);
  }

  #world(): CartWorld {
    const book = this.current();
    return {
      book,
      nowMs: this.clock.nowMs(),
      sinceMs: Math.max(this.#sinceMs, Number.isFinite(book.fromMs) ? book.fromMs : this.#sinceMs),
      left: this.#left,
      subjectOf: (variantId) => this.subject(variantId),
    };
  }

  #subjectOf({ item, variant, at, nameWords }: KeptGoods): PriceSubject {
    const observation = this.#hasFeeds ? this.#core.store.prices.observation(variant.variantId) : null;
    const { category } = item;
    const { priceMinor, costMinor } = variant;
    const writtenMs = observation === null ? 0 : wallMs(at);
    return {
      variantId: variant.variantId,
      itemId: item.itemId,
      category,
      nameWords,
      costMinor,
      stock: variant.stock ?? observation?.stock ?? null,
      start: startPrice({ category, priceMinor, costMinor, writtenMs, observation }, this.policy, this.clock.nowMs()),
    };
  }

  /** Forgets goods that a sale, an edit or another device has changed. */
  #freshGoods(): void {
    const { store } = this.#core;
    const version = `${store.catalogue.version()} ${store.nextOrderSequence()}`;
    if (version === this.#goodsVersion) return;
    this.#goodsVersion = version;
    this.#goods.clear();
    this.#shown.clear();
  }

  #days(nowMs: number): LocalDays {
    const { timeZone } = this.#core.stall;
    if (this.#local === null || this.#local.timeZone !== timeZone || !areAround(this.#local, nowMs)) {
      this.#local = localDays(nowMs, timeZone);
      this.#timedById = new Map();
      this.#timed = null;
    }
    return this.#local;
  }

  /** Compiles the book of an instant, and sets the timer for the next. */
  #move(nowMs: number): PriceBook {
    const before = this.#book;
    const isLater = before !== null && nowMs >= this.#nextMs;
    const days = this.#days(nowMs);
    this.#timed ??= this.#timeRules(nowMs, days);
    this.#hasFeeds = this.#core.store.prices.feeds().length > 0;
    this.#replaced = this.#replaced.filter(({ untilMs }) => untilMs > nowMs);
    const book = this.bookOf([...this.#timed, ...this.#replaced.map(({ timed }) => timed)], nowMs);
    this.#book = book;
    this.#nextMs = Math.min(book.untilMs, this.#nextAgeMs(nowMs));
    this.#shown.clear();
    this.#epoch += 1;
    this.#readLeft();
    this.#setTimer();
    if (!isLater) return book;
    const passed = before.untilMs <= nowMs;
    this.#sinceMs = passed ? before.untilMs : nowMs;
    const turned = this.#timed.filter(({ windows }) =>
      windows.some(
        ({ fromMs, untilMs }) => isBetween(fromMs, before.fromMs, nowMs) || isBetween(untilMs, before.fromMs, nowMs),
      ),
    );
    const rules = turned.map(({ rule }) => rule);
    this.#tell(before, rules, { kind: originOf(rules), ids: [] }, null);
    return book;
  }

  #timeRules(nowMs: number, days: LocalDays): TimedRule[] {
    const before = this.#timedById;
    const rules = [...this.#core.store.prices.rules(), ...this.#sources.flatMap((source) => source.rules())];
    this.#timedById = new Map(
      rules.map((rule) => {
        const known = before.get(rule.ruleId);
        const same = known !== undefined && isSameRule(known.rule, rule) ? known : null;
        return [rule.ruleId, same ?? { rule, timed: timedRule(rule, days) }];
      }),
    );
    for (const [ruleId, { rule, timed }] of before) {
      if (this.#timedById.get(ruleId)?.rule === rule) continue;
      const graceMs = rule.graceMs ?? this.policy.graceMs;
      const windows = timed.windows.filter(({ fromMs, untilMs }) => fromMs < nowMs && untilMs > nowMs);
      if (windows.length === 0) continue;
      this.#replaced.push({
        timed: { rule, windows: windows.map((window) => ({ ...window, untilMs: nowMs })) },
        untilMs: nowMs + graceMs,
      });
    }
    return [...this.#timedById.values()].map(({ timed }) => timed);
  }

  #readLeft(): void {
    this.#left = new Map(this.#sources.flatMap((source) => [...(source.left?.() ?? [])]));
  }

  #nextAgeMs(nowMs: number): number {
    if (!this.#hasFeeds) return Number.POSITIVE_INFINITY;
    const ages = this.#core.store.prices.observedInstants().map((observedMs) => agesAt(observedMs, nowMs, this.policy));
    return Math.min(Number.POSITIVE_INFINITY, ...ages.filter((at) => at !== null));
  }

  #setTimer(): void {
    this.#cancelTimer();
    const nextMs = Math.min(this.#nextMs, this.#graceEndMs ?? Number.POSITIVE_INFINITY);
    const delayMs = Math.min(Math.max(nextMs - this.clock.nowMs(), 0), LOOK_EVERY_MS);
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      attempt(this.#core, 'The open sale could not be brought to the prices of now', () => {
        const graceIsOver = this.#graceEndMs !== null && this.clock.nowMs() >= this.#graceEndMs;
        if (graceIsOver) this.#graceEndMs = null;
        const { epoch } = this;
        this.current();
        // A boundary tells by itself.
        if (graceIsOver && epoch === this.#epoch) this.#options.onChanged();
      });
      this.#setTimer();
    });
  }

  #lookAtClock(): void {
    const byMs = this.clock.look();
    if (byMs !== null) {
      const at = new Date(this.clock.nowMs()).toISOString();
      const body = { byMs: Math.round(byMs), at };
      attempt(this.#core, 'A jump of the clock could not be written down', () =>
        this.#core.store.commit({ actor: null, drafts: [{ kind: 'clock.jumped', body }], result: null }),
      );
      this.#core.log.warn({ byMs }, 'The clock of this machine jumped: prices go on by a steady one');
    }
    // Also once it is right again.
    const isApart = this.clock.aheadMs() !== 0;
    if (byMs !== null || isApart !== this.#isApart) this.#core.topics.mark('prices');
    this.#isApart = isApart;
    this.#cancelLook = this.#options.clock.after(CLOCK_LOOK_MS, () => this.#lookAtClock());
  }

  /** Shows the prices of now, and once the screens have them writes down which changed. */
  #tell(before: PriceBook | null, rules: readonly PriceRule[], cause: Cause, actor: string | null): void {
    this.#options.onChanged();
    const after = this.#book;
    if (before === null || after === null || rules.length === 0) return;
    const at = new Date(this.clock.nowMs()).toISOString();
    setImmediate(() => {
      try {
        this.#write(before, after, rules, { cause, actor, at });
      } catch (error) {
        this.#core.log.warn({ error }, 'A change of prices could not be written down');
      }
    });
  }

  #write(
    before: PriceBook,
    after: PriceBook,
    rules: readonly PriceRule[],
    { cause, actor, at }: { readonly cause: Cause; readonly actor: string | null; readonly at: string },
  ): void {
    const seen = new Set<string>();
    const changes: EntryBody<'price.changed'>['changes'][number][] = [];
    let count = 0;
    let isCut = false;
    for (const rule of rules) {
      const most = MOST_LOGGED - seen.size;
      const about = this.goodsAbout(rule.what, most);
      isCut ||= about.length === most;
      for (const { item, variant, subject } of about) {
        if (seen.has(variant.variantId)) continue;
        seen.add(variant.variantId);
        const beforeMinor = priceOf(before, subject, 'everyone').unitPriceMinor;
        const afterMinor = priceOf(after, subject, 'everyone').unitPriceMinor;
        if (beforeMinor === afterMinor) continue;
        count += 1;
        const { variantId } = variant;
        const name = fullName(item, variant);
        if (changes.length < MOST_NAMED)
          changes.push({ itemId: item.itemId, variantId, name, beforeMinor, afterMinor });
      }
      if (seen.size >= MOST_LOGGED) break;
    }
    if (count === 0) return;
    const ids =
      cause.ids.length > 0 ? cause.ids : rules.slice(0, 50).map(({ ruleId, version }) => `${ruleId}@${version}`);
    // Whoever was told of every change there is asks for no other.
    if (isCut) count = Math.max(count, changes.length + 1);
    const body = { cause: { ...cause, ids }, at, count, changes };
    this.#core.store.commit({ actor, drafts: [{ kind: 'price.changed', body }], result: null });
  }
}

function isBetween(atMs: number, fromMs: number, untilMs: number): boolean {
  return atMs > fromMs && atMs <= untilMs;
}

function isSameRule(one: PriceRule, other: PriceRule): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** What kind of thing changed prices, when time alone did. */
function originOf(rules: readonly PriceRule[]): Cause['kind'] {
  return rules[0]?.origin ?? 'rule';
}
