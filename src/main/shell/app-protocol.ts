import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { Readable } from 'node:stream';
import { protocol } from 'electron';
import { windowPage, type WindowLook } from '../../shared/theme';
import { windowHeaders } from '../../shared/window-policy';
import { answerClip, type ClipFile } from '../core/clips';
import type { PhotoFile } from '../core/photos';

/** The origin of every window of ours. */
export const APP_ORIGIN = 'app://trestle';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** Makes `app:` a secure origin with storage, fetch and a code cache. Call before the app is ready. */
export function registerAppProtocol(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: 'app',
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
    },
  ]);
}

export interface AppProtocolOptions {
  readonly rendererDir: string;
  /** Asked for with every page. */
  readonly look: (window: 'till' | 'display') => WindowLook;
  /** Fulfilled when the core is there; a photo or clip asked for earlier waits. */
  readonly media: Promise<MediaFinder>;
}

/** What the core finds of what windows show. */
export interface MediaFinder {
  findPhoto(photo: string): PhotoFile | null;
  findClip(file: string): ClipFile | null;
}

/** Serves the built windows, the photos and the clips under `app://trestle/`. Call once the app is ready. */
export function serveAppProtocol({ rendererDir, look, media }: AppProtocolOptions): void {
  protocol.handle('app', async (request) => {
    const { host, pathname } = new URL(request.url);
    if (host !== 'trestle' || request.method !== 'GET') return nothing();
    if (pathname.startsWith('/photo/')) {
      const photo = (await media).findPhoto(pathname.slice('/photo/'.length));
      return photo ? respond(photo.path, photo.headers) : nothing();
    }
    if (pathname.startsWith('/media/')) {
      const clip = (await media).findClip(pathname.slice('/media/'.length));
      return clip ? respondClip(clip, request.headers.get('range')) : nothing();
    }
    const path = normalize(join(rendererDir, decodeURIComponent(pathname)));
    const contentType = CONTENT_TYPES[extname(path)];
    if (!path.startsWith(rendererDir + sep) || contentType === undefined) return nothing();
    const headers = { ...windowHeaders(pathname), 'content-type': contentType };
    return extname(path) === '.html'
      ? respondPage(path, headers, look(pathname.startsWith('/display/') ? 'display' : 'till'))
      : respond(path, headers);
  });
}

async function respond(path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  try {
    return new Response(await readFile(path), { headers });
  } catch {
    return nothing();
  }
}

function respondClip(clip: ClipFile, range: string | null): Response {
  const { status, headers, part } = answerClip(clip, range);
  const bytes = part && (Readable.toWeb(createReadStream(clip.path, part)) as ReadableStream<Uint8Array>);
  return new Response(bytes, { status, headers });
}

async function respondPage(
  path: string,
  headers: Readonly<Record<string, string>>,
  look: WindowLook,
): Promise<Response> {
  try {
    return new Response(windowPage(await readFile(path, 'utf8'), look), { headers });
  } catch {
    return nothing();
  }
}

function nothing(): Response {
  return new Response('There is nothing here.\n', { status: 404 });
}
