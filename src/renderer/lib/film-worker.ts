/**
 * Looks at a film beside the window's own thread, which could not stop a look without an end. Takes a `Blob`, answers with a
 * `ClipReading`.
 */
import { BlobSource } from 'mediabunny';
import { readClip, type ClipFault, type ClipReading } from '../../shared/clip-check';
import { withPictures } from './film-pictures';

const port = globalThis as unknown as Pick<Worker, 'postMessage' | 'onmessage'>;

port.onmessage = ({ data: film }: MessageEvent<Blob>) => {
  void look(film).then((reading) => port.postMessage(reading));
};

async function look(film: Blob): Promise<ClipReading> {
  const reading = await readClip(new BlobSource(film), film.size);
  if (!reading.ok) return reading;
  const { width, height, durationMs } = reading.facts;
  const fault = await withPictures(film, async (pictures, first) => {
    for (const at of [0, durationMs / 2000, durationMs / 1000 - 0.001]) {
      const picture = await pictures.getSample(first + at);
      if (picture === null) return 'broken';
      const [shownWidth, shownHeight] = [picture.displayWidth, picture.displayHeight];
      picture.close();
      // Codecs round up to whole blocks.
      if (Math.abs(shownWidth - width) > 16 || Math.abs(shownHeight - height) > 16) return 'other-size';
    }
    return null;
  }).catch((): ClipFault => 'broken');
  return fault === null ? reading : { ok: false, fault };
}
