import { isDeepStrictEqual } from 'node:util';
import { fullName, type Backdrop, type Item, type TaxRate, type Variant } from '../../domain/catalogue';
import { backdropOfCategory } from './backdrop';
import { LONGEST } from './cells';
import type { ItemDraft, VariantDraft } from './draft';
import type { ColumnRole } from './formats/format';
import { quoted, type Problems } from './problems';

/** A catalogue's limit, from the schema of an item. */
export const VARIANTS_MOST = 200;

/** Category of new items whose file names none. */
export const NO_CATEGORY = 'Other';

/** The photo found for a draft. */
export interface DraftPhoto {
  /** SHA-256, hex, in the photo store. */
  readonly sha: string;
  /** Continues the photo beyond its edges; null when its border is transparent. */
  readonly backdrop: Backdrop | null;
}

export interface PlanContext {
  /** The catalogue as it is. */
  readonly existing: readonly Item[];
  readonly taxRates: readonly TaxRate[];
  /** Rate of new items whose file says no more than that they are taxed. */
  readonly defaultTaxRateId: string;
  readonly photoOf: (draft: ItemDraft) => DraftPhoto | null;
  readonly newId: () => string;
  /** What the file calls a column. */
  readonly columnName: (role: ColumnRole) => string;
  readonly problems: Problems;
}

/** What an import would do. */
export interface Plan {
  /** Items to write, whole, in the order of the file: the created and the updated ones. */
  readonly changed: readonly Item[];
  readonly createdCount: number;
  readonly updatedCount: number;
  readonly unchangedCount: number;
  readonly itemCount: number;
  readonly variantCount: number;
}

/**
 * Compares drafts with the catalogue. Items are matched by handle, else by SKU; variants by SKU, else by name, else by
 * barcode. Ids stay, fields the file does not speak of keep their value, and variants it does not name stay too.
 */
export function planImport(drafts: readonly ItemDraft[], context: PlanContext): Plan {
  const { problems, columnName } = context;
  const matches = matchItems(drafts, context);
  const handles = new Handles(context.existing, matches);
  const codes = new Codes(context);
  const changed: Item[] = [];
  let createdCount = 0;
  let variantCount = 0;
  for (const draft of drafts) {
    const before = matches.get(draft);
    if (draft.variants.length > VARIANTS_MOST) {
      problems.error(
        draft.line,
        columnName('variant'),
        'too-many-variants',
        `${quoted(draft.name ?? '')} has ${draft.variants.length} variants: an item can have ${VARIANTS_MOST}, make two items of it.`,
      );
      continue;
    }
    const item = mergeItem(draft, before, handles.of(draft, before), context);
    codes.claim(item, draft);
    variantCount += draft.variants.length;
    if (before === undefined) createdCount += 1;
    if (before === undefined || !isDeepStrictEqual(item.item, before)) changed.push(item.item);
  }
  codes.checkUntouched(matches);
  const updatedCount = changed.length - createdCount;
  return {
    changed,
    createdCount,
    updatedCount,
    unchangedCount: drafts.length - changed.length,
    itemCount: drafts.length,
    variantCount,
  };
}

/** Which item of the catalogue each draft is; each item is one draft's at most. */
function matchItems(drafts: readonly ItemDraft[], context: PlanContext): Map<ItemDraft, Item> {
  const byHandle = new Map(context.existing.map((item) => [item.handle, item]));
  const bySku = new Map<string, Item>();
  for (const item of context.existing) {
    for (const variant of item.variants) if (variant.sku !== '') bySku.set(variant.sku, item);
  }
  const matches = new Map<ItemDraft, Item>();
  const taken = new Set<Item>();
  const match = (draft: ItemDraft, item: Item | undefined) => {
    if (item === undefined || taken.has(item) || matches.has(draft)) return;
    matches.set(draft, item);
    taken.add(item);
  };
  const matchBySku = (draft: ItemDraft) => {
    const owners = new Set(draft.variants.flatMap(({ sku }) => (sku ? (bySku.get(sku) ?? []) : [])));
    if (owners.size === 1) match(draft, [...owners][0]);
  };
  for (const draft of drafts) if (draft.handleGiven) match(draft, byHandle.get(draft.handle));
  for (const draft of drafts) matchBySku(draft);
  for (const draft of drafts) match(draft, byHandle.get(draft.handle));
  return matches;
}

/** Gives every item a handle of its own. */
class Handles {
  private readonly taken = new Set<string>();

  constructor(existing: readonly Item[], matches: ReadonlyMap<ItemDraft, Item>) {
    for (const item of existing) this.taken.add(item.handle);
    for (const draft of matches.keys()) if (draft.handleGiven) this.taken.add(draft.handle);
  }

