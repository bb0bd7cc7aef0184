import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { readHoldToken } from '../../src/domain/hold-token';
import { checkOrder } from '../../src/domain/order';
import { readOwnCode } from '../../src/domain/own-code';
import type { RunningKiosk } from '../../src/main/boot';
import { HeldForStore } from '../../src/main/db/held-for';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import type { CallInput, CallName, CallOutput } from '../../src/shared/contract';
import type { CallResult } from '../../src/shared/errors';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { typedRule } from '../helpers/price-rules';
import { startTwoTills, type PairedTill, type TwoTills } from '../helpers/two-tills';

const LOAF = '5012345010779';
const MINUTE_MS = 60_000;

let requests = 0;
/** A phone: a call as the shop's pages make it. */
async function phone<N extends CallName>(
  { kiosk }: RunningKiosk,
  call: N,
  input: CallInput<N>,
): Promise<CallResult<CallOutput<N>>> {
  requests += 1;
  const message = { call, requestId: `phone-${requests}`, input };
  return (await kiosk.dispatch({ role: 'shopper' }, message)) as CallResult<CallOutput<N>>;
}

async function loafOf(till: TestClient): Promise<{ itemId: string; variantId: string; priceMinor: number }> {
  const found = await till.call('catalogue.lookup', { code: LOAF });
  const variant = found?.item.variants.find(({ variantId }) => variantId === found.variantId);
  if (!found || !variant) throw new Error('the demo stall sells a loaf');
  return { itemId: found.item.itemId, variantId: variant.variantId, priceMinor: variant.priceMinor };
}

/** Counts the loaves anew. */
async function stockUp(till: TestClient, itemId: string, stock: number): Promise<void> {
  const { handle: _handle, ...item } = await till.call('catalogue.item', { itemId });
  await till.call('catalogue.put-item', { ...item, variants: item.variants.map((variant) => ({ ...variant, stock })) });
}

async function hold(
  running: RunningKiosk,
  asked: Partial<CallInput<'hold.place'>> & { readonly variantId: string },
): Promise<{ readonly holdId: string; readonly pageKey: string; readonly code: string; readonly shortCode: string }> {
  const placed = await phone(running, 'hold.place', { quantity: 1, holder: 'phone-a', person: null, ...asked });
  if (!placed.ok) throw new Error(placed.error.code);
  const seen = await phone(running, 'hold.look', { pageKey: placed.value.pageKey });
  if (!seen.ok || typeof seen.value?.code !== 'string') throw new Error('the hold has a code');
  return { ...placed.value, code: seen.value.code, shortCode: seen.value.shortCode };
}

