import type { Item } from '../../domain/catalogue';
import type { ImportPreview } from '../../shared/contract';
import type { ImportRequest } from './engine';
import type { DraftPhoto } from './plan';
import type { ImportProblemCode } from '../../shared/import-problems';

/** What the till asks of the import worker; one question at a time. */
export type WorkerQuestion =
  | { readonly kind: 'preview'; readonly request: ImportRequest }
  /** The first or the next slice of items. */
  | { readonly kind: 'next-slice' }
  | { readonly kind: 'keep-photo'; readonly dataDir: string; readonly bytes: Uint8Array };

export type WorkerAnswer =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'preview'; readonly preview: ImportPreview }
  /** Null after the last slice. */
  | { readonly kind: 'slice'; readonly items: Item[] | null }
  | { readonly kind: 'photo'; readonly photo: DraftPhoto }
  /** The photo cannot be used; see PhotoError. */
  | { readonly kind: 'photo-refused'; readonly code: ImportProblemCode; readonly message: string }
  | { readonly kind: 'stale-plan' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };
