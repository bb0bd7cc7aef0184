import { fullName } from '../../domain/catalogue';
import {
  ruleOfAdvice,
  subjectOf,
  type Advice,
  type AdviceContent,
  type BundleOffer,
  type AdviceWishes,
  type MarkdownOffer,
} from '../../domain/advice';
import { portion } from '../../domain/money';
import { checkRule, markedDown, type PriceRule } from '../../domain/pricing/rule';
import { plainText } from '../../domain/text';
import type { Clock, Unsubscribe } from '../../hardware/ports';
import type { EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput, TopicState } from '../../shared/contract';
import type { StoredAdvice } from '../db/advice-reader';
import type { FoundVariant } from '../db/catalogue-reader';
import { expectedIn } from '../../analysis/footfall/expected';
import { valueOfAdvice, type MarkdownOutcome } from '../../analysis/demand/advice-value';
import { LocalClock, MINUTES_PER_DAY } from './local-clock';
import type { Advisor, AdvisorAnswer } from './advisor';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import type { CoreContext } from './core-context';
import type { RuleSource } from './pricing-service';

/** Advice a screen is told of, newest first. */
const MOST_SHOWN = 60;
/** Advice that its value is measured by. */
const MOST_MEASURED = 500;
/** An ignored bundle is not offered again for so long. */
const QUIET_MS = 28 * 24 * 3_600_000;
/** How often the advisor looks by itself while the till sells. */
const LOOK_EVERY_MS = 30 * 60_000;
/** Rules that ended are told for so long: carts may still keep their prices. */
const RULES_KEPT_MS = 24 * 3_600_000;
/** The longest stretch of time that visitors are expected for. */
const MOST_EXPECTED_MS = 7 * 24 * 3_600_000;
/** What the advice was worth is worked out again after so long. */
const VALUE_KEPT_MS = 60_000;

type Heard = Pick<AdvisorAnswer, 'footfall' | 'companions'>;
type ShownAdvice = TopicState<'advice'>['advice'][number];

export interface AdviceHooks {
  readonly clock: Clock;
  /** Whether the till is open for selling. */
  readonly isOpen: () => boolean;
  /** Price rules were written. */
  readonly onRulesChanged: (ruleIds: readonly string[], actor: string | null) => void;
}

/**
 * Brings the advisor's advice to the operator, takes the answers, and measures what the advice was worth. The rules of what was
 * taken follow from the answers that stand.
 */
