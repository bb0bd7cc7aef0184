/**
 * The Admin API of a Vendure shop: GraphQL over HTTP, with a session token that is renewed when it has run out.
 * Facts from the Vendure 3 manual, "GraphQL API: managing sessions".
 */
import { setTimeout as pause } from 'node:timers/promises';

/** How a call to a shop ended badly. */
export class VendureError extends Error {
  /**
   * @param kind `unreachable`: no answer worth the name, later it may be another; `signed-out`: the shop does not let
   *   this administrator do it; `refused`: it understood and said no, and will say so again
   */
  constructor(
    readonly kind: 'unreachable' | 'signed-out' | 'refused',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'VendureError';
  }
}

/** One question or change, as GraphQL with variables. Rejects with VendureError alone. */
export interface AdminApi {
  request<T>(document: string, variables?: Readonly<Record<string, unknown>>): Promise<T>;
}

export interface VendureLogin {
  /** Of the Admin API, for instance `https://shop.example/admin-api`. */
  readonly address: string;
  readonly username: string;
  readonly password: string;
}

const REQUEST_MS = 20_000;
const MAX_ANSWER_CHARACTERS = 4_000_000;
const TRIES = 3;
const FIRST_PAUSE_MS = 200;
/** Asked as a question alone: a change is never repeated without looking what the first did. */
const QUESTION = /^\s*(query\b|\{)/;

const LOGIN = `mutation ($username: String!, $password: String!) {
  login(username: $username, password: $password) { __typename ... on ErrorResult { message } }
}`;

interface GraphQlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** An Admin API that signs on by itself. */
export function vendureAdmin({ address, username, password }: VendureLogin): AdminApi {
  let token: string | null = null;

  async function send(document: string, variables: Readonly<Record<string, unknown>>): Promise<GraphQlAnswer> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(address, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query: document, variables }),
        redirect: 'error',
        signal: AbortSignal.timeout(REQUEST_MS),
      });
      text = await response.text();
    } catch (error) {
      throw new VendureError('unreachable', `The shop at ${address} does not answer.`, { cause: error });
    }
    token = response.headers.get('vendure-auth-token') ?? token;
    if (response.status >= 500 || response.status === 429 || text.length > MAX_ANSWER_CHARACTERS) {
      throw new VendureError('unreachable', `The shop at ${address} is not well (HTTP ${response.status}).`);
    }
    try {
      return JSON.parse(text) as GraphQlAnswer;
    } catch (error) {
      throw new VendureError('unreachable', `What answers at ${address} is no Vendure Admin API.`, { cause: error });
    }
  }

  async function signOn(): Promise<void> {
    token = null;
    const { data, errors } = await send(LOGIN, { username, password });
    const login = (data as { login?: { __typename: string; message?: string } } | undefined)?.login;
    if (login?.__typename === 'CurrentUser') return;
    const why = login?.message ?? errors?.[0]?.message ?? 'it gave no reason';
    throw new VendureError('signed-out', `The shop does not let ${username} in: ${why}.`);
  }

  async function ask<T>(document: string, variables: Readonly<Record<string, unknown>>): Promise<T> {
    const isFresh = token === null;
    if (isFresh) await signOn();
    const { data, errors } = await send(document, variables);
    const error = errors?.[0];
    if (error === undefined) return data as T;
    if (error.extensions?.code === 'FORBIDDEN' || error.extensions?.code === 'UNAUTHENTICATED') {
      token = null;
      // A session that has run out looks like a right that is missing: only a new one tells them apart.
      if (!isFresh) return ask(document, variables);
      throw new VendureError('signed-out', `The shop does not let ${username} do this: ${error.message}`);
    }
    throw new VendureError('refused', `The shop refused: ${error.message}`);
  }

  return {
    async request(document, variables = {}) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await ask(document, variables);
        } catch (error) {
          const isWorthwhile = error instanceof VendureError && error.kind === 'unreachable' && attempt < TRIES;
          if (!isWorthwhile || !QUESTION.test(document)) throw error;
          await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
        }
      }
    },
  };
}
