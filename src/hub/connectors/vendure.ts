/**
 * Turns a stall's sales into completed orders of a Vendure shop, through its Admin API.
 *
 * Nothing is remembered here between two calls: each step looks at the order as the shop has it and does what is missing,
 * so that a crash anywhere, or an answer that was lost, is mended by beginning again. The shop's own unique field
 * `trestleOrderId` is what makes a sale one order. resources/vendure/trestle.cjs is what the shop needs for it.
 */
import { currency } from '../../domain/money';
import type { Order } from '../../domain/order';
import { VendureError, type AdminApi } from './vendure-client';
import { shopLines, type ShopLine } from './vendure-lines';

/** What an order of the shop needs besides its lines; made once per run by `prepareShop`. */
export interface Shop {
  readonly administratorId: string;
  readonly currencyCode: string;
  readonly shippingMethodId: string;
  /** Sold in place of what the shop does not have. */
  readonly standInVariantId: string;
}

export interface Transferred {
  /** The shop's id and code of the order. */
  readonly remoteId: string;
  readonly code: string;
  /** What a person may want to look at: goods the shop does not know, an order the shop has cancelled. */
  readonly remarks: readonly string[];
}

const STAND_IN_SKU = 'TRESTLE-STALL';
const SHIPPING_CODE = 'trestle-stall';
/** Orders of a stall have no customer the shop could write to; the domain can receive nothing (RFC 2606). */
const CUSTOMER = { firstName: 'Stall', lastName: 'shopper', emailAddress: 'shopper@stall.invalid' };
/** More steps than any order takes: two per line, and a dozen. */
const MAX_STEPS = 2_100;

const ORDER = `fragment Whole on Order {
  id code state currencyCode totalWithTax
  customFields { trestleOrderId }
  customer { id }
  shippingLines { id }
  lines { id quantity unitPriceWithTax productVariant { id } customFields { trestleLine } }
  fulfillments { id state }
}`;

interface ShopOrder {
  readonly id: string;
  readonly code: string;
  readonly state: string;
  readonly currencyCode: string;
  readonly totalWithTax: number;
  readonly customFields: { readonly trestleOrderId: string | null };
  readonly customer: { readonly id: string } | null;
  readonly shippingLines: readonly { readonly id: string }[];
  readonly lines: readonly {
    readonly id: string;
    readonly quantity: number;
    readonly unitPriceWithTax: number;
    readonly productVariant: { readonly id: string };
    readonly customFields: { readonly trestleLine: string | null };
  }[];
  readonly fulfillments: readonly { readonly id: string; readonly state: string }[] | null;
}

/** A change's answer: what was changed, or an error as a value. */
type Outcome<T> = T | { readonly errorCode: string; readonly message: string };

function changed<T extends object>(outcome: Outcome<T>): T {
  if ('errorCode' in outcome) throw new VendureError('refused', `The shop refused: ${outcome.message}`);
  return outcome;
}

/**
 * Finds what every order needs in the shop, or makes it: a way to hand goods over, and something to sell in place of what
 * the shop does not know.
 */
export async function prepareShop(api: AdminApi): Promise<Shop> {
  const { activeAdministrator, activeChannel, shippingMethods } = await api.request<{
    activeAdministrator: { id: string } | null;
    activeChannel: { currencyCode: string };
    shippingMethods: { items: { id: string }[] };
  }>(
    `query ($code: String!) {
      activeAdministrator { id }
      activeChannel { currencyCode: defaultCurrencyCode }
      shippingMethods(options: { filter: { code: { eq: $code } } }) { items { id } }
    }`,
    { code: SHIPPING_CODE },
  );
  if (activeAdministrator === null) {
    throw new VendureError('signed-out', 'Give the connector an administrator of the shop of its own.');
  }
  return {
    administratorId: activeAdministrator.id,
    currencyCode: activeChannel.currencyCode,
    shippingMethodId: shippingMethods.items[0]?.id ?? (await createShippingMethod(api)),
    standInVariantId: (await variantsOf(api, [STAND_IN_SKU])).get(STAND_IN_SKU) ?? (await createStandIn(api)),
  };
}

