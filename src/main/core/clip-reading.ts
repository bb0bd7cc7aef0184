import { askOnce, type ThreadOptions } from '../../threads/thread';
import type { ClipReading } from '../../shared/clip-check';
import type { ClipFile } from './clip-file';

const THREAD: ThreadOptions<ClipFile, ClipReading> = {
  file: 'clip-worker.js',
  beside: import.meta.url,
  // A film of half a minute takes a fraction of this; with some that are damaged the library reads on without end.
  timeoutMs: 10_000,
  // A head that says it is larger is none of a film's.
  mostHeapMib: 256,
  inPlace: async (file) => (await import('./clip-file')).readClipFile(file),
};

/** Reads what a file is beside the thread that sells, bounded in time and memory. */
export function readClipAside(file: ClipFile): Promise<ClipReading> {
  return askOnce(THREAD, file).catch(() => ({ ok: false, fault: 'broken' }));
}
