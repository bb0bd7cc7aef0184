import pino from 'pino';
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Order } from '../../src/domain/order';
import type { ReceiptDocument } from '../../src/domain/receipt';
import type { Stall } from '../../src/domain/stall';
import { openHub, type Hub } from '../../src/hub/hub';
import { exportText } from '../../src/hub/outward/export-text';
import { EXPORT_COLUMNS, exportRows, type ExportFormat, type ExportName } from '../../src/hub/outward/exports';
import type { Projector } from '../../src/hub/projector/projector';
import { receiptText } from '../../src/hub/projector/receipts';
import { addStall, resolveQuarantine } from '../../src/hub/stalls';
import { canonicalJson } from '../../src/journal/entry';
import { JournalWriter } from '../helpers/hub-journal';
import { sell, type Sale } from '../helpers/orders';
import { startPostgres, type PostgresServer } from '../helpers/postgres';
import { saltAndBramble, testItem } from '../helpers/stall';

const log = pino({ level: 'silent' });
let postgres: PostgresServer;
let databaseUrl: string;
let hub: Hub;
let projector: Projector;
let stallId: string;
let till: JournalWriter;
let nowMs: number;
let sequence: number;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.newDatabase();
  hub = await openHub({ databaseUrl, log, background: false });
  projector = hub.outward.projector;
});

afterAll(async () => {
  await hub.close();
  await postgres.stop();
});

beforeEach(async () => {
  nowMs = Date.parse('2026-06-13T10:00:00.000Z');
  sequence = 0;
  stallId = await addStall(hub.database, 'Salt & Bramble');
  till = new JournalWriter('T1', now);
});

const now = (): Date => new Date((nowMs += 1_000));

function configured(change: Partial<Stall> = {}, by = till): void {
  by.write({ kind: 'stall.configured', body: { stall: { ...saltAndBramble, stallId, ...change } } });
}

/** A sale as the till writes it. */
function sold(change: Partial<Sale> = {}, by = till): Order {
  sequence += 1;
  const lines = [{ name: 'Sourdough loaf', sku: 'LOAF-1', priceMinor: 350, quantity: 2 }];
  const sale = { stall: saltAndBramble, lines, prefix: by.prefix, sequence, ...change };
  const order = sell(sale, { now: now().toISOString(), newId: uuid });
  by.write({ kind: 'order.placed', body: { order } });
  return order;
}

function flagged({ orderId }: Order, flag: 'online' | 'offline-confirmed', by = till): void {
  const cause = flag === 'online' ? 'hub-acknowledged' : 'receipt-printed';
  by.write({ kind: 'order.flagged', body: { orderId, flag, cause, at: now().toISOString(), hub: null } });
}

async function rows<Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> {
  return hub.database.query<Row>({ name: `test ${text}`.slice(0, 60), text }, [stallId, ...values]);
}

/** Everything that is made of entries, in an order of its own. */
async function tables(): Promise<unknown> {
  return {
    orders: await rows('SELECT * FROM placed_order WHERE stall_id = $1 ORDER BY order_id'),
    flags: await rows('SELECT * FROM order_flag WHERE stall_id = $1 ORDER BY order_id, at'),
    shifts: await rows('SELECT * FROM shift WHERE stall_id = $1 ORDER BY shift_id'),
    stalls: await rows('SELECT * FROM stall_configuration WHERE stall_id = $1 ORDER BY at'),
    problems: await rows(
      'SELECT device_id, seq, problem FROM projection_problem WHERE stall_id = $1 ORDER BY device_id, seq',
    ),
  };
}

async function receiptOf({ orderId }: Order): Promise<string> {
  const [row] = await rows<{ receipt: ReceiptDocument | null }>(
    'SELECT receipt FROM placed_order WHERE stall_id = $1 AND order_id = $2',
    orderId,
  );
  return row?.receipt ? receiptText(row.receipt) : '';
}

async function exported(name: ExportName, format: ExportFormat, change = {}): Promise<string> {
  const query = { stallId, from: null, to: null, after: 0, limit: null, ...change };
  let text = '';
  const found = exportRows(hub.database, name, query);
  for await (const piece of exportText(found, format, EXPORT_COLUMNS[name])) text += piece;
  return text;
}

