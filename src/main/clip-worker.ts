/** Thread that reads one film somebody wants to add, so that the till goes on selling whatever is in the file. */
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { FilePathSource } from 'mediabunny';
import { readClip } from '../shared/clip-check';

const { path } = workerData as { readonly path: string };
void readClip(new FilePathSource(path), statSync(path).size).then((reading) => parentPort?.postMessage(reading));
