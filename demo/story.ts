import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import type { Page } from '@playwright/test';

/** Something worth telling of the morning. */
export interface Moment {
  /** UTC instant. */
  readonly at: string;
  /** A sale, something that went wrong, what became of it, or what else a trader does. */
  readonly kind: 'sale' | 'mishap' | 'mended' | 'note';
  readonly title: string;
  readonly detail: string;
  /** `T1-0007`, of a sale. */
  readonly number: string | null;
  readonly totalMinor: number | null;
  /** Name of its picture in `shots/`, with a small one in `shots/small/`; null for none. */
  readonly picture: string | null;
}

const SMALL_WIDTH = 480;

/** Writes the morning down as it happens, with pictures of the screen. */
export class Story {
  readonly moments: Moment[] = [];
  /** What is being done, for whoever has to read why it failed. */
  step = 'starting';
  readonly #folder: string;
  readonly #say: (line: string) => void;

  /** @param folder the demo's folder; pictures of an earlier run are removed */
  constructor(folder: string, say: (line: string) => void) {
    this.#folder = join(folder, 'shots');
    this.#say = say;
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(join(this.#folder, 'small'), { recursive: true });
  }

  begin(step: string): void {
    this.step = step;
    this.#say(step);
  }

  tell(
    kind: Moment['kind'],
    title: string,
    rest: Partial<Pick<Moment, 'detail' | 'number' | 'totalMinor' | 'picture'>> = {},
  ): void {
    const at = new Date().toISOString();
    this.moments.push({ at, kind, title, detail: '', number: null, totalMinor: null, picture: null, ...rest });
  }

  /** Takes a picture of the window and gives back its name. */
  async picture(page: Page, what: string): Promise<string> {
    return this.shoot(page, `${String(this.moments.length + 1).padStart(2, '0')}-${what}`);
  }

  /** The same, under a name of its own. */
  async shoot(page: Page, what: string): Promise<string> {
    const name = `${what}.png`;
    const whole = await page.screenshot({ animations: 'disabled' });
    writeFileSync(join(this.#folder, name), whole);
    const image = await loadImage(whole);
    const width = Math.min(image.width, SMALL_WIDTH);
    const height = Math.round((image.height * width) / image.width);
    const canvas = createCanvas(width, height);
    canvas.getContext('2d').drawImage(image, 0, 0, width, height);
    writeFileSync(join(this.#folder, 'small', name), await canvas.encode('png'));
    return name;
  }
}
