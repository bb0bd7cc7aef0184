import { readCode } from '../../domain/barcode';
import type { Item, Variant } from '../../domain/catalogue';
import { readLabel } from '../../domain/label';
import type { CallInput, CallOutput, TopicState } from '../../shared/contract';
import { CallFailure, unwrap } from './call-failure';
import type { CoreContext } from './core-context';

/** What a code names: a receipt of ours, or a variant with what its label says. */
export type CodeMeaning =
  | { readonly kind: 'receipt'; readonly number: string }
  | {
      readonly kind: 'variant';
      readonly item: Item;
      readonly variant: Variant;
      readonly weightGrams: number | null;
      readonly amountMinor: number | null;
    }
  /** Well formed, but nothing here goes by it. */
  | { readonly kind: 'unknown'; readonly code: string };

/** Reads the catalogue for the grid, the search field and the scanner. */
export class CatalogueService {
  readonly #core: CoreContext;

  constructor(core: CoreContext) {
    this.#core = core;
  }

  items(input: CallInput<'catalogue.items'>): CallOutput<'catalogue.items'> {
    const { catalogue } = this.#core.store;
    return { version: this.#version(), ...catalogue.tiles(input) };
  }

  search({ text, limit }: CallInput<'catalogue.search'>): CallOutput<'catalogue.search'> {
    return { tiles: this.#core.store.catalogue.search(text, limit) };
  }

  item({ itemId }: CallInput<'catalogue.item'>): Item {
    const item = this.#core.store.catalogue.item(itemId);
    if (!item) throw new CallFailure('unknown-item', 'That item is not in the catalogue any more.');
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
   * sellers print shop codes in the ranges that labels use.
   * @throws {CallFailure} `too-long`, `malformed-code` or `bad-label`
   */
  readAny(raw: string): CodeMeaning {
    const { catalogue } = this.#core.store;
    const code = unwrap(readCode(raw));
    if (code.kind === 'receipt') return { kind: 'receipt', number: code.number };
    const found = catalogue.lookup(code.candidates);
    if (found) return { kind: 'variant', ...found, weightGrams: null, amountMinor: null };
    const label = unwrap(readLabel(code.code, this.#core.stall.labelRules));
    const labelled = label && catalogue.byItemNumber(label.itemNumber);
    if (!label || !labelled) return { kind: 'unknown', code: code.code };
    return {
      kind: 'variant',
      ...labelled,
      weightGrams: label.weightGrams ?? null,
      amountMinor: label.amountMinor ?? null,
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
    return { version: this.#version(), itemCount: catalogue.itemCount(), categories: [...listed, ...others] };
  }

  /** Every sale changes what is left, so it ages what screens hold of the catalogue as much as an edit does. */
  #version(): number {
    const { catalogue, orders, device } = this.#core.store;
    return catalogue.version() + orders.nextSequence(device.deviceId) - 1;
  }
}
