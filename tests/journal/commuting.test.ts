import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { projectBacklog } from '../../src/journal/catalogue-projection';
import type { SealedEntry } from '../../src/journal/entry';
import { insertJournalRow } from '../../src/journal/journal-rows';
import type { EntryBody, EntryDraft } from '../../src/journal/kinds';
import { entryApplier } from '../../src/journal/projector';
import { createReadModels } from '../../src/journal/read-models';
import { compareReadModels } from '../../src/journal/verify';
import { migrate } from '../../src/main/db/migrations';
import type { Hold } from '../../src/domain/hold';
import type { Drop } from '../../src/domain/drop';
import type { Shift } from '../../src/domain/shift';
import { DEFAULT_POLICY } from '../../src/domain/pricing/policy';
import { ALWAYS } from '../../src/domain/pricing/rule';
import { readRounds } from '../../src/analysis/price-test/read-out';
import { ruleOf } from '../helpers/price-rules';
import { bundleAdvice } from '../helpers/advice';
import { testPlan } from '../helpers/price-test';
import { doing, perform, type Doing } from './doings';
import { makeItem, stall, StallLife } from './stall-life';

const ALL = { entries: 1_000_000, bodyBytes: Number.MAX_SAFE_INTEGER };
const DEVICES = 3;

/** What one device does with what another one began. */
const ACROSS = [
  'close-shift',
  'sell-in-shift',
  'settle',
  'doubt',
  'unpark',
  'discard',
  'copy',
  'add-staff',
  'remove-staff',
  'promote-staff',
  'flag',
  'share',
  'give',
  'take-over',
  'hand-back',
  'enrol',
  'reconcile',
  'put-rule',
  'remove-rule',
  'take-rule-set',
  'set-policy',
  'observe',
  'drop',
  'end-drop',
  'give-of-drop',
  'test-price',
  'switch-test',
  'note-test',
  'read-test-out',
  'stop-test',
  'advise',
  'answer-advice',
  'count-people',
  'calibrate',
  'template',
  'hold',
  'extend-hold',
  'end-hold',
  'sell-hold',
  'recover',
  'label',
  'take-label-down',
  'clip',
  'remove-clip',
  'playlist',
  'remove-playlist',
] as const;

type Step =
  | { readonly who: number; readonly doing: Doing }
  | { readonly who: number; readonly across: (typeof ACROSS)[number]; readonly pick: number }
  /** So many entries of one device come to another. */
  | { readonly who: number; readonly from: number; readonly entries: number };

const who = fc.nat(DEVICES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ who, doing }) },
  { weight: 5, arbitrary: fc.record({ who, across: fc.constantFrom(...ACROSS), pick: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ who, from: who, entries: fc.nat(12) }) },
);

const lives: StallLife[] = [];
afterEach(() => {
  for (const life of lives.splice(0)) life.end();
});

function devices(): StallLife[] {
  const first = new StallLife();
  const all = [first, ...Array.from({ length: DEVICES - 1 }, () => first.another())];
  lives.push(...all);
  return all;
}

const chainOf = ({ store }: StallLife) => store.sync.journal.entriesAfter(store.device.deviceId, 0, ALL);

function deliver(from: StallLife, to: StallLife, entries: number): void {
  const held = to.store.sync.journal.head(from.store.device.deviceId)?.seq ?? 0;
  to.store.receive(chainOf(from).slice(held, held + entries), []);
}

/** Rows of a table as a device sees them, one of them picked. */
function picked(life: StallLife, sql: string, pick: number): Record<string, string> | undefined {
  const database = new Database(`${life.dataDir}/trestle.db`, { readonly: true });
  const rows = database.prepare(sql).all() as Record<string, string>[];
  database.close();
  return rows[pick % Math.max(rows.length, 1)];
}

