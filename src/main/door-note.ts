import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Where the running till of a data folder is reached, for tools of the same user on the same machine. */
const FILE = 'door.json';
const doorNote = z.object({ socketUrl: z.url(), token: z.string().min(1) });
export type DoorNote = z.infer<typeof doorNote>;

/** Writes down where the till is reached, for its own user alone. Returns what takes the note away. */
export function leaveDoor(dataDir: string, note: DoorNote): () => void {
  const path = join(dataDir, FILE);
  // The mode counts at creation only, and a killed till leaves its note behind.
  rmSync(path, { force: true });
  writeFileSync(path, JSON.stringify(note), { mode: 0o600 });
  return () => rmSync(path, { force: true });
}

/** What the till of a data folder wrote down, or null. It may have been killed since. */
export function readDoor(dataDir: string): DoorNote | null {
  try {
    return doorNote.parse(JSON.parse(readFileSync(join(dataDir, FILE), 'utf8')));
  } catch {
    return null;
  }
}
