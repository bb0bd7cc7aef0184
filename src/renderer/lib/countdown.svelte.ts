import type { Till } from './till.svelte';

const SECOND_MS = 1_000;

/** `12:07` until an instant, by minutes and seconds; `0:00` once it is there. */
export function countdown(instant: string, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(instant) - nowMs) / SECOND_MS));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/**
 * The time prices go by, moving on with the second: what the till last said of it and what has passed here since, so that this
 * window's own clock, which may be set wrong or be changed, does not matter. To be called while a component is made.
 */
export function dropNow(till: Till): { readonly nowMs: number } {
  let nowMs = $state(Date.now());
  $effect(() => {
    const told = till.prices;
    if (!told) return;
    const toldMs = Date.parse(told.now);
    const heardAt = performance.now();
    const tick = (): void => {
      nowMs = toldMs + performance.now() - heardAt;
    };
    tick();
    if (!told.drops.some(({ phase }) => phase !== 'over')) return;
    const timer = setInterval(tick, SECOND_MS);
    return () => clearInterval(timer);
  });
  return {
    get nowMs() {
      return nowMs;
    },
  };
}