function doAcross(life: StallLife, across: (typeof ACROSS)[number], pick: number): void {
  const { store } = life;
  const commit = (draft: EntryDraft): void => {
    store.commit({ actor: 'ada', drafts: [draft], result: null });
  };
  const at = life.context.now;
  const order = () =>
    picked(life, 'SELECT order_id AS id, shift_id AS shift FROM placed_order ORDER BY order_id', pick);
  switch (across) {
    case 'close-shift': {
      const shiftId = picked(life, 'SELECT shift_id AS id FROM shift WHERE is_open ORDER BY shift_id', pick)?.id;
      const totals = shiftId && store.shifts.get(shiftId)?.totals;
      if (!shiftId || !totals) return;
      const close = {
        closedAt: at,
        closedBy: 'ada',
        countedMinor: pick,
        expectedMinor: totals.expectedCashMinor,
        differenceMinor: pick - totals.expectedCashMinor,
        reason: '',
        totals,
      };
      commit({ kind: 'shift.closed', body: { shiftId, close } });
      return;
    }
    case 'sell-in-shift': {
      // As a device does that continues a damaged store, in the shift that was open in it.
      const shiftId = picked(life, 'SELECT shift_id AS id FROM shift ORDER BY shift_id', pick)?.id;
      const [variantId] = [1, 2, 3].map((number) => `variant-${number}`).filter((id) => store.catalogue.variant(id));
      if (shiftId && variantId)
        commit({ kind: 'order.placed', body: { order: { ...life.order([variantId]), shiftId } } });
      return;
    }
    case 'settle':
    case 'doubt': {
      const tender = picked(life, 'SELECT tender_id AS id, payment_id AS payment FROM tender ORDER BY tender_id', pick);
      const outcome = across === 'doubt' ? 'unknown' : pick % 2 === 0 ? 'approved' : 'declined';
      const body = { tenderId: tender?.id ?? '', paymentId: tender?.payment ?? 'p', outcome, reference: '' } as const;
      if (tender) commit({ kind: 'tender.settled', body });
      return;
    }
    case 'unpark':
    case 'discard': {
      const parked = store.parked.list();
      const { parkedCartId } = parked[pick % Math.max(parked.length, 1)] ?? {};
      const reason = across === 'unpark' ? 'resumed' : 'discarded';
      if (parkedCartId) commit({ kind: 'cart.unparked', body: { parkedCartId, reason } });
      return;
    }
    case 'copy': {
      const orderId = order()?.id;
      if (orderId) commit({ kind: 'receipt.copied', body: { orderId, copy: 1 + (pick % 4) } });
      return;
    }
    case 'add-staff':
    case 'promote-staff':
      commit({
        kind: 'staff.added',
        body: { staffId: `staff-${pick % 3}`, role: across === 'add-staff' ? 'cashier' : 'operator' },
      });
      if (pick % 2 === 0) commit({ kind: 'staff.signed-on', body: { staffId: `staff-${pick % 3}` } });
      return;
    case 'remove-staff':
      commit({ kind: 'staff.removed', body: { staffId: `staff-${pick % 3}` } });
      return;
    case 'flag': {
      const orderId = order()?.id;
      const how =
        pick % 2 === 0
          ? ({
              flag: 'online',
              cause: 'hub-acknowledged',
              hub: { serverId: 'hub', epoch: 1, serverSeq: pick },
            } as const)
          : ({ flag: 'offline-confirmed', cause: 'receipt-printed', hub: null } as const);
      if (orderId) commit({ kind: 'order.flagged', body: { orderId, at, ...how } });
      return;
    }
    case 'share': {
      const shares = [{ deviceId: store.device.deviceId, quantity: pick }];
      commit({ kind: 'stock.shared', body: { itemId: 'item-1', variantId: 'variant-1', shares } });
      return;
    }
    case 'give': {
      const body = { itemId: 'item-1', variantId: 'variant-1', toDevice: 'another', quantity: 1 + pick };
      commit({ kind: 'stock.share-given', body });
      return;
    }
    case 'take-over': {
      const shares = [{ itemId: 'item-1', variantId: 'variant-1', quantity: 1 + pick }];
      const body = { formerDevice: `device-${pick % 2}`, isDrill: pick % 3 === 0, heardSeq: pick, shares };
      commit({ kind: 'device.taken-over', body });
      return;
    }
    case 'hand-back':
      commit({ kind: 'device.handed-back', body: { formerDevice: `device-${pick % 2}` } });
      return;
    case 'enrol':
      store.enrolled({ stallId: stall.stallId, prefix: `T${pick + 1}`, serverId: 'hub' });
      return;
    case 'reconcile': {
      const shiftId = order()?.shift;
      const sums = { orderCount: pick, totalMinor: pick, ordersHash: 'x', mended: 0 };
      if (shiftId) commit({ kind: 'shift.reconciled', body: { shiftId, serverId: 'hub', ...sums } });
      return;
    }
    case 'put-rule': {
      const set = pick % 2 === 0 ? {} : { setId: 'set', setVersion: 1 + (pick % 3) };
      const rule = ruleOf({ ruleId: `rule-${pick % 3}`, version: 1 + pick, name: at, ...set });
      commit({ kind: 'price.rules-put', body: { rules: [rule] } });
      return;
    }
    case 'remove-rule':
      commit({ kind: 'price.rules-removed', body: { ruleIds: [`rule-${pick % 3}`] } });
      return;
    case 'take-rule-set': {
      const body = { setId: 'set', version: 1 + (pick % 3), ruleCount: pick, name: at, signedBy: 'k' };
      commit({ kind: 'price.rule-set-taken', body });
      return;
    }
    case 'set-policy':
      commit({ kind: 'price.policy-set', body: { policy: { ...DEFAULT_POLICY, graceMs: pick } } });
      return;
    case 'observe': {
      const rows = [{ itemId: 'item-1', variantId: 'variant-1', priceMinor: pick, stock: null }];
      const observedAt = new Date(1_700_000_000_000 + (pick % 3)).toISOString();
      commit({ kind: 'price.observed', body: { source: `feed-${pick % 2}`, observedAt, rows } });
      return;
    }
    case 'drop': {
      const drop: Drop = {
        dropId: `drop-${pick % 3}`,
        name: at,
        what: { kind: 'everything' },
        effect: { kind: 'percent-off', basisPoints: 100 + pick },
        startsAt: at,
        endsAt: at,
        unitCap: null,
        shares: [],
        graceMs: pick,
      };
      commit({ kind: 'drop.scheduled', body: { drop } });
      return;
    }
    case 'end-drop': {
      const reason = pick % 2 === 0 ? 'sold-out' : 'by-hand';
      const endedAt = new Date(1_700_000_000_000 + (pick % 3)).toISOString();
      commit({ kind: 'drop.ended', body: { dropId: `drop-${pick % 3}`, at: endedAt, reason } });
      return;
    }
    case 'give-of-drop':
      commit({
        kind: 'drop.share-given',
        body: { dropId: `drop-${pick % 3}`, toDevice: 'another', quantity: 1 + pick },
      });
      return;
    case 'test-price':
      commit({ kind: 'price-test.registered', body: { plan: testPlan({ testId: `test-${pick % 2}`, name: at }) } });
      return;
    case 'switch-test': {
      const switchedAt = new Date(1_700_000_000_000 + (pick % 3)).toISOString();
      const body = { testId: `test-${pick % 2}`, isOn: pick % 3 > 0, at: switchedAt, cause: 'stall' } as const;
      commit({ kind: 'price-test.switched', body });
      return;
    }
    case 'note-test': {
      const note = { noteId: `note-${pick % 3}`, kind: 'rain', from: at, to: null, text: String(pick) } as const;
      commit({ kind: 'price-test.noted', body: { testId: `test-${pick % 2}`, note } });
      return;
    }
    case 'read-test-out': {
      const readOut = readRounds(testPlan({ stop: { lookRounds: [9 + pick], whenSettled: true } }), []);
      commit({ kind: 'price-test.read-out', body: { testId: `test-${pick % 2}`, readOut } });
      return;
    }
    case 'stop-test': {
      const stoppedAt = new Date(1_700_000_000_000 + (pick % 3)).toISOString();
      const end = pick % 2 === 0 ? 'settled' : 'by-hand';
      commit({ kind: 'price-test.stopped', body: { testId: `test-${pick % 2}`, at: stoppedAt, end } });
      return;
    }
    case 'advise':
      commit({ kind: 'advice.offered', body: { advice: bundleAdvice(`advice-${pick % 3}`) } });
      return;
    case 'answer-advice': {
      const adviceId = `advice-${pick % 3}`;
      const answer = pick % 2 === 0 ? 'accepted' : 'ignored';
      if (pick % 5 === 0) commit({ kind: 'advice.taken-back', body: { adviceId, answer: null, ruleId: null } });
      else commit({ kind: 'advice.answered', body: { adviceId, answer, ruleId: null } });
      return;
    }
    case 'count-people':
      commit({ kind: 'footfall.counted', body: { source: 'tap', from: at, to: at, count: pick } });
      return;
    case 'calibrate':
      commit({ kind: 'footfall.calibrated', body: { source: 'tap', counted: pick, seen: pick + 1, at } });
      return;
    case 'hold': {
      const hold: Hold = {
        holdId: `hold-${pick % 3}`,
        itemId: 'item-1',
        variantId: 'variant-1',
        name: at,
        quantity: 1 + pick,
        unitPriceMinor: pick,
        placedAt: at,
        expiresAt: at,
        holder: null,
        person: null,
      };
      commit({ kind: 'hold.placed', body: { hold } });
      return;
    }
    case 'label': {
      const variantId = `variant-${pick % 2}`;
      commit({ kind: 'labels.printed', body: { labels: [{ itemId: 'item-1', variantId, priceMinor: pick }] } });
      return;
    }
    case 'clip': {
      const clip = {
        clip: String(pick % 2).repeat(64),
        kind: 'video/webm',
        durationMs: 12_000,
        width: 720,
        height: 1280,
        poster: null,
        caption: at,
        itemId: null,
      } as const;
      commit({ kind: 'clip.put', body: { clip } });
      return;
    }
    case 'remove-clip':
      commit({ kind: 'clip.removed', body: { clip: String(pick % 2).repeat(64) } });
      return;
    case 'take-label-down':
      commit({ kind: 'labels.taken-down', body: { variantIds: [`variant-${pick % 2}`] } });
      return;
    case 'playlist': {
      const playlist = { playlistId: `playlist-${pick % 2}`, name: at, isOn: true, when: ALWAYS, cards: [] };
      commit({ kind: 'reel.playlist-put', body: { playlist } });
      return;
    }
    case 'remove-playlist':
      commit({ kind: 'reel.playlist-removed', body: { playlistId: `playlist-${pick % 2}` } });
      return;
    case 'extend-hold': {
      const expiresAt = new Date(1_900_000_000_000 + (pick % 5)).toISOString();
      commit({
        kind: 'hold.extended',
        body: { holdId: `hold-${pick % 3}`, expiresAt, ...(pick % 2 === 0 && { timesAsked: 1 + (pick % 4) }) },
      });
      return;
    }
    case 'end-hold': {
      const endedAt = new Date(1_700_000_000_000 + (pick % 3)).toISOString();
      const reason = pick % 2 === 0 ? 'by-till' : 'by-shopper';
      commit({ kind: 'hold.ended', body: { holdId: `hold-${pick % 3}`, at: endedAt, reason } });
      return;
    }
    case 'sell-hold': {
      if (!store.catalogue.variant('variant-1')) return;
      const order = life.order(['variant-1']);
      const deviceId = pick % 2 === 0 ? store.device.deviceId : 'another';
      const hold = { holdId: `hold-${pick % 3}`, deviceId, quantity: 1, placedAt: at, expiresAt: at };
      commit({
        kind: 'order.placed',
        body: { order: { ...order, lines: order.lines.map((line) => ({ ...line, hold })) } },
      });
      return;
    }
    case 'recover': {
      const placed = picked(
        life,
        `SELECT journal.device, seq, at, hash, journal.body, shift.body AS shift FROM journal
           JOIN shift ON shift_id = journal.body ->> '$.order.shiftId'
         WHERE kind = 'order.placed' AND shift.body IS NOT NULL ORDER BY at`,
        pick,
      );
      if (!placed) return;
      const { order } = JSON.parse(placed.body ?? '') as EntryBody<'order.placed'>;
      const { closed: _closed, ...shift } = JSON.parse(placed.shift ?? '') as Shift;
      // As the receipt has it: without the goods where no catalogue knows them.
      const lines =
        pick % 2 === 0 ? order.lines : order.lines.map((line) => ({ ...line, variantId: null, itemId: null }));
      commit({
        kind: 'order.recovered',
        body: {
          order: { ...order, lines, cartId: order.orderId },
          deviceId: placed.device ?? '',
          entry: { seq: Number(placed.seq), at: placed.at ?? '', check: (placed.hash ?? '').slice(0, 16) },
          shift,
          groupedLineCount: null,
          copy: '',
          signedBy: '',
        },
      });
      return;
    }
    case 'template': {
      const templateId = `template-${pick % 2}`;
      const effect = { kind: 'percent-off', basisPoints: 100 + pick } as const;
      const template = {
        templateId,
        name: at,
        what: { kind: 'everything' },
        effect,
        minutes: 30,
        unitCap: null,
        graceMs: 0,
      } as const;
      commit(
        pick % 3 === 0
          ? { kind: 'drop.template-removed', body: { templateId } }
          : { kind: 'drop.template-put', body: { template } },
      );
      return;
    }
  }
}

