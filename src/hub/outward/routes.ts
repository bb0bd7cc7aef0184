import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Refusal } from '../../exchange/exchange-store';
import type { ReceiptDocument } from '../../domain/receipt';
import { id, receiptDocument } from '../../shared/zod';
import type { Database } from '../database';
import { isOperatorToken } from '../hub-record';
import { receiptText } from '../projector/receipts';
import type { WebhookEndpoints } from '../webhooks/endpoints';
import { WEBHOOK_TYPES } from '../webhooks/standard';
import { exportText } from './export-text';
import { matrixFeed } from './matrix-feed';
import { EXPORT_COLUMNS, EXPORT_FORMATS, exportRows, EXPORTS } from './exports';
import { reconciliation, reconciliationView } from './reconciliation';

export interface OutwardOptions {
  readonly database: Database;
  readonly webhooks: WebhookEndpoints;
  readonly now: () => Date;
}

const stallParams = z.object({ stall: id });
const endpointParams = stallParams.extend({ endpoint: z.string().max(64) });
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const nothing = z.object({});

const endpointFields = z.object({
  url: z.string().max(2_000),
  description: z.string().max(200),
  types: z.array(z.enum(WEBHOOK_TYPES)).min(1),
});
const endpointView = endpointFields.extend({
  endpointId: z.string(),
  addedAt: z.date(),
  failingSince: z.date().nullable(),
  disabledAt: z.date().nullable(),
  disabledCause: z.string().nullable(),
  waiting: z.int(),
  failed: z.int(),
});
const deliveryView = z.object({
  messageId: z.string(),
  type: z.enum(WEBHOOK_TYPES),
  state: z.enum(['waiting', 'delivered', 'failed']),
  attempts: z.int(),
  nextAttemptAt: z.date().nullable(),
  lastStatus: z.int().nullable(),
  lastError: z.string().nullable(),
  lastAttemptAt: z.date().nullable(),
});
/** Entries of the feed of prices and stock in one answer. */
const MOST_CHANGES = 200;
const matrixView = z.object({
  epoch: z.int(),
  changes: z
    .array(
      z.object({
        seq: z.int(),
        id: z.string(),
        device: z.string(),
        at: z.string(),
        cause: z.object({ kind: z.string(), ids: z.array(z.string()).readonly() }),
        changes: z
          .array(
            z.object({
              itemId: z.string(),
              variantId: z.string().nullable(),
              name: z.string().nullable(),
              beforeMinor: z.int().nullable(),
              afterMinor: z.int().nullable(),
              listMinor: z.int().nullable(),
              stock: z.int().nullable(),
              stockBy: z.int().nullable(),
              isOnSale: z.boolean().nullable(),
            }),
          )
          .readonly(),
        more: z.int(),
      }),
    )
    .readonly(),
  next: z.int(),
  missed: z.int(),
});
const exportQuery = z.object({
  from: instant.nullable().default(null),
  to: instant.nullable().default(null),
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).nullable().default(null),
});

/**
 * What programs of the stall's owner ask of a hub, with the operator's token: exports, receipts, reconciliation and webhooks.
 * docs/outward.md describes it.
 */
