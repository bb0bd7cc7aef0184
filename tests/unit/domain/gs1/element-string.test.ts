import { describe, expect, it } from 'vitest';
import { checkCharacterPair } from '../../../../src/domain/gs1/check-pair';
import { fullDate } from '../../../../src/domain/gs1/dates';
import { elementDefinitions } from '../../../../src/domain/gs1/dictionary';
import { readElementString, writeElementString } from '../../../../src/domain/gs1/element-string';
import { dateWarning, labelDates, labelPrice, weightGrams } from '../../../../src/domain/gs1/measures';
import { localDay } from '../../../../src/domain/local-day';
import { codeOf, valueOf } from '../../../helpers/stall';

const GS = '\u001d';
const GTIN = '0104006381333931';

const elementsOf = (text: string) => valueOf(readElementString(text)).elements;
const wrongOf = (text: string) => {
  const read = readElementString(text);
  return read.ok ? read.value.missing : read.error.message;
};

describe('element strings', () => {
  it('hold every AI of the dictionary once', () => {
    const ais = [...elementDefinitions()].map(({ ai }) => ai);
    expect(ais).toEqual([...new Set(ais)].sort());
    expect(ais).toHaveLength(541);
  });

  it('need no separator behind a predefined length, and bear one', () => {
    const elements = new Map([
      ['01', '04006381333931'],
      ['17', '261231'],
      ['10', 'ABC123'],
      ['21', '7'],
    ]);
    for (const text of [`${GTIN}1726123110ABC123${GS}217`, `${GS}${GTIN}${GS}17261231${GS}10ABC123${GS}217${GS}`]) {
      expect(elementsOf(text)).toEqual(elements);
    }
    expect(writeElementString(elements)).toBe(`${GTIN}1726123110ABC123${GS}217`);
  });

  it.each([
    ['', 'empty'],
    [GS, 'empty'],
    [`${GS}${GS}${GTIN}`, 'No GS1 element begins'],
    ['0504006381333931', 'No GS1 element begins'],
    [`${GTIN}${GS}${GS}10A`, 'No GS1 element begins'],
    ['0104006381333932', '(01) GTIN has a wrong check digit'],
    ['010400638133393', '(01) GTIN is too short'],
    [`01040063${GS}81333931`, '(01) GTIN is too short'],
    ['01', '(01) GTIN is empty'],
    [`${GTIN}10`, '(10) BATCH/LOT is empty'],
    [`${GTIN}10${'A'.repeat(21)}`, '(10) BATCH/LOT is too long'],
    [`${GTIN}10A B`, 'characters that it may not have'],
    [`${GTIN}10Ä`, 'characters that it may not have'],
    [`${GTIN}17261331`, '(17) USE BY or EXPIRY has no such month'],
    [`${GTIN}17260230`, '(17) USE BY or EXPIRY has no such day'],
    [`${GTIN}17270229`, 'no such day'],
    [`${GTIN}70032612001200`, '(7003) EXPIRY TIME has no such day'],
    [`${GTIN}70032612312400`, 'no such hour'],
    [`${GTIN}422007`, 'names no country'],
    [`${GTIN}42282610A`, 'is too long'],
    [`${GTIN}301${GS}3930007100`, 'names no currency'],
    ['8007GB98MIDL07009312345670', 'is no IBAN'],
    [`${GTIN}8011012`, 'begins with a zero'],
    ['8003104006381333931', 'does not begin with 0'],
    ['8006040063813339310302', 'is no piece of a whole'],
    ['81100', 'is no coupon'],
    ['8013987654Ad4X4bL5ttr2310cXK', 'has wrong check characters'],
    ['8004ABC', 'begins with no company prefix'],
  ])('%j is refused: %s', (text, reason) => {
    expect(codeOf(readElementString(text))).toBe('bad-elements');
    expect(wrongOf(text)).toContain(reason);
  });

  it.each([
    `${GTIN}17261200`,
    `${GTIN}17240229`,
    '80131987654Ad4X4bL5ttr2310c2K',
    '8110106141416543213150110120',
    '415400638133393180207',
  ])('%j is right', (text) => {
    expect(wrongOf(text)).toBeNull();
  });

  it('may repeat an element, but not contradict it', () => {
    expect(elementsOf(`${GTIN}10A${GS}10A`)).toHaveLength(2);
    expect(wrongOf(`${GTIN}10A${GS}10B`)).toContain('(10) BATCH/LOT is there twice and differs');
  });

  it.each([
    [`${GTIN}2554006381333931`, '(01) GTIN and (255) GCN may not stand on one label'],
    [`${GTIN}3712`, '(01) GTIN and (37) COUNT'],
    [`${GTIN}0204006381333931`, '(02) CONTENT and (01) GTIN'],
    [`${GTIN}31030012503102000125`, '(3103) NET WEIGHT (kg) and (3102)'],
    [`${GTIN}21A${GS}235B`, '(21) SERIAL and (235) TPX'],
    [`${GTIN}422826${GS}426826`, '(422) ORIGIN and (426)'],
  ])('%j is refused, for what excludes each other', (text, reason) => {
    expect(codeOf(readElementString(text))).toBe('bad-elements');
    expect(wrongOf(text)).toContain(reason);
  });

  it.each([
    ['0204006381333931', '(02) CONTENT needs (37) beside it.'],
    ['02040063813339313712', '(37) COUNT needs (00) beside it.'],
    ['3103001250', '(3103) NET WEIGHT (kg) needs (01) or (02) beside it.'],
    ['21A', '(21) SERIAL needs (01) or (03) or (8006) beside it.'],
    ['80207', '(8020) REF No. needs (415) beside it.'],
    [`${GTIN}39220250`, '(3922) PRICE needs (30) or (31nn) or (32nn) or (35nn) or (36nn) beside it.'],
    [`${GTIN}8040123456789012345`, '(8040) IMEI needs (01) with (21) beside it.'],
  ])('%j is read, and lacks its association', (text, missing) => {
    expect(codeOf(readElementString(text))).toBe('ok');
    expect(wrongOf(text)).toBe(missing);
  });

  it('sign single things', () => {
    expect(wrongOf(`2534006381333931${GS}8030ABC`)).toContain('needs the serial number in (253)');
    expect(wrongOf(`2534006381333931X${GS}8030ABC`)).toBeNull();
  });
});

