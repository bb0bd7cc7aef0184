import { BlobSource, Input, MP4, VideoSampleSink, WEBM } from 'mediabunny';

/** Opens a film for its pictures, and closes it again. */
export async function withPictures<T>(
  film: Blob,
  work: (pictures: VideoSampleSink, firstSeconds: number) => Promise<T>,
): Promise<T> {
  const input = new Input({ source: new BlobSource(film), formats: [MP4, WEBM] });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (track === null) throw new Error('no picture');
    return await work(new VideoSampleSink(track), await track.getFirstTimestamp());
  } finally {
    input.dispose();
  }
}
