import { createHash, randomBytes } from 'node:crypto';
import { fullName, type Item, type Variant } from '../../domain/catalogue';
import {
  checkHold,
  checkHoldMinutes,
  checkUsable,
  extendHold,
  giveMoreTime,
  heldPieces,
  holdPhase,
  HOLD_LIMITS,
  keepsGoods,
  lineHold,
  type Hold,
  type HoldEndReason,
  type KnownHold,
  type MoreTime,
} from '../../domain/hold';
import {
  holdIdFrom,
  holdToken,
  PAGE_KEY_BYTES,
  pageKeyFrom,
  readHoldToken,
  readShortHoldCode,
  shortHoldCode,
  signedText,
  ticketBytes,
  type HoldTicket,
} from '../../domain/hold-token';
import { readOwnCode, tokenCode } from '../../domain/own-code';
import { linePrice } from '../../domain/pricing/cart-prices';
import { splitAim } from '../../domain/symbology';
import { refuse, type Verdict } from '../../domain/refusal';
import { plainText } from '../../domain/text';
import type { Clock, Unsubscribe } from '../../hardware/ports';
import { isSignedBy } from '../../journal/identity';
import type { EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput, HoldView, ScanOutcome, TopicState } from '../../shared/contract';
import type { WordedCode } from '../../shared/errors';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import { attempt, type CoreContext } from './core-context';
import type { PricingService } from './pricing-service';
import type { HeldGoods } from './sale-service';

type Nothing = Record<string, never>;
type HoldPolicy = Pick<TopicState<'holds'>, 'isOn' | 'minutes' | 'mayAskMore'>;

interface HoldHooks {
  readonly prices: PricingService;
  readonly clock: Clock;
  readonly isOpen: () => boolean;
  readonly isRevoked: (deviceId: string) => boolean;
  /**
   * The docket: pieces of a variant that come from no hold, what more of it costs, the holds on it and on carts set aside by
   * their ids, and how one gets there.
   */
  readonly docket: {
    readonly unheld: (variantId: string) => number;
    readonly pricesBeside: (variant: Variant, quantity: number) => ReturnType<PricingService['pricesFor']>;
    readonly holds: () => ReadonlyMap<string, HoldTicket>;
    readonly add: <T>(goods: HeldGoods, context: CallContext, resultOf: (lineId: string) => T) => T;
  };
}

/** What is over is shown so long, and counts against who holds the same again and again. */
const SHOWN_AFTER_MS = HOLD_LIMITS.againMs;
/** So many that are over are shown beside those that are not. */
const MOST_OVER = 30;
/** A name is kept so long after its hold, for somebody who comes too late. */
const NAME_KEPT_MS = 24 * 60 * 60_000;
const FORGET_EVERY_MS = 60 * 60_000;
/** Longest name, phone number and words of consent. */
const LONGEST = { name: 60, phone: 30, consent: 400 } as const;
const POLICY = 'holds';

/**
 * Puts goods aside for shoppers and sells them at the promised price. All of it is decided here and now by the prices' clock; a
 * hold of another till that was not heard of yet is believed by its signature.
 */
export class HoldService {
  readonly #core: CoreContext;
  readonly #hooks: HoldHooks;
  /** Those that count and those over lately, by id. */
  #known: Map<string, KnownHold> | null = null;
  #cancelTimer: Unsubscribe = () => undefined;

  constructor(core: CoreContext, hooks: HoldHooks) {
    this.#core = core;
    this.#hooks = hooks;
  }

  start(): void {
    // Whose time was over while the till was off.
    this.#forgetOver();
    this.#setTimer();
  }

  stop(): void {
    this.#cancelTimer();
  }

  /** Holds or orders came from other tills. */
  received(): void {
    this.#known = null;
    this.#changed();
  }

  /** An order was placed here that sold holds. */
  sold(holdIds: readonly string[]): void {
    if (holdIds.length === 0) return;
    for (const holdId of holdIds) this.#reread(holdId);
    this.#changed();
  }

