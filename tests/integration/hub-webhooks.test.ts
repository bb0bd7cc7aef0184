import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import pino from 'pino';
import { Webhook } from 'standardwebhooks';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Order } from '../../src/domain/order';
import { openHub, type Hub } from '../../src/hub/hub';
import { newOperatorToken } from '../../src/hub/hub-record';
import { matrixFeed, type MatrixFeed } from '../../src/hub/outward/matrix-feed';
import { addStall, resolveQuarantine } from '../../src/hub/stalls';
import { WebhookEndpoints } from '../../src/hub/webhooks/endpoints';
import { WebhookSender } from '../../src/hub/webhooks/sender';
import type { WebhookType } from '../../src/hub/webhooks/standard';
import { JournalWriter } from '../helpers/hub-journal';
import { sell } from '../helpers/orders';
import { startPostgres, type PostgresServer } from '../helpers/postgres';
import { saltAndBramble, testItem, testVariant } from '../helpers/stall';

const log = pino({ level: 'silent' });
const HOUR_MS = 3_600_000;
const ALL: WebhookType[] = ['order.placed', 'order.flagged', 'shift.reconciled', 'quarantine.added'];

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of webhooks whose answers are set by the test. */
class Receiver {
  readonly received: Received[] = [];
  answer: { status: number; headers?: Record<string, string> } = { status: 204 };
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        this.received.push({ headers: request.headers, body });
        response.writeHead(this.answer.status, this.answer.headers).end();
      });
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  types(): string[] {
    return this.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  }

  ids(): unknown[] {
    return this.received.map(({ headers }) => headers['webhook-id']);
  }
}

let postgres: PostgresServer;
let hub: Hub;
let stallId: string;
let till: JournalWriter;
let receiver: Receiver;
let url: string;
let webhooks: WebhookEndpoints;
let sender: WebhookSender;
/** How far the sender's clock is ahead: a schedule of days is tried in a moment. */
let aheadMs: number;
let sequence: number;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

beforeEach(async () => {
  hub = await openHub({
    databaseUrl: await postgres.newDatabase(),
    log,
    background: false,
    allowPrivateWebhooks: true,
  });
  const { database } = hub;
  const now = (): Date => new Date(Date.now() + 1_000 + aheadMs);
  aheadMs = 0;
  sequence = 0;
  stallId = await addStall(database, 'Salt & Bramble');
  till = new JournalWriter('T1', () => new Date());
  receiver = new Receiver();
  url = await receiver.open();
  webhooks = new WebhookEndpoints({ database, allowPrivate: true, now });
  sender = new WebhookSender({ database, log, allowPrivate: true, now, random: () => 0.5 });
});

afterEach(async () => {
  await receiver.close();
  await hub.close();
});

function sold(): Order {
  sequence += 1;
  const lines = [{ name: 'Sourdough loaf', priceMinor: 350 }];
  const given = { stall: saltAndBramble, lines, sequence };
  const order = sell(given, { now: new Date().toISOString(), newId: uuid });
  till.write({ kind: 'order.placed', body: { order } });
  return order;
}

async function deliver(): Promise<void> {
  await till.send(hub.store, stallId);
  await hub.outward.projector.catchUp();
  while ((await sender.sendDue()) > 0);
}

const added = (types = ALL) => webhooks.add(stallId, { url, description: '', types });
const endpoint = async () => (await webhooks.list(stallId))[0];

