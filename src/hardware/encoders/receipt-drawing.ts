import { encodeReceipt } from './escpos';
import type { Printable } from './printable-text';
import type { ReceiptToDraw } from './receipt-thread';
import { qrPicture } from './symbol';
import { createTextPainter, type TextPainter } from './text-painter';

const painters = new Map<string, TextPainter>();

/** Encodes a receipt with a painter for its language. Takes up to some hundred milliseconds when a font comes in. */
export function drawReceipt({ document, profile }: ReceiptToDraw): Printable<Uint8Array> {
  let painter = painters.get(document.language);
  if (!painter) painters.set(document.language, (painter = createTextPainter(document.language)));
  return encodeReceipt(document, profile, painter, qrPicture);
}
