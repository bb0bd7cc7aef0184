import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CLIP_EXTENSIONS, CLIP_KINDS, type ClipKind } from '../../shared/clip-schemas';

export interface ClipFile {
  readonly path: string;
  readonly kind: ClipKind;
  readonly bytes: number;
}

/** Where the bytes of a clip lie: `DATA_DIR/clips/aa/<sha256>.<extension>`. */
export function clipPath(dataDir: string, clip: string, kind: ClipKind): string {
  return join(dataDir, 'clips', clip.slice(0, 2), `${clip}.${CLIP_EXTENSIONS[kind]}`);
}

/**
 * Finds the file of a clip that the journal names.
 * @param file `<sha256>.mp4` or `<sha256>.webm`; anything else is null
 * @param kindOf what the journal says of a clip; null for one it does not name
 */
export function findClip(dataDir: string, file: string, kindOf: (clip: string) => ClipKind | null): ClipFile | null {
  const [, clip, extension] = /^([0-9a-f]{64})\.(mp4|webm)$/.exec(file) ?? [];
  const kind = CLIP_KINDS.find((one) => CLIP_EXTENSIONS[one] === extension);
  if (clip === undefined || kind === undefined || kindOf(clip) !== kind) return null;
  const path = clipPath(dataDir, clip, kind);
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? { path, kind, bytes: found.size } : null;
}

export interface ClipAnswer {
  readonly status: 200 | 206 | 416;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes to send, both ends included; null for none. */
  readonly part: { readonly start: number; readonly end: number } | null;
}

/**
 * How a request for a clip is answered. A player jumps about in a film by asking for ranges (RFC 9110, 14); one that cannot be
 * read, and several at once, get the whole.
 * @param range the request's Range header
 */
export function answerClip({ kind, bytes }: Omit<ClipFile, 'path'>, range: string | null | undefined): ClipAnswer {
  const headers = {
    'content-type': kind,
    'accept-ranges': 'bytes',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  };
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? '') ?? [];
  // Without a first byte it is the last so many.
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  const isRange = first !== '' || last !== '';
  if (!isRange || (first !== '' && last !== '' && Number(last) < start)) {
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(bytes) },
      part: { start: 0, end: bytes - 1 },
    };
  }
  if (start >= bytes) return { status: 416, headers: { ...headers, 'content-range': `bytes */${bytes}` }, part: null };
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/${bytes}`,
    },
    part: { start, end },
  };
}
