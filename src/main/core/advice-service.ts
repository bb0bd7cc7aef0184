import { fullName } from '../../domain/catalogue';
import { ruleOfAdvice, type Advice, type MarkdownOffer } from '../../domain/advice';
import { checkRule } from '../../domain/pricing/rule';
import type { Clock, Unsubscribe } from '../../hardware/ports';
import type { EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput, TopicState } from '../../shared/contract';
import type { StoredAdvice } from '../db/advice-reader';
import { valueOfAdvice, type MarkdownOutcome } from '../../analysis/demand/advice-value';
import { LocalClock, MINUTES_PER_DAY } from './local-clock';
import type { AdviceCandidate, Advisor } from './advisor';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import type { CoreContext } from './core-context';

/** Advice a screen is told of, newest first. */
const MOST_SHOWN = 60;
/** Advice that its value is measured by. */
const MOST_MEASURED = 500;
/** An ignored bundle is not offered again for so long. */
const QUIET_MS = 28 * 24 * 3_600_000;
/** How often the advisor looks by itself while the till sells. */
const LOOK_EVERY_MS = 30 * 60_000;

export interface AdviceHooks {
  readonly clock: Clock;
  /** Whether the till is open for selling. */
  readonly isOpen: () => boolean;
  /** Price rules were written. */
  readonly onRulesChanged: (ruleIds: readonly string[], actor: string | null) => void;
}