/** The chains in one order that keeps each device's own, as the numbers say. */
function interleave(chains: readonly (readonly SealedEntry[])[], choices: readonly number[]): SealedEntry[] {
  const left = chains.map((chain) => [...chain]);
  const mixed: SealedEntry[] = [];
  for (let turn = 0; ; turn += 1) {
    const waiting = left.filter((chain) => chain.length > 0);
    const chain = waiting[(choices[turn % choices.length] ?? 0) % Math.max(waiting.length, 1)];
    const entry = chain?.shift();
    if (entry === undefined) return mixed;
    mixed.push(entry);
  }
}

/** A database that got these entries in this order; a committed import may take its time. */
function projected(entries: readonly SealedEntry[], isPatient: boolean): Database.Database {
  const database = new Database(':memory:');
  migrate(database, () => undefined);
  database.transaction(() => {
    createReadModels(database);
    const apply = entryApplier(database);
    const applyBacklog = () => projectBacklog(database, () => undefined);
    for (const entry of entries) {
      insertJournalRow(database, entry);
      const applied = apply(entry);
      if (!applied.ok) throw new Error(`${entry.kind} ${entry.seq}: ${applied.unreadable.why}`);
      if (!isPatient) applyBacklog();
    }
    while (applyBacklog());
  })();
  return database;
}

