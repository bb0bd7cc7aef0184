import type { ExchangeClient } from '../../exchange/client';
import { MAX_PHOTO_BYTES } from '../../shared/exchange';
import type { MoreExchange } from './engine';
import type { PhotoShelf } from './photo-shelf';

/** Small, so that an order placed meanwhile does not wait for a photo on a slow uplink. */
const PART_BYTES = 128 * 1024;
/** Photos that a server did not have are asked for again after this. */
const ASK_AGAIN_MS = 60_000;

/**
 * Photos of the goods, both ways, by the hash of their bytes: after the entries, a part at a time, and whenever entries wait
 * they go first. What arrived of a photo need not come again.
 * @param shown the photos the catalogue names
 */
export function photoExchange(shelf: PhotoShelf, shown: () => readonly string[], now: () => Date): MoreExchange {
  /** By server and epoch: what it is known to have, and when it was asked in vain. */
  const there = new Map<string, { readonly has: Set<string>; readonly lacks: Map<string, number> }>();
  return async ({ serverId, epoch }, client, _device, isHurried) => {
    const key = `${serverId} ${epoch}`;
    const known = there.get(key) ?? { has: new Set<string>(), lacks: new Map<string, number>() };
    there.set(key, known);
    for (const sha256 of shown()) {
      if (shelf.has(sha256)) {
        if (known.has.has(sha256)) continue;
        if (!(await upload(client, shelf, sha256, isHurried))) return true;
        known.has.add(sha256);
      } else {
        const asked = known.lacks.get(sha256);
        const nowMs = now().getTime();
        if (asked !== undefined && Math.abs(nowMs - asked) < ASK_AGAIN_MS) continue;
        const outcome = await download(client, shelf, sha256, isHurried);
        if (outcome === 'later') return true;
        if (outcome === 'got') known.has.add(sha256);
        else known.lacks.set(sha256, nowMs);
      }
      if (isHurried()) return true;
    }
    return false;
  };
}

/** @returns false when something more urgent came up */
async function upload(
  client: ExchangeClient,
  shelf: PhotoShelf,
  sha256: string,
  isHurried: () => boolean,
): Promise<boolean> {
  const bytes = await shelf.read(sha256);
  if (bytes === null || bytes.length === 0 || bytes.length > MAX_PHOTO_BYTES) return true;
  let offset = await client.photoOffset(sha256);
  while (offset < bytes.length) {
    if (isHurried()) return false;
    offset = await client.putPhotoPart(sha256, {
      offset,
      totalBytes: bytes.length,
      bytes: bytes.subarray(offset, offset + PART_BYTES),
    });
  }
  return true;
}

async function download(
  client: ExchangeClient,
  shelf: PhotoShelf,
  sha256: string,
  isHurried: () => boolean,
): Promise<'got' | 'none' | 'later'> {
  for (;;) {
    const part = await client.photoPart(sha256, await shelf.arrivedBytes(sha256), PART_BYTES);
    if (part === null) return 'none';
    if (!(await shelf.add(sha256, part.bytes, part.isWhole))) return 'none';
    if (part.isWhole) return 'got';
    if (isHurried()) return 'later';
  }
}
