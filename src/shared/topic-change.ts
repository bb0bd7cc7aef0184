import type { PricedLine } from '../domain/cart';
import type { LinesChange, SaleState, Topic, TopicChange, TopicState } from './contract';

/**
 * What an event says of a topic: the whole new state, but of a docket's lines only those that changed, so that a scan
 * costs the same on the first line and on the two hundredth.
 * @param before what was sent last; undefined before the first event
 */
export function changeBetween<T extends Topic>(
  topic: T,
  before: TopicState<T> | undefined,
  after: TopicState<T>,
): TopicChange<T>;
export function changeBetween(topic: Topic, before: unknown, after: unknown): unknown {
  if (topic !== 'sale') return after;
  const { cart, ...rest } = after as SaleState;
  const lines = changeOfLines((before as SaleState | undefined)?.cart.lines ?? [], cart.lines);
  return { ...rest, cart: { ...cart, lines } };
}

/** The state after an event. Lines that did not change stay the objects they were. */
export function applyChange<T extends Topic>(topic: T, before: TopicState<T>, change: TopicChange<T>): TopicState<T>;
export function applyChange(topic: Topic, before: unknown, change: unknown): unknown {
  if (topic !== 'sale') return change;
  const { cart, ...rest } = change as TopicChange<'sale'>;
  const { from, gone, put } = cart.lines;
  return { ...rest, cart: { ...cart, lines: (before as SaleState).cart.lines.toSpliced(from, gone, ...put) } };
}

function changeOfLines(before: readonly PricedLine[], after: readonly PricedLine[]): LinesChange {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && isSame(before[from], after[from])) from += 1;
  let alike = 0;
  while (alike < shorter - from && isSame(before.at(-1 - alike), after.at(-1 - alike))) alike += 1;
  return { from, gone: before.length - alike - from, put: after.slice(from, after.length - alike) };
}

function isSame(a: PricedLine | undefined, b: PricedLine | undefined): boolean {
  if (a === undefined || b === undefined || a.lineId !== b.lineId) return false;
  return (Object.keys(b) as (keyof PricedLine)[]).every((key) =>
    key === 'discount' ? JSON.stringify(a.discount) === JSON.stringify(b.discount) : a[key] === b[key],
  );
}
