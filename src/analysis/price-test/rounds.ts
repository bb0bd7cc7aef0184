import {
  blocksUntil,
  spoiltBy,
  type PriceTestNote,
  type PriceTestNoteKind,
  type PriceTestPlan,
  type PriceTestRun,
} from '../../domain/experiment';

/** One line of an order, about something that is tested. */
export interface TestedSale {
  /** When the order was placed: a UTC instant. */
  readonly at: string;
  /** Pieces, or grams. */
  readonly quantity: number;
  /** What the line says one costs. */
  readonly unitPriceMinor: number;
  /** What was charged for the line. */
  readonly amountMinor: number;
  /** The same without tax. */
  readonly netMinor: number;
}

/** What a price sold in its block of a round. */
export interface ArmSums {
  /** Pieces or kilograms. */
  readonly units: number;
  readonly revenueMinor: number;
  /** After tax and what the goods cost; null where the cost is unknown. */
  readonly marginMinor: number | null;
}

/** A round that is over. */
export interface TestRound {
  readonly round: number;
  /** UTC instants. */
  readonly from: string;
  readonly to: string;
  /** What spoilt it; empty for a round that counts. */
  readonly spoiltBy: readonly (PriceTestNoteKind | 'closed')[];
  /** By arm, in the order of the plan; of a round that was cut short those that were on. */
  readonly arms: readonly (ArmSums | null)[];
  /** Lines sold at another price than the one that was on: a cart that was open when it changed, a price by hand. Not counted. */
  readonly strays: number;
}

/** Everything an analysis needs of a test: what was fixed, when it was on, what happened meanwhile, what was sold. */
export interface TestRecord {
  readonly plan: PriceTestPlan;
  readonly runs: readonly PriceTestRun[];
  readonly notes: readonly PriceTestNote[];
  /** In any order; of the tested variants alone. */
  readonly sales: readonly TestedSale[];
}

const NOTHING: ArmSums = { units: 0, revenueMinor: 0, marginMinor: 0 };

/**
 * The rounds that are over at an instant, with what each price sold in the counted part of its block.
 * @param at UTC instant
 */
export function sumRounds({ plan, runs, notes, sales }: TestRecord, at: string): TestRound[] {
  const blocks = blocksUntil(plan, runs, at);
  const ordered = sales.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const rounds: TestRound[] = [];
  let next = 0;
  for (let first = 0; first < blocks.length;) {
    const { round, from } = blocks[first] ?? { round: -1, from: '' };
    const own = blocks.slice(first).filter((block) => block.round === round);
    first += own.length;
    const last = own.at(-1);
    const isCut = own.some((block) => block.isCut) || first < blocks.length;
    if (last === undefined || last.to > at || (own.length < plan.armsMinor.length && !isCut)) break;
    const arms: (ArmSums | null)[] = plan.armsMinor.map(() => null);
    let strays = 0;
    for (const { arm, countsFrom, to } of own) {
      let sums: ArmSums = plan.costMinor === null ? { ...NOTHING, marginMinor: null } : NOTHING;
      for (; (ordered[next]?.at ?? to) < to; next += 1) {
        const sale = ordered[next];
        if (sale === undefined || sale.at < countsFrom) continue;
        if (sale.unitPriceMinor === plan.armsMinor[arm]) sums = withSale(sums, sale, plan);
        else strays += 1;
      }
      arms[arm] = sums;
    }
    const spoilt = [
      ...new Set([
        ...(own.length < plan.armsMinor.length ? (['closed'] as const) : []),
        ...own.flatMap((block) => spoiltBy(block, notes)),
      ]),
    ];
    rounds.push({ round, from, to: last.to, spoiltBy: spoilt, arms, strays });
  }
  return rounds;
}

function withSale(sums: ArmSums, sale: TestedSale, { pricing, costMinor }: PriceTestPlan): ArmSums {
  const units = pricing === 'kg' ? sale.quantity / 1_000 : sale.quantity;
  return {
    units: sums.units + units,
    revenueMinor: sums.revenueMinor + sale.amountMinor,
    marginMinor:
      sums.marginMinor === null || costMinor === null ? null : sums.marginMinor + sale.netMinor - units * costMinor,
  };
}
