import type { Clock, DrawerState, Unsubscribe } from '../ports';

/** Longer than counting out any change: who needs it open for longer knows that it is. */
export const OPEN_TOO_LONG_MS = 60_000;

/** Notices a drawer that stands open. It says so and does nothing else: an open drawer never stops a sale. */
export interface OpenWatch {
  readonly isOpenTooLong: boolean;
  note(state: DrawerState): void;
  stop(): void;
}

/** @param onChange called whenever `isOpenTooLong` changes */
export function watchOpenDrawer(clock: Clock, openTooLongMs: number, onChange: () => void): OpenWatch {
  let isOpenTooLong = false;
  let cancel: Unsubscribe | null = null;
  const stop = (): void => {
    cancel?.();
    cancel = null;
  };
  const set = (next: boolean): void => {
    if (next === isOpenTooLong) return;
    isOpenTooLong = next;
    onChange();
  };
  return {
    get isOpenTooLong() {
      return isOpenTooLong;
    },
    note(state) {
      if (state === 'open') cancel ??= clock.after(openTooLongMs, () => set(true));
      else {
        stop();
        set(false);
      }
    },
    stop,
  };
}
