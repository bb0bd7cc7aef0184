import { stringify } from 'csv-stringify/sync';
import { grossBeforeRules, offeredOf, type PricedLine } from '../../domain/cart';
import { fullName } from '../../domain/catalogue';
import { formatAmount } from '../../domain/money';
import type { Order } from '../../domain/order';
import type { Stall } from '../../domain/stall';
import { wallMs } from '../../journal/clock';
import type { Entry, EntryKind } from '../../journal/kinds';
import type { CallInput, PriceLogReason, PriceLogRow, PriceVolatility } from '../../shared/contract';

/** Which entries tell of which rows. */
export const KINDS_OF_ROWS: { readonly [K in PriceLogRow['kind']]: readonly EntryKind[] } = {
  price: ['price.changed', 'catalogue.import-part'],
  rule: ['price.rules-put', 'price.rules-removed', 'price.rule-set-taken', 'advice.answered', 'advice.taken-back'],
  policy: ['price.policy-set'],
  drop: ['drop.scheduled', 'drop.ended'],
  discount: ['order.placed'],
  typed: ['order.placed'],
  sale: ['order.placed'],
  void: ['cart.voided'],
  clock: ['clock.jumped'],
};

export type PriceLogFilter = Omit<CallInput<'prices.export-log'>, 'format'>;

/** What one entry says in the price log: who, why, by which rule, before and after. */
export function rowsOf(entry: Entry, nameOf: (staffId: string) => string): PriceLogRow[] {
  const rows = contentOf(entry);
  const { at, device, seq, actor } = entry;
  return rows.map((row, index) => ({
    cursor: at,
    at: new Date(wallMs(at)).toISOString(),
    device,
    seq,
    staffId: actor,
    staffName: actor === null ? '' : nameOf(actor),
    variantId: null,
    rules: [],
    beforeMinor: null,
    afterMinor: null,
    why: '',
    ...row,
    subject: row.subject === '' ? `${index + 1}` : row.subject,
  }));
}

type Content = Pick<PriceLogRow, 'kind' | 'subject'> & Partial<PriceLogRow>;

