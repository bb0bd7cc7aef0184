import { toSVG } from 'bwip-js/node';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { joinLink } from '../../exchange/enrol-code';
import { isOwnForm } from '../../exchange/own-form';
import { RateLimit } from '../../exchange/rate-limit';
import { Refusal } from '../../exchange/exchange-store';
import { makeCode, type ServerIdentity } from '../../exchange/routes';
import { m } from '../../shared/i18n/generated/messages';
import { id } from '../../shared/zod';
import type { Database } from '../database';
import type { PostgresStore } from '../postgres-store';
import type { WebhookEndpoints } from '../webhooks/endpoints';
import { addStall, listDevices, resolveQuarantine, revokeDevice } from '../stalls';
import { markSvg, readFont, stylesheet } from './assets';
import type { Html } from '../../pages/html';
import { chooseLocale, inLocale } from '../../pages/language';
import { glanceAtStalls, readAside, readForks, stallName } from './overview';
import { codePage, joinPage, shutOutPage, signInPage, stallPage, stallPath, stallsPage, type Frame } from './pages';
import { readTrade, tradeSections } from './trade';
import type { OperatorDoor } from './session';

/** No script, nothing from elsewhere, in nobody's frame; a form goes nowhere but here. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  // Forms say where they come from, other sites hear nothing.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** The operator's token cannot be guessed; trying all the same is made dull. */
const SIGN_IN_RATE = { burst: 10, perSecond: 1 / 6 };

const stallParams = z.object({ stall: id });
const deviceParams = stallParams.extend({ device: id });
const asideParams = deviceParams.extend({ seq: z.coerce.number().int().min(1) });

