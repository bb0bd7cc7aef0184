import type { FastifyInstance, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  challengeRequest,
  challengeResponse,
  deviceStatus,
  enrolRequest,
  enrolResponse,
  EXCHANGE_PATHS,
  EXCHANGE_VERSION,
  exchangeError,
  feedQuery,
  feedResponse,
  headsResponse,
  MAX_BATCH_BYTES,
  MAX_MEDIA_BYTES,
  MAX_PHOTO_BYTES,
  MAX_PHOTO_PART_BYTES,
  newCodeRequest,
  newCodeResponse,
  peopleFeed,
  peoplePush,
  peopleQuery,
  photoPartHeaders,
  pushRequest,
  pushResponse,
  reconcileResponse,
  serverCard,
  shiftSums,
  tokenRequest,
  tokenResponse,
} from '../shared/exchange';
import { id } from '../shared/zod';
import { CODE_LIFE_MS, codeHash, joinLink, newCode, readCode } from './enrol-code';
import { acceptBatch } from './accept-batch';
import { Refusal, revoked, type ExchangeStore, type FeedPlace, type KnownDevice } from './exchange-store';
import { RateLimit } from './rate-limit';
import { readBody, type BatchBody, type ReadBatch } from './read-batch';
import { isPublicKey, isSignedBy, signedTexts, type SignText } from './signatures';
import { ordersHash } from './shift-sums';
import { Tokens } from './tokens';
import { serveWakeUps } from './wake';

/** Who a server is. All processes of one server share it. */
export interface ServerIdentity {
  readonly serverId: string;
  readonly role: 'hub' | 'neighbour';
  /** Ed25519, SPKI DER in base64; devices learn it at enrolment and believe nobody else. */
  readonly publicKey: string;
  /** Whom to encrypt a carried file to (age), or null. */
  readonly recipient: string | null;
  readonly sign: SignText;
  /** Under which tokens and the hashes of codes are made. */
  readonly secret: Buffer;
}

export interface ExchangeOptions {
  readonly store: ExchangeStore;
  readonly now: () => Date;
  /** Who reads batches, whose bytes it may keep: default `readBody` in this thread. */
  readonly read?: (body: BatchBody) => ReadBatch | Promise<ReadBatch>;
  readonly identity: ServerIdentity;
  /** How devices reach this server, for links; null to take what the asking one used. */
  readonly publicUrl: string | null;
  /** A clock that nobody sets, in milliseconds, by which requests are counted; default: this process's own. */
  readonly monotonicMs?: () => number;
}

/** Nothing but a loop that ran wild asks so often. */
const DEVICE_RATE = { burst: 4_000, perSecond: 2_000 };
const STRANGER_RATE = { burst: 4_000, perSecond: 400 };
/** Of one address, and of all together: a code has 40 bits and lives for a day. */
const WRONG_CODE_RATE = { burst: 10, perSecond: 1 / 6 };
const ALL_WRONG_CODES_RATE = { burst: 100, perSecond: 2 };

const stallParams = z.object({ stall: id });
const photoParams = z.object({ stall: id, sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const nothing = z.object({}).describe('Nothing more to say.');
const refusals = { '4xx': exchangeError, '5xx': exchangeError };
const bytes = (what: string) => ({
  description: what,
  content: { 'application/octet-stream': { schema: z.unknown() } },
});
const headersOnly = (what: string) => z.unknown().describe(what);

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, on routes of a stall. */
    device: KnownDevice;
  }
}

