import { checkItem, fullName, type Item, type Variant } from '../../domain/catalogue';
import type { Minor } from '../../domain/money';
import { readCode } from '../../domain/scanned-code';
import type { EntryBody, EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput } from '../../shared/contract';
import { backdropOfCategory } from '../import/backdrop';
import { handleFrom } from '../import/cells';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import { requireStaff, type CoreContext } from './core-context';
import type { CatalogueImporter } from './import-service';
import { findPhoto } from './photos';

type TypedItem = CallInput<'catalogue.put-item'>;
type TypedVariant = TypedItem['variants'][number];
type PriceCause = EntryBody<'price.changed'>['cause'];

/** Adds, changes and takes off goods one by one, as a person does at the till. */
export class GoodsService {
  readonly #core: CoreContext;
  readonly #importer: Pick<CatalogueImporter, 'keepPhoto'>;
  readonly #dataDir: string;
  readonly #onChanged: () => void;

  /** @param onChanged hears that goods are others than they were */
  constructor(
    core: CoreContext,
    importer: Pick<CatalogueImporter, 'keepPhoto'>,
    dataDir: string,
    onChanged: () => void,
  ) {
    this.#onChanged = onChanged;
    this.#core = core;
    this.#importer = importer;
    this.#dataDir = dataDir;
  }

  putItem(input: TypedItem, context: CallContext): CallOutput<'catalogue.put-item'> {
    const before = input.itemId === null ? null : this.#item(input.itemId);
    const item = checkedItem(this.#merged(input, before));
    this.#refuseTakenCodes(item);
    return this.#put(before, item, { kind: 'catalogue', ids: [] }, context);
  }

  /** Gives variants of an item another price in the catalogue, for the cause that the price log names. */
  setPrice(
    { itemId, variantIds, priceMinor }: { itemId: string; variantIds: readonly string[]; priceMinor: Minor },
    cause: PriceCause,
    context: CallContext,
  ): void {
    const before = this.#item(itemId);
    const variants = before.variants.map((variant) =>
      variantIds.includes(variant.variantId) ? { ...variant, priceMinor } : variant,
    );
    this.#put(before, checkedItem({ ...before, variants }), cause, context);
  }

  #put(
    before: Item | null,
    item: Item,
    cause: PriceCause,
    { requestId, staffId }: CallContext,
  ): CallOutput<'catalogue.put-item'> {
    const result = { itemId: item.itemId };
    this.#core.store.commit({
      requestId,
      actor: requireStaff(staffId),
      drafts: [{ kind: 'catalogue.items-put', body: { items: [item] } }, ...this.#priceChange(before, item, cause)],
      result,
    });
    this.#core.topics.mark('catalogue');
    this.#onChanged();
    return result;
  }

  /** Takes an item off the stall. What was sold of it stays sold, and what is in a cart stays there. */
  removeItem(
    { itemId }: CallInput<'catalogue.remove-item'>,
    { requestId, staffId }: CallContext,
  ): Record<string, never> {
    this.#item(itemId);
    this.#core.store.commit({
      requestId,
      actor: requireStaff(staffId),
      drafts: [{ kind: 'catalogue.items-removed', body: { itemIds: [itemId] } }],
      result: {},
    });
    this.#core.topics.mark('catalogue');
    this.#onChanged();
    return {};
  }

  /** What a change of an item's own prices says in the price log. */
  #priceChange(before: Item | null, item: Item, cause: PriceCause): EntryDraft[] {
    const { itemId } = item;
    const changes = item.variants.flatMap((variant) => {
      const beforeMinor = before?.variants.find(({ variantId }) => variantId === variant.variantId)?.priceMinor;
      const { variantId, priceMinor: afterMinor } = variant;
      if (beforeMinor === undefined || beforeMinor === afterMinor) return [];
      return [{ itemId, variantId, name: fullName(item, variant), beforeMinor, afterMinor }];
    });
    if (changes.length === 0) return [];
    const at = this.#core.now().toISOString();
    return [{ kind: 'price.changed', body: { cause, at, count: changes.length, changes } }];
  }

  /** Keeps a photo for an item that will be put with it. */
  async addPhoto({ base64 }: CallInput<'catalogue.add-photo'>): Promise<CallOutput<'catalogue.add-photo'>> {
    const { sha, backdrop } = await this.#importer.keepPhoto(Buffer.from(base64, 'base64'));
    return { photo: sha, backdrop };
  }

  #item(itemId: string): Item {
    const item = this.#core.store.catalogue.item(itemId);
    if (!item) throw new CallFailure('unknown-item');
    return item;
  }

  /** The item as typed, with what only the till knows: ids, its handle, and stock that nobody counted anew. */
  #merged(input: TypedItem, before: Item | null): Item {
    const { name, category, description, photo, backdrop } = input;
    if (photo !== null && findPhoto(this.#dataDir, photo) === null) {
      throw new CallFailure('bad-photo', 'That photo is not on this till. Choose it again.');
    }
    return {
      itemId: before?.itemId ?? this.#core.newId(),
      handle: before?.handle ?? this.#newHandle(name),
      name,
      category,
      description,
      photo,
      backdrop: backdrop ?? backdropOfCategory(category),
      variants: input.variants.map((typed) => this.#mergedVariant(typed, before)),
    };
  }

  #mergedVariant({ variantId, stock, ...typed }: TypedVariant, before: Item | null): Variant {
    const known = variantId === null ? null : before?.variants.find((one) => one.variantId === variantId);
    if (known === undefined) {
      throw new CallFailure('unknown-item');
    }
    if (!this.#core.stall.taxRates.some(({ id }) => id === typed.taxRateId)) {
      throw new CallFailure('unknown-tax-rate');
    }
    return {
      ...typed,
      variantId: known?.variantId ?? this.#core.newId(),
      // As it is now: something may have been sold since the item was looked at.
      stock: stock === undefined ? (known?.stock ?? null) : stock,
    };
  }

  #newHandle(name: string): string {
    const stem = handleFrom(name).slice(0, 190) || 'item';
    let handle = stem;
    for (let count = 2; this.#core.store.catalogue.itemByHandle(handle) !== null; count += 1)
      handle = `${stem}-${count}`;
    return handle;
  }

  /** A code names one thing of the stall, however a scanner spells it. */
  #refuseTakenCodes({ itemId, variants }: Item): void {
    for (const code of variants.flatMap(({ barcodes, sku }) => (sku === '' ? barcodes : [...barcodes, sku]))) {
      const read = readCode(code);
      if (read.ok && (read.value.kind === 'receipt' || read.value.kind === 'hold')) {
        throw new CallFailure('bad-item', `“${code}” is a code of the till itself. Scan the label of the item.`);
      }
      const candidates = read.ok && 'candidates' in read.value ? read.value.candidates : [code];
      const taken = this.#core.store.catalogue.lookup(candidates);
      if (!taken || taken.item.itemId === itemId) continue;
      throw new CallFailure('code-taken', {
        details: { reason: 'code-of-goods', code, name: fullName(taken.item, taken.variant) },
      });
    }
  }
}

function checkedItem(item: Item): Item {
  const checked = checkItem(item);
  if (!checked.ok) throw new CallFailure('bad-item', checked.error.message);
  return checked.value;
}
