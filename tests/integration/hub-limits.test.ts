import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { DEFAULT_LIMITS } from '../../src/exchange/server';
import { beginEpoch } from '../../src/hub/hub-record';
import { acceptUnderstood } from '../../src/hub/stalls';
import { exchangeError, MAX_BATCH_BYTES } from '../../src/shared/exchange';
import { ExchangeDevice, type EnrolledDevice } from '../helpers/exchange-device';
import { startHub, type TestHub } from '../helpers/hub';
import { startPostgres, type PostgresServer } from '../helpers/postgres';
import { sendRaw } from '../helpers/raw-http';

let postgres: PostgresServer;
let databaseUrl: string;
let hub: TestHub;
let stallId: string;
let till: EnrolledDevice;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.newDatabase();
  hub = await startHub({ databaseUrl });
  stallId = await hub.newStall();
  till = await hub.join(stallId);
});
afterAll(async () => {
  await hub.close();
  await postgres.stop();
});

async function post(path: string, body: string, token?: string) {
  const answer = await fetch(hub.address + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body,
  });
  return { status: answer.status, error: ((await answer.json()) as { error?: { code: string } }).error?.code };
}

test('a batch of too many entries or bytes is refused by name, and smaller ones go through', async () => {
  for (let sale = 0; sale < 500; sale += 1) till.device.sell();
  const token = await till.client.token();
  const path = `/v1/stalls/${stallId}/entries`;
  const tooMany = JSON.stringify(till.device.batch(till.device.entries));
  expect(await post(path, tooMany, token)).toEqual({ status: 413, error: 'too-large' });
  expect(await post(path, ' '.repeat(MAX_BATCH_BYTES + 1), token)).toEqual({ status: 413, error: 'too-large' });
  await till.client.push(till.device.batch(till.device.entries.slice(0, 500)));
  expect((await till.push(501)).head.seq).toBe(501);
});

test('nobody sends a body before having shown a token', async () => {
  const path = `/v1/stalls/${stallId}/entries`;
  expect(await post(path, 'x'.repeat(MAX_BATCH_BYTES))).toEqual({ status: 401, error: 'token-expired' });
  expect(await post(path, '{}', 'made.up.token')).toEqual({ status: 401, error: 'token-expired' });
  expect(await post('/v1/enrol', 'not json')).toEqual({ status: 400, error: 'bad-request' });
  expect(await post('/v1/enrol', `{"code":"${'x'.repeat(100_000)}"}`)).toEqual({ status: 413, error: 'too-large' });
});

test('what is no request of HTTP is told so in the words of every other refusal', async () => {
  const port = Number(new URL(hub.address).port);
  const code = async (bytes: string): Promise<[number, string]> => {
    const { status, body } = await sendRaw(port, bytes);
    return [status, exchangeError.parse(JSON.parse(body)).error.code];
  };
  expect(await code('\x16\x03\x01\x02\x00\r\n\r\n')).toEqual([400, 'bad-request']);
  expect(await code('POST /v1/enrol HTTP/1.1\r\nHost: hub\r\nContent-Length: -5\r\n\r\n')).toEqual([
    400,
    'bad-request',
  ]);
  expect(await code(`GET / HTTP/1.1\r\nHost: hub\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`)).toEqual([431, 'too-large']);
  expect(await code('GET /v1/stalls/%ff/heads HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n')).toEqual([
    400,
    'bad-request',
  ]);
});

test('what nobody can keep is refused by name, and breaks nobody’s page', async () => {
  const token = await till.client.token();
  const stall = `/v1/stalls/${stallId}`;
  const status = { queued: 1, oldestQueuedAt: null, errors: [], version: '1' };
  const at = '2026-06-13T09:00:00.000Z';
  const refused: readonly [string, unknown][] = [
    ['status', { ...status, errors: [{ code: 'x', detail: 'half \ud83d', at }] }],
    ['status', { ...status, errors: [{ code: 'x', detail: 'a\0b', at }] }],
    // ISO 8601 has this year, PostgreSQL has not.
    ['status', { ...status, oldestQueuedAt: '0000-01-01T00:00:00.000Z' }],
    ['people', { people: [{ reference: 'r', person: { name: 'a\0', pinHash: null }, at: `${at}-0000-x` }] }],
    ['codes', { name: 'a\0b' }],
    [
      'reconcile',
      { shiftId: 'a\0b', device: 'd', orderCount: 0, totalMinor: Number.MAX_SAFE_INTEGER, ordersHash: '0'.repeat(64) },
    ],
    // A number that is too big is wrong: nothing is gained by sending less.
    ['status', { ...status, queued: 2 ** 60 }],
  ];
  for (const [path, body] of refused) {
    const answer = await post(`${stall}/${path}`, JSON.stringify(body), token);
    expect([path, answer]).toEqual([path, { status: 400, error: 'bad-request' }]);
  }
  expect((await post(`${stall}/status`, JSON.stringify(status), token)).status).toBe(200);
});

