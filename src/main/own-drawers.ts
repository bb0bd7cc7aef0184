import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDrawerProfiles, type HidDrawerProfile } from '../hardware/models/drawers';
import type { Log } from './core/log';

/** In the data folder, written by whoever owns a drawer we do not know; docs/devices.md says how. */
const FILE = 'drawer-profiles.json';

/** The drawers a stall has described itself. A file that cannot be used is told in the log and stops nothing. */
export function readOwnDrawers(dataDir: string, log: Log): readonly HidDrawerProfile[] {
  let text: string;
  try {
    text = readFileSync(join(dataDir, FILE), 'utf8');
  } catch {
    return [];
  }
  try {
    const profiles = parseDrawerProfiles(JSON.parse(text));
    if (profiles.ok) return profiles.value;
    log.warn({ file: FILE, error: profiles.error.message }, 'The drawer profiles cannot be used');
  } catch (error) {
    log.warn({ file: FILE, error }, 'The drawer profiles are no JSON');
  }
  return [];
}
