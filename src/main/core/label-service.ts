import { setImmediate as nextTurn } from 'node:timers/promises';
import { fullName, type Item, type Variant } from '../../domain/catalogue';
import { formatMoney } from '../../domain/money';
import { labelsOnSheet, sheetCount, type LabelSheets } from '../../domain/label-sheet';
import { shelfLabelsDocument, type ShelfLabel } from '../../domain/shelf-label';
import { wallMs } from '../../journal/clock';
import type { EntryBody } from '../../journal/kinds';
import { MOST_SHEET_LABELS, type CallInput, type CallOutput } from '../../shared/contract';
import * as m from '../../shared/i18n/generated/messages';
import { receiptLocale } from '../../shared/receipt-words';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import type { CoreContext } from './core-context';
import type { DeviceService } from './device-service';
import type { JobService } from './job-service';
import type { PricingService } from './pricing-service';

/** Makes the file of label sheets, away from this thread. */
export type LabelSheetMaker = (sheets: LabelSheets) => Promise<Uint8Array>;

interface LabelHooks {
  readonly prices: PricingService;
  readonly devices: DeviceService;
  readonly jobs: JobService;
  /** Where codes lead shoppers' phones, without a slash at the end; null while they can reach nothing. */
  readonly shopAddress: () => string | null;
  readonly makeSheets: LabelSheetMaker;
}

type Said = EntryBody<'labels.printed'>['labels'][number];
type Wanted = Extract<CallInput<'label.sheet'>['which'], { readonly kind: 'chosen' }>['labels'][number];

/** So many goods are looked up between two turns, so that the till answers meanwhile. */
const SLICE_ITEMS = 100;
/** As many as one entry holds. */
const SLICE_LABELS = 200;
/** Bytes of a sheet's file that travel at once. */
const PART_BYTES = 256 * 1024;

/** Prints shelf labels at the prices of now, and knows which of those that hang say another price since. */
export class LabelService {
  readonly #core: CoreContext;
  readonly #hooks: LabelHooks;
  /** The file made last. */
  #file: { readonly sheetId: string; readonly bytes: Buffer } | null = null;

  constructor(core: CoreContext, hooks: LabelHooks) {
    this.#core = core;
    this.#hooks = hooks;
  }

