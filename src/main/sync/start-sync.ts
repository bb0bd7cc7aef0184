import { randomBytes } from 'node:crypto';
import { v7 as newId } from 'uuid';
import { openHttp } from '../../exchange/http-send';
import type { Log } from '../core/log';
import type { SyncRunner } from '../core/sync-runner';
import type { TillUse } from '../core/till-use';
import { ShiftAccounts } from '../db/shift-accounts';
import { ShownClips } from '../db/shown-clips';
import { ShownPhotos } from '../db/shown-photos';
import type { Store } from '../db/store';
import { SyncEngine, type SyncEngineOptions } from './engine';
import { LocalSyncStore, type SyncHooks } from './local-store';
import { peopleExchange } from './people-exchange';
import { mediaExchange } from './media-exchange';
import { MediaShelf } from './media-shelf';
import { reconcileExchange } from './reconcile-exchange';
import type { SyncStore } from './sync-store';
import { builtSyncThread, ThreadRunner } from './thread-runner';
import { openWakeSocket } from './wake-socket';

/** A thread that failed is begun again after this. */
const RESTART_MS = 5_000;

/** The exchange of a till: in a thread of its own where that is built, else in this one (tests run from the sources). */
export function createSync(options: {
  readonly store: Store;
  readonly dataDir: string;
  readonly now: () => Date;
  readonly log: Log;
  readonly version: string;
  readonly use: TillUse;
  readonly hooks: SyncHooks;
}): SyncRunner {
  const { store, dataDir, now, log, version, use, hooks } = options;
  const script = builtSyncThread();
  if (script === null) {
    const accounts = ShiftAccounts.open(dataDir);
    const local = new LocalSyncStore({ store, dataDir, accounts, now, hooks });
    return new SyncEngine(engineOptions({ store: local, accounts, dataDir, now, version, use }));
  }
  const local = new LocalSyncStore({ store, dataDir, accounts: null, now, hooks });
  const runner = new ThreadRunner(script, { dataDir, version, use: use.shared }, local, (error) => {
    log.error({ error }, 'The exchange broke off and begins again');
    setTimeout(() => {
      runner.start().catch((again: unknown) => log.error({ error: again }, 'The exchange could not begin again'));
    }, RESTART_MS).unref();
  });
  return runner;
}

/** An engine on this machine's network and clock. */
export function engineOptions(given: {
  readonly store: SyncStore;
  readonly accounts: ShiftAccounts;
  readonly dataDir: string;
  readonly now: () => Date;
  readonly version: string;
  readonly use: TillUse;
}): SyncEngineOptions {
  const { store, accounts, dataDir, now, version, use } = given;
  const photos = ShownPhotos.open(dataDir);
  const clips = ShownClips.open(dataDir);
  const media = new MediaShelf(dataDir, (sha256) => clips.get(sha256)?.kind ?? null);
  const shown = (): string[] => [...photos.all(), ...clips.all().map(({ clip }) => clip)];
  return {
    store,
    connect: (address) => openHttp(address),
    openWake: openWakeSocket,
    now,
    after(ms, work) {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    newId,
    newNonce: () => randomBytes(16).toString('base64url'),
    version,
    isInUse: () => use.isInUse(),
    more: [peopleExchange(store, now), reconcileExchange(store, now), mediaExchange(media, shown, now)],
    onStopped() {
      accounts.close();
      photos.close();
      clips.close();
    },
  };
}
