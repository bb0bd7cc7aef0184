import type { Item, Variant } from '../../domain/catalogue';
import { dateWarning, labelDates, labelPrice, weightGrams, type DateWarning } from '../../domain/gs1/measures';
import { readLabel } from '../../domain/label';
import { localDay } from '../../domain/local-day';
import { rulesAbout } from '../../domain/pricing/book';
import { meetsConditions } from '../../domain/pricing/price';
import { readCode, type ScannedGoods } from '../../domain/scanned-code';
import type { CallInput, CallOutput, DropView, Tile, TopicState } from '../../shared/contract';
import { CallFailure, unwrap } from './call-failure';
import type { CoreContext } from './core-context';
import type { HoldService } from './hold-service';
import type { PricingService } from './pricing-service';

/** What a code names: a receipt of ours, or a variant with what its label says. */
export type CodeMeaning =
  | { readonly kind: 'receipt'; readonly number: string }
  | VariantMeaning
  /** Well formed, but nothing here goes by it. */
  | { readonly kind: 'unknown'; readonly code: string };

interface VariantMeaning {
  readonly kind: 'variant';
  readonly item: Item;
  readonly variant: Variant;
  /** Whole grams, of goods sold by weight only. */
  readonly weightGrams: number | null;
  readonly amountMinor: number | null;
  /** What a day on the label gives to say. */
  readonly dateWarning: DateWarning | null;
}

/** Reads the catalogue for the grid, the search field and the scanner. */
export class CatalogueService {
  readonly #core: CoreContext;
  readonly #prices: PricingService;

  readonly #holds: () => Pick<HoldService, 'heldByItem' | 'heldFrom'>;
  readonly #drops: () => readonly DropView[];

  /** @param holds asked for late, since the services need each other */
  constructor(
    core: CoreContext,
    prices: PricingService,
    holds: () => Pick<HoldService, 'heldByItem' | 'heldFrom'>,
    drops: () => readonly DropView[],
  ) {
    this.#core = core;
    this.#prices = prices;
    this.#holds = holds;
    this.#drops = drops;
  }

  items(input: CallInput<'catalogue.items'>): CallOutput<'catalogue.items'> {
    const { total, tiles } = this.#core.store.catalogue.tiles(input);
    return { version: this.version(), total, tiles: this.#asShown(tiles) };
  }

  search({ text, limit }: CallInput<'catalogue.search'>): CallOutput<'catalogue.search'> {
    return { tiles: this.#asShown(this.#core.store.catalogue.search(text, limit)) };
  }

  /** One item as the grid shows it, or null when it is not in the catalogue. */
  tile(itemId: string): Tile | null {
    const tile = this.#core.store.catalogue.tile(itemId);
    return tile && (this.#asShown([tile])[0] ?? null);
  }

  /** Tiles with what this till may sell of divided stock and what is held, at the prices of now. */
  #asShown(tiles: Tile[]): Tile[] {
    const held = this.#holds().heldByItem();
    const running = this.#drops().filter(({ phase, left }) => phase === 'running' && left !== 0);
    return this.#withShares(tiles).map((tile) => {
      const shown = this.#priced(tile);
      const pieces = held.get(tile.itemId);
      const drop = running.length === 0 ? undefined : this.#dropOf(tile, running);
      return { ...shown, ...(pieces !== undefined && { held: pieces }), ...(drop && { dropId: drop.dropId }) };
    });
  }

