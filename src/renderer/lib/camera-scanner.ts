import { ok, type Result } from '../../domain/result';
import { openCamera, type Camera, type CameraOptions, type CameraProblem } from './camera';
import type { CameraAnswer } from './camera-codes';

export interface CameraScannerOptions extends CameraOptions {
  /** A code, its AIM identifier first, once for each time it is held up. */
  readonly onScan: (code: string) => void;
}

export interface CameraScanner extends Pick<Camera, 'cameraId' | 'cameras' | 'close'> {
  readonly hasTorch: boolean;
  /** Switches the lamp; false when it would not. */
  setTorch(isOn: boolean): Promise<boolean>;
}

/** Between two looks: quick enough for a hand, and the machine has other things to do. */
const LOOK_EVERY_MS = 80;

/** Opens a camera and reads the codes held up to it, until closed. */
export async function openCameraScanner(options: CameraScannerOptions): Promise<Result<CameraScanner, CameraProblem>> {
  const { video, onScan, onProblem } = options;
  const opened = await openCamera({
    ...options,
    onProblem(problem) {
      stopReading();
      onProblem(problem);
    },
  });
  if (!opened.ok) return opened;
  const camera = opened.value;
  const stopReading = readCodes(video, onScan, (problem) => {
    close();
    onProblem(problem);
  });
  function close(): void {
    stopReading();
    camera.close();
  }
  return ok({
    cameraId: camera.cameraId,
    cameras: camera.cameras,
    // Chromium has the lamp; the DOM's types do not know it yet.
    hasTorch: 'torch' in camera.track.getCapabilities(),
    async setTorch(isOn) {
      try {
        await camera.track.applyConstraints({ advanced: [{ torch: isOn } as MediaTrackConstraintSet] });
        return true;
      } catch {
        return false;
      }
    },
    close,
  });
}

/** Looks at the picture again and again, one frame at a time. Returns what stops it. */
function readCodes(
  video: HTMLVideoElement,
  onScan: (code: string) => void,
  onProblem: (problem: CameraProblem) => void,
): () => void {
  const worker = new Worker(new URL('./camera-worker.ts', import.meta.url), { type: 'module' });
  const sightings = createSightings();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function look(): Promise<void> {
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return lookLater();
    try {
      const frame = await createImageBitmap(video);
      worker.postMessage(frame, [frame]);
    } catch {
      // Between two pictures there is none.
      lookLater();
    }
  }
  function lookLater(): void {
    timer = setTimeout(() => void look(), LOOK_EVERY_MS);
  }

  worker.onmessage = ({ data }: MessageEvent<CameraAnswer>) => {
    if ('problem' in data) return onProblem('unsupported');
    const code = sightings.see(data.code, performance.now());
    if (code !== null) onScan(code);
    lookLater();
  };
  worker.onerror = () => onProblem('unsupported');
  void look();
  return () => {
    clearTimeout(timer);
    worker.terminate();
  };
}

/** Two looks that agree make a reading: one blurred look may see what is not there. */
const LOOKS_THAT_AGREE = 2;
/** A label out of sight for so long that the next look at it is another scan. */
const OUT_OF_SIGHT_MS = 1_000;

export interface Sightings {
  /**
   * @param code what one look saw, or null
   * @param nowMs when, on any clock that does not jump
   * @returns the code when it was not in sight before and has now been seen often enough
   */
  see(code: string | null, nowMs: number): string | null;
}

/** Turns what a camera sees again and again into scans: each label once for each time it is held up. */
export function createSightings(): Sightings {
  const inSight = new Map<string, { looks: number; lastMs: number }>();
  return {
    see(code, nowMs) {
      for (const [known, { lastMs }] of inSight) if (nowMs - lastMs > OUT_OF_SIGHT_MS) inSight.delete(known);
      if (code === null) return null;
      const looks = (inSight.get(code)?.looks ?? 0) + 1;
      inSight.set(code, { looks, lastMs: nowMs });
      return looks === LOOKS_THAT_AGREE ? code : null;
    },
  };
}