describe('entries of several devices', () => {
  it('give the same tables in whatever order they arrive', { timeout: 300_000 }, async () => {
    const turns = fc.array(fc.nat(DEVICES - 1), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), turns, turns, async (steps, one, two) => {
        const all = devices();
        for (const life of all) life.put(makeItem(1), makeItem(2), makeItem(3));
        for (const next of steps) {
          const life = all[next.who] as StallLife;
          if ('doing' in next) await perform(life, next.doing);
          else if ('across' in next) doAcross(life, next.across, next.pick);
          else deliver(all[next.from] as StallLife, life, next.entries);
        }
        const chains = all.map(chainOf);
        const first = projected(interleave(chains, one), false);
        const second = projected(interleave(chains, two), true);
        expect(compareReadModels(first, second)).toEqual([]);
        // A device that hears of everything else in the end has the same.
        for (const from of all) for (const to of all) if (from !== to) deliver(from, to, Infinity);
        const [life] = all as [StallLife];
        await life.store.applyImports();
        life.close();
        const living = new Database(`${life.dataDir}/trestle.db`, { readonly: true });
        expect(compareReadModels(living, first)).toEqual([]);
        for (const database of [living, first, second]) database.close();
        for (const ended of lives.splice(0)) ended.end();
      }),
      { numRuns: 15 },
    );
  });
});

