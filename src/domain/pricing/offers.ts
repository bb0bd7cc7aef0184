import type { Pricing, Quantity } from '../catalogue';
import { allocate, divideRounded, portion, type Minor } from '../money';
import { isAbout, rulesAbout, takenOff, type PriceBook, type RuleOn } from './book';
import { cappedAt } from './policy';
import { meetsConditions, NO_CAPS, type PriceSubject, type RulesLeft } from './price';
import type { Audience, BundlePart, OfferEffect, PriceRule, Tier } from './rule';
import type { LineOffer } from './trace';

/** A cart line that offers may count. Labelled and typed amounts stand as they are, so they are none. */
export interface OfferLine {
  readonly lineId: string;
  readonly subject: PriceSubject;
  readonly pricing: Pricing;
  readonly quantity: Quantity;
  /** As shown. */
  readonly unitPriceMinor: Minor;
  /** No offer goes below it; null when the cost is not known. */
  readonly floorMinor: Minor | null;
  /** A rule has already changed its price. */
  readonly isReduced: boolean;
}

export interface Offers {
  /** By line id; lines without an offer are missing. */
  readonly byLine: ReadonlyMap<string, readonly LineOffer[]>;
  /** How many rules were looked at: all of them about goods of this cart. */
  readonly looked: number;
}

/** Ways one bundle is put together from a cart; each uses up at least one line or the rule's limit. */
const MOST_FITS = 200;

/**
 * What offers for several pieces take off a cart. They are tried by priority and then rule id; each piece serves one offer.
 * A bundle takes the dearest pieces first. An offer that stands alone leaves out goods whose price a rule has changed.
 * @param had rules, as `id@version`, whose offers the cart already had: those that ended stay through their grace
 */
export function offersOf(
  book: PriceBook,
  lines: readonly OfferLine[],
  {
    audience,
    had,
    left = NO_CAPS,
  }: { readonly audience: Audience; readonly had: ReadonlySet<string>; readonly left?: RulesLeft },
): Offers {
  const found = new Map<number, RuleOn<OfferEffect>>();
  for (const { subject } of lines) {
    for (const on of rulesAbout(book.offers, subject)) found.set(on.rank, on);
  }
  const byLine = new Map<string, LineOffer[]>();
  if (found.size === 0) return { byLine, looked: 0 };
  const open = lines.map((line): OpenLine => ({ ...line, free: line.quantity }));
  for (const on of [...found.values()].sort((a, b) => a.rank - b.rank)) {
    const { rule, effect } = on;
    if (on.lingers && !had.has(versionedId(rule))) continue;
    const usable = open.filter((line) => line.free > 0 && !(rule.stacking === 'alone' && line.isReduced));
    const uses =
      effect.kind === 'tiers'
        ? tierUses(on, effect, usable, { book, audience, left })
        : bundleUses(on, effect, usable, { book, audience, left });
    for (const { line, quantity, amountMinor, stoppedAtFloor } of uses) {
      line.free -= quantity;
      const offers = byLine.get(line.lineId);
      const offer = lineOffer(rule, quantity, amountMinor, stoppedAtFloor);
      if (offers === undefined) byLine.set(line.lineId, [offer]);
      else offers.push(offer);
    }
  }
  return { byLine, looked: found.size };
}

/** A rule as carts remember it: another version is another promise. */
export function versionedId({ ruleId, version }: Pick<PriceRule, 'ruleId' | 'version'>): string {
  return `${ruleId}@${version}`;
}

interface OpenLine extends OfferLine {
  /** What no offer has used yet. */
  free: Quantity;
}

interface Use {
  readonly line: OpenLine;
  readonly quantity: Quantity;
  readonly amountMinor: Minor;
  readonly stoppedAtFloor: boolean;
}

interface OfferWorld {
  readonly book: PriceBook;
  readonly audience: Audience;
  readonly left: RulesLeft;
}