describe('the journals become orders, flags, receipts and shifts', () => {
  it('each once, however often they are sent and read', async () => {
    configured();
    const orders = [sold(), sold(), sold()];
    flagged(orders[1] as Order, 'online');
    await till.send(hub.store, stallId);
    await Promise.all([projector.catchUp(), projector.catchUp(), projector.catchUp()]);
    await till.send(hub.store, stallId, 'beginning');
    await projector.catchUp();
    const found = await rows<{ order_id: string; body: Order }>(
      'SELECT order_id, body FROM placed_order WHERE stall_id = $1 ORDER BY feed_seq',
    );
    expect(found.map(({ body }) => body)).toEqual(orders);
    expect(JSON.parse(await exported('orders', 'json'))).toMatchObject([
      { number: 'T1-0001', flag: 'queued', total: 700, isLate: true },
      { number: 'T1-0002', flag: 'online' },
      { number: 'T1-0003', flag: 'queued' },
    ]);
  });

  it('the same whatever order the devices came in, and the same again from nothing', async () => {
    configured();
    const first = sold();
    const other = new JournalWriter('T2', now);
    const second = sold({}, other);
    flagged(first, 'offline-confirmed');
    flagged(first, 'online', other);
    // The second till's orders come before the stall they belong to is known, and a flag before its order.
    await other.send(hub.store, stallId);
    await projector.catchUp();
    expect(await receiptOf(second)).toBe('');
    await till.send(hub.store, stallId);
    await projector.catchUp();
    expect(await receiptOf(second)).toContain('No. T2-0002');
    const before = await tables();
    await projector.rebuild(stallId);
    expect(await tables()).toEqual(before);
    expect(JSON.parse(await exported('orders', 'json'))).toMatchObject([
      { number: 'T2-0002', flag: 'queued' },
      { number: 'T1-0001', flag: 'online' },
    ]);
  });

  it('when the process dies in the middle of a batch', async () => {
    configured();
    sold();
    await till.send(hub.store, stallId);
    // A table that cannot be written stops the batch after the orders were.
    await hub.database.query({ name: 'break', text: 'ALTER TABLE shift RENAME TO shift_away' });
    till.write({
      kind: 'shift.opened',
      body: { shift: { shiftId: uuid(), openedAt: now().toISOString(), openedBy: 'p', floatMinor: 0, closed: null } },
    });
    await till.send(hub.store, stallId);
    await expect(projector.catchUp()).rejects.toThrow();
    expect(await rows('SELECT order_id FROM placed_order WHERE stall_id = $1')).toEqual([]);
    await hub.database.query({ name: 'mend', text: 'ALTER TABLE shift_away RENAME TO shift' });
    await projector.catchUp();
    expect(await rows('SELECT order_id FROM placed_order WHERE stall_id = $1')).toHaveLength(1);
    expect(await rows('SELECT shift_id FROM shift WHERE stall_id = $1')).toHaveLength(1);
  });
});

it('by itself, soon after a sale, and after a queue was handed over', async () => {
  const other = await openHub({ databaseUrl, log });
  const here = async (): Promise<number> =>
    (await rows('SELECT order_id FROM placed_order WHERE stall_id = $1')).length;
  try {
    sold();
    await till.send(other.store, stallId);
    await expect.poll(here, { timeout: 20_000 }).toBe(1);
    for (let count = 0; count < 250; count += 1) sold();
    await till.send(other.store, stallId);
    await expect.poll(here, { timeout: 20_000 }).toBe(251);
  } finally {
    await other.close();
  }
});

describe('a receipt stands with its order', () => {
  it('as the stall was called then, with the flag it has now and the check, without a name', async () => {
    configured({ name: 'Old Bramble' });
    const early = sold();
    configured({ name: 'New Bramble' });
    const late = sold();
    await till.send(hub.store, stallId);
    await projector.catchUp();
    expect(await receiptOf(late)).toContain('(=) QUEUED');
    flagged(late, 'offline-confirmed');
    await till.send(hub.store, stallId);
    await projector.catchUp();
    const [entry] = await rows<{ entry_hash: string }>(
      'SELECT entry_hash FROM placed_order WHERE stall_id = $1 AND order_id = $2',
      early.orderId,
    );
    const text = await receiptOf(early);
    expect(text).toContain('OLD BRAMBLE');
    expect(text).toMatch(/^2 x Sourdough loaf {2,}7\.00$/m);
    expect(text).toMatch(/^TOTAL {2,}£7\.00$/m);
    expect(text).toContain('(=) QUEUED');
    expect(text).toContain(entry?.entry_hash.slice(0, 16).match(/.{4}/g)?.join(' '));
    expect(text).not.toContain('Served');
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(42);
    expect(await receiptOf(late)).toContain('NEW BRAMBLE');
    expect(await receiptOf(late)).toContain('(o) OFFLINE');
  });

  it('is laid out again when an earlier configuration comes later, from another device', async () => {
    const other = new JournalWriter('T2', now);
    configured({ name: 'Right Bramble' }, other);
    const order = sold();
    configured({ name: 'Later Bramble' });
    await till.send(hub.store, stallId);
    await projector.catchUp();
    expect(await receiptOf(order)).toContain('LATER BRAMBLE');
    await other.send(hub.store, stallId);
    await projector.catchUp();
    expect(await receiptOf(order)).toContain('RIGHT BRAMBLE');
  });
});