  of(draft: ItemDraft, before: Item | undefined): string {
    if (draft.handleGiven) {
      this.taken.add(draft.handle);
      return draft.handle;
    }
    if (before !== undefined) return before.handle;
    const stem = draft.handle === '' ? 'item' : draft.handle;
    let handle = stem;
    for (let count = 2; this.taken.has(handle); count += 1) {
      handle = `${stem.slice(0, LONGEST.handle - 8)}-${count}`;
    }
    this.taken.add(handle);
    return handle;
  }
}

interface Merged {
  readonly item: Item;
  /** Where each variant of the item stands in the file; null for one that only the catalogue has. */
  readonly drafts: readonly (VariantDraft | null)[];
}

function mergeItem(draft: ItemDraft, before: Item | undefined, handle: string, context: PlanContext): Merged {
  const { problems, columnName } = context;
  const name = draft.name ?? before?.name ?? '';
  if (name === '') {
    problems.error(draft.line, columnName('name'), 'empty-name', 'The item has no name: write one.');
  }
  const photo = context.photoOf(draft);
  const category = draft.category ?? before?.category ?? NO_CATEGORY;
  const { variants, drafts } = mergeVariants(draft, name, before, context);
  const item: Item = {
    itemId: before?.itemId ?? context.newId(),
    handle,
    name,
    category,
    description: draft.description ?? before?.description ?? '',
    photo: photo?.sha ?? before?.photo ?? null,
    backdrop: backdropOf(draft, before, photo) ?? backdropOfCategory(category),
    variants,
  };
  return { item, drafts };
}

/** A backdrop chosen by the seller stays; one taken from a photo goes with that photo. */
function backdropOf(draft: ItemDraft, before: Item | undefined, photo: DraftPhoto | null): Backdrop | null {
  if (draft.backdrop !== undefined) return draft.backdrop;
  if (photo !== null && photo.sha !== before?.photo && photo.backdrop !== null) return photo.backdrop;
  return before?.backdrop ?? null;
}

function mergeVariants(
  draft: ItemDraft,
  itemName: string,
  before: Item | undefined,
  context: PlanContext,
): { variants: Variant[]; drafts: (VariantDraft | null)[] } {
  checkNames(draft, context);
  const matches = matchVariants(draft.variants, before?.variants ?? []);
  const variants = draft.variants.map((variant) => mergeVariant(variant, itemName, matches.get(variant), context));
  const matched = new Set(matches.values());
  const kept = (before?.variants ?? []).filter((variant) => !matched.has(variant));
  if (kept.length > 0) {
    context.problems.warn(
      draft.line,
      context.columnName('variant'),
      'variants-kept',
      `${quoted(itemName)} keeps ${kept.length === 1 ? 'a variant' : `${kept.length} variants`} that the file does not name: ${kept
        .slice(0, 5)
        .map((variant) => quoted(variant.name || variant.sku))
        .join(', ')}.`,
    );
  }
  return { variants: [...variants, ...kept], drafts: [...draft.variants, ...kept.map(() => null)] };
}

function checkNames(draft: ItemDraft, { problems, columnName }: PlanContext): void {
  const lines = new Map<string, number>();
  for (const variant of draft.variants) {
    if (variant.name === '' && draft.variants.length > 1) {
      problems.error(
        variant.line,
        columnName('variant'),
        'unnamed-variant',
        `One of the ${draft.variants.length} variants of ${quoted(draft.name ?? '')} has no name: name each of them.`,
      );
      continue;
    }
    const key = variant.name.toLowerCase();
    const line = lines.get(key);
    if (line === undefined) lines.set(key, variant.line);
    else {
      problems.error(
        variant.line,
        columnName('variant'),
        'duplicate-variant',
        `${quoted(draft.name ?? '')} already has the variant ${quoted(variant.name)} in line ${line}: remove or rename one.`,
      );
    }
  }
}

function matchVariants(drafts: readonly VariantDraft[], before: readonly Variant[]): Map<VariantDraft, Variant> {
  const matches = new Map<VariantDraft, Variant>();
  const taken = new Set<Variant>();
  const matchBy = (is: (draft: VariantDraft, variant: Variant) => boolean) => {
    for (const draft of drafts) {
      if (matches.has(draft)) continue;
      const found = before.find((variant) => !taken.has(variant) && is(draft, variant));
      if (found === undefined) continue;
      matches.set(draft, found);
      taken.add(found);
    }
  };
  matchBy((draft, variant) => variant.sku !== '' && draft.sku === variant.sku);
  matchBy((draft, variant) => draft.name.toLowerCase() === variant.name.toLowerCase());
  matchBy((draft, variant) => draft.barcodes?.some((code) => variant.barcodes.includes(code)) ?? false);
  return matches;
}

