/**
 * The names by which the sandboxed window and the main process reach each other. Kept apart from the contract's schemas
 * so that the preload stays a few lines long; what travels on these channels is defined there.
 */
export const CHANNELS = {
  /** Window to main: one call of the contract, answered. */
  call: 'trestle:call',
  /** Window to main: send me the topics from now on, answered when they flow. */
  subscribe: 'trestle:subscribe',
  /** Main to window: one topic event. */
  event: 'trestle:event',
} as const;
