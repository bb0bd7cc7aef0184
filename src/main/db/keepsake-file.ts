import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Holds the people and settings beside the database, see keepsake.ts. */
export const KEEPSAKE_FILE = 'people-and-settings.json';

/**
 * A setting as it was changed last, or undefined: for what a window must know before the store is open. Unlike the store
 * it may miss what a full disk kept from being written.
 */
export function keptSetting(dataDir: string, key: string): unknown {
  try {
    const { settings } = JSON.parse(readFileSync(join(dataDir, KEEPSAKE_FILE), 'utf8')) as {
      readonly settings: readonly { readonly key: string; readonly value: string }[];
    };
    const kept = settings.find((setting) => setting.key === key);
    return kept && (JSON.parse(kept.value) as unknown);
  } catch {
    return undefined;
  }
}