function contentOf(entry: Entry): Content[] {
  const as = <K extends EntryKind>(kind: K): Entry<K>['body'] | null =>
    entry.kind === kind ? (entry.body as Entry<K>['body']) : null;
  const changed = as('price.changed');
  if (changed) {
    const { cause, changes, count } = changed;
    const rows = changes.map(({ variantId, name, beforeMinor, afterMinor }): Content => {
      return {
        kind: 'price',
        subject: name,
        variantId,
        rules: [...cause.ids],
        beforeMinor,
        afterMinor,
        why: cause.kind,
        reasons: [{ code: cause.kind }],
      };
    });
    const more = count - changes.length;
    return more > 0
      ? [
          ...rows,
          {
            kind: 'price',
            subject: `and ${more} more`,
            more,
            rules: [...cause.ids],
            why: cause.kind,
            reasons: [{ code: cause.kind }],
          },
        ]
      : rows;
  }
  const imported = as('catalogue.import-part');
  if (imported) {
    const before = new Map((imported.before ?? []).map(({ variantId, priceMinor }) => [variantId, priceMinor]));
    return imported.items.flatMap((item) =>
      item.variants.flatMap((variant): Content[] => {
        const { variantId, priceMinor: afterMinor } = variant;
        const beforeMinor = before.get(variantId);
        if (beforeMinor === undefined) return [];
        const subject = fullName(item, variant);
        const reasons = [{ code: 'import' as const }];
        return [{ kind: 'price', subject, variantId, beforeMinor, afterMinor, why: 'import', reasons }];
      }),
    );
  }
  const put = as('price.rules-put');
  if (put) {
    return put.rules.map(({ ruleId, version, name, origin, isOn }) => ({
      kind: 'rule',
      subject: name,
      rules: [`${ruleId}@${version}`],
      why: isOn ? origin : `${origin}, off`,
      reasons: isOn ? [{ code: origin }] : [{ code: origin }, { code: 'off' }],
    }));
  }
  const removed = as('price.rules-removed');
  if (removed)
    return removed.ruleIds.map((ruleId) => ({
      kind: 'rule',
      subject: ruleId,
      rules: [ruleId],
      why: 'removed',
      reasons: [{ code: 'removed' }],
    }));
  const answered = as('advice.answered');
  if (answered?.rule) {
    const { ruleId, version, name } = answered.rule;
    const { answer } = answered;
    const reasons = [{ code: 'advice' as const }, { code: answer }];
    return [{ kind: 'rule', subject: name, rules: [`${ruleId}@${version}`], why: `advice ${answer}`, reasons }];
  }
  const back = as('advice.taken-back');
  if (back?.ruleId) {
    const reasons = [{ code: 'advice' as const }, { code: 'taken-back' as const }];
    return [{ kind: 'rule', subject: back.ruleId, rules: [back.ruleId], why: 'advice taken back', reasons }];
  }
  const taken = as('price.rule-set-taken');
  if (taken) {
    const { name, setId, version } = taken;
    const reasons = [{ code: 'signed-set' as const, version }];
    return [{ kind: 'rule', subject: name || setId, why: `signed set, version ${version}`, reasons }];
  }
  if (entry.kind === 'price.policy-set') return [{ kind: 'policy', subject: 'policy' }];
  const scheduled = as('drop.scheduled');
  if (scheduled) {
    const { name, dropId, startsAt, endsAt } = scheduled.drop;
    const reasons = [{ code: 'window' as const, from: startsAt, until: endsAt }];
    return [{ kind: 'drop', subject: name, rules: [dropId], why: `${startsAt} to ${endsAt}`, reasons }];
  }
  const ended = as('drop.ended');
  if (ended) {
    const { dropId, reason } = ended;
    return [{ kind: 'drop', subject: dropId, rules: [dropId], why: reason, reasons: [{ code: reason }] }];
  }
  const jumped = as('clock.jumped');
  if (jumped) {
    const subject = `${Math.round(jumped.byMs / 1_000)} s`;
    return [{ kind: 'clock', subject, why: 'the wall clock jumped', reasons: [{ code: 'clock' }] }];
  }
  const voided = as('cart.voided');
  if (voided) return [{ kind: 'void', subject: voided.cart.cartId, why: voided.reason }];
  const placed = as('order.placed');
  return placed === null ? [] : placed.order.lines.flatMap((line) => rowsOfLine(line, placed.order));
}

function rowsOfLine(line: PricedLine, { number, discount }: Order): Content[] {
  const { variantId, unitPriceMinor, trace, offers, grossMinor, lineDiscountMinor, cartDiscountMinor } = line;
  const subject = `${number} ${line.name}`.trim();
  const rows: Content[] = [];
  const rules = [
    ...(trace?.steps ?? []).flatMap((step) => (step.kind === 'rule' ? [`${step.ruleId}@${step.version}`] : [])),
    ...(offers ?? []).map(({ ruleId, version }) => `${ruleId}@${version}`),
  ];
  if (line.priceSource === 'typed') {
    rows.push({ kind: 'typed', subject, variantId, afterMinor: unitPriceMinor, why: line.note });
  }
  if (rules.length > 0 || trace !== undefined) {
    const afterMinor = grossMinor - offeredOf(line);
    const beforeMinor = grossBeforeRules(line);
    const why = (trace?.steps ?? []).map((step) => (step.kind === 'rule' ? step.name : step.kind));
    const reasons = (trace?.steps ?? []).map((step): PriceLogReason =>
      step.kind === 'rule' ? { code: 'named', name: step.name } : { code: step.kind },
    );
    if (trace?.spent) {
      const { name } = trace.spent;
      why.push(`${name}: too few left`);
      reasons.push({ code: 'spent', name });
    }
    rows.push({
      kind: 'sale',
      subject,
      variantId,
      rules,
      beforeMinor,
      afterMinor,
      why: [...why, ...(offers ?? []).map(({ name }) => name)].join(', '),
      reasons: [...reasons, ...(offers ?? []).map(({ name }) => ({ code: 'named' as const, name }))],
    });
  }
  if (lineDiscountMinor + cartDiscountMinor > 0) {
    const beforeMinor = grossMinor - offeredOf(line);
    const ofCart = cartDiscountMinor > 0 ? discount?.reason : undefined;
    const why = [line.discount?.reason, ofCart].filter((reason) => reason !== undefined && reason !== '').join(', ');
    rows.push({ kind: 'discount', subject, variantId, beforeMinor, afterMinor: line.amountMinor, why });
  }
  return rows;
}

