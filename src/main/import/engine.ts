import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { v7 as newUuid } from 'uuid';
import type { Item, TaxRate } from '../../domain/catalogue';
import { currency } from '../../domain/money';
import type { ImportPreview } from '../../shared/contract';
import { readCatalogue, readCatalogueVersion } from '../db/import-reader';
import { Cells } from './cells';
import { decodeFile } from './encoding';
import type { ItemDraft } from './draft';
import { detectFormat } from './formats/detect';
import { columnName, type Format, type FormatId } from './formats/format';
import { importFolder, NewPhotos } from './new-photos';
import { PhotoStore } from './photo-store';
import { keepPhoto, PhotoError, PhotoFolder, PhotoReader } from './photos';
import { planImport, type DraftPhoto, type Plan } from './plan';
import { Problems, quoted } from './problems';
import { readTable, type Table } from './table';

/** Items travel and are written in slices of this many, so that no step takes long. */
export const SLICE_ITEMS = 250;

/** How many problems and items a preview shows. */
const PROBLEMS_SHOWN = 200;
const ITEMS_SHOWN = 12;

/** What to read, and for which stall. Plain data: it travels to a worker. */
export interface ImportRequest {
  readonly importId: string;
  /** Folder of the till's data. */
  readonly dataDir: string;
  readonly filePath: string;
  /** Folder with photos, or null for none. */
  readonly photosFolder: string | null;
  readonly format: FormatId | 'auto';
  /** ISO 4217. */
  readonly currency: string;
  readonly taxRates: readonly TaxRate[];
  /** Rate of new items whose file names none. */
  readonly taxRateId: string;
  /** UTC instant, ISO 8601. */
  readonly at: string;
}

/** How far reading is: bytes of the file, then photos. */
export type Progress = (done: number, total: number) => void;

/** Reads a file and holds the plan until it is written or dropped. Runs in a worker, or beside it in tests. */
export interface ImportEngine {
  /** Reads, checks and compares; may be asked again with another format. */
  preview(request: ImportRequest, onProgress: Progress): Promise<ImportPreview>;
  /** The items to write, in slices, compared with the catalogue as it is now. */
  slices(): AsyncIterable<Item[]>;
  /**
   * Checks, reduces and stores one photo, for an item a person is typing.
   * @throws PhotoError
   */
  keepPhoto(dataDir: string, bytes: Buffer): Promise<DraftPhoto>;
  close(): Promise<void>;
}

interface Reading {
  readonly request: ImportRequest;
  readonly drafts: readonly ItemDraft[];
  readonly photos: ReadonlyMap<ItemDraft, DraftPhoto>;
  readonly columnName: (role: Parameters<typeof columnName>[2]) => string;
  catalogueVersion: number;
  plan: Plan;
}

/** The catalogue changed between preview and commit in a way that no longer fits the file. */
export class StalePlanError extends Error {
  constructor() {
    super('The catalogue has changed since the preview and the file no longer fits it: look at the preview again.');
    this.name = 'StalePlanError';
  }
}

/** The engine in the thread that calls it. */
export class LocalImportEngine implements ImportEngine {
  private reading: Reading | null = null;

  async preview(request: ImportRequest, onProgress: Progress): Promise<ImportPreview> {
    this.reading = null;
    const problems = new Problems();
    const bytes = readFileSync(request.filePath);
    onProgress(0, bytes.length);
    const decoded = decodeFile(bytes, problems);
    const table = decoded && readTable(decoded.utf8, problems, (done) => onProgress(done, bytes.length));
    const format = table && detectFormat(table, request.format, problems);
    onProgress(bytes.length, bytes.length);
    const shown = { importId: request.importId, encoding: decoded?.encoding ?? '', rowCount: table?.rows.length ?? 0 };
    if (table === null || format === null) {
      return {
        ...NOTHING,
        ...shown,
        format: request.format === 'auto' ? 'trestle' : request.format,
        ...told(problems),
      };
    }
    const context = { currency: currency(request.currency), taxRates: request.taxRates, now: new Date(request.at) };
    const drafts = format.read(table, new Cells(context, problems));
    const photos = await this.readPhotos(request, drafts, nameOf(format, table), problems, onProgress);
    const { version, items } = readCatalogue(request.dataDir);
    const reading = { request, drafts, photos, columnName: nameOf(format, table) };
    const plan = planOf(reading, items, problems);
    this.reading = { ...reading, catalogueVersion: version, plan };
    return {
      ...shown,
      format: format.id,
      itemCount: plan.itemCount,
      variantCount: plan.variantCount,
      createdCount: plan.createdCount,
      updatedCount: plan.updatedCount,
      unchangedCount: plan.unchangedCount,
      photoCount: new Set([...photos.values()].map(({ sha }) => sha)).size,
      ...told(problems),
      sample: plan.changed.slice(0, ITEMS_SHOWN) as ImportPreview['sample'],
    };
  }

