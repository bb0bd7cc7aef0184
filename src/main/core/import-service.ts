import type { Backdrop } from '../../domain/catalogue';
import type { CallInput, CallOutput, ImportPreview, TopicState } from '../../shared/contract';
import type { CallContext } from './call-door';

/** What the core asks of the importer; its errors carry codes of the contract. */
export interface CatalogueImporter {
  readonly state: TopicState<'import'>;
  open(file: { fileName: string; totalBytes: number }): Promise<{ importId: string }>;
  append(importId: string, offset: number, bytes: Uint8Array): Promise<{ receivedBytes: number }>;
  addPhoto(importId: string, fileName: string, bytes: Uint8Array): Promise<void>;
  preview(options: CallInput<'import.preview'>): Promise<ImportPreview>;
  commit(importId: string, actor: string | null): Promise<{ itemCount: number; variantCount: number }>;
  /** Keeps a photo for an item that will be put with it. */
  keepPhoto(bytes: Buffer): Promise<{ readonly sha: string; readonly backdrop: Backdrop | null }>;
  cancel(importId: string): Promise<void>;
  close(): Promise<void>;
}

/** Brings the contract's import calls to the importer. */
export class ImportService {
  readonly #importer: CatalogueImporter;

  constructor(importer: CatalogueImporter) {
    this.#importer = importer;
  }

  open(input: CallInput<'import.open'>): Promise<CallOutput<'import.open'>> {
    return this.#importer.open(input);
  }

  append({ importId, offset, base64 }: CallInput<'import.append'>): Promise<CallOutput<'import.append'>> {
    return this.#importer.append(importId, offset, Buffer.from(base64, 'base64'));
  }

  async addPhoto({ importId, fileName, base64 }: CallInput<'import.add-photo'>): Promise<Record<string, never>> {
    await this.#importer.addPhoto(importId, fileName, Buffer.from(base64, 'base64'));
    return {};
  }

  preview(input: CallInput<'import.preview'>): Promise<ImportPreview> {
    return this.#importer.preview(input);
  }

  commit({ importId }: CallInput<'import.commit'>, { staffId }: CallContext): Promise<CallOutput<'import.commit'>> {
    return this.#importer.commit(importId, staffId);
  }

  async cancel({ importId }: CallInput<'import.cancel'>): Promise<Record<string, never>> {
    await this.#importer.cancel(importId);
    return {};
  }

  state(): TopicState<'import'> {
    return this.#importer.state;
  }
}
