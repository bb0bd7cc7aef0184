import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { jwtVerify, SignJWT } from 'jose';
import type { ServerIdentity } from '../../exchange/routes';
import type { Database } from '../database';
import { isOperatorToken, operatorTokenHash } from '../hub-record';

const SESSION_SECONDS = 12 * 60 * 60;
const COOKIE = 'trestle_operator';

/**
 * The operator in a browser: whoever has shown the operator's token, in a session that ends after a working day or with the
 * token. Programs show the token itself with every request.
 */
export class OperatorDoor {
  readonly #database: Database;
  readonly #identity: ServerIdentity;

  constructor(database: Database, identity: ServerIdentity) {
    this.#database = database;
    this.#identity = identity;
  }

  /** The cookie of a new session, or null for a wrong token. */
  async open(token: string, isSecure: boolean): Promise<string | null> {
    if (!(await isOperatorToken(this.#database, token))) return null;
    const session = await new SignJWT({ token: await this.#mark() })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(this.#identity.serverId)
      .setAudience('operator')
      .setExpirationTime(`${SESSION_SECONDS}s`)
      .sign(this.#identity.secret);
    return cookie(session, SESSION_SECONDS, isSecure);
  }

  closing(isSecure: boolean): string {
    return cookie('', 0, isSecure);
  }

  /** Whether a request comes from a page of an open session. */
  async isOpen({ headers }: FastifyRequest): Promise<boolean> {
    const session = new RegExp(`(?:^|; )${COOKIE}=([\\w.-]+)`).exec(headers.cookie ?? '')?.[1];
    if (session === undefined) return false;
    try {
      const { payload } = await jwtVerify(session, this.#identity.secret, {
        algorithms: ['HS256'],
        issuer: this.#identity.serverId,
        audience: 'operator',
      });
      return payload['token'] === (await this.#mark());
    } catch {
      return false;
    }
  }

  /** Changes with the token, says nothing about it. */
  async #mark(): Promise<string> {
    return createHash('sha256')
      .update(`session ${await operatorTokenHash(this.#database)}`)
      .digest('base64url');
  }
}

function cookie(value: string, seconds: number, isSecure: boolean): string {
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${isSecure ? '; Secure' : ''}`;
}