  list(): CallOutput<'label.list'> {
    const labels = this.#core.store.shelfLabels.hanging().flatMap(({ variantId, priceMinor, at }) => {
      const found = this.#core.store.catalogue.variant(variantId);
      const now = this.#hooks.prices.shown(variantId);
      if (!found || now === null) return [];
      return [
        {
          itemId: found.item.itemId,
          variantId,
          name: fullName(found.item, found.variant),
          saysMinor: priceMinor,
          nowMinor: now.unitPriceMinor,
          printedAt: new Date(wallMs(at)).toISOString(),
        },
      ];
    });
    return { labels: labels.toSorted((one, other) => Number(isOld(other)) - Number(isOld(one))) };
  }

  print({ labels, code }: CallInput<'label.print'>, { requestId, staffId }: CallContext): CallOutput<'label.print'> {
    const made = labels.map(({ variantId, copies }) => ({ ...this.#made(variantId, code), copies }));
    const document = shelfLabelsDocument(
      made.flatMap(({ label, copies }) => Array.from({ length: copies }, () => label)),
      this.#core.stall.locale,
    );
    return this.#hooks.jobs.add({
      job: { kind: 'report', deviceId: this.#hooks.devices.requirePrinter(), reference: null, document },
      drafts: [{ kind: 'labels.printed', body: { labels: made.map(({ said }) => said) } }],
      requestId,
      staffId,
    });
  }

  async sheet(
    { which, code, sheet, startAt }: CallInput<'label.sheet'>,
    { requestId, staffId }: CallContext,
  ): Promise<CallOutput<'label.sheet'>> {
    if (startAt > labelsOnSheet(sheet)) {
      throw new CallFailure('bad-count', { details: { reason: 'sheet-labels', sheet, most: labelsOnSheet(sheet) } });
    }
    const wanted = which.kind === 'chosen' ? which.labels : await this.#wanted(which);
    const labelCount = wanted.reduce((sum, { copies }) => sum + copies, 0);
    if (labelCount > MOST_SHEET_LABELS) throw tooMany();
    const made: { readonly label: ShelfLabel; readonly copies: number; readonly said: Said }[] = [];
    for (const [index, { variantId, copies }] of wanted.entries()) {
      if (index % SLICE_ITEMS === SLICE_ITEMS - 1) await nextTurn();
      made.push({ ...this.#made(variantId, code), copies });
    }
    if (made.length === 0) throw new CallFailure('no-labels');
    const { locale, name } = this.#core.stall;
    const words = { locale: receiptLocale(this.#core.stall) };
    const place = { sheet, startAt };
    const labels = made.map(({ label, copies }) => ({ label, copies }));
    const bytes = await this.#hooks.makeSheets({
      ...place,
      title: m.shelf_sheet_title({ stall: name }, words),
      language: locale,
      labels,
    });
    const result = {
      sheetId: this.#core.newId(),
      byteCount: bytes.length,
      labelCount,
      pageCount: sheetCount(place, labelCount),
    };
    for (let from = 0; from < made.length; from += SLICE_LABELS) {
      const slice = made.slice(from, from + SLICE_LABELS).map(({ said }) => said);
      const drafts = [{ kind: 'labels.printed' as const, body: { labels: slice } }];
      const isLast = from + SLICE_LABELS >= made.length;
      if (from > 0) await nextTurn();
      this.#core.store.commit({ ...(isLast && { requestId }), actor: staffId, drafts, result: isLast ? result : null });
    }
    this.#file = { sheetId: result.sheetId, bytes: Buffer.from(bytes) };
    return result;
  }

  sheetPart({ sheetId, offset }: CallInput<'label.sheet-part'>): CallOutput<'label.sheet-part'> {
    if (this.#file?.sheetId !== sheetId) throw new CallFailure('unknown-sheet');
    const end = offset + PART_BYTES;
    const { bytes } = this.#file;
    return { base64: bytes.subarray(offset, end).toString('base64'), more: end < bytes.length };
  }

  takeDown({ variantIds }: CallInput<'label.take-down'>, { requestId, staffId }: CallContext): Record<string, never> {
    this.#core.store.commit({
      requestId,
      actor: staffId,
      drafts: [{ kind: 'labels.taken-down', body: { variantIds } }],
      result: {},
    });
    return {};
  }

  /** One label each of goods that nobody named one by one; what has no price of today is left out. */
  async #wanted(which: Exclude<CallInput<'label.sheet'>['which'], { readonly kind: 'chosen' }>): Promise<Wanted[]> {
    if (which.kind === 'old') return this.#priced(this.list().labels.filter(isOld));
    const { catalogue } = this.#core.store;
    const wanted: Wanted[] = [];
    for (let offset = 0; ; offset += SLICE_ITEMS) {
      const { tiles } = catalogue.tiles({ category: which.category, offset, limit: SLICE_ITEMS });
      wanted.push(...tiles.flatMap(({ itemId }) => this.#priced(catalogue.item(itemId)?.variants ?? [])));
      if (wanted.length > MOST_SHEET_LABELS) throw tooMany();
      if (tiles.length < SLICE_ITEMS) return wanted;
      await nextTurn();
    }
  }

  #priced(variants: readonly { readonly variantId: string }[]): Wanted[] {
    return variants.flatMap(({ variantId }) =>
      this.#hooks.prices.shown(variantId)?.mustAsk === false ? [{ variantId, copies: 1 }] : [],
    );
  }

  #made(variantId: string, code: CallInput<'label.print'>['code']) {
    const { store, stall } = this.#core;
    const found = store.catalogue.variant(variantId);
    const now = this.#hooks.prices.shown(variantId);
    if (!found || now === null) throw new CallFailure('unknown-item');
    if (now.mustAsk) throw new CallFailure('price-needed', { details: { reason: 'old-price-printed' } });
    const { item, variant } = found;
    const { unitPriceMinor, wasMinor } = now;
    const words = { locale: receiptLocale(stall) };
    const money = (amountMinor: number): string => {
      const text = formatMoney(amountMinor, stall);
      return variant.pricing === 'kg' ? m.shelf_per_kilogram({ price: text }, words) : text;
    };
    const label: ShelfLabel = {
      name: fullName(item, variant),
      price: money(unitPriceMinor),
      was: wasMinor === null ? null : { words: m.shelf_was({ price: money(wasMinor) }, words), price: money(wasMinor) },
      code: this.#codeOf(item, variant, code),
    };
    return { label, said: { itemId: item.itemId, variantId, priceMinor: unitPriceMinor } };
  }

  #codeOf({ itemId }: Item, { barcodes, sku }: Variant, wanted: CallInput<'label.print'>['code']): ShelfLabel['code'] {
    const own = barcodes[0] ?? (sku === '' ? null : sku);
    const address = wanted === 'qr' ? this.#hooks.shopAddress() : null;
    if (address !== null) return { kind: 'qr', data: `${address}/q/${encodeURIComponent(itemId)}` };
    if (wanted === 'none' || own === null) return null;
    return { kind: wanted === 'qr' ? 'qr' : 'bars', data: own };
  }
}

/** Whether a label says another price than now. */
function isOld({ saysMinor, nowMinor }: CallOutput<'label.list'>['labels'][number]): boolean {
  return saysMinor !== nowMinor;
}

function tooMany(): CallFailure {
  return new CallFailure('too-many-labels', { details: { reason: 'labels-at-most', most: MOST_SHEET_LABELS } });
}
