/** Holds the prices of a market day against what the journal says they were to be. */
import { blockAt, runsOf, type PriceTestPlan } from '../src/domain/experiment';
import type { Order } from '../src/domain/order';
import type { Entry } from '../src/journal/kinds';
import type { VerifyReport } from '../src/journal/verify';
import { bodiesOf, ordersOf, type Check } from './checks';
import type { Proof } from './proofs';

export interface PricesWitness {
  readonly entries: readonly Entry[];
  readonly verify: VerifyReport;
}

type Line = Order['lines'][number];

/** The rule that made a line's price, or undefined. */
const ruleOf = ({ trace }: Line) => trace?.steps.findLast((step) => step.kind === 'rule');
/** When an order was placed, by the clock of prices. */
const pricedAt = ({ pricedAt: at, placedAt }: Order): string => at ?? placedAt;

export function examinePrices({ entries, verify }: PricesWitness): Check[] {
  const orders = ordersOf(entries);
  const lines = orders.flatMap((order) => order.lines.map((line) => ({ order, line })));
  const drops = bodiesOf(entries, 'drop.scheduled').map(({ drop }) => drop);
  const sold = (dropId: string) => lines.filter(({ line }) => ruleOf(line)?.originId === dropId);
  const tests = bodiesOf(entries, 'price-test.registered').map(({ plan }) => plan);
  const tested = tests.flatMap((plan) =>
    lines.filter(({ line }) => ruleOf(line)?.originId === plan.testId).map((one) => ({ ...one, plan })),
  );
  const offers = bodiesOf(entries, 'advice.offered').map(({ advice }) => advice.adviceId);
  const answers = bodiesOf(entries, 'advice.answered').filter(({ answer }) => answer === 'accepted');
  const bundled = lines.filter(({ line }) => (line.offers ?? []).some(({ origin }) => origin === 'advice'));
  return [
    {
      id: 'prices-journal',
      invariant: 'I3',
      title: 'The journal of the day of prices is sound, and a replay equals the living till',
      looked: `${verify.entryCount} entries`,
      wrong: verify.findings.map(({ code, detail }) => `${code}: ${detail}`),
    },
    {
      id: 'prices-traces',
      invariant: 'M6',
      title: 'Every line costs what its reasons come to',
      looked: `${lines.filter(({ line }) => line.trace).length} of ${lines.length} lines have reasons`,
      wrong: lines.flatMap(({ order, line }) => {
        if (line.trace === undefined) return [];
        const end = line.trace.steps.at(-1)?.afterMinor ?? line.trace.base.priceMinor;
        return end === line.unitPriceMinor ? [] : [`${order.number}: ${line.unitPriceMinor} charged, ${end} explained`];
      }),
    },
    {
      id: 'drops-cap',
      invariant: 'M8',
      title: 'No drop sold more than it had, and the one that had no more was over at once',
      looked: drops.map(({ name, dropId }) => `${name}: ${sold(dropId).length} lines`).join(', '),
      wrong: drops.flatMap(({ name, dropId, unitCap }) => {
        const pieces = sold(dropId).reduce((sum, { line }) => sum + line.quantity, 0);
        const ends = bodiesOf(entries, 'drop.ended').filter((end) => end.dropId === dropId);
        if (unitCap === null) return ends.length === 0 ? [] : [`${name} was ended`];
        if (pieces > unitCap) return [`${name} had ${unitCap} and sold ${pieces}`];
        return pieces < unitCap || ends.some(({ reason }) => reason === 'sold-out') ? [] : [`${name} went on`];
      }),
    },
    {
      id: 'drops-window',
      invariant: 'M8',
      title: 'A drop’s price is of its time alone, though the clock jumped',
      looked: `${bodiesOf(entries, 'clock.jumped').length} jumps of the clock`,
      wrong: drops.flatMap(({ name, dropId, startsAt, endsAt, graceMs }) => {
        const until = new Date(Date.parse(endsAt) + graceMs).toISOString();
        const late = sold(dropId).filter(({ order }) => pricedAt(order) < startsAt || pricedAt(order) >= until);
        const none = sold(dropId).length === 0 ? [`nothing was sold of ${name}`] : [];
        return [...none, ...late.map(({ order }) => `${order.number} has the price of ${name} at ${pricedAt(order)}`)];
      }),
    },
    {
      id: 'test-blocks',
      invariant: 'M9',
      title: 'Each sale of the price test has the price of the block that was on',
      looked: `${tested.length} lines`,
      wrong: [
        ...(tested.length === 0 ? ['nothing was tested'] : []),
        ...tested.flatMap(({ order, line, plan }) => {
          const block = blockAt(plan, runsOfTest(entries, plan), pricedAt(order));
          const planned = block === null ? null : plan.armsMinor[block.arm];
          return planned === line.unitPriceMinor
            ? []
            : [`${order.number}: ${line.unitPriceMinor} instead of ${planned}`];
        }),
      ],
    },
    {
      id: 'advice-taken',
      invariant: 'M10',
      title: 'What was taken of the advice had been offered, became a rule, and was sold by',
      looked: `${offers.length} offered, ${answers.length} taken, ${bundled.length} lines`,
      wrong: [
        ...(answers.length === 0 ? ['nothing was taken'] : []),
        ...(bundled.length === 0 ? ['nothing was sold by it'] : []),
        ...answers.flatMap(({ adviceId, ruleId }) =>
          offers.includes(adviceId) && ruleId !== null ? [] : [`${adviceId} was never offered or became nothing`],
        ),
      ],
    },
  ];
}

