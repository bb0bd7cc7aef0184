import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { RateLimit } from '../../exchange/rate-limit';
import type { CallInput, CallName, CallOutput } from '../../shared/contract';
import { CLOSE_CODES } from '../../shared/wire';
import { windowHeaders } from '../../shared/window-policy';
import { answerClip, findClip } from '../core/clips';
import { ShownClips } from '../db/shown-clips';
import { FittedPhotos } from './fitted-photos';
import { speakContract } from './speak-contract';
import { CallRefused, type StallLink } from './stall-link';
import type { StallSite } from './stall-site';

/** How often a display that is connected is looked up again: one that was taken off goes dark within this. */
const LOOK_AGAIN_MS = 5_000;
const PING_EVERY_MS = 15_000;
/** Somebody looks through the goods as fast as they can; nobody looks up more. */
const MAX_CALLS_PER_SECOND = 100;
/** Some twenty of the longest answers. A tablet out of reach costs the till no more. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
/** A person mistypes a code now and then; who tries them all keeps the till no busier than that. */
const PAIRING_RATE = { burst: 10, perSecond: 0.2 };
/** As large as the till keeps photos. */
const PHOTO_SIDE = 800;

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

const pairingForm = z.object({ code: z.string().max(40), name: z.string().max(80).catch('') });

/** The display for tablets and other browsers: its page, its photos and clips, the pairing, and the contract in its role alone. */
export const displaySite: StallSite = {
  offer: 'display',
  register(app, { link, dataDir, rendererDir, socket, onProblem }) {
    const page = join(rendererDir, 'display', 'index.html');
    // A tree that was not built has no page; whoever asks hears that there is nothing.
    const html = existsSync(page) ? readFileSync(page) : null;
    const assets = html === null ? new Map<string, string>() : builtFiles(join(rendererDir, 'assets'));

    app.get('/display', (_request, reply) => reply.redirect('/display/', 301));
    app.get('/display/', (_request, reply) => {
      if (html === null) return reply.callNotFound();
      return reply.headers(windowHeaders('/display/')).type('text/html; charset=utf-8').send(html);
    });
    app.get<{ Params: { file: string } }>('/assets/:file', (request, reply) => {
      const { file } = request.params;
      const type = assets.get(file);
      if (type === undefined) return reply.callNotFound();
      return reply
        .headers(windowHeaders(`/assets/${file}`))
        .header('cache-control', 'public, max-age=31536000, immutable')
        .type(type)
        .send(createReadStream(join(rendererDir, 'assets', file)));
    });
    const photos = new FittedPhotos(dataDir);
    app.addHook('onClose', () => photos.close());
    app.get<{ Params: { photo: string } }>('/display/photo/:photo', async (request, reply) => {
      const bytes = await photos.find(request.params.photo, PHOTO_SIDE);
      if (bytes === null) return reply.callNotFound();
      return reply.type('image/webp').header('cache-control', 'public, max-age=31536000, immutable').send(bytes);
    });

    const clips = ShownClips.open(dataDir);
    app.addHook('onClose', () => clips.close());
    app.get<{ Params: { file: string } }>('/media/:file', (request, reply) => {
      const clip = findClip(dataDir, request.params.file, (hash) => clips.get(hash)?.kind ?? null);
      if (clip === null) return reply.callNotFound();
      const { status, headers, part } = answerClip(clip, request.headers.range);
      return reply
        .status(status)
        .headers(headers)
        .send(part && createReadStream(clip.path, part));
    });

    const pairing = new RateLimit({ ...PAIRING_RATE, nowMs: () => performance.now() });
    app.post('/display/pair', async (request, reply) => {
      pairing.take(request.ip);
      const form = pairingForm.safeParse(request.body);
      const paired = form.success ? await ask(link, 'display.pair', form.data) : null;
      return paired ? { token: paired.token } : reply.status(403).send({});
    });

    socket('/socket', (client) => {
      pingWhileOpen(client);
      speakContract(client, {
        kiosk: {
          deviceId: 'stall',
          dispatch: (_caller, message) => link.dispatch('display', message),
          subscribe: (_role, listener) => link.subscribe(listener),
        },
        maxCallsPerSecond: MAX_CALLS_PER_SECOND,
        maxBufferedBytes: MAX_BUFFERED_BYTES,
        async authorise({ role, token }) {
          if (role !== 'display' || (await ask(link, 'display.enter', { token })) === null) return null;
          const timer = setInterval(() => {
            ask(link, 'display.enter', { token }).then(
              (known) => known === null && client.close(CLOSE_CODES.notAllowed, 'taken off'),
              // The till is busy: whoever was let in stays.
              () => undefined,
            );
          }, LOOK_AGAIN_MS);
          client.once('close', () => clearInterval(timer));
          return { role: 'display' };
        },
        onRefused: () => undefined,
        onProblem,
      });
    });
  },
};

/**
 * A call in the display's role.
 * @throws {CallRefused}
 */
async function ask<N extends CallName>(link: StallLink, call: N, input: CallInput<N>): Promise<CallOutput<N>> {
  const result = await link.dispatch('display', { call, input, requestId: randomUUID() });
  if (!result.ok) throw new CallRefused(result.error);
  return result.value as CallOutput<N>;
}

/** The built files by name, with their types: an address names one of these or nothing. */
function builtFiles(folder: string): Map<string, string> {
  return new Map(
    readdirSync(folder).flatMap((name) => {
      const type = TYPES[extname(name)];
      return type === undefined ? [] : [[name, type] as const];
    }),
  );
}

/** A tablet that left without a word is let go. */
function pingWhileOpen(client: WebSocket): void {
  let isAlive = true;
  client.on('pong', () => (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive) return client.terminate();
    isAlive = false;
    client.ping();
  }, PING_EVERY_MS);
  client.once('close', () => clearInterval(timer));
}
