import { currency, type Minor } from '../domain/money';
import type { WebReceipt, WebReceiptLine } from '../domain/web-receipt';

/** UN/CEFACT Common Codes of what is counted and weighed, as schema.org's `unitCode` has them. */
const UNIT_CODES = { each: 'C62', kg: 'KGM' } as const;

/**
 * A receipt for machines: a schema.org `Order` with its `Invoice` (schema.org/Order, schema.org/Invoice). How the order was
 * kept while there was no signal stands in `subjectOf`, an `Event` each, named by flag and cause.
 */
export function receiptData(receipt: WebReceipt): Readonly<Record<string, unknown>> {
  const { stall, number, placedAt, lines, tenders, taxIncluded, totalMinor, roundingMinor, savedMinor } = receipt;
  const decimal = (amountMinor: Minor): string => decimalOf(amountMinor, stall.currency);
  const kept = [{ flag: 'queued', cause: 'placed', at: placedAt }, ...receipt.flags];
  return {
    '@context': 'https://schema.org',
    '@type': 'Order',
    orderNumber: number,
    orderDate: placedAt,
    // Handed over the table.
    orderStatus: 'https://schema.org/OrderDelivered',
    description: receipt.flag,
    identifier: { '@type': 'PropertyValue', name: 'check', value: receipt.check },
    seller: {
      '@type': 'Organization',
      name: stall.name,
      ...(stall.vatNumber !== '' && { vatID: stall.vatNumber }),
      ...(stall.place !== '' && { location: { '@type': 'Place', name: stall.place } }),
      ...(stall.refundPolicy !== '' && {
        hasMerchantReturnPolicy: { '@type': 'MerchantReturnPolicy', description: stall.refundPolicy },
      }),
    },
    acceptedOffer: lines.map((line) => offerOf(line, receipt)),
    ...(savedMinor > 0 && { discount: decimal(savedMinor), discountCurrency: stall.currency }),
    partOfInvoice: {
      '@type': 'Invoice',
      paymentStatus: 'https://schema.org/PaymentComplete',
      ...(tenders.length > 0 && {
        paymentMethod: [...new Set(tenders.map(({ kind }) => (kind === 'cash' ? 'Cash' : 'Card')))].join(', '),
      }),
      totalPaymentDue: {
        '@type': 'PriceSpecification',
        price: decimal(totalMinor + roundingMinor),
        priceCurrency: stall.currency,
        valueAddedTaxIncluded: taxIncluded || receipt.taxes.some(({ taxMinor }) => taxMinor > 0),
      },
    },
    subjectOf: kept.map(({ flag, cause, at }) => ({
      '@type': 'Event',
      name: flag,
      description: cause,
      startDate: at,
    })),
  };
}

/** What was charged for how much of something, before discounts. */
function offerOf({ name, pricing, quantity, grossMinor }: WebReceiptLine, { stall, taxIncluded }: WebReceipt): unknown {
  return {
    '@type': 'Offer',
    ...(name !== '' && { itemOffered: { '@type': 'Product', name } }),
    priceSpecification: {
      '@type': 'UnitPriceSpecification',
      price: decimalOf(grossMinor, stall.currency),
      priceCurrency: stall.currency,
      valueAddedTaxIncluded: taxIncluded,
      referenceQuantity: {
        '@type': 'QuantitativeValue',
        value: pricing === 'kg' ? quantity / 1000 : quantity,
        unitCode: UNIT_CODES[pricing],
      },
    },
  };
}

/** `12.50`: as schema.org wants prices, with a point and without a sign. */
function decimalOf(amountMinor: Minor, code: string): string {
  const { digits } = currency(code);
  return (amountMinor / 10 ** digits).toFixed(digits);
}
