/**
 * What a stall in each country most likely needs: suggestions for a form, each of which the trader may change.
 * Rates of the EU's members: European Commission, Taxes in Europe Database, as in force in 2026. The others: HMRC,
 * Skatteetaten, ESTV, CRA, ATO and IRD. The standard rate stands first.
 */
export interface Country {
  /** ISO 3166-1 alpha-2. */
  readonly code: string;
  /** ISO 4217. */
  readonly currency: string;
  /** BCP 47. */
  readonly locale: string;
  /** IANA zone of its capital or largest city. */
  readonly timeZone: string;
  /** Whether a price on a ticket has the tax in it. */
  readonly taxIncluded: boolean;
  /** What the tax is called on a receipt. */
  readonly taxName: string;
  /** In per cent. */
  readonly taxPercents: readonly number[];
}

type Row = readonly [
  code: string,
  currency: string,
  locale: string,
  timeZone: string,
  taxName: string,
  taxPercents: readonly number[],
];

const TAX_INCLUDED: readonly Row[] = [
  ['AT', 'EUR', 'de-AT', 'Europe/Vienna', 'USt.', [20, 10, 13]],
  ['AU', 'AUD', 'en-AU', 'Australia/Sydney', 'GST', [10, 0]],
  ['BE', 'EUR', 'nl-BE', 'Europe/Brussels', 'BTW', [21, 12, 6]],
  ['BG', 'EUR', 'bg-BG', 'Europe/Sofia', 'ДДС', [20, 9]],
  ['CH', 'CHF', 'de-CH', 'Europe/Zurich', 'MWST', [8.1, 2.6]],
  ['CY', 'EUR', 'el-CY', 'Asia/Nicosia', 'ΦΠΑ', [19, 9, 5]],
  ['CZ', 'CZK', 'cs-CZ', 'Europe/Prague', 'DPH', [21, 12]],
  ['DE', 'EUR', 'de-DE', 'Europe/Berlin', 'MwSt.', [19, 7]],
  ['DK', 'DKK', 'da-DK', 'Europe/Copenhagen', 'moms', [25]],
  ['EE', 'EUR', 'et-EE', 'Europe/Tallinn', 'KM', [24, 9]],
  ['ES', 'EUR', 'es-ES', 'Europe/Madrid', 'IVA', [21, 10, 4]],
  ['FI', 'EUR', 'fi-FI', 'Europe/Helsinki', 'ALV', [25.5, 13.5, 10]],
  ['FR', 'EUR', 'fr-FR', 'Europe/Paris', 'TVA', [20, 10, 5.5]],
  ['GB', 'GBP', 'en-GB', 'Europe/London', 'VAT', [20, 5, 0]],
  ['GR', 'EUR', 'el-GR', 'Europe/Athens', 'ΦΠΑ', [24, 13, 6]],
  ['HR', 'EUR', 'hr-HR', 'Europe/Zagreb', 'PDV', [25, 13, 5]],
  ['HU', 'HUF', 'hu-HU', 'Europe/Budapest', 'ÁFA', [27, 18, 5]],
  ['IE', 'EUR', 'en-IE', 'Europe/Dublin', 'VAT', [23, 13.5, 9, 0]],
  ['IT', 'EUR', 'it-IT', 'Europe/Rome', 'IVA', [22, 10, 4]],
  ['LT', 'EUR', 'lt-LT', 'Europe/Vilnius', 'PVM', [21, 12, 5]],
  ['LU', 'EUR', 'fr-LU', 'Europe/Luxembourg', 'TVA', [17, 8, 3]],
  ['LV', 'EUR', 'lv-LV', 'Europe/Riga', 'PVN', [21, 12, 5]],
  ['MT', 'EUR', 'en-MT', 'Europe/Malta', 'VAT', [18, 7, 5, 0]],
  ['NL', 'EUR', 'nl-NL', 'Europe/Amsterdam', 'btw', [21, 9]],
  ['NO', 'NOK', 'nb-NO', 'Europe/Oslo', 'mva.', [25, 15]],
  ['NZ', 'NZD', 'en-NZ', 'Pacific/Auckland', 'GST', [15]],
  ['PL', 'PLN', 'pl-PL', 'Europe/Warsaw', 'VAT', [23, 8, 5]],
  ['PT', 'EUR', 'pt-PT', 'Europe/Lisbon', 'IVA', [23, 13, 6]],
  ['RO', 'RON', 'ro-RO', 'Europe/Bucharest', 'TVA', [21, 11]],
  ['SE', 'SEK', 'sv-SE', 'Europe/Stockholm', 'moms', [25, 12, 6]],
  ['SI', 'EUR', 'sl-SI', 'Europe/Ljubljana', 'DDV', [22, 9.5, 5]],
  ['SK', 'EUR', 'sk-SK', 'Europe/Bratislava', 'DPH', [23, 19, 5]],
];

/** Where tax is added at the till; it differs from state to state, so only its absence is suggested beside it. */
const TAX_ADDED: readonly Row[] = [
  ['CA', 'CAD', 'en-CA', 'America/Toronto', 'GST', [5, 0]],
  ['US', 'USD', 'en-US', 'America/New_York', 'Sales tax', [0]],
];

/** By their codes. */
export const COUNTRIES: readonly Country[] = [
  ...TAX_INCLUDED.map((row) => ({ row, taxIncluded: true })),
  ...TAX_ADDED.map((row) => ({ row, taxIncluded: false })),
].map(({ row: [code, currency, locale, timeZone, taxName, taxPercents], taxIncluded }) => ({
  code,
  currency,
  locale,
  timeZone,
  taxIncluded,
  taxName,
  taxPercents,
}));
