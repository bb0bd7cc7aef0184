import type { FastifyRequest } from 'fastify';

/** Whether a form was sent by a page of ours: no other site's page can say so for a browser (Fetch Metadata, or Origin). */
export function isOwnForm({ headers, host }: Pick<FastifyRequest, 'headers' | 'host'>): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  try {
    return new URL(headers.origin ?? '').host === host;
  } catch {
    return false;
  }
}