test('whoever drips a request is cut off, and others are served meanwhile', async () => {
  const limits = { ...DEFAULT_LIMITS, headersTimeoutMs: 300, requestTimeoutMs: 600 };
  const hasty = await startHub({ databaseUrl, limits });
  const { hostname, port } = new URL(hasty.address);
  /** Writes a text slowly, and then more of it, after what is written at once. @returns what the hub says before it hangs up */
  const drip = (text: string, atOnce = ''): Promise<string> =>
    new Promise((resolve) => {
      let said = '';
      const socket = connect(Number(port), hostname);
      if (atOnce !== '') socket.write(atOnce);
      const letters = [...text];
      const dripping = setInterval(() => socket.write(letters.shift() ?? 'x'), 20);
      socket.on('data', (chunk) => (said += String(chunk)));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(dripping);
        resolve(said);
      });
    });
  const slow = [
    ...Array.from({ length: 20 }, () => drip('GET /v1/server HTTP/1.1\r\nX-Drip: ')),
    ...Array.from({ length: 20 }, () =>
      drip(
        '{',
        'POST /v1/enrol HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n',
      ),
    ),
  ];
  expect((await fetch(`${hasty.address}/v1/server`)).status).toBe(200);
  for (const said of await Promise.all(slow)) expect(said).toMatch(/^(HTTP\/1.1 408 |$)/);
  await hasty.close();
});

test('wrong codes are counted, and a right one has to wait for whoever guesses', async () => {
  const codes: string[] = [];
  for (let guess = 0; guess < 12; guess += 1) {
    await new ExchangeDevice()
      .enrol(hub.address, '0000-0000')
      .catch((error: { code: string; retryAfterMs: number | null }) => codes.push(error.code));
  }
  expect(codes.filter((code) => code === 'bad-code')).toHaveLength(10);
  expect(codes.slice(10)).toEqual(['too-many', 'too-many']);
});

test('others of the stall are woken, the one that pushed and strangers are not', async () => {
  // Known by way of the till that brings it: enrolling is counted out in the test before.
  const other = new ExchangeDevice();
  await till.client.push(other.batch(other.entries));

  const open = (stall: string): WebSocket =>
    new WebSocket(`${hub.address.replace('http', 'ws')}/v1/stalls/${stall}/wake`);
  const heard: string[] = [];
  const socket = open(stallId);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ token: await till.client.token() }));
  socket.on('message', (data) => heard.push((JSON.parse(String(data)) as { cursor: string }).cursor));
  const place = async (): Promise<string> => `1.${(await hub.hub.store.place(stallId)).serverSeq}`;
  await expect.poll(() => heard).toEqual([await place()]);

  till.device.sell();
  await till.push(till.device.entries.length);
  other.sell();
  await till.client.push(other.batch(other.entries.slice(1)));
  const after = await place();
  await expect.poll(() => heard.at(-1)).toBe(after);
  expect(heard).toHaveLength(2);
  socket.close();

  const closed = (stranger: WebSocket): Promise<number> =>
    new Promise((resolve) => {
      stranger.on('error', () => undefined);
      stranger.on('close', resolve);
    });
  const stranger = open(stallId);
  stranger.on('open', () => stranger.send('{"token":"made.up"}'));
  expect(await closed(stranger)).toBe(4401);
  const garbled = open('%zz');
  garbled.on('open', () => garbled.send('hello'));
  expect(await closed(garbled)).toBe(4401);
  expect((await fetch(`${hub.address}/v1/server`)).status).toBe(200);
});

test('another process of the same hub hears of what this one took, and takes its tokens', async () => {
  const second = await startHub({ databaseUrl });
  try {
    expect(second.hub.identity.publicKey).toBe(hub.hub.identity.publicKey);
    expect(second.hub.operatorToken).toBeNull();
    const heard = new Promise<string>((resolve) => {
      const poke = setInterval(() => {
        till.device.sell();
        till.push(till.device.entries.length).catch(() => undefined);
      }, 200);
      second.hub.store.onAdded(({ device }) => {
        clearInterval(poke);
        resolve(device);
      });
    });
    expect(await heard).toBe(till.device.deviceId);
    const answer = await fetch(`${second.address}/v1/stalls/${stallId}/heads`, {
      headers: { authorization: `Bearer ${await till.client.token()}` },
    });
    expect(answer.status).toBe(200);
  } finally {
    await second.close();
  }
});