describe('what two devices did with what a third began', () => {
  it('gives the same tables whoever is heard first', { timeout: 120_000 }, async () => {
    const all = devices() as [StallLife, StallLife, StallLife];
    const [one, two, three] = all;
    one.put(makeItem(1), makeItem(2), makeItem(3));
    for (let begun = 0; begun < 3; begun += 1) {
      one.park(['variant-1']);
      await perform(one, { do: 'tender', outcome: 'none' });
      one.sell(['variant-2']);
    }
    doAcross(one, 'add-staff', 0);
    for (const life of [two, three]) {
      deliver(one, life, Infinity);
      for (const across of ACROSS) for (const pick of [0, 1, 2]) doAcross(life, across, pick);
      life.nowMs += 1_000;
    }
    doAcross(two, 'add-staff', 0);
    for (const across of ['promote-staff', 'settle', 'close-shift', 'unpark'] as const) doAcross(one, across, 0);
    const chains = all.map(chainOf);
    const expected = projected(chains.flat(), true);
    const turns = fc.array(fc.nat(DEVICES - 1), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(turns, (choices) => {
        const mixed = projected(interleave(chains, choices), true);
        expect(compareReadModels(mixed, expected)).toEqual([]);
        mixed.close();
      }),
      { numRuns: 60, examples: [[[2]], [[1]], [[0]], [[1, 2]]] },
    );
    expected.close();
  });
});

