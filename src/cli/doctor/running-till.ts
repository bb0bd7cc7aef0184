import { v7 as newId } from 'uuid';
import { WebSocket } from 'ws';
import { CALLS, type CallInput, type CallName, type CallOutput, type DeviceStatusView } from '../../shared/contract';
import type { DoorNote } from '../../main/door-note';
import type { CallResult } from '../../shared/errors';
import { callResult, serverMessage } from '../../shared/wire';
import { SCAN_WITHIN_MS, wrong, type Patient, type Said, type Trial } from './patient';
import {
  DISPLAY_TOLD,
  kickWords,
  NO_DISPLAY,
  NO_PRINTER,
  pageWords,
  scanWords,
  weightWords,
  type Ended,
} from './words';

const CONNECT_WITHIN_MS = 5_000;
/** Longer than any call takes but for waiting on a person. */
const ANSWER_WITHIN_MS = SCAN_WITHIN_MS + 5_000;
/** A job that has not begun by then waits for its device. */
const BEGIN_WITHIN_MS = 3_000;
/** Longer than the proof of a page may take. */
const END_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 250;

type Call = <N extends CallName>(name: N, input: CallInput<N>) => Promise<CallResult<CallOutput<N>>>;

/** The devices of the till behind this door; null when none runs there any more. */
export async function askRunningTill(door: DoorNote): Promise<Patient | null> {
  const socket = new WebSocket(door.socketUrl);
  if (!(await welcomed(socket, door.token))) return null;
  const call = callsOver(socket);
  await call('device.look', {});
  const state = await call('state.get', {});
  if (!state.ok) return null;
  const { devices } = state.value;
  const first = (kind: DeviceStatusView['kind']): string | null => {
    const all = devices.devices.filter((device) => device.kind === kind);
    return (all.find((device) => device.state !== 'absent') ?? all[0])?.deviceId ?? null;
  };

  /** How a job ended; how it stands when it did not end in time. */
  async function ended(jobId: string): Promise<CallResult<Ended>> {
    const startedMs = Date.now();
    for (;;) {
      const job = await call('job.get', { jobId });
      const waitedMs = Date.now() - startedMs;
      const isUnderWay =
        job.ok &&
        ((job.value.state === 'waiting' && waitedMs < BEGIN_WITHIN_MS) ||
          (job.value.state === 'running' && waitedMs < END_WITHIN_MS));
      if (!isUnderWay) return job;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  const trials: Readonly<Record<Trial, () => Promise<Said>>> = {
    async print() {
      const deviceId = first('printer');
      if (deviceId === null) return NO_PRINTER;
      const sent = await call('device.test', { deviceId });
      if (!sent.ok) return refused(sent.error);
      if (sent.value.jobId === null) return NO_PRINTER;
      const job = await ended(sent.value.jobId);
      return job.ok ? pageWords(job.value) : refused(job.error);
    },
    async drawer() {
      const sent = await call('drawer.open', { reason: 'test', note: 'trestle doctor' });
      if (!sent.ok) return refused(sent.error);
      const job = await ended(sent.value.jobId);
      return job.ok ? kickWords(job.value) : refused(job.error);
    },
    async display() {
      const deviceId = first('line-display');
      if (deviceId === null) return NO_DISPLAY;
      const sent = await call('device.test', { deviceId });
      return sent.ok ? DISPLAY_TOLD : refused(sent.error);
    },
    async scan() {
      const next = await call('scan.next', { withinMs: SCAN_WITHIN_MS });
      return next.ok ? scanWords(next.value.scan?.code ?? null) : refused(next.error);
    },
    async scale() {
      const weighed = await call('scale.weigh', {});
      return weighed.ok ? weightWords(weighed.value) : refused(weighed.error);
    },
  };

  return {
    source: 'running-till',
    devices,
    attempt: (trial) => trials[trial](),
    async report() {
      const report = await call('device.report', {});
      if (!report.ok) throw new Error(report.error.message);
      return report.value;
    },
    close() {
      socket.close();
      return Promise.resolve();
    },
  };
}

function refused({ code, message }: { readonly code: string; readonly message: string }): Said {
  return wrong(code === 'not-signed-on' ? 'Nobody is signed on at the till. Sign on there, then try again.' : message);
}

/** Says hello; false when nobody answers it. */
function welcomed(socket: WebSocket, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isWelcome: boolean): void => {
      clearTimeout(timer);
      if (!isWelcome) socket.terminate();
      resolve(isWelcome);
    };
    const timer = setTimeout(() => settle(false), CONNECT_WITHIN_MS);
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
    socket.once('open', () => socket.send(JSON.stringify({ hello: { token, role: 'service' } })));
    socket.once('message', (data) => settle('welcome' in serverMessage.parse(JSON.parse(String(data)))));
  });
}

/** Calls of the contract, one answer each; `disconnected` where none comes. */
function callsOver(socket: WebSocket): Call {
  const waiting = new Map<number, (answer: unknown) => void>();
  let lastId = 0;
  socket.on('message', (data) => {
    const message = serverMessage.parse(JSON.parse(String(data)));
    if ('result' in message) waiting.get(message.id)?.(message.result);
  });
  const lost = {
    ok: false,
    error: { code: 'disconnected', message: 'The till has gone away.', retryable: true },
  } as const;
  socket.on('close', () => waiting.forEach((settle) => settle(lost)));
  return async (name, input) => {
    const id = ++lastId;
    const answer = await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(lost), ANSWER_WITHIN_MS);
      waiting.set(id, (value) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(value);
      });
      socket.send(JSON.stringify({ id, call: name, requestId: newId(), input }));
    });
    const result = callResult.parse(answer);
    if (!result.ok) return result;
    return { ok: true, value: CALLS[name].output.parse(result.value) as CallOutput<typeof name> };
  };
}