/** Forges the evidence in ways that must not go unnoticed. */
export function provePrices(witness: PricesWitness): Proof[] {
  const { entries } = witness;
  const before = examinePrices(witness);
  const noticed = (forged: readonly Entry[]): string[] =>
    examinePrices({ ...witness, entries: forged }).flatMap(({ title, wrong }, index) =>
      wrong.length > (before[index]?.wrong.length ?? 0) ? [title] : [],
    );
  const place = (origin: string) => entries.findLast((entry) => isSoldBy(entry, origin));
  const changed = (which: Entry | undefined, change: (order: Order) => Order): Entry[] =>
    entries.map((entry) =>
      entry === which ? { ...entry, body: { order: change((entry.body as { order: Order }).order) } } : entry,
    );
  const dearer = (order: Order): Order => ({
    ...order,
    lines: order.lines.map((line) => ({ ...line, unitPriceMinor: line.unitPriceMinor + 1 })),
  });
  const later = (order: Order): Order => ({ ...order, pricedAt: '2026-06-14T08:00:00.000Z' });
  const drop = place('drop');
  const caps = bodiesOf(entries, 'drop.scheduled').find(({ drop: one }) => one.unitCap !== null)?.drop.dropId;
  const capped = entries.findLast((entry) => isSoldBy(entry, 'drop', caps));
  return [
    { forgery: 'One line of a drop costs a penny more than it says why', noticedBy: noticed(changed(drop, dearer)) },
    {
      forgery: 'One sale of a drop that was sold out is there twice',
      noticedBy: noticed(entries.flatMap((entry) => (entry === capped ? [entry, entry] : [entry]))),
    },
    { forgery: 'One sale of a drop was made the day after', noticedBy: noticed(changed(drop, later)) },
    { forgery: 'One sale of the price test was made the day after', noticedBy: noticed(changed(place('test'), later)) },
    {
      forgery: 'The advice that was taken was never offered',
      noticedBy: noticed(entries.filter(({ kind }) => kind !== 'advice.offered')),
    },
  ];
}

function isSoldBy(entry: Entry, origin: string, originId?: string): boolean {
  if (entry.kind !== 'order.placed') return false;
  const { order } = entry.body as { order: Order };
  return order.lines.some((line) => {
    const rule = ruleOf(line);
    return rule?.origin === origin && (originId === undefined || rule.originId === originId);
  });
}

function runsOfTest(entries: readonly Entry[], { testId }: PriceTestPlan) {
  const switches = bodiesOf(entries, 'price-test.switched').filter((one) => one.testId === testId);
  const stopped = bodiesOf(entries, 'price-test.stopped').find((one) => one.testId === testId);
  return runsOf(switches, stopped?.at ?? null);
}
