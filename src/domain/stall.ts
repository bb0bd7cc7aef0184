import type { TaxRate } from './catalogue';
import type { LabelRule } from './label';
import type { LogoImage } from './receipt';

/** The business as the till knows it: everything that shapes a price, a receipt or a screen. */
export interface Stall {
  readonly stallId: string;
  readonly name: string;
  /** Where it trades today, as printed under the name. */
  readonly place: string;
  /** ISO 4217. */
  readonly currency: string;
  /** BCP 47, for money, dates and words. */
  readonly locale: string;
  /** IANA zone of the event; instants are stored in UTC and shown in this zone. */
  readonly timeZone: string;
  /** True when shelf prices include tax (VAT), false when tax is added at the till (US sales tax). */
  readonly taxIncluded: boolean;
  readonly taxRates: readonly TaxRate[];
  readonly vatNumber: string;
  readonly receiptFooter: string;
  /** What it says to shoppers who bring something back; stands on receipts on phones. */
  readonly refundPolicy?: string | undefined;
  /** Stands at the top of its paper; without one the till's mark does. */
  readonly logo?: LogoImage | undefined;
  /** Whether the code on its receipts holds a signed copy of the order, by which a lost till is rebuilt; absent for yes. */
  readonly receiptCopies?: boolean | undefined;
  /** Layouts of in-store labels with a weight or price inside. */
  readonly labelRules: readonly LabelRule[];
  /** Categories in the order of the rail, each with a lucide icon name. */
  readonly categories: readonly Category[];
  /** Card providers the stall takes, for instance `SumUp`; the first is offered first. */
  readonly cardProviders: readonly string[];
  /** Denominations of notes and coins, largest first, in minor units; used for quick tenders and counting. */
  readonly denominations: readonly number[];
}

export interface Category {
  readonly name: string;
  readonly icon: string;
}

/** What the till works with until a stall is set up: nobody can sign on, so nothing is ever sold by it. */
export const NO_STALL: Stall = {
  stallId: 'none',
  name: '',
  place: '',
  // ISO 4217 has a code for no currency.
  currency: 'XXX',
  locale: 'en',
  timeZone: 'UTC',
  taxIncluded: true,
  taxRates: [{ id: 'none', name: '', basisPoints: 0 }],
  vatNumber: '',
  receiptFooter: '',
  labelRules: [],
  categories: [],
  cardProviders: [],
  denominations: [1],
};

/** What a person may do: the operator may do everything, the cashier sells. */
export type Role = 'operator' | 'cashier';
