import type { LucideIcon } from '@lucide/svelte';
import Cloud from '@lucide/svelte/icons/cloud';
import Bookmark from '@lucide/svelte/icons/bookmark';
import Footprints from '@lucide/svelte/icons/footprints';
import PackagePlus from '@lucide/svelte/icons/package-plus';
import Printer from '@lucide/svelte/icons/printer';
import Receipt from '@lucide/svelte/icons/receipt';
import Settings from '@lucide/svelte/icons/settings';
import ShoppingBasket from '@lucide/svelte/icons/shopping-basket';
import Percent from '@lucide/svelte/icons/percent';
import Tags from '@lucide/svelte/icons/tags';
import Store from '@lucide/svelte/icons/store';
import Sun from '@lucide/svelte/icons/sun';
import type { Role } from '../../../domain/stall';
import * as m from '../../../shared/i18n/generated/messages.js';
import type { Place } from '../../lib/till.svelte';

export interface PlaceKey {
  readonly place: Place;
  readonly icon: LucideIcon;
  readonly label: () => string;
}

const PLACES: readonly PlaceKey[] = [
  { place: 'sell', icon: ShoppingBasket, label: m.place_sell },
  { place: 'orders', icon: Receipt, label: m.place_orders },
  { place: 'holds', icon: Bookmark, label: m.place_holds },
  { place: 'day', icon: Sun, label: m.place_day },
  { place: 'devices', icon: Printer, label: m.place_devices },
  { place: 'goods', icon: Tags, label: m.place_goods },
  { place: 'prices', icon: Percent, label: m.place_prices },
  { place: 'people', icon: Footprints, label: m.place_people },
  { place: 'import', icon: PackagePlus, label: m.place_import },
  { place: 'stall', icon: Store, label: m.place_stall },
  { place: 'sync', icon: Cloud, label: m.place_sync },
  { place: 'settings', icon: Settings, label: m.place_settings },
];

/** What only the operator may change. */
const OPERATOR_ONLY: readonly Place[] = ['goods', 'prices', 'import', 'stall'];

/** Where a person of this role may go, always in the same order. */
export function placesFor(role: Role): readonly PlaceKey[] {
  return PLACES.filter(({ place }) => role === 'operator' || !OPERATOR_ONLY.includes(place));
}
