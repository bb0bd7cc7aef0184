import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pLimit from 'p-limit';
import type { Item } from '../../domain/catalogue';
import type { Stall } from '../../domain/stall';
import type { ImportPreview, TopicState } from '../../shared/contract';
import type { ErrorCode } from '../../shared/errors';
import { unshownPhotos } from '../db/import-reader';
import type { ImportProgress, Store, StoreLog } from '../db/store';
import { StalePlanError, type ImportEngine } from './engine';
import type { FormatId } from './formats/format';
import { fileNameOf } from './cells';
import { importFolder, NewPhotos } from './new-photos';
import { PhotoStore } from './photo-store';
import { PHOTO_BYTES_MOST, PhotoError } from './photos';
import type { DraftPhoto } from './plan';
import { startEngine } from './worker-engine';

export const FILE_BYTES_MOST = 200 * 1024 * 1024;
/** All photos of one import together. */
export const PHOTOS_BYTES_MOST = 4 * 1024 * 1024 * 1024;

export type ImportState = NonNullable<TopicState<'import'>>;

/** An import that cannot go on, with a code of the contract and a message that names the mend. */
export class ImportError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** What was found in the file, when that is the reason. */
    readonly preview?: ImportPreview,
  ) {
    super(message);
    this.name = 'ImportError';
  }
}

export interface ImporterOptions {
  readonly dataDir: string;
  readonly store: Pick<Store, 'importItems'>;
  /** The stall as it is at the time of an import: its currency and tax rates. */
  readonly stall: () => Stall;
  readonly now: () => Date;
  /** UUIDv7. */
  readonly newId: () => string;
  readonly log: StoreLog;
  /** Told at every step, whole. */
  readonly onState: (state: ImportState) => void;
  /** Starts the part that reads; a worker thread unless told otherwise. */
  readonly startEngine?: () => ImportEngine;
}

/** How to read a file. */
export interface PreviewOptions {
  readonly importId: string;
  readonly format: FormatId | 'auto';
  /** Rate of new items whose file names none. */
  readonly taxRateId: string;
}

interface Running {
  readonly importId: string;
  readonly fileName: string;
  readonly filePath: string;
  photosFolder: string | null;
  /** Where the slices of the file arrive; null for a file that is read where it lies. */
  spool: FileHandle | null;
  readonly totalBytes: number;
  receivedBytes: number;
  photoBytes: number;
  engine: ImportEngine | null;
  preview: ImportPreview | null;
  readonly stopping: AbortController;
  /** The preview or commit under way. */
  working: Promise<unknown> | null;
}

/**
 * Imports a catalogue: a file arrives in slices (or lies on the disk), is previewed, and is committed as one, all or
 * nothing. One import at a time. Reading and comparing happen in a worker thread; the store is written in slices, so
 * selling goes on throughout.
 */
export class Importer {
  private running: Running | null = null;
  private current: ImportState | null = null;
  private readonly photoInTurn = pLimit(1);

  constructor(private readonly options: ImporterOptions) {}

  /** The import under way or the last one; null before the first. */
  get state(): ImportState | null {
    return this.current;
  }

  /**
   * Removes what interrupted imports left in the data folder, and photos that no item was put with. Call at start, before
   * the first import.
   */
  async clearLeftovers(): Promise<void> {
    const folder = join(this.options.dataDir, 'imports');
    for (const name of await readdir(folder).catch(() => [])) await this.clear(join(folder, name));
    await rm(folder, { recursive: true, force: true });
  }

  /**
   * Begins an import of a file that will arrive by `append`.
   * @throws ImportError `import-busy`, `import-too-large` or `disk-full`
   */
  async open({ fileName, totalBytes }: { fileName: string; totalBytes: number }): Promise<{ importId: string }> {
    checkSize(totalBytes);
    const running = this.begin(fileName, totalBytes);
    try {
      await mkdir(this.folderOf(running), { recursive: true });
      running.spool = await open(running.filePath, 'w', 0o600);
    } catch (error) {
      throw await this.fail(running, error);
    }
    return { importId: running.importId };
  }

