import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { vendureAdmin, type AdminApi, type VendureLogin } from '../../src/hub/connectors/vendure-client';
import { freePort } from './free-port';

/** A real shop with two products, run as a process of its own. */
export interface VendureShop {
  readonly login: VendureLogin;
  readonly shopApi: string;
  readonly api: AdminApi;
  stop(): Promise<void>;
}

/** The goods of the shop: one it counts, of which there are ten, and one it does not. */
export const SHOP_GOODS = [
  { sku: 'MUG-1', name: 'Enamel mug', price: 1400, trackInventory: 'TRUE', stockOnHand: 10 },
  { sku: 'LOAF-1', name: 'Sourdough loaf', price: 350, trackInventory: 'FALSE', stockOnHand: 0 },
] as const;

const server = fileURLToPath(new URL('../vendure/server.mjs', import.meta.url));

/** Starts a shop in memory that sells in pounds and taxes at 20 %, whatever the till does. */
export async function startVendure(): Promise<VendureShop> {
  const port = await freePort();
  const child = spawn(process.execPath, [server, String(port)], {
    env: { ...process.env, VENDURE_DISABLE_TELEMETRY: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killAtExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killAtExit);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the shop ended: ${said.slice(-4_000)}`)));
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('{"address"')) resolve();
    });
  });
  const address = `http://127.0.0.1:${port}`;
  const login = { address: `${address}/admin-api`, username: 'superadmin', password: 'only in tests' };
  const api = vendureAdmin(login);
  await furnish(api);
  return {
    login,
    shopApi: `${address}/shop-api`,
    api,
    async stop() {
      process.off('exit', killAtExit);
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function furnish(api: AdminApi): Promise<void> {
  const zone = await api.request<{ createZone: { id: string } }>(
    `mutation { createZone(input: { name: "Britain" }) { id } }`,
  );
  const category = await api.request<{ createTaxCategory: { id: string } }>(
    `mutation { createTaxCategory(input: { name: "Standard", isDefault: true }) { id } }`,
  );
  await api.request(
    `mutation ($zone: ID!, $category: ID!) {
      createTaxRate(input: { name: "VAT", enabled: true, value: 20, categoryId: $category, zoneId: $zone }) { id }
      updateChannel(input: {
        id: "1", defaultCurrencyCode: GBP, availableCurrencyCodes: [GBP], pricesIncludeTax: true
        defaultTaxZoneId: $zone, defaultShippingZoneId: $zone
      }) { ... on Channel { id } ... on ErrorResult { message } }
    }`,
    { zone: zone.createZone.id, category: category.createTaxCategory.id },
  );
  for (const { name, ...variant } of SHOP_GOODS) {
    const translations = [{ languageCode: 'en', name }];
    const { createProduct } = await api.request<{ createProduct: { id: string } }>(
      `mutation ($input: CreateProductInput!) { createProduct(input: $input) { id } }`,
      { input: { translations: [{ languageCode: 'en', name, slug: variant.sku.toLowerCase(), description: '' }] } },
    );
    await api.request(
      `mutation ($input: [CreateProductVariantInput!]!) { createProductVariants(input: $input) { id } }`,
      { input: [{ ...variant, productId: createProduct.id, translations }] },
    );
  }
}
