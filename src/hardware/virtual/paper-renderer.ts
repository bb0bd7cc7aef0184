import { createThread } from '../thread';
import type { PaperToDraw } from './paper-image';

/** Draws paper without holding up the thread that asks. */
export interface PaperRenderer {
  /** @returns a PNG file; rejects when it cannot be drawn or the renderer is closed */
  draw(paper: PaperToDraw): Promise<Uint8Array>;
  close(): Promise<void>;
}

export function createPaperRenderer(): PaperRenderer {
  const thread = createThread<PaperToDraw, Uint8Array>({
    file: 'paper-worker.js',
    beside: import.meta.url,
    inPlace: async (paper) => (await import('./paper-image')).drawPaper(paper),
  });
  return { draw: (paper) => thread.ask(paper), close: () => thread.close() };
}
