import { fail, ok, type Result } from './result';

/** A point on earth in degrees of WGS 84; north and east are positive. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Longer is nothing that a map says. */
const MOST_LETTERS = 80;
/** Degrees, and as a map may say it minutes and seconds: `51°30'19.8"`, `-0.091`. */
const ANGLE = `([+-]?\\d{1,3}(?:\\.\\d+)?)\\s*°?(?:\\s*(\\d{1,2}(?:\\.\\d+)?)\\s*')?(?:\\s*(\\d{1,2}(?:\\.\\d+)?)\\s*")?`;
/** Where to, in English or German. */
const WAY = '([NSEWO])';
const LETTERS_BEFORE = new RegExp(`^${WAY}\\s*${ANGLE}\\s+${WAY}\\s*${ANGLE}$`, 'i');
const LETTERS_AFTER = new RegExp(`^${ANGLE}\\s*${WAY}?\\s+${ANGLE}\\s*${WAY}?$`, 'i');

/**
 * Reads a point as people copy it from a map: `51.5055, -0.0910`, `51,5055 -0,0910`, `geo:51.5055,-0.0910` (RFC 5870) or
 * `51°30'19.8"N 0°05'27.6"W`. Latitude comes first unless letters say otherwise.
 */
export function parseCoordinates(text: string): Result<Coordinates, 'bad-coordinates'> {
  const plain = text
    .slice(0, MOST_LETTERS + 1)
    .replace(/^\s*geo:/i, '')
    .replace(/[?].*$/, '')
    .replace(/[′’]/g, "'")
    .replace(/[″”]|''/g, '"')
    .replace(/;/g, ' ');
  // A comma is a decimal sign where no point is one and a digit follows it at once.
  const spaced = (plain.includes('.') ? plain : plain.replace(/,(?=\d)/g, '.')).replace(/,/g, ' ').trim();
  const [first, second] = spaced.length > MOST_LETTERS ? [] : anglesOf(spaced);
  if (!first || !second) return fail('bad-coordinates', 'Copy a point from a map, like 51.5055, -0.0910.');
  const [latitude, longitude] =
    first.axis === 'longitude' || second.axis === 'latitude' ? [second, first] : [first, second];
  const isPoint =
    latitude.axis !== 'longitude' &&
    longitude.axis !== 'latitude' &&
    Math.abs(latitude.degrees) <= 90 &&
    Math.abs(longitude.degrees) <= 180;
  return isPoint
    ? ok({ latitude: latitude.degrees, longitude: longitude.degrees })
    : fail('bad-coordinates', 'That is no place on earth. Latitude comes first.');
}

/** `51.50550, -0.09100`: to a metre, as `parseCoordinates` reads it and every map takes it. */
export function formatCoordinates({ latitude, longitude }: Coordinates): string {
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
}

const EARTH_RADIUS_METRES = 6_371_009;

/** Great-circle distance by the haversine formula, on the IUGG mean radius. */
export function metresBetween(one: Coordinates, other: Coordinates): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const halfLatitude = Math.sin(radians(other.latitude - one.latitude) / 2);
  const halfLongitude = Math.sin(radians(other.longitude - one.longitude) / 2);
  const chord =
    halfLatitude ** 2 + Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude)) * halfLongitude ** 2;
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.min(1, Math.sqrt(chord)));
}

interface Angle {
  readonly degrees: number;
  /** Null where no letter says. */
  readonly axis: 'latitude' | 'longitude' | null;
}

function anglesOf(text: string): Angle[] {
  const before = LETTERS_BEFORE.exec(text);
  if (before) return [angle(before[1], before.slice(2, 5)), angle(before[5], before.slice(6, 9))];
  const after = LETTERS_AFTER.exec(text);
  return after ? [angle(after[4], after.slice(1, 4)), angle(after[8], after.slice(5, 8))] : [];
}

function angle(
  way: string | undefined,
  [whole = '', minutes = '0', seconds = '0']: readonly (string | undefined)[],
): Angle {
  const letter = way?.toUpperCase() ?? '';
  const size = Math.abs(Number(whole)) + Number(minutes) / 60 + Number(seconds) / 3_600;
  const isNegative = whole.startsWith('-') || letter === 'S' || letter === 'W';
  const axis = letter === '' ? null : letter === 'N' || letter === 'S' ? 'latitude' : 'longitude';
  return { degrees: isNegative ? -size : size, axis };
}