function tierUses(
  on: RuleOn<OfferEffect>,
  effect: OfferEffect & { readonly kind: 'tiers' },
  usable: readonly OpenLine[],
  { book, audience }: OfferWorld,
): Use[] {
  const { rule } = on;
  const about = usable.filter(
    (line) =>
      line.pricing === effect.unit && isAbout(rule.what, line.subject) && meetsConditions(on, line.subject, audience),
  );
  const groups = new Map<string, OpenLine[]>();
  for (const line of about) {
    const key = effect.across === 'rule' ? '' : line.subject.variantId;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [line]);
    else group.push(line);
  }
  return [...groups.values()].flatMap((group) => {
    const quantity = group.reduce((sum, { free }) => sum + free, 0);
    const tier = effect.tiers.findLast(({ fromQuantity }) => quantity >= fromQuantity);
    if (tier === undefined) return [];
    const uses = group.map((line) => tierUse(line, tier, lowestOf(line, rule, book)));
    return uses.filter(({ amountMinor, stoppedAtFloor }) => amountMinor > 0 || stoppedAtFloor);
  });
}

function tierUse(line: OpenLine, { charge }: Tier, lowestMinor: Minor | null): Use {
  const { unitPriceMinor, free } = line;
  const beforeMinor = amountAt(line, unitPriceMinor, free);
  const perUnitMinor =
    charge.kind === 'percent-off' ? null : unitPriceMinor - takenOff(charge, unitPriceMinor, () => 0);
  const wantedMinor =
    perUnitMinor === null
      ? portion(beforeMinor, charge.kind === 'percent-off' ? charge.basisPoints : 0)
      : beforeMinor - amountAt(line, perUnitMinor, free);
  const roomMinor = roomOf(line, free, lowestMinor);
  return {
    line,
    quantity: free,
    amountMinor: Math.min(wantedMinor, roomMinor),
    stoppedAtFloor: wantedMinor > roomMinor,
  };
}

function bundleUses(
  on: RuleOn<OfferEffect>,
  effect: OfferEffect & { readonly kind: 'bundle' },
  usable: readonly OpenLine[],
  { book, audience, left: rulesLeft }: OfferWorld,
): Use[] {
  const { rule } = on;
  const pieces = usable.filter(
    (line) =>
      line.pricing === 'each' &&
      meetsConditions({ ...on, rule: { ...rule, what: { kind: 'everything' } } }, line.subject, audience),
  );
  const dearestFirst = pieces
    .map((line, place) => ({ line, place }))
    .sort((a, b) => b.line.unitPriceMinor - a.line.unitPriceMinor || a.place - b.place)
    .map(({ line }) => line);
  const left = new Map(dearestFirst.map((line) => [line, line.free]));
  const uses = new Map<OpenLine, Use>();
  let bundles = Math.min(effect.mostPerCart ?? Infinity, rulesLeft.get(rule.ruleId) ?? Infinity);
  for (let fit = 0; fit < MOST_FITS && bundles > 0; fit += 1) {
    const taken = fitOnce(effect.parts, dearestFirst, left);
    if (taken === null) break;
    const times = Math.min(
      bundles,
      ...[...taken].map(([line, quantity]) => Math.floor((left.get(line) ?? 0) / quantity)),
    );
    const used = [...taken].map(([line, quantity]) => ({ line, quantity: quantity * times }));
    const fullMinor = [...taken].reduce(
      (sum, [line, quantity]) => sum + amountAt(line, line.unitPriceMinor, quantity),
      0,
    );
    const wantedMinor = takenOff(effect.at, fullMinor, (basisPoints) => portion(fullMinor, basisPoints)) * times;
    // The pieces are worth less than the bundle already, and those left are cheaper still.
    if (wantedMinor === 0) break;
    for (const use of share(wantedMinor, used, (line) => lowestOf(line, rule, book))) {
      const before = uses.get(use.line);
      uses.set(use.line, {
        line: use.line,
        quantity: use.quantity + (before?.quantity ?? 0),
        amountMinor: use.amountMinor + (before?.amountMinor ?? 0),
        stoppedAtFloor: use.stoppedAtFloor || (before?.stoppedAtFloor ?? false),
      });
    }
    for (const { line, quantity } of used) left.set(line, (left.get(line) ?? 0) - quantity);
    bundles -= times;
  }
  return [...uses.values()];
}

/**
 * Puts one bundle together: a bipartite matching of its pieces to lines by augmenting paths (Kuhn), so that goods which fit
 * several parts never keep a bundle from being found.
 * @returns how many pieces of which line, or null when it does not fit
 */
