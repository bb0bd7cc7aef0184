import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/**
 * What axe finds wrong with a page by WCAG 2.2 A and AA and its own good practice, one line each: the rule and the elements.
 * The page is loaded again first.
 */
export async function axeProblems(page: Page): Promise<string[]> {
  const look = await openToAxe(page);
  return look();
}

/**
 * Loads a page again with axe in it, past the page's policy, which lets no other script in.
 * @returns looks at what the page shows at the time, until it is loaded again
 */
export async function openToAxe(page: Page): Promise<() => Promise<string[]>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setBypassCSP', { enabled: true });
  await page.reload();
  await page.addScriptTag({ path: axePath });
  await session.detach();
  return () =>
    page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: {
          run(options: object): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }>;
        };
      };
      const { violations } = await axe.run({ resultTypes: ['violations'] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
    });
}
