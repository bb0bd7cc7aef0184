import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Order } from '../domain/order';
import { readReceiptName, type ReceiptAsked } from '../domain/receipt-address';
import type { Stall } from '../domain/stall';
import { webReceiptOf, type WebReceipt, type WebReceiptFlag } from '../domain/web-receipt';
import { RateLimit } from '../exchange/rate-limit';
import { chooseLocale, inLocale } from '../pages/language';
import { PAGE_FONTS } from '../pages/look';
import { fileName, noReceiptPage, receiptPage } from '../pages/receipt';
import { receiptPdf } from '../pages/receipt-pdf';
import { PDF_RATE, RECEIPT_HEADERS, WRONG_ADDRESS_RATE } from '../pages/receipt-serving';
import type { Database } from './database';
import { projectFolder } from './project-folder';

/** What one asker may look at: more than anybody reads, and less than keeps the hub from taking entries. */
const LOOK_RATE = { burst: 60, perSecond: 5 };

const HEADERS = {
  ...RECEIPT_HEADERS,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
};

const statements = {
  order: {
    name: 'receipt-order',
    text: `SELECT stall_id, order_id, at, entry_hash, body FROM placed_order
WHERE body ->> 'receiptKey' = $1 AND number = $2 LIMIT 1`,
  },
  /** As the stall was configured then; where its first configuration is missing, as it was soonest after. */
  stall: {
    name: 'receipt-stall',
    text: `SELECT stall FROM stall_configuration WHERE stall_id = $1
ORDER BY at > $2, CASE WHEN at <= $2 THEN at END DESC, at LIMIT 1`,
  },
  flags: {
    name: 'receipt-flags',
    text: 'SELECT flag, cause, flagged_at FROM order_flag WHERE stall_id = $1 AND order_id = $2 ORDER BY at',
  },
} as const;

/** Receipts for shoppers' phones, once their orders were read from the journals: the same pages as on the stall's own server. */
export async function receiptPages(
  scope: FastifyInstance,
  { database }: { readonly database: Database },
): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  const nowMs = (): number => performance.now();
  const looks = new RateLimit({ ...LOOK_RATE, nowMs });
  const wrong = new RateLimit({ ...WRONG_ADDRESS_RATE, nowMs });
  const drawn = new RateLimit({ ...PDF_RATE, nowMs });
  const fontsFolder = join(projectFolder, 'resources', 'fonts');

  for (const name of PAGE_FONTS) {
    const bytes = await readFile(join(fontsFolder, name));
    app.get(`/look/${name}`, { schema: { hide: true } }, (_request, reply) =>
      reply.type('font/woff2').header('cache-control', 'public, max-age=31536000, immutable').send(bytes),
    );
  }

  app.get(
    '/r/:name',
    { schema: { hide: true, params: z.object({ name: z.string() }) } },
    async ({ params, ip, headers }, reply) => {
      looks.take(ip);
      reply.headers(HEADERS);
      const [, name = '', pdf] = /^(.*?)(\.pdf)?$/s.exec(params.name) ?? [];
      const asked = readReceiptName(name);
      const receipt = asked && (await readReceipt(database, asked));
      const locale = chooseLocale(headers['accept-language'], receipt?.stall.locale ?? 'en');
      if (receipt && pdf !== undefined) {
        drawn.take('all');
        return reply
          .type('application/pdf')
          .header('content-disposition', `attachment; filename="${fileName(receipt)}"`)
          .send(Buffer.from(inLocale(locale, () => receiptPdf(receipt, locale, fontsFolder))));
      }
      if (!receipt) wrong.take(ip);
      const frame = { locale, stallName: receipt?.stall.name ?? 'Trestle', home: null };
      const page = inLocale(locale, () =>
        receipt ? receiptPage(frame, receipt, `${encodeURIComponent(name)}.pdf`) : noReceiptPage(frame),
      );
      return reply
        .status(receipt ? 200 : 404)
        .headers({ 'content-security-policy': page.contentSecurityPolicy, vary: 'Accept-Language' })
        .type('text/html; charset=utf-8')
        .send(page.text);
    },
  );
}

/** The receipt that is asked for, or null when no order here has that key. */
async function readReceipt(database: Database, { number, key }: ReceiptAsked): Promise<WebReceipt | null> {
  const [placed] = await database.query<{
    stall_id: string;
    order_id: string;
    at: string;
    entry_hash: string;
    body: Order;
  }>(statements.order, [key, number]);
  if (!placed) return null;
  const [configurations, flags] = await Promise.all([
    database.query<{ stall: Stall }>(statements.stall, [placed.stall_id, placed.at]),
    database.query<{ flag: WebReceiptFlag['flag']; cause: string; flagged_at: Date }>(statements.flags, [
      placed.stall_id,
      placed.order_id,
    ]),
  ]);
  const [configuration] = configurations;
  if (!configuration) return null;
  return webReceiptOf(placed.body, {
    stall: configuration.stall,
    flags: flags.map(({ flag, cause, flagged_at }) => ({ flag, cause, at: flagged_at.toISOString() })),
    hash: placed.entry_hash,
  });
}
