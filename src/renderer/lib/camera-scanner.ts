import { fail, ok, type Result } from '../../domain/result';
import type { CameraAnswer } from './camera-codes';

/** Why there is no picture. */
export type CameraProblem =
  /** The machine has none, or it was unplugged. */
  | 'no-camera'
  /** The person or the system said no. */
  | 'not-allowed'
  /** Another program has it, or it does not answer. */
  | 'busy'
  /** The page was not opened in a way that may see cameras, or the reader does not load. */
  | 'unsupported';

export interface CameraChoice {
  readonly cameraId: string;
  readonly label: string;
}

export interface CameraScannerOptions {
  /** Shows what the camera sees. */
  readonly video: HTMLVideoElement;
  /** The camera to use; the one that looks away from the person unless given. */
  readonly cameraId: string | null;
  /** A code, its AIM identifier first, once for each time it is held up. */
  readonly onScan: (code: string) => void;
  /** The picture ended by itself. */
  readonly onProblem: (problem: CameraProblem) => void;
}

export interface CameraScanner {
  readonly cameraId: string;
  readonly cameras: readonly CameraChoice[];
  readonly hasTorch: boolean;
  /** Switches the lamp; false when it would not. */
  setTorch(isOn: boolean): Promise<boolean>;
  close(): void;
}

/** Between two looks: quick enough for a hand, and the machine has other things to do. */
const LOOK_EVERY_MS = 80;
/** Wide enough for the bars of a long label, small enough to be read in time. */
const WIDTH = 1_280;
const HEIGHT = 720;

/** Opens a camera and reads the codes held up to it, until closed. */
export async function openCameraScanner(options: CameraScannerOptions): Promise<Result<CameraScanner, CameraProblem>> {
  const { video, cameraId, onScan, onProblem } = options;
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) return fail('unsupported', 'Cameras can be seen from a secure page only.');
  let stream: MediaStream;
  try {
    stream = await devices.getUserMedia({
      audio: false,
      video: {
        width: { ideal: WIDTH },
        height: { ideal: HEIGHT },
        ...(cameraId === null ? { facingMode: { ideal: 'environment' } } : { deviceId: { exact: cameraId } }),
      },
    });
  } catch (error) {
    return fail(problemOf(error), String(error));
  }
  const [track] = stream.getVideoTracks();
  if (!track) return fail('no-camera', 'The camera gives no picture.');
  video.srcObject = stream;
  // A page that is closed at once interrupts it; nothing is lost.
  await video.play().catch(() => undefined);
  // Cameras have names only once one of them may be used.
  const cameras = (await devices.enumerateDevices())
    .filter(({ kind }) => kind === 'videoinput')
    .map(({ deviceId, label }) => ({ cameraId: deviceId, label }));

  const stopReading = readCodes(video, onScan, (problem) => {
    close();
    onProblem(problem);
  });
  function close(): void {
    stopReading();
    stream.getTracks().forEach((each) => each.stop());
    video.srcObject = null;
  }
  track.addEventListener('ended', () => {
    close();
    onProblem('no-camera');
  });
  return ok({
    cameraId: track.getSettings().deviceId ?? '',
    cameras,
    // Chromium has the lamp; the DOM's types do not know it yet.
    hasTorch: 'torch' in track.getCapabilities(),
    async setTorch(isOn) {
      try {
        await track.applyConstraints({ advanced: [{ torch: isOn } as MediaTrackConstraintSet] });
        return true;
      } catch {
        return false;
      }
    },
    close,
  });
}

function problemOf(error: unknown): CameraProblem {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'not-allowed';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'no-camera';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'unsupported';
  }
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
