/**
 * A Vendure shop of its own, in memory: SQLite, the Admin and the Shop API on a free port of this machine, no goods yet.
 * Says its address on standard output as one line of JSON. Run as a process, so that it brings its own dependencies.
 *
 *     node server.mjs PORT
 */
import vendure from '@vendure/core';
import Database from 'better-sqlite3';
// eslint-disable-next-line boundaries/no-unknown-dependencies -- it stands outside the source tree, as shops get it
import trestle from '../../resources/vendure/trestle.cjs';

const { bootstrap, defaultConfig, manualFulfillmentHandler } = vendure;
const port = Number(process.argv[2]);
const { orderItemPriceCalculationStrategy } = defaultConfig.orderOptions;
const { taxLineCalculationStrategy } = defaultConfig.taxOptions;

bootstrap({
  apiOptions: { port, hostname: '127.0.0.1', adminApiPath: 'admin-api', shopApiPath: 'shop-api', cors: false },
  authOptions: {
    tokenMethod: ['bearer'],
    superadminCredentials: { identifier: 'superadmin', password: 'only in tests' },
  },
  dbConnectionOptions: { type: 'better-sqlite3', driver: Database, database: ':memory:', synchronize: true },
  paymentOptions: { paymentMethodHandlers: [] },
  shippingOptions: { fulfillmentHandlers: [manualFulfillmentHandler] },
  customFields: trestle.customFields,
  orderOptions: {
    orderItemPriceCalculationStrategy: trestle.withTillPrices(orderItemPriceCalculationStrategy),
  },
  taxOptions: { taxLineCalculationStrategy: trestle.withTillTaxes(taxLineCalculationStrategy) },
}).then(
  () => process.stdout.write(`${JSON.stringify({ address: `http://127.0.0.1:${port}` })}\n`),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
