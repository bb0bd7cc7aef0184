import type { Store } from '../../src/main/db/store';
import { LocalSyncStore } from '../../src/main/sync/local-store';
import type { SyncStore } from '../../src/main/sync/sync-store';

/** A till's store as its engine sees it, without a kiosk that listens. */
export function syncStoreOf(store: Store, dataDir: string, now: () => Date): SyncStore {
  const ignore = (): void => undefined;
  const hooks = {
    acknowledged: ignore,
    received: ignore,
    identityChanged: ignore,
    peopleChanged: ignore,
    changed: ignore,
  };
  return new LocalSyncStore({ store, dataDir, accounts: null, now, hooks });
}
