import {
  checkDrop,
  dropLeft,
  dropRuleId,
  DROP_DEFAULTS,
  isSoldOut,
  overAt,
  phaseOf,
  ruleOfDrop,
  soldOf,
  type Drop,
} from '../../domain/drop';
import type { PriceRule } from '../../domain/pricing/rule';
import type { RulesLeft } from '../../domain/pricing/price';
import { equalShares } from '../../domain/stock-share';
import type { EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput, DropView } from '../../shared/contract';
import type { StoredDrop } from '../db/price-reader';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import type { CoreContext } from './core-context';
import type { PricingService, RuleSource } from './pricing-service';
import type { StallTill } from './stall-tills';

type Nothing = Record<string, never>;

const MINUTE_MS = 60_000;
/** How long the screens still show one that is over, and carts may still keep its price. */
const SHOWN_AFTER_MS = 24 * 60 * MINUTE_MS;

interface DropHooks {
  readonly prices: () => PricingService;
  /** The tills of the stall, which a cap is divided among. */
  readonly tills: () => readonly StallTill[];
  /** How many pieces on this till's docket have their price by a rule, but for those that were held. */
  readonly onDocket: (ruleId: string) => number;
  /** How many pieces shoppers hold at the price of a rule. */
  readonly held: (ruleId: string) => number;
}

/**
 * Time-boxed offers. Each is a fact every till has, so whichever was off meanwhile or joins late works out the same price at the
 * same instant; what has a cap is sold by shares.
 */
export class DropService implements RuleSource {
  readonly #core: CoreContext;
  readonly #hooks: DropHooks;
  #drops: readonly StoredDrop[] | null = null;

  constructor(core: CoreContext, hooks: DropHooks) {
    this.#core = core;
    this.#hooks = hooks;
  }

  rules(): readonly PriceRule[] {
    const sinceMs = this.#hooks.prices().nowMs() - SHOWN_AFTER_MS;
    return this.#all()
      .filter(({ drop, end }) => Date.parse(overAt(drop, end)) > sinceMs)
      .map(({ drop, end }) => ruleOfDrop(drop, end));
  }