describe('what happens at a stall is told', () => {
  it('once each, signed as the specification says, without anybody named', async () => {
    const { secret } = await added();
    const order = sold();
    const at = new Date().toISOString();
    till.write({
      kind: 'order.flagged',
      body: { orderId: order.orderId, flag: 'offline-confirmed', cause: 'receipt-printed', at, hub: null },
    });
    till.write({
      kind: 'shift.reconciled',
      body: { shiftId: 's', serverId: 'h', orderCount: 1, totalMinor: 350, ordersHash: '0', mended: 0 },
    });
    till.writeText('something.new', '{}');
    await deliver();
    await deliver();
    expect(receiver.types().sort()).toEqual([...ALL].sort());
    for (const { headers, body } of receiver.received) {
      const given = headers as Record<string, string>;
      expect(new Webhook(secret).verify(body, given)).toMatchObject({ data: { stallId, device: till.device } });
      expect(() => new Webhook(secret).verify(`${body} `, given)).toThrow();
      expect(body).not.toContain('person-1');
    }
    const placed = receiver.received.find(({ body }) => body.includes('"order.placed"'));
    expect(JSON.parse(placed?.body ?? '')).toMatchObject({ data: { order: { number: 'T1-0001', totalMinor: 350 } } });
  });

  it('never again by a rebuild, nor when the till sends everything again', async () => {
    await added();
    sold();
    await deliver();
    await till.send(hub.store, stallId, 'beginning');
    // Forgotten by age: only how far it has announced keeps the projector from telling all of it anew.
    await hub.database.query({ name: 'forget', text: 'DELETE FROM webhook_message' });
    await hub.outward.projector.rebuild();
    await deliver();
    expect(receiver.types()).toEqual(['order.placed']);
    sold();
    await deliver();
    expect(receiver.types()).toEqual(['order.placed', 'order.placed']);
  });

  it('of an entry that stood aside: that it does, and what it says once a person has accepted it', async () => {
    await added();
    const good = sold();
    till.write({ kind: 'order.placed', body: { order: { ...good, orderId: uuid(), totalMinor: 1 } } });
    await deliver();
    expect(receiver.types().sort()).toEqual(['order.placed', 'quarantine.added']);
    await resolveQuarantine(hub.database, { stallId, deviceId: till.device, seq: 3 }, 'accepted');
    await deliver();
    await hub.outward.projector.rebuild();
    await deliver();
    expect(receiver.types().sort()).toEqual(['order.placed', 'order.placed', 'quarantine.added']);
  });

  it('only of what an endpoint asks for', async () => {
    await added(['order.flagged']);
    sold();
    await deliver();
    expect(receiver.received).toEqual([]);
  });
});