describe('what stands aside', () => {
  it('is not counted until a person accepts it, and then once', async () => {
    configured();
    const good = sold();
    const bad = { ...good, orderId: uuid(), number: 'T1-0099', totalMinor: 1 };
    const { device, seq } = till.writeText('order.placed', canonicalJson({ order: bad }));
    await till.send(hub.store, stallId);
    await projector.catchUp();
    const numbers = async (): Promise<unknown> =>
      (await rows<{ number: string }>('SELECT number FROM placed_order WHERE stall_id = $1 ORDER BY number')).map(
        ({ number }) => number,
      );
    expect(await numbers()).toEqual(['T1-0001']);
    await resolveQuarantine(hub.database, { stallId, deviceId: device, seq }, 'accepted');
    await projector.catchUp();
    await projector.catchUp();
    expect(await numbers()).toEqual(['T1-0001', 'T1-0099']);
    await projector.rebuild();
    expect(await numbers()).toEqual(['T1-0001', 'T1-0099']);
  });

  it('an entry of which nothing can be made is a problem somebody can see, and those after it flow', async () => {
    configured();
    const orders = [sold(), sold(), sold()];
    const [, poisoned] = orders as [Order, Order, Order];
    await hub.database.withClient(async (client) => {
      await client.query(`CREATE FUNCTION refuse_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'what is this?' USING ERRCODE = 'data_exception'; END $$`);
      await client.query(`CREATE TRIGGER refuse_order BEFORE INSERT ON placed_order FOR EACH ROW
WHEN (NEW.order_id = '${poisoned.orderId}') EXECUTE FUNCTION refuse_order()`);
    });
    try {
      await till.send(hub.store, stallId);
      await projector.catchUp();
      expect(await rows('SELECT order_id FROM placed_order WHERE stall_id = $1 ORDER BY feed_seq')).toEqual(
        [orders[0], orders[2]].map((order) => ({ order_id: order?.orderId })),
      );
      expect(await rows('SELECT seq, problem FROM projection_problem WHERE stall_id = $1')).toEqual([
        { seq: 4, problem: 'nothing can be made of it: what is this?' },
      ]);
    } finally {
      await hub.database.withClient((client) => client.query('DROP FUNCTION refuse_order() CASCADE'));
    }
    // What was the matter is mended: it is made again with everything else.
    await projector.rebuild(stallId);
    expect(await rows('SELECT count(*) AS count FROM placed_order WHERE stall_id = $1')).toEqual([{ count: 3 }]);
    expect(await rows('SELECT problem FROM projection_problem WHERE stall_id = $1')).toEqual([]);
  });

  it('an order placed under an id that is taken is a problem somebody can see', async () => {
    const order = sold();
    till.write({ kind: 'order.placed', body: { order: { ...order, number: 'T1-0002' } } });
    await till.send(hub.store, stallId);
    await projector.catchUp();
    expect(await rows('SELECT problem FROM projection_problem WHERE stall_id = $1')).toEqual([
      { problem: 'order T1-0002 is here already' },
    ]);
  });
});

it('keeps an order whose names no table can hold, and all that come after it', async () => {
  configured();
  const name = 'Jam \u0000\ud83c of \ud83c\udf53';
  sold({ lines: [{ name, priceMinor: 400 }] });
  till.write({ kind: 'catalogue.items-put', body: { items: [testItem(name)] } });
  const last = sold();
  await till.send(hub.store, stallId);
  await projector.catchUp();
  const found = await rows<{ body: Order }>('SELECT body FROM placed_order WHERE stall_id = $1 ORDER BY feed_seq');
  expect(found.map(({ body }) => body.lines.map((line) => line.name))).toEqual([
    ['Jam \ufffd\ufffd of \ud83c\udf53'],
    last.lines.map((line) => line.name),
  ]);
});

