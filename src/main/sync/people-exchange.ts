import type { MoreExchange } from './engine';
import type { SyncStore } from './sync-store';

/** Who works here is no emergency: people of other devices are asked for this often. */
const FETCH_EVERY_MS = 30_000;
/** Most people in one request. */
const PEOPLE_PER_PUSH = 200;

/**
 * Names and PIN hashes, both ways. The newest word on a person wins on both sides, so the same may be told again: all of it is
 * after a start, and when a server has begun a new epoch and may have lost some.
 */
export function peopleExchange(store: SyncStore, now: () => Date): MoreExchange {
  const known = new Map<string, { readonly epoch: number; readonly fetchedMs: number }>();
  return async ({ serverId, epoch, peopleVersion }, client) => {
    const before = known.get(serverId);
    const isSame = before?.epoch === epoch;
    const people = await store.people(serverId, isSame ? 'unsent' : 'all');
    for (let at = 0; at < people.length; at += PEOPLE_PER_PUSH) {
      const part = people.slice(at, at + PEOPLE_PER_PUSH);
      await client.pushPeople({ people: part });
      await store.peopleSent(serverId, part);
    }
    const nowMs = now().getTime();
    if (isSame && Math.abs(nowMs - before.fetchedMs) < FETCH_EVERY_MS) return false;
    const answer = await client.people(isSame ? peopleVersion : 0);
    await store.receivePeople(serverId, answer.people, answer.version);
    known.set(serverId, { epoch, fetchedMs: nowMs });
    return false;
  };
}
