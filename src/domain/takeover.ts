/**
 * What a rehearsal of a takeover looks at. `heard`: everything that is known of the other till is here. `goods`, `photos`
 * and `people`: prices, pictures and PINs to sell with. `printer`: it answers. `sale`: a sale can be built from a scan.
 */
export const DRILL_CHECKS = ['heard', 'goods', 'photos', 'people', 'printer', 'sale'] as const;

/** What one look of a rehearsal found. */
export interface DrillCheck {
  readonly check: (typeof DRILL_CHECKS)[number];
  readonly passed: boolean;
  /** How many were there, and of how many; 1 of 1 where it is yes or no. */
  readonly found: number;
  readonly wanted: number;
}