function mergeVariant(
  draft: VariantDraft,
  itemName: string,
  before: Variant | undefined,
  context: PlanContext,
): Variant {
  const { problems, columnName } = context;
  const priceMinor = draft.priceMinor ?? before?.priceMinor;
  if (priceMinor === undefined) {
    problems.error(
      draft.line,
      columnName('price'),
      'missing-price',
      `${quoted(fullName({ name: itemName }, draft))} has no price: write one, 0.00 if it is free.`,
    );
  } else if (priceMinor === 0 && before?.priceMinor !== 0) {
    problems.warn(
      draft.line,
      columnName('price'),
      'free',
      `${quoted(fullName({ name: itemName }, draft))} will cost nothing.`,
    );
  }
  return {
    variantId: before?.variantId ?? context.newId(),
    name: draft.name,
    receiptName: draft.receiptName ?? before?.receiptName ?? '',
    sku: draft.sku ?? before?.sku ?? '',
    barcodes: draft.barcodes ?? before?.barcodes ?? [],
    pricing: draft.pricing ?? before?.pricing ?? 'each',
    priceMinor: priceMinor ?? 0,
    costMinor: draft.costMinor === undefined ? (before?.costMinor ?? null) : draft.costMinor,
    taxRateId: taxRateOf(draft, before, context),
    stock: draft.stock === undefined ? (before?.stock ?? null) : draft.stock,
  };
}

function taxRateOf(draft: VariantDraft, before: Variant | undefined, context: PlanContext): string {
  const { taxRates, defaultTaxRateId } = context;
  if (typeof draft.tax === 'object') return draft.tax.rateId;
  const current = taxRates.find((rate) => rate.id === before?.taxRateId);
  if (draft.tax === undefined) return current?.id ?? defaultTaxRateId;
  const wantsTax = draft.tax === 'taxed';
  // "Taxed" does not say at which rate: one that the seller chose here stays.
  if (current !== undefined && current.basisPoints > 0 === wantsTax) return current.id;
  if (wantsTax) return defaultTaxRateId;
  const zero = taxRates.find((rate) => rate.basisPoints === 0);
  if (zero !== undefined) return zero.id;
  context.problems.error(
    draft.line,
    context.columnName('tax'),
    'no-zero-rate',
    'This is sold without tax, and the stall has no rate of 0 %: add one first.',
  );
  return defaultTaxRateId;
}

interface Owner {
  readonly item: Item;
  readonly variant: Variant;
  readonly line: number;
}

/** Every SKU and every barcode names one variant of the stall. */
class Codes {
  private readonly skus = new Map<string, Owner>();
  private readonly barcodes = new Map<string, Owner>();
  /** Variants of the catalogue that stay as they are, checked when all of the file is known. */
  private readonly untouched: { item: Item; variant: Variant }[] = [];

  constructor(private readonly context: PlanContext) {}

  claim({ item, drafts }: Merged, draft: ItemDraft): void {
    item.variants.forEach((variant, index) => {
      const own = drafts[index];
      if (own === null) this.untouched.push({ item, variant });
      else this.claimAll({ item, variant, line: own?.line ?? draft.line });
    });
  }

  checkUntouched(matches: ReadonlyMap<ItemDraft, Item>): void {
    const matched = new Set(matches.values());
    const check = (item: Item, variant: Variant) => {
      this.tellTaken(this.skus.get(variant.sku), variant.sku, item, variant, 'sku');
      for (const code of variant.barcodes) this.tellTaken(this.barcodes.get(code), code, item, variant, 'barcode');
    };
    for (const { item, variant } of this.untouched) check(item, variant);
    for (const item of this.context.existing) {
      if (!matched.has(item)) for (const variant of item.variants) check(item, variant);
    }
  }

  private claimAll(owner: Owner): void {
    if (owner.variant.sku !== '') this.claimOne(this.skus, owner.variant.sku, owner, 'sku');
    for (const code of owner.variant.barcodes) this.claimOne(this.barcodes, code, owner, 'barcode');
  }

  private claimOne(owners: Map<string, Owner>, code: string, owner: Owner, role: 'sku' | 'barcode'): void {
    const first = owners.get(code);
    if (first === undefined) {
      owners.set(code, owner);
      return;
    }
    this.context.problems.error(
      owner.line,
      this.context.columnName(role),
      `duplicate-${role}`,
      `The ${role === 'sku' ? 'SKU' : 'barcode'} ${quoted(code)} already stands in line ${first.line} for ${quoted(fullName(first.item, first.variant))}: give each variant its own.`,
    );
  }

  private tellTaken(
    claimed: Owner | undefined,
    code: string,
    item: Item,
    variant: Variant,
    role: 'sku' | 'barcode',
  ): void {
    if (claimed === undefined || code === '') return;
    this.context.problems.error(
      claimed.line,
      this.context.columnName(role),
      `${role}-taken`,
      `The ${role === 'sku' ? 'SKU' : 'barcode'} ${quoted(code)} belongs to ${quoted(fullName(item, variant))} in the catalogue: change one of them.`,
    );
  }
}
