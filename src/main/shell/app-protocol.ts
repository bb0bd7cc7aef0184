import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { protocol } from 'electron';
import { themedPage, type Theme } from '../../shared/theme';
import { windowHeaders } from '../../shared/window-policy';
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
  readonly theme: () => Theme;
  /** Fulfilled when the core is there; a photo asked for earlier waits. */
  readonly findPhoto: Promise<(photo: string) => PhotoFile | null>;
}

/** Serves the built windows and the photos under `app://trestle/`. Call once the app is ready. */
export function serveAppProtocol({ rendererDir, theme, findPhoto }: AppProtocolOptions): void {
  protocol.handle('app', async (request) => {
    const { host, pathname } = new URL(request.url);
    if (host !== 'trestle' || request.method !== 'GET') return nothing();
    if (pathname.startsWith('/photo/')) {
      const photo = (await findPhoto)(pathname.slice('/photo/'.length));
      return photo ? respond(photo.path, photo.headers) : nothing();
    }
    const path = normalize(join(rendererDir, decodeURIComponent(pathname)));
    const contentType = CONTENT_TYPES[extname(path)];
    if (!path.startsWith(rendererDir + sep) || contentType === undefined) return nothing();
    const headers = { ...windowHeaders(pathname), 'content-type': contentType };
    return extname(path) === '.html' ? respondThemed(path, headers, theme()) : respond(path, headers);
  });
}

async function respond(path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  try {
    return new Response(await readFile(path), { headers });
  } catch {
    return nothing();
  }
}

async function respondThemed(path: string, headers: Readonly<Record<string, string>>, theme: Theme): Promise<Response> {
  try {
    return new Response(themedPage(await readFile(path, 'utf8'), theme), { headers });
  } catch {
    return nothing();
  }
}

function nothing(): Response {
  return new Response('There is nothing here.\n', { status: 404 });
}
