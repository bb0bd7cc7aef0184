import { describe, expect, it } from 'vitest';
import { createFormat } from '../../../src/shared/format';

const london = createFormat({ currency: 'GBP', locale: 'en-GB', timeZone: 'Europe/London' });
const berlin = createFormat({ currency: 'EUR', locale: 'de-DE', timeZone: 'Europe/Berlin' });
const tokyo = createFormat({ currency: 'JPY', locale: 'ja-JP', timeZone: 'Asia/Tokyo' });

describe('a ticket', () => {
  it('raises the pence and leaves them out of a round price', () => {
    expect(london.ticket(450)).toEqual({ symbol: '£', symbolFirst: true, whole: '4', fraction: '50' });
    expect(london.ticket(1405)).toMatchObject({ whole: '14', fraction: '05' });
    expect(london.ticket(1800)).toMatchObject({ whole: '18', fraction: '' });
    expect(london.ticket(5)).toMatchObject({ whole: '0', fraction: '05' });
  });

  it('groups thousands, and puts the sign where the locale does', () => {
    expect(london.ticket(1_234_500)).toMatchObject({ whole: '12,345', fraction: '' });
    expect(berlin.ticket(1250)).toEqual({ symbol: '€', symbolFirst: false, whole: '12', fraction: '50' });
  });

  it('knows currencies without a smaller unit', () => {
    expect(tokyo.ticket(480)).toMatchObject({ whole: '480', fraction: '' });
  });
});

describe('keys, coins and weights', () => {
  it('writes round amounts without pence and others in full', () => {
    expect(london.short(4000)).toBe('£40');
    expect(london.short(3542)).toBe('£35.42');
    expect(london.short(1_234_500)).toBe('£12,345');
  });

  it('stamps coins as they are stamped', () => {
    expect(london.coin(200)).toBe('£2');
    expect(london.coin(50)).toBe('50p');
    expect(berlin.coin(20)).toBe('20c');
    expect(tokyo.coin(500)).toBe('￥500');
  });

  it('never rounds a weight that is charged', () => {
    expect(london.weight(312)).toBe('0.312 kg');
    expect(london.roughWeight(2400)).toBe('2.4 kg');
    expect(berlin.weight(1250)).toBe('1,250 kg');
  });

  it('writes basis points as percent', () => {
    expect(london.percent(1000)).toBe('10%');
    expect(london.percent(1250)).toBe('12.5%');
  });
});

it('shows instants in the zone of the stall, whatever the machine believes', () => {
  expect(london.time('2026-06-13T10:31:00.000Z')).toBe('11:31');
  expect(tokyo.time('2026-06-13T10:31:00.000Z')).toBe('19:31');
  expect(london.day('2026-06-13T23:30:00.000Z')).toBe('Sun 14 June');
});