/** The operator's pages, at `/`. */
export async function operatorPages(
  scope: FastifyInstance,
  options: {
    readonly database: Database;
    readonly store: PostgresStore;
    readonly identity: ServerIdentity;
    readonly door: OperatorDoor;
    readonly webhooks: WebhookEndpoints;
    readonly publicUrl: string | null;
    readonly now: () => Date;
  },
): Promise<void> {
  const { database, store, identity, door, webhooks, publicUrl, now } = options;
  const tries = new RateLimit({ ...SIGN_IN_RATE, nowMs: () => performance.now() });
  const app = scope.withTypeProvider<ZodTypeProvider>();
  const frame = async (isSignedIn: boolean): Promise<Frame> => ({ now: now(), epoch: await store.epoch(), isSignedIn });
  /** Whoever looks reads the page in the first of their browser's languages that we have. */
  const show = (reply: FastifyReply, page: () => Html): FastifyReply => {
    const { text } = inLocale(chooseLocale(reply.request.headers['accept-language'], 'en'), page);
    return reply.type('text/html; charset=utf-8').send(text);
  };
  const hidden = { schema: { hide: true } };

  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    if (request.method === 'POST' && !isOwnForm(request)) {
      throw new Refusal('bad-request', "Forms of the operator's pages are sent from those pages.");
    }
  });

  app.get('/operator/operator.css', hidden, (_request, reply) =>
    reply.header('cache-control', 'max-age=3600').type('text/css').send(stylesheet),
  );
  app.get('/operator/mark.svg', hidden, (_request, reply) =>
    reply.header('cache-control', 'max-age=86400').type('image/svg+xml').send(markSvg),
  );
  app.get(
    '/operator/fonts/:name',
    { schema: { hide: true, params: z.object({ name: z.string().max(80) }) } },
    async ({ params }, reply) => {
      const font = await readFont(params.name);
      if (font === null) throw new Refusal('not-found', m.hub_not_found());
      return reply.header('cache-control', 'max-age=86400').type('font/woff2').send(font);
    },
  );
  app.get('/join', hidden, async (_request, reply) => {
    const framed = await frame(false);
    return show(reply, () => joinPage(framed));
  });

  app.post(
    '/sign-in',
    { schema: { hide: true, body: z.object({ token: z.string().max(200) }) } },
    async ({ body, ip, protocol }, reply) => {
      const framed = await frame(false);
      try {
        tries.requireOne(ip);
      } catch {
        return show(reply.status(429), () => signInPage(framed, m.hub_too_many_tries()));
      }
      const cookie = await door.open(body.token.trim(), protocol === 'https');
      if (cookie === null) {
        tries.take(ip);
        return show(reply.status(403), () => signInPage(framed, m.hub_token_wrong()));
      }
      return reply.header('set-cookie', cookie).redirect('/', 303);
    },
  );

  await scope.register(async (inside) => {
    const signedIn = inside.withTypeProvider<ZodTypeProvider>();
    signedIn.addHook('onRequest', async (request: FastifyRequest, reply) => {
      if (await door.isOpen(request)) return;
      const framed = await frame(false);
      await show(reply.status(request.method === 'GET' ? 200 : 403), () => signInPage(framed, null));
    });

    signedIn.post('/sign-out', hidden, ({ protocol }, reply) =>
      reply.header('set-cookie', door.closing(protocol === 'https')).redirect('/', 303),
    );

    signedIn.get('/', hidden, async (_request, reply) => {
      const [framed, stalls, aside] = await Promise.all([
        frame(true),
        glanceAtStalls(database),
        readAside(database, null),
      ]);
      return show(reply, () => stallsPage(framed, stalls, aside));
    });

    signedIn.post(
      '/stalls',
      { schema: { hide: true, body: z.object({ name: z.string().trim().min(1).max(80) }) } },
      async ({ body }, reply) => reply.redirect(stallPath(await addStall(database, body.name)), 303),
    );

    signedIn.get('/stalls/:stall', { schema: { hide: true, params: stallParams } }, async ({ params }, reply) => {
      const { stall } = params;
      const [name, devices, aside, forks, trade] = await Promise.all([
        stallName(database, stall),
        listDevices(database, stall),
        readAside(database, stall),
        readForks(database, stall),
        readTrade({ database, webhooks }, stall, now()),
      ]);
      if (name === null) throw new Refusal('not-found', m.hub_not_found());
      const framed = await frame(true);
      return show(reply, () => {
        const sections = tradeSections(framed, trade, devices);
        return stallPage(framed, { stallId: stall, name }, devices, aside, forks, sections);
      });
    });

    signedIn.post('/stalls/:stall/code', { schema: { hide: true, params: stallParams } }, async (request, reply) => {
      const { stall } = request.params;
      const name = await stallName(database, stall);
      if (name === null) throw new Refusal('not-found', m.hub_not_found());
      const address = publicUrl ?? `${request.protocol}://${request.host}`;
      const { code, expiresAt } = await makeCode({ store, identity, now }, stall, '');
      const qrSvg = toSVG({ bcid: 'qrcode', text: joinLink(address, code) });
      const framed = await frame(true);
      return show(reply, () => codePage(framed, { stallId: stall, name }, { code, address, expiresAt, qrSvg }));
    });

    signedIn.get(
      '/stalls/:stall/devices/:device/shut-out',
      { schema: { hide: true, params: deviceParams } },
      async ({ params }, reply) => {
        const device = (await listDevices(database, params.stall)).find(({ deviceId }) => deviceId === params.device);
        if (!device) throw new Refusal('not-found', m.hub_not_found());
        const framed = await frame(true);
        return show(reply, () => shutOutPage(framed, params.stall, device));
      },
    );
    signedIn.post(
      '/stalls/:stall/devices/:device/shut-out',
      { schema: { hide: true, params: deviceParams } },
      async ({ params }, reply) => {
        await revokeDevice(database, params.stall, params.device);
        return reply.redirect(stallPath(params.stall), 303);
      },
    );

    signedIn.post(
      '/stalls/:stall/aside/:device/:seq',
      {
        schema: {
          hide: true,
          params: asideParams,
          body: z.object({ resolution: z.enum(['accepted', 'set-aside']), back: z.string().max(300) }),
        },
      },
      async ({ params, body }, reply) => {
        const { stall, device, seq } = params;
        await resolveQuarantine(database, { stallId: stall, deviceId: device, seq }, body.resolution);
        return reply.redirect(body.back === '/' ? '/' : stallPath(stall), 303);
      },
    );
  });
}
