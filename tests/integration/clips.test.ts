import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import { hasRoomFor } from '../../src/main/core/clip-uploads';
import { verifyFolder } from '../../src/main/db/inspect';
import { addClip, endlessFilm, mp4Film, uploadFilm, webmFilm } from '../helpers/clips';
import {
  connect,
  readyToSell,
  startKioskProcess,
  startTestTill,
  temporaryFolder,
  type TestClient,
} from '../helpers/kiosk';

let folder: ReturnType<typeof temporaryFolder>;
let running: RunningKiosk;
let till: TestClient;

async function start(): Promise<void> {
  ({ running, till } = await startTestTill({ dataDir: folder.path, devices: 'none' }));
  await readyToSell(till);
}
async function stop(): Promise<void> {
  till.close();
  await running.close();
}

beforeAll(async () => {
  folder = temporaryFolder();
  await start();
});
afterAll(async () => {
  await stop();
  expect((await verifyFolder(folder.path)).findings).toEqual([]);
  folder.remove();
});

const served = (path: string, range?: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${running.server?.port}${path}`, { headers: range === undefined ? {} : { range } });
const filesIn = (path: string): string[] =>
  existsSync(join(folder.path, path)) ? readdirSync(join(folder.path, path), { recursive: true }).map(String) : [];

test('a film becomes a clip: listed, played in parts, changed, taken off', async () => {
  const film = await webmFilm({ seconds: 3 });
  const canvas = createCanvas(64, 64);
  const poster = await till.call('catalogue.add-photo', { base64: canvas.toBuffer('image/png').toString('base64') });
  const item = (await till.call('catalogue.items', { category: null, offset: 0, limit: 1 })).tiles[0]?.itemId ?? null;
  const { uploadId } = await uploadFilm(till, film);
  const { version } = till.topics.clips;
  const { clip } = await till.call('clips.keep', {
    uploadId,
    poster: poster.photo,
    caption: ' Fresh <b>from</b> the oven ',
    itemId: item,
  });
  expect(clip).toBe(createHash('sha256').update(film).digest('hex'));
  expect(till.topics.clips.version).toBeGreaterThan(version);
  const said = {
    clip,
    kind: 'video/webm',
    durationMs: 3_000,
    width: 64,
    height: 64,
    poster: poster.photo,
    itemId: item,
  };
  expect((await till.call('clips.list', {})).clips).toEqual([
    { ...said, caption: 'Fresh <b>from</b> the oven', isHere: true },
  ]);

  const whole = await served(`/media/${clip}.webm`);
  expect(whole.headers.get('content-type')).toBe('video/webm');
  expect(Buffer.from(await whole.arrayBuffer())).toEqual(film);
  const part = await served(`/media/${clip}.webm`, 'bytes=100-199');
  expect(part.status).toBe(206);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(film.subarray(100, 200));
  expect((await served(`/media/${clip}.webm`, `bytes=${film.length}-`)).status).toBe(416);
  expect((await served(`/media/${clip}.mp4`)).status).toBe(404);
  expect((await served(`/media/..%2f..%2ftrestle.db`)).status).toBe(404);

  await till.call('clips.change', { clip, caption: 'Sold out soon', itemId: null });
  expect((await till.call('clips.list', {})).clips[0]).toMatchObject({ caption: 'Sold out soon', itemId: null });

  await till.call('clips.remove', { clip });
  expect((await till.call('clips.list', {})).clips).toEqual([]);
  expect((await served(`/media/${clip}.webm`)).status).toBe(404);
  expect(await till.failure('clips.change', { clip, caption: '', itemId: null })).toBe('unknown-clip');
  // Its file goes with the next start; the same film may come again.
  await stop();
  await start();
  expect(filesIn('clips').filter((name) => name.includes(clip))).toEqual([]);
  expect(await addClip(till, film)).toBe(clip);
  expect((await served(`/media/${clip}.webm`)).status).toBe(200);
});

test('an MP4 plays as one', async () => {
  const clip = await addClip(till, await mp4Film());
  expect((await served(`/media/${clip}.mp4`)).headers.get('content-type')).toBe('video/mp4');
});

test('what is no clip is refused, and nothing of it stays', async () => {
  expect(await till.failure('clips.open', { totalBytes: 0 })).toBe('bad-clip');
  expect(await till.failure('clips.open', { totalBytes: 4 * 1024 ** 3 })).toBe('bad-clip');
  const before = (await till.call('clips.list', {})).clips;
  const files = filesIn('clips');
  const film = await mp4Film();
  const script = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  for (const bytes of [script, film.subarray(0, film.length / 2), await mp4Film({ seconds: 40 })]) {
    const { uploadId } = await uploadFilm(till, bytes);
    const kept = { uploadId, poster: null, caption: '', itemId: null };
    expect(await till.failure('clips.keep', kept)).toBe('bad-clip');
    expect(await till.failure('clips.keep', kept)).toBe('unknown-clip');
  }
  expect((await till.call('clips.list', {})).clips).toEqual(before);
  expect(filesIn('clips')).toEqual(files);
});

test('slices come once and in order; whoever begins anew gives up the film before', async () => {
  const film = await webmFilm();
  const half = film.length >> 1;
  const slice = (from: number, until: number) => ({
    offset: from,
    base64: film.subarray(from, until).toString('base64'),
  });
  const { uploadId } = await till.call('clips.open', { totalBytes: film.length });
  await till.call('clips.append', { uploadId, ...slice(0, half) });
  // The answer was lost, and the slice is sent again.
  expect(await till.call('clips.append', { uploadId, ...slice(0, half) })).toEqual({ receivedBytes: half });
  expect(await till.failure('clips.append', { uploadId, ...slice(half + 1, film.length) })).toBe('bad-request');
  const early = { uploadId, poster: null, caption: '', itemId: null };
  expect(await till.failure('clips.keep', early)).toBe('bad-request');
  await till.call('clips.append', { uploadId, ...slice(half, film.length) });
  expect(await till.failure('clips.keep', { ...early, itemId: 'nothing' })).toBe('unknown-item');
  expect(await till.failure('clips.keep', { ...early, poster: 'a'.repeat(64) })).toBe('bad-photo');

  const other = await till.call('clips.open', { totalBytes: 10 });
  expect(await till.failure('clips.append', { uploadId, ...slice(0, 10) })).toBe('unknown-clip');
  await till.call('clips.append', { uploadId: other.uploadId, ...slice(0, 10) });
  await till.call('clips.cancel', other);
  expect(filesIn('clips').filter((name) => name.endsWith('.uploading'))).toEqual([]);
});

test('a film never takes the room that the journal needs', () => {
  expect(hasRoomFor(folder.path, 1)).toBe(true);
  expect(hasRoomFor(folder.path, Number.MAX_SAFE_INTEGER)).toBe(false);
});

test('the built till reads films in a thread of its own', async () => {
  const other = temporaryFolder();
  const kiosk = await startKioskProcess(other.path, ['--demo', '--devices', 'none']);
  const client = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  await readyToSell(client);
  expect(await addClip(client, await mp4Film())).toMatch(/^[0-9a-f]{64}$/);
  const { uploadId } = await uploadFilm(client, Buffer.from('no film'));
  expect(await client.failure('clips.keep', { uploadId, poster: null, caption: '', itemId: null })).toBe('bad-clip');

  // A film that would be read for ever is given up, and the till sells meanwhile.
  const endless = await uploadFilm(client, await endlessFilm());
  let isRead = false;
  const refused = client
    .failure('clips.keep', { uploadId: endless.uploadId, poster: null, caption: '', itemId: null })
    .finally(() => (isRead = true));
  await client.call('state.get', {});
  expect(isRead).toBe(false);
  expect(await refused).toBe('bad-clip');
  client.close();
  await kiosk.stop();
  other.remove();
});

test('clips are the operator’s to change, and no shopper’s or display’s', async () => {
  for (const role of ['display', 'shopper'] as const) {
    const answer = await running.kiosk.dispatch({ role }, { call: 'clips.list', input: {} });
    expect(answer).toMatchObject({ ok: false, error: { code: 'not-allowed' } });
  }
  const ade = till.topics.session.staff.find(({ name }) => name === 'Ade')?.staffId ?? '';
  await till.call('staff.sign-on', { staffId: ade, pin: '1111' });
  expect(await till.failure('clips.open', { totalBytes: 10 })).toBe('not-allowed');
  expect(await till.failure('clips.remove', { clip: 'a'.repeat(64) })).toBe('not-allowed');
});
