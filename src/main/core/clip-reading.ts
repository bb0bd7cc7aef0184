import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ClipReading } from '../../shared/clip-check';

/** A film of half a minute takes a fraction of this. */
const READ_WITHIN_MS = 20_000;
/** A head that says it is larger is none of a film's. */
const MOST_HEAP_MIB = 256;

/**
 * Reads what a file is in a thread of its own where that is built, bounded in time and memory; else in this one (tests run
 * from the sources).
 */
export async function readClipFile(path: string, bytes: number): Promise<ClipReading> {
  const places = ['./clip-worker.js', '../clip-worker.js'].map((at) => fileURLToPath(new URL(at, import.meta.url)));
  const script = places.find((at) => existsSync(at));
  if (script === undefined) {
    const [{ FilePathSource }, { readClip }] = await Promise.all([
      import('mediabunny'),
      import('../../shared/clip-check'),
    ]);
    return readClip(new FilePathSource(path), bytes);
  }
  const worker = new Worker(script, {
    workerData: { path },
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MIB },
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<ClipReading>((resolve) => {
      const broken = (): void => resolve({ ok: false, fault: 'broken' });
      timer = setTimeout(broken, READ_WITHIN_MS);
      worker.once('message', resolve);
      worker.once('error', broken);
      worker.once('exit', broken);
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
