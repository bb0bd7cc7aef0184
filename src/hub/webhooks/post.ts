import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { addressProblem, publicLookup } from './public-address';

/** How an attempt ended. */
export interface PostOutcome {
  /** The answer's status, or null when there was none. */
  readonly status: number | null;
  /** What went wrong, in a few words; null of a success. */
  readonly error: string | null;
  /** What the receiver asked for with Retry-After. */
  readonly retryAfterMs: number | null;
}

/** From the first byte to the last of the answer; the specification says 15 to 30 s. */
const TIMEOUT_MS = 20_000;

/**
 * Sends a message to an endpoint. Follows no redirect, keeps no connection, and reads no more of the answer than its head:
 * what an endpoint says is its own affair.
 */
export function postWebhook(
  url: string,
  headers: Readonly<Record<string, string>>,
  payload: string,
  { allowPrivate, timeoutMs = TIMEOUT_MS }: { readonly allowPrivate: boolean; readonly timeoutMs?: number },
): Promise<PostOutcome> {
  const problem = addressProblem(url, allowPrivate);
  if (problem !== null) return Promise.resolve({ status: null, error: problem, retryAfterMs: null });
  const send = url.startsWith('https:') ? requestSecure : requestPlain;
  return new Promise((resolve) => {
    const sent = send(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'user-agent': 'trestle-hub', 'content-length': Buffer.byteLength(payload) },
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        ...(allowPrivate ? {} : { lookup: publicLookup }),
      },
      (response) => {
        response.destroy();
        const status = response.statusCode ?? 0;
        const error = status >= 200 && status < 300 ? null : `HTTP ${status}`;
        resolve({ status, error, retryAfterMs: retryAfterMs(response.headers['retry-after']) });
      },
    );
    sent.on('error', (error) => {
      const what = error.name === 'AbortError' || error.name === 'TimeoutError' ? 'it took too long' : error.message;
      resolve({ status: null, error: what.slice(0, 300), retryAfterMs: null });
    });
    sent.end(payload);
  });
}

/** RFC 9110 10.2.3: seconds, or a date. */
function retryAfterMs(value: string | undefined): number | null {
  if (value === undefined) return null;
  const ms = /^\d{1,7}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) || ms < 0 ? null : ms;
}
