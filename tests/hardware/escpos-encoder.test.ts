import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import fc from 'fast-check';
import type { ReceiptBlock, ReceiptDocument } from '../../src/domain/receipt';
import { qrModuleDots } from '../../src/hardware/encoders/codes';
import {
  encodeDrawerPulse,
  encodeProofRequest,
  encodeRealTimeDrawerPulse,
  encodeReceipt,
} from '../../src/hardware/encoders/escpos';
import type { PrinterProfile } from '../../src/hardware/models/profile';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import { decodeEscpos } from '../../src/hardware/virtual/escpos-decoder';
import { isPaper, paperText } from '../../src/hardware/virtual/paper';
import { sampleReceipt } from '../helpers/receipts';

const epson = PRINTER_PROFILES['epson-tm-t20-like'];
const clone = PRINTER_PROFILES['generic-80'];

const documentOf = (...blocks: ReceiptBlock[]): ReceiptDocument => ({ kind: 'receipt', language: 'en', blocks });
const words = (text: string): ReceiptDocument =>
  documentOf({ kind: 'text', text, align: 'left', size: 'normal', bold: false });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function encode(document: ReceiptDocument, profile: PrinterProfile = epson): Uint8Array {
  const encoded = encodeReceipt(document, profile);
  if (!encoded.ok) throw new Error(encoded.error.message);
  return encoded.value;
}

function printed(document: ReceiptDocument, profile: PrinterProfile = epson): string {
  return paperText(decodeEscpos(encode(document, profile), profile.dotsWide).filter(isPaper));
}

