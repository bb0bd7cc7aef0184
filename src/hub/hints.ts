import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { FeedAddition } from '../exchange/exchange-store';
import type { Database } from './database';

const CHANNEL = 'trestle_added';
/** Additions are told together: a NOTIFY of its own per batch would line up the commits of a busy hub. */
const TELL_EVERY_MS = 25;
const LISTEN_AGAIN_MS = 2_000;
/** PostgreSQL takes payloads below 8000 bytes. */
const ADDITIONS_PER_MESSAGE = 20;

interface Message {
  /** The process that tells it, which knows already. */
  readonly from: string;
  readonly added: readonly FeedAddition[];
}

/**
 * Tells the processes of a hub what was added to the feeds, by LISTEN and NOTIFY. Hints only: none is kept, and whoever misses
 * one finds everything by its cursor.
 */
export class Hints {
  readonly #database: Database;
  readonly #log: FastifyBaseLogger;
  readonly #processId: string;
  readonly #listeners = new Set<(added: FeedAddition) => void>();
  readonly #pending = new Map<string, FeedAddition>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #listening: Promise<void> = Promise.resolve();

  constructor(options: { readonly database: Database; readonly log: FastifyBaseLogger; readonly processId: string }) {
    this.#database = options.database;
    this.#log = options.log;
    this.#processId = options.processId;
  }

  onAdded(listener: (added: FeedAddition) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To the listeners of this process at once, to other processes shortly. */
  tell(added: FeedAddition): void {
    this.#hear(added);
    this.#pending.set(JSON.stringify([added.stallId, added.device]), added);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#flush();
    }, TELL_EVERY_MS);
  }

  listen(): void {
    this.#listening = this.#listenOnAndOn();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#listening;
  }

  #hear(added: FeedAddition): void {
    for (const listener of this.#listeners) listener(added);
  }

  async #flush(): Promise<void> {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    try {
      for (let first = 0; first < all.length; first += ADDITIONS_PER_MESSAGE) {
        const message: Message = { from: this.#processId, added: all.slice(first, first + ADDITIONS_PER_MESSAGE) };
        await this.#database.query({ name: 'tell', text: 'SELECT pg_notify($1, $2)' }, [
          CHANNEL,
          JSON.stringify(message),
        ]);
      }
    } catch (error) {
      this.#log.debug({ error }, 'a hint was lost');
    }
  }

  async #listenOnAndOn(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const client = await this.#database.ownClient();
        // Asked to close meanwhile: nobody would tell it again.
        if (signal.aborted) return await client.end();
        const ended = new Promise<void>((resolve) => {
          client.once('end', resolve);
          signal.addEventListener('abort', () => void client.end().then(resolve, resolve), { once: true });
        });
        client.on('notification', ({ payload }) => {
          const { from, added } = JSON.parse(payload ?? '{}') as Message;
          if (from !== this.#processId) for (const one of added) this.#hear(one);
        });
        await client.query(`LISTEN ${CHANNEL}`);
        await ended;
      } catch (error) {
        this.#log.debug({ error }, 'cannot listen to the database');
      }
      await pause(LISTEN_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
