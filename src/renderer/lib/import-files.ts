import type { Client } from './client';
import type { CallError } from '../../shared/errors';

/** What the contract takes at once. */
const SLICE_BYTES = 1024 * 1024;
const PHOTO = /\.(?:jpe?g|png|webp|avif|gif|svg)$/i;

/** Whether a file of a dropped folder is a photo worth sending. */
export function isPhoto(file: Pick<File, 'name'>): boolean {
  return PHOTO.test(file.name) && !file.name.startsWith('.');
}

export type Uploaded =
  { readonly ok: true; readonly importId: string } | { readonly ok: false; readonly error: CallError };

/**
 * Sends a catalogue file in slices, then its photos one by one.
 * @param onProgress hears how many of all bytes have arrived
 */
export async function uploadImport(
  client: Client,
  file: File,
  photos: readonly File[],
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<Uploaded> {
  const totalBytes = [file, ...photos].reduce((sum, { size }) => sum + size, 0);
  let doneBytes = 0;
  const opened = await client.call('import.open', { fileName: file.name.slice(0, 300), totalBytes: file.size });
  if (!opened.ok) return opened;
  const { importId } = opened.value;
  for (let offset = 0; offset < file.size; offset += SLICE_BYTES) {
    const slice = file.slice(offset, offset + SLICE_BYTES);
    const appended = await client.call('import.append', { importId, offset, base64: await toBase64(slice) });
    if (!appended.ok) return appended;
    doneBytes += slice.size;
    onProgress(doneBytes, totalBytes);
  }
  for (const photo of photos) {
    const base64 = await toBase64(photo);
    const added = await client.call('import.add-photo', { importId, fileName: photo.name.slice(0, 300), base64 });
    if (!added.ok) return added;
    doneBytes += photo.size;
    onProgress(doneBytes, totalBytes);
  }
  return { ok: true, importId };
}

/** The bytes of a file as the contract takes them. */
export function toBase64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
    reader.onerror = () => reject(reader.error ?? new Error('The file could not be read'));
    reader.readAsDataURL(blob);
  });
}
