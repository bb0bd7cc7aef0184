import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { Refusal } from './exchange-store';

const CHALLENGE_LIFE_MS = 60_000;
const TOKEN_LIFE_MS = 15 * 60_000;

/** Checking a token costs more than reading a batch, and a device shows the same one for a quarter of an hour. */
const MAX_SEEN_TOKENS = 10_000;

/** Who a token was given to. */
export interface TokenBearer {
  readonly deviceId: string;
  readonly stallId: string;
}

/** A text with an end. */
export interface Expiring {
  readonly text: string;
  readonly expiresAt: Date;
}

/**
 * Challenges and tokens that need no memory: JSON Web Tokens (RFC 7519, HS256) under a secret which all processes of one
 * server share.
 */
export class Tokens {
  readonly #secret: Buffer;
  readonly #issuer: string;
  readonly #now: () => Date;
  /** Tokens that were found good, with their bearers and ends. */
  readonly #seen = new Map<string, { readonly bearer: TokenBearer; readonly expiresMs: number }>();

  constructor(options: { readonly secret: Buffer; readonly serverId: string; readonly now: () => Date }) {
    this.#secret = options.secret;
    this.#issuer = options.serverId;
    this.#now = options.now;
  }

  /** For a device to sign. */
  challenge(deviceId: string): Promise<Expiring> {
    return this.#issue('challenge', CHALLENGE_LIFE_MS, deviceId, { jti: randomUUID() });
  }

  /** Refuses with `token-expired` unless the challenge was given to this device a moment ago. */
  async requireChallenge(challenge: string, deviceId: string): Promise<void> {
    const { sub } = await this.#read('challenge', challenge);
    if (sub !== deviceId) throw expired();
  }

  token({ deviceId, stallId }: TokenBearer): Promise<Expiring> {
    return this.#issue('device', TOKEN_LIFE_MS, deviceId, { stall: stallId });
  }

  /** Refuses with `token-expired`, whatever is wrong with it: a new one mends it. */
  async bearer(token: string): Promise<TokenBearer> {
    const seen = this.#seen.get(token);
    if (seen) {
      if (seen.expiresMs > this.#now().getTime()) return seen.bearer;
      this.#seen.delete(token);
    }
    const { sub, stall, exp } = await this.#read('device', token);
    if (sub === undefined || typeof stall !== 'string' || exp === undefined) throw expired();
    const bearer = { deviceId: sub, stallId: stall };
    if (this.#seen.size >= MAX_SEEN_TOKENS) this.#seen.clear();
    this.#seen.set(token, { bearer, expiresMs: exp * 1000 });
    return bearer;
  }

  async #issue(audience: string, lifeMs: number, subject: string, claims: Record<string, string>): Promise<Expiring> {
    // Tokens count in whole seconds.
    const expiresAt = new Date(Math.floor((this.#now().getTime() + lifeMs) / 1000) * 1000);
    const text = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(this.#issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setExpirationTime(expiresAt)
      .sign(this.#secret);
    return { text, expiresAt };
  }

  async #read(
    audience: string,
    text: string,
  ): Promise<{ readonly sub?: string; readonly stall?: unknown; readonly exp?: number }> {
    try {
      const { payload } = await jwtVerify(text, this.#secret, {
        algorithms: ['HS256'],
        issuer: this.#issuer,
        audience,
        currentDate: this.#now(),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw expired();
      throw error;
    }
  }
}

function expired(): Refusal {
  return new Refusal('token-expired', 'The token has run out or is none of ours: ask for a new one.');
}
