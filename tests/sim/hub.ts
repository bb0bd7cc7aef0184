import { generateKeyPairSync, sign } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { ExchangeFailure } from '../../src/exchange/exchange-failure';
import type { HttpAnswer, HttpRequest } from '../../src/exchange/http-send';
import { makeCode, type ExchangeOptions, type ServerIdentity } from '../../src/exchange/routes';
import { createExchangeServer } from '../../src/exchange/server';

export const HUB_ADDRESS = 'http://hub.test';

/** The real server of the exchange, asked without a socket, over whatever store it is given: a hub's or a till's. */
export class SimServer {
  readonly #options: ExchangeOptions;
  /** Made when somebody asks: most tills that serve are never asked. */
  #app: FastifyInstance | null = null;
  isUp = true;

  /** @param options.monotonicMs time as it passes, whatever the server's clock says */
  constructor(options: Omit<ExchangeOptions, 'publicUrl'>) {
    this.#options = { ...options, publicUrl: null };
  }

  /** A code with which a till joins. */
  async code(stallId: string): Promise<string> {
    return (await makeCode(this.#options, stallId, '')).code;
  }

  /** Answers as the server does; rejects with `unreachable` while it is down. */
  readonly handle = async (request: HttpRequest): Promise<HttpAnswer> => {
    if (!this.isUp) throw new ExchangeFailure('unreachable', 'the server is down');
    const { method, path: url, headers, body } = request;
    const payload = body === null ? {} : { payload: typeof body === 'string' ? body : Buffer.from(body) };
    this.#app ??= createExchangeServer({ ...this.#options, log: Fastify({ logger: false }).log });
    const answer = await this.#app.inject({ method, url, headers: { ...headers }, ...payload });
    if (!this.isUp) throw new ExchangeFailure('unreachable', 'the server went down');
    const plain = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
    return { status: answer.statusCode, headers: plain, body: answer.rawPayload };
  };

  async close(): Promise<void> {
    await this.#app?.close();
  }
}

/** A hub with a key of its own. */
export function hubIdentity(): ServerIdentity {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    serverId: 'hub',
    role: 'hub',
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    recipient: null,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
    secret: Buffer.alloc(32, 7),
  };
}
