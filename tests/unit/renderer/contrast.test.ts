import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../../../src/renderer/lib/design/tokens.css', import.meta.url), 'utf8');

/** The colours a theme's block sets, by name. */
function themeOf(name: string): ReadonlyMap<string, string> {
  const block = new RegExp(`\\[data-theme=['"]?${name}['"]?\\]\\s*\\{([^}]*)\\}`).exec(css)?.[1];
  if (block === undefined) throw new Error(`tokens.css has no theme ${name}`);
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/gi)].map(([, token = '', hex = '']) => [token, hex]));
}

/** Relative luminance as in WCAG 2.2. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** What is read on the sale path, on what it stands: AAA. */
const TEXT = [
  ['ink', ['canvas', 'paper', 'paper-2', 'hand-tint']],
  ['ink-2', ['canvas', 'paper', 'paper-2']],
  ['on-ink', ['ink']],
  ['on-go', ['go']],
  ['go-text', ['paper', 'paper-2', 'go-tint']],
  ['on-drop', ['drop']],
  ['drop-text', ['paper', 'paper-2', 'drop-tint']],
  ['queue-text', ['paper', 'queue-tint']],
  ['on-hand', ['hand']],
  ['on-stop', ['stop']],
  ['stop-text', ['paper', 'stop-tint']],
  ['on-ticket', ['ticket']],
] as const;
/** Edges of controls and the ring of the focus: WCAG 1.4.11. */
const EDGES = [
  ['edge', ['paper', 'canvas']],
  ['focus', ['paper', 'canvas', 'paper-2']],
] as const;

describe.each(['daylight', 'evening'])('the %s theme', (name) => {
  const theme = themeOf(name);
  const ratio = (front: string, back: string): number => {
    const [one, other] = [theme.get(front), theme.get(back)];
    if (!one || !other) throw new Error(`${name} lacks ${front} or ${back}`);
    return contrast(one, other);
  };

  it.each(TEXT.flatMap(([front, backs]) => backs.map((back) => [front, back] as const)))(
    'reads %s on %s at 7 to 1',
    (front, back) => {
      expect(ratio(front, back)).toBeGreaterThanOrEqual(7);
    },
  );

  it.each(EDGES.flatMap(([front, backs]) => backs.map((back) => [front, back] as const)))(
    'shows %s against %s at 3 to 1',
    (front, back) => {
      expect(ratio(front, back)).toBeGreaterThanOrEqual(3);
    },
  );
});

it('measures contrast as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.478, 2);
});
