import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Page } from '../../pages/layout';

/** Pages kept at most: every item of a large stall that phones look at within minutes. */
const MOST_KEPT = 400;
/** A page kept longer is made again, whatever happened: what it says of the time stays near the truth. */
const KEPT_MS = 60_000;

/** A page as bytes, ready for any phone. */
export interface ReadyPage {
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly etag: string;
  readonly contentSecurityPolicy: string;
}

/** Makes a page ready to be sent: in this thread, since those Node compresses in stand beside the till's, not below it. */
export function readyPage({ text, contentSecurityPolicy }: Page): ReadyPage {
  const plain = Buffer.from(text);
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  return { plain, zipped: gzipSync(plain), etag, contentSecurityPolicy };
}

/** Pages that were made, by what they show: each once for everybody, until something shown changes. */
export class PageShelf {
  readonly #pages = new Map<
    string,
    { readonly version: string; readonly madeMs: number; readonly page: Promise<ReadyPage> }
  >();

  /** @param version of everything shown; a page of another is made anew */
  async get(key: string, version: string, make: () => Promise<ReadyPage>): Promise<ReadyPage> {
    const kept = this.#pages.get(key);
    const nowMs = performance.now();
    if (kept?.version === version && nowMs - kept.madeMs < KEPT_MS) return kept.page;
    const page = make();
    // The newest stand last: those made longest ago go first.
    this.#pages.delete(key);
    this.#pages.set(key, { version, madeMs: nowMs, page });
    for (const old of this.#pages.keys()) {
      if (this.#pages.size <= MOST_KEPT) break;
      this.#pages.delete(old);
    }
    try {
      return await page;
    } catch (error) {
      if (this.#pages.get(key)?.page === page) this.#pages.delete(key);
      throw error;
    }
  }
}

/**
 * Sends a page. Nobody keeps one without asking whether it is still right, so no phone shows a price that is none any more;
 * the answer to that is a line.
 * @param isShared false for what is one shopper's own: nobody keeps it at all
 */
export function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  page: ReadyPage,
  { isShared, status = 200 }: { readonly isShared: boolean; readonly status?: number },
): FastifyReply {
  reply
    .header('content-security-policy', page.contentSecurityPolicy)
    .header('cache-control', isShared ? 'no-cache' : 'no-store')
    .header('vary', 'Accept-Language, Accept-Encoding');
  if (isShared && status === 200) {
    reply.header('etag', page.etag);
    if (namesTag(request.headers['if-none-match'], page.etag)) return reply.status(304).send();
  }
  reply.status(status).type('text/html; charset=utf-8');
  const zips = /(^|[\s,])gzip(\s*(,|$|;\s*q=(1|0?\.[0-9]*[1-9])))/.test(request.headers['accept-encoding'] ?? '');
  return zips ? reply.header('content-encoding', 'gzip').send(page.zipped) : reply.send(page.plain);
}

function namesTag(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
