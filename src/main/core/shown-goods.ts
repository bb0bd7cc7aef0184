import type { Item, Variant } from '../../domain/catalogue';
import type { LineOffer, PriceTrace } from '../../domain/pricing/trace';
import type { CallInput, CallOutput, CheckedItem, DropView, ShownItem, ShownReason, Tile } from '../../shared/contract';
import { CallFailure } from './call-failure';
import type { CatalogueService } from './catalogue-service';
import type { CoreContext } from './core-context';
import type { PricingService } from './pricing-service';
import { ShownDeals } from './shown-deals';

export interface ShownGoodsOptions {
  readonly catalogue: CatalogueService;
  readonly prices: PricingService;
  readonly drops: () => readonly DropView[];
  /** Items that are bought with one more often than chance has it, the likeliest first. */
  readonly companions: (itemId: string) => readonly string[];
  /** What of an item can be held, and on what terms. */
  readonly holdOffer: (itemId: string) => CallOutput<'hold.offer'>;
  /** Where shoppers ask for a hold, without a slash at the end; null while they cannot. */
  readonly holdAddress: () => string | null;
}

/** The goods as anybody may see them: what a display, a price checker and a page for shoppers show. */
export class ShownGoods {
  readonly #core: CoreContext;
  readonly #catalogue: CatalogueService;
  readonly #prices: PricingService;
  readonly #drops: () => readonly DropView[];
  readonly #holds: {
    readonly offer: ShownGoodsOptions['holdOffer'];
    readonly address: ShownGoodsOptions['holdAddress'];
  };
  readonly #deals: ShownDeals;

  constructor(core: CoreContext, options: ShownGoodsOptions) {
    const { catalogue, prices, drops, companions, holdOffer, holdAddress } = options;
    this.#core = core;
    this.#catalogue = catalogue;
    this.#prices = prices;
    this.#drops = drops;
    this.#holds = { offer: holdOffer, address: holdAddress };
    this.#deals = new ShownDeals({
      prices,
      companions,
      item: (itemId) => this.item(itemId),
      left: (item, variant) => this.#left(item, variant),
    });
  }

  list({ text, ...input }: CallInput<'display.goods'>): CallOutput<'display.goods'> {
    if (text !== undefined && text.trim() !== '') {
      const { tiles } = this.#catalogue.search({ text, limit: input.limit });
      const { version } = this.#catalogue.state();
      return { version, total: tiles.length, items: tiles.map((tile) => this.#shown(tile)) };
    }
    const { version, total, tiles } = this.#catalogue.items(input);
    return { version, total, items: tiles.map((tile) => this.#shown(tile)) };
  }

  look(input: CallInput<'display.look'>): CallOutput<'display.look'> {
    const found = 'code' in input ? this.#byCode(input.code) : this.#byId(input.itemId);
    return found && this.#checked(found.item, found.label);
  }

  /** The offers that an item counts towards. */
  offers(itemId: string): CheckedItem['offers'] {
    return this.#deals.offers(this.#core.store.catalogue.item(itemId)?.variants ?? []);
  }

  /** An item with the prices of now, or null when it is not in the catalogue. */
  item(itemId: string): ShownItem | null {
    const tile = this.#catalogue.tile(itemId);
    return tile && this.#shown(tile);
  }

  #byId(itemId: string): { readonly item: Item; readonly label: CheckedItem['label'] } | null {
    const item = this.#core.store.catalogue.item(itemId);
    return item && { item, label: null };
  }

  /** What a shopper scans may be anything: whatever is no label of goods is nothing here. */
  #byCode(code: string): { readonly item: Item; readonly label: CheckedItem['label'] } | null {
    try {
      const meaning = this.#catalogue.readAny(code);
      if (meaning.kind !== 'variant') return null;
      const { item, variant, weightGrams: grams, amountMinor } = meaning;
      return { item, label: { variantId: variant.variantId, grams, amountMinor } };
    } catch (error) {
      if (error instanceof CallFailure) return null;
      throw error;
    }
  }

  #checked(item: Item, label: CheckedItem['label']): CheckedItem | null {
    const shown = this.item(item.itemId);
    if (!shown) return null;
    const priced = item.variants.flatMap((variant) => {
      const price = this.#prices.shown(variant.variantId);
      return price ? [{ variant, price }] : [];
    });
    const steps = new Map(
      priced.map(({ variant }) => [variant.variantId, this.#deals.steps(item, variant, this.#left(item, variant))]),
    );
    const goesWith = this.#deals.goesWith(item, label?.variantId ?? null);
    const told = new Set([...steps.values(), ...goesWith].flatMap(({ ruleIds }) => ruleIds));
    return {
      item: shown,
      description: item.description,
      label,
      variants: priced.map(({ variant, price }) => ({
        variantId: variant.variantId,
        name: variant.name,
        pricing: variant.pricing,
        priceMinor: price.unitPriceMinor,
        wasMinor: price.wasMinor,
        mustAsk: price.mustAsk,
        left: this.#left(item, variant),
        reasons: shownReasons(price, (ruleId) => this.#deals.until(ruleId)),
        lastKnownAt: lastKnownAt(price.trace),
        steps: steps.get(variant.variantId)?.shown ?? [],
      })),
      offers: this.#deals.offers(item.variants, told),
      goesWith: goesWith.map(({ shown }) => shown),
      hold: this.#hold(item),
    };
  }

  #hold({ itemId }: Item): CheckedItem['hold'] {
    const address = this.#holds.address();
    if (address === null) return null;
    const { isOn, minutes, variants } = this.#holds.offer(itemId);
    const variantIds = variants.flatMap(({ variantId, available }) =>
      available === null || available > 0 ? [variantId] : [],
    );
    if (!isOn || variantIds.length === 0) return null;
    return { url: `${address}/h/${encodeURIComponent(itemId)}`, minutes, variantIds };
  }

  #left({ itemId }: Item, { variantId, stock }: Variant): number | null {
    const left = this.#core.store.shares.left(itemId, variantId) ?? stock;
    return left === null ? null : Math.max(0, left);
  }

  #shown(tile: Tile): ShownItem {
    const { itemId, name, category, photo, backdrop, pricing, priceMinor, priceVaries, wasMinor, mustAsk } = tile;
    const left = tile.share ?? tile.stock;
    return {
      itemId,
      name,
      category,
      photo,
      backdrop,
      pricing,
      priceMinor,
      priceVaries,
      ...(wasMinor !== undefined && { wasMinor }),
      ...(mustAsk && { mustAsk }),
      left: left === null ? null : Math.max(0, left),
      drop: this.#dropOf(tile, left),
    };
  }

  #dropOf({ dropId, pricing }: Tile, left: number | null): ShownItem['drop'] {
    const drop = dropId === undefined ? undefined : this.#drops().find((one) => one.dropId === dropId);
    if (!drop) return null;
    // Nobody is told of more pieces at a price than there are on the table.
    const most = pricing === 'each' && left !== null ? Math.max(0, left) : Number.POSITIVE_INFINITY;
    const dropLeft = drop.left === null ? null : Math.min(drop.left, most);
    return { name: drop.name, from: drop.startsAt, until: drop.overAt, left: dropLeft };
  }
}

