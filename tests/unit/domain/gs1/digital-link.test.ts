import { describe, expect, it } from 'vitest';
import { isWebAddress, readDigitalLink } from '../../../../src/domain/gs1/digital-link';
import { codeOf, valueOf } from '../../../helpers/stall';

const KEY = '/01/04006381333931';

describe('Digital Links', () => {
  it.each([
    [`https://id.gs1.org${KEY}`, { '01': '04006381333931' }],
    [
      `HTTP://Example.com:8080/shop${KEY}/10/ABC%2F1/21/7?17=261231&utm=1&flag#top`,
      {
        '01': '04006381333931',
        '10': 'ABC/1',
        '21': '7',
        '17': '261231',
      },
    ],
    [`https://example.com${KEY}/22/2A/10/L`, { '01': '04006381333931', '22': '2A', '10': 'L' }],
    [`https://example.com${KEY}/235/T`, { '01': '04006381333931', '235': 'T' }],
    // A key in the stem is not the key.
    [`https://example.com/414/4006381333931${KEY}`, { '01': '04006381333931' }],
    [`https://example.com${KEY}?3103=001250&3922=0250`, { '01': '04006381333931', '3103': '001250', '3922': '0250' }],
  ])('%s is read', (text, elements) => {
    expect(isWebAddress(text)).toBe(true);
    const read = valueOf(readDigitalLink(text));
    expect(Object.fromEntries(read.elements)).toEqual(elements);
    expect(read.missing).toBeNull();
  });

  it.each([
    ['https://example.com/01/04006381333932', '(01) GTIN has a wrong check digit'],
    ['https://example.com/01/4006381333931', '(01) GTIN is too short'],
    [`https://example.com${KEY}/21/7/10/A`, 'in a wrong order'],
    [`https://example.com${KEY}/10/A/235/B`, 'in a wrong order'],
    [`https://example.com${KEY}?10=A`, '(10) BATCH/LOT does not belong into the query'],
    [`https://example.com${KEY}?8020=A`, '(8020) REF No. does not belong into the query'],
    [`https://example.com${KEY}?17=261231&17=261231`, 'has (17) twice'],
    [`https://example.com${KEY}?1234=5`, 'no GS1 element (1234)'],
    [`https://example.com${KEY}?17=`, '(17) USE BY or EXPIRY is empty'],
    [`https://example.com${KEY}?37=5`, 'may not stand on one label'],
    [`https://example.com${KEY}?99=A%00`, 'characters that it may not have'],
    [`https://example.com${KEY}?99=A+B`, 'characters that it may not have'],
    ['https://id.gs1.org/ARFKk4XB0CDKWcnpq', 'compressed Digital Link'],
    ['https://example.com/p/ARFKk4XB0CDKWcnpq', 'compressed Digital Link'],
  ])('%s is refused: %s', (text, reason) => {
    const read = readDigitalLink(text);
    expect(codeOf(read)).toBe('bad-elements');
    expect(read.ok || read.error.message).toContain(reason);
  });

  it.each([
    'https://example.com/',
    'https://example.com',
    'https://example.com/collections/all-the-jam',
    `https://example.com${KEY}/`,
    `https://example.com${KEY}/reviews`,
    `https://user@example.com${KEY}`,
    `https://example.com${KEY}?a=ü`,
    'https:///01/04006381333931',
  ])('%s is a web address and no more', (text) => {
    expect(codeOf(readDigitalLink(text))).toBe('no-link');
  });
});
