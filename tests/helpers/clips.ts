/**
 * Tiny films, made here: WebM with VP8 frames (a lossy WebP picture is one), and MP4 with H.264 whose pictures are not
 * compressed at all.
 */
import { createCanvas } from '@napi-rs/canvas';
import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  WebMOutputFormat,
  type VideoCodec,
} from 'mediabunny';
import type { TestClient } from './kiosk-process';

export interface FilmOptions {
  readonly seconds?: number;
  readonly framesPerSecond?: number;
  readonly width?: number;
  readonly height?: number;
  /** Pictures that take many bytes. */
  readonly isBusy?: boolean;
  /** What the container says, where that is not so. */
  readonly saidWidth?: number;
}

/** A WebM of one colour after another that every browser plays. */
export async function webmFilm(options: FilmOptions = {}): Promise<Buffer> {
  const { seconds = 2, framesPerSecond = 2, width = 64, height = 64, saidWidth = width, isBusy = false } = options;
  const frames: Uint8Array[] = [];
  for (let index = 0; index < seconds * framesPerSecond; index += 1) {
    const canvas = createCanvas(width, height);
    const context = canvas.getContext('2d');
    context.fillStyle = `hsl(${(index * 47) % 360} 70% 50%)`;
    context.fillRect(0, 0, width, height);
    for (let spot = 0; isBusy && spot < 2_000; spot += 1) {
      context.fillStyle = `hsl(${(spot * 137) % 360} 90% ${20 + ((spot * 31 + index) % 60)}%)`;
      context.fillRect((spot * 97 + index) % width, (spot * 61) % height, 5, 5);
    }
    frames.push(vp8Frame(await canvas.encode('webp', 60)));
  }
  return film(new Output({ format: new WebMOutputFormat(), target: new BufferTarget() }), {
    codec: 'vp8',
    config: { codec: 'vp8', codedWidth: saidWidth, codedHeight: height },
    packets: frames.map((data) => ({ data, type: 'key' as const })),
    framesPerSecond,
  });
}

/** A damaged WebM that the library reads without end: it looks for the next part in the last bytes, again and again. */
export async function endlessFilm(): Promise<Buffer> {
  const film = await webmFilm();
  // The index behind the pictures is no longer known as one (CuesID, RFC 9559, 5.1.5).
  film[film.lastIndexOf('1c53bb6b', undefined, 'hex')] = 0x2b;
  return film;
}

/** An MP4 with one grey picture of 64 by 64 pixels, and frames that say that nothing moves. */
export async function mp4Film({ seconds = 2, framesPerSecond = 2 }: FilmOptions = {}): Promise<Buffer> {
  const still = Array.from({ length: seconds * framesPerSecond - 1 }, (_, index) => ({
    data: lengthPrefixed(stillSlice(index + 1)),
    type: 'delta' as const,
  }));
  return film(new Output({ format: new Mp4OutputFormat({ fastStart: 'in-memory' }), target: new BufferTarget() }), {
    codec: 'avc',
    config: { codec: 'avc1.42c00a', codedWidth: 64, codedHeight: 64, description: avcConfiguration() },
    packets: [{ data: lengthPrefixed(greySlice()), type: 'key' }, ...still],
    framesPerSecond,
  });
}

async function film(
  output: Output<WebMOutputFormat | Mp4OutputFormat, BufferTarget>,
  {
    codec,
    config,
    packets,
    framesPerSecond,
  }: {
    readonly codec: VideoCodec;
    readonly config: {
      readonly codec: string;
      readonly codedWidth: number;
      readonly codedHeight: number;
      readonly description?: Uint8Array<ArrayBuffer>;
    };
    readonly packets: readonly { readonly data: Uint8Array; readonly type: 'key' | 'delta' }[];
    readonly framesPerSecond: number;
  },
): Promise<Buffer> {
  const source = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(source, { frameRate: framesPerSecond });
  await output.start();
  for (const [index, { data, type }] of packets.entries()) {
    const packet = new EncodedPacket(data, type, index / framesPerSecond, 1 / framesPerSecond);
    await source.add(packet, index === 0 ? { decoderConfig: config } : undefined);
  }
  await output.finalize();
  const bytes = output.target.buffer;
  if (bytes === null) throw new Error('the film was not written');
  return Buffer.from(bytes);
}

/** The VP8 frame inside a lossy WebP picture (RFC 9649, 2.5). */
function vp8Frame(webp: Buffer): Uint8Array {
  for (let at = 12; at + 8 <= webp.length;) {
    const size = webp.readUInt32LE(at + 4);
    if (webp.toString('latin1', at, at + 4) === 'VP8 ') return webp.subarray(at + 8, at + 8 + size);
    at += 8 + size + (size % 2);
  }
  throw new Error('not a lossy WebP picture');
}