/** How restless prices were, summed up row by row. */
export class VolatilityTally {
  readonly #variants = new Set<string | null>();
  #changes = 0;
  #sizes = 0;
  #sizeSum = 0;
  #mostBasisPoints = 0;
  #discounts = 0;
  #discountedMinor = 0;
  #typedPrices = 0;
  #voids = 0;

  add(rows: readonly PriceLogRow[]): void {
    for (const { kind, variantId, beforeMinor, afterMinor } of rows) {
      if (kind === 'typed') this.#typedPrices += 1;
      if (kind === 'void') this.#voids += 1;
      if (kind === 'discount') {
        this.#discounts += 1;
        this.#discountedMinor += (beforeMinor ?? 0) - (afterMinor ?? 0);
      }
      if (kind !== 'price' || beforeMinor === null) continue;
      this.#changes += 1;
      this.#variants.add(variantId);
      if (afterMinor === null || beforeMinor === 0) continue;
      const basisPoints = Math.round((Math.abs(afterMinor - beforeMinor) * 10_000) / beforeMinor);
      this.#sizes += 1;
      this.#sizeSum += basisPoints;
      this.#mostBasisPoints = Math.max(this.#mostBasisPoints, basisPoints);
    }
  }

  get value(): PriceVolatility {
    return {
      changes: this.#changes,
      variants: this.#variants.size,
      meanBasisPoints: this.#sizes === 0 ? 0 : Math.round(this.#sizeSum / this.#sizes),
      mostBasisPoints: this.#mostBasisPoints,
      discounts: this.#discounts,
      discountedMinor: this.#discountedMinor,
      typedPrices: this.#typedPrices,
      voids: this.#voids,
    };
  }
}

const COLUMNS = [
  'at',
  'kind',
  'subject',
  'variantId',
  'rules',
  'before',
  'after',
  'currency',
  'why',
  'staffId',
  'device',
  'seq',
] as const;
/** What a spreadsheet would take for a formula is text (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;

/** The log as a file, written bit by bit. Amounts are decimals of the stall's currency; staff are references, never names. */
export class PriceLogFile {
  readonly #stall: Stall;
  readonly #format: 'csv' | 'json';
  readonly #volatility = new VolatilityTally();
  readonly #pieces: string[] = [];

  constructor(stall: Stall, format: 'csv' | 'json') {
    this.#stall = stall;
    this.#format = format;
  }

  add(rows: readonly PriceLogRow[]): void {
    if (rows.length === 0) return;
    this.#volatility.add(rows);
    const records = rows.map((row) => this.#record(row));
    this.#pieces.push(
      this.#format === 'json'
        ? records.map((record) => `    ${JSON.stringify(record)}`).join(',\n')
        : stringify(records.map(withoutFormulas), { columns: COLUMNS }),
    );
  }

  end(): { readonly fileName: string; readonly text: string } {
    if (this.#format === 'csv')
      return { fileName: 'price-log.csv', text: `${COLUMNS.join(',')}\n${this.#pieces.join('')}` };
    const volatility = JSON.stringify(this.#volatility.value);
    const text = `{\n  "volatility": ${volatility},\n  "rows": [\n${this.#pieces.join(',\n')}\n  ]\n}\n`;
    return { fileName: 'price-log.json', text };
  }

  #record(row: PriceLogRow): Record<(typeof COLUMNS)[number], string | number> {
    const { currency } = this.#stall;
    const amount = (minor: number | null): string =>
      minor === null ? '' : formatAmount(minor, { currency, locale: 'en' }).replaceAll(',', '');
    return {
      at: row.at,
      kind: row.kind,
      subject: row.subject,
      variantId: row.variantId ?? '',
      rules: row.rules.join(' '),
      before: amount(row.beforeMinor),
      after: amount(row.afterMinor),
      currency,
      why: row.why,
      staffId: row.staffId ?? '',
      device: row.device,
      seq: row.seq,
    };
  }
}

function withoutFormulas<T extends Record<string, string | number>>(record: T): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      key,
      typeof value === 'string' && FORMULA.test(value) ? `'${value}` : value,
    ]),
  );
}