describe('a cart set aside and brought back on two devices', () => {
  it('is found when both sold it, wherever the word arrives first', () => {
    const [one, two, three] = devices() as [StallLife, StallLife, StallLife];
    one.put(makeItem(1));
    const cartId = one.store.parked.get(one.park(['variant-1']))?.cart.cartId;
    deliver(one, two, Infinity);
    const resumeAndSell = (life: StallLife): string => {
      const [parked] = life.store.parked.list();
      if (!parked) throw new Error('nothing is set aside');
      const { parkedCartId, cart } = parked;
      life.store.commit({
        actor: 'ada',
        drafts: [{ kind: 'cart.unparked', body: { parkedCartId, reason: 'resumed' } }],
        result: null,
      });
      const order = { ...life.order(['variant-1']), cartId: cart.cartId };
      life.store.commit({ actor: 'ada', drafts: [{ kind: 'order.placed', body: { order } }], result: null });
      return order.orderId;
    };
    const orders = [resumeAndSell(one), resumeAndSell(two)];
    expect(one.store.orders.doubleSold()).toEqual([]);
    for (const from of [two, one]) deliver(from, three, Infinity);
    deliver(two, one, Infinity);
    for (const { store } of [one, three]) {
      const [double] = store.orders.doubleSold();
      expect(double?.cartId).toBe(cartId);
      expect(double?.orders.map(({ orderId }) => orderId).sort()).toEqual([...orders].sort());
      expect(store.parked.list()).toEqual([]);
    }
    expect(two.store.orders.doubleSold()).toEqual([]);
  });
});