  /**
   * Begins an import of a file on this machine, read where it lies.
   * @param photosFolder folder of photos beside it, or null
   * @throws ImportError `import-busy`, `import-too-large`, or `bad-request` when the file cannot be read
   */
  async openFile(filePath: string, photosFolder: string | null): Promise<{ importId: string }> {
    const { size } = await stat(filePath).catch(() => {
      throw new ImportError('bad-request', `The file ${filePath} cannot be read: check its name.`);
    });
    if (photosFolder !== null && !(await isFolder(photosFolder))) {
      throw new ImportError('bad-request', `The folder ${photosFolder} cannot be read: check its name.`);
    }
    checkSize(size);
    const running = this.begin(basename(filePath), size, filePath);
    running.receivedBytes = size;
    running.photosFolder = photosFolder;
    return { importId: running.importId };
  }

  /**
   * Takes the next slice of the file. A slice that came before is acknowledged again and changes nothing.
   * @param offset where in the file it begins
   */
  async append(importId: string, offset: number, bytes: Uint8Array): Promise<{ receivedBytes: number }> {
    const running = this.find(importId, ['receiving']);
    if (offset + bytes.length <= running.receivedBytes) return { receivedBytes: running.receivedBytes };
    if (offset !== running.receivedBytes || running.spool === null) {
      throw new ImportError('bad-request', `The next slice of the file begins at byte ${running.receivedBytes}.`);
    }
    if (offset + bytes.length > running.totalBytes) {
      throw new ImportError('bad-request', 'The file is longer than announced: begin again.');
    }
    running.receivedBytes += bytes.length;
    try {
      await running.spool.write(bytes, 0, bytes.length, offset);
    } catch (error) {
      throw await this.fail(running, error);
    }
    this.tell(running, { phase: 'receiving', done: running.receivedBytes, total: running.totalBytes });
    return { receivedBytes: running.receivedBytes };
  }

  /** Takes one photo. What it shows is checked with the preview. */
  async addPhoto(importId: string, fileName: string, bytes: Uint8Array): Promise<void> {
    const running = this.find(importId, ['receiving', 'previewed']);
    const name = fileNameOf(fileName);
    if (name === '' || name.startsWith('.') || name.length > 255 || /\p{Cc}/u.test(name)) {
      throw new ImportError('bad-request', `A photo cannot be called “${fileName.slice(0, 60)}”: rename it.`);
    }
    if (bytes.length > PHOTO_BYTES_MOST) {
      throw new ImportError('import-too-large', `The photo ${name} is larger than 12 MB: save a smaller copy.`);
    }
    if (running.photoBytes + bytes.length > PHOTOS_BYTES_MOST) {
      throw new ImportError('import-too-large', 'The photos are larger than 4 GB together: import them in parts.');
    }
    running.photoBytes += bytes.length;
    const folder = join(this.folderOf(running), 'photos');
    try {
      await mkdir(folder, { recursive: true });
      const file = await open(join(folder, name), 'w', 0o600);
      await file.writeFile(bytes).finally(() => file.close());
    } catch (error) {
      throw await this.fail(running, error);
    }
    running.photosFolder = folder;
  }

