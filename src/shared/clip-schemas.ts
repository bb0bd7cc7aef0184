import { z } from 'zod';
import { id } from './zod';

/** What a clip may be: MP4 with H.264, WebM with VP8, VP9 or AV1. */
export const CLIP_KINDS = ['video/mp4', 'video/webm'] as const;
export type ClipKind = (typeof CLIP_KINDS)[number];

/** How the file of each kind ends. */
export const CLIP_EXTENSIONS: Readonly<Record<ClipKind, string>> = { 'video/mp4': 'mp4', 'video/webm': 'webm' };

/** No clip is larger: half a minute of sharp film fits, and a stall's uplink can carry it. */
export const MOST_CLIP_BYTES = 64 * 1024 * 1024;
/** Shorter is no film, longer than this nobody stands before the display. */
export const CLIP_DURATION_MS = { least: 1_000, most: 30_000 } as const;
/** The longer and the shorter side that every device still plays smoothly. */
export const CLIP_SIDE = { least: 64, most: 1_920 } as const;

/** A clip or a photo by the SHA-256 of its bytes, as hex. */
export const contentHash = z.string().regex(/^[0-9a-f]{64}$/);

export const clipCaption = z.string().max(120);

/**
 * A film of the stall for the reel. Its bytes lie beside the journal, under `/media/<clip>.mp4` or `.webm`, and reach other
 * devices after the entry that names them.
 */
export const clip = z.object({
  clip: contentHash,
  kind: z.enum(CLIP_KINDS),
  durationMs: z.int().min(1),
  /** Pixels as it is shown, turned upright. */
  width: z.int().min(1),
  height: z.int().min(1),
  /** A photo of the stall that stands for it, or null. */
  poster: contentHash.nullable(),
  caption: clipCaption,
  /** The item it shows, or null. */
  itemId: id.nullable(),
});

/** A clip as screens list it. */
export const clipView = clip.extend({
  /** Its bytes have arrived: it can be played here. */
  isHere: z.boolean(),
});

export type Clip = z.infer<typeof clip>;

/** Under which path the windows ask for a clip. */
export function clipAddress({ clip: hash, kind }: Pick<Clip, 'clip' | 'kind'>): string {
  return `/media/${hash}.${CLIP_EXTENSIONS[kind]}`;
}
