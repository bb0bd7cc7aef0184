import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Pdf, type PdfLetters } from '../../../src/pages/pdf';

const start = { title: 'Test', language: 'en-GB', fontsFolder: 'resources/fonts' };
const regular: PdfLetters = { face: 'regular', sizePoints: 20 };

/** What another program reads on the pages. */
function readBack(bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-pdf-'));
  try {
    const file = join(folder, 'test.pdf');
    writeFileSync(file, bytes);
    return execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a PDF', () => {
  test.each(['Bröt, crème & Łódź £4.50 €', 'Хлеб', 'ขนมปัง', 'लौकी', '新鲜面包'])(
    'says %s so that it can be searched',
    (text) => {
      const pdf = new Pdf(start);
      pdf.document.addPage();
      pdf.draw(text, regular, 40, 80);
      expect(readBack(pdf.bytes()).trim()).toBe(text);
    },
  );

  test('runs Hebrew and Arabic from right to left, and numbers in them from left to right', () => {
    const pdf = new Pdf(start);
    pdf.document.addPage();
    pdf.draw('לחם 250 g טרי', regular, 40, 80);
    // Where blanks stand is guessed by whoever reads, and so is where a direction ends.
    const guessed = /[\s\u200e\u200f\u202a-\u202e]/g;
    expect(readBack(pdf.bytes()).replace(guessed, '')).toBe('לחם250gטרי');
  });

  test('leaves out what no font draws, without a box in its place', () => {
    const pdf = new Pdf(start);
    pdf.document.addPage();
    pdf.draw('Plum 🍑 tart\u202e', regular, 40, 80);
    expect(readBack(pdf.bytes()).trim()).toMatch(/^Plum\s+tart$/);
    expect(pdf.width('🍑\u202e', regular)).toBe(0);
  });

  test('breaks a text between words, a long word within it, and ends what does not fit in an ellipsis', () => {
    const pdf = new Pdf(start);
    const lines = (text: string, most: number) => pdf.lines(text, regular, 100, most);
    expect(lines('Jam', 2)).toEqual(['Jam']);
    expect(lines('Sourdough loaf', 2)).toEqual(['Sourdough', 'loaf']);
    const cut = lines('Sourdough loaf of spelt and walnuts', 2);
    expect(cut).toHaveLength(2);
    expect(cut[1]).toMatch(/^loaf.*…$/);
    const broken = lines('Donaudampfschifffahrt', 4);
    expect(broken.join('')).toBe('Donaudampfschifffahrt');
    for (const line of [...cut, ...broken]) expect(pdf.width(line, regular)).toBeLessThanOrEqual(100);
  });
});