describe('orders of several devices', () => {
  it('stand in the order they were placed in, however late they arrive', () => {
    const [one, two] = devices() as [StallLife, StallLife];
    one.put(makeItem(1));
    deliver(one, two, Infinity);
    const first = one.sell(['variant-1']);
    two.nowMs = one.nowMs + 60_000;
    const second = two.sell(['variant-1']);
    one.nowMs = two.nowMs + 60_000;
    const third = one.sell(['variant-1']);
    deliver(one, two, Infinity);
    const { orders } = two.store.orders.list({ text: '', beforeSequence: null, limit: 10 });
    expect(orders.map(({ order }) => order.orderId)).toEqual([third, second, first].map(({ orderId }) => orderId));
    // The last one here is this till's own.
    expect(two.store.orders.last()?.order.orderId).toBe(second.orderId);
    expect(two.store.nextOrderSequence()).toBe(2);
    const page = two.store.orders.list({ text: '', beforeSequence: orders[0]?.sequence ?? null, limit: 1 });
    expect(page.orders[0]?.order.orderId).toBe(second.orderId);
  });

  it('keep their order on a device whose clock was set back', () => {
    const [one] = devices() as [StallLife];
    one.put(makeItem(1));
    const placed = Array.from({ length: 30 }, (_, sale) => {
      if (sale === 5) one.nowMs -= 3_600_000;
      return one.sell(['variant-1']).number;
    });
    const { orders } = one.store.orders.list({ text: '', beforeSequence: null, limit: 100 });
    expect(orders.map(({ order }) => order.number).reverse()).toEqual(placed);
  });

  it('carry the flag that was given first, with how it came to be', () => {
    const [one, two] = devices() as [StallLife, StallLife];
    one.put(makeItem(1));
    const { orderId } = one.sell(['variant-1']);
    expect(one.store.orders.get(orderId)?.order.flag).toBe('queued');
    const at = one.context.now;
    const flag = (body: Extract<EntryDraft, { kind: 'order.flagged' }>['body']) =>
      one.store.commit({ actor: null, drafts: [{ kind: 'order.flagged', body }], result: null });
    flag({ orderId, flag: 'offline-confirmed', cause: 'receipt-printed', at, hub: null });
    const hub = { serverId: 'hub', epoch: 1, serverSeq: 7 };
    flag({ orderId, flag: 'online', cause: 'hub-acknowledged', at, hub });
    deliver(one, two, Infinity);
    for (const { store } of [one, two]) {
      expect(store.orders.get(orderId)?.order.flag).toBe('offline-confirmed');
      expect(store.orders.flagHistory(orderId)).toEqual([
        { flag: 'offline-confirmed', cause: 'receipt-printed', at, hub: null },
        { flag: 'online', cause: 'hub-acknowledged', at, hub },
      ]);
    }
  });
});

describe('staff on several devices', () => {
  it('who were taken off are signed on nowhere, also when they come back', () => {
    const [one, two] = devices() as [StallLife, StallLife];
    const write = (life: StallLife, ...drafts: EntryDraft[]) =>
      life.store.commit({ actor: null, drafts, result: null });
    write(one, { kind: 'staff.added', body: { staffId: 'bob', role: 'cashier' } });
    deliver(one, two, Infinity);
    write(two, { kind: 'staff.signed-on', body: { staffId: 'bob' } });
    const { deviceId } = two.store.device;
    expect(two.store.stall.signedOn(deviceId)?.staffId).toBe('bob');
    one.nowMs += 60_000;
    write(one, { kind: 'staff.removed', body: { staffId: 'bob' } });
    deliver(one, two, Infinity);
    expect(two.store.stall.signedOn(deviceId)).toBeNull();
    expect(two.store.stall.staff()).toEqual([]);
    write(one, { kind: 'staff.added', body: { staffId: 'bob', role: 'operator' } });
    deliver(one, two, Infinity);
    expect(two.store.stall.signedOn(deviceId)).toBeNull();
    expect(two.store.stall.staff()).toEqual([{ staffId: 'bob', role: 'operator' }]);
  });
});
