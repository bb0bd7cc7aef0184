import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than anything here takes on a slow machine: it only bounds a test that fails. */
const PATIENCE_MS = 20_000;

/** Waits until the condition holds; throws, naming what was waited for, when it never does. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const givenUpAt = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > givenUpAt) throw new Error(`waited in vain for: ${what}`);
    await sleep(20);
  }
}