describe('a change of price or stock', () => {
  const flip = (by: JournalWriter, beforeMinor: number, afterMinor: number, count = 1): void => {
    const changes = [{ itemId: 'loaf', variantId: 'loaf-1', name: 'Sourdough', beforeMinor, afterMinor }];
    const cause = { kind: 'drop' as const, ids: ['warm'] };
    by.write({ kind: 'price.changed', body: { cause, at: new Date().toISOString(), count, changes } });
  };
  const read = async (after = 0) => {
    const { text } = await answerOf(`/v1/stalls/${stallId}/matrix?after=${after}`);
    return JSON.parse(text) as MatrixFeed;
  };
  const answerOf = async (path: string): Promise<{ status: number; text: string }> => {
    const headers = { authorization: `Bearer ${await newOperatorToken(hub.database, false)}` };
    const { statusCode, body } = await hub.app.inject({ url: path, headers });
    return { status: statusCode, text: body };
  };

  it('is told once, in order, whichever tills say so and whatever is made again', async () => {
    await added(['matrix.changed']);
    const late = new JournalWriter('T3', () => new Date(Date.now() - HOUR_MS));
    flip(late, 400, 500);
    const other = new JournalWriter('T2', () => new Date());
    flip(till, 450, 360);
    flip(other, 450, 360);
    const order = sell(
      { stall: saltAndBramble, lines: [{ name: 'Sourdough', priceMinor: 360, quantity: 2 }], sequence: 1 },
      { now: new Date().toISOString(), newId: uuid },
    );
    const [line] = order.lines;
    const lines = line === undefined ? [] : [{ ...line, itemId: 'loaf', variantId: 'loaf-1' }];
    till.write({ kind: 'order.placed', body: { order: { ...order, lines } } });
    till.write({
      kind: 'price.observed',
      body: feed([{ itemId: 'loaf', variantId: 'loaf-1', priceMinor: 9, stock: 7 }]),
    });
    till.write({ kind: 'catalogue.items-removed', body: { itemIds: ['jam'] } });
    const parts = { firstSeq: 1, lastSeq: 1, parts: 1, itemCount: 40_000 };
    till.write({ kind: 'catalogue.import-committed', body: { importId: 'spring', source: 'csv', ...parts } });
    flip(till, 360, 450, 700);
    await deliver();
    // Those of the other tills come later: one says what is known, one what was true an hour ago.
    for (const one of [other, late]) await one.send(hub.store, stallId);
    await deliver();

    const { changes, next, missed, epoch } = await read();
    expect({ next, missed, epoch }).toEqual({ next: 6, missed: 0, epoch: 1 });
    expect(changes.map(({ seq, cause, more }) => [seq, cause.kind, more])).toEqual([
      [1, 'drop', 0],
      [2, 'sale', 0],
      [3, 'feed', 0],
      [4, 'catalogue', 0],
      [5, 'import', 40_000],
      [6, 'drop', 699],
    ]);
    const [first, sale, observed, removed] = changes.map((one) => one.changes[0]);
    expect(first).toMatchObject({ variantId: 'loaf-1', beforeMinor: 450, afterMinor: 360, stockBy: null });
    expect(sale).toMatchObject({ variantId: 'loaf-1', stockBy: -2, afterMinor: null });
    expect(observed).toMatchObject({ stock: 7, afterMinor: null });
    expect(removed).toMatchObject({ itemId: 'jam', variantId: null, isOnSale: false });
    expect(receiver.ids().sort()).toEqual(changes.map(({ id }) => id).sort());
    expect((await read(4)).changes.map(({ seq }) => seq)).toEqual([5, 6]);

    await hub.outward.projector.rebuild();
    await till.send(hub.store, stallId, 'beginning');
    await deliver();
    expect((await read()).changes).toEqual(changes);
    expect(receiver.received).toHaveLength(6);
  });

  it('is nothing that an entry says again: an item saved with another photo, a feed of the same stock, or of prices alone', async () => {
    const jam = testItem('Jam', testVariant({ variantId: 'jam-1' }));
    const of = { itemId: jam.itemId, variantId: 'jam-1' };
    const put = (stock: number, description = ''): void => {
      const variants = [testVariant({ variantId: 'jam-1', stock })];
      till.write({ kind: 'catalogue.items-put', body: { items: [{ ...jam, description, variants }] } });
    };
    const observed = (stock: number | null): void => {
      till.write({ kind: 'price.observed', body: feed([{ ...of, priceMinor: 9, stock }]) });
    };
    const order = sell(
      { stall: saltAndBramble, lines: [{ name: 'Jam', priceMinor: 360, quantity: 2 }], sequence: 1 },
      { now: new Date().toISOString(), newId: uuid },
    );
    const lines = order.lines.map((line) => ({ ...line, ...of }));
    put(7);
    put(7, 'Of this year');
    observed(7);
    observed(null);
    till.write({ kind: 'order.placed', body: { order: { ...order, lines } } });
    await deliver();
    // It is still told apart what came in an earlier round.
    observed(5);
    observed(4);
    put(4, 'Of last year');
    till.write({ kind: 'catalogue.items-removed', body: { itemIds: [of.itemId] } });
    till.write({ kind: 'catalogue.items-removed', body: { itemIds: [of.itemId] } });
    put(4);
    // After an import those outside ask for everything: what it changed was not told one by one.
    const parts = { firstSeq: 1, lastSeq: 1, parts: 1, itemCount: 2 };
    till.write({ kind: 'catalogue.import-committed', body: { importId: 'spring', source: 'csv', ...parts } });
    put(4);
    await deliver();
    const { changes } = await read();
    expect(
      changes.map(({ cause, changes: [first] }) => [cause.kind, first?.stock, first?.stockBy, first?.isOnSale]),
    ).toEqual([
      ['catalogue', 7, null, true],
      ['sale', null, -2, null],
      ['feed', 4, null, null],
      ['catalogue', null, null, false],
      ['catalogue', 4, null, true],
      ['import', undefined, undefined, undefined],
      ['catalogue', 4, null, true],
    ]);
  });

  it('of 300 goods at once leaves nobody with a wrong price who asks again when some are not named', async () => {
    const goods = Array.from({ length: 300 }, (_, index) => `v${index}`);
    const cause = { kind: 'drop' as const, ids: ['all'] };
    const step = fc.record({
      by: fc.constantFrom(0, 1),
      /** Of all of them the one at 250 is not named. */
      isAll: fc.boolean(),
      priceMinor: fc.constantFrom(400, 500),
      /** Who hands over then: a till without a signal does so later. */
      sends: fc.constantFrom([0, 1], [0, 1], [0]),
    });
    const check = async (steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): Promise<void> => {
      const stall = await addStall(hub.database, 'Salt & Bramble');
      const startMs = Date.now() - HOUR_MS;
      let seconds = 0;
      const now = (): Date => new Date(startMs + (seconds += 1) * 1_000);
      const tills = [new JournalWriter('T1', now), new JournalWriter('T2', now)] as const;
      const waiting: { by: number; at: string; priceMinor: number; variantIds: string[] }[] = [];
      /** What each thing costs, by the last word at the hub, whether it names it or not. */
      const costs = new Map<string, { at: string; priceMinor: number }>();
      /** What somebody outside believes. */
      const believed = new Map<string, number>();
      let after = 0;
      const last = { by: 0, isAll: false, priceMinor: 400, sends: [0, 1] };
      for (const { by, isAll, priceMinor, sends } of [...steps, last]) {
        const variantIds = isAll ? goods : goods.slice(250, 251);
        const named = variantIds.slice(0, 200).map((variantId) => {
          return { itemId: variantId, variantId, name: variantId, beforeMinor: 450, afterMinor: priceMinor };
        });
        const body = { cause, at: new Date().toISOString(), count: variantIds.length, changes: named };
        const { at } = (tills[by] ?? tills[0]).write({ kind: 'price.changed', body });
        waiting.push({ by, at, priceMinor, variantIds });
        for (const sender of sends) {
          await tills[sender]?.send(hub.store, stall);
          for (const told of waiting.filter((one) => one.by === sender)) {
            for (const variantId of told.variantIds) {
              if ((costs.get(variantId)?.at ?? '') < told.at) costs.set(variantId, told);
            }
            waiting.splice(waiting.indexOf(told), 1);
          }
        }
        await hub.outward.projector.catchUp();
        const { changes, next } = await matrixFeed(hub.database, { stallId: stall, after, limit: 200 });
        after = next;
        for (const { changes: told, more } of changes) {
          for (const one of told) believed.set(one.variantId ?? '', one.afterMinor ?? 0);
          if (more > 0) for (const [variantId, cost] of costs) believed.set(variantId, cost.priceMinor);
        }
        const wrong = [...costs].filter(([variantId, cost]) => believed.get(variantId) !== cost.priceMinor);
        expect(wrong).toEqual([]);
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), check), { numRuns: 12 });
  }, 120_000);

  it('to what it was said to cost before is told, where it changed in between without being named', async () => {
    const price = (from: number, to: number, beforeMinor: number, afterMinor: number): void => {
      const all = Array.from({ length: to - from }, (_, index) => `v${from + index}`);
      const changes = all.map((id) => ({ itemId: id, variantId: id, name: id, beforeMinor, afterMinor }));
      const cause = { kind: 'drop' as const, ids: ['all'] };
      const body = { cause, at: new Date().toISOString(), count: all.length, changes: changes.slice(0, 200) };
      till.write({ kind: 'price.changed', body });
    };
    price(250, 251, 400, 500);
    // A drop over all of it, which ends for one thing that it did not name.
    price(0, 300, 500, 400);
    price(250, 251, 400, 500);
    // And again by another till: that is known now.
    price(250, 251, 400, 500);
    await deliver();
    const { changes } = await read();
    expect(changes.map(({ changes: told, more }) => [told.length, told[0]?.afterMinor, more])).toEqual([
      [1, 500, 0],
      [200, 400, 100],
      [1, 500, 0],
    ]);
  });

  it('that is kept no longer is counted as missed, and a place of the future is refused', async () => {
    flip(till, 450, 360);
    flip(till, 360, 450);
    await deliver();
    aheadMs = 31 * 24 * HOUR_MS;
    await sender.tidy();
    flip(till, 450, 300);
    await deliver();
    const { changes, missed, next } = await read();
    expect([changes.map(({ seq }) => seq), missed, next]).toEqual([[3], 2, 3]);
    expect((await read(3)).missed).toBe(0);
    expect((await answerOf(`/v1/stalls/${stallId}/matrix?after=4`)).status).toBe(400);
    expect((await hub.app.inject({ url: `/v1/stalls/${stallId}/matrix` })).statusCode).toBe(401);
  });
});