/** The routes of the exchange over a store. */
export async function exchangeRoutes(scope: FastifyInstance, options: ExchangeOptions): Promise<void> {
  const { store, identity, now, publicUrl, read = readBody, monotonicMs: nowMs = () => performance.now() } = options;
  const deviceRate = new RateLimit({ ...DEVICE_RATE, nowMs });
  const strangerRate = new RateLimit({ ...STRANGER_RATE, nowMs });
  const wrongCodes = new RateLimit({ ...WRONG_CODE_RATE, nowMs });
  const allWrongCodes = new RateLimit({ ...ALL_WRONG_CODES_RATE, nowMs });
  const tokens = new Tokens({ secret: identity.secret, serverId: identity.serverId, now });

  const card = async (): Promise<z.infer<typeof serverCard>> => ({
    trestle: 'exchange',
    version: EXCHANGE_VERSION,
    serverId: identity.serverId,
    role: identity.role,
    publicKey: identity.publicKey,
    recipient: identity.recipient,
    epoch: await store.epoch(),
    now: now().toISOString(),
  });

  await scope.register(async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>();
    app.addHook('onRequest', async (request) => strangerRate.take(request.ip));

    app.get(
      EXCHANGE_PATHS.card,
      { schema: { summary: 'Who answers here', response: { 200: serverCard, ...refusals } } },
      card,
    );

    app.post(
      EXCHANGE_PATHS.enrol,
      { schema: { summary: 'Enrol a device', body: enrolRequest, response: { 200: enrolResponse, ...refusals } } },
      async ({ body, ip }) => {
        const { code, former, deviceId, publicKey, prefix, stallId, name, signature } = body;
        if (!isPublicKey(publicKey)) throw new Refusal('bad-request', 'The public key is no Ed25519 key.');
        if (!isSignedBy(signedTexts.enrol(code, deviceId, publicKey), signature, publicKey)) {
          throw new Refusal('bad-signature', 'The request is not signed by the key it names.');
        }
        if ((code === null) === (former === null)) {
          throw new Refusal('bad-request', 'Give a code, or the former device: one of the two.');
        }
        wrongCodes.requireOne(ip);
        allWrongCodes.requireOne('all');
        const letters = code === null ? null : readCode(code);
        try {
          if (code !== null && letters === null) throw badCode();
          const enrolled = await store.enrol({
            codeHash: letters === null ? null : codeHash(letters, identity.secret),
            former: former && {
              deviceId: former.deviceId,
              isSignedBy: (formerKey) =>
                isSignedBy(signedTexts.succeed(former.deviceId, deviceId, publicKey), former.signature, formerKey),
            },
            deviceId,
            publicKey,
            prefix,
            stallId,
            name,
          });
          return { ...enrolled, server: await card() };
        } catch (error) {
          if (error instanceof Refusal && error.code === 'bad-code') {
            wrongCodes.take(ip);
            allWrongCodes.take('all');
          }
          throw error;
        }
      },
    );

    app.post(
      EXCHANGE_PATHS.challenge,
      {
        schema: {
          summary: 'Ask for a challenge',
          body: challengeRequest,
          response: { 200: challengeResponse, ...refusals },
        },
      },
      async ({ body }) => {
        const { text, expiresAt } = await tokens.challenge(body.deviceId);
        return { challenge: text, expiresAt: expiresAt.toISOString() };
      },
    );

    app.post(
      EXCHANGE_PATHS.token,
      {
        schema: {
          summary: 'Turn a signed challenge into a token',
          body: tokenRequest,
          response: { 200: tokenResponse, ...refusals },
        },
      },
      async ({ body }) => {
        const { deviceId, challenge, nonce, signature } = body;
        await tokens.requireChallenge(challenge, deviceId);
        const device = requireKnown(await store.findDevice(deviceId));
        if (!isSignedBy(signedTexts.token(challenge, nonce), signature, device.publicKey)) {
          throw new Refusal('bad-signature', 'The challenge is not signed by the key of this device.');
        }
        const { text, expiresAt } = await tokens.token(device);
        const epoch = await store.epoch();
        return {
          token: text,
          expiresAt: expiresAt.toISOString(),
          stallId: device.stallId,
          epoch,
          signature: identity.sign(signedTexts.server(nonce, deviceId, epoch)),
        };
      },
    );
  });

  await scope.register(async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>();
    const security = [{ device: [] }];

    // Before the body is read: a stranger sends no megabytes.
    app.addHook('onRequest', async (request) => {
      const bearer = await tokens.bearer(bearerToken(request));
      if ((request.params as { stall?: string }).stall !== bearer.stallId) {
        throw new Refusal('wrong-stall', 'This device belongs to another stall.');
      }
      deviceRate.take(bearer.deviceId);
      request.device = requireKnown(await store.device(bearer.stallId, bearer.deviceId));
    });

    app.post(
      EXCHANGE_PATHS.codes,
      {
        schema: {
          summary: 'Make a code for one more device',
          security,
          params: stallParams,
          body: newCodeRequest,
          response: { 200: newCodeResponse, ...refusals },
        },
      },
      async ({ device, body, protocol, host }) => {
        const { code, expiresAt } = await makeCode(options, device.stallId, body.name);
        return {
          code,
          expiresAt: expiresAt.toISOString(),
          link: joinLink(publicUrl ?? `${protocol}://${host}`, code),
        };
      },
    );

    await app.register(async (batches) => {
      // Whoever reads a batch gets it as bytes.
      batches.removeAllContentTypeParsers();
      batches.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
        done(null, body),
      );
      const check = batches.validatorCompiler as FastifySchemaCompiler<unknown>;
      batches.withTypeProvider<ZodTypeProvider>().post(
        EXCHANGE_PATHS.entries,
        {
          bodyLimit: MAX_BATCH_BYTES,
          validatorCompiler: (part) => (part.httpPart === 'body' ? () => true : check(part)),
          schema: {
            summary: 'Hand over a batch of entries',
            security,
            params: stallParams,
            body: pushRequest,
            response: { 200: pushResponse, ...refusals },
          },
        },
        async (request) => {
          const { device: broughtBy } = request;
          const bytes = (request.body as unknown as Buffer | undefined) ?? new Uint8Array();
          const batch = await read({ bytes, broughtBy, nowMs: now().getTime() });
          // Megabytes that nobody needs any more, while the store works.
          request.body = undefined as never;
          const appended = await acceptBatch(store, broughtBy, batch);
          return {
            ...appended,
            signature: identity.sign(signedTexts.acknowledgement(batch.head.device, appended.head, appended.epoch)),
          };
        },
      );
    });

    app.get(
      EXCHANGE_PATHS.entries,
      {
        schema: {
          summary: "Read the stall's feed after a cursor",
          security,
          params: stallParams,
          querystring: feedQuery,
          response: { 200: feedResponse, ...refusals },
        },
      },
      async ({ device, query }) => {
        const { place, more, entries, heads } = await store.feed({
          stallId: device.stallId,
          after: readCursor(query.after),
          limit: query.limit,
          without: query.own === 'all' ? null : device.deviceId,
        });
        return { epoch: place.epoch, cursor: cursorOf(place), more, entries: [...entries], heads: [...heads] };
      },
    );

    app.get(
      EXCHANGE_PATHS.heads,
      {
        schema: {
          summary: 'What is here of each device',
          security,
          params: stallParams,
          response: { 200: headsResponse, ...refusals },
        },
      },
      async ({ device }) => ({ epoch: await store.epoch(), heads: [...(await store.heads(device.stallId))] }),
    );

    app.post(
      EXCHANGE_PATHS.status,
      {
        schema: {
          summary: 'Say how it goes',
          security,
          params: stallParams,
          body: deviceStatus,
          response: { 200: nothing, ...refusals },
        },
      },
      async ({ device, body }) => {
        await store.noteStatus(device.stallId, device.deviceId, body);
        return {};
      },
    );

    app.post(
      EXCHANGE_PATHS.people,
      {
        schema: {
          summary: 'Hand over changed people',
          security,
          params: stallParams,
          body: peoplePush,
          response: { 200: nothing, ...refusals },
        },
      },
      async ({ device, body }) => {
        await store.putPeople(device.stallId, body.people);
        return {};
      },
    );

    app.get(
      EXCHANGE_PATHS.people,
      {
        schema: {
          summary: 'Read changed people',
          security,
          params: stallParams,
          querystring: peopleQuery,
          response: { 200: peopleFeed, ...refusals },
        },
      },
      async ({ device, query }) => {
        const { people, version } = await store.people(device.stallId, query.after);
        return { people: [...people], version };
      },
    );

    app.post(
      EXCHANGE_PATHS.reconcile,
      {
        schema: {
          summary: "Compare a shift's orders",
          security,
          params: stallParams,
          body: shiftSums,
          response: { 200: reconcileResponse, ...refusals },
        },
      },
      async ({ device, body }) => {
        const orders = await store.shiftOrders(device.stallId, body.device, body.shiftId);
        const sums = {
          shiftId: body.shiftId,
          device: body.device,
          orderCount: orders.length,
          totalMinor: orders.reduce((sum, { totalMinor }) => sum + totalMinor, 0),
          ordersHash: ordersHash(orders),
        };
        const matches =
          sums.orderCount === body.orderCount &&
          sums.totalMinor === body.totalMinor &&
          sums.ordersHash === body.ordersHash;
        return { matches, sums, orders: matches ? [] : [...orders] };
      },
    );

    app.head(
      EXCHANGE_PATHS.photo,
      {
        config: { swagger: { exposeHeadRoute: true } },
        schema: {
          summary: 'How much of a photo or clip is here',
          security,
          params: photoParams,
          response: { 204: headersOnly('`Upload-Offset` is how much, `Upload-Length` the whole.'), ...refusals },
        },
      },
      async ({ device, params }, reply) => {
        const state = await store.photoState(device.stallId, params.sha256);
        if (state === null) throw noPhoto();
        return reply
          .status(204)
          .headers({ 'upload-offset': state.storedBytes, 'upload-length': state.totalBytes })
          .send();
      },
    );

    const photoAnswers = {
      200: bytes('The whole of it.'),
      206: bytes('What `Range: bytes=N-M` asked for; `Content-Range` says how far it goes.'),
      ...refusals,
    };
    const photoSchema = { summary: 'Read a photo or clip', security, params: photoParams, response: photoAnswers };
    app.get(EXCHANGE_PATHS.photo, { schema: photoSchema }, async (request, reply) => {
      const { device, params, headers } = request;
      const range = /^bytes=(\d{1,9})-(\d{0,9})$/.exec(headers.range ?? '');
      const offset = Number(range?.[1] ?? 0);
      const wanted = range?.[2] ? Math.max(1, Number(range[2]) + 1 - offset) : MAX_MEDIA_BYTES;
      // No more at once than a photo has: whoever wants a clip comes again.
      const most = range ? Math.min(wanted, MAX_PHOTO_BYTES) : wanted;
      const bytes = await store.readPhoto(device.stallId, params.sha256, offset, most);
      if (bytes === null) throw noPhoto();
      if (range) {
        const total = (await store.photoState(device.stallId, params.sha256))?.totalBytes ?? offset + bytes.length;
        reply.status(206).header('content-range', `bytes ${offset}-${offset + bytes.length - 1}/${total}`);
      }
      return reply.type('application/octet-stream').send(bytes);
    });

    app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    app.patch(
      EXCHANGE_PATHS.photo,
      {
        bodyLimit: MAX_PHOTO_PART_BYTES,
        schema: {
          summary: 'Hand over the next part of a photo or clip',
          consumes: ['application/octet-stream'],
          security,
          params: photoParams,
          headers: photoPartHeaders,
          body: z.unknown(),
          response: { 204: headersOnly('`Upload-Offset` is how much is here now.'), ...refusals },
        },
      },
      async ({ device, params, headers, body }, reply) => {
        if (!Buffer.isBuffer(body) || body.length === 0) {
          throw new Refusal('bad-request', 'A part of a photo is application/octet-stream and not empty.');
        }
        const offset = headers['upload-offset'];
        const totalBytes = headers['upload-length'];
        if (offset + body.length > totalBytes) {
          throw new Refusal('bad-request', 'The part reaches beyond the end of the photo.');
        }
        const { storedBytes } = await store.putPhotoPart({
          stallId: device.stallId,
          sha256: params.sha256,
          offset,
          totalBytes,
          bytes: body,
        });
        return reply.status(204).header('upload-offset', storedBytes).send();
      },
    );
  });

  serveWakeUps(scope, { store, cursorOf, bearerOf: async (token) => knownBearer(store, await tokens.bearer(token)) });
}