describe('one till', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let clock: ManualClock;
  let running: RunningKiosk;
  let till: TestClient;
  let loaf: { itemId: string; variantId: string; priceMinor: number };

  async function start(): Promise<void> {
    ({ running, till } = await startTestTill({
      dataDir: folder.path,
      demo: true,
      now: () => new Date(clock.now()),
      prices: { clock, steadyMs: () => clock.steady() },
    }));
  }

  beforeEach(async () => {
    folder = temporaryFolder();
    clock = manualClock();
    await start();
    await readyToSell(till);
    loaf = await loafOf(till);
  });
  afterEach(async () => {
    till.close();
    await running.close();
    const { findings } = await verifyFolder(folder.path);
    folder.remove();
    expect(findings).toEqual([]);
  });

  const phase = async (pageKey: string): Promise<string | undefined> => {
    const seen = await phone(running, 'hold.look', { pageKey });
    return seen.ok ? seen.value?.phase : undefined;
  };
  /** Of how many shoppers the till knows what they are called. */
  const keptNames = (): unknown => {
    const database = new Database(join(folder.path, 'trestle.db'), { readonly: true });
    const count = database.prepare('SELECT count(*) FROM held_for').pluck().get();
    database.close();
    return count;
  };
  const pay = () => till.call('payment.cash', { givenMinor: 100_000 });
  const dearer = typedRule({
    name: 'Dearer bread',
    effect: { kind: 'percent-off', basisPoints: 5_000 },
    graceMs: 0,
  });

  test('a scanned hold is sold once at the promised price, which no rule changes any more', async () => {
    const { ruleId } = await till.call('prices.put-rule', dearer);
    const { holdId, pageKey, code } = await hold(running, { variantId: loaf.variantId, quantity: 2 });
    await till.call('prices.remove-rule', { ruleId });
    const outcome = await till.call('cart.scan', { code });
    expect(outcome).toMatchObject({ kind: 'line' });
    // Twice on one docket is once too often.
    expect(await till.failure('cart.scan', { code })).toBe('hold-on-docket');
    const walkIn = await till.call('cart.add', { variantId: loaf.variantId });
    const { sale } = await till.until(({ sale: { cart } }) => cart.lines.length === 2, 'both lines');
    const [held, other] = sale.cart.lines;
    const promisedMinor = Math.round(loaf.priceMinor / 2);
    expect(held).toMatchObject({ quantity: 2, unitPriceMinor: promisedMinor, hold: { holdId, quantity: 2 } });
    expect(held?.trace?.steps).toMatchObject([{ kind: 'rule', name: 'Dearer bread' }]);
    expect(other).toMatchObject({ lineId: walkIn.lineId, unitPriceMinor: loaf.priceMinor });
    const more = { lineId: held?.lineId ?? '', quantity: 3 };
    expect(await till.failure('cart.set-quantity', more)).toBe('bad-quantity');

    const { orderId } = await pay();
    const { order } = await till.call('order.get', { orderId: orderId ?? '' });
    expect(checkOrder(order)).toEqual([]);
    expect(order.lines[0]?.hold?.holdId).toBe(holdId);
    expect(await phase(pageKey)).toBe('sold');
    // A photographed code is of no use to whoever comes second.
    expect(await till.failure('cart.scan', { code })).toBe('hold-sold');
    const { session } = await till.until(({ session: { shift } }) => shift?.totals.orderCount === 1, 'the order');
    expect(session.shift?.totals).toMatchObject({ heldOrderCount: 1, heldSalesMinor: order.totalMinor });
  });

  test('the short code is typed where nothing else goes by it', async () => {
    const { shortCode, holdId } = await hold(running, { variantId: loaf.variantId });
    await till.call('cart.scan', { code: shortCode.toLowerCase() });
    const { sale } = await till.until(({ sale: { cart } }) => cart.lines.length === 1, 'the line');
    expect(sale.cart.lines[0]?.hold?.holdId).toBe(holdId);
    expect(await till.failure('cart.scan', { code: 'K7M-2QX' })).toBe('unknown-code');
  });

  test('forged, expired and released holds sell nothing', async () => {
    const { code, holdId, pageKey } = await hold(running, { variantId: loaf.variantId });
    const other = await hold(running, { variantId: loaf.variantId });
    // Another hold's signature under this one's words.
    const forged = code.slice(0, 40) + other.code.slice(40);
    expect(['hold-forged', 'malformed-code']).toContain(await till.failure('cart.scan', { code: forged }));
    await till.call('hold.release', { holdId: other.holdId, reason: 'by-till' });
    expect(await till.failure('cart.scan', { code: other.code })).toBe('hold-released');
    expect((await phone(running, 'hold.give-up', { pageKey: other.pageKey })).ok).toBe(false);

    // Nobody frees or keeps it by setting the clock.
    clock.set(3 * 60 * MINUTE_MS);
    expect(await phase(pageKey)).toBe('open');
    clock.set(-3 * 60 * MINUTE_MS);
    await till.call('hold.extend', { holdId, minutes: 10 });
    await clock.advance(39 * MINUTE_MS);
    expect(await phase(pageKey)).toBe('open');
    await clock.advance(2 * MINUTE_MS);
    expect(await phase(pageKey)).toBe('expired');
    expect(await till.failure('cart.scan', { code })).toBe('hold-expired');
    expect(await till.failure('hold.extend', { holdId, minutes: 10 })).toBe('hold-expired');
    expect(till.topics.sale.cart.lines).toEqual([]);
  });

  test('whoever copied its code can neither look at it, keep it longer nor let it go; its page still can', async () => {
    const person = { name: 'Ada', phone: '', consent: 'Keep my name until tomorrow.' };
    const { holdId, pageKey, code, shortCode } = await hold(running, { variantId: loaf.variantId, person });
    const own = readOwnCode(code);
    const token = own?.kind === 'hold' ? own.token : '';
    expect(readHoldToken(token)?.ticket.holdId).toBe(holdId);
    const copied = [
      holdId,
      holdId.toLowerCase(),
      shortCode,
      token.slice(0, 64),
      token.slice(-26),
      `${holdId}${pageKey}`,
    ];
    for (const guess of [...copied, pageKey.slice(0, -1), `${pageKey}0`]) {
      expect(await phone(running, 'hold.look', { pageKey: guess })).toEqual({ ok: true, value: null });
      for (const call of ['hold.more', 'hold.give-up'] as const) {
        const asked = await phone(running, call, { pageKey: guess });
        expect(asked).toMatchObject({ ok: false, error: { code: 'unknown-hold' } });
      }
    }
    // The calls of the till are not for phones, whatever they know.
    const release = await phone(running, 'hold.release', { holdId, reason: 'by-till' });
    const longer = await phone(running, 'hold.extend', { holdId, minutes: 10 });
    expect([release.ok, longer.ok]).toEqual([false, false]);
    const heldFor = () => till.topics.holds.holds.find((one) => one.holdId === holdId)?.heldFor;
    await till.until(() => heldFor()?.name === 'Ada', 'the hold as it was');
    // Nor does the journal say the key, to whoever reads it.
    expect([...exportFolder(folder.path)].join('\n')).not.toContain(pageKey);

    expect((await phone(running, 'hold.more', { pageKey })).ok).toBe(true);
    expect((await phone(running, 'hold.give-up', { pageKey })).ok).toBe(true);
    await till.until(() => heldFor() === null, 'nobody');
    expect(await till.failure('cart.scan', { code })).toBe('hold-released');
  });

  test('its shopper has ten minutes more once, and the same code is good until then and sold once', async () => {
    const { variantId } = loaf;
    const { holdId, pageKey, code } = await hold(running, { variantId });
    const look = async () => {
      const seen = await phone(running, 'hold.look', { pageKey });
      if (!seen.ok || seen.value === null) throw new Error('the hold is known');
      return seen.value;
    };
    const more = async (key = pageKey): Promise<string> => {
      const given = await phone(running, 'hold.more', { pageKey: key });
      return given.ok ? given.value.expiresAt : given.error.code;
    };
    const { placedAt, moreMinutes } = await look();
    expect(moreMinutes).toBe(10);
    expect(await more('K7M2QX0000000000')).toBe('unknown-hold');
    const policy = { isOn: true, minutes: 30 };
    await till.call('hold.set-policy', { ...policy, mayAskMore: false });
    expect([await more(), (await look()).moreMinutes]).toEqual(['holds-off', null]);
    await till.call('hold.set-policy', { ...policy, mayAskMore: true });

    await clock.advance(29 * MINUTE_MS);
    // A tap that comes twice over a bad connection is one.
    const tap = { call: 'hold.more', requestId: 'one-tap', input: { pageKey } };
    const [first, again] = [
      await running.kiosk.dispatch({ role: 'shopper' }, tap),
      await running.kiosk.dispatch({ role: 'shopper' }, tap),
    ];
    const until = new Date(Date.parse(placedAt) + 40 * MINUTE_MS).toISOString();
    expect([first, again]).toEqual(Array(2).fill({ ok: true, value: { expiresAt: until } }));
    expect(await more()).toBe('hold-limit');
    const longer = await look();
    expect(longer).toMatchObject({ expiresAt: until, timesAsked: 1, moreMinutes: null, phase: 'open' });
    await till.until(({ holds }) => holds.holds[0]?.timesAsked === 1, 'it on the list');
    const ticketOf = (text: string | null) => {
      const own = readOwnCode(text ?? '');
      return own?.kind === 'hold' ? readHoldToken(own.token)?.ticket : undefined;
    };
    expect(ticketOf(longer.code)).toEqual({ ...ticketOf(code), expiresAt: until });
    const extended = [...exportFolder(folder.path)].filter((line) => line.includes('"hold.extended"'));
    expect(extended.map((line) => JSON.parse(line) as object)).toMatchObject([
      { actor: null, body: { holdId, expiresAt: until, timesAsked: 1 } },
    ]);

    // Longer than the code of before says: this till knows better.
    await clock.advance(6 * MINUTE_MS);
    await till.call('cart.scan', { code });
    await pay();
    expect(await till.failure('cart.scan', { code: longer.code ?? '' })).toBe('hold-sold');
    expect(await more()).toBe('hold-sold');

    const other = await hold(running, { variantId, holder: 'phone-b' });
    await till.call('hold.extend', { holdId: other.holdId, minutes: 15 });
    await clock.advance(44 * MINUTE_MS);
    // What the till gave by itself is nothing that its shopper asked for.
    expect(await phone(running, 'hold.look', { pageKey: other.pageKey })).toMatchObject({
      value: { phase: 'open', timesAsked: 0, moreMinutes: 10 },
    });
    await clock.advance(2 * MINUTE_MS);
    expect(await more(other.pageKey)).toBe('hold-expired');
    const third = await hold(running, { variantId, holder: 'phone-c' });
    await phone(running, 'hold.give-up', { pageKey: third.pageKey });
    expect(await more(third.pageKey)).toBe('hold-released');
  });

  test('what is held is sold to nobody else until a person decides, which is written down', async () => {
    await stockUp(till, loaf.itemId, 2);
    const { holdId, pageKey } = await hold(running, { variantId: loaf.variantId });
    const { lineId } = await till.call('cart.add', { variantId: loaf.variantId });
    const refused = await till.client.call('cart.set-quantity', { lineId, quantity: 2 });
    expect(refused).toMatchObject({ ok: false, error: { code: 'held', variantId: loaf.variantId } });
    // What is on the docket can be held by nobody.
    const late = await phone(running, 'hold.place', {
      variantId: loaf.variantId,
      quantity: 1,
      holder: 'phone-b',
      person: null,
    });
    expect(late).toMatchObject({ ok: false, error: { code: 'none-to-hold' } });
    const { tiles } = await till.call('catalogue.search', { text: 'sourdough', limit: 5 });
    expect(tiles.find(({ itemId }) => itemId === loaf.itemId)).toMatchObject({ stock: 2, held: 1 });

    await till.call('hold.release', { holdId, reason: 'given-to-another' });
    await till.call('cart.set-quantity', { lineId, quantity: 2 });
    await pay();
    const seen = await phone(running, 'hold.look', { pageKey });
    expect(seen).toMatchObject({ ok: true, value: { phase: 'released', endReason: 'given-to-another', code: null } });
    const ended = [...exportFolder(folder.path)].find((line) => line.includes('"hold.ended"')) ?? '';
    expect(JSON.parse(ended)).toMatchObject({
      actor: till.topics.session.signedOn?.staffId,
      body: { holdId, reason: 'given-to-another' },
    });
    // Whoever held it was nobody of the staff.
    const placed = [...exportFolder(folder.path)].find((line) => line.includes('"hold.placed"')) ?? '';
    expect(JSON.parse(placed)).toMatchObject({ actor: null, body: { hold: { holdId } } });
  });

  test('what is held at the price of a drop comes off what the drop has left, and is sold at it', async () => {
    const { variantId, priceMinor } = loaf;
    await till.call('drop.schedule', {
      name: 'Warm bread',
      what: { kind: 'variants', variantIds: [variantId] },
      effect: { kind: 'percent-off', basisPoints: 5_000 },
      startsAt: null,
      minutes: 60,
      unitCap: 3,
      shares: null,
      graceMs: null,
    });
    const dropMinor = Math.round(priceMinor / 2);
    const asked = { variantId, holder: 'phone-a', person: null };
    const many = await phone(running, 'hold.place', { ...asked, quantity: 4 });
    expect(many).toMatchObject({ ok: false, error: { code: 'none-to-hold' } });
    const { code } = await hold(running, { ...asked, quantity: 2 });

    const pieces = async (): Promise<[quantity: number, unitPriceMinor: number][]> => {
      const { sale } = await till.until(({ sale: { cart } }) => cart.lines.length === 2, 'two lines');
      return sale.cart.lines.map(({ quantity, unitPriceMinor }) => [quantity, unitPriceMinor]);
    };
    // Somebody at the table gets the one that is left.
    await till.call('cart.add', { variantId, quantity: 3 });
    expect(await pieces()).toEqual([
      [1, dropMinor],
      [2, priceMinor],
    ]);
    await pay();
    await till.call('cart.scan', { code });
    await till.call('cart.add', { variantId });
    expect(await pieces()).toEqual([
      [2, dropMinor],
      [1, priceMinor],
    ]);
    await pay();
    const { drops } = await till.call('drop.list', {});
    expect(drops).toMatchObject([{ sold: 3, endedBy: 'sold-out' }]);
  });

  test('goods that lie on the docket are nobody else’s when their hold runs out or is given up meanwhile', async () => {
    await stockUp(till, loaf.itemId, 2);
    const late = async (): Promise<string | boolean> => {
      const asked = { variantId: loaf.variantId, quantity: 1, holder: 'phone-b', person: null };
      const placed = await phone(running, 'hold.place', asked);
      return placed.ok || placed.error.code;
    };
    const one = await hold(running, { variantId: loaf.variantId });
    const other = await hold(running, { variantId: loaf.variantId });
    await till.call('hold.take', { holdId: one.holdId });
    await till.call('hold.take', { holdId: other.holdId });
    await phone(running, 'hold.give-up', { pageKey: other.pageKey });
    await clock.advance(31 * MINUTE_MS);
    expect([await phase(one.pageKey), await phase(other.pageKey)]).toEqual(['expired', 'released']);
    expect(await late()).toBe('none-to-hold');
    await till.call('cart.park', { label: '' });
    expect(await late()).toBe('none-to-hold');
    const { sale } = await till.until(({ sale: { parked } }) => parked.length === 1, 'the cart');
    const isAside = ({ holds }: TestClient['topics']): boolean => holds.holds.some((known) => known.isOnDocket);
    await till.until(isAside, 'what is set aside');
    await till.call('cart.discard-parked', { parkedCartId: sale.parked[0]?.parkedCartId ?? '' });
    await till.until((topics) => !isAside(topics), 'nothing set aside');
    expect(await late()).toBe(true);
  });

  test('a name is kept beside the journal, needs consent, and can be forgotten', async () => {
    const { variantId } = loaf;
    const person = { name: 'Ada <b>Lovelace</b>\u202e', phone: '0191 498 0000', consent: '' };
    const asked = { variantId, quantity: 1, holder: 'phone-a' };
    const without = await phone(running, 'hold.place', { ...asked, person });
    expect(without).toMatchObject({ ok: false, error: { code: 'bad-hold' } });
    const agreed = { ...person, consent: 'Keep my name until tomorrow.' };
    const { holdId } = await hold(running, { variantId, person: agreed });
    const nameOf = () => till.topics.holds.holds.find((one) => one.holdId === holdId)?.heldFor;
    await till.until(() => typeof nameOf()?.name === 'string', 'the name');
    expect(nameOf()).toEqual({ name: 'Ada <b>Lovelace</b>', phone: '0191 498 0000' });
    expect([...exportFolder(folder.path)].join('\n')).not.toMatch(/Lovelace|498 0000/);
    await till.call('hold.forget', { holdId });
    await till.until(() => nameOf() === null, 'nobody');
    const second = await hold(running, { variantId, person: agreed });
    await phone(running, 'hold.give-up', { pageKey: second.pageKey });
    const third = await hold(running, { variantId, holder: 'phone-b', person: agreed });
    const page = await phone(running, 'hold.look', { pageKey: third.pageKey });
    expect(page).toMatchObject({ value: { holdId: third.holdId } });
    expect(JSON.stringify(page)).not.toMatch(/Lovelace|498 0000/);
    await clock.advance(26 * 60 * MINUTE_MS);
    expect(await phase(third.pageKey)).toBe('expired');
    expect(keptNames()).toBe(0);

    // A till that is off when the time is over forgets as it starts.
    const last = await hold(running, { variantId, holder: 'phone-c', person: agreed });
    till.close();
    await running.close();
    clock.set(26 * 60 * MINUTE_MS);
    await start();
    expect(await phase(last.pageKey)).toBe('expired');
    expect(keptNames()).toBe(0);
  });

  test('ends in time on a full disk, and its name is forgotten once there is room', async () => {
    const person = { name: 'Ada', phone: '', consent: 'Keep my name until tomorrow.' };
    const { pageKey } = await hold(running, { variantId: loaf.variantId, person });
    const forget = vi.spyOn(HeldForStore.prototype, 'forgetBefore').mockImplementation(() => {
      throw new Error('database or disk is full');
    });
    await clock.advance(26 * 60 * MINUTE_MS);
    expect(await phase(pageKey)).toBe('expired');
    expect(keptNames()).toBe(1);
    // Nor does it keep the till from starting.
    till.close();
    await running.close();
    await start();
    forget.mockRestore();
    await clock.advance(60 * MINUTE_MS);
    expect(keptNames()).toBe(0);
  });

  test('one phone cannot hold everything, nor the same again and again', async () => {
    const { variantId } = loaf;
    const place = async (holder: string, quantity = 1): Promise<string> => {
      const placed = await phone(running, 'hold.place', { variantId, quantity, holder, person: null });
      return placed.ok ? placed.value.pageKey : placed.error.code;
    };
    await stockUp(till, loaf.itemId, 100);
    expect(await place('phone-a', 6)).toBe('bad-hold');
    const first = await place('phone-a');
    await phone(running, 'hold.give-up', { pageKey: first });
    await place('phone-a');
    expect(await place('phone-a')).toBe('hold-limit');
    await till.call('hold.set-policy', { isOn: false, minutes: 30 });
    expect(await place('phone-b')).toBe('holds-off');
  });

  test('10 000 attempts at the last few, among sales, never promise more than there is', async () => {
    const { variantId } = loaf;
    const stock = 23;
    await stockUp(till, loaf.itemId, stock);
    let held = 0;
    let sold = 0;
    for (let round = 0; round < 100; round += 1) {
      const attempts = Array.from({ length: 100 }, (_, index) =>
        phone(running, 'hold.place', {
          variantId,
          quantity: 1 + (index % 2),
          holder: `phone-${round % 7}-${index}`,
          person: null,
        }),
      );
      // In between somebody buys one at the table.
      const sale = round < 3 ? await till.client.call('cart.add', { variantId }) : null;
      if (sale?.ok) {
        await pay();
        sold += 1;
      }
      held += (await Promise.all(attempts)).reduce((sum, { ok }, index) => sum + (ok ? 1 + (index % 2) : 0), 0);
    }
    expect(held).toBeGreaterThan(15);
    expect(held + sold).toBe(stock);
    expect(till.topics.holds.clashes).toEqual([]);
  });
});

