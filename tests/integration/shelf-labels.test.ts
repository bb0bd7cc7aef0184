import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';

const LOAF = '5012345010779';
const folder = temporaryFolder();
let running: RunningKiosk;
let till: TestClient;

beforeAll(async () => {
  ({ running, till } = await startTestTill({ dataDir: folder.path }));
  await readyToSell(till);
});
afterAll(async () => {
  till.close();
  await running.close();
  folder.remove();
});

test('labels print with their price and code, and those a flip made wrong are known until they are printed again', async () => {
  const found = await till.call('catalogue.lookup', { code: LOAF });
  const variantId = found?.variantId ?? '';
  const priceMinor = found?.item.variants.find((one) => one.variantId === variantId)?.priceMinor ?? 0;
  const labels = [{ variantId, copies: 2 }];
  const { jobId } = await till.call('label.print', { labels, code: 'bars' });
  await expect.poll(async () => (await till.call('job.get', { jobId })).state).toBe('acknowledged');
  const hanging = async () => (await till.call('label.list', {})).labels;
  expect(await hanging()).toMatchObject([{ variantId, saysMinor: priceMinor, nowMinor: priceMinor }]);

  const { ruleId } = await till.call('prices.put-rule', {
    ruleId: null,
    name: 'Half',
    isOn: true,
    what: { kind: 'everything' },
    effect: { kind: 'percent-off', basisPoints: 5_000 },
    when: { from: null, until: null, weekly: [] },
    where: { kind: 'anywhere' },
    audience: 'everyone',
    stock: null,
    priority: 100,
    stacking: 'alone',
    capBasisPoints: null,
    graceMs: null,
  });
  const nowMinor = Math.round(priceMinor / 2);
  expect(await hanging()).toMatchObject([{ saysMinor: priceMinor, nowMinor }]);
  await till.call('label.print', { labels, code: 'none' });
  expect(await hanging()).toMatchObject([{ saysMinor: nowMinor, nowMinor }]);
  await till.call('prices.remove-rule', { ruleId });
  await till.call('label.take-down', { variantIds: [variantId] });
  expect(await hanging()).toEqual([]);
  expect(await till.failure('label.print', { labels: [{ variantId: 'gone', copies: 1 }], code: 'bars' })).toBe(
    'unknown-item',
  );
});