  /** The drop that makes the price of an item. */
  #dropOf({ itemId, variantId }: Tile, running: readonly DropView[]): DropView | undefined {
    const { units, offers } = this.#prices.current();
    for (const id of variantId === null ? this.#variantsOf(itemId) : [variantId]) {
      const subject = this.#prices.subject(id);
      if (!subject) continue;
      const dropIds = [...rulesAbout(units, subject), ...rulesAbout(offers, subject)].flatMap((on) =>
        on.rule.origin === 'drop' && !on.lingers && meetsConditions(on, subject, 'everyone') ? [on.rule.originId] : [],
      );
      const drop = running.find(({ dropId }) => dropIds.includes(dropId));
      if (drop) return drop;
    }
    return undefined;
  }

  #variantsOf(itemId: string): string[] {
    return this.#core.store.catalogue.item(itemId)?.variants.map(({ variantId }) => variantId) ?? [];
  }

  /** A tile at the prices of now. Where no rule has a say it is the tile as it was. */
  #priced(tile: Tile): Tile {
    const ofItem = tile.variantId === null ? null : [tile.variantId];
    if (this.#prices.isOrdinary(tile, ofItem)) return tile;
    const prices = (ofItem ?? this.#variantsOf(tile.itemId)).flatMap(
      (variantId) => this.#prices.shown(variantId) ?? [],
    );
    const [cheapest] = prices.toSorted((one, other) => one.unitPriceMinor - other.unitPriceMinor);
    if (cheapest === undefined) return tile;
    return {
      ...tile,
      priceMinor: cheapest.unitPriceMinor,
      priceVaries: prices.some(({ unitPriceMinor }) => unitPriceMinor !== cheapest.unitPriceMinor),
      ...(cheapest.wasMinor !== null && { wasMinor: cheapest.wasMinor }),
      ...(prices.some(({ mustAsk }) => mustAsk) && { mustAsk: true }),
    };
  }

  item({ itemId }: CallInput<'catalogue.item'>): Item {
    const item = this.#core.store.catalogue.item(itemId);
    if (!item) throw new CallFailure('unknown-item');
    return item;
  }

  lookup({ code }: CallInput<'catalogue.lookup'>): CallOutput<'catalogue.lookup'> {
    const meaning = this.readAny(code);
    if (meaning.kind !== 'variant') return null;
    const { item, variant, weightGrams, amountMinor } = meaning;
    return { item, variantId: variant.variantId, quantity: weightGrams, amountMinor };
  }

  /**
   * What a scanned or typed code means. A code the catalogue knows as it stands wins over a label layout it also fits:
   * sellers print shop codes in the ranges that labels use. So it does over what is wrong with it as a label.
   * @throws {CallFailure} `too-long`, `malformed-code`, `bad-label`, `hold-code` or `coupon-code`
   */
  readAny(raw: string): CodeMeaning {
    const { catalogue } = this.#core.store;
    const code = unwrap(readCode(raw));
    if (code.kind === 'receipt') return { kind: 'receipt', number: code.number };
    if (code.kind === 'hold') throw new CallFailure('hold-code');
    const found = catalogue.lookup(code.candidates);
    if (found) return { kind: 'variant', ...found, ...this.#saidBy(code, found.variant) };
    if (code.kind === 'element-string' || code.kind === 'digital-link') {
      if (code.problem !== null) throw new CallFailure('bad-label');
      return { kind: 'unknown', code: code.code };
    }
    const label = unwrap(readLabel(code.code, this.#core.stall.labelRules));
    const labelled = label && catalogue.byItemNumber(label.itemNumber);
    if (label && labelled) {
      const { amountMinor } = label;
      const grams = labelled.variant.pricing === 'kg' ? label.weightGrams : null;
      return { kind: 'variant', ...labelled, weightGrams: grams, amountMinor, dateWarning: null };
    }
    if (code.kind === 'coupon') {
      throw new CallFailure('coupon-code');
    }
    return { kind: 'unknown', code: code.code };
  }

  /**
   * Weight, price and dates of a GS1 label. Something missing beside its elements stops no sale: it may stand in another
   * symbol on the goods.
   * @throws {CallFailure} `bad-label` when its weight or price cannot be charged
   */
  #saidBy(
    { elements }: ScannedGoods,
    { pricing }: Variant,
  ): Pick<VariantMeaning, 'weightGrams' | 'amountMinor' | 'dateWarning'> {
    if (elements === null) return { weightGrams: null, amountMinor: null, dateWarning: null };
    const { currency, timeZone } = this.#core.stall;
    const today = localDay(this.#core.now(), timeZone);
    const grams = pricing === 'kg' ? weightGrams(elements) : null;
    const price = labelPrice(elements, currency);
    if (grams !== null && Math.round(grams) === 0) {
      throw new CallFailure('bad-label', { details: { reason: 'label-without-weight' } });
    }
    if (price !== null && price.currency !== currency) {
      const details = { reason: 'label-other-currency', labelled: price.currency, own: currency } as const;
      throw new CallFailure('bad-label', { details });
    }
    if (price !== null && !price.amountMinor) {
      throw new CallFailure('bad-label', { details: { reason: 'label-without-price' } });
    }
    return {
      weightGrams: grams === null ? null : Math.round(grams),
      amountMinor: price?.amountMinor ?? null,
      dateWarning: dateWarning(labelDates(elements, Number(today.slice(0, 4))), today),
    };
  }

  state(): TopicState<'catalogue'> {
    const { catalogue } = this.#core.store;
    const counts = new Map(catalogue.categories().map(({ name, itemCount }) => [name, itemCount]));
    const listed = this.#core.stall.categories.map(({ name, icon }) => ({
      name,
      icon,
      itemCount: counts.get(name) ?? 0,
    }));
    for (const { name } of listed) counts.delete(name);
    // Categories that came with an import and have no place on the rail yet stand after the others.
    const others = [...counts].map(([name, itemCount]) => ({ name, icon: '', itemCount }));
    return { version: this.version(), itemCount: catalogue.itemCount(), categories: [...listed, ...others] };
  }

  /** Says on the tiles of what is divided among tills what this one may still sell. */
  #withShares(tiles: Tile[]): Tile[] {
    const { catalogue, shares } = this.#core.store;
    const divided = new Set(shares.divided().map(({ itemId }) => itemId));
    if (divided.size === 0) return tiles;
    return tiles.map((tile) => {
      const item = divided.has(tile.itemId) ? catalogue.item(tile.itemId) : null;
      // Of variants that nobody divided or counts there is no telling.
      const lefts =
        item?.variants.map(({ variantId, stock }) => {
          const share = shares.left(tile.itemId, variantId);
          return share === null ? stock : share - this.#holds().heldFrom(variantId);
        }) ?? [];
      const isTold = lefts.length > 0 && lefts.every((left) => left !== null);
      return isTold ? { ...tile, share: lefts.reduce((sum, left) => sum + Math.max(0, left), 0) } : tile;
    });
  }

  /** Grows with what tiles show. Every sale changes what is left, and rules what it costs: both age what screens hold of the catalogue as an edit does. */
  version(): number {
    const { store } = this.#core;
    return store.catalogue.version() + store.nextOrderSequence() + this.#prices.epoch;
  }
}