describe('ESC/POS encoder', () => {
  const noise = vi.spyOn(console, 'error').mockReturnValue();
  beforeEach(() => noise.mockClear());
  afterEach(() => {
    expect(noise).not.toHaveBeenCalled();
  });

  test('a job begins with a reset, the plain character set and its code page', () => {
    expect(hex(encode(words('Jam')))).toBe('1b40' + '1d50cbcb' + '1b5200' + '1b7413' + '1b331b' + '4a616d0a');
    expect(hex(encode(words('Jam'), clone))).toBe('1b40' + '1c2e' + '1b5200' + '1b7413' + '1b331b' + '4a616d0a');
  });

  test('the same document gives the same bytes every time', () => {
    expect(encode(sampleReceipt)).toEqual(encode(sampleReceipt));
  });

  test('£ and € are the bytes of PC858', () => {
    expect(hex(encode(words('£4.50 €5')))).toContain('9c342e353020d535');
    expect(printed(words('£4.50 €5'))).toBe('£4.50 €5\n');
  });

  test('a character of another page of the plan switches to it, and stays there no longer than needed', () => {
    expect(printed(words('Łódź £3 Привет £4'))).toBe('Łódź £3 Привет £4\n');
    expect(hex(encode(words('£ Ж £')))).toContain('9c20' + '1b7411' + '8620' + '1b7413' + '9c0a');
  });

  test('punctuation no page has is printed plainly, accents are kept', () => {
    const onlyDos: PrinterProfile = { ...epson, codePages: [{ number: 19, encoding: 'CP858' }] };
    expect(printed(words('“Crème” – l’été… 2\u202f€\u00a0−1'), onlyDos)).toBe('"Crème" - l\'été... 2 € -1\n');
  });

  test('a decomposed accent is composed', () => {
    expect(printed(words('Cafe\u0301'))).toBe('Café\n');
  });

  test.each(['寿司', '🍓', '₹5', '₺5'])('refuses %s by name', (text) => {
    const encoded = encodeReceipt(words(`Total ${text}`), epson);
    expect(encoded).toMatchObject({ ok: false, error: { code: 'unprintable', character: [...text][0] } });
  });

  test('refuses a euro sign where no page has one, even beside what it could print', () => {
    const old: PrinterProfile = { ...epson, codePages: [{ number: 0, encoding: 'CP437' }] };
    const document = documentOf({ kind: 'row', left: 'TOTAL', right: '€5.00', indent: 0, size: 'double', bold: true });
    expect(encodeReceipt(document, old).ok).toBe(false);
    expect(printed(words('£5.00'), old)).toBe('£5.00\n');
  });

  test('control characters in names never reach the printer', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 60 }),
        (name) => {
          const document = documentOf({
            kind: 'row',
            left: name,
            right: '1.00',
            indent: 0,
            size: 'normal',
            bold: false,
          });
          const [, ...lines] = decodeEscpos(encode(document), 576);
          expect(lines.every((event) => event.kind === 'line')).toBe(true);
          const body = encode(document).subarray(15);
          expect([...body].every((byte) => byte >= 0x20 || byte === 0x0a || byte === 0x1b)).toBe(true);
          // The only commands in it choose a code page.
          expect([...body].every((byte, index) => byte !== 0x1b || body[index + 1] === 0x74)).toBe(true);
        },
      ),
    );
    expect(
      printed(
        documentOf({ kind: 'row', left: 'Jam\x1b@\x1dV\0', right: '1.00', indent: 0, size: 'normal', bold: false }),
      ),
    ).toMatch(/^Jam@V {2,}1\.00\n$/);
  });

  test('the job cuts once, feeding to the cutter, and nothing follows', () => {
    const bytes = hex(encode(sampleReceipt));
    expect(bytes.match(/1d56/g)).toHaveLength(1);
    expect(bytes.endsWith('1d564200')).toBe(true);
    expect(hex(encode(documentOf({ kind: 'cut' }), { ...epson, cutter: 'full' })).endsWith('1d564100')).toBe(true);
    expect(hex(encode(documentOf({ kind: 'cut' }), PRINTER_PROFILES['generic-58'])).endsWith('1b6404')).toBe(true);
  });

  test('the whole receipt decodes to what was meant, with nothing unknown', () => {
    for (const model of ['virtual-80', 'virtual-58'] as const) {
      const profile = PRINTER_PROFILES[model];
      const events = decodeEscpos(encode(sampleReceipt, profile), profile.dotsWide);
      expect(events.filter((event) => event.kind === 'unknown')).toEqual([]);
      const total = events.find((event) => event.kind === 'line' && event.runs[0]?.text.startsWith('TOTAL'));
      expect(total).toMatchObject({ runs: [{ scaleX: 2, scaleY: 2, bold: true, font: 'A' }], heightDots: 48 });
      const [mark] = events.filter((event) => event.kind === 'image');
      // Centred to the dot, whatever the paper.
      expect(mark).toMatchObject({ xDots: (profile.dotsWide - 72) / 2, image: { widthDots: 72 } });
      expect(events.filter((event) => event.kind === 'qr')).toMatchObject([
        { data: 'https://till.example/r/T1-0412', correction: 'M', model: 2, place: { align: 'centre' } },
      ]);
      expect(events.filter((event) => event.kind === 'barcode')).toMatchObject([
        { symbology: 'code-128', data: 'TR1:T1-0412', place: { align: 'centre' } },
      ]);
    }
  });

  test('QR data is counted in bytes', () => {
    const document = documentOf({
      kind: 'qr',
      data: 'https://till.example/café/1',
      minimumMillimetres: 24,
      fallback: '',
    });
    expect(decodeEscpos(encode(document), 576).find((event) => event.kind === 'qr')).toMatchObject({
      data: 'https://till.example/café/1',
    });
  });

  test('a code that cannot be drawn is printed as text', () => {
    const qr: ReceiptBlock = {
      kind: 'qr',
      data: 'x'.repeat(3_000),
      minimumMillimetres: 24,
      fallback: 'till.example/r/1',
    };
    expect(printed(documentOf(qr))).toContain('till.example/r/1');
    expect(printed(documentOf({ ...qr, data: 'short' }), { ...epson, supportsQrCode: false })).toContain(
      'till.example/r/1',
    );
    const barcode: ReceiptBlock = { kind: 'barcode', symbology: 'code128', data: 'A'.repeat(40) };
    expect(printed(documentOf(barcode), PRINTER_PROFILES['generic-58'])).toContain('A'.repeat(32));
    expect(printed(documentOf({ ...barcode, data: 'A1' }), { ...epson, supportsBarcode: false })).toContain('A1');
  });

  test('braces in a barcode are data, not escapes', () => {
    const document = documentOf({ kind: 'barcode', symbology: 'code128', data: 'A{C1}' });
    expect(decodeEscpos(encode(document), 576).find((event) => event.kind === 'barcode')).toMatchObject({
      data: 'A{C1}',
    });
  });

  test('a QR code is at least as wide as asked, and fits with its quiet zone', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 400 }),
        fc.constantFrom(epson, PRINTER_PROFILES['generic-58']),
        (data, paper) => {
          const dots = qrModuleDots(data, 24, paper);
          if (dots === undefined) return;
          // The fewest modules any version has; the real one is at least that.
          expect(dots * 21).toBeLessThanOrEqual(paper.dotsWide);
          expect(dots).toBeGreaterThanOrEqual(3);
        },
      ),
    );
    // 30 bytes at level M are version 3: 29 modules.
    expect(qrModuleDots('https://till.example/r/T1-0412', 24, epson)! * 29).toBeGreaterThanOrEqual(24 * 8);
  });

  test('drawer pulses are whole', () => {
    expect(hex(encodeDrawerPulse(2))).toBe('1b700019fa');
    expect(hex(encodeDrawerPulse(5))).toBe('1b700119fa');
    expect(hex(encodeRealTimeDrawerPulse(2))).toBe('1014010001');
    expect(hex(encodeRealTimeDrawerPulse(5))).toBe('1014010101');
  });

  test('drawer pulses are as long as asked for, within what a coil bears', () => {
    expect(hex(encodeDrawerPulse(2, { onMs: 100, offMs: 400 }))).toBe('1b700032c8');
    expect(hex(encodeRealTimeDrawerPulse(2, { onMs: 101, offMs: 400 }))).toBe('1014010002');
    for (const onMs of [-5, 0, 19, 250, 251, 5_000, Infinity, NaN]) {
      for (const offMs of [-5, 0, 510, 511, 90_000, NaN]) {
        const [, , , onUnits = 0, offUnits = 0] = encodeDrawerPulse(2, { onMs, offMs });
        expect(onUnits).toBeGreaterThanOrEqual(10);
        expect(onUnits).toBeLessThanOrEqual(125);
        expect(offUnits).toBeGreaterThanOrEqual(onUnits);
        expect(encodeRealTimeDrawerPulse(2, { onMs, offMs })[4]).toBeLessThanOrEqual(3);
      }
    }
  });

  test('proof is asked for as the printer gives it', () => {
    expect(hex(encodeProofRequest('process-id', 'ABCD'))).toBe('1d28480600303041424344');
    expect(hex(encodeProofRequest('paper-status', 'ABCD'))).toBe('1d7201');
    expect(hex(encodeProofRequest('none', 'ABCD'))).toBe('');
  });
});