  /**
   * Reads the file and tells what the import would do. May be asked again, with another format for instance.
   * @throws ImportError `bad-request` while the file is not whole or for a tax rate the stall does not have
   */
  async preview({ importId, format, taxRateId }: PreviewOptions): Promise<ImportPreview> {
    const running = this.find(importId, ['receiving', 'previewed']);
    const stall = this.options.stall();
    if (running.receivedBytes !== running.totalBytes) {
      throw new ImportError('bad-request', 'The file has not arrived whole: send the rest first.');
    }
    if (!stall.taxRates.some((rate) => rate.id === taxRateId)) {
      throw new ImportError('bad-request', `The stall has no tax rate “${taxRateId}”: choose one of its own.`);
    }
    running.preview = null;
    this.tell(running, { phase: 'reading', done: 0, total: running.totalBytes });
    try {
      await running.spool?.close();
      running.spool = null;
      running.engine ??= this.startEngine();
      const reading = running.engine.preview(
        {
          importId,
          dataDir: this.options.dataDir,
          filePath: running.filePath,
          photosFolder: running.photosFolder,
          format,
          currency: stall.currency,
          taxRates: stall.taxRates,
          taxRateId,
          at: this.options.now().toISOString(),
        },
        (done, total) => this.tell(running, { phase: 'reading', done, total }),
      );
      running.working = reading;
      const preview = await reading;
      running.preview = preview;
      this.tell(running, { phase: 'previewed', done: preview.itemCount, total: preview.itemCount });
      return preview;
    } catch (error) {
      throw await this.fail(running, error);
    } finally {
      running.working = null;
    }
  }

  /**
   * Writes what was previewed: all of it, or nothing.
   * @param actor staff reference of who imports, or null
   * @returns what was written: created and updated items and their variants
   * @throws ImportError `import-invalid` without a preview free of errors, and StoreError `disk-full`
   */
  async commit(importId: string, actor: string | null): Promise<{ itemCount: number; variantCount: number }> {
    const running = this.find(importId, ['receiving', 'previewed']);
    const { preview, engine } = running;
    if (preview === null || engine === null) {
      throw new ImportError('import-invalid', 'Preview the import before it is written.');
    }
    if (preview.errorCount > 0) {
      throw new ImportError('import-invalid', `The file has ${preview.errorCount} errors: mend them first.`, preview);
    }
    const written = { itemCount: 0, variantCount: 0 };
    const total = 2 * (preview.createdCount + preview.updatedCount);
    this.tell(running, { phase: 'writing', done: 0, total });
    try {
      const writing = this.options.store.importItems({
        importId,
        source: running.fileName,
        actor,
        items: counted(engine.slices(), written),
        signal: running.stopping.signal,
        // Recording is the first half of the bar and applying the second.
        onProgress: ({ phase, done }: ImportProgress) =>
          this.tell(running, { phase: 'writing', done: phase === 'recording' ? done : total / 2 + done, total }),
      });
      running.working = writing;
      await writing;
    } catch (error) {
      throw await this.fail(running, error);
    } finally {
      running.working = null;
    }
    this.options.log.info({ importId, ...written }, 'catalogue imported');
    await this.end(running);
    this.tell(running, { phase: 'done', done: total, total });
    return written;
  }

  /**
   * Keeps one photo, checked and reduced, for an item that will be put with it.
   * @throws ImportError `bad-photo` or `disk-full`
   */
  keepPhoto(bytes: Buffer): Promise<DraftPhoto> {
    // One at a time, so that nobody's impatience costs more than one thread.
    return this.photoInTurn(() => this.keepPhotoAlone(bytes));
  }

  private async keepPhotoAlone(bytes: Buffer): Promise<DraftPhoto> {
    if (bytes.length > PHOTO_BYTES_MOST) {
      throw new ImportError('bad-photo', 'This photo is larger than 12 MB: save a smaller copy.');
    }
    const engine = this.startEngine();
    try {
      return await engine.keepPhoto(this.options.dataDir, bytes);
    } catch (error) {
      if (error instanceof PhotoError) throw new ImportError('bad-photo', `This photo ${error.message}.`);
      throw asImportError(error);
    } finally {
      await engine.close();
    }
  }

  /** Drops the import; once it is being applied, it is too late and the import ends as done. */
  async cancel(importId: string): Promise<void> {
    const running = this.find(importId, ['receiving', 'reading', 'previewed', 'writing']);
    running.stopping.abort(new ImportError('unknown-import', 'The import was cancelled.'));
    if (this.current?.phase === 'reading') await running.engine?.close();
    await running.working?.catch(() => undefined);
    if (this.running !== running) return;
    await this.end(running);
    this.tell(running, { phase: 'cancelled', done: 0, total: 0 });
  }

