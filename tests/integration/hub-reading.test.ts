/** Batches are read by threads of the built hub (`npm run build`): as this thread would, and none is lost with a thread. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExchangeFailure } from '../../src/exchange/exchange-failure';
import { MAX_BATCH_BYTES, pushResponse } from '../../src/shared/exchange';
import { ExchangeDevice, type EnrolledDevice } from '../helpers/exchange-device';
import { startHub, type TestHub } from '../helpers/hub';
import { startPostgres, type PostgresServer } from '../helpers/postgres';

const BUILT = resolve('out/main/batch-worker.js');

let postgres: PostgresServer;
let threads: TestHub;
let here: TestHub;

beforeAll(async () => {
  expect(existsSync(BUILT)).toBe(true);
  postgres = await startPostgres();
  const databaseUrl = await postgres.newDatabase();
  threads = await startHub({ databaseUrl, readersBeside: pathToFileURL(BUILT).href });
  // From the sources there is no thread.
  here = await startHub({ databaseUrl });
});
afterAll(async () => {
  await threads.close();
  await here.close();
  await postgres.stop();
});

async function post(hub: TestHub, till: EnrolledDevice, body: string | Uint8Array<ArrayBuffer>, type: string | null) {
  const answer = await fetch(`${hub.address}/v1/stalls/${till.stallId}/entries`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await till.client.token()}`, ...(type && { 'content-type': type }) },
    body,
  });
  return { status: answer.status, said: await answer.json() };
}

test('whatever is handed over, a thread answers what this one does', async () => {
  const till = await threads.join(await threads.newStall());
  const { device } = till;
  device.sell();
  device.append('tomorrow.invented', { text: 'crème brûlée' });
  device.append('staff.signed-on', { staff: 7 });
  const whole = device.batch(device.entries);
  const stranger = new ExchangeDevice();
  stranger.sell();
  const [first, ...rest] = whole.entries;
  const json = 'application/json';
  const text = JSON.stringify(whole);
  const offered: readonly (readonly [body: string | Uint8Array<ArrayBuffer>, type: string | null])[] = [
    ['<!doctype html><title>Sign in to the market Wi-Fi</title>', 'text/html'],
    ['<!doctype html>', json],
    ['', json],
    [text, 'application/octet-stream'],
    [text.slice(0, -1), json],
    [Uint8Array.from([0xff, 0xfe, 0x00]), json],
    ['null', json],
    ['{"entries":[],"head":{}}', json],
    [`{"__proto__":{"entries":[]},"head":${JSON.stringify(whole.head)}}`, json],
    [JSON.stringify({ ...whole, entries: Array.from({ length: 501 }, () => first) }), json],
    [JSON.stringify({ ...whole, entries: [first, ...rest.slice(1)] }), json],
    [JSON.stringify({ ...whole, entries: whole.entries.slice(0, 2) }), json],
    [
      JSON.stringify({ ...whole, entries: [...whole.entries.slice(0, -1), { ...rest.at(-1), body: '"\u0000"' }] }),
      json,
    ],
    [JSON.stringify({ ...whole, head: { ...whole.head, signature: 'AAAA' } }), json],
    [JSON.stringify(stranger.batch(stranger.entries.slice(1))), json],
    [
      JSON.stringify({
        ...stranger.batch(stranger.entries),
        head: { ...stranger.batch(stranger.entries).head, signature: 'AAAA' },
      }),
      json,
    ],
    [' '.repeat(MAX_BATCH_BYTES + 1), json],
  ];
  const codes: unknown[] = [];
  for (const [body, type] of offered) {
    const [beside, inPlace] = [await post(threads, till, body, type), await post(here, till, body, type)];
    expect(beside).toEqual(inPlace);
    expect(beside.status).toBeGreaterThanOrEqual(400);
    codes.push((beside.said as { error: { code: string } }).error.code);
  }
  expect(codes.map((code) => (code === 'bad-request' ? '' : code))).toEqual([
    ...['', '', '', '', '', '', '', '', '', 'too-large', '', '', ''],
    ...['bad-signature', 'not-enrolled', 'bad-signature', 'too-large'],
  ]);

  const taken = pushResponse.parse((await post(threads, till, text, `${json}; charset=utf-8`)).said);
  expect(taken.receipts.map(({ outcome, cause }) => cause ?? outcome)).toEqual([
    ...['stored', 'stored', 'unknown-kind', 'bad-body'],
  ]);
  const again = pushResponse.parse((await post(here, till, text, json)).said);
  expect(again.receipts.map(({ outcome, serverSeq }) => [outcome, serverSeq])).toEqual(
    taken.receipts.map(({ serverSeq }) => ['duplicate', serverSeq]),
  );
  expect((await till.client.feed({ after: '0.0', own: 'all' })).entries).toEqual(device.entries);
  // A neighbour's, which names its own key.
  const brought = await till.client.push(stranger.batch(stranger.entries));
  expect(brought.receipts.map(({ outcome }) => outcome)).toEqual(['stored', 'stored']);
});

test('a thread that dies takes no batch with it: it is offered again, and another thread reads it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-reader-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  // The built thread, which dies over its first batch of this kind.
  writeFileSync(
    join(folder, 'batch-worker.js'),
    `import { existsSync, writeFileSync } from 'node:fs';
     import { parentPort } from 'node:worker_threads';
     await import('${pathToFileURL(BUILT).href}');
     parentPort.on('message', ({ question: { bytes } }) => {
       if (existsSync('${folder}/died') || !Buffer.from(bytes).includes('thread.dies')) return;
       writeFileSync('${folder}/died', '');
       process.exit(3);
     });`,
  );
  const databaseUrl = await postgres.newDatabase();
  const frail = await startHub({ databaseUrl, readersBeside: pathToFileURL(join(folder, 'x')).href });
  try {
    const till = await frail.join(await frail.newStall());
    till.device.append('thread.dies', {});
    const failure = await till.push().then(
      () => null,
      (error: ExchangeFailure) => error,
    );
    expect([failure?.code, failure?.retryAfterMs]).toEqual(['unavailable', 1000]);
    expect((await till.client.heads()).heads[0]?.seq).toBe(0);
    expect((await till.push()).receipts.map(({ outcome }) => outcome)).toEqual(['stored', 'quarantined']);
  } finally {
    await frail.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
