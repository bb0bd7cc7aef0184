/** The real app with a large catalogue, and a scanner that types into its window. */
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { fillCatalogue, startTill, type Call } from './till';
import { callsOf, openTill, untilReady } from './window';

/** Shares no factor with the number of items. */
const STRIDE = 7919;
/** From key to key, where keys are dated. */
const KEY_MS = 0.1;

export interface ScannedTill {
  readonly page: Page;
  readonly call: Call;
  /**
   * Plays a wedge scanner that makes no pause between keys: one burst through the browser process, nothing waiting for
   * anything. Fulfilled when the page has heard all keys.
   * @param datedMs the date of the first key, in milliseconds since the epoch; when it comes, unless given
   */
  type(code: string, datedMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** The item of the n-th scan: none comes twice. */
export const scannedItem = (scan: number, itemCount: number): number => (scan * STRIDE) % itemCount;

/**
 * Opens a till with so many items, signed on, its shift open.
 * @param watch a script that runs in the page before the till's own
 */
export async function openScannedTill(scratch: string, itemCount: number, watch: string): Promise<ScannedTill> {
  const dataDir = join(scratch, 'till');
  await fillCatalogue(dataDir, itemCount);
  const prepared = await startTill({ dataDir });
  await prepared.close();

  const app = openTill(dataDir, ['--devices', 'none']);
  const page = await app.page();
  await untilReady(page);
  await page.addInitScript({ content: watch });
  await page.reload();
  await untilReady(page);
  const keyboard = await page.context().newCDPSession(page);
  return {
    page,
    call: callsOf(page),
    async type(code, datedMs) {
      const keys = [...[...code].map((digit) => ({ key: digit, code: `Digit${digit}`, text: digit })), ENTER];
      await Promise.all(
        keys.flatMap(({ text, ...named }, at) => {
          const key = {
            ...named,
            windowsVirtualKeyCode: text.charCodeAt(0),
            ...(datedMs !== undefined && { timestamp: (datedMs + at * KEY_MS) / 1_000 }),
          };
          return [
            keyboard.send('Input.dispatchKeyEvent', { type: 'keyDown', text, ...key }),
            keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key }),
          ];
        }),
      );
    },
    close: () => app.close(),
  };
}

const ENTER = { key: 'Enter', code: 'Enter', text: '\r' };
