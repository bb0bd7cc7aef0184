import { faultOf, type ClipFault } from '../../shared/clip-check';
import type { CallError } from '../../shared/errors';
import type { Client } from './client';
import { cut, lookAt, posterOf, type Stretch } from './film';
import { toBase64 } from './import-files';

/** What the contract takes at once. */
const SLICE_BYTES = 1024 * 1024;

export interface NewClip {
  readonly film: Blob;
  readonly stretch: Stretch;
  readonly caption: string;
  readonly itemId: string | null;
}

export type AddedClip =
  | { readonly ok: true; readonly clip: string }
  | { readonly ok: false; readonly fault: ClipFault }
  | { readonly ok: false; readonly error: CallError };

/**
 * Trims a film, looks at what came of it, and gives it to the till with a picture that stands for it.
 * @param onProgress hears how much is done, of 1
 */
export async function addClip(
  client: Client,
  { film, stretch, caption, itemId }: NewClip,
  onProgress: (done: number) => void,
): Promise<AddedClip> {
  const before = await lookAt(film);
  if (!before.ok) return before;
  const made = await cut(film, before.facts, stretch, (done) => onProgress(done / 2));
  const after = made === film ? before : await lookAt(made);
  if (!after.ok) return after;
  const fault = faultOf(after.facts);
  if (fault !== null) return { ok: false, fault };

  const picture = await posterOf(made, after.facts.durationMs / 3000);
  const photo = picture && (await client.call('catalogue.add-photo', { base64: await toBase64(picture) }));
  const opened = await client.call('clips.open', { totalBytes: made.size });
  if (!opened.ok) return opened;
  const { uploadId } = opened.value;
  for (let offset = 0; offset < made.size; offset += SLICE_BYTES) {
    const base64 = await toBase64(made.slice(offset, offset + SLICE_BYTES));
    const appended = await client.call('clips.append', { uploadId, offset, base64 });
    if (!appended.ok) return appended;
    onProgress(0.5 + (offset / made.size) * 0.5);
  }
  const poster = photo?.ok ? photo.value.photo : null;
  const kept = await client.call('clips.keep', { uploadId, poster, caption, itemId });
  return kept.ok ? { ok: true, clip: kept.value.clip } : kept;
}
