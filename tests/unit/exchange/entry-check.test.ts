import { expect, test } from 'vitest';
import { examineEntries, findingsAfter } from '../../../src/exchange/entry-check';
import { ZERO_HASH } from '../../../src/journal/entry';
import { ExchangeDevice } from '../../helpers/exchange-device';

const NOW_MS = Date.parse('2026-06-13T09:00:00.000Z');
const AHEAD = '2026-07-13T09:00:00.000Z';

/** A device whose clock was a month ahead for two entries, and was then set right: its instants stand still. */
function setRight(): ExchangeDevice {
  const device = new ExchangeDevice();
  const write = (at: string): void =>
    void device.append('staff.signed-on', { staffId: 'ada' }, { at: `${at}-${device.deviceId}` });
  device.entries.length = 0;
  write('2026-06-13T08:59:00.000Z-0000');
  write(`${AHEAD}-0000`);
  write('2026-07-13T09:00:05.000Z-0000');
  write('2026-07-13T09:00:05.000Z-0001');
  write('2026-07-13T09:00:05.000Z-ffff');
  write('2026-07-13T09:00:05.001Z-0000');
  return device;
}

test('holds against a clock that was ahead what moved it, and nothing after it was set right', () => {
  const { entries } = setRight();
  const found = examineEntries(entries, ZERO_HASH, NOW_MS);
  expect(found.map(({ seq, cause }) => [seq, cause])).toEqual([
    [2, 'future-clock'],
    [3, 'future-clock'],
  ]);
});

test('knows the mark of a clock from the entry before a batch, and takes it for one without', () => {
  const { entries } = setRight();
  const [, , before, ...later] = entries;
  expect(examineEntries(later, before?.hash ?? '', NOW_MS, before?.at)).toEqual([]);
  expect(examineEntries(later, before?.hash ?? '', NOW_MS).map(({ seq }) => seq)).toEqual([4]);
  // Damaged, and kept all the same.
  expect(examineEntries(later, before?.hash ?? '', NOW_MS, 'no instant').map(({ seq }) => seq)).toEqual([4]);
});

test('what was found of a batch is looked at again once its mark is known, and nothing else is', () => {
  const { entries, deviceId: device } = setRight();
  const [, , before, ...later] = entries;
  const last = later.at(-1);
  if (!before || !last) throw new Error('too few');
  const broken = { ...last, body: '{"staffId":"eve"}' };
  const batch = [...later.slice(0, -1), broken];
  const looked = {
    entries: batch,
    head: { device, seq: last.seq, hash: last.hash, signature: '' },
    findings: examineEntries(batch, before.hash, NOW_MS),
    nowMs: NOW_MS,
  };
  const seqs = (prevAt: string | null) => findingsAfter(looked, prevAt).map(({ seq, cause }) => [seq, cause]);
  expect(seqs(null)).toEqual([
    [4, 'future-clock'],
    [6, 'wrong-hash'],
  ]);
  expect(seqs(before.at)).toEqual([[6, 'wrong-hash']]);
  // A device that had not moved its clock yet.
  expect(seqs(entries[0]?.at ?? '')).toEqual(seqs(null));
});

test('holds against an order that it says itself it was placed in a day to come', () => {
  const device = new ExchangeDevice();
  const { order } = device.sell();
  const mark = `${AHEAD}-0001-${device.deviceId}`;
  const placed = device.append('order.placed', { order: { ...order, placedAt: AHEAD } }, { at: mark });
  const before = `${AHEAD}-0000-${device.deviceId}`;
  const found = examineEntries([placed], placed.prev, NOW_MS, before);
  expect(found).toEqual([
    { seq: 3, cause: 'future-clock', detail: `it was written at ${AHEAD}, more than a day from now` },
  ]);
  const right = device.append(
    'order.placed',
    { order: { ...order, placedAt: '2026-06-13T08:59:30.000Z' } },
    { at: mark },
  );
  expect(examineEntries([right], right.prev, NOW_MS, before)).toEqual([]);
});