  /** Whether anything is held, or was lately: most often nothing, and a sale asks for no more. */
  hasAny(): boolean {
    return this.#holds().size > 0 || this.#hooks.docket.holds().size > 0;
  }

  /**
   * How many pieces of a variant may be sold to somebody who holds none, or null when nothing of it is held here.
   * @param share what this till may sell at all where the stock is divided, else null
   */
  free(variantId: string, share: number | null): number | null {
    if (share !== null) {
      const here = this.heldFrom(variantId);
      return here === 0 ? null : share - here;
    }
    const held = heldPieces(this.#keeping(), variantId);
    if (held === 0) return null;
    const stock = this.#variant(variantId)?.variant.stock ?? null;
    return stock === null ? null : stock - held;
  }

  /** Pieces of a variant that are held from the stock of a till; of this one unless said. */
  heldFrom(variantId: string, deviceIds: readonly string[] = this.#ownIds()): number {
    return heldPieces(this.#keeping(deviceIds), variantId);
  }

  /** Pieces that are held of each item, of all its variants. */
  heldByItem(): ReadonlyMap<string, number> {
    const held = new Map<string, number>();
    for (const { hold } of this.#keeping()) held.set(hold.itemId, (held.get(hold.itemId) ?? 0) + hold.quantity);
    return held;
  }

  /** Pieces held at the price of a rule. */
  heldBy(ruleId: string): number {
    return this.#keeping(this.#ownIds()).reduce((sum, { hold: { quantity, trace } }) => {
      const isBy = trace?.steps.some((step) => step.kind === 'rule' && step.ruleId === ruleId) ?? false;
      return isBy ? sum + quantity : sum;
    }, 0);
  }

  /** What of an item can be held now, and on what terms. */
  offer({ itemId }: CallInput<'hold.offer'>): CallOutput<'hold.offer'> {
    const item = this.#core.store.catalogue.item(itemId);
    if (!item) throw new CallFailure('unknown-item');
    const { isOn, minutes } = this.#policy();
    return {
      isOn: isOn && this.#hooks.isOpen(),
      minutes,
      mostPieces: HOLD_LIMITS.pieces,
      variants: item.variants.flatMap((variant) => {
        const { variantId, pricing } = variant;
        const price = this.#hooks.prices.shown(variantId);
        if (pricing !== 'each' || price === null || price.mustAsk) return [];
        const { unitPriceMinor, wasMinor } = price;
        const available = this.#available(item, variant);
        return [{ variantId, name: fullName(item, variant), priceMinor: unitPriceMinor, wasMinor, available }];
      }),
    };
  }

  place(input: CallInput<'hold.place'>, { requestId, staffId }: CallContext): CallOutput<'hold.place'> {
    const { variantId, quantity, holder, person } = input;
    const policy = this.#policy();
    if (!policy.isOn || !this.#hooks.isOpen()) {
      throw new CallFailure('holds-off');
    }
    const found = this.#variant(variantId);
    if (!found) throw new CallFailure('unknown-item');
    const { item, variant } = found;
    if (variant.pricing !== 'each') {
      throw new CallFailure('bad-hold', { details: { reason: 'weighed-goods' } });
    }
    const nowMs = this.#hooks.prices.nowMs();
    const now = new Date(nowMs).toISOString();
    const minutes = input.minutes ?? policy.minutes;
    const available = this.#available(item, variant);
    unwrap(checkHold({ variantId, quantity, holder, minutes }, { available, holds: [...this.#holds().values()], now }));
    const [first, ...others] = this.#hooks.docket.pricesBeside(variant, quantity);
    if (first === undefined || first.price.mustAsk) {
      throw new CallFailure('price-needed', { details: { reason: 'old-price-promised' } });
    }
    if (others.length > 0) {
      throw new CallFailure('none-to-hold', { details: { reason: 'some-at-price', left: first.quantity } });
    }
    const heldFor = checkedPerson(person);
    const expiresAt = new Date(nowMs + minutes * 60_000).toISOString();
    const pageKey = pageKeyFrom(randomBytes(PAGE_KEY_BYTES));
    const hold: Hold = {
      holdId: idOfPage(pageKey),
      itemId: item.itemId,
      variantId,
      name: fullName(item, variant),
      quantity,
      ...linePrice(first.price),
      placedAt: now,
      expiresAt,
      holder,
      person: heldFor === null ? null : this.#core.newId(),
    };
    const result = { holdId: hold.holdId, pageKey };
    // The name first: a hold may stand without one, but no name without a hold for longer than its time.
    if (heldFor !== null && hold.person !== null) {
      this.#core.store.heldFor.put(
        hold.person,
        heldFor,
        new Date(nowMs + minutes * 60_000 + NAME_KEPT_MS).toISOString(),
      );
    }
    this.#commit({ requestId, staffId }, hold.holdId, { kind: 'hold.placed', body: { hold } }, result);
    return result;
  }

  look({ pageKey }: CallInput<'hold.look'>): CallOutput<'hold.look'> {
    const known = this.#find(idOfPage(pageKey));
    if (known === null) return null;
    const { heldFor: _heldFor, ...view } = this.#view(known);
    const isSigned = view.phase === 'open' && known.deviceId === this.#core.store.device.deviceId;
    return {
      ...view,
      now: this.#now(),
      code: isSigned ? this.#codeOf(known) : null,
      moreMinutes: this.#moreTime(known).ok ? HOLD_LIMITS.moreMinutes : null,
    };
  }

  more({ pageKey }: CallInput<'hold.more'>, context: CallContext): CallOutput<'hold.more'> {
    const holdId = idOfPage(pageKey);
    const { expiresAt, timesAsked } = unwrap(this.#moreTime(this.#require(holdId)));
    const result = { expiresAt };
    this.#commit(context, holdId, { kind: 'hold.extended', body: { holdId, expiresAt, timesAsked } }, result);
    return result;
  }

  /** The shopper does not want it any more: what they said of themselves is forgotten at once. */
  giveUp({ pageKey }: CallInput<'hold.give-up'>, context: CallContext): Nothing {
    const known = this.#require(idOfPage(pageKey));
    this.#end(known, 'by-shopper', context);
    this.#forget(known);
    return {};
  }

  release({ holdId, reason }: CallInput<'hold.release'>, context: CallContext): Nothing {
    const known = this.#require(holdId);
    if (this.#hooks.docket.holds().has(holdId)) throw onDocket();
    this.#end(known, reason, context);
    return {};
  }

  extend({ holdId, minutes }: CallInput<'hold.extend'>, context: CallContext): CallOutput<'hold.extend'> {
    const expiresAt = unwrap(extendHold(this.#require(holdId), minutes, this.#now()));
    const result = { expiresAt };
    this.#commit(context, holdId, { kind: 'hold.extended', body: { holdId, expiresAt } }, result);
    return result;
  }

  forget({ holdId }: CallInput<'hold.forget'>): Nothing {
    this.#forget(this.#require(holdId));
    this.#core.topics.mark('holds');
    return {};
  }

  setPolicy(policy: CallInput<'hold.set-policy'>): Nothing {
    unwrap(checkHoldMinutes(policy.minutes));
    this.#core.store.settings.set(POLICY, policy);
    this.#core.topics.mark('holds');
    return {};
  }

  take({ holdId }: CallInput<'hold.take'>, context: CallContext): CallOutput<'hold.take'> {
    return this.#sell(this.#require(holdId), context, (lineId) => ({ lineId }));
  }

  /** Sells the hold of a scanned code, or of a short one that was typed; null when it is the code of no hold. */
  scan(code: string, context: CallContext): ScanOutcome | null {
    const text = splitAim(code.trim()).text;
    const own = readOwnCode(text);
    const known = own?.kind === 'hold' ? this.#ofToken(own.token) : this.#ofShortCode(text);
    if (known === null) return null;
    const { name } = known.hold;
    return this.#sell(known, context, (lineId) => ({ kind: 'line', lineId, name, dateWarning: null }));
  }

  /** How long a hold lasts, or null while shoppers may hold nothing. */
  offeredMinutes(): number | null {
    const { isOn, minutes } = this.#policy();
    return isOn ? minutes : null;
  }

  state(): TopicState<'holds'> {
    const now = this.#now();
    const all = [...this.#holds().values()];
    const open = all.filter((known) => holdPhase(known, now) === 'open');
    const over = all.filter((known) => !open.includes(known)).slice(-MOST_OVER);
    const onDocket = this.#hooks.docket.holds();
    const keeping = this.#keeping();
    const variantIds = new Set(keeping.map(({ hold }) => hold.variantId));
    return {
      now,
      ...this.#policy(),
      holds: [...open, ...over].map((known) => this.#view(known, onDocket)),
      clashes: [...variantIds].flatMap((variantId) => {
        const found = this.#variant(variantId);
        const stock = found?.variant.stock ?? null;
        const held = heldPieces(keeping, variantId);
        if (!found || stock === null || held <= stock) return [];
        return [{ variantId, name: fullName(found.item, found.variant), held, onHand: stock }];
      }),
    };
  }

  /**
   * The hold a signed token is about. What is known here of it counts; else what the till that signed it says.
   * @throws {CallFailure} `hold-forged`
   */
  #ofToken(token: string): KnownHold {
    const read = readHoldToken(token);
    const { store } = this.#core;
    const signer = read && store.stall.devices().find(({ deviceId }) => deviceId === read.ticket.deviceId);
    const isOurs =
      read !== null &&
      signer &&
      !this.#hooks.isRevoked(signer.deviceId) &&
      isSignedBy(signedText(read.signed), Buffer.from(read.signature).toString('base64'), signer.publicKey);
    if (!isOurs) throw new CallFailure('hold-forged');
    const { ticket } = read;
    const known = this.#find(ticket.holdId) ?? this.#unheard(ticket);
    if (known === null) throw new CallFailure('unknown-item', { details: { reason: 'held-item-gone' } });
    // It may have been extended where it was made.
    return ticket.expiresAt > known.expiresAt ? { ...known, expiresAt: ticket.expiresAt } : known;
  }

  /** A hold of another till that has not told yet, or null when this one does not know its goods. */
  #unheard({
    holdId,
    deviceId,
    variantId,
    quantity,
    unitPriceMinor,
    placedAt,
    expiresAt,
  }: HoldTicket): KnownHold | null {
    const found = this.#variant(variantId);
    if (!found) return null;
    const { item, variant } = found;
    return {
      hold: {
        holdId,
        itemId: item.itemId,
        variantId,
        name: fullName(item, variant),
        quantity,
        unitPriceMinor,
        placedAt,
        expiresAt,
        holder: null,
        person: null,
      },
      deviceId,
      expiresAt,
      timesAsked: 0,
      end: null,
      orderIds: this.#core.store.holds.ordersOf(holdId),
    };
  }

  #ofShortCode(typed: string): KnownHold | null {
    const code = readShortHoldCode(typed);
    if (code === null) return null;
    const now = this.#now();
    const named = [...this.#holds().values()].filter(({ hold }) => shortHoldCode(hold.holdId) === code);
    const known = named.find((one) => holdPhase(one, now) === 'open') ?? named[0];
    // Goods may go by the same six letters.
    return known === undefined || this.#core.store.catalogue.lookup([typed]) !== null ? null : known;
  }

  #sell<T>(known: KnownHold, context: CallContext, resultOf: (lineId: string) => T): T {
    unwrap(checkUsable(known, this.#now()));
    const { holdId, variantId, quantity, unitPriceMinor, wasMinor, trace } = known.hold;
    if (this.#hooks.docket.holds().has(holdId)) throw onDocket();
    const found = this.#variant(variantId);
    if (!found) throw new CallFailure('unknown-item', { details: { reason: 'held-item-gone' } });
    const price = { unitPriceMinor, ...(wasMinor !== undefined && { wasMinor }), ...(trace && { trace }) };
    const sold = this.#hooks.docket.add({ ...found, quantity, price, hold: lineHold(known) }, context, resultOf);
    this.#changed();
    return sold;
  }

  /** What more time its shopper may have, by the record of the till that put it aside: a code says nothing of it. */
  #moreTime(known: KnownHold): Verdict<MoreTime, WordedCode> {
    const { isOn, mayAskMore } = this.#policy();
    if (!isOn || !mayAskMore || !this.#hooks.isOpen()) return refuse('holds-off');
    if (!this.#ownIds().includes(known.deviceId)) return refuse('unknown-hold', { reason: 'hold-of-another-till' });
    return giveMoreTime(known, this.#now());
  }

  #end(known: KnownHold, reason: HoldEndReason, context: CallContext): void {
    const at = this.#now();
    unwrap(checkUsable(known, at));
    const { holdId } = known.hold;
    this.#commit(context, holdId, { kind: 'hold.ended', body: { holdId, at, reason } }, {});
  }

  #commit(
    { requestId, staffId }: Pick<CallContext, 'requestId' | 'staffId'>,
    holdId: string,
    draft: EntryDraft,
    result: object,
  ): void {
    const known = this.#holds();
    this.#core.store.commit({ requestId, actor: staffId, drafts: [draft], result });
    if (known === this.#known) this.#reread(holdId);
    this.#changed();
  }

  /** Says that what is held became something else. */
  #changed(): void {
    this.#setTimer();
    this.#hooks.prices.leftChanged();
    this.#core.topics.mark('holds', 'catalogue', 'prices');
  }

  /** Something runs out next: screens and stock go with it. */
  #setTimer(): void {
    this.#cancelTimer();
    const now = this.#now();
    const nowMs = Date.parse(now);
    const nextMs = Math.min(
      nowMs + FORGET_EVERY_MS,
      ...[...this.#holds().values()].flatMap((known) =>
        holdPhase(known, now) === 'open' ? [Date.parse(known.expiresAt)] : [],
      ),
    );
    this.#cancelTimer = this.#hooks.clock.after(Math.max(nextMs - nowMs, 1), () => {
      this.#forgetOver();
      this.#known = null;
      this.#changed();
    });
  }

  /** Forgets those whose time is over. What a full disk refuses is done the next time. */
  #forgetOver(): void {
    attempt(this.#core, 'Names of shoppers could not be forgotten', () =>
      this.#core.store.heldFor.forgetBefore(this.#now()),
    );
  }

  #view(known: KnownHold, onDocket = this.#hooks.docket.holds()): HoldView {
    const { hold, deviceId, expiresAt, timesAsked, end, orderIds } = known;
    const { holdId, itemId, variantId, name, quantity, unitPriceMinor, wasMinor, placedAt } = hold;
    const item = this.#core.store.catalogue.item(itemId);
    const { device, stall } = this.#core.store;
    const isOurs = deviceId === device.deviceId;
    return {
      holdId,
      shortCode: shortHoldCode(holdId),
      itemId,
      variantId,
      name,
      photo: item?.photo ?? null,
      backdrop: item?.backdrop ?? null,
      quantity,
      unitPriceMinor,
      wasMinor: wasMinor ?? null,
      placedAt,
      expiresAt,
      phase: holdPhase(known, this.#now()),
      endReason: end?.reason ?? null,
      timesAsked,
      timesSold: orderIds.length,
      isOnDocket: onDocket.has(holdId),
      till: isOurs ? null : (stall.devices().find((one) => one.deviceId === deviceId)?.prefix ?? ''),
      heldFor: this.#heldFor(known),
    };
  }

  #heldFor({ hold }: KnownHold): HoldView['heldFor'] {
    const person = hold.person === null ? null : this.#core.store.heldFor.get(hold.person);
    return person && { name: person.name, phone: person.phone };
  }

  #forget({ hold }: KnownHold): void {
    if (hold.person !== null) this.#core.store.heldFor.forget(hold.person);
  }

  #codeOf({ hold, expiresAt }: KnownHold): string {
    const { deviceId } = this.#core.store.device;
    const signed = ticketBytes({ ...hold, deviceId, expiresAt });
    const signature = Buffer.from(this.#core.store.keys.sign(deviceId, signedText(signed)), 'base64');
    return tokenCode('hold', holdToken(signed, signature));
  }

  /** Pieces that can be held now, or null where nobody counts. */
  #available({ itemId }: Item, { variantId, stock }: Variant): number | null {
    const onDocket = this.#hooks.docket.unheld(variantId);
    const share = this.#core.store.shares.left(itemId, variantId);
    const counts = [
      ...(stock === null ? [] : [stock - heldPieces(this.#keeping(), variantId)]),
      ...(share === null ? [] : [share - this.heldFrom(variantId)]),
    ];
    return counts.length === 0 ? null : Math.max(0, Math.min(...counts) - onDocket);
  }

  #ownIds(): readonly string[] {
    const { deviceId, formerDeviceIds } = this.#core.store.device;
    return [deviceId, ...formerDeviceIds];
  }

  /** Holds that keep goods from everybody else; of some tills alone where they are named. */
  #keeping(deviceIds?: readonly string[]): KnownHold[] {
    const now = this.#now();
    const onDocket = this.#hooks.docket.holds();
    const lately = this.#holds();
    // On the docket may lie what this till has only a code of, or what is over for long.
    const others = [...onDocket.values()].flatMap((ticket) =>
      lately.has(ticket.holdId) ? [] : (this.#find(ticket.holdId) ?? this.#unheard(ticket) ?? []),
    );
    return [...lately.values(), ...others].filter(
      (known) => (deviceIds?.includes(known.deviceId) ?? true) && keepsGoods(known, now, onDocket),
    );
  }

  #variant(variantId: string): { readonly item: Item; readonly variant: Variant } | null {
    return this.#core.store.catalogue.variant(variantId);
  }

  #require(holdId: string): KnownHold {
    const known = this.#find(holdId);
    if (!known) throw new CallFailure('unknown-hold');
    return known;
  }

  #find(holdId: string): KnownHold | null {
    return this.#holds().get(holdId) ?? this.#core.store.holds.get(holdId);
  }

  #holds(): Map<string, KnownHold> {
    if (this.#known === null) {
      const since = new Date(this.#hooks.prices.nowMs() - SHOWN_AFTER_MS).toISOString();
      this.#known = new Map(this.#core.store.holds.since(since).map((known) => [known.hold.holdId, known]));
    }
    return this.#known;
  }

  #reread(holdId: string): void {
    const known = this.#core.store.holds.get(holdId);
    if (known) this.#known?.set(holdId, known);
  }

  #policy(): HoldPolicy {
    const kept = this.#core.store.settings.get(POLICY) as Partial<HoldPolicy> | undefined;
    return { isOn: true, minutes: HOLD_LIMITS.usualMinutes, mayAskMore: true, ...kept };
  }

  #now(): string {
    return new Date(this.#hooks.prices.nowMs()).toISOString();
  }
}

/** The hold whose page has a key. */
function idOfPage(pageKey: string): string {
  return holdIdFrom(createHash('sha256').update(pageKey).digest());
}

function onDocket(): CallFailure {
  return new CallFailure('hold-on-docket');
}

/** What somebody said of themselves, tidied; null when it is nothing. */
function checkedPerson(person: CallInput<'hold.place'>['person']) {
  if (person === null) return null;
  const name = plainText(person.name).slice(0, LONGEST.name);
  const phone = plainText(person.phone).slice(0, LONGEST.phone);
  const consent = plainText(person.consent).slice(0, LONGEST.consent);
  if (name === '' && phone === '') return null;
  if (consent === '') throw new CallFailure('bad-hold', { details: { reason: 'consent-missing' } });
  return { name, phone, consent };
}