/** Bits as H.264 writes them (ITU-T H.264, 7.2 and 9.1). */
class Bits {
  #bits = '';

  fixed(width: number, value: number): this {
    this.#bits += value.toString(2).padStart(width, '0');
    return this;
  }

  /** Unsigned Exp-Golomb. */
  ue(value: number): this {
    const code = (value + 1).toString(2);
    this.#bits += '0'.repeat(code.length - 1) + code;
    return this;
  }

  align(): this {
    this.#bits += '0'.repeat((8 - (this.#bits.length % 8)) % 8);
    return this;
  }

  /** Whole bytes, where the bits stand at one. */
  bytes(count: number, value: number): this {
    this.#bits += value.toString(2).padStart(8, '0').repeat(count);
    return this;
  }

  /** The unit with its stop bit. None of ours has three bytes in a row that would need escaping. */
  unit(header: number): Uint8Array {
    this.#bits += '1';
    this.align();
    const bytes = this.#bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
    return Uint8Array.from([header, ...bytes]);
  }
}

const MACROBLOCKS = 16;

/** Baseline, level 1, frames of four by four macroblocks shown in the order they are coded. */
const sequenceParameters = (): Uint8Array =>
  new Bits()
    .fixed(8, 66)
    .fixed(8, 0xc0)
    .fixed(8, 10)
    .ue(0)
    .ue(0)
    .ue(2)
    .ue(1)
    .fixed(1, 0)
    .ue(3)
    .ue(3)
    .fixed(1, 1)
    .fixed(1, 1)
    .fixed(1, 0)
    .fixed(1, 0)
    .unit(0x67);

const pictureParameters = (): Uint8Array =>
  new Bits()
    .ue(0)
    .ue(0)
    .fixed(1, 0)
    .fixed(1, 0)
    .ue(0)
    .ue(0)
    .ue(0)
    .fixed(1, 0)
    .fixed(2, 0)
    .ue(0)
    .ue(0)
    .ue(0)
    .fixed(1, 1)
    .fixed(1, 0)
    .fixed(1, 0)
    .unit(0x68);

/** A picture of its own, each macroblock as plain samples (I_PCM). */
function greySlice(): Uint8Array {
  // first_mb, slice_type I, pps, frame_num, idr_pic_id, two flags of dec_ref_pic_marking, slice_qp_delta, no deblocking.
  const bits = new Bits().ue(0).ue(7).ue(0).fixed(4, 0).ue(0).fixed(2, 0).ue(0).ue(1);
  for (let index = 0; index < MACROBLOCKS; index += 1) bits.ue(25).align().bytes(384, 0x80);
  return bits.unit(0x65);
}

/** All macroblocks as they were. */
function stillSlice(frameNumber: number): Uint8Array {
  // first_mb, slice_type P, pps, frame_num, no override, no reordering, no adaptive marking, slice_qp_delta, no deblocking.
  return new Bits()
    .ue(0)
    .ue(5)
    .ue(0)
    .fixed(4, frameNumber % 16)
    .fixed(1, 0)
    .fixed(1, 0)
    .fixed(1, 0)
    .ue(0)
    .ue(1)
    .ue(MACROBLOCKS)
    .unit(0x61);
}

function lengthPrefixed(unit: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + unit.length);
  new DataView(bytes.buffer).setUint32(0, unit.length);
  bytes.set(unit, 4);
  return bytes;
}

/** AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1). */
function avcConfiguration(): Uint8Array<ArrayBuffer> {
  const [sps, pps] = [sequenceParameters(), pictureParameters()];
  return Uint8Array.from([1, 66, 0xc0, 10, 0xff, 0xe1, 0, sps.length, ...sps, 1, 0, pps.length, ...pps]);
}

/** Sends a film to a till in slices, without a word about what it is. */
export async function uploadFilm(
  { call }: Pick<TestClient, 'call'>,
  film: Buffer,
  sliceBytes = 4_096,
): Promise<{ readonly uploadId: string }> {
  const { uploadId } = await call('clips.open', { totalBytes: film.length });
  for (let offset = 0; offset < film.length; offset += sliceBytes) {
    const base64 = film.subarray(offset, offset + sliceBytes).toString('base64');
    await call('clips.append', { uploadId, offset, base64 });
  }
  return { uploadId };
}

/** Adds a film to a till's clips. @returns its hash */
export async function addClip(client: Pick<TestClient, 'call'>, film: Buffer, caption = 'Film'): Promise<string> {
  const { uploadId } = await uploadFilm(client, film);
  return (await client.call('clips.keep', { uploadId, poster: null, caption, itemId: null })).clip;
}
