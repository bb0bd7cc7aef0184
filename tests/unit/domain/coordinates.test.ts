import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatCoordinates, metresBetween, parseCoordinates } from '../../../src/domain/coordinates';

/** Borough Market, London. */
const BOROUGH = { latitude: 51.5055, longitude: -0.091 };

test.each([
  '51.5055, -0.0910',
  '51.5055 -0.0910',
  '51.5055,-0.0910',
  ' 51,5055; -0,0910 ',
  '51,5055, -0,0910',
  'geo:51.5055,-0.0910?z=17',
  '51°30\'19.8"N 0°05\'27.6"W',
  '51° 30′ 19.8″ N, 0° 05′ 27.6″ W',
  'N 51.5055 W 0.0910',
  '0.0910W 51.5055N',
])('reads %s as Borough Market', (text) => {
  const point = parseCoordinates(text);
  if (!point.ok) throw new Error(point.error.message);
  expect(metresBetween(point.value, BOROUGH)).toBeLessThan(1);
});

test.each(['', 'Borough Market', '51.5055', '91, 0', '0, 181', '51.5 N 0.1 N', '51.5, 0.1, 3', '9'.repeat(99)])(
  'takes %s for no point',
  (text) => expect(parseCoordinates(text).ok).toBe(false),
);

test('reads back to a metre what it writes', () => {
  const degrees = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
  fc.assert(
    fc.property(degrees(90), degrees(180), (latitude, longitude) => {
      const point = parseCoordinates(formatCoordinates({ latitude, longitude }));
      if (!point.ok) throw new Error(point.error.message);
      expect(metresBetween(point.value, { latitude, longitude })).toBeLessThan(1.2);
    }),
  );
});

test('measures as maps do', () => {
  // London to Paris, 344 km (great circle between the cities' coordinates as Wikipedia has them).
  const metres = metresBetween({ latitude: 51.5074, longitude: -0.1278 }, { latitude: 48.8566, longitude: 2.3522 });
  expect(metres / 1_000).toBeCloseTo(343.6, 0);
  expect(metresBetween(BOROUGH, BOROUGH)).toBe(0);
});