async function createShippingMethod(api: AdminApi): Promise<string> {
  const name = 'Handed over at the stall';
  const { createShippingMethod: made } = await api.request<{ createShippingMethod: { id: string } }>(
    `mutation ($input: CreateShippingMethodInput!) { createShippingMethod(input: $input) { id } }`,
    {
      input: {
        code: SHIPPING_CODE,
        fulfillmentHandler: 'manual-fulfillment',
        checker: {
          code: 'default-shipping-eligibility-checker',
          arguments: [{ name: 'orderMinimum', value: '0' }],
        },
        calculator: {
          code: 'default-shipping-calculator',
          arguments: [
            { name: 'rate', value: '0' },
            { name: 'includesTax', value: 'auto' },
            { name: 'taxRate', value: '0' },
          ],
        },
        translations: [{ languageCode: 'en', name, description: name }],
      },
    },
  );
  return made.id;
}

async function createStandIn(api: AdminApi): Promise<string> {
  const name = 'Sold at the stall';
  const slug = STAND_IN_SKU.toLowerCase();
  const { product } = await api.request<{ product: { id: string } | null }>(
    `query ($slug: String!) { product(slug: $slug) { id } }`,
    { slug },
  );
  const productId =
    product?.id ??
    (
      await api.request<{ createProduct: { id: string } }>(
        `mutation ($input: CreateProductInput!) { createProduct(input: $input) { id } }`,
        { input: { translations: [{ languageCode: 'en', name, slug, description: '' }] } },
      )
    ).createProduct.id;
  const { createProductVariants: made } = await api.request<{ createProductVariants: { id: string }[] }>(
    `mutation ($input: [CreateProductVariantInput!]!) { createProductVariants(input: $input) { id } }`,
    {
      input: [
        {
          productId,
          sku: STAND_IN_SKU,
          price: 0,
          trackInventory: 'FALSE',
          translations: [{ languageCode: 'en', name }],
        },
      ],
    },
  );
  const variant = made[0];
  if (!variant) throw new VendureError('refused', 'The shop made no variant to stand in for what it does not know.');
  return variant.id;
}

/** The shop's variants of some SKUs; those it does not sell are left out. */
async function variantsOf(api: AdminApi, skus: readonly string[]): Promise<Map<string, string>> {
  const wanted = [...new Set(skus)].filter((sku) => sku !== '');
  if (wanted.length === 0) return new Map();
  const { productVariants } = await api.request<{
    productVariants: { items: { id: string; sku: string; enabled: boolean; product: { enabled: boolean } }[] };
  }>(
    `query ($skus: [String!]!) {
      productVariants(options: { filter: { sku: { in: $skus } }, take: 100, sort: { id: DESC } }) {
        items { id sku enabled product { enabled } }
      }
    }`,
    { skus: wanted },
  );
  const sold = productVariants.items.filter(({ enabled, product }) => enabled && product.enabled);
  return new Map(sold.map(({ sku, id }) => [sku, id]));
}

/**
 * Brings one sale into the shop as a completed order: lines at the till's prices, paid, handed over. Whatever was done of
 * it before is kept.
 * @throws VendureError; `refused` where a person has to look: the message says at what
 */
export async function transferOrder(api: AdminApi, shop: Shop, order: Order): Promise<Transferred> {
  checkCurrency(order, shop);
  const wanted = shopLines(order);
  const remarks = new Set<string>();
  let variants: Map<string, string> | null = null;
  const noStock = new Set<string>();
  let found = await findOrder(api, order.orderId);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    if (found === null) {
      found = await createOrder(api, shop, order);
      continue;
    }
    switch (found.state) {
      case 'Draft': {
        variants ??= await variantsOf(
          api,
          wanted.map(({ sku }) => sku),
        );
        found =
          (await mendLine(api, shop, found, wanted, variants, { noStock, remarks })) ??
          (await finishDraft(api, shop, found, order));
        continue;
      }
      case 'ArrangingPayment':
        found = await pay(api, found, order);
        continue;
      case 'PaymentSettled':
      case 'Shipped':
        found = await handOver(api, found);
        continue;
      case 'Delivered':
        return { remoteId: found.id, code: found.code, remarks: [...remarks] };
      case 'Cancelled':
        return { remoteId: found.id, code: found.code, remarks: ['The shop has cancelled this order.'] };
      default:
        throw new VendureError(
          'refused',
          `Somebody is at work on order ${found.code} in the shop (${found.state}): finish it there.`,
        );
    }
  }
  throw new VendureError('refused', `Order ${order.number} does not come to an end in the shop.`);
}