/**
 * Why a price is what it is, as far as it is the shopper's business.
 * @param until when a rule ends, where that is to be told
 */
export function shownReasons(
  {
    trace,
    offers = [],
  }: {
    readonly trace?: PriceTrace | undefined;
    readonly offers?: readonly LineOffer[] | undefined;
  },
  until: (ruleId: string) => Pick<ShownReason, 'until'> = () => ({}),
): ShownReason[] {
  const reasons: ShownReason[] = [];
  for (const step of trace?.steps ?? []) {
    if (step.kind === 'grace') reasons.push({ kind: 'kept', name: '' });
    // A price that a test shows is a price like any other; what it cost and how far it may go is nobody's business.
    if (step.kind !== 'rule' || step.origin === 'test') continue;
    reasons.push({ kind: step.origin === 'drop' ? 'drop' : 'rule', name: step.name, ...until(step.ruleId) });
  }
  for (const { origin, name } of offers) {
    if (origin !== 'test') reasons.push({ kind: origin === 'drop' ? 'drop' : 'offer', name });
  }
  return reasons.filter(
    ({ kind, name }, index) => reasons.findIndex((one) => one.kind === kind && one.name === name) === index,
  );
}

/** When a feed said so, of a price that is not fresh any more. */
function lastKnownAt({ base }: PriceTrace): string | null {
  return base.source === 'feed' && base.freshness !== 'fresh' ? base.observedAt : null;
}
