import pLimit from 'p-limit';
import { fail, ok, type Result } from '../../domain/result';
import { awaitAnswer, createListeners } from '../listeners';
import type { ScaleProfile } from '../models/scales';
import type { Clock, ScalePort, Unsubscribe, WeighingError } from '../ports';
import type { Connection, Transport } from '../transports/transport';
import { keepConnected } from './kept-connection';
import { SCALE_PROTOCOLS, type ScaleReading } from './scale-protocols';

export interface ScaleOptions {
  readonly deviceId: string;
  readonly profile: ScaleProfile;
  readonly transport: Transport;
  readonly clock: Clock;
}

/** A scale that is asked answers within a quarter of a second; slower is silence. */
const REPLY_TIMEOUT_MS = 1_000;
/** How often it is asked while nobody weighs, to know that it is there. */
const POLL_INTERVAL_MS = 2_000;
/** Questions in a row without an answer before the connection is given up. */
const MISSES_ALLOWED = 2;
/** No answer is longer; what is, is none. */
const LONGEST_ANSWER_BYTES = 100;

const WORDS: Readonly<Record<WeighingError, string>> = {
  unstable: 'The load still moves. Wait until it rests.',
  overload: 'That is more than the scale bears. Take something off.',
  negative: 'The scale shows less than nothing. Empty it and zero it.',
  'device-error': 'The scale reports an error. Empty it, then switch it off and on.',
  'not-answering': 'The scale does not answer. Check its cable and its protocol.',
  disconnected: 'The scale is not connected.',
};

/** A scale on a serial line that answers when asked. A weight is only ever the answer to the question just asked, twice the same. */
export function createScale(options: ScaleOptions): ScalePort {
  const { deviceId, profile, transport, clock } = options;
  const protocol = SCALE_PROTOCOLS[profile.protocol];
  const readings = createListeners<[ScaleReading]>();
  let answer = '';
  let misses = 0;
  let cancelPoll: Unsubscribe = () => undefined;
  /** Runs after everything asked before, whatever became of that. */
  const inTurn = pLimit(1);

  const kept = keepConnected<Connection>({
    transport,
    clock,
    mustAnswer: true,
    onOpen(connection) {
      answer = '';
      connection.onData(hear);
      pollLater(0);
    },
    onEnd: () => cancelPoll(),
  });

  function hear(bytes: Uint8Array): void {
    for (const byte of bytes) {
      // Parity, where a port was opened without it, is the eighth bit.
      const plain = byte & 0x7f;
      if (plain !== protocol.lastByte) {
        // Too long to be an answer: it is kept too long to be read as one, whatever it ends with.
        if (answer.length <= LONGEST_ANSWER_BYTES) answer += String.fromCharCode(plain);
        continue;
      }
      const reading = answer.length <= LONGEST_ANSWER_BYTES ? protocol.read(answer) : null;
      answer = '';
      if (reading !== null) readings.tell(reading);
    }
  }

  function pollLater(delayMs: number): void {
    cancelPoll();
    cancelPoll = clock.after(delayMs, () => void inTurn(async () => void (await ask())));
  }

  /** Asks once. Null when nothing that can be understood came in time; the connection may then be gone. */
  async function ask(): Promise<ScaleReading | null> {
    const connection = kept.current();
    if (!connection) return null;
    // After silence a late answer may still come, with the weight of something else: it is let pass first.
    if (misses > 0) await nextReading(connection, false);
    answer = '';
    const heard = nextReading(connection, true);
    const written = await connection.write(protocol.question);
    const reading = written.outcome === 'written' ? await heard : null;
    if (kept.current() !== connection) return null;
    if (reading === null) {
      misses += 1;
      if (misses >= MISSES_ALLOWED) await kept.drop();
      else pollLater(0);
      return null;
    }
    misses = 0;
    kept.setStatus(reading.kind === 'device-error' ? { state: 'faulted', reason: 'device-error' } : { state: 'ready' });
    pollLater(POLL_INTERVAL_MS);
    return reading;
  }

  /** @param ends whether the first reading ends the waiting; else all that come in its time are let pass */
  async function nextReading(connection: Connection, ends: boolean): Promise<ScaleReading | null> {
    const heard = await awaitAnswer({
      clock,
      timeoutMs: REPLY_TIMEOUT_MS,
      listen: readings.add,
      onClose: (listener) => connection.onClose(listener),
      answerOf: (reading) => (ends ? reading : undefined),
    });
    return typeof heard === 'string' ? null : heard.answer;
  }

  async function weigh(): Promise<Result<{ readonly weightGrams: number }, WeighingError>> {
    // A plain serial line has no check sum, so that a lost digit is only seen by asking twice.
    const first = await ask();
    const reading = first && (await ask());
    if (first === null || reading === null) {
      const isThere = kept.current() !== null || kept.status.state === 'faulted';
      return problem(isThere ? 'not-answering' : 'disconnected');
    }
    if (reading.kind !== 'weight') return problem(reading.kind);
    const isSame = first.kind === 'weight' && first.weightGrams === reading.weightGrams;
    return isSame ? ok({ weightGrams: reading.weightGrams }) : problem('unstable');
  }

  return {
    deviceId,
    label: profile.name,
    get status() {
      return kept.status;
    },
    onStatus: (listener) => kept.onStatus(listener),
    weigh: () => inTurn(weigh),
    async close() {
      cancelPoll();
      await kept.close();
    },
  };
}

function problem(code: WeighingError): Result<never, WeighingError> {
  return fail(code, WORDS[code]);
}