export async function outwardRoutes(
  scope: FastifyInstance,
  { database, webhooks, now }: OutwardOptions,
): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  const security = [{ operator: [] }];

  app.addHook('onRequest', async (request) => requireOperator(database, request));

  app.get(
    '/v1/stalls/:stall/export/:file',
    {
      schema: {
        summary: 'Export orders, lines, tenders or flags',
        security,
        params: stallParams.extend({ file: z.string().max(40) }),
        querystring: exportQuery,
      },
    },
    async ({ params, query }, reply) => {
      const [stem, ending, ...rest] = params.file.split('.');
      const name = EXPORTS.find((known) => known === stem);
      const format = EXPORT_FORMATS.find((known) => known === ending);
      if (!name || !format || rest.length > 0) {
        throw new Refusal('not-found', `There is ${EXPORTS.join(', ')}, each as ${EXPORT_FORMATS.join(' or ')}.`);
      }
      const rows = exportRows(database, name, { stallId: params.stall, ...query });
      return reply
        .type(format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/json; charset=utf-8')
        .header('content-disposition', `attachment; filename="${params.file}"`)
        .send(Readable.from(exportText(rows, format, EXPORT_COLUMNS[name])));
    },
  );

  app.get(
    '/v1/stalls/:stall/orders/:order/receipt',
    {
      schema: {
        summary: 'The receipt that is kept with an order',
        security,
        params: stallParams.extend({ order: id }),
        response: { 200: z.object({ document: receiptDocument, text: z.string() }) },
      },
    },
    async ({ params }) => {
      const [row] = await database.query<{ receipt: ReceiptDocument | null }>(
        {
          name: 'outward-receipt',
          text: 'SELECT receipt FROM placed_order WHERE stall_id = $1 AND order_id = $2',
        },
        [params.stall, params.order],
      );
      if (!row) throw new Refusal('not-found', 'This order is not here.');
      if (!row.receipt) throw new Refusal('not-found', 'How the stall was configured then is not here yet.');
      return { document: row.receipt as z.infer<typeof receiptDocument>, text: receiptText(row.receipt) };
    },
  );

  app.get(
    '/v1/stalls/:stall/matrix',
    {
      schema: {
        summary: 'Changes of prices and stock after a place',
        security,
        params: stallParams,
        querystring: z.object({
          after: z.coerce.number().int().min(0).default(0),
          limit: z.coerce.number().int().min(1).max(MOST_CHANGES).default(MOST_CHANGES),
        }),
        response: { 200: matrixView },
      },
    },
    async ({ params, query }) => matrixFeed(database, { stallId: params.stall, ...query }),
  );

  app.get(
    '/v1/stalls/:stall/reconciliation',
    {
      schema: {
        summary: 'Shifts, and orders that took more than a day',
        security,
        params: stallParams,
        response: { 200: reconciliationView },
      },
    },
    async ({ params }) => reconciliation(database, params.stall, now()),
  );

  app.get(
    '/v1/stalls/:stall/webhooks',
    {
      schema: {
        summary: 'Webhooks',
        security,
        params: stallParams,
        response: { 200: z.object({ endpoints: z.array(endpointView) }) },
      },
    },
    async ({ params }) => {
      const endpoints = await webhooks.list(params.stall);
      return { endpoints: endpoints.map((one) => ({ ...one, types: [...one.types] })) };
    },
  );

  app.post(
    '/v1/stalls/:stall/webhooks',
    {
      schema: {
        summary: 'Add a webhook; its secret is shown this once',
        security,
        params: stallParams,
        body: endpointFields.extend({ description: endpointFields.shape.description.default('') }),
        response: { 200: z.object({ endpointId: z.string(), secret: z.string() }) },
      },
    },
    async ({ params, body }) => webhooks.add(params.stall, body),
  );

  app.patch(
    '/v1/stalls/:stall/webhooks/:endpoint',
    {
      schema: {
        summary: 'Change a webhook, or switch it off or on',
        security,
        params: endpointParams,
        body: endpointFields.partial().extend({ isEnabled: z.boolean().optional() }),
        response: { 200: nothing },
      },
    },
    async ({ params, body }) => {
      await webhooks.change(params.stall, params.endpoint, body);
      return {};
    },
  );

  app.delete(
    '/v1/stalls/:stall/webhooks/:endpoint',
    { schema: { summary: 'Remove a webhook', security, params: endpointParams, response: { 200: nothing } } },
    async ({ params }) => {
      await webhooks.remove(params.stall, params.endpoint);
      return {};
    },
  );

  app.post(
    '/v1/stalls/:stall/webhooks/:endpoint/rotate',
    {
      schema: {
        summary: 'Give a webhook a new secret; the old one stays good for a day',
        security,
        params: endpointParams,
        response: { 200: z.object({ secret: z.string() }) },
      },
    },
    async ({ params }) => ({ secret: await webhooks.rotate(params.stall, params.endpoint) }),
  );

  app.get(
    '/v1/stalls/:stall/webhooks/:endpoint/deliveries',
    {
      schema: {
        summary: 'The newest messages to a webhook, and what became of them',
        security,
        params: endpointParams,
        response: { 200: z.object({ deliveries: z.array(deliveryView) }) },
      },
    },
    async ({ params }) => ({ deliveries: await webhooks.deliveries(params.stall, params.endpoint) }),
  );

  app.post(
    '/v1/stalls/:stall/webhooks/:endpoint/replay',
    {
      schema: {
        summary: 'Send messages since an instant again',
        security,
        params: endpointParams,
        body: z.object({ since: instant }),
        response: { 200: z.object({ messages: z.int() }) },
      },
    },
    async ({ params, body }) => ({ messages: await webhooks.replay(params.stall, params.endpoint, body.since) }),
  );
}

export async function requireOperator(database: Database, { headers }: FastifyRequest): Promise<void> {
  const token = /^Bearer ([\w-]{1,200})$/.exec(headers.authorization ?? '')?.[1];
  if (token !== undefined && (await isOperatorToken(database, token))) return;
  throw new Refusal('not-enrolled', "This is the operator's: send the operator's token as a bearer token.");
}