function checkCurrency(order: Order, shop: Shop): void {
  if (order.currency !== shop.currencyCode) {
    throw new VendureError(
      'refused',
      `Order ${order.number} is in ${order.currency}, the shop's channel in ${shop.currencyCode}.`,
    );
  }
  // Vendure keeps every currency with two decimals unless its money strategy is changed.
  if (currency(order.currency).digits !== 2) {
    throw new VendureError('refused', `The shop keeps amounts with two decimals; ${order.currency} has others.`);
  }
}

async function findOrder(api: AdminApi, orderId: string): Promise<ShopOrder | null> {
  const { orders } = await api.request<{ orders: { items: ShopOrder[] } }>(
    `query ($orderId: String!) {
      orders(options: { filter: { trestleOrderId: { eq: $orderId } } }) { items { ...Whole } }
    }
    ${ORDER}`,
    { orderId },
  );
  return orders.items[0] ?? null;
}

/**
 * A new draft under the sale's name. Between making it and naming it an answer can be lost: the nameless, empty draft
 * that this administrator made is then found again by the shop's own history, and used.
 */
async function createOrder(api: AdminApi, shop: Shop, order: Order): Promise<ShopOrder> {
  const draftId =
    (await namelessDraft(api, shop)) ??
    (await api.request<{ createDraftOrder: { id: string } }>(`mutation { createDraftOrder { id } }`)).createDraftOrder
      .id;
  const { setDraftOrderCustomFields: named } = await api.request<{ setDraftOrderCustomFields: ShopOrder }>(
    `mutation ($orderId: ID!, $input: UpdateOrderInput!) {
      setDraftOrderCustomFields(orderId: $orderId, input: $input) { ...Whole }
    }
    ${ORDER}`,
    {
      orderId: draftId,
      input: {
        id: draftId,
        customFields: {
          trestleOrderId: order.orderId,
          trestleNumber: order.number,
          trestlePlacedAt: order.placedAt,
          trestleFlag: order.flag,
        },
      },
    },
  );
  return named;
}

async function namelessDraft(api: AdminApi, shop: Shop): Promise<string | null> {
  const { orders } = await api.request<{
    orders: {
      items: {
        id: string;
        customer: { id: string } | null;
        lines: { id: string }[];
        history: { items: { administrator: { id: string } | null }[] };
      }[];
    };
  }>(
    `query {
      orders(options: { filter: { state: { eq: "Draft" }, trestleOrderId: { isNull: true } }, take: 100 }) {
        items { id customer { id } lines { id } history(options: { take: 1 }) { items { administrator { id } } } }
      }
    }`,
  );
  const own = orders.items.find(
    ({ customer, lines, history }) =>
      customer === null && lines.length === 0 && history.items[0]?.administrator?.id === shop.administratorId,
  );
  return own?.id ?? null;
}

/** Adds the first line that is missing, or takes away the first that should not be so. Null when all are right. */
async function mendLine(
  api: AdminApi,
  shop: Shop,
  found: ShopOrder,
  wanted: readonly ShopLine[],
  variants: ReadonlyMap<string, string>,
  { noStock, remarks }: { readonly noStock: Set<string>; readonly remarks: Set<string> },
): Promise<ShopOrder | null> {
  const held = new Map(found.lines.map((line) => [line.customFields.trestleLine, line]));
  for (const line of found.lines) {
    const want = wanted.find(({ key }) => key === line.customFields.trestleLine);
    if (want?.quantity !== line.quantity || want.unitPriceMinor !== line.unitPriceWithTax) {
      return removeLine(api, found.id, line.id);
    }
    if (line.productVariant.id === shop.standInVariantId) remarks.add(standInRemark(want, variants));
  }
  const missing = wanted.find(({ key }) => !held.has(key));
  if (!missing) return null;
  const own = noStock.has(missing.key) ? undefined : variants.get(missing.sku);
  const outcome = await addLine(api, found.id, missing, own ?? shop.standInVariantId);
  if (!('errorCode' in outcome)) return outcome;
  // What was sold at the stall is gone, whatever the shop believes to have: the sale stands, a person counts.
  if (outcome.errorCode !== 'INSUFFICIENT_STOCK_ERROR' || own === undefined) return changed<ShopOrder>(outcome);
  noStock.add(missing.key);
  return outcome.order;
}

