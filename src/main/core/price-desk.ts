import { setImmediate as nextTurn } from 'node:timers/promises';
import { MAX_MINOR } from '../../domain/money';
import { RULE_LIMITS } from '../../domain/pricing/limits';
import { freshness } from '../../domain/pricing/matrix';
import { checkPolicy } from '../../domain/pricing/policy';
import { checkRule, type PriceRule } from '../../domain/pricing/rule';
import { readCode } from '../../domain/scanned-code';
import type { EntryDraft, EntryKind } from '../../journal/kinds';
import { readRuleSet, rulesOfSet, withFoldedWords, writeRuleSet } from '../../journal/rule-set';
import type { CallInput, CallOutput, PriceLogRow, PricesState, TypedRule } from '../../shared/contract';
import type { FoundVariant } from '../db/catalogue-reader';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import type { CoreContext } from './core-context';
import type { DropService } from './drop-service';
import { KINDS_OF_ROWS, PriceLogFile, rowsOf, VolatilityTally, type PriceLogFilter } from './price-log';
import { calendarOf, previewRule } from './price-preview';
import type { PricingService } from './pricing-service';

type Nothing = Record<string, never>;

const DAY_MS = 24 * 60 * 60_000;
const CALENDAR_DAYS = 14;
const CARTS_LOOKED_AT = 100;
const RULES_PER_ENTRY = 200;
/** Entries of the log that are read at most: a season of a busy stall. */
const MOST_READ = 200_000;
/** Of which so many are looked up at once, */
const ENTRIES_AT_ONCE = 100;
/** and rows made of them before the till has its turn. */
const ROWS_PER_TURN = 100;
/** A feed from the future is a feed with a wrong clock. */
const AHEAD_MS = 5 * 60_000;
const EXPORTED_VERSION = 'prices.exported-version';

/** Where an operator works on prices: rules and what they would do, the policy, feeds, signed sets, the log. */
export class PriceDesk {
  readonly #core: CoreContext;
  readonly #prices: PricingService;
  readonly #drops: DropService;
  readonly #isRevoked: (deviceId: string) => boolean;

  /** @param isRevoked whether a device of the stall was shut out */
  constructor(core: CoreContext, prices: PricingService, drops: DropService, isRevoked: (deviceId: string) => boolean) {
    this.#core = core;
    this.#isRevoked = isRevoked;
    this.#prices = prices;
    this.#drops = drops;
  }

  of({ itemId }: CallInput<'prices.of'>): CallOutput<'prices.of'> {
    const item = this.#core.store.catalogue.item(itemId);
    if (!item) throw new CallFailure('unknown-item');
    const variants = item.variants.flatMap(({ variantId }) => {
      const now = this.#prices.shown(variantId);
      if (now === null) return [];
      const { unitPriceMinor: priceMinor, wasMinor, mustAsk, floorMinor, trace } = now;
      return [{ variantId, priceMinor, wasMinor, mustAsk, floorMinor, trace }];
    });
    return { variants };
  }

