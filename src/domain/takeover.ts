/** What one look of a rehearsed takeover found. */
export interface DrillCheck {
  /**
   * `heard`: everything that is known of the other till is here. `goods`, `photos` and `people`: prices, pictures and PINs to
   * sell with. `printer`: it answers. `sale`: a sale can be built from a scan.
   */
  readonly check: 'heard' | 'goods' | 'photos' | 'people' | 'printer' | 'sale';
  readonly passed: boolean;
  /** How many were there, and of how many; 1 of 1 where it is yes or no. */
  readonly found: number;
  readonly wanted: number;
}