describe('two tills', () => {
  let stall: TwoTills;
  let loaf: { itemId: string; variantId: string; priceMinor: number };

  beforeAll(async () => {
    stall = await startTwoTills();
    loaf = await loafOf(stall.first.client);
  });
  afterAll(() => stall.close());

  const leftAt = async (till: PairedTill): Promise<number | undefined> => {
    const { variants } = await till.client.call('stock.shared', { itemId: loaf.itemId });
    const one = variants.find(({ variantId }) => variantId === loaf.variantId);
    return one?.tills.find(({ isOwn }) => isOwn)?.left;
  };

  test('a hold that was never heard of is sold by its signature, from the share of the till that put it aside', async () => {
    const { itemId, variantId } = loaf;
    const shares = [
      { deviceId: stall.first.deviceId, quantity: 1 },
      { deviceId: stall.second.deviceId, quantity: 0 },
    ];
    await stall.first.client.call('stock.share', { itemId, variantId, shares });
    await stall.meet();
    const { holdId, code } = await hold(stall.first.kiosk, { variantId });
    // Promised: no more to sell, to hold or to give away.
    expect(await stall.first.client.failure('cart.add', { variantId })).toBe('held');
    const gift = { itemId, variantId, toDevice: stall.second.deviceId, quantity: 1 };
    expect(await stall.first.client.failure('stock.give', gift)).toBe('share-spent');
    const again = await phone(stall.first.kiosk, 'hold.place', { variantId, quantity: 1, holder: 'b', person: null });
    expect(again).toMatchObject({ ok: false, error: { code: 'none-to-hold' } });
    await stall.switchOff('first');

    const { second } = stall;
    expect(await second.client.failure('cart.add', { variantId })).toBe('share-spent');
    await second.client.call('cart.scan', { code });
    await second.client.call('payment.cash', { givenMinor: 100_000 });
    expect(await second.client.failure('cart.scan', { code })).toBe('hold-sold');
    expect(await leftAt(second)).toBe(0);

    await stall.switchOn('first');
    await stall.meet();
    const { first } = stall;
    const { holds } = await first.client.until(
      (topics) => topics.holds.holds.some((one) => one.holdId === holdId && one.phase === 'sold'),
      'the sale of the other till',
    );
    expect(holds.holds.find((one) => one.holdId === holdId)).toMatchObject({ phase: 'sold', timesSold: 1 });
    expect(await leftAt(first)).toBe(0);
    expect(await first.client.failure('cart.scan', { code })).toBe('hold-sold');
  });

  test('one hold sold by two tills that could not hear each other is shown to a person', async () => {
    const { itemId, variantId } = loaf;
    await stall.first.client.call('stock.share', { itemId, variantId, shares: [] });
    await stall.meet();
    const { holdId, code } = await hold(stall.first.kiosk, { variantId, holder: 'phone-c' });
    await stall.switchOff('second');
    await stall.first.client.call('cart.scan', { code });
    await stall.first.client.call('payment.cash', { givenMinor: 100_000 });
    await stall.switchOff('first');
    await stall.switchOn('second');
    await stall.second.client.call('cart.scan', { code });
    await stall.second.client.call('payment.cash', { givenMinor: 100_000 });
    await stall.switchOn('first');
    await stall.meet();
    await stall.first.client.until(
      ({ holds }) => holds.holds.some((one) => one.holdId === holdId && one.timesSold === 2),
      'both sales',
    );
  });

  test('a hold that was never heard of keeps its goods while they lie on the docket, and counts once when it is', async () => {
    const { itemId, variantId } = loaf;
    await stockUp(stall.first.client, itemId, 1);
    await stall.meet();
    await stall.switchOff('second');
    const { holdId, code } = await hold(stall.first.kiosk, { variantId, holder: 'phone-d' });
    await stall.switchOff('first');
    await stall.switchOn('second');
    const { second } = stall;
    const late = async (): Promise<string | boolean> => {
      const asked = { variantId, quantity: 1, holder: 'phone-e', person: null };
      const placed = await phone(second.kiosk, 'hold.place', asked);
      return placed.ok || placed.error.code;
    };
    const heldOf = async (): Promise<number | undefined> => {
      const { tiles } = await second.client.call('catalogue.search', { text: 'sourdough', limit: 5 });
      return tiles.find((tile) => tile.itemId === itemId)?.held;
    };
    await second.client.call('cart.scan', { code });
    expect(second.client.topics.holds.holds.filter((one) => one.holdId === holdId)).toEqual([]);
    expect(await heldOf()).toBe(1);
    expect(await late()).toBe('none-to-hold');
    expect(await second.client.failure('cart.add', { variantId })).toBe('held');
    await second.client.call('cart.park', { label: '' });
    expect(await late()).toBe('none-to-hold');
    const { sale } = await second.client.until(({ sale: { parked } }) => parked.length === 1, 'the cart');
    await second.client.call('cart.unpark', { parkedCartId: sale.parked[0]?.parkedCartId ?? '' });

    await stall.switchOn('first');
    await stall.meet();
    const isOnDocket = () => second.client.topics.holds.holds.find((one) => one.holdId === holdId)?.isOnDocket;
    await second.client.until(() => isOnDocket() === true, 'the hold of the other till, on the docket');
    expect(await heldOf()).toBe(1);
    expect(second.client.topics.holds.clashes).toEqual([]);
    await second.client.call('cart.void', { reason: 'changed their mind' });
    await second.client.until(() => isOnDocket() === false, 'the docket without it');
    expect(await heldOf()).toBe(1);
    await second.client.call('cart.scan', { code });
    await second.client.call('payment.cash', { givenMinor: 100_000 });
    await stall.meet();
    const { variants } = await stall.first.client.call('catalogue.item', { itemId });
    expect(variants.find((one) => one.variantId === variantId)?.stock).toBe(0);
    expect(await heldOf()).toBeUndefined();
  });

  test('more time is given by the till that put it aside alone, and every till hears of it', async () => {
    const { first, second } = stall;
    await stockUp(first.client, loaf.itemId, 5);
    const { holdId, pageKey } = await hold(first.kiosk, { variantId: loaf.variantId, holder: 'phone-f' });
    await stall.meet();
    const seenBy = ({ client: { topics } }: PairedTill) => topics.holds.holds.find((one) => one.holdId === holdId);
    await second.client.until(() => seenBy(second) !== undefined, 'the hold');
    const elsewhere = await phone(second.kiosk, 'hold.more', { pageKey });
    expect(elsewhere).toMatchObject({ ok: false, error: { code: 'unknown-hold' } });
    const given = await phone(first.kiosk, 'hold.more', { pageKey });
    if (!given.ok) throw new Error(given.error.code);
    await stall.meet();
    await second.client.until(() => seenBy(second)?.timesAsked === 1, 'more time');
    expect(seenBy(second)?.expiresAt).toBe(given.value.expiresAt);
  });
});