  async *slices(): AsyncIterable<Item[]> {
    const { reading } = this;
    if (reading === null) throw new Error('nothing was previewed');
    const { changed } = await this.freshPlan(reading);
    for (let from = 0; from < changed.length; from += SLICE_ITEMS) yield changed.slice(from, from + SLICE_ITEMS);
  }

  keepPhoto(dataDir: string, bytes: Buffer): Promise<DraftPhoto> {
    return keepPhoto(bytes, notingStore(dataDir));
  }

  async close(): Promise<void> {
    this.reading = null;
  }

  /** Compares again when somebody wrote to the catalogue since the preview, so that nothing newer is undone. */
  private async freshPlan(reading: Reading): Promise<Plan> {
    if (readCatalogueVersion(reading.request.dataDir) === reading.catalogueVersion) return reading.plan;
    const problems = new Problems();
    const { version, items } = readCatalogue(reading.request.dataDir);
    reading.plan = planOf(reading, items, problems);
    reading.catalogueVersion = version;
    if (problems.errors.count > 0) throw new StalePlanError();
    return reading.plan;
  }

  private async readPhotos(
    request: ImportRequest,
    drafts: readonly ItemDraft[],
    name: Reading['columnName'],
    problems: Problems,
    onProgress: Progress,
  ): Promise<Map<ItemDraft, DraftPhoto>> {
    const store = notingStore(request.dataDir, request.importId);
    const reader = new PhotoReader(store);
    const folder = request.photosFolder === null ? null : new PhotoFolder(request.photosFolder);
    const photos = new Map<ItemDraft, DraftPhoto>();
    const used = new Set<string>();
    let missingCount = 0;
    for (const [index, draft] of drafts.entries()) {
      const path = folder?.find(draft) ?? null;
      if (path === null) {
        const stored = storedPhoto(draft, store);
        if (stored !== null) photos.set(draft, stored);
        else if (draft.photoName !== undefined) {
          missingCount += 1;
          if (folder !== null && folder.fileCount > 0) warnMissingPhoto(draft, name('photo'), problems);
        }
        continue;
      }
      used.add(path);
      try {
        photos.set(draft, await reader.read(path));
      } catch (error) {
        if (!(error instanceof PhotoError)) throw error;
        problems.error(draft.line, name('photo'), error.code, `The photo ${quoted(basename(path))} ${error.message}.`);
      }
      onProgress(index + 1, drafts.length);
    }
    if (missingCount > 0 && (folder === null || folder.fileCount === 0)) {
      problems.warn(
        0,
        name('photo'),
        'photos-not-given',
        `The file names ${missingCount} photos that are not on this till: choose the folder they are in as well.`,
      );
    }
    if (folder !== null && folder.fileCount > used.size) {
      problems.warn(
        0,
        '',
        'photos-unused',
        `${folder.fileCount - used.size} of ${folder.fileCount} photos belong to no item: name them as the photo column does, or by handle, SKU or barcode.`,
      );
    }
    return photos;
  }
}

/** The stall's photos; those it did not have are noted with the import. */
function notingStore(dataDir: string, importId?: string): PhotoStore {
  const added = new NewPhotos(importFolder(dataDir, importId));
  return new PhotoStore(dataDir, (sha) => added.note(sha));
}

const NOTHING = {
  itemCount: 0,
  variantCount: 0,
  createdCount: 0,
  updatedCount: 0,
  unchangedCount: 0,
  photoCount: 0,
  sample: [],
};

function told(problems: Problems) {
  return {
    errorCount: problems.errors.count,
    warningCount: problems.warnings.count,
    errors: problems.errors.first(PROBLEMS_SHOWN),
    warnings: problems.warnings.first(PROBLEMS_SHOWN),
  };
}

function nameOf(format: Format, table: Table): Reading['columnName'] {
  return (role) => columnName(format, table, role);
}

function planOf(
  { request, drafts, photos, columnName: name }: Pick<Reading, 'request' | 'drafts' | 'photos' | 'columnName'>,
  existing: readonly Item[],
  problems: Problems,
): Plan {
  return planImport(drafts, {
    existing,
    taxRates: request.taxRates,
    defaultTaxRateId: request.taxRateId,
    photoOf: (draft) => photos.get(draft) ?? null,
    newId: () => newUuid(),
    columnName: name,
    problems,
  });
}

/** A photo named by its hash, as our own export does, needs no folder. */
function storedPhoto(draft: ItemDraft, store: PhotoStore): DraftPhoto | null {
  const sha = /^([0-9a-f]{64})(?:\.\w+)?$/.exec(draft.photoName ?? '')?.[1];
  return sha !== undefined && store.pathOf(sha) !== null ? { sha, backdrop: null } : null;
}

function warnMissingPhoto(draft: ItemDraft, column: string, problems: Problems): void {
  problems.warn(
    draft.line,
    column,
    'photo-missing',
    `The photo ${quoted(draft.photoName ?? '')} is not among the given photos.`,
  );
}