  left(): RulesLeft {
    const left = this.#running().flatMap(({ drop }) => {
      const here = this.#leftHere(drop);
      return here === null ? [] : [[dropRuleId(drop.dropId), here] as const];
    });
    return new Map(left);
  }

  /** Drops came from other tills, or one was sold out by them. */
  received(): void {
    this.#drops = null;
    this.#hooks.prices().changed({ kind: 'drop', ids: [] }, null);
    this.sold();
  }

  /** Something was sold: one of which nothing is left anywhere is over. */
  sold(): void {
    const soldOut = this.#running().filter(({ drop, end }) => {
      return (
        end === null && drop.unitCap !== null && isSoldOut(drop, this.#core.store.prices.dropSales(drop.dropId).sold)
      );
    });
    for (const { drop } of soldOut) this.#end(drop, 'sold-out', null);
    if (soldOut.length === 0 && this.#running().some(({ drop }) => drop.unitCap !== null))
      this.#core.topics.mark('prices');
  }

  schedule(input: CallInput<'drop.schedule'>, { requestId, staffId }: CallContext): CallOutput<'drop.schedule'> {
    const now = this.#now();
    const startsAt = input.startsAt ?? now;
    const { unitCap } = input;
    const deviceIds = this.#hooks.tills().map(({ deviceId }) => deviceId);
    const shares = unitCap === null ? [] : (input.shares ?? equalShares(unitCap, deviceIds));
    const drop = unwrap(
      checkDrop(
        {
          dropId: this.#core.newId(),
          name: input.name,
          what: input.what,
          effect: input.effect,
          startsAt,
          endsAt: new Date(Date.parse(startsAt) + input.minutes * MINUTE_MS).toISOString(),
          unitCap,
          shares,
          graceMs: input.graceMs ?? DROP_DEFAULTS.graceMs,
        },
        now,
      ),
    );
    const result = { dropId: drop.dropId };
    const drafts: EntryDraft[] = [{ kind: 'drop.scheduled', body: { drop } }];
    const { adviceId } = input;
    const followed = adviceId === undefined ? null : this.#core.store.advice.get(adviceId);
    // Advice about prices is taken as a rule, and an answer that was given meanwhile stands: the drop is planned all the same.
    const isAnswer = followed !== null && followed.advice.kind === 'drop-time' && followed.answer === null;
    if (isAnswer) {
      const { advice } = followed;
      const ruleId = dropRuleId(drop.dropId);
      drafts.push({ kind: 'advice.answered', body: { adviceId: advice.adviceId, answer: 'accepted', ruleId } });
    }
    this.#core.store.commit({
      requestId,
      actor: staffId,
      drafts,
      result,
    });
    this.#changed(drop, staffId);
    if (isAnswer) this.#core.topics.mark('advice');
    return result;
  }

  end({ dropId }: CallInput<'drop.end'>, { requestId, staffId }: CallContext): Nothing {
    const { drop, end } = this.#require(dropId);
    if (phaseOf(drop, end, this.#now()) === 'over') return {};
    this.#end(drop, 'by-hand', staffId, requestId);
    return {};
  }

  give({ dropId, toDevice, quantity }: CallInput<'drop.give'>, { requestId, staffId }: CallContext): Nothing {
    const { drop } = this.#require(dropId);
    if (!this.#hooks.tills().some(({ deviceId }) => deviceId === toDevice)) {
      throw new CallFailure('unknown-device');
    }
    // What is on the docket is as good as sold: it may be paid for already.
    const left = Math.max(0, (this.#leftHere(drop) ?? 0) - this.#hooks.onDocket(dropRuleId(dropId)));
    if (quantity > left) {
      const { name } = drop;
      throw new CallFailure('drop-spent', { details: { reason: 'drop-left-to-give', name, left } });
    }
    this.#core.store.commit({
      requestId,
      actor: staffId,
      drafts: [{ kind: 'drop.share-given', body: { dropId, toDevice, quantity } }],
      result: {},
    });
    this.#hooks.prices().changed({ kind: 'drop', ids: [dropId] }, staffId);
    return {};
  }

  list(): CallOutput<'drop.list'> {
    const { prices } = this.#core.store;
    const drops = this.#all().map((stored) => {
      const view = this.#view(stored);
      return { ...view, summary: { units: view.sold, ...prices.dropSums(stored.drop.dropId) } };
    });
    return { drops: drops.reverse() };
  }

  putTemplate(
    input: CallInput<'drop.put-template'>,
    { requestId, staffId }: CallContext,
  ): CallOutput<'drop.put-template'> {
    const template = { ...input, templateId: input.templateId ?? this.#core.newId() };
    const result = { templateId: template.templateId };
    this.#core.store.commit({
      requestId,
      actor: staffId,
      drafts: [{ kind: 'drop.template-put', body: { template } }],
      result,
    });
    this.#core.topics.mark('prices');
    return result;
  }

  removeTemplate({ templateId }: CallInput<'drop.remove-template'>, { requestId, staffId }: CallContext): Nothing {
    this.#core.store.commit({
      requestId,
      actor: staffId,
      drafts: [{ kind: 'drop.template-removed', body: { templateId } }],
      result: {},
    });
    this.#core.topics.mark('prices');
    return {};
  }

  /** Planned, running, and over since yesterday. */
  views(): DropView[] {
    const sinceMs = this.#hooks.prices().nowMs() - SHOWN_AFTER_MS;
    return this.#all()
      .filter(({ drop, end }) => Date.parse(overAt(drop, end)) > sinceMs)
      .map((stored) => this.#view(stored));
  }

  #view({ drop, end }: StoredDrop): DropView {
    const { sold } = this.#core.store.prices.dropSales(drop.dropId);
    const left = this.#leftHere(drop);
    return {
      ...drop,
      phase: phaseOf(drop, end, this.#now()),
      overAt: overAt(drop, end),
      endedBy: end?.reason ?? null,
      sold: soldOf(drop, sold),
      left,
    };
  }

  #end(drop: Drop, reason: 'sold-out' | 'by-hand', actor: string | null, requestId?: string): void {
    const body = { dropId: drop.dropId, at: this.#now(), reason };
    this.#core.store.commit({ requestId, actor, drafts: [{ kind: 'drop.ended', body }], result: {} });
    this.#changed(drop, actor);
  }

  #changed({ dropId }: Drop, actor: string | null): void {
    this.#drops = null;
    this.#hooks.prices().changed({ kind: 'drop', ids: [dropId] }, actor);
  }

  #running(): StoredDrop[] {
    const now = this.#now();
    return this.#all().filter(({ drop, end }) => phaseOf(drop, end, now) === 'running');
  }

  #leftHere(drop: Drop): number | null {
    if (drop.unitCap === null) return null;
    const own = this.#hooks.tills().find(({ isOwn }) => isOwn)?.deviceIds ?? [];
    const left = dropLeft(drop, this.#core.store.prices.dropSales(drop.dropId), own) ?? 0;
    return Math.max(0, left - this.#hooks.held(dropRuleId(drop.dropId)));
  }

  #all(): readonly StoredDrop[] {
    return (this.#drops ??= this.#core.store.prices.drops());
  }

  #require(dropId: string): StoredDrop {
    const stored = this.#all().find(({ drop }) => drop.dropId === dropId);
    if (!stored) throw new CallFailure('unknown-drop');
    return stored;
  }

  #now(): string {
    return new Date(this.#hooks.prices().nowMs()).toISOString();
  }
}
