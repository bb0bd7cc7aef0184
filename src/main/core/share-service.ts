import { fullName, type Item, type Variant } from '../../domain/catalogue';
import { canGive, checkDivision, leftToDivide, oversold, shareLeft } from '../../domain/stock-share';
import type { EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput, SharedStock } from '../../shared/contract';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import type { CoreContext } from './core-context';
import type { StallTill } from './stall-tills';

type Nothing = Record<string, never>;

interface ShareHooks {
  readonly tills: () => readonly StallTill[];
  /** How much of a variant is on this till's docket or held for a shopper: pieces, or grams. */
  readonly spokenFor: (variantId: string) => number;
}

/**
 * Divides scarce stock among the tills of the stall, and lets a till give of its share. All of it is known and decided here:
 * no other till and no hub is asked.
 */
export class ShareService {
  readonly #core: CoreContext;
  readonly #hooks: ShareHooks;

  constructor(core: CoreContext, hooks: ShareHooks) {
    this.#core = core;
    this.#hooks = hooks;
  }

  shared({ itemId }: CallInput<'stock.shared'>): CallOutput<'stock.shared'> {
    const { catalogue, shares } = this.#core.store;
    const tills = this.#hooks.tills();
    if (itemId !== null) {
      const item = catalogue.item(itemId);
      return { variants: item ? item.variants.map((variant) => this.#view(item, variant, tills)) : [] };
    }
    const variants = shares.divided().flatMap(({ itemId: dividedItem, variantId }) => {
      const item = catalogue.item(dividedItem);
      const variant = item?.variants.find((one) => one.variantId === variantId);
      return item && variant ? [this.#view(item, variant, tills)] : [];
    });
    return { variants };
  }

  share({ itemId, variantId, shares }: CallInput<'stock.share'>, context: CallContext): Nothing {
    const { item, variant } = this.#require(itemId, variantId);
    const tills = this.#hooks.tills();
    if (shares.some(({ deviceId }) => !tills.some((till) => till.deviceId === deviceId))) {
      throw new CallFailure('unknown-device');
    }
    const { toDivide, isDivided } = this.#view(item, variant, tills);
    const own = tills.find(({ isOwn }) => isOwn)?.deviceIds ?? [];
    unwrap(checkDivision(this.#core.store.shares.of(itemId, variantId), own, shares, variant.pricing));
    const wanted = shares.reduce((sum, { quantity }) => sum + quantity, 0);
    if (!isDivided && toDivide !== null && wanted > toDivide) {
      throw new CallFailure('bad-quantity', { details: leftToDivide(toDivide, variant.pricing) });
    }
    return this.#commit(context, { kind: 'stock.shared', body: { itemId, variantId, shares } });
  }

  give({ itemId, variantId, toDevice, quantity }: CallInput<'stock.give'>, context: CallContext): Nothing {
    const { item, variant } = this.#require(itemId, variantId);
    const tills = this.#hooks.tills();
    if (!tills.some(({ deviceId, isOwn }) => deviceId === toDevice && !isOwn)) {
      throw new CallFailure('unknown-device');
    }
    const own = tills.find(({ isOwn }) => isOwn)?.deviceIds ?? [];
    // What is on the docket is as good as sold: it may be paid for already. What is held is promised.
    const asked = quantity + this.#hooks.spokenFor(variantId);
    if (!canGive(this.#core.store.shares.of(itemId, variantId), own, asked)) {
      const reason = variant.pricing === 'kg' ? 'left-to-give-weighed' : 'left-to-give';
      const { toGive } = this.#view(item, variant, tills);
      throw new CallFailure('share-spent', { details: { reason, left: toGive }, variantId });
    }
    return this.#commit(context, { kind: 'stock.share-given', body: { itemId, variantId, toDevice, quantity } });
  }

  #view(item: Item, variant: Variant, tills: readonly StallTill[]): SharedStock {
    const { itemId, photo, backdrop } = item;
    const { variantId, pricing, stock } = variant;
    const known = this.#core.store.shares.of(itemId, variantId);
    const lefts = tills.map((till) => ({ ...till, left: shareLeft(known, till.deviceIds) }));
    const own = lefts.find(({ isOwn }) => isOwn)?.left ?? null;
    const isHeldElsewhere = lefts.some(({ isOwn, left }) => !isOwn && (left ?? 0) > 0);
    return {
      itemId,
      variantId,
      name: fullName(item, variant),
      photo,
      backdrop,
      pricing,
      onHand: stock,
      isDivided: own !== null,
      toDivide: own === null ? stock && Math.max(0, stock) : isHeldElsewhere ? 0 : own,
      toGive: Math.max(0, (own ?? 0) - this.#hooks.spokenFor(variantId)),
      oversold: oversold(
        known,
        tills.map(({ deviceIds }) => deviceIds),
      ),
      tills: lefts.map(({ deviceId, prefix, name, isOwn, lastHeardAt, left }) => ({
        deviceId,
        prefix,
        name,
        isOwn,
        lastHeardAt,
        left: left ?? 0,
      })),
    };
  }

  #require(itemId: string, variantId: string): { readonly item: Item; readonly variant: Variant } {
    const item = this.#core.store.catalogue.item(itemId);
    const variant = item?.variants.find((one) => one.variantId === variantId);
    if (!item || !variant) throw new CallFailure('unknown-item');
    return { item, variant };
  }

  #commit({ requestId, staffId }: CallContext, draft: EntryDraft): Nothing {
    this.#core.store.commit({ requestId, actor: staffId, drafts: [draft], result: {} });
    this.#core.topics.mark('catalogue');
    return {};
  }
}
