import { fail, ok, type Result } from '../../domain/result';

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

export interface Camera {
  readonly cameraId: string;
  readonly cameras: readonly CameraChoice[];
  readonly track: MediaStreamTrack;
  readonly stream: MediaStream;
  close(): void;
}

export interface CameraOptions {
  /** Shows what the camera sees. */
  readonly video: HTMLVideoElement;
  /** The camera to use; the one that looks away from the person unless given. */
  readonly cameraId: string | null;
  /** The picture ended by itself. */
  readonly onProblem: (problem: CameraProblem) => void;
}

/** Wide enough for the bars of a long label and for a sharp film, small enough for a small machine. */
const WIDTH = 1_280;
const HEIGHT = 720;

/** Shows what a camera sees, without its sound, until closed. */
export async function openCamera({
  video,
  cameraId,
  onProblem,
}: CameraOptions): Promise<Result<Camera, CameraProblem>> {
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
  function close(): void {
    stream.getTracks().forEach((each) => each.stop());
    video.srcObject = null;
  }
  track.addEventListener('ended', () => {
    close();
    onProblem('no-camera');
  });
  return ok({ cameraId: track.getSettings().deviceId ?? '', cameras, track, stream, close });
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
