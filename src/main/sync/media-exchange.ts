import type { ExchangeClient } from '../../exchange/client';
import { ExchangeFailure } from '../../exchange/exchange-failure';
import type { MoreExchange } from './engine';
import type { MediaShelf } from './media-shelf';

/** Small, so that an order placed meanwhile does not wait for a photo on a slow uplink. */
const PART_BYTES = 128 * 1024;
/** What a server did not have, or would not take, is asked for again after this. */
const ASK_AGAIN_MS = 60_000;

/**
 * Photos and clips of the stall, both ways, by the hash of their bytes: after the entries, a part at a time, and whenever
 * entries wait they go first. What arrived of one need not come again.
 * @param shown those the journal names, in the order they are wanted: photos first, since every till shows them
 */
export function mediaExchange(shelf: MediaShelf, shown: () => readonly string[], now: () => Date): MoreExchange {
  /** By server and epoch: what it is known to have, and when it was asked in vain. */
  const there = new Map<string, { readonly has: Set<string>; readonly lacks: Map<string, number> }>();
  return async ({ serverId, epoch }, client, _device, isHurried) => {
    const key = `${serverId} ${epoch}`;
    const known = there.get(key) ?? { has: new Set<string>(), lacks: new Map<string, number>() };
    there.set(key, known);
    for (const sha256 of shown()) {
      const bytes = shelf.bytesOf(sha256);
      if (bytes !== null && known.has.has(sha256)) continue;
      const asked = known.lacks.get(sha256);
      const nowMs = now().getTime();
      if (asked !== undefined && Math.abs(nowMs - asked) < ASK_AGAIN_MS) continue;
      const exchange =
        bytes === null ? download(client, shelf, sha256, isHurried) : upload(client, shelf, sha256, bytes, isHurried);
      const outcome = await exchange;
      if (outcome === 'later') return true;
      if (outcome === 'done') known.has.add(sha256);
      else known.lacks.set(sha256, nowMs);
      if (isHurried()) return true;
    }
    return false;
  };
}

/** `later` when something more urgent came up, `not` when it could not be. */
type Outcome = 'done' | 'not' | 'later';

async function upload(
  client: ExchangeClient,
  shelf: MediaShelf,
  sha256: string,
  totalBytes: number,
  isHurried: () => boolean,
): Promise<Outcome> {
  try {
    let offset = await client.photoOffset(sha256);
    while (offset < totalBytes) {
      if (isHurried()) return 'later';
      const bytes = await shelf.read(sha256, offset, PART_BYTES);
      if (bytes === null || bytes.length === 0) return 'not';
      offset = await client.putPhotoPart(sha256, { offset, totalBytes, bytes });
    }
    return 'done';
  } catch (error) {
    // An older server takes no film; that must not keep anything else waiting.
    if (error instanceof ExchangeFailure && (error.code === 'bad-request' || error.code === 'too-large')) return 'not';
    throw error;
  }
}

async function download(
  client: ExchangeClient,
  shelf: MediaShelf,
  sha256: string,
  isHurried: () => boolean,
): Promise<Outcome> {
  if (!shelf.hasRoom()) return 'not';
  for (;;) {
    const part = await client.photoPart(sha256, await shelf.arrivedBytes(sha256), PART_BYTES);
    if (part === null) return 'not';
    if (!(await shelf.add(sha256, part.bytes, part.isWhole))) return 'not';
    if (part.isWhole) return 'done';
    if (isHurried()) return 'later';
  }
}