function standInRemark({ sku, name }: ShopLine, variants: ReadonlyMap<string, string>): string {
  if (sku === '') return `"${name}" has no SKU.`;
  return variants.has(sku) ? `The shop has too few of ${sku} (${name}).` : `The shop does not sell ${sku} (${name}).`;
}

async function addLine(
  api: AdminApi,
  orderId: string,
  { key, text, quantity, unitPriceMinor, taxBasisPoints }: ShopLine,
  productVariantId: string,
): Promise<ShopOrder | { errorCode: string; message: string; order: ShopOrder }> {
  const { addItemToDraftOrder: outcome } = await api.request<{
    addItemToDraftOrder: ShopOrder | { errorCode: string; message: string; order: ShopOrder };
  }>(
    `mutation ($orderId: ID!, $input: AddItemToDraftOrderInput!) {
      addItemToDraftOrder(orderId: $orderId, input: $input) {
        ...Whole
        ... on ErrorResult { errorCode message }
        ... on InsufficientStockError { order { ...Whole } }
      }
    }
    ${ORDER}`,
    {
      orderId,
      input: {
        productVariantId,
        quantity,
        customFields: {
          trestleLine: key,
          trestleText: text,
          trestlePriceMinor: unitPriceMinor,
          trestleTaxBasisPoints: taxBasisPoints,
        },
      },
    },
  );
  return outcome;
}

async function removeLine(api: AdminApi, orderId: string, orderLineId: string): Promise<ShopOrder> {
  const { removeDraftOrderLine: outcome } = await api.request<{ removeDraftOrderLine: Outcome<ShopOrder> }>(
    `mutation ($orderId: ID!, $orderLineId: ID!) {
      removeDraftOrderLine(orderId: $orderId, orderLineId: $orderLineId) {
        ...Whole ... on ErrorResult { errorCode message }
      }
    }
    ${ORDER}`,
    { orderId, orderLineId },
  );
  return changed(outcome);
}

/** Gives a draft whose lines are right whatever it lacks to be paid. */
async function finishDraft(api: AdminApi, shop: Shop, found: ShopOrder, order: Order): Promise<ShopOrder> {
  if (found.customer === null) {
    const { setCustomerForDraftOrder: outcome } = await api.request<{ setCustomerForDraftOrder: Outcome<ShopOrder> }>(
      `mutation ($orderId: ID!, $input: CreateCustomerInput!) {
        setCustomerForDraftOrder(orderId: $orderId, input: $input) { ...Whole ... on ErrorResult { errorCode message } }
      }
      ${ORDER}`,
      { orderId: found.id, input: CUSTOMER },
    );
    return changed(outcome);
  }
  if (found.shippingLines.length === 0) {
    const { setDraftOrderShippingMethod: outcome } = await api.request<{
      setDraftOrderShippingMethod: Outcome<ShopOrder>;
    }>(
      `mutation ($orderId: ID!, $methodId: ID!) {
        setDraftOrderShippingMethod(orderId: $orderId, shippingMethodId: $methodId) {
          ...Whole ... on ErrorResult { errorCode message }
        }
      }
      ${ORDER}`,
      { orderId: found.id, methodId: shop.shippingMethodId },
    );
    return changed(outcome);
  }
  if (found.totalWithTax !== order.totalMinor) {
    throw new VendureError(
      'refused',
      `The shop makes ${found.totalWithTax} of order ${order.number}, which came to ${order.totalMinor}: ` +
        `is resources/vendure/trestle.cjs in its configuration, and does a promotion apply by itself?`,
    );
  }
  return transition(api, found.id, 'ArrangingPayment');
}

