import type { LucideIcon } from '@lucide/svelte';
import Clapperboard from '@lucide/svelte/icons/clapperboard';
import Cloud from '@lucide/svelte/icons/cloud';
import Bookmark from '@lucide/svelte/icons/bookmark';
import Footprints from '@lucide/svelte/icons/footprints';
import GalleryHorizontalEnd from '@lucide/svelte/icons/gallery-horizontal-end';
import PackagePlus from '@lucide/svelte/icons/package-plus';
import Printer from '@lucide/svelte/icons/printer';
import Receipt from '@lucide/svelte/icons/receipt';
import Settings from '@lucide/svelte/icons/settings';
import ShoppingBasket from '@lucide/svelte/icons/shopping-basket';
import Percent from '@lucide/svelte/icons/percent';
import Tag from '@lucide/svelte/icons/tag';
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
  readonly group: PlaceGroup;
}

/** What belongs together, for a screen too low to show every place at once: the day's trade, what is sold, the till itself. */
export type PlaceGroup = 'today' | 'wares' | 'till';

const PLACES: readonly PlaceKey[] = [
  { place: 'sell', icon: ShoppingBasket, label: m.place_sell, group: 'today' },
  { place: 'orders', icon: Receipt, label: m.place_orders, group: 'today' },
  { place: 'holds', icon: Bookmark, label: m.place_holds, group: 'today' },
  { place: 'day', icon: Sun, label: m.place_day, group: 'today' },
  { place: 'people', icon: Footprints, label: m.place_people, group: 'today' },
  { place: 'goods', icon: Tags, label: m.place_goods, group: 'wares' },
  { place: 'prices', icon: Percent, label: m.place_prices, group: 'wares' },
  { place: 'clips', icon: Clapperboard, label: m.place_clips, group: 'wares' },
  { place: 'labels', icon: Tag, label: m.place_labels, group: 'wares' },
  { place: 'reel', icon: GalleryHorizontalEnd, label: m.place_reel, group: 'wares' },
  { place: 'import', icon: PackagePlus, label: m.place_import, group: 'wares' },
  { place: 'devices', icon: Printer, label: m.place_devices, group: 'till' },
  { place: 'sync', icon: Cloud, label: m.place_sync, group: 'till' },
  { place: 'stall', icon: Store, label: m.place_stall, group: 'till' },
  { place: 'settings', icon: Settings, label: m.place_settings, group: 'till' },
];

export const PLACE_GROUPS: readonly { readonly group: PlaceGroup; readonly label: () => string }[] = [
  { group: 'today', label: m.places_today },
  { group: 'wares', label: m.places_wares },
  { group: 'till', label: m.places_till },
];

/** What only the operator may change. */
const OPERATOR_ONLY: readonly Place[] = ['clips', 'goods', 'prices', 'reel', 'import', 'stall'];

/** Where a person of this role may go, always in the same order. */
export function placesFor(role: Role): readonly PlaceKey[] {
  return PLACES.filter(({ place }) => role === 'operator' || !OPERATOR_ONLY.includes(place));
}
