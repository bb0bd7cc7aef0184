import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ClientRole, TopicEvent } from '../../shared/contract';
import type { CallResult } from '../../shared/errors';
import type { OpenStallServer, StallPlace } from '../core/stall-switch';
import type { TillUse } from '../core/till-use';
import { quietLink } from './quiet-link';
import { SHOWN_TO_SHOPPERS, STALL_ROLES, type StallLink, type StallRole } from './stall-link';
import { startStallServer } from './stall-server';
import { STALL_SITES } from './stall-sites';

/** Memory of the thread beyond which it is ended rather than the till. */
const MOST_HEAP_MIB = 160;
const OPEN_WITHIN_MS = 15_000;

/** What the thread is begun with. */
export interface StallThreadData extends StallPlace {
  readonly dataDir: string;
  readonly projectFolder: string;
}

/** From the thread to the till. */
export type StallThreadMessage =
  | { readonly kind: 'open'; readonly url: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'problem'; readonly message: string }
  | { readonly kind: 'call'; readonly id: number; readonly role: StallRole; readonly message: unknown }
  | { readonly kind: 'listen'; readonly isOn: boolean };

/** From the till to the thread. */
export type StallTillMessage =
  | { readonly kind: 'answer'; readonly id: number; readonly result: CallResult<unknown> }
  | { readonly kind: 'event'; readonly event: TopicEvent }
  | { readonly kind: 'aged' }
  | { readonly kind: 'close' };

/** What the stall server needs of the kiosk. */
export interface StallKiosk {
  dispatch(client: { readonly role: ClientRole }, message: unknown): Promise<CallResult<unknown>>;
  subscribe(role: ClientRole, listener: (event: TopicEvent) => void): () => void;
}

export interface StallOptions {
  readonly kiosk: StallKiosk;
  /** Shoppers wait a moment for whoever sells. */
  readonly use: Pick<TillUse, 'sinceMs'>;
  readonly dataDir: string;
  readonly projectFolder: string;
  readonly onProblem: (error: unknown) => void;
}

/**
 * Opens the stall server: in a thread of its own where that is built, so that no crowd of phones takes a moment of the sale's,
 * else in this one (tests run from the sources).
 * @param onEnd hears why a server that was up is not any more
 * @throws the system's error when the port is taken or the address is not this machine's
 */
export function openStallServer(
  options: StallOptions,
  place: StallPlace,
  onEnd: (error: Error) => void,
): Promise<OpenStallServer> {
  const places = ['./stall-worker.js', '../stall-worker.js'].map((at) => fileURLToPath(new URL(at, import.meta.url)));
  const script = places.find((at) => existsSync(at));
  const link = quietLink(kioskLink(options.kiosk), options.use);
  if (script !== undefined) return openThread(script, link, options, place, onEnd);
  const { dataDir, projectFolder, onProblem } = options;
  return startStallServer({ ...place, link, dataDir, projectFolder, sites: STALL_SITES, onProblem });
}

/** The kiosk as shoppers and displays reach it: whatever asks for another role is refused here, in the till's own thread. */
export function kioskLink(kiosk: StallKiosk): StallLink {
  return {
    dispatch(role, message) {
      if (!STALL_ROLES.includes(role)) {
        return Promise.resolve({
          ok: false,
          error: { code: 'not-allowed', message: 'Shoppers and displays only.', retryable: false },
        });
      }
      return kiosk.dispatch({ role }, message);
    },
    subscribe: (listener) => kiosk.subscribe('display', listener),
    // Of what the till hears no more passes than that something changed.
    onAged: (listener) =>
      kiosk.subscribe('till', ({ topic }) => {
        if (SHOWN_TO_SHOPPERS.includes(topic)) listener();
      }),
  };
}

async function openThread(
  script: string,
  link: StallLink,
  { dataDir, projectFolder, onProblem }: StallOptions,
  place: StallPlace,
  onEnd: (error: Error) => void,
): Promise<OpenStallServer> {
  const workerData: StallThreadData = { ...place, dataDir, projectFolder };
  const worker = new Worker(script, { workerData, resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MIB } });
  const tell = (message: StallTillMessage): void => worker.postMessage(message);
  const stopAged = link.onAged(() => tell({ kind: 'aged' }));
  let stopEvents: () => void = () => undefined;
  let isUp = false;
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      void worker.terminate();
      reject(new Error('the stall server did not start in time'));
    }, OPEN_WITHIN_MS);
    const over = (error: Error): void => {
      clearTimeout(timer);
      stopAged();
      stopEvents();
      reject(error);
      if (isUp) onEnd(error);
      isUp = false;
    };
    worker.on('error', over);
    worker.on('exit', () => over(new Error('the thread of the stall server has ended')));
    worker.on('message', (message: StallThreadMessage) => {
      switch (message.kind) {
        case 'open':
          clearTimeout(timer);
          isUp = true;
          return resolve(message.url);
        case 'failed':
          return over(Object.assign(new Error(message.message), { code: message.code }));
        case 'problem':
          return onProblem(new Error(message.message));
        case 'call':
          void link
            .dispatch(message.role, message.message)
            .then((result) => tell({ kind: 'answer', id: message.id, result }));
          return;
        case 'listen':
          stopEvents();
          stopEvents = message.isOn ? link.subscribe((event) => tell({ kind: 'event', event })) : () => undefined;
      }
    });
  });
  return {
    url,
    async close() {
      isUp = false;
      tell({ kind: 'close' });
      const timer = setTimeout(() => void worker.terminate(), 2_000);
      await ended;
      clearTimeout(timer);
    },
  };
}
