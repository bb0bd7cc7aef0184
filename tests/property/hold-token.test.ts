import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  holdIdFrom,
  holdToken,
  readHoldToken,
  readShortHoldCode,
  shortHoldCode,
  signedText,
  ticketBytes,
  type HoldTicket,
} from '../../src/domain/hold-token';
import { readOwnCode, tokenCode } from '../../src/domain/own-code';
import { MAX_MINOR } from '../../src/domain/money';
import { isSignedBy, newKeyPair } from '../../src/journal/identity';
import { createPrivateKey, sign } from 'node:crypto';

const instant = fc.integer({ min: 0, max: 2 ** 32 - 1 - 86_400 });
const id = fc.oneof(fc.uuid(), fc.stringMatching(/^[ -~]{1,64}$/));
const ticket: fc.Arbitrary<HoldTicket> = fc
  .record({
    bytes: fc.uint8Array({ minLength: 10, maxLength: 10 }),
    deviceId: id,
    variantId: id,
    quantity: fc.integer({ min: 1, max: 255 }),
    unitPriceMinor: fc.integer({ min: 0, max: MAX_MINOR }),
    placed: instant,
    lasts: fc.integer({ min: 0, max: 86_400 }),
  })
  .map(({ bytes, placed, lasts, ...rest }) => ({
    ...rest,
    holdId: holdIdFrom(bytes),
    placedAt: new Date(placed * 1_000).toISOString(),
    expiresAt: new Date((placed + lasts) * 1_000).toISOString(),
  }));

const keys = newKeyPair();
const privateKey = createPrivateKey({ key: Buffer.from(keys.privateKey, 'base64'), format: 'der', type: 'pkcs8' });
const tokenOf = (one: HoldTicket): string => {
  const signed = ticketBytes(one);
  return holdToken(signed, sign(null, Buffer.from(signedText(signed)), privateKey));
};
const isGenuine = (token: string): boolean => {
  const read = readHoldToken(token);
  return (
    read !== null && isSignedBy(signedText(read.signed), Buffer.from(read.signature).toString('base64'), keys.publicKey)
  );
};

describe('the token of a hold', () => {
  it('says what was held, through its code as a scanner delivers it', () => {
    fc.assert(
      fc.property(ticket, (one) => {
        const own = readOwnCode(tokenCode('hold', tokenOf(one)));
        const token = own?.kind === 'hold' ? own.token : '';
        expect(readHoldToken(token)?.ticket).toEqual(one);
        expect(isGenuine(token)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('of which one letter is another, is missing or is doubled was signed by nobody', () => {
    fc.assert(
      fc.property(ticket, fc.nat(), fc.constantFrom(...'0127ABKXYZ', '', '00'), (one, at, letter) => {
        const token = tokenOf(one);
        const index = at % token.length;
        fc.pre(token[index] !== letter);
        expect(isGenuine(token.slice(0, index) + letter + token.slice(index + 1))).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('is never read out of what is none', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Z-]{0,260}$/), (text) => {
        expect(isGenuine(text)).toBe(false);
      }),
    );
  });

  it('fits a QR code of 45 by 45 modules, whose alphanumeric mode takes 224 characters', () => {
    fc.assert(
      fc.property(ticket, fc.uuid(), fc.uuid(), (one, deviceId, variantId) => {
        expect(tokenCode('hold', tokenOf({ ...one, deviceId, variantId })).length).toBeLessThanOrEqual(224);
      }),
      { numRuns: 20 },
    );
  });
});

describe('the short code of a hold', () => {
  it('is known however it is typed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), (bytes) => {
        const code = shortHoldCode(holdIdFrom(bytes));
        const typed = code.replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l').toLowerCase();
        expect(readShortHoldCode(typed)).toBe(code);
        expect(readShortHoldCode(code)).toBe(code);
      }),
    );
    expect(readShortHoldCode('K7M-2Q')).toBeNull();
    expect(readShortHoldCode('K7M-2QU')).toBeNull();
    expect(readShortHoldCode('loaf of bread')).toBeNull();
  });
});
