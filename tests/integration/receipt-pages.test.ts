import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import { startServingTill, temporaryFolder, type ServingTill, type TestClient } from '../helpers/kiosk';
import { rawRequest, sendRaw } from '../helpers/raw-http';

const LOAF = '5012345010779';
const folder = temporaryFolder();
let shop: ServingTill;
let running: RunningKiosk;
let till: TestClient;
let url: string;

beforeAll(async () => {
  shop = await startServingTill(folder.path, ['gallery', 'receipts']);
  ({ running, till, url } = shop);
});
afterAll(async () => {
  await shop.close();
  folder.remove();
});

async function offer(offers: ('gallery' | 'receipts')[], publicUrl: string | null = null): Promise<void> {
  const { address, port } = till.topics.shop;
  await till.call('shop.serve', { isOn: true, address, port, publicUrl, offers });
}

/** Sells a loaf; answers where its receipt is, as the display says. */
async function sell(): Promise<{ readonly orderId: string; readonly number: string; readonly receipt: string }> {
  await till.call('cart.scan', { code: LOAF });
  await till.call('payment.open', {});
  const { orderId, number } = await till.call('payment.cash', { givenMinor: 100_000 });
  const display = await running.kiosk.dispatch({ role: 'display' }, { call: 'display.get', input: {} });
  const { scene } = (display as { value: { display: { scene: { receiptUrl?: string | null } } } }).value.display;
  return { orderId: orderId ?? '', number: number ?? '', receipt: scene.receiptUrl ?? '' };
}

/** What a phone is told, with everything that might tell one wrong address from another. */
async function answerTo(
  path: string,
): Promise<{ readonly status: number; readonly text: string; readonly headers: object }> {
  const response = await fetch(url + path, { headers: { 'accept-language': 'en' } });
  const { date: _date, ...headers } = Object.fromEntries(response.headers);
  return { status: response.status, text: await response.text(), headers };
}

test('a phone reads the receipt at the address on the display, without a cookie, a script or a trace elsewhere', async () => {
  const { number, receipt } = await sell();
  expect(receipt).toMatch(new RegExp(`^${url}/r/${number}-[\\w-]{22}$`));
  const { status, text, headers } = await answerTo(receipt.slice(url.length));
  expect(status).toBe(200);
  expect(text).toContain(number);
  expect(text).toContain('Kept safe on our till');
  expect(text).not.toMatch(/<script(?! type="application\/ld\+json")/);
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex, nofollow, noarchive',
    'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-/) as string,
  });
  expect(headers).not.toHaveProperty('set-cookie');
  // The one element with data is nothing a browser runs, and the style is the one the policy knows: Chromium shows both.
});

test('the receipt tells how it was kept once that has changed', async () => {
  const { orderId, receipt } = await sell();
  await till.call('order.confirm-shown', { orderId });
  await expect.poll(async () => (await answerTo(receipt.slice(url.length))).text).toContain('Receipt shown');
  expect((await answerTo(receipt.slice(url.length))).text).toContain('data-flag="offline-confirmed"');
});

test('it comes as a PDF, in the language that is asked for', async () => {
  const { number, receipt } = await sell();
  const response = await fetch(`${receipt}.pdf`);
  expect(response.headers.get('content-type')).toBe('application/pdf');
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="receipt-${number}.pdf"`);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(
    Buffer.from(await response.arrayBuffer())
      .subarray(0, 8)
      .toString(),
  ).toBe('%PDF-1.7');
});

test('every wrong address is answered in one manner, and many of them make one wait', async () => {
  const { number, receipt } = await sell();
  const name = receipt.slice(receipt.lastIndexOf('/') + 1);
  const key = name.slice(-22);
  const other = randomBytes(16).toString('base64url');
  const wrong = [
    `${number}-${other}`,
    `T9-9999-${key}`,
    key,
    `${name}x`,
    `${name}.PDF`,
    `${number}-${key.toLowerCase()}%00`,
  ];
  const more = [
    `%2e%2e%2f%2e%2e%2fdevice.json`,
    `..%5c..%5cdevice.json`,
    `T1'--${key}`,
    '%F0%9F%8D%9E',
    `${number}-${other}.pdf`,
  ];
  const answers = await Promise.all([...wrong, ...more].map((one) => answerTo(`/r/${one}`)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]).toMatchObject({ status: 404, headers: { 'cache-control': 'no-store' } });
  expect(answers[0]?.text).not.toContain(number);

  const { port } = new URL(url);
  const [raw, bare, long] = await Promise.all([
    sendRaw(Number(port), rawRequest(Number(port), `/r/../device.json`)),
    sendRaw(Number(port), rawRequest(Number(port), '/r/')),
    sendRaw(Number(port), rawRequest(Number(port), `/r/${'x'.repeat(900)}`)),
  ]);
  // Longer than any address of the stall is.
  expect([raw.status, bare.status, long.status]).toEqual([404, 404, 400]);

  const tries: number[] = [];
  for (let attempt = 0; attempt < 40; attempt += 1) tries.push((await answerTo(`/r/${number}-${other}`)).status);
  expect(tries.at(-1)).toBe(429);
  // Whoever has the right address is not kept waiting by whoever guesses beside them.
  expect((await answerTo(`/r/${name}`)).status).toBe(200);
});

test('a receipt that is read counts as somebody who came, once a phone, and says of whom nothing', async () => {
  const { receipt } = await sell();
  const { port, pathname } = new URL(receipt);
  const asked = vi.spyOn(running.kiosk, 'dispatch');
  const look = async (from: string): Promise<void> => {
    const { status } = await sendRaw(Number(port), rawRequest(Number(port), pathname), { from });
    expect(status).toBe(200);
  };
  const came = () =>
    asked.mock.calls
      .map(([, message]) => message as { call: string; input: object })
      .flatMap(({ call, input }) => (call === 'shop.came' ? [input] : []));
  // With the first phone all who came before it are told of.
  await look('127.0.0.7');
  await expect.poll(came, { timeout: 20_000 }).toHaveLength(1);
  asked.mockClear();
  for (let again = 0; again < 3; again += 1) await look('127.0.0.8');
  await look('127.0.0.7');
  await expect.poll(came, { timeout: 20_000 }).toEqual([{ people: 1 }]);
});

test('there is no address where no receipts are offered, and the public one only with a hub that has them', async () => {
  await offer(['gallery']);
  const hidden = await sell();
  expect(hidden.receipt).toBe('');
  await offer(['gallery', 'receipts'], 'https://stall.example');
  expect((await sell()).receipt).toMatch(new RegExp(`^${url}/r/`));
  await offer(['gallery']);
  expect((await answerTo('/r/whatever')).status).toBe(404);
});