export class AdviceService implements RuleSource {
  readonly #core: CoreContext;
  readonly #advisor: Advisor;
  readonly #hooks: AdviceHooks;
  #learned: Pick<TopicState<'advice'>, 'learnedAt' | 'orders' | 'marketDays'> = {
    learnedAt: null,
    orders: 0,
    marketDays: 0,
  };
  #isLearning = false;
  /** What the advisor said last that is no advice. */
  #heard: Heard | null = null;
  #rules: readonly PriceRule[] | null = null;
  #clock: LocalClock | null = null;
  #value: { readonly atMs: number; readonly value: TopicState<'advice'>['value'] } | null = null;
  #cancelTimer: Unsubscribe = () => undefined;

  constructor(core: CoreContext, advisor: Advisor, hooks: AdviceHooks) {
    this.#core = core;
    this.#advisor = advisor;
    this.#hooks = hooks;
  }

  start(): void {
    this.#cancelTimer = this.#hooks.clock.after(LOOK_EVERY_MS, () => {
      this.start();
      if (!this.#hooks.isOpen() || this.#isLearning) return;
      this.#look(null, null).catch((error: unknown) => this.#core.log.warn({ error }, 'The advisor found nothing'));
    });
  }

  async stop(): Promise<void> {
    this.#cancelTimer();
    await this.#advisor.close();
  }

  rules(): readonly PriceRule[] {
    const since = new Date(this.#core.now().getTime() - RULES_KEPT_MS).toISOString();
    return (this.#rules ??= this.#core.store.advice.rules(since));
  }

  /** Other tills were advised, or answered. */
  received(): void {
    const before = this.#rules ?? [];
    this.#rules = null;
    this.#changed();
    const after = this.rules();
    if (JSON.stringify(after) === JSON.stringify(before)) return;
    this.#hooks.onRulesChanged(
      after.map(({ ruleId }) => ruleId),
      null,
    );
  }

  state(): TopicState<'advice'> {
    const { advice } = this.#core.store;
    return {
      isLearning: this.#isLearning,
      ...this.#learned,
      wishes: advice.wishes(),
      advice: withoutRepeats(advice.list(MOST_SHOWN)).map((stored) => this.#shown(stored)),
      value: this.#valueNow(),
    };
  }

  /** Learns from what was sold since and offers what is new. */
  async refresh(
    input: CallInput<'advice.refresh'>,
    { requestId, staffId }: CallContext,
  ): Promise<CallOutput<'advice.refresh'>> {
    if (this.#isLearning) throw new CallFailure('advisor-busy');
    return { offered: await this.#look(requestId, staffId, input) };
  }

  /** Takes advice as it is, takes it with changes, or leaves it. */
  answer(
    { adviceId, answer, adjustment = {} }: CallInput<'advice.answer'>,
    context: CallContext,
  ): CallOutput<'advice.answer'> {
    const { advice, answer: before } = this.#require(adviceId);
    if (before !== null) throw new CallFailure('advice-answered');
    if (answer === 'ignored') {
      return this.#commit({ kind: 'advice.answered', body: { adviceId, answer, ruleId: null } }, null, context);
    }
    if (advice.kind === 'drop-time') {
      throw new CallFailure('bad-request', 'A drop is taken by planning it.');
    }
    const taken = answer === 'adjusted' ? adjustment : {};
    const now = this.#core.now().toISOString();
    const until = this.#until(advice);
    if (until !== null && until <= now) throw new CallFailure('advice-past');
    this.#checkFloor(advice, taken);
    const dayEndsAt = advice.kind === 'markdown' ? this.#utc(advice.day, MINUTES_PER_DAY) : now;
    // Cut through a letter of two code units, half of it would stand in the journal.
    const name = plainText(this.#names(advice).join(' + ').slice(0, 80));
    const version = this.#core.store.advice.lastVersion(adviceId) + 1;
    const rule = unwrap(checkRule(ruleOfAdvice(advice, taken, { name, version, now, dayEndsAt })));
    const changes = answer === 'adjusted' ? { adjustment: taken } : {};
    const body = { adviceId, answer, ruleId: rule.ruleId, ...changes, rule };
    return this.#commit({ kind: 'advice.answered', body }, rule.ruleId, context);
  }

  /** Takes an answer back; what was sold by it already stays an answer, whose price ends. */
  takeBack({ adviceId }: CallInput<'advice.take-back'>, context: CallContext): Record<string, never> {
    const stored = this.#require(adviceId);
    if (!this.#canTakeBack(stored)) throw new CallFailure('advice-past');
    const answer = this.#hadEffect(stored) ? stored.answer : null;
    const { ruleId } = stored;
    this.#commit({ kind: 'advice.taken-back', body: { adviceId, answer, ruleId } }, ruleId, context);
    return {};
  }

  /**
   * How many to expect in a stretch of time, and in as long a one of an average hour of that day.
   * @throws CallFailure `advisor-busy` while it looks for the first time, `bad-request` for more than a week
   */
  async footfall({ from, to }: CallInput<'advice.footfall'>): Promise<CallOutput<'advice.footfall'>> {
    if (!(from < to) || Date.parse(to) - Date.parse(from) > MOST_EXPECTED_MS) {
      throw new CallFailure('bad-request', 'Ask for a week at most.');
    }
    const { footfall } = await this.#hearing();
    const { basis, model, caught } = footfall;
    const clock = this.#localClock();
    const window = { fromMs: clock.localMs(Date.parse(from)), toMs: clock.localMs(Date.parse(to)) };
    const expected = expectedIn(model, window, caught ?? undefined);
    return {
      basis,
      days: model.days,
      expected: expected && { value: expected.middle, low: expected.low, high: expected.high },
    };
  }

  /** What often goes with a variant's item, the likeliest first. */
  async goesWith({ variantId, most }: CallInput<'advice.goes-with'>): Promise<CallOutput<'advice.goes-with'>> {
    const { catalogue } = this.#core.store;
    const itemId = catalogue.variant(variantId)?.item.itemId;
    if (itemId === undefined) throw new CallFailure('unknown-item');
    const { companions } = await this.#hearing();
    const goods = (companions.get(itemId) ?? []).flatMap((companion) => {
      const item = catalogue.item(companion.itemId);
      return item === null ? [] : [{ ...companion, name: item.name }];
    });
    return { goods: goods.slice(0, most) };
  }

  /** Items that go with one, the likeliest first, as the advisor said last; none before it said anything. */
  companionsOf(itemId: string): readonly string[] {
    return (this.#heard?.companions.get(itemId) ?? []).map((companion) => companion.itemId);
  }

  /** What the advisor said last; it is asked where it has said nothing yet. */
  async #hearing(): Promise<Heard> {
    if (this.#heard === null && !this.#isLearning) await this.#look(null, null);
    if (this.#heard === null) throw new CallFailure('advisor-busy');
    return this.#heard;
  }

  #require(adviceId: string): StoredAdvice {
    const stored = this.#core.store.advice.get(adviceId);
    if (stored === null) throw new CallFailure('unknown-advice');
    return stored;
  }

  /** @param ruleId of the rule that begins or ends by it */
  #commit(
    draft: EntryDraft,
    ruleId: string | null,
    { requestId, staffId }: CallContext,
  ): { readonly ruleId: string | null } {
    const result = { ruleId };
    this.#core.store.commit({ requestId, actor: staffId, drafts: [draft], result });
    this.#rules = null;
    this.#changed();
    if (ruleId !== null) this.#hooks.onRulesChanged([ruleId], staffId);
    return result;
  }

  #changed(): void {
    this.#value = null;
    this.#core.topics.mark('advice');
  }

  async #look(requestId: string | null, actor: string | null, wanted?: AdviceWishes): Promise<number> {
    const { store, stall, topics, newId } = this.#core;
    const now = this.#core.now();
    const before = store.advice.wishes();
    const wishes = wanted ?? before;
    this.#isLearning = true;
    topics.mark('advice');
    try {
      const { candidates, orders, marketDays, footfall, companions } = await this.#advisor.ask({
        nowMs: now.getTime(),
        timeZone: stall.timeZone,
        closesAtMinute: minuteOf(wishes.closesAt),
        perishable: wishes.perishable,
      });
      const known = store.advice.list(MOST_MEASURED);
      const fresh = candidates.filter((candidate) => !known.some((one) => isSame(one, candidate, now.getTime())));
      const drafts = fresh.map((candidate): EntryDraft => ({
        kind: 'advice.offered',
        body: { advice: { ...candidate, adviceId: newId(), offeredAt: now.toISOString() } },
      }));
      const result = { offered: drafts.length };
      if (JSON.stringify(wishes) !== JSON.stringify(before))
        drafts.push({ kind: 'advice.wishes-set', body: { wishes } });
      if (requestId !== null) store.commit({ requestId, actor, drafts, result });
      else if (drafts.length > 0) store.commit({ actor, drafts, result });
      this.#heard = { footfall, companions };
      this.#learned = { learnedAt: now.toISOString(), orders, marketDays };
      return result.offered;
    } finally {
      this.#isLearning = false;
      this.#changed();
    }
  }

  /** No step and no bundle goes below what the goods cost. */
  #checkFloor(
    advice: MarkdownOffer | BundleOffer,
    { steps, basisPoints }: NonNullable<CallInput<'advice.answer'>['adjustment']>,
  ): void {
    const refused = (): never => {
      throw new CallFailure('below-cost');
    };
    if (advice.kind === 'markdown') {
      const { priceMinor, costMinor } = this.#goods(advice)?.variant ?? { ...advice, costMinor: advice.floorMinor };
      const costs = (steps ?? advice.steps).map((step) => markedDown(step, priceMinor));
      if (costMinor !== null && costs.some((one) => one < costMinor)) refused();
      return;
    }
    for (const itemId of advice.itemIds) {
      for (const { priceMinor, costMinor } of this.#core.store.catalogue.item(itemId)?.variants ?? []) {
        const afterMinor = priceMinor - portion(priceMinor, basisPoints ?? advice.basisPoints);
        if (costMinor !== null && afterMinor < costMinor) refused();
      }
    }
  }

  #names(advice: Advice): string[] {
    const { catalogue } = this.#core.store;
    if (advice.kind === 'drop-time') return [];
    if (advice.kind === 'bundle') return advice.itemIds.map((itemId) => catalogue.item(itemId)?.name ?? '');
    const goods = this.#goods(advice);
    return [goods === null ? '' : fullName(goods.item, goods.variant)];
  }

  #goods({ variantId }: MarkdownOffer): FoundVariant | null {
    return this.#core.store.catalogue.variant(variantId);
  }

  #shown(stored: StoredAdvice): ShownAdvice {
    const { advice, answer, adjustment, ruleId } = stored;
    const common = {
      advice,
      names: this.#names(advice),
      until: this.#until(advice),
      answer,
      adjustment,
      ruleId,
      canTakeBack: this.#canTakeBack(stored),
    };
    if (advice.kind === 'drop-time') {
      return { ...common, pricing: 'each', category: '', priceMinor: null, floorMinor: null };
    }
    if (advice.kind === 'bundle') {
      const prices = advice.itemIds.map((itemId) => {
        const variants = this.#core.store.catalogue.item(itemId)?.variants ?? [];
        return new Set(variants.map(({ priceMinor }) => priceMinor)).size === 1
          ? (variants[0]?.priceMinor ?? null)
          : null;
      });
      const priceMinor = prices.reduce((sum, price) => (sum === null || price === null ? null : sum + price), 0);
      return { ...common, pricing: 'each', category: '', priceMinor, floorMinor: null };
    }
    const { item, variant } = this.#goods(advice) ?? { item: null, variant: null };
    return {
      ...common,
      pricing: variant?.pricing ?? 'each',
      category: item?.category ?? '',
      priceMinor: variant?.priceMinor ?? advice.priceMinor,
      floorMinor: variant === null ? advice.floorMinor : variant.costMinor,
    };
  }

  /** Until when advice can be taken, UTC instant; null for any time. */
  #until(advice: Advice): string | null {
    if (advice.kind === 'drop-time') return advice.startsAt;
    return advice.kind === 'markdown' ? this.#utc(advice.day, minuteOf(advice.closesAt) ?? MINUTES_PER_DAY) : null;
  }

  #canTakeBack({ advice, answer, ruleId, ruleUntil }: StoredAdvice): boolean {
    const now = this.#core.now().toISOString();
    const until = this.#until(advice);
    if (until !== null && until <= now) return false;
    // A drop that was planned is ended among the drops.
    if (advice.kind === 'drop-time') return answer === 'ignored';
    return ruleId === null ? answer === 'ignored' : ruleUntil !== null && ruleUntil > now;
  }

  /** Whether anything was sold since taken advice changed its price; of a bundle of both. */
  #hadEffect({ advice, adjustment, answer, answeredAt }: StoredAdvice): boolean {
    if (answer === 'ignored' || answeredAt === null || advice.kind === 'drop-time') return false;
    const { advice: sold } = this.#core.store;
    if (advice.kind === 'bundle') return advice.itemIds.every((itemId) => sold.hasSold(itemId, null, answeredAt));
    const first = Math.max(...(adjustment?.steps ?? advice.steps).map((step) => step.beforeCloseMinutes));
    const begins = this.#utc(advice.day, (minuteOf(advice.closesAt) ?? MINUTES_PER_DAY) - first);
    return sold.hasSold(advice.itemId, advice.variantId, begins > answeredAt ? begins : answeredAt);
  }

  #valueNow(): TopicState<'advice'>['value'] {
    const atMs = this.#core.now().getTime();
    if (this.#value === null || Math.abs(atMs - this.#value.atMs) > VALUE_KEPT_MS) {
      this.#value = { atMs, value: this.#measure(new Date(atMs).toISOString()) };
    }
    return this.#value.value;
  }

  #measure(now: string): TopicState<'advice'>['value'] {
    const outcomes = this.#core.store.advice.list(MOST_MEASURED).flatMap(({ advice, answer }): MarkdownOutcome[] => {
      if (advice.kind !== 'markdown') return [];
      const closed = this.#utc(advice.day, minuteOf(advice.closesAt) ?? MINUTES_PER_DAY);
      if (closed > now) return [];
      return [
        {
          isTaken: answer === 'accepted' || answer === 'adjusted',
          sold: this.#soldAfter(advice, closed),
          expected: advice.soldWithout.value,
        },
      ];
    });
    return valueOfAdvice(outcomes);
  }

  /** Pieces or kilograms sold from the offer to closing. */
  #soldAfter({ itemId, variantId, offeredAt }: MarkdownOffer, closed: string): number {
    const { catalogue, advice } = this.#core.store;
    const pricing = catalogue.item(itemId)?.variants.find((variant) => variant.variantId === variantId)?.pricing;
    return advice.soldBetween(itemId, variantId, offeredAt, closed) / (pricing === 'kg' ? 1000 : 1);
  }

  /** The UTC instant of a minute of a day in the stall's zone. */
  #utc(day: string, minute: number): string {
    return new Date(this.#localClock().utcMs(Date.parse(day) + minute * 60_000)).toISOString();
  }

  #localClock(): LocalClock {
    const { timeZone } = this.#core.stall;
    if (this.#clock?.timeZone !== timeZone) this.#clock = new LocalClock(timeZone);
    return this.#clock;
  }
}

/** Two tills may advise the same before they hear of each other: once is enough, and not at all once one of them was answered. */
function withoutRepeats(all: readonly StoredAdvice[]): StoredAdvice[] {
  return all.filter((stored, place) => {
    if (stored.answer !== null) return true;
    const { advice } = stored;
    return !all.some(
      (other, otherPlace) =>
        other !== stored &&
        subjectOf(other.advice) === subjectOf(advice) &&
        (other.answer === null ? otherPlace < place : (other.answeredAt ?? '') > advice.offeredAt),
    );
  });
}

/** Whether advice says what a candidate would say again: of a markdown today, of a bundle lately. */
function isSame({ advice, answer }: StoredAdvice, candidate: AdviceContent, nowMs: number): boolean {
  if (advice.kind !== candidate.kind || subjectOf(advice) !== subjectOf(candidate)) return false;
  // Of a day that closes at another time than was thought, something else may be advised.
  if (advice.kind === 'markdown') {
    return answer !== null || (candidate.kind === 'markdown' && advice.closesAt === candidate.closesAt);
  }
  return advice.kind !== 'bundle' || answer === null || nowMs - Date.parse(advice.offeredAt) < QUIET_MS;
}

function minuteOf(time: string | null): number | null {
  return time === null ? null : Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