// GS1 General Specifications 7.9.5, the worked example of a GMN, and others that were published.
describe('check character pairs', () => {
  it.each([
    ['1987654Ad4X4bL5ttr2310c', '2K'],
    ['12345678901234567890123', 'NT'],
    ['', '22'],
  ])('of %j are %s', (text, pair) => {
    expect(checkCharacterPair(text)).toBe(pair);
  });
});

describe('dates', () => {
  it.each([
    ['261231', 2026, '2026-12-31'],
    ['270200', 2026, '2027-02-28'],
    ['280200', 2026, '2028-02-29'],
    ['760630', 2026, '2076-06-30'],
    ['770630', 2026, '1977-06-30'],
    ['490100', 2099, '2149-01-31'],
    ['500101', 2099, '2050-01-01'],
  ])('%s read in %d is %s', (digits, year, date) => {
    expect(fullDate(digits, year)).toBe(date);
  });

  it('are those a seller must heed', () => {
    expect(labelDates(elementsOf(`${GTIN}15261200162612241727010110A`), 2026)).toEqual({
      expiresOn: '2027-01-01',
      sellBy: '2026-12-24',
      bestBefore: '2026-12-31',
    });
    expect(labelDates(elementsOf(`${GTIN}70032611221200`), 2026)).toEqual({
      expiresOn: '2026-11-22',
      sellBy: null,
      bestBefore: null,
    });
    expect(labelDates(elementsOf(GTIN), 2026)).toEqual({ expiresOn: null, sellBy: null, bestBefore: null });
  });
});

describe('a day on a label', () => {
  const TODAY = '2026-11-22';
  const none = { expiresOn: null, sellBy: null, bestBefore: null };

  it.each([
    [{ expiresOn: '2026-11-23' }, null],
    [{ expiresOn: '2026-11-22' }, { date: 'use-by', on: '2026-11-22', isPast: false }],
    [{ expiresOn: '2026-11-21' }, { date: 'use-by', on: '2026-11-21', isPast: true }],
    [{ sellBy: '2026-11-21' }, { date: 'sell-by', on: '2026-11-21', isPast: true }],
    [{ bestBefore: '2025-11-22' }, { date: 'best-before', on: '2025-11-22', isPast: true }],
    // What has passed is graver than what is today; the use-by date is graver than the others.
    [
      { expiresOn: '2026-11-22', bestBefore: '2026-11-20' },
      { date: 'best-before', on: '2026-11-20', isPast: true },
    ],
    [
      { expiresOn: '2026-11-21', sellBy: '2026-11-20', bestBefore: '2026-11-20' },
      { date: 'use-by', on: '2026-11-21', isPast: true },
    ],
  ])('%j says %j', (dates, warning) => {
    expect(dateWarning({ ...none, ...dates }, TODAY)).toEqual(warning);
  });

  it.each([
    ['2026-11-22T12:30:00.000Z', 'Pacific/Auckland', '2026-11-23'],
    ['2026-11-22T00:30:00.000Z', 'America/New_York', '2026-11-21'],
    ['2026-01-05T23:30:00.000Z', 'Europe/London', '2026-01-05'],
  ])('%s is in %s %s', (instant, timeZone, day) => {
    expect(localDay(new Date(instant), timeZone)).toBe(day);
  });
});

describe('measures', () => {
  it.each([
    ['3103001250', 1250],
    ['3100000002', 2000],
    ['3105001250', 12.5],
    ['3104012345', 1234.5],
    ['3201000100', 4536],
    ['302', null],
    ['3303001250', null],
  ])('of %s are %s g', (element, grams) => {
    expect(weightGrams(elementsOf(GTIN + element))).toBe(grams);
  });

  it.each([
    ['GBP', '39220250', { currency: 'GBP', amountMinor: 250 }],
    ['GBP', '39210250', { currency: 'GBP', amountMinor: 2500 }],
    ['GBP', '39230250', { currency: 'GBP', amountMinor: 25 }],
    ['GBP', '39230255', { currency: 'GBP', amountMinor: null }],
    ['JPY', '39200250', { currency: 'JPY', amountMinor: 250 }],
    ['KWD', '39220250', { currency: 'KWD', amountMinor: 2500 }],
    ['GBP', `3920${'9'.repeat(15)}`, { currency: 'GBP', amountMinor: null }],
    ['GBP', '39329780250', { currency: 'EUR', amountMinor: 250 }],
    ['GBP', '39304140250', { currency: 'KWD', amountMinor: 250_000 }],
    ['GBP', '3103001250', null],
  ])('in a stall of %s: %s is %j', (currency, element, price) => {
    expect(labelPrice(elementsOf(`${GTIN}3103001250${GS}${element}`), currency)).toEqual(price);
  });
});
