import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Item } from '../../domain/catalogue';
import type { ImportPreview } from '../../shared/contract';
import { LocalImportEngine, StalePlanError, type ImportEngine, type ImportRequest, type Progress } from './engine';
import { PhotoError } from './photos';
import type { DraftPhoto } from './plan';
import type { WorkerAnswer, WorkerQuestion } from './worker-messages';

/** The engine in a thread of its own. */
export class WorkerImportEngine implements ImportEngine {
  private readonly worker: Worker;
  private waiting: {
    readonly resolve: (answer: WorkerAnswer) => void;
    readonly reject: (error: Error) => void;
    readonly onProgress: Progress;
  } | null = null;
  private ended: Error | null = null;

  /** @param script the built worker, `out/main/import-worker.js` */
  constructor(script: string) {
    this.worker = new Worker(script);
    this.worker.on('message', (answer: WorkerAnswer) => {
      if (answer.kind === 'progress') this.waiting?.onProgress(answer.done, answer.total);
      else this.settle((waiting) => waiting.resolve(answer));
    });
    this.worker.on('error', (error) => this.end(error));
    this.worker.on('exit', () => this.end(new Error('the import worker has ended')));
  }

  async preview(request: ImportRequest, onProgress: Progress): Promise<ImportPreview> {
    const answer = await this.ask({ kind: 'preview', request }, onProgress);
    if (answer.kind !== 'preview') throw unexpected(answer);
    return answer.preview;
  }

  async *slices(): AsyncIterable<Item[]> {
    for (;;) {
      const answer = await this.ask({ kind: 'next-slice' });
      if (answer.kind !== 'slice') throw unexpected(answer);
      if (answer.items === null) return;
      yield answer.items;
    }
  }

  async keepPhoto(dataDir: string, bytes: Buffer): Promise<DraftPhoto> {
    const answer = await this.ask({ kind: 'keep-photo', dataDir, bytes });
    if (answer.kind === 'photo-refused') throw new PhotoError(answer.code, answer.message);
    if (answer.kind !== 'photo') throw unexpected(answer);
    return answer.photo;
  }

  async close(): Promise<void> {
    this.end(new Error('the import was closed'));
    await this.worker.terminate();
  }

  private ask(question: WorkerQuestion, onProgress: Progress = () => undefined): Promise<WorkerAnswer> {
    if (this.ended !== null) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject, onProgress };
      this.worker.postMessage(question);
    });
  }

  private settle(how: (waiting: NonNullable<typeof this.waiting>) => void): void {
    const { waiting } = this;
    this.waiting = null;
    if (waiting !== null) how(waiting);
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.settle((waiting) => waiting.reject(error));
  }
}

function unexpected(answer: WorkerAnswer): Error {
  if (answer.kind === 'stale-plan') return new StalePlanError();
  if (answer.kind === 'failed') return Object.assign(new Error(answer.message), { code: answer.code });
  return new Error(`the import worker answered ${answer.kind}`);
}

/** An engine in a worker thread where the worker is built, else in this thread (tests run from the sources). */
export function startEngine(): ImportEngine {
  const script = builtWorker();
  return script === null ? new LocalImportEngine() : new WorkerImportEngine(script);
}

/** Built code lies in `out/main` or, when shared by two entries, in `out/main/chunks`. */
function builtWorker(): string | null {
  const places = ['./import-worker.js', '../import-worker.js'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  return places.find((place) => existsSync(place)) ?? null;
}
