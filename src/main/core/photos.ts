import { statSync } from 'node:fs';
import { join } from 'node:path';

const CONTENT_TYPES = {
  svg: 'image/svg+xml',
  webp: 'image/webp',
  jpg: 'image/jpeg',
  png: 'image/png',
} as const;

export interface PhotoFile {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Finds a photo of the stall, `DATA_DIR/photos/aa/<sha256>.<extension>`, with the headers it is served under. The name is
 * the content's hash, so it never changes; an SVG may draw but neither run nor fetch anything.
 * @param photo SHA-256 as 64 hex digits; anything else is null
 */
export function findPhoto(dataDir: string, photo: string): PhotoFile | null {
  if (!/^[0-9a-f]{64}$/.test(photo)) return null;
  for (const [extension, contentType] of Object.entries(CONTENT_TYPES)) {
    const path = join(dataDir, 'photos', photo.slice(0, 2), `${photo}.${extension}`);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    return {
      path,
      headers: {
        'content-type': contentType,
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      },
    };
  }
  return null;
}
