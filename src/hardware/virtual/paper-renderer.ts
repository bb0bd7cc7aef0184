import { createThread } from '../../threads/thread';
import type { PaperToDraw } from './paper-image';

/** Draws paper without holding up the thread that asks. */
export interface PaperRenderer {
  /** @returns a PNG file; rejects when it cannot be drawn or the renderer is closed */
  draw(paper: PaperToDraw): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A long queue of papers on a slow machine. */
const DRAWING_TIMEOUT_MS = 60_000;

export function createPaperRenderer(): PaperRenderer {
  const thread = createThread<PaperToDraw, Uint8Array>({
    file: 'paper-worker.js',
    beside: import.meta.url,
    timeoutMs: DRAWING_TIMEOUT_MS,
    inPlace: async (paper) => (await import('./paper-image')).drawPaper(paper),
  });
  return { draw: (paper) => thread.ask(paper), close: () => thread.close() };
}
