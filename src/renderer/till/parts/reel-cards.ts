import type { LucideIcon } from '@lucide/svelte';
import Clapperboard from '@lucide/svelte/icons/clapperboard';
import ImageIcon from '@lucide/svelte/icons/image';
import Link2 from '@lucide/svelte/icons/link-2';
import QrCode from '@lucide/svelte/icons/qr-code';
import Store from '@lucide/svelte/icons/store';
import Tag from '@lucide/svelte/icons/tag';
import Timer from '@lucide/svelte/icons/timer';
import type { Card, CardKind } from '../../../domain/playlist';
import type { CallOutput } from '../../../shared/contract';
import * as m from '../../../shared/i18n/generated/messages.js';

export type PlaylistView = CallOutput<'reel.playlists'>['playlists'][number];
export type CardView = PlaylistView['cards'][number];

/** A card before it has an id and a caption. */
export type NewCard = Card extends infer C
  ? C extends Card
    ? Omit<C, 'cardId' | 'caption'> & { readonly caption?: string }
    : never
  : never;

/** The kinds of cards, in the order they are offered in. */
export const CARD_KINDS: readonly {
  readonly kind: CardKind;
  readonly icon: LucideIcon;
  readonly label: () => string;
}[] = [
  { kind: 'item', icon: Tag, label: m.reel_card_item },
  { kind: 'photo', icon: ImageIcon, label: m.reel_card_photo },
  { kind: 'clip', icon: Clapperboard, label: m.reel_card_clip },
  { kind: 'pair', icon: Link2, label: m.reel_card_pair },
  { kind: 'drops', icon: Timer, label: m.reel_card_drops },
  { kind: 'face', icon: Store, label: m.reel_card_face },
  { kind: 'gallery', icon: QrCode, label: m.reel_card_gallery },
];

export function kindWords(kind: CardKind): string {
  return CARD_KINDS.find((one) => one.kind === kind)?.label() ?? '';
}

/** What a card is called in the list. */
export function cardTitle(card: Card, view: CardView | undefined): string {
  const shown = view?.shown[0];
  if (card.kind === 'pair' && shown?.kind === 'pair') {
    return m.reel_pair_of({ one: shown.item.name, other: shown.other.name });
  }
  const item = shown && 'item' in shown && card.kind !== 'drops' ? shown.item?.name : undefined;
  return item ?? (card.caption || kindWords(card.kind));
}

/** Why the reel leaves a card out, or how often it comes; empty for as often as any other. */
export function standing(view: CardView | undefined): { readonly text: string; readonly isOut: boolean } {
  switch (view?.state) {
    case undefined:
      return { text: '', isOut: false };
    case 'sold-out':
      return { text: m.reel_sold_out(), isOut: true };
    case 'gone':
      return { text: m.reel_gone(), isOut: true };
    case 'no-drop':
      return { text: m.reel_no_drop(), isOut: true };
    case 'no-address':
      return { text: m.reel_no_address(), isOut: true };
    case 'shown':
      return { text: often(view.weight), isOut: false };
  }
}

function often(weight: number): string {
  if (weight >= 1.15) return m.reel_more_often();
  return weight <= 0.85 ? m.reel_less_often() : '';
}