/** A one-time code for one more device of a stall; kept as its hash. */
export async function makeCode(
  { store, identity, now }: Pick<ExchangeOptions, 'store' | 'identity' | 'now'>,
  stallId: string,
  name: string,
): Promise<{ readonly code: string; readonly expiresAt: Date }> {
  const code = newCode();
  const expiresAt = new Date(now().getTime() + CODE_LIFE_MS);
  await store.addCode({ stallId, codeHash: codeHash(readCode(code) ?? '', identity.secret), name, expiresAt });
  return { code, expiresAt };
}

export function badCode(): Refusal {
  return new Refusal('bad-code', 'This code is wrong, used or has run out: ask for a new one.');
}

function noPhoto(): Refusal {
  return new Refusal('not-found', 'This photo is not here, or not all of it.');
}

async function knownBearer(
  store: ExchangeStore,
  { stallId, deviceId }: { readonly stallId: string; readonly deviceId: string },
): Promise<KnownDevice> {
  return requireKnown(await store.device(stallId, deviceId));
}

function requireKnown(device: KnownDevice | null): KnownDevice {
  if (device === null) throw new Refusal('not-enrolled', 'This device is not enrolled here: enrol it with a code.');
  if (device.isRevoked) throw revoked();
  return device;
}

function bearerToken({ headers }: FastifyRequest): string {
  const token = /^Bearer ([\w.-]{1,2000})$/.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw new Refusal('token-expired', 'Ask for a token first.');
  return token;
}

export function cursorOf({ epoch, serverSeq }: FeedPlace): string {
  return `${epoch}.${serverSeq}`;
}

function readCursor(cursor: string): FeedPlace {
  const [epoch = 0, serverSeq = 0] = cursor.split('.').map(Number);
  return { epoch, serverSeq };
}
