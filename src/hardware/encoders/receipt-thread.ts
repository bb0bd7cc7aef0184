import type { ReceiptDocument } from '../../domain/receipt';
import type { PrinterProfile } from '../models/profile';
import { createThread } from '../../threads/thread';
import { drawsQrAsPictures, encodeReceipt } from './escpos';
import { unprintable, type Printable } from './printable-text';

/** What goes to the thread that draws receipts. */
export interface ReceiptToDraw {
  readonly document: ReceiptDocument;
  readonly profile: PrinterProfile;
}

/** A receipt takes some milliseconds, the first of a writing some hundred. */
const DRAWING_TIMEOUT_MS = 15_000;

/** One for all printers of the process: fonts are read once. */
const thread = createThread<ReceiptToDraw, Printable<Uint8Array>>({
  file: 'receipt-worker.js',
  beside: import.meta.url,
  timeoutMs: DRAWING_TIMEOUT_MS,
  inPlace: async (receipt) => (await import('./receipt-drawing')).drawReceipt(receipt),
});

/**
 * The bytes of a print job, as `encodeReceipt` makes them. A receipt of the printer's own characters is made here, in a
 * fraction of a millisecond; one that has to be drawn in part is made on another thread, since fonts take their time.
 * Never rejects, and settles in bounded time.
 */
export async function encodeOffThread(
  document: ReceiptDocument,
  profile: PrinterProfile,
): Promise<Printable<Uint8Array>> {
  if (!drawsQrAsPictures(document, profile)) {
    const plain = encodeReceipt(document, profile);
    if (plain.ok || profile.raster === 'none') return plain;
  }
  try {
    // Finding out took a moment, and starting a thread takes another: whoever waits goes between.
    await new Promise(setImmediate);
    return await thread.ask({ document, profile });
  } catch (error) {
    // A code as words is better than no receipt.
    const plain = encodeReceipt(document, profile);
    if (plain.ok) return plain;
    return unprintable(null, `This receipt could not be drawn: ${error instanceof Error ? error.message : error}`);
  }
}
