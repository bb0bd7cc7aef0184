import ReceiptPrinterEncoder, { type ReceiptPrinterEncoderOptions } from '@point-of-sale/receipt-printer-encoder';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { UPPER_HALVES } from '../../src/hardware/encoders/code-pages';
import { encodeCharacter } from '../../src/hardware/encoders/printable-text';
import { printerModelNamed } from '../../src/hardware/models/printer-names';
import type { Encoding } from '../../src/hardware/models/profile';
import { PRINTER_PROFILES, type PrinterModel } from '../../src/hardware/models/profiles';

const models = Object.keys(PRINTER_PROFILES) as PrinterModel[];

/** Under which name another program keeps the numbers of the same makes, found with printers on the table. */
const PEER_TABLES: Partial<Record<PrinterModel, ReceiptPrinterEncoderOptions['codepageMapping']>> = {
  'generic-80': 'epson/legacy',
  'epson-tm-t20-like': 'epson',
  'epson-tm-t88-old': 'epson/legacy',
  'star-80': 'star',
  'bixolon-srp-350': 'bixolon',
  'citizen-80': 'citizen',
  'xprinter-80': 'xprinter',
  'rongta-80': 'youku',
  'zjiang-80': 'pos-5890',
  'sunmi-58': 'sunmi',
};
type PeerEncoding = Parameters<ReceiptPrinterEncoder['codepage']>[0];
const peerName = (encoding: Encoding): PeerEncoding => encoding.toLowerCase() as PeerEncoding;

describe('printer profiles', () => {
  test.each(models)('%s is whole', (model) => {
    const profile = PRINTER_PROFILES[model];
    expect(profile.id).toBe(model);
    // Characters of font A are 12 dots wide.
    expect(profile.columns * 12).toBeLessThanOrEqual(profile.dotsWide);
    expect(profile.dotsWide % 8).toBe(0);
    expect((profile.dotsWide / profile.dotsPerInch) * 25.4).toBeLessThan(profile.paperWidthMillimetres);
    const numbers = profile.codePages.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.every((number) => number >= 0 && number <= 255)).toBe(true);
  });

  test.each(models.filter((model) => !model.startsWith('drawn-')))('%s has £ and € in one page at least', (model) => {
    const { codePages } = PRINTER_PROFILES[model];
    for (const sign of ['£', '€']) {
      expect(codePages.some((page) => encodeCharacter(sign, page) !== undefined)).toBe(true);
    }
  });

  test.each(Object.entries(PEER_TABLES))('%s numbers its pages as the table %s does', (model, codepageMapping) => {
    for (const { number, encoding } of PRINTER_PROFILES[model as PrinterModel].codePages) {
      const bytes: Uint8Array = new ReceiptPrinterEncoder({ language: 'esc-pos', columns: 48, codepageMapping })
        .codepage(peerName(encoding))
        .line('°')
        .encode();
      const command = Buffer.from(bytes).indexOf(Buffer.of(0x1b, 0x74));
      expect({ encoding, number: bytes[command + 2] }).toEqual({ encoding, number });
    }
  });

  test.each(Object.keys(UPPER_HALVES) as Encoding[])(
    '%s is the encoding other programs know by its name',
    (encoding) => {
      const upperHalf = Uint8Array.from({ length: 128 }, (_, index) => 0x80 + index);
      expect(UPPER_HALVES[encoding].padEnd(128, '\ufffd')).toBe(iconv.decode(Buffer.from(upperHalf), encoding));
    },
  );

  test.each([
    ['EPSON TM-T88V', 'epson-tm-t88'],
    ['MFG:EPSON;CMD:ESC/POS;MDL:TM-T88VI;CLS:PRINTER;', 'epson-tm-t88'],
    ['EPSON TM-T88IV', 'epson-tm-t88-old'],
    ['EPSON TM-T88III', 'epson-tm-t88-old'],
    ['EPSON TM-T70', 'epson-tm-t88-old'],
    ['EPSON TM-T70II', 'epson-tm-t88'],
    ['EPSON TM-T20III', 'epson-tm-t20-like'],
    ['TM-m30II', 'epson-tm-t20-like'],
    ['EPSON TM-P20II', 'epson-tm-p20'],
    ['BIXOLON SRP-350III', 'bixolon-srp-350'],
    ['CITIZEN CT-S310II', 'citizen-80'],
    ['Xprinter XP-58IIH', 'xprinter-58'],
    ['Xprinter XP-N160II', 'xprinter-80'],
    ['RONGTA RP326', 'rongta-80'],
    ['RPP02N', 'rongta-58'],
    ['POS58 Printer', 'zjiang-58'],
    ['POS-8360', 'zjiang-80'],
    ['ITPP047', 'munbyn-80'],
    ['SNBC BTP-R880NP', 'snbc-80'],
    ['EPSON ET-2850', null],
    ['HP LaserJet', null],
    ['', null],
  ])('%s is %s', (name, model) => {
    expect(printerModelNamed(name)).toBe(model);
  });
});