  rules(): CallOutput<'prices.rules'> {
    const { store } = this.#core;
    const nowMs = this.#prices.nowMs();
    const own = new Set(this.#trustedKeys().own);
    const rules = store.prices.rules().map((rule) => {
      const { windows } = this.#prices.timed(rule);
      const next = windows
        .flatMap(({ fromMs, untilMs }) => [fromMs, untilMs])
        .filter((atMs) => atMs > nowMs && Number.isFinite(atMs));
      return {
        rule,
        isOn: rule.isOn && windows.some(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs),
        nextChangeAt: next.length === 0 ? null : new Date(Math.min(...next)).toISOString(),
      };
    });
    return { rules, sets: store.prices.ruleSets().map((set) => ({ ...set, isOurs: own.has(set.signedBy) })) };
  }

  putRule(
    { ruleId, ...typed }: CallInput<'prices.put-rule'>,
    { requestId, staffId }: CallContext,
  ): CallOutput<'prices.put-rule'> {
    const { store } = this.#core;
    const before = ruleId === null ? null : store.prices.rule(ruleId);
    if (ruleId !== null && before === null) throw new CallFailure('unknown-rule');
    if (before?.setId !== undefined) {
      throw new CallFailure(
        'bad-rule',
        'This rule came with a signed set: change it there, and take the set in again.',
      );
    }
    if (before === null && store.prices.rules().length >= RULE_LIMITS.rules) {
      throw new CallFailure('too-many-rules', `A stall has at most ${RULE_LIMITS.rules} rules. Take some off.`);
    }
    const rule = this.#checked({ ...typed, ruleId }, before);
    const result = { ruleId: rule.ruleId, version: rule.version };
    store.commit({ requestId, actor: staffId, drafts: [{ kind: 'price.rules-put', body: { rules: [rule] } }], result });
    this.#prices.changed({ kind: 'rule', ids: [`${rule.ruleId}@${rule.version}`] }, staffId);
    return result;
  }

  removeRule({ ruleId }: CallInput<'prices.remove-rule'>, { requestId, staffId }: CallContext): Nothing {
    const before = this.#core.store.prices.rule(ruleId);
    if (before === null) return {};
    const drafts: EntryDraft[] = [{ kind: 'price.rules-removed', body: { ruleIds: [ruleId] } }];
    this.#core.store.commit({ requestId, actor: staffId, drafts, result: {} });
    this.#prices.changed({ kind: 'rule', ids: [`${ruleId}@${before.version}`] }, staffId);
    return {};
  }

  setPolicy({ policy }: CallInput<'prices.set-policy'>, { requestId, staffId }: CallContext): Nothing {
    const checked = unwrap(checkPolicy(policy));
    const drafts: EntryDraft[] = [{ kind: 'price.policy-set', body: { policy: checked } }];
    this.#core.store.commit({ requestId, actor: staffId, drafts, result: {} });
    this.#prices.changed({ kind: 'policy', ids: [] }, staffId);
    return {};
  }

  setPlace({ place }: CallInput<'prices.set-place'>, { requestId, staffId }: CallContext): Nothing {
    this.#core.store.commit({
      requestId,
      actor: staffId,
      drafts: [{ kind: 'price.place-set', body: { place } }],
      result: {},
    });
    this.#prices.changed({ kind: 'place', ids: [] }, staffId);
    return {};
  }

  preview({ rule }: CallInput<'prices.preview'>): CallOutput<'prices.preview'> {
    const { store, stall } = this.#core;
    const before = rule.ruleId === null ? null : store.prices.rule(rule.ruleId);
    const { orders } = store.orders.list({ text: '', beforeSequence: null, limit: CARTS_LOOKED_AT });
    return previewRule(this.#checked(rule, before), {
      prices: this.#prices,
      orders: orders.map(({ order }) => order),
      taxIncluded: stall.taxIncluded,
    });
  }

  calendar(): CallOutput<'prices.calendar'> {
    const fromMs = this.#prices.nowMs();
    const untilMs = fromMs + CALENDAR_DAYS * DAY_MS;
    return {
      from: new Date(fromMs).toISOString(),
      until: new Date(untilMs).toISOString(),
      rules: calendarOf(this.#prices.timedRules(), fromMs, untilMs),
    };
  }

  async log({ limit, before, ...filter }: CallInput<'prices.log'>): Promise<CallOutput<'prices.log'>> {
    const rows: PriceLogRow[] = [];
    let more = false;
    // A part of an import has hundreds of rows, and many a sale none of these kinds: it ends when there are enough.
    for await (const found of this.#logged(filter, before)) {
      more = found.length > 0 && rows.length >= limit;
      if (more) break;
      rows.push(...found);
    }
    const volatility = new VolatilityTally();
    volatility.add(rows);
    return { rows, more, volatility: volatility.value };
  }

  async exportLog({ format, ...filter }: CallInput<'prices.export-log'>): Promise<CallOutput<'prices.export-log'>> {
    const file = new PriceLogFile(this.#core.stall, format);
    for await (const rows of this.#logged(filter, null)) file.add(rows);
    return file.end();
  }

  /** A row that names nothing here, or a price that is none, is refused with its number; the others are taken. */
  observe(
    { source, observedAt, rows }: CallInput<'prices.observe'>,
    { requestId, staffId }: CallContext,
  ): CallOutput<'prices.observe'> {
    if (Date.parse(observedAt) > this.#prices.nowMs() + AHEAD_MS) {
      throw new CallFailure('bad-feed', 'This feed says that it was made later than now. Look at its clock.');
    }
    const refused: { row: number; code: string; why: string }[] = [];
    const taken = rows.flatMap(({ code, priceMinor, stock }, index) => {
      const found = this.#find(code);
      const why =
        found === null
          ? 'nothing here goes by this code'
          : priceMinor !== null && !(Number.isInteger(priceMinor) && priceMinor >= 0 && priceMinor <= MAX_MINOR)
            ? 'this is no price'
            : stock !== null && !Number.isSafeInteger(stock)
              ? 'this is no stock'
              : null;
      if (found === null || why !== null) {
        refused.push({ row: index + 1, code, why: why ?? '' });
        return [];
      }
      return [{ itemId: found.item.itemId, variantId: found.variant.variantId, priceMinor, stock }];
    });
    const drafts: EntryDraft[] =
      taken.length === 0 ? [] : [{ kind: 'price.observed', body: { source, observedAt, rows: taken } }];
    const result = { taken: taken.length, refused };
    const before = new Map(taken.map(({ variantId }) => [variantId, this.#prices.shown(variantId)?.unitPriceMinor]));
    this.#core.store.commit({ requestId, actor: staffId, drafts, result });
    this.#prices.goodsChanged();
    const cause = { kind: 'feed' as const, ids: [source.slice(0, 80)] };
    this.#prices.changed(cause, staffId);
    this.#prices.logChanges(before, cause, staffId);
    return result;
  }

  exportRules(
    { name }: CallInput<'prices.export-rules'>,
    { requestId, staffId }: CallContext,
  ): CallOutput<'prices.export-rules'> {
    const { store, stall } = this.#core;
    const { deviceId, publicKey } = store.device;
    const last = store.settings.get(EXPORTED_VERSION);
    const kept = store.prices.ruleSets().find(({ setId }) => setId === deviceId)?.version ?? 0;
    const before = Math.max(typeof last === 'number' ? last : 0, kept);
    const version = Math.max(before + 1, Math.floor(this.#core.now().getTime() / 1_000));
    const rules = store.prices.rules().filter(({ setId, origin }) => setId === undefined && origin === 'rule');
    const set = { setId: deviceId, version, name, currency: stall.currency, rules };
    const text = writeRuleSet(set, { publicKey, sign: (content) => store.keys.sign(deviceId, content) });
    store.settings.set(EXPORTED_VERSION, version);
    const result = { fileName: `rules-${version}.trestle-rules.json`, text, version, ruleCount: rules.length };
    store.commit({ requestId, actor: staffId, drafts: [], result });
    return result;
  }

  takeInRules(
    { text }: CallInput<'prices.take-in-rules'>,
    { requestId, staffId }: CallContext,
  ): CallOutput<'prices.take-in-rules'> {
    const { store, stall } = this.#core;
    const { own, servers } = this.#trustedKeys();
    const set = unwrap(readRuleSet(text, (publicKey) => own.includes(publicKey) || servers.includes(publicKey)));
    const { setId, version, name, currency, signedBy } = set;
    if (currency !== stall.currency) {
      throw new CallFailure('bad-rule-set', `These prices are in ${currency}, and this stall’s in ${stall.currency}.`);
    }
    const known = store.prices.ruleSets().find((one) => one.setId === setId);
    if (known && known.version >= version) {
      throw new CallFailure(
        'rule-set-older',
        `Version ${known.version} of these rules is here already; this is ${version}.`,
      );
    }
    const others = new Map(
      store.prices
        .rules()
        .filter((rule) => rule.setId !== setId)
        .map((rule) => [rule.ruleId, rule]),
    );
    const twin = set.rules.find(({ ruleId }) => others.has(ruleId));
    if (twin) {
      throw new CallFailure('bad-rule-set', `“${twin.name}” is a rule of this stall already. Take that one off first.`);
    }
    if (others.size + set.rules.length > RULE_LIMITS.rules) {
      throw new CallFailure('too-many-rules', `With these there would be more than ${RULE_LIMITS.rules} rules.`);
    }
    const result = { setId, version, ruleCount: set.rules.length };
    const drafts = slices(rulesOfSet(set), RULES_PER_ENTRY).map((rules): EntryDraft => {
      return { kind: 'price.rules-put', body: { rules } };
    });
    drafts.push({
      kind: 'price.rule-set-taken',
      body: { setId, version, name, ruleCount: set.rules.length, signedBy },
    });
    store.commit({ requestId, actor: staffId, drafts, result });
    this.#prices.changed({ kind: 'rule', ids: [`${setId}@${version}`] }, staffId);
    return result;
  }

  acceptClock(): Nothing {
    this.#prices.acceptClock();
    return {};
  }

  state(): PricesState {
    const { prices } = this.#core.store;
    const nowMs = this.#prices.nowMs();
    const nextMs = this.#prices.nextChangeMs();
    return {
      epoch: this.#prices.epoch,
      now: new Date(nowMs).toISOString(),
      clockAheadMs: Math.round(this.#prices.clock.aheadMs()),
      nextChangeAt: nextMs === null ? null : new Date(nextMs).toISOString(),
      ruleCount: this.#prices.timedRules().length,
      policy: this.#prices.policy,
      place: this.#prices.place,
      feeds: prices.feeds().map(({ source, observedMs }) => ({
        source,
        observedAt: new Date(observedMs).toISOString(),
        freshness: freshness(observedMs, nowMs, this.#prices.policy),
      })),
      drops: this.#drops.views(),
      templates: prices.dropTemplates(),
    };
  }

  #checked({ ruleId, ...typed }: TypedRule, before: PriceRule | null): PriceRule {
    return unwrap(
      checkRule(
        withFoldedWords({
          ...typed,
          ruleId: before?.ruleId ?? ruleId ?? this.#core.newId(),
          version: (before?.version ?? 0) + 1,
          origin: before?.origin ?? 'rule',
          ...(before?.originId !== undefined && { originId: before.originId }),
        }),
      ),
    );
  }

  #trustedKeys(): { readonly own: readonly string[]; readonly servers: readonly string[] } {
    const { store } = this.#core;
    return {
      own: store.stall.devices().flatMap(({ deviceId, publicKey }) => (this.#isRevoked(deviceId) ? [] : [publicKey])),
      servers: store.sync.peers().map(({ publicKey }) => publicKey),
    };
  }

  #find(code: string): FoundVariant | null {
    const { catalogue } = this.#core.store;
    const byId = catalogue.variant(code);
    if (byId) return byId;
    const read = readCode(code);
    return catalogue.lookup(read.ok && 'candidates' in read.value ? read.value.candidates : [code]);
  }

  /** What each entry says in the log, the newest first; read bit by bit, and the till sells in between. */
  async *#logged(filter: PriceLogFilter, from: string | null): AsyncGenerator<PriceLogRow[]> {
    let before = from;
    let rowsOfTurn = 0;
    for (let read = 0, wasRead = 1; wasRead > 0 && read < MOST_READ; read += wasRead) {
      wasRead = 0;
      for (const entry of this.#entries(filter, before, ENTRIES_AT_ONCE)) {
        const rows = this.#rows(entry, filter);
        yield rows;
        wasRead += 1;
        before = entry.at;
        // An entry without rows was read all the same.
        rowsOfTurn += rows.length + 1;
        if (rowsOfTurn < ROWS_PER_TURN) continue;
        rowsOfTurn = 0;
        await nextTurn();
      }
    }
  }

  #entries({ from, until, kinds, staffId }: PriceLogFilter, before: string | null, limit: number) {
    const wanted = new Set<EntryKind>(kinds.flatMap((kind) => KINDS_OF_ROWS[kind]));
    const last = [before, until].filter((one) => one !== null).sort()[0] ?? null;
    return this.#core.store.prices.log({ from, before: last, kinds: [...wanted], actor: staffId, limit });
  }

  #rows(entry: Parameters<typeof rowsOf>[0], { kinds }: PriceLogFilter): PriceLogRow[] {
    const rows = rowsOf(entry, (staffId) => this.#core.store.people.nameOf(staffId));
    return kinds.length === 0 ? rows : rows.filter(({ kind }) => kinds.includes(kind));
  }
}

function slices<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}