/** Brings the advisor's advice to the operator, takes the answers, and measures what the advice was worth. */
export class AdviceService {
  readonly #core: CoreContext;
  readonly #advisor: Advisor;
  readonly #hooks: AdviceHooks;
  #learned: Pick<TopicState<'advice'>, 'learnedAt' | 'orders' | 'marketDays'> = {
    learnedAt: null,
    orders: 0,
    marketDays: 0,
  };
  #isLearning = false;
  #question: CallInput<'advice.refresh'> = { closesAt: null, perishable: null };
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

  state(): TopicState<'advice'> {
    return {
      isLearning: this.#isLearning,
      ...this.#learned,
      advice: this.#core.store.advice
        .list(MOST_SHOWN)
        .map((stored) => ({ ...stored, names: this.#names(stored.advice) })),
      value: this.#value(),
    };
  }

  /** Learns from what was sold since and offers what is new. */
  async refresh(
    input: CallInput<'advice.refresh'>,
    { requestId, staffId }: CallContext,
  ): Promise<CallOutput<'advice.refresh'>> {
    if (this.#isLearning)
      throw new CallFailure('advisor-busy', 'The advisor is at work already. Look again in a moment.');
    this.#question = input;
    return { offered: await this.#look(requestId, staffId) };
  }

  /** Takes advice as it is, takes it with changes, or leaves it. */
  answer(
    { adviceId, answer, adjustment = {} }: CallInput<'advice.answer'>,
    { requestId, staffId }: CallContext,
  ): CallOutput<'advice.answer'> {
    const { store, topics } = this.#core;
    const stored = store.advice.get(adviceId);
    if (stored === null) throw new CallFailure('unknown-advice', 'That advice is not here any more. Look again.');
    if (stored.answer !== null) throw new CallFailure('advice-answered', 'Somebody answered this already.');
    const { advice } = stored;
    if (answer === 'ignored') {
      store.commit({
        requestId,
        actor: staffId,
        drafts: [{ kind: 'advice.answered', body: { adviceId, answer, ruleId: null } }],
        result: { ruleId: null },
      });
      topics.mark('advice');
      return { ruleId: null };
    }
    const taken = answer === 'adjusted' ? adjustment : {};
    this.#checkFloor(advice, taken);
    const now = this.#core.now().toISOString();
    const dayEndsAt = advice.kind === 'markdown' ? this.#utc(advice.day, MINUTES_PER_DAY) : now;
    if (advice.kind === 'markdown' && dayEndsAt <= now) {
      throw new CallFailure('advice-past', 'That advice was for a day that is over.');
    }
    const name = this.#names(advice).join(' + ').slice(0, 80);
    const rule = unwrap(checkRule(ruleOfAdvice(advice, taken, { name, now, dayEndsAt })));
    const drafts: EntryDraft[] = [
      { kind: 'price.rules-put', body: { rules: [rule] } },
      {
        kind: 'advice.answered',
        body: { adviceId, answer, ruleId: rule.ruleId, ...(answer === 'adjusted' ? { adjustment: taken } : {}) },
      },
    ];
    store.commit({ requestId, actor: staffId, drafts, result: { ruleId: rule.ruleId } });
    this.#hooks.onRulesChanged([rule.ruleId], staffId);
    topics.mark('advice');
    return { ruleId: rule.ruleId };
  }

  async #look(requestId: string | null, actor: string | null): Promise<number> {
    const { store, stall, topics, newId } = this.#core;
    const now = this.#core.now();
    this.#isLearning = true;
    topics.mark('advice');
    try {
      const { candidates, orders, marketDays } = await this.#advisor.ask({
        nowMs: now.getTime(),
        timeZone: stall.timeZone,
        closesAtMinute: minuteOf(this.#question.closesAt),
        perishable: this.#question.perishable,
      });
      const known = store.advice.list(MOST_MEASURED);
      const fresh = candidates.filter((candidate) => !known.some((one) => isSame(one, candidate, now.getTime())));
      const drafts = fresh.map((candidate): EntryDraft => ({
        kind: 'advice.offered',
        body: { advice: { ...candidate, adviceId: newId(), offeredAt: now.toISOString() } },
      }));
      const result = { offered: drafts.length };
      if (requestId !== null) store.commit({ requestId, actor, drafts, result });
      else if (drafts.length > 0) store.commit({ actor, drafts, result });
      this.#learned = { learnedAt: now.toISOString(), orders, marketDays };
      return drafts.length;
    } finally {
      this.#isLearning = false;
      topics.mark('advice');
    }
  }

  /** No step and no bundle goes below what the goods cost. */
  #checkFloor(advice: Advice, { steps, basisPoints }: NonNullable<CallInput<'advice.answer'>['adjustment']>): void {
    const belowCost = (priceMinor: number, costMinor: number | null, off: number): boolean =>
      costMinor !== null && Math.round(priceMinor * (1 - off / 10_000)) < costMinor;
    const refused = (): never => {
      throw new CallFailure('below-cost', 'That is less than the goods cost. Take off less.');
    };
    if (advice.kind === 'markdown') {
      const deepest = Math.max(...(steps ?? advice.steps).map((step) => step.basisPoints));
      if (belowCost(advice.priceMinor, advice.floorMinor, deepest)) refused();
      return;
    }
    for (const itemId of advice.itemIds) {
      for (const variant of this.#core.store.catalogue.item(itemId)?.variants ?? []) {
        if (belowCost(variant.priceMinor, variant.costMinor, basisPoints ?? advice.basisPoints)) refused();
      }
    }
  }

  #names(advice: Advice): string[] {
    const { catalogue } = this.#core.store;
    if (advice.kind === 'bundle') return advice.itemIds.map((itemId) => catalogue.item(itemId)?.name ?? '');
    const item = catalogue.item(advice.itemId);
    const variant = item?.variants.find(({ variantId }) => variantId === advice.variantId);
    return [item && variant ? fullName(item, variant) : ''];
  }

  #value(): TopicState<'advice'>['value'] {
    const now = this.#core.now().toISOString();
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
    return new Date(new LocalClock(this.#core.stall.timeZone).utcMs(Date.parse(day) + minute * 60_000)).toISOString();
  }
}

/** Whether advice says what a candidate would say again: of a markdown today, of a bundle lately. */
function isSame({ advice, answer }: StoredAdvice, candidate: AdviceCandidate, nowMs: number): boolean {
  if (advice.kind === 'markdown') {
    return candidate.kind === 'markdown' && advice.variantId === candidate.variantId && advice.day === candidate.day;
  }
  const [one, other] = advice.itemIds;
  return (
    candidate.kind === 'bundle' &&
    candidate.itemIds.includes(one) &&
    candidate.itemIds.includes(other) &&
    (answer === null || nowMs - Date.parse(advice.offeredAt) < QUIET_MS)
  );
}

function minuteOf(time: string | null): number | null {
  return time === null ? null : Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
