import type { Till } from './till.svelte';

const SECOND_MS = 1_000;

/** `12:07` until an instant, by minutes and seconds; `0:00` once it is there. */
export function countdown(instant: string, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(instant) - nowMs) / SECOND_MS));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The time drops go by. To be called while a component is made. */
export function dropNow(till: Till): { readonly nowMs: number } {
  return tillNow(
    () => till.prices && { now: till.prices.now, runs: till.prices.drops.some(({ phase }) => phase !== 'over') },
  );
}

/** The time holds go by. To be called while a component is made. */
export function holdNow(till: Till): { readonly nowMs: number } {
  return tillNow(
    () => till.holds && { now: till.holds.now, runs: till.holds.holds.some(({ phase }) => phase === 'open') },
  );
}

/**
 * The till's own time, moving on with the second while anything runs: what it last said of it and what has passed here since, so
 * that this window's own clock, which may be set wrong or be changed, does not matter.
 */
function tillNow(said: () => { readonly now: string; readonly runs: boolean } | null): { readonly nowMs: number } {
  let nowMs = $state(Date.now());
  $effect(() => {
    const told = said();
    if (!told) return;
    const toldMs = Date.parse(told.now);
    const heardAt = performance.now();
    const tick = (): void => {
      nowMs = toldMs + performance.now() - heardAt;
    };
    tick();
    if (!told.runs) return;
    const timer = setInterval(tick, SECOND_MS);
    return () => clearInterval(timer);
  });
  return {
    get nowMs() {
      return nowMs;
    },
  };
}