it('reads the journals of the others where those of one stall cannot be read', async () => {
  const placed: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    stallId = await addStall(hub.database, `Stall ${turn}`);
    till = new JournalWriter('T1', now);
    sold();
    await till.send(hub.store, stallId);
    placed.push(stallId);
  }
  const refused = placed.filter((_, turn) => turn % 2 === 0);
  const list = refused.map((one) => `'${one}'`).join(', ');
  const change = (sql: string) => hub.database.query({ name: sql.slice(0, 60), text: sql }, []);
  await change(`CREATE FUNCTION refuse_stall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = 'disk_full'; END $$`);
  await change(`CREATE TRIGGER refuse_stall BEFORE INSERT ON placed_order FOR EACH ROW
WHEN (NEW.stall_id IN (${list})) EXECUTE FUNCTION refuse_stall()`);
  const read = async (): Promise<string[]> => {
    const query = { name: 'test-read', text: 'SELECT stall_id FROM placed_order WHERE stall_id = ANY ($1)' };
    return (await hub.database.query<{ stall_id: string }>(query, [placed])).map(({ stall_id }) => stall_id);
  };
  await expect(projector.catchUp()).rejects.toThrow('its operator must make room');
  expect((await read()).sort()).toEqual(placed.filter((one) => !refused.includes(one)).sort());
  await change('DROP FUNCTION refuse_stall() CASCADE');
  await projector.catchUp();
  expect((await read()).sort()).toEqual([...placed].sort());
});

describe('an export', () => {
  it('has every order once, its lines, tenders and flags, in the columns it promises', async () => {
    configured();
    const orders = Array.from({ length: 450 }, () => sold({ cardMinor: 300 }));
    flagged(orders[7] as Order, 'offline-confirmed');
    await till.send(hub.store, stallId);
    await projector.catchUp();
    for (const name of ['orders', 'lines', 'tenders', 'flags'] as const) {
      const [head, ...body] = (await exported(name, 'csv')).trimEnd().split('\r\n');
      expect(head).toBe(EXPORT_COLUMNS[name].join(','));
      const objects = JSON.parse(await exported(name, 'json')) as Record<string, unknown>[];
      expect(objects).toHaveLength(body.length);
      for (const object of objects) expect(Object.keys(object)).toEqual([...EXPORT_COLUMNS[name]]);
      const number = { orders: 450, lines: 450, tenders: 900, flags: 1 }[name];
      expect(body).toHaveLength(number);
    }
    const numbers = (JSON.parse(await exported('orders', 'json')) as Order[]).map(({ number }) => number);
    expect(numbers).toEqual(orders.map(({ number }) => number));
  });

  it('goes on after a row, and keeps to a time', async () => {
    const orders = Array.from({ length: 5 }, () => sold());
    await till.send(hub.store, stallId);
    await projector.catchUp();
    const all = JSON.parse(await exported('orders', 'json')) as { number: string; feedSeq: number }[];
    const later = JSON.parse(await exported('orders', 'json', { after: all[1]?.feedSeq, limit: 2 })) as typeof all;
    expect(later.map(({ number }) => number)).toEqual(['T1-0003', 'T1-0004']);
    const from = new Date(orders[1]?.placedAt ?? '');
    const to = new Date(orders[3]?.placedAt ?? '');
    const between = JSON.parse(await exported('orders', 'json', { from, to })) as typeof all;
    expect(between.map(({ number }) => number)).toEqual(['T1-0002', 'T1-0003']);
    expect(await exported('orders', 'json', { after: 1_000_000 })).toBe('[]\n');
  });

  it('holds nothing that a spreadsheet would run, and amounts as numbers', async () => {
    sold({ lines: [{ name: '=HYPERLINK("http://x","y")', sku: '+1', priceMinor: 1250, note: '@a "b", c' }] });
    await till.send(hub.store, stallId);
    await projector.catchUp();
    const text = await exported('lines', 'csv');
    expect(text).toContain(`"'=HYPERLINK(""http://x"",""y"")"`);
    expect(text).toContain(`,'+1,`);
    expect(text).toContain(`"'@a ""b"", c"`);
    expect(text).toContain(',12.50,');
    const sale = sold({ discount: { kind: 'amount', amountMinor: 5, reason: '' } });
    expect(sale.savedMinor).toBe(5);
    await till.send(hub.store, stallId);
    await projector.catchUp();
    expect(await exported('orders', 'csv')).toContain(',0.05,');
  });
});

it('what left the stall is a list of moves', async () => {
  sold();
  await till.send(hub.store, stallId);
  await projector.catchUp();
  expect(await rows('SELECT sku, quantity FROM stock_move WHERE stall_id = $1')).toEqual([
    { sku: 'LOAF-1', quantity: -2 },
  ]);
});