const feed = (rows: { itemId: string; variantId: string; priceMinor: number; stock: number | null }[]) => {
  return { source: 'bakery', observedAt: new Date().toISOString(), rows };
};

describe('an endpoint that does not take a message', () => {
  it('gets it again under the same id, later and later, and it ends as failed', async () => {
    await added();
    receiver.answer = { status: 500 };
    sold();
    await deliver();
    const { endpointId } = (await endpoint()) ?? { endpointId: '' };
    const dueHours: number[] = [];
    // Below the days after which the endpoint itself is switched off.
    for (let attempt = 1; attempt < 10; attempt += 1) {
      const [delivery] = await webhooks.deliveries(stallId, endpointId);
      expect(delivery).toMatchObject({ state: 'waiting', attempts: attempt, lastStatus: 500, lastError: 'HTTP 500' });
      const due = delivery?.nextAttemptAt?.getTime() ?? 0;
      dueHours.push((due - Date.now()) / HOUR_MS);
      expect(await sender.sendDue()).toBe(0);
      aheadMs = due - Date.now();
      expect(await sender.sendDue()).toBe(1);
    }
    expect(dueHours.every((hours, index) => index === 0 || hours > (dueHours[index - 1] ?? 0))).toBe(true);
    expect(dueHours.at(-1)).toBeGreaterThan(72);
    expect((await webhooks.deliveries(stallId, endpointId))[0]).toMatchObject({ state: 'failed', attempts: 10 });
    expect(new Set(receiver.ids()).size).toBe(1);
    expect(receiver.received).toHaveLength(10);
  });

  it('is left alone for as long as it asks', async () => {
    await added();
    receiver.answer = { status: 429, headers: { 'retry-after': '7200' } };
    sold();
    await deliver();
    aheadMs = 1.9 * HOUR_MS;
    expect(await sender.sendDue()).toBe(0);
    aheadMs = 2.1 * HOUR_MS;
    receiver.answer = { status: 200 };
    expect(await sender.sendDue()).toBe(1);
    expect(await endpoint()).toMatchObject({ waiting: 0, failed: 0, failingSince: null });
  });

  it('is switched off when it says it is gone, and told the rest when it is switched on again', async () => {
    await added();
    receiver.answer = { status: 410 };
    sold();
    await deliver();
    const { endpointId = '', ...rest } = (await endpoint()) ?? {};
    expect(rest).toMatchObject({ disabledCause: 'gone', waiting: 1 });
    aheadMs = HOUR_MS;
    expect(await sender.sendDue()).toBe(0);
    receiver.answer = { status: 200 };
    await webhooks.change(stallId, endpointId, { isEnabled: true });
    expect(await sender.sendDue()).toBe(1);
    expect(await endpoint()).toMatchObject({ disabledAt: null, disabledCause: null, waiting: 0 });
  });

  it('is switched off after days of nothing but failures', async () => {
    await added();
    receiver.answer = { status: 503 };
    sold();
    await deliver();
    expect(await endpoint()).toMatchObject({ disabledAt: null });
    aheadMs = 5.1 * 24 * HOUR_MS;
    expect(await sender.sendDue()).toBe(1);
    expect(await endpoint()).toMatchObject({ disabledCause: 'failing' });
    aheadMs = 7 * 24 * HOUR_MS;
    expect(await sender.sendDue()).toBe(0);
  });

  it('is not followed elsewhere', async () => {
    await added();
    receiver.answer = { status: 302, headers: { location: url } };
    sold();
    await deliver();
    expect(receiver.received).toHaveLength(1);
    expect(await endpoint()).toMatchObject({ waiting: 1 });
  });
});