test('after a restore, a cursor of the older epoch leads back to what was still there', async () => {
  const before = await till.client.feed({ after: '0.0', own: 'all' });
  let cursor = before.cursor;
  for (let more = before.more; more;) {
    const page = await till.client.feed({ after: cursor, own: 'all' });
    ({ cursor, more } = page);
  }
  const end = Number(cursor.split('.')[1]);
  // As a backup from three entries ago would have it.
  await hub.hub.database.withClient(async (client) => {
    await client.query('DELETE FROM entry WHERE stall_id = $1 AND feed_seq > $2', [stallId, end - 3]);
    await client.query('UPDATE stall SET feed_seq = $2 WHERE stall_id = $1', [stallId, end - 3]);
    await client.query(
      `UPDATE device SET (head_seq, head_hash) = (SELECT seq, hash FROM entry
        WHERE entry.stall_id = device.stall_id AND entry.device_id = device.device_id ORDER BY seq DESC LIMIT 1)
      WHERE stall_id = $1 AND EXISTS (SELECT FROM entry e WHERE e.stall_id = $1 AND e.device_id = device.device_id)`,
      [stallId],
    );
  });
  const begun = await hub.hub.database.transaction((client) => beginEpoch(client, 'restored'));
  expect(begun).toBeGreaterThan(1);

  const { heads, epoch } = await till.client.heads();
  expect(epoch).toBe(begun);
  const head = heads.find(({ device }) => device === till.device.deviceId);
  expect(head?.seq).toBeLessThan(till.device.entries.length);
  await till.push((head?.seq ?? 0) + 1);
  const after = await till.client.feed({ after: cursor, own: 'all' });
  expect(after.epoch).toBe(begun);
  expect(after.entries.map(({ seq }) => seq)).toEqual(till.device.entries.slice(head?.seq).map(({ seq }) => seq));
  expect((await till.client.feed({ after: after.cursor, own: 'all' })).entries).toEqual([]);
});

// The embedded PostgreSQL of npm comes without pg_dump.
const hasPgDump = spawnSync('pg_dump', ['--version']).status === 0;
test.skipIf(!hasPgDump)('a database that is restored elsewhere begins a new epoch by itself', async () => {
  const dump = await startPostgres();
  try {
    const elsewhere = await dump.newDatabase();
    const copy = execFileSync('pg_dump', ['--no-owner', databaseUrl], { maxBuffer: 64 * 1024 * 1024 });
    execFileSync('psql', ['--quiet', '--set=ON_ERROR_STOP=1', elsewhere], {
      input: copy,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    const restored = await startHub({ databaseUrl: elsewhere });
    const card = (await (await fetch(`${restored.address}/v1/server`)).json()) as { epoch: number; serverId: string };
    await restored.close();
    expect(card.serverId).toBe(hub.hub.identity.serverId);
    expect(card.epoch).toBeGreaterThan(await hub.hub.store.epoch());
  } finally {
    await dump.stop();
  }
});

test('what an older hub did not know counts once a newer one does', async () => {
  const fresh = await startHub({ databaseUrl: await postgres.newDatabase() });
  const newer = await fresh.join(await fresh.newStall());
  newer.device.sell();
  newer.device.append('tomorrow.invented', {});
  newer.device.append('staff.signed-on', { staff: 7 });
  await newer.push();
  const { database } = fresh.hub;
  // As an older hub left them.
  await database.withClient((client) =>
    client.query(`INSERT INTO quarantine (stall_id, device_id, seq, cause, detail)
SELECT stall_id, device_id, seq, 'unknown-kind', '' FROM entry WHERE seq >= 2
ON CONFLICT (stall_id, device_id, seq) DO UPDATE SET cause = 'unknown-kind'`),
  );
  await acceptUnderstood(database, new Date());
  const { rows } = await database.withClient((client) =>
    client.query('SELECT cause, resolution FROM quarantine ORDER BY seq'),
  );
  expect(rows).toEqual([
    { cause: 'unknown-kind', resolution: 'accepted' },
    { cause: 'unknown-kind', resolution: null },
    { cause: 'bad-body', resolution: null },
  ]);
  await fresh.close();
});

test('an outside client in curl and openssl enrols, hands over and reads', async () => {
  const fresh = await startHub({ databaseUrl: await postgres.newDatabase() });
  const code = await fresh.newCode(await fresh.newStall());
  const { stdout } = await promisify(execFile)('docs/exchange-client.sh', [fresh.address, code]);
  expect(stdout).toMatch(/enrolled at stall \S+ as T1\nhanded over 2 entries, 2 of them stored\n/);
  expect(stdout).toContain('read "kind":"device.registered" "kind":"staff.signed-on" up to 1.2');
  const again = promisify(execFile)('docs/exchange-client.sh', [fresh.address, code]);
  await expect(again).rejects.toMatchObject({ stdout: expect.not.stringContaining('enrolled') as string });
  await fresh.close();
});

test('a database from the future is left alone', async () => {
  await hub.hub.database.withClient((client) =>
    client.query("INSERT INTO migration (step, what) VALUES (999, 'from the future')"),
  );
  await expect(startHub({ databaseUrl })).rejects.toThrow('update this hub');
});
