import type { MoreExchange } from './engine';
import type { SyncStore } from './sync-store';

/** Who works here is no emergency: people of other devices are asked for this often. */
const FETCH_EVERY_MS = 30_000;
/** However sure both sides are, they tell each other everything again after so long: a server may have been put back unsaid. */
const ANEW_EVERY_MS = 10 * 60_000;
/** Most people in one request. */
const PEOPLE_PER_PUSH = 200;

/**
 * Names and PIN hashes, both ways. The newest word on a person wins on both sides, so the same may be told again: all of it is
 * after a start, now and then, and when a server has begun a new epoch and may have lost some.
 */
export function peopleExchange(store: SyncStore, now: () => Date): MoreExchange {
  const known = new Map<string, { readonly epoch: number; readonly fetchedMs: number; readonly toldMs: number }>();
  return async ({ serverId, epoch, peopleVersion }, client) => {
    const before = known.get(serverId);
    const nowMs = now().getTime();
    const isSame = before?.epoch === epoch && Math.abs(nowMs - before.toldMs) < ANEW_EVERY_MS;
    const people = await store.people(serverId, isSame ? 'unsent' : 'all');
    for (let at = 0; at < people.length; at += PEOPLE_PER_PUSH) {
      const part = people.slice(at, at + PEOPLE_PER_PUSH);
      await client.pushPeople({ people: part });
      await store.peopleSent(serverId, part);
    }
    if (isSame && Math.abs(nowMs - before.fetchedMs) < FETCH_EVERY_MS) return false;
    const answer = await client.people(isSame ? peopleVersion : 0);
    await store.receivePeople(serverId, answer.people, answer.version);
    known.set(serverId, { epoch, fetchedMs: nowMs, toldMs: isSame ? before.toldMs : nowMs });
    return false;
  };
}
