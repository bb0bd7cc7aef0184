/**
 * Reads what a file is that somebody wants to show as a clip. The windows ask before they send it, the core before it is kept:
 * the container and its packets are read, nothing is decoded.
 */
import { EncodedPacketSink, Input, MP4, WEBM, type InputTrack, type InputVideoTrack, type Source } from 'mediabunny';
import { CLIP_DURATION_MS, CLIP_SIDE, MOST_CLIP_BYTES, type Clip, type ClipKind } from './clip-schemas';

/** What a clip's own bytes say. */
export type ClipFacts = Pick<Clip, 'kind' | 'durationMs' | 'width' | 'height'>;

/** Why a file is no clip, each with its mend. */
export const CLIP_FAULTS = {
  empty: 'The file is empty: choose another.',
  'too-large': `The file is larger than ${MOST_CLIP_BYTES / 1024 / 1024} MB: save it smaller or shorter, then import it again.`,
  container: 'The file is neither MP4 nor WebM: save it as MP4 with H.264, then import it again.',
  'no-picture': 'The file has no moving picture, or several: save it as one film, then import it again.',
  codec:
    'The picture is not H.264 in MP4, nor VP8, VP9 or AV1 in WebM: save it as MP4 with H.264, then import it again.',
  sound: 'The sound is not AAC in MP4, nor Opus or Vorbis in WebM: save it without sound, then import it again.',
  broken: 'The file is cut short or damaged: copy it again from where it came.',
  'too-short': `The film is shorter than ${CLIP_DURATION_MS.least / 1000} s: record a longer one.`,
  'too-long': `The film is longer than ${CLIP_DURATION_MS.most / 1000} s: trim it first.`,
  'too-small': `The picture is smaller than ${CLIP_SIDE.least} pixels: record it larger.`,
  'too-big': `The picture is wider or higher than ${CLIP_SIDE.most} pixels: save it in 1080p, then import it again.`,
  'other-size': 'The film says another size than it has: save it again as MP4 with H.264.',
} as const;
export type ClipFault = keyof typeof CLIP_FAULTS;

export type ClipReading =
  { readonly ok: true; readonly facts: ClipFacts } | { readonly ok: false; readonly fault: ClipFault };

const VIDEO_CODECS: Readonly<Record<ClipKind, readonly string[]>> = {
  'video/mp4': ['avc'],
  'video/webm': ['vp8', 'vp9', 'av1'],
};
const AUDIO_CODECS: Readonly<Record<ClipKind, readonly string[]>> = {
  'video/mp4': ['aac'],
  'video/webm': ['opus', 'vorbis'],
};
/** Tracks of other things, as telephones add them. */
const MOST_TRACKS = 16;
/** Half a minute at 240 frames a second, and sound in short packets. */
const MOST_PACKETS = 20_000;
/** Heads round, and recorders write them before the last frame. */
const MOST_MISSING_SECONDS = 0.25;

/**
 * Reads a film through to its last packet. Never throws for what is in the file.
 * @param bytes how long the file is
 */
export async function readClip(source: Source, bytes: number): Promise<ClipReading> {
  const refused = (fault: ClipFault): ClipReading => ({ ok: false, fault });
  if (bytes === 0) return refused('empty');
  if (bytes > MOST_CLIP_BYTES) return refused('too-large');
  const input = new Input({ source, formats: [MP4, WEBM] });
  try {
    if (!(await input.canRead())) return refused('container');
    const kind: ClipKind = (await input.getFormat()) === MP4 ? 'video/mp4' : 'video/webm';
    const tracks = await input.getTracks();
    if (tracks.length === 0) return refused('broken');
    const [video, ...otherVideos] = await input.getVideoTracks();
    if (video === undefined || otherVideos.length > 0 || tracks.length > MOST_TRACKS) return refused('no-picture');
    if (!VIDEO_CODECS[kind].includes((await video.getCodec()) ?? '')) return refused('codec');
    const sounds = await input.getAudioTracks();
    for (const sound of sounds) {
      if (!AUDIO_CODECS[kind].includes((await sound.getCodec()) ?? '')) return refused('sound');
    }
    const read = await readPackets(video);
    if (read === null) return refused('broken');
    for (const sound of sounds) if ((await readPackets(sound)) === null) return refused('broken');
    const facts = { kind, durationMs: Math.round(read.seconds * 1000), ...(await shownSize(video)) };
    return { ok: true, facts };
  } catch {
    // The library says what it stumbled over in many ways; to a person they are one.
    return refused('broken');
  } finally {
    input.dispose();
  }
}

/** What keeps a film that was read from being shown, or null. */
export function faultOf({ durationMs, width, height }: ClipFacts): ClipFault | null {
  if (durationMs < CLIP_DURATION_MS.least) return 'too-short';
  // Recorders end with the frame under way.
  if (durationMs > CLIP_DURATION_MS.most + 250) return 'too-long';
  if (Math.min(width, height) < CLIP_SIDE.least) return 'too-small';
  return Math.max(width, height) > CLIP_SIDE.most ? 'too-big' : null;
}

async function shownSize(video: InputVideoTrack): Promise<Pick<ClipFacts, 'width' | 'height'>> {
  return { width: await video.getDisplayWidth(), height: await video.getDisplayHeight() };
}

/** Reads every packet, so that none is missing. Null when the track is not whole. */
async function readPackets(track: InputTrack): Promise<{ readonly seconds: number } | null> {
  let packets = 0;
  let from = Number.POSITIVE_INFINITY;
  let until = 0;
  for await (const { data, byteLength, timestamp, duration, type } of new EncodedPacketSink(track).packets()) {
    packets += 1;
    if (packets > MOST_PACKETS || byteLength === 0 || data.byteLength !== byteLength) return null;
    if (packets === 1 && type !== 'key') return null;
    from = Math.min(from, timestamp);
    until = Math.max(until, timestamp + duration);
  }
  if (packets === 0 || !Number.isFinite(until)) return null;
  // Where a file was cut its packets just end; only its head knows of more.
  const said = await track.getDurationFromMetadata();
  return said !== null && said - until > MOST_MISSING_SECONDS ? null : { seconds: until - Math.max(0, from) };
}
