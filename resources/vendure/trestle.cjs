/**
 * What a Vendure shop needs so that a stall's sales can become orders of it: spread these into its VendureConfig.
 *
 *     const { defaultConfig } = require('@vendure/core');
 *     const trestle = require('./trestle.cjs');
 *     const { orderItemPriceCalculationStrategy } = defaultConfig.orderOptions;
 *     const { taxLineCalculationStrategy } = defaultConfig.taxOptions;
 *     const config = {
 *       customFields: trestle.customFields,
 *       orderOptions: { orderItemPriceCalculationStrategy: trestle.withTillPrices(orderItemPriceCalculationStrategy) },
 *       taxOptions: { taxLineCalculationStrategy: trestle.withTillTaxes(taxLineCalculationStrategy) },
 *     };
 *
 * It imports nothing. A new custom field needs a database migration of the shop, as any does.
 */

/**
 * None of them is public: a shopper who could set a price would.
 * `trestleOrderId` is unique in the database, which is why no sale can become two orders.
 */
exports.customFields = {
  Order: [
    { name: 'trestleOrderId', type: 'string', nullable: true, unique: true, public: false },
    { name: 'trestleNumber', type: 'string', nullable: true, public: false },
    { name: 'trestlePlacedAt', type: 'datetime', nullable: true, public: false },
    { name: 'trestleFlag', type: 'string', nullable: true, public: false },
  ],
  OrderLine: [
    // Which line of the sale it is; also keeps two lines of one variant apart.
    { name: 'trestleLine', type: 'string', nullable: true, public: false },
    { name: 'trestleText', type: 'string', nullable: true, public: false },
    // With tax, in the currency's smallest unit.
    { name: 'trestlePriceMinor', type: 'int', nullable: true, public: false },
    { name: 'trestleTaxBasisPoints', type: 'int', nullable: true, public: false },
  ],
};

// Classes, because Vendure merges a plain object into its default instead of putting it in its place.
class Wrapped {
  constructor(strategy) {
    this.strategy = strategy;
  }
  async init(injector) {
    await this.strategy.init?.(injector);
  }
  async destroy() {
    await this.strategy.destroy?.();
  }
}

class TillPrices extends Wrapped {
  calculateUnitPrice(ctx, productVariant, customFields, order, quantity) {
    const price = customFields?.trestlePriceMinor;
    return typeof price === 'number'
      ? { price, priceIncludesTax: true }
      : this.strategy.calculateUnitPrice(ctx, productVariant, customFields, order, quantity);
  }
}

class TillTaxes extends Wrapped {
  calculate(given) {
    const basisPoints = given.orderLine.customFields?.trestleTaxBasisPoints;
    return typeof basisPoints === 'number'
      ? [{ taxRate: basisPoints / 100, description: given.applicableTaxRate.name }]
      : this.strategy.calculate(given);
  }
}

/** A line from the till costs what the shopper paid there; any other what `strategy` says. */
exports.withTillPrices = (strategy) => new TillPrices(strategy);

/** A line from the till is taxed as it was there; any other as `strategy` says. */
exports.withTillTaxes = (strategy) => new TillTaxes(strategy);
