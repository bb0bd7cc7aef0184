import { createContext } from 'svelte';
import type { Format } from '../../shared/format';

/** What everything before a shopper's eyes is drawn with: on a display, and in its preview on the till. */
export interface Shown {
  readonly format: Format;
  /** The time prices go by, UTC milliseconds. */
  readonly nowMs: number;
  readonly stallName: string;
}

export const [useShown, provideShown] = createContext<Shown>();