function fitOnce(
  parts: readonly BundlePart[],
  lines: readonly OpenLine[],
  left: ReadonlyMap<OpenLine, Quantity>,
): Map<OpenLine, number> | null {
  const slots = parts.flatMap(({ what, quantity }) => {
    const fitting = lines.filter((line) => (left.get(line) ?? 0) > 0 && isAbout(what, line.subject));
    return Array.from({ length: quantity }, () => fitting);
  });
  const holders = new Map<OpenLine, number[]>();
  const seat = (slot: number, seen: Set<OpenLine>): boolean => {
    for (const line of slots[slot] ?? []) {
      if (seen.has(line)) continue;
      seen.add(line);
      const held = holders.get(line) ?? [];
      if (held.length < (left.get(line) ?? 0)) {
        holders.set(line, [...held, slot]);
        return true;
      }
      const mover = held.find((other) => seat(other, seen));
      if (mover !== undefined) {
        holders.set(line, [...(holders.get(line) ?? []).filter((other) => other !== mover), slot]);
        return true;
      }
    }
    return false;
  };
  for (const slot of slots.keys()) {
    if (!seat(slot, new Set())) return null;
  }
  return new Map([...holders].filter(([, held]) => held.length > 0).map(([line, held]) => [line, held.length]));
}

/** Shares an amount over lines by what they come to, none below its floor; what one cannot bear the others do if they can. */
function share(
  wantedMinor: Minor,
  used: readonly { readonly line: OpenLine; readonly quantity: Quantity }[],
  lowest: (line: OpenLine) => Minor | null,
): Use[] {
  const rooms = used.map(({ line, quantity }) => roomOf(line, quantity, lowest(line)));
  const shares = allocate(
    wantedMinor,
    used.map(({ line, quantity }) => amountAt(line, line.unitPriceMinor, quantity)),
  );
  const borne = shares.map((part, index) => Math.min(part, rooms[index] ?? 0));
  let openMinor = wantedMinor - borne.reduce((sum, part) => sum + part, 0);
  const stopped = borne.map((part, index) => part < (shares[index] ?? 0));
  for (const [index, part] of borne.entries()) {
    const more = Math.min(openMinor, (rooms[index] ?? 0) - part);
    borne[index] = part + more;
    openMinor -= more;
  }
  return used.map(({ line, quantity }, index) => ({
    line,
    quantity,
    amountMinor: borne[index] ?? 0,
    stoppedAtFloor: stopped[index] ?? false,
  }));
}

/** What may come off so much of a line at most. */
function roomOf(line: OpenLine, quantity: Quantity, lowestMinor: Minor | null): Minor {
  const amountMinor = amountAt(line, line.unitPriceMinor, quantity);
  if (lowestMinor === null) return amountMinor;
  return Math.max(0, amountMinor - amountAt(line, lowestMinor, quantity));
}

/** The price per piece or kilogram that this rule may not go below. */
function lowestOf(
  { floorMinor, subject }: OpenLine,
  { capBasisPoints }: PriceRule,
  { policy }: PriceBook,
): Minor | null {
  const caps = [capBasisPoints, policy.mostOffBasisPoints].filter((cap) => cap !== null);
  const limits = caps.map((cap) => cappedAt(subject.start.base.priceMinor, cap));
  if (floorMinor !== null) limits.push(floorMinor);
  return limits.length === 0 ? null : Math.max(...limits);
}

/** A weighed line is rounded as the cart rounds it. */
function amountAt({ pricing }: OpenLine, unitPriceMinor: Minor, quantity: Quantity): Minor {
  return pricing === 'kg' ? divideRounded(unitPriceMinor * quantity, 1_000) : unitPriceMinor * quantity;
}

function lineOffer(
  { ruleId, version, name, origin, originId }: PriceRule,
  quantity: Quantity,
  amountMinor: Minor,
  stoppedAtFloor: boolean,
): LineOffer {
  return {
    ruleId,
    version,
    name,
    origin,
    ...(originId !== undefined && { originId }),
    quantity,
    amountMinor,
    ...(stoppedAtFloor && { stoppedAtFloor }),
  };
}
