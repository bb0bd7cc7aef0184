import { createHash } from 'node:crypto';
import type { StallFront } from '../../shared/shop-schemas';
import type { CallInput } from '../../shared/contract';
import type { CatalogueService } from './catalogue-service';
import type { CoreContext } from './core-context';
import type { FootfallService } from './footfall-service';
import type { PricingService } from './pricing-service';
import type { StallSwitch } from './stall-switch';

/** What the pages on shoppers' phones stand on, beside the goods themselves. */
export class ShopService {
  readonly #core: CoreContext;
  readonly #with: {
    readonly catalogue: CatalogueService;
    readonly prices: PricingService;
    readonly footfall: FootfallService;
    readonly stallServer: StallSwitch;
  };

  constructor(
    core: CoreContext,
    others: {
      readonly catalogue: CatalogueService;
      readonly prices: PricingService;
      readonly footfall: FootfallService;
      readonly stallServer: StallSwitch;
    },
  ) {
    this.#core = core;
    this.#with = others;
  }

  front(): StallFront {
    const { name, place, currency, locale, timeZone, taxIncluded } = this.#core.stall;
    const { catalogue, prices, stallServer } = this.#with;
    const { version, categories, itemCount } = catalogue.state();
    const { offers } = stallServer.wanted();
    const nextMs = prices.nextChangeMs();
    // Words of the stall are part of every page, so they age pages as prices do.
    const shown = [version, prices.version(), name, place, locale, timeZone, offers, categories];
    return {
      version: createHash('sha256').update(JSON.stringify(shown)).digest('base64url'),
      name,
      place,
      currency,
      locale,
      timeZone,
      taxIncluded,
      offers,
      categories: categories
        .filter((category) => category.itemCount > 0)
        .map((category) => ({ name: category.name, itemCount: category.itemCount })),
      itemCount,
      freshForMs: nextMs === null ? null : Math.max(0, Math.floor(nextMs - prices.nowMs())),
    };
  }

  /** People came to the pages by a code; nobody is told who. */
  came({ people }: CallInput<'shop.came'>): Record<string, never> {
    for (let came = 0; came < people; came += 1) this.#with.footfall.noticed('qr');
    return {};
  }
}
