import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Refusal, type Appended, type EntryReceipt } from '../exchange/exchange-store';
import type { Database } from './database';

/** What Prometheus reads of a hub process, and of the hub as a whole. */
export class HubMetrics {
  readonly #registry = new Registry();
  readonly #entries: Counter<'outcome'>;
  readonly #requests: Histogram<'method' | 'route' | 'status'>;

  constructor(database: Database) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#entries = new Counter({
      name: 'trestle_hub_entries_total',
      help: 'Entries handed over to this process, by what became of them',
      labelNames: ['outcome'],
      registers,
    });
    this.#requests = new Histogram({
      name: 'trestle_hub_request_seconds',
      help: 'How long requests took',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.01, 0.05, 0.2, 1, 5, 30],
      registers,
    });
    const connections = new Gauge({
      name: 'trestle_hub_database_connections',
      help: 'Connections of this process to PostgreSQL; waiting are requests without one',
      labelNames: ['state'],
      registers,
      async collect() {
        const usage = await database.usage;
        for (const state of ['total', 'idle', 'waiting'] as const) this.set({ state }, usage?.[state] ?? 0);
      },
    });
    connections.set({ state: 'total' }, 0);
    const whole = new Gauge({
      name: 'trestle_hub_count',
      help: 'Of the hub as a whole: stalls, devices, entries that stand aside, devices not heard of for a day',
      labelNames: ['of'],
      registers,
      async collect() {
        const [row] = await database.query<Record<string, number>>({
          name: 'metrics',
          text: `SELECT (SELECT count(*) FROM stall) AS stalls,
  (SELECT count(*) FROM device WHERE revoked_at IS NULL) AS devices,
  (SELECT count(*) FROM device WHERE revoked_at IS NULL AND last_sync_at < now() - interval '1 day') AS silent_devices,
  (SELECT count(*) FROM quarantine WHERE resolution IS NULL) AS quarantined,
  (SELECT count(*) FROM fork) AS forks,
  (SELECT max(epoch) FROM epoch) AS epoch`,
        });
        for (const [of, count] of Object.entries(row ?? {})) this.set({ of }, count);
      },
    });
    whole.set({ of: 'stalls' }, 0);
  }

  /** Counts a batch that was taken. */
  appended({ receipts }: Appended): void {
    const counts = new Map<EntryReceipt['outcome'], number>();
    for (const { outcome } of receipts) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    for (const [outcome, count] of counts) this.#entries.inc({ outcome }, count);
  }

  request(labels: { readonly method: string; readonly route: string; readonly status: number }, seconds: number): void {
    this.#requests.observe(labels, seconds);
  }

  /** In Prometheus' text format. */
  async text(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

/**
 * What those who run the hub ask of it: `/healthz` (this process lives), `/readyz` (it reaches its database), `/metrics` (for
 * whoever has the operator's token), and `/v1/openapi.json`. To be called before any route is added.
 */
export async function observe(
  app: FastifyInstance,
  options: {
    readonly database: Database;
    readonly metrics: HubMetrics;
    readonly version: string;
    readonly requireOperator: (request: FastifyRequest) => Promise<void>;
  },
): Promise<void> {
  const { database, metrics, version, requireOperator } = options;
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Trestle hub',
        version,
        description: 'How journals meet. docs/exchange.md tells the whole story.',
      },
      components: {
        securitySchemes: {
          device: { type: 'http', scheme: 'bearer', description: "A device's token, from /v1/token." },
          operator: { type: 'http', scheme: 'bearer', description: "The operator's token." },
        },
      },
    },
    transform: jsonSchemaTransform,
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.request({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });

  const hidden = { schema: { hide: true } };
  app.get('/v1/openapi.json', hidden, () => app.swagger());
  app.get('/healthz', hidden, () => ({ ok: true }));
  app.get('/readyz', hidden, async () => {
    const [row] = await database.query<{ epoch: number }>({
      name: 'ready',
      text: 'SELECT max(epoch) AS epoch FROM epoch',
    });
    if (!row) throw new Refusal('unavailable', 'The database has no epoch.');
    return { ok: true, epoch: row.epoch };
  });
  app.get('/metrics', hidden, async (request, reply) => {
    await requireOperator(request);
    const { type, text } = await metrics.text();
    return reply.type(type).send(text);
  });
}
