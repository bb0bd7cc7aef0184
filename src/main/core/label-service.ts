import { fullName, type Item, type Variant } from '../../domain/catalogue';
import { formatMoney } from '../../domain/money';
import { shelfLabelsDocument, type ShelfLabel } from '../../domain/shelf-label';
import { wallMs } from '../../journal/clock';
import type { CallInput, CallOutput } from '../../shared/contract';
import * as m from '../../shared/i18n/generated/messages';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import type { CoreContext } from './core-context';
import type { DeviceService } from './device-service';
import type { JobService } from './job-service';
import type { PricingService } from './pricing-service';

interface LabelHooks {
  readonly prices: PricingService;
  readonly devices: DeviceService;
  readonly jobs: JobService;
  /** Where codes lead shoppers' phones, without a slash at the end; null while they can reach nothing. */
  readonly shopAddress: () => string | null;
}

/** Prints shelf labels at the prices of now, and knows which of those that hang say another price since. */
export class LabelService {
  readonly #core: CoreContext;
  readonly #hooks: LabelHooks;

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
    const isOld = ({ saysMinor, nowMinor }: (typeof labels)[number]): boolean => saysMinor !== nowMinor;
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

  takeDown({ variantIds }: CallInput<'label.take-down'>, { requestId, staffId }: CallContext): Record<string, never> {
    this.#core.store.commit({
      requestId,
      actor: staffId,
      drafts: [{ kind: 'labels.taken-down', body: { variantIds } }],
      result: {},
    });
    return {};
  }

  #made(variantId: string, code: CallInput<'label.print'>['code']) {
    const { store, stall } = this.#core;
    const found = store.catalogue.variant(variantId);
    const now = this.#hooks.prices.shown(variantId);
    if (!found || now === null) throw new CallFailure('unknown-item', 'That item is not in the catalogue any more.');
    if (now.mustAsk) throw new CallFailure('price-needed', 'Its last known price is too old to print it.');
    const { item, variant } = found;
    const { unitPriceMinor, wasMinor } = now;
    const money = (amountMinor: number): string => {
      const text = formatMoney(amountMinor, stall);
      return variant.pricing === 'kg' ? m.shelf_per_kilogram({ price: text }) : text;
    };
    const label: ShelfLabel = {
      name: fullName(item, variant),
      price: money(unitPriceMinor),
      was: wasMinor === null ? null : m.shelf_was({ price: money(wasMinor) }),
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