it('a secret that was replaced stays good for a day', async () => {
  const { endpointId, secret: former } = await added();
  const secret = await webhooks.rotate(stallId, endpointId);
  sold();
  await deliver();
  const [first] = receiver.received;
  for (const one of [former, secret]) {
    expect(new Webhook(one).verify(first?.body ?? '', first?.headers as Record<string, string>)).toBeTruthy();
  }
  aheadMs = 25 * HOUR_MS;
  sold();
  await deliver();
  const last = receiver.received.at(-1);
  // The sender's clock is a day ahead of the verifier's, so the signature alone is looked at.
  const signed = (by: string): string =>
    new Webhook(by).sign(
      String(last?.headers['webhook-id']),
      new Date(Number(last?.headers['webhook-timestamp']) * 1000),
      last?.body ?? '',
    );
  expect(last?.headers['webhook-signature']).toBe(signed(secret));
  expect(last?.headers['webhook-signature']).not.toContain(signed(former));
});

it('what was sent is sent again when asked for, also to an endpoint that came later', async () => {
  const first = await added();
  sold();
  sold();
  await deliver();
  const ids = receiver.ids();
  receiver.received.length = 0;
  expect(await webhooks.replay(stallId, first.endpointId, new Date(Date.now() - HOUR_MS))).toBe(2);
  while ((await sender.sendDue()) > 0);
  expect(receiver.ids().sort()).toEqual(ids.sort());
  receiver.received.length = 0;
  const second = await added();
  expect(await webhooks.replay(stallId, second.endpointId, new Date(Date.now() - HOUR_MS))).toBe(2);
  while ((await sender.sendDue()) > 0);
  expect(receiver.ids().sort()).toEqual(ids);
});

