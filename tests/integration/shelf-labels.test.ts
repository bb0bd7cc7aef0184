import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import type { CallInput, TypedRule } from '../../src/shared/contract';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';
import { typedRule } from '../helpers/price-rules';

const LOAF = '5012345010779';
const folder = temporaryFolder();
let running: RunningKiosk;
let till: TestClient;

const halfPrice = (what: TypedRule['what']): TypedRule =>
  typedRule({ what, effect: { kind: 'percent-off', basisPoints: 5_000 } });

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

  const { ruleId } = await till.call('prices.put-rule', halfPrice({ kind: 'everything' }));
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

test('sheets of labels come as a PDF file in parts, and those that a flip made wrong are known by it too', async () => {
  const sheet = (which: CallInput<'label.sheet'>['which']) =>
    till.call('label.sheet', { sheet: 'L7651', startAt: 60, which, code: 'bars' });
  const variantId = (await till.call('catalogue.lookup', { code: LOAF }))?.variantId ?? '';
  const made = await sheet({ kind: 'goods', category: null });
  expect(made.labelCount).toBeGreaterThan(6);
  expect(made.pageCount).toBe(1 + Math.ceil((made.labelCount - 6) / 65));
  const parts: Buffer[] = [];
  for (let more = true; more;) {
    const offset = parts.reduce((sum, { length }) => sum + length, 0);
    const part = await till.call('label.sheet-part', { sheetId: made.sheetId, offset });
    parts.push(Buffer.from(part.base64, 'base64'));
    ({ more } = part);
  }
  const file = Buffer.concat(parts);
  expect(file).toHaveLength(made.byteCount);
  const words = execFileSync('pdftotext', ['-', '-'], { input: file, encoding: 'utf8' });
  const { labels } = await till.call('label.list', {});
  expect(labels).toHaveLength(made.labelCount);
  expect(words).toContain(LOAF);

  expect(await till.failure('label.sheet', { sheet: 'L7651', startAt: 1, which: { kind: 'old' }, code: 'bars' })).toBe(
    'no-labels',
  );
  await till.call('prices.put-rule', halfPrice({ kind: 'variants', variantIds: [variantId] }));
  expect(await sheet({ kind: 'old' })).toMatchObject({ labelCount: 1, pageCount: 1 });
  expect(await till.failure('label.sheet-part', { sheetId: made.sheetId, offset: 0 })).toBe('unknown-sheet');
  const many = Array.from({ length: 101 }, () => ({ variantId, copies: 50 }));
  expect(
    await till.failure('label.sheet', {
      sheet: 'L7160',
      startAt: 1,
      which: { kind: 'chosen', labels: many },
      code: 'qr',
    }),
  ).toBe('too-many-labels');
});
