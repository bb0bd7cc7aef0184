import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { postWebhook } from '../../src/hub/webhooks/post';
import { addressProblem, isPublicAddress, publicLookup } from '../../src/hub/webhooks/public-address';
import { newSecret, retryDelayMs } from '../../src/hub/webhooks/standard';

describe('a webhook goes to the public internet alone', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    'fe80::1',
    'fd00::1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
    '2001:db8::1',
    'not an address',
  ])('%s is inside', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '193.0.6.139', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])('%s is outside', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['https://hooks.example.com/a', null],
    ['https://8.8.8.8/', null],
    ['http://hooks.example.com/a', /https/],
    ['https://127.0.0.1/', /public/],
    // Other ways to write the loopback address.
    ['https://0x7f.1/', /public/],
    ['https://2130706433/', /public/],
    ['https://[::1]/', /public/],
    ['https://[::ffff:10.0.0.1]/', /public/],
    ['https://me:secret@example.com/', /password/],
    ['ftp://example.com/', /https/],
    ['nonsense', /no address/],
  ])('%s', (address, problem) => {
    const found = addressProblem(address, false);
    if (problem === null) expect(found).toBeNull();
    else expect(found).toMatch(problem);
  });

  it('plain HTTP inside is for those who allowed it', () => {
    expect(addressProblem('http://10.0.0.2/hook', true)).toBeNull();
    expect(addressProblem('file:///etc/passwd', true)).not.toBeNull();
  });

  it('a name that leads inside is refused as the connection is made', async () => {
    const looked = await new Promise((resolve) => {
      const lookup: LookupFunction = publicLookup;
      lookup('localhost', {}, (error) => resolve(error?.message));
    });
    expect(looked).toBe('localhost is not on the public internet');
    const server = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const outcome = await postWebhook(`https://localhost:${port}/`, {}, '{}', { allowPrivate: false });
    expect(outcome).toMatchObject({ status: null, error: 'localhost is not on the public internet' });
    server.close();
  });
});

it('an endpoint that never answers is given up', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  expect(await postWebhook(url, {}, '{}', { allowPrivate: true, timeoutMs: 100 })).toMatchObject({
    status: null,
    error: 'it took too long',
  });
  server.closeAllConnections();
  server.close();
});

describe('the schedule of attempts', () => {
  it('grows, varies by a fifth either way, and ends', () => {
    const delays = Array.from({ length: 10 }, (_, index) => retryDelayMs(index + 1, 0.5, null));
    expect(delays.at(-1)).toBeNull();
    expect(delays.slice(0, 3)).toEqual([5_000, 300_000, 1_800_000]);
    expect(retryDelayMs(2, 0, null)).toBe(240_000);
    expect(retryDelayMs(2, 1, null)).toBe(360_000);
  });

  it('waits as long as the receiver wishes, a day at most', () => {
    expect(retryDelayMs(1, 0.5, 60_000)).toBe(60_000);
    expect(retryDelayMs(1, 0.5, 1)).toBe(5_000);
    expect(retryDelayMs(1, 0.5, 1e12)).toBe(86_400_000);
  });
});

it('a secret is as long as the specification asks', () => {
  const bytes = Buffer.from(newSecret().replace('whsec_', ''), 'base64').length;
  expect(bytes).toBeGreaterThanOrEqual(24);
  expect(bytes).toBeLessThanOrEqual(64);
});
