/**
 * Draws the demo stall's photos from the drawings beside them: `node scripts/draw-demo-photos.mjs`. The till is given pictures as a
 * camera makes them, since a window that shows a hundred drawings keeps a hundred documents in memory.
 */
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { root } from './lib/paths.mjs';

const width = 320;
const height = 240;
const quality = 0.86;

const stall = join(root, 'resources', 'demo-stall');
/** Runs in the page, which alone knows pictures. */
const drawIt = `async (drawing) => {
  const image = new Image(${width}, ${height});
  image.src = 'data:image/svg+xml;base64,' + drawing;
  await image.decode();
  const canvas = new OffscreenCanvas(${width}, ${height});
  canvas.getContext('2d').drawImage(image, 0, 0, ${width}, ${height});
  const blob = await canvas.convertToBlob({ type: 'image/webp', quality: ${quality} });
  return Array.from(new Uint8Array(await blob.arrayBuffer()));
}`;

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
const page = await browser.newPage();
mkdirSync(join(stall, 'photos'), { recursive: true });
for (const name of readdirSync(join(stall, 'drawings'))) {
  const drawing = readFileSync(join(stall, 'drawings', name)).toString('base64');
  /** @type {number[]} */
  const photo = await page.evaluate(`(${drawIt})('${drawing}')`);
  writeFileSync(join(stall, 'photos', name.replace(/\.svg$/, '.webp')), Uint8Array.from(photo));
}
await browser.close();
