import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { ExchangeStore } from '../../exchange/exchange-store';
import type { Database } from '../database';
import { Projector } from '../projector/projector';
import { WebhookEndpoints } from '../webhooks/endpoints';
import { WebhookSender } from '../webhooks/sender';
import { outwardRoutes } from './routes';

export interface OutwardParts {
  readonly app: FastifyInstance;
  readonly database: Database;
  readonly store: Pick<ExchangeStore, 'onAdded'>;
  readonly log: FastifyBaseLogger;
  readonly now: () => Date;
  /** Whether webhooks may go to the hub's own network. */
  readonly allowPrivateWebhooks: boolean;
}

/** What a hub gives to the outside: its routes, and what works in the background once it is started. */
export interface Outward {
  readonly projector: Projector;
  readonly webhooks: WebhookEndpoints;
  start(): void;
  close(): Promise<void>;
}

/** Adds the outward routes to a server that is not ready yet. */
export async function openOutward(parts: OutwardParts): Promise<Outward> {
  const { app, database, store, log, now, allowPrivateWebhooks: allowPrivate } = parts;
  const projector = new Projector({ database, log });
  const webhooks = new WebhookEndpoints({ database, allowPrivate, now });
  const sender = new WebhookSender({ database, log, allowPrivate, now });
  await app.register(outwardRoutes, { database, webhooks, now });
  let unhear = (): void => undefined;
  return {
    projector,
    webhooks,
    start() {
      unhear = store.onAdded(({ stallId, place }) => projector.wake(stallId, place.serverSeq));
      projector.start();
      sender.start();
    },
    async close() {
      unhear();
      await Promise.all([projector.close(), sender.close()]);
    },
  };
}
