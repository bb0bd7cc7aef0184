import { writeFileSync } from 'node:fs';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import bwip from 'bwip-js/node';

const WIDTH = 1_280;
const HEIGHT = 720;
const FRAMES = 10;

/**
 * Writes what a camera sees while a label is held up to it, as motion JPEG, which Chromium's pretended camera plays over
 * and over.
 * @param symbology bwip-js's name of it
 */
export async function filmLabel(path: string, symbology: string, text: string): Promise<void> {
  const png = await bwip.toBuffer({ bcid: symbology, text, scale: 4, paddingwidth: 12, paddingheight: 12 });
  const label = await loadImage(png);
  const canvas = createCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext('2d');
  context.fillStyle = '#9a8f80';
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.translate(WIDTH / 2, HEIGHT / 2);
  // Nobody holds it straight.
  context.rotate(0.06);
  context.fillStyle = '#fff';
  context.fillRect(-label.width / 2, -label.height / 2, label.width, label.height);
  context.drawImage(label, -label.width / 2, -label.height / 2);
  const frame = await canvas.encode('jpeg', 90);
  writeFileSync(path, Buffer.concat(Array(FRAMES).fill(frame)));
}
