import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PaperRenderer } from './paper-renderer';
import type { PrintedPaper, VirtualPrinter } from './printer-device';

export interface PaperFiles {
  /** Waits for every paper printed so far. */
  flush(): Promise<void>;
  /** Keeps nothing more, and waits for what is being written. */
  close(): Promise<void>;
}

export interface PaperFilesOptions {
  readonly printer: VirtualPrinter;
  readonly folder: string;
  readonly renderer: PaperRenderer;
  readonly onKept: (paper: PrintedPaper, name: string) => void;
  readonly onProblem: (error: unknown) => void;
}

/**
 * Keeps every paper a virtual printer prints as `NNNN.bin` (the bytes), `NNNN.txt` (the words) and `NNNN.png` (the look).
 * Numbers go on after the highest in the folder. A file is complete when it has its name; the picture comes last.
 */
export async function keepPapers(options: PaperFilesOptions): Promise<PaperFiles> {
  const { printer, folder, renderer, onKept, onProblem } = options;
  await mkdir(folder, { recursive: true });
  const numbers = (await readdir(folder)).map((name) => /^(\d{4,})\.(?:bin|txt|png)$/.exec(name)?.[1] ?? '0');
  let last = Math.max(0, ...numbers.map(Number));
  let work = Promise.resolve();

  async function keep(paper: PrintedPaper): Promise<void> {
    last += 1;
    const name = String(last).padStart(4, '0');
    await writeWhole(join(folder, `${name}.bin`), paper.bytes);
    await writeWhole(join(folder, `${name}.txt`), paper.text);
    await writeWhole(join(folder, `${name}.png`), await renderer.draw(paper));
    onKept(paper, name);
  }

  const stop = printer.onPaper((paper) => {
    work = work.then(() => keep(paper)).catch(onProblem);
  });
  return {
    flush: () => work,
    close() {
      stop();
      return work;
    },
  };
}

/** Written under another name first, so that whoever watches the folder never reads half a file. */
async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}
