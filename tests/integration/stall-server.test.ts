import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStallServer } from '../../src/main/lan/stall-server';
import { STALL_SITES } from '../../src/main/lan/stall-sites';
import { kioskLink, openStallServer } from '../../src/main/lan/stall-thread';
import { projectFolder } from '../../src/main/project-folder';
import { startServingTill, temporaryFolder, type ServingTill } from '../helpers/kiosk';

const folder = temporaryFolder();
let shop: ServingTill;
let url: string;

beforeAll(async () => {
  shop = await startServingTill(folder.path);
  ({ url } = shop);
});
afterAll(async () => {
  await shop.close();
  folder.remove();
});

/** The first item of the gallery. */
async function someItem(): Promise<string> {
  const gallery = await (await fetch(url)).text();
  return /href="(\/item\/[^"]+)"/.exec(gallery)?.[1] ?? '';
}

describe('the gallery', () => {
  test('shows the goods with nothing that runs, nothing from elsewhere, and nothing to remember anybody by', async () => {
    const gallery = await fetch(url);
    const text = await gallery.text();
    expect(gallery.status).toBe(200);
    expect(text).toContain('Sourdough loaf');
    expect(text).not.toMatch(/<script|<iframe|\son\w+=|\sstyle=|https?:\/\//i);
    expect(gallery.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
    expect(gallery.headers.get('set-cookie')).toBeNull();
    expect(gallery.headers.get('referrer-policy')).toBe('same-origin');
  });

  test('finds what is looked for, and says so when there is none', async () => {
    expect(await (await fetch(`${url}/?q=sourd`)).text()).toContain('Sourdough loaf');
    expect(await (await fetch(`${url}/?q=${encodeURIComponent('"><b>x')}`)).text()).not.toContain('<b>x');
  });

  test('is not sent again while nothing changed', async () => {
    const item = await someItem();
    const etag = (await fetch(url + item)).headers.get('etag') ?? '';
    const again = await fetch(url + item, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect(again.headers.get('cache-control')).toBe('no-cache');
  });
});

test('a photo comes to fit, as a picture drawn anew, and no other file comes at all', async () => {
  const gallery = await (await fetch(url)).text();
  const path = /src="(\/photo\/[^"]+)"/.exec(gallery)?.[1] ?? '';
  const photo = await fetch(url + path);
  const bytes = Buffer.from(await photo.arrayBuffer());
  expect(photo.headers.get('content-type')).toBe('image/webp');
  expect(bytes.subarray(8, 12).toString()).toBe('WEBP');
  expect(bytes.length).toBeLessThan(40_000);
  expect((await fetch(url + path.replace('-320', '-321'))).status).toBe(404);
  expect((await fetch(url + path.replace(/[0-9a-f]{64}/, '0'.repeat(64)))).status).toBe(404);
});

test('a phone that looks at goods is one person, however often it looks and whichever way it came', async () => {
  const item = await someItem();
  const told: unknown[] = [];
  const { dispatch, ...link } = kioskLink(shop.running.kiosk);
  const server = await startStallServer({
    host: '127.0.0.1',
    port: 0,
    link: {
      ...link,
      dispatch(role, message) {
        const { call, input } = message as { readonly call: string; readonly input: unknown };
        if (call === 'shop.came') told.push(input);
        return dispatch(role, message);
      },
    },
    dataDir: folder.path,
    projectFolder,
    sites: STALL_SITES,
    onProblem: (error) => told.push(error),
  });
  const look = (localAddress: string, path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get(server.url + path, { localAddress, agent: false }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      }).on('error', reject);
    });
  // By a link, by the code of its label and again by a link.
  expect(await look('127.0.0.7', item)).toBe(200);
  expect(await look('127.0.0.7', item.replace('/item/', '/q/'))).toBe(303);
  expect(await look('127.0.0.7', item)).toBe(200);
  expect(await look('127.0.0.8', item)).toBe(200);
  // Nothing was there to look at.
  expect(await look('127.0.0.9', '/item/none')).toBe(404);
  await server.close();
  const people = told.map((input) => (input as { readonly people: number }).people);
  expect(people.reduce((sum, count) => sum + count, 0)).toBe(2);
  expect(Object.keys(Object.assign({}, ...told) as object)).toEqual(['people']);
});

test('before a shopper is answered it is looked whether somebody sells', async () => {
  let isLooked = false;
  const server = await openStallServer(
    {
      kiosk: shop.running.kiosk,
      use: {
        sinceMs() {
          isLooked = true;
          return Infinity;
        },
      },
      dataDir: folder.path,
      projectFolder,
      onProblem: () => undefined,
    },
    { host: '127.0.0.1', port: 0 },
    () => undefined,
  );
  expect((await fetch(server.url)).status).toBe(200);
  expect(isLooked).toBe(true);
  await server.close();
});
