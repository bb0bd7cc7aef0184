import type { Minor } from '../money';
import type { RuleOrigin } from './rule';

/** How much the last word about a price is to be trusted by its age. */
export type Freshness = 'fresh' | 'ageing' | 'stale' | 'unknown';

/** What the till does about a price that is too old. */
export type FallbackRung = 'last-known' | 'last-known-plus' | 'floor' | 'ask';

/**
 * Why a price is what it is: what it started from, then every step that changed it, each with the amount before and after.
 * Kept with the line in its order for ever. All amounts are per piece or per kilogram.
 */
export interface PriceTrace {
  readonly base: PriceBase;
  readonly steps: readonly TraceStep[];
  /** A rule with a cap that would have held, had enough been left of it on this till; absent where none was passed over. */
  readonly spent?: { readonly ruleId: string; readonly name: string } | undefined;
}

export interface PriceBase {
  readonly source: 'catalogue' | 'feed';
  /** Which feed; absent for the catalogue. */
  readonly feed?: string | undefined;
  readonly priceMinor: Minor;
  /** When the source said so, UTC; null for a catalogue price, which does not age. */
  readonly observedAt: string | null;
  readonly freshness: Freshness;
}

export type TraceStep =
  | {
      readonly kind: 'rule';
      readonly ruleId: string;
      readonly version: number;
      readonly name: string;
      readonly origin: RuleOrigin;
      readonly originId?: string | undefined;
      /** Arm of the price test this price belongs to. */
      readonly arm?: string | undefined;
      readonly beforeMinor: Minor;
      readonly afterMinor: Minor;
    }
  /** The price was too old, so this rung of the ladder was used. */
  | { readonly kind: 'fallback'; readonly rung: FallbackRung; readonly beforeMinor: Minor; readonly afterMinor: Minor }
  /** The rules took off more than they may together. */
  | { readonly kind: 'cap'; readonly capBasisPoints: number; readonly beforeMinor: Minor; readonly afterMinor: Minor }
  /** The rules went below what it cost. */
  | { readonly kind: 'floor'; readonly floorMinor: Minor; readonly beforeMinor: Minor; readonly afterMinor: Minor }
  /** The price went up while the cart was open; this line keeps the lower one until then. */
  | {
      readonly kind: 'grace';
      /** UTC. */
      readonly until: string;
      /** What it would cost now. */
      readonly beforeMinor: Minor;
      /** What was shown and is charged. */
      readonly afterMinor: Minor;
    };

/** What an offer for several pieces takes off one line. */
export interface LineOffer {
  readonly ruleId: string;
  readonly version: number;
  readonly name: string;
  readonly origin: RuleOrigin;
  readonly originId?: string | undefined;
  /** Pieces or grams of the line that the offer used. */
  readonly quantity: number;
  /** Taken off the line. */
  readonly amountMinor: Minor;
  /** The offer would have taken more, but what the goods cost stands. */
  readonly stoppedAtFloor?: boolean | undefined;
}