  /** Ends an import under way, for a till that is closing. */
  async close(): Promise<void> {
    await this.photoInTurn(() => undefined);
    if (this.running !== null) await this.cancel(this.running.importId);
  }

  private begin(fileName: string, totalBytes: number, filePath?: string): Running {
    if (this.running !== null) {
      throw new ImportError('import-busy', `${this.running.fileName} is being imported: finish or cancel that first.`);
    }
    const importId = this.options.newId();
    const running: Running = {
      importId,
      fileName: fileName.slice(0, 300),
      filePath: filePath ?? join(this.folderOf({ importId }), 'catalogue.csv'),
      photosFolder: null,
      spool: null,
      totalBytes,
      receivedBytes: 0,
      photoBytes: 0,
      engine: null,
      preview: null,
      stopping: new AbortController(),
      working: null,
    };
    this.running = running;
    this.tell(running, { phase: 'receiving', done: 0, total: totalBytes });
    return running;
  }

  private find(importId: string, phases: readonly ImportState['phase'][]): Running {
    const { running, current } = this;
    if (running === null || running.importId !== importId || current === null) {
      throw new ImportError('unknown-import', 'This import has ended: choose the file again.');
    }
    if (!phases.includes(current.phase)) {
      throw new ImportError('import-busy', 'The import is at work: wait until it is done, or cancel it.');
    }
    return running;
  }

  /** Ends the import after an error and says which error to throw. */
  private async fail(running: Running, error: unknown): Promise<unknown> {
    await this.end(running);
    if (running.stopping.signal.aborted) {
      this.tell(running, { phase: 'cancelled', done: 0, total: 0 });
      return running.stopping.signal.reason;
    }
    const named = asImportError(error);
    if (named === error) this.options.log.error({ importId: running.importId, error }, 'import failed');
    const message = named instanceof Error ? named.message : String(named);
    this.tell(running, { phase: 'failed', done: 0, total: 0, error: message });
    return named;
  }

  private async end(running: Running): Promise<void> {
    if (this.running === running) this.running = null;
    await running.spool?.close().catch(() => undefined);
    await running.engine?.close();
    await this.clear(this.folderOf(running));
  }

  /** Removes the folder of an import, and the photos it brought that no item shows. */
  private async clear(folder: string): Promise<void> {
    const { dataDir } = this.options;
    const photos = new PhotoStore(dataDir);
    const brought = new NewPhotos(folder).list();
    if (brought.length > 0) for (const sha of unshownPhotos(dataDir, brought)) await photos.remove(sha);
    await rm(folder, { recursive: true, force: true });
  }

  private startEngine(): ImportEngine {
    return (this.options.startEngine ?? startEngine)();
  }

  private tell(
    { importId, fileName }: Running,
    step: Pick<ImportState, 'phase' | 'done' | 'total'> & { error?: string },
  ): void {
    this.current = { importId, fileName, error: null, ...step };
    this.options.onState(this.current);
  }

  private folderOf({ importId }: Pick<Running, 'importId'>): string {
    return importFolder(this.options.dataDir, importId);
  }
}

async function* counted(
  slices: AsyncIterable<Item[]>,
  written: { itemCount: number; variantCount: number },
): AsyncIterable<Item[]> {
  for await (const items of slices) {
    written.itemCount += items.length;
    for (const { variants } of items) written.variantCount += variants.length;
    yield items;
  }
}

function checkSize(bytes: number): void {
  if (bytes > FILE_BYTES_MOST) {
    throw new ImportError('import-too-large', 'The file is larger than 200 MB: split it and import the parts.');
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/** Names what a person can do something about, a full disk above all; anything else comes back as it is. */
export function asImportError(error: unknown): unknown {
  if (error instanceof StalePlanError) return new ImportError('import-invalid', error.message);
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ImportError('disk-full', 'The disk is full: free some space, then import again.');
  }
  return error;
}
