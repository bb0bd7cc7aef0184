import { FilePathSource } from 'mediabunny';
import { readClip, type ClipReading } from '../../shared/clip-check';

export interface ClipFile {
  readonly path: string;
  readonly bytes: number;
}

/** Reads a film on the disk. It may take for ever: the worker's work. */
export function readClipFile({ path, bytes }: ClipFile): Promise<ClipReading> {
  return readClip(new FilePathSource(path), bytes);
}