async function transition(api: AdminApi, id: string, state: string): Promise<ShopOrder> {
  const { transitionOrderToState: outcome } = await api.request<{ transitionOrderToState: Outcome<ShopOrder> | null }>(
    `mutation ($id: ID!, $state: String!) {
      transitionOrderToState(id: $id, state: $state) {
        ...Whole
        ... on OrderStateTransitionError { errorCode message transitionError }
      }
    }
    ${ORDER}`,
    { id, state },
  );
  if (outcome === null) throw new VendureError('refused', `The shop has no order ${id} any more.`);
  if ('transitionError' in outcome) {
    throw new VendureError('refused', `The shop refused: ${String(outcome.transitionError)}`);
  }
  return changed(outcome);
}

/** One payment for what is due; how it was paid at the till, and what a coin's rounding added, stands in its metadata. */
async function pay(api: AdminApi, found: ShopOrder, order: Order): Promise<ShopOrder> {
  if (order.totalMinor === 0) return transition(api, found.id, 'PaymentSettled');
  const taken = order.tenders.filter(({ state }) => state === 'approved');
  const kinds = [...new Set(taken.map(({ kind }) => kind))];
  const { addManualPaymentToOrder: outcome } = await api.request<{ addManualPaymentToOrder: Outcome<ShopOrder> }>(
    `mutation ($input: ManualPaymentInput!) {
      addManualPaymentToOrder(input: $input) { ...Whole ... on ErrorResult { errorCode message } }
    }
    ${ORDER}`,
    {
      input: {
        orderId: found.id,
        method: kinds.length === 1 ? `stall-${kinds[0]}` : 'stall-split',
        transactionId: order.number,
        metadata: {
          tenders: taken.map((tender) =>
            tender.kind === 'cash'
              ? { kind: 'cash', amountMinor: tender.amountMinor }
              : {
                  kind: 'card',
                  amountMinor: tender.amountMinor,
                  provider: tender.provider,
                  reference: tender.reference,
                },
          ),
          roundingMinor: order.roundingMinor,
        },
      },
    },
  );
  return changed(outcome);
}

/** The goods left with the shopper: all of them at once, sent and arrived. */
async function handOver(api: AdminApi, found: ShopOrder): Promise<ShopOrder> {
  const open = found.fulfillments?.find(({ state }) => state === 'Pending' || state === 'Shipped');
  if (open) {
    const { transitionFulfillmentToState: outcome } = await api.request<{
      transitionFulfillmentToState: Outcome<{ orders: ShopOrder[] }>;
    }>(
      `mutation ($id: ID!, $state: String!) {
        transitionFulfillmentToState(id: $id, state: $state) {
          ... on Fulfillment { id }
          ... on ErrorResult { errorCode message }
        }
      }`,
      { id: open.id, state: open.state === 'Pending' ? 'Shipped' : 'Delivered' },
    );
    changed(outcome);
  } else {
    const { addFulfillmentToOrder: outcome } = await api.request<{ addFulfillmentToOrder: Outcome<{ id: string }> }>(
      `mutation ($input: FulfillOrderInput!) {
        addFulfillmentToOrder(input: $input) { ... on Fulfillment { id } ... on ErrorResult { errorCode message } }
      }`,
      {
        input: {
          lines: found.lines.map(({ id, quantity }) => ({ orderLineId: id, quantity })),
          handler: {
            code: 'manual-fulfillment',
            arguments: [
              { name: 'method', value: 'Handed over at the stall' },
              { name: 'trackingCode', value: '' },
            ],
          },
        },
      },
    );
    changed(outcome);
  }
  return orderById(api, found.id);
}

async function orderById(api: AdminApi, id: string): Promise<ShopOrder> {
  const { order } = await api.request<{ order: ShopOrder | null }>(
    `query ($id: ID!) { order(id: $id) { ...Whole } } ${ORDER}`,
    { id },
  );
  if (order === null) throw new VendureError('refused', `The shop has no order ${id} any more.`);
  return order;
}