it('a message that a dead process had claimed is sent by another', async () => {
  await added();
  sold();
  await till.send(hub.store, stallId);
  await hub.outward.projector.catchUp();
  await hub.database.query({
    name: 'claim',
    text: `UPDATE webhook_delivery SET claimed_until = now() + interval '60 seconds'`,
  });
  expect(await sender.sendDue()).toBe(0);
  aheadMs = 61_000;
  expect(await sender.sendDue()).toBe(1);
  expect(receiver.received).toHaveLength(1);
});

it('two processes send a message once', async () => {
  await added();
  for (let count = 0; count < 12; count += 1) sold();
  await till.send(hub.store, stallId);
  await hub.outward.projector.catchUp();
  const work = async (): Promise<void> => {
    while ((await sender.sendDue()) > 0);
  };
  await Promise.all([work(), work(), work()]);
  expect(receiver.received).toHaveLength(12);
  expect(new Set(receiver.ids()).size).toBe(12);
});

describe('over HTTP', () => {
  const ask = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    token: string | null,
    payload?: object,
  ) => {
    const answer = await hub.app.inject({
      method,
      url: `/v1/stalls/${stallId}${path}`,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      ...(payload && { payload }),
    });
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    return {
      status: answer.statusCode,
      body: (isJson ? answer.json() : {}) as Record<string, unknown>,
      text: answer.body,
    };
  };

  it('an operator sees to webhooks and reads exports and receipts; nobody else does', async () => {
    const token = await newOperatorToken(hub.database, false);
    const order = sold();
    const { body } = await ask('POST', '/webhooks', token, { url, types: ['order.placed'] });
    expect(body['secret']).toMatch(/^whsec_/);
    await deliver();
    const listed = await ask('GET', '/webhooks', token);
    expect(listed.body).toMatchObject({ endpoints: [{ url, waiting: 0, failed: 0 }] });
    expect(listed.text).not.toContain('whsec_');
    const path = `/webhooks/${String(body['endpointId'])}`;
    expect((await ask('GET', `${path}/deliveries`, token)).body).toMatchObject({
      deliveries: [{ state: 'delivered' }],
    });
    expect((await ask('PATCH', path, token, { isEnabled: false })).status).toBe(200);
    expect((await ask('GET', '/webhooks', token)).body).toMatchObject({ endpoints: [{ disabledCause: 'operator' }] });
    expect((await ask('GET', '/export/orders.csv', token)).text).toContain(`,${order.number},`);
    expect((await ask('GET', '/reconciliation', token)).body).toMatchObject({ shifts: [], lateCount: 0 });
    expect((await ask('GET', `/orders/${order.orderId}/receipt`, token)).status).toBe(404);
    till.write({ kind: 'stall.configured', body: { stall: { ...saltAndBramble, stallId } } });
    await deliver();
    expect((await ask('GET', `/orders/${order.orderId}/receipt`, token)).body['text']).toContain('SALT & BRAMBLE');
    expect((await ask('DELETE', path, token)).status).toBe(200);
    for (const wrong of [null, 'another']) {
      for (const place of ['/webhooks', '/export/orders.json', '/reconciliation', `/orders/${order.orderId}/receipt`]) {
        expect((await ask('GET', place, wrong)).status, place).toBe(401);
      }
      expect((await ask('POST', '/webhooks', wrong, { url, types: ['order.placed'] })).status).toBe(401);
    }
    for (const file of ['orders.xml', 'people.csv', 'orders.csv.json', 'orders']) {
      expect((await ask('GET', `/export/${file}`, token)).status, file).toBe(404);
    }
    expect((await ask('POST', '/webhooks', token, { url: 'nonsense', types: ['order.placed'] })).status).toBe(400);
    expect((await ask('POST', '/webhooks', token, { url, types: ['fulfilment.sent'] })).status).toBe(400);
  });
});
