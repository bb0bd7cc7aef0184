import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import pLimit from 'p-limit';
import { fail, ok } from '../../domain/result';
import { awaitAnswer } from '../listeners';
import type { Clock, FaultReason } from '../ports';
import { connectionState } from './connection-state';
import { followJob, type QueuedJob } from './queued-job';
import { spoolerCommand } from './spooler-script';
import type { Connection, OpenError, Transport } from './transport';

export interface SpoolerTransportOptions {
  /** The printer as Windows lists it. */
  readonly printerName: string;
  readonly clock: Clock;
  /** Default 20 000: how long a job may stay in the queue before it is taken back. */
  readonly stallTimeoutMs?: number;
  /** Starts the helper; Node's `spawn` unless a test stands in for Windows. */
  readonly start?: (command: string, parameters: readonly string[]) => ChildProcessWithoutNullStreams;
}

/** PowerShell compiles the calls to the spooler first. */
const START_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 5_000;

/** Win32 error codes the spooler gives. */
const ERROR_ACCESS_DENIED = '5';
const ERROR_INVALID_PRINTER_NAME = '1801';

/** Job flags that mean a byte may have gone out: being printed, printed, complete (winspool.h, JOB_STATUS_…). */
const JOB_BEGUN = 0x0010 | 0x0080 | 0x1000;
const JOB_DONE = 0x0080 | 0x1000;
/** Printer flags (winspool.h, PRINTER_STATUS_…), nearest cause first. */
const PRINTER_FAULTS: readonly (readonly [flag: number, fault: FaultReason])[] = [
  [0x0040_0000, 'cover-open'],
  [0x0000_0010, 'paper-out'],
  [0x0000_0008, 'device-error'],
  [0x0000_0002, 'device-error'],
  // Offline, not available, paused.
  [0x0000_0080 | 0x0000_1000 | 0x0000_0001, 'offline'],
];

/**
 * A printer of Windows, whose own driver holds the USB port: RAW documents through the spooler. Every write is one
 * document, followed until the spooler is done with it. Nothing comes back from the printer.
 */
export function spoolerTransport(options: SpoolerTransportOptions): Transport {
  const { printerName, clock, stallTimeoutMs = 20_000, start = startHidden } = options;
  return {
    address: `Windows ${printerName}`,
    async open() {
      const { command, parameters } = spoolerCommand(printerName);
      const helper = speakTo(start(command, parameters), clock);
      const greeting = await helper.next(START_TIMEOUT_MS);
      if (greeting === 'ready') return ok(connectionOf(helper, clock, stallTimeoutMs));
      helper.end();
      return fail(codeOf(greeting), `Windows cannot open the printer ${printerName}: ${greeting ?? 'no answer'}.`);
    },
  };
}

function startHidden(command: string, parameters: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(command, parameters, { windowsHide: true });
}

function codeOf(answer: string | null): OpenError {
  const code = answer?.replace('error ', '');
  if (code === ERROR_INVALID_PRINTER_NAME) return 'absent';
  return code === ERROR_ACCESS_DENIED ? 'access-denied' : 'unreachable';
}

interface Helper {
  /** The next line, null when none comes in time or the process is gone. */
  next(timeoutMs: number): Promise<string | null>;
  /** Sends one request and takes its answer, one after the other. Null when there is none. */
  ask(request: string): Promise<string | null>;
  onEnd(listener: () => void): void;
  end(): void;
}

/** A process that answers line by line. */
function speakTo(child: ChildProcessWithoutNullStreams, clock: Clock): Helper {
  const ended = connectionState<string>();
  const inTurn = pLimit(1);
  const end = (): void => {
    child.kill();
    ended.end();
  };
  child.once('exit', () => ended.end());
  // PowerShell may not be there at all, and its pipes may break at any time.
  child.on('error', () => ended.end());
  child.stdin.on('error', () => undefined);
  child.stderr.resume();
  createInterface(child.stdout).on('line', (line) => ended.hear(line));

  async function next(timeoutMs: number): Promise<string | null> {
    const { onData: listen, onClose } = ended;
    const heard = await awaitAnswer({ clock, timeoutMs, listen, onClose, answerOf: (line) => line });
    return typeof heard === 'string' ? null : heard.answer;
  }
  return {
    next,
    ask: (request) =>
      inTurn(async () => {
        if (ended.isClosed) return null;
        const heard = next(ANSWER_TIMEOUT_MS);
        child.stdin.write(`${request}\n`);
        const line = await heard;
        // A late answer would pass for the next one's.
        if (line === null) end();
        return line;
      }),
    onEnd: (listener) => void ended.onClose(listener),
    end,
  };
}

function connectionOf(helper: Helper, clock: Clock, stallTimeoutMs: number): Connection {
  const state = connectionState();
  helper.onEnd(() => state.end());

  function queued(jobId: string): QueuedJob {
    let wasBegun = false;
    let isTakenBack = false;
    let standing: 'under-way' | 'done' | 'unknown' = 'under-way';
    const note = (answer: string | null): void => {
      const [, flags] = answer?.split(' ') ?? [];
      if (flags === undefined || answer?.startsWith('error')) standing = 'unknown';
      // The spooler forgets a job that it has handed on.
      else if (flags === 'gone' || Number(flags) & JOB_DONE) standing = 'done';
      else wasBegun ||= (Number(flags) & JOB_BEGUN) !== 0;
    };
    return {
      async stand() {
        if (!isTakenBack) note(await helper.ask(`stand ${jobId}`));
        if (isTakenBack && standing === 'under-way') return wasBegun ? 'ended-begun' : 'ended-unbegun';
        return standing;
      },
      async takeBack() {
        isTakenBack = true;
        note(await helper.ask(`delete ${jobId}`));
      },
    };
  }

  return {
    isOneWay: true,
    async write(bytes) {
      if (state.isClosed) return { outcome: 'closed', bytesSent: 0 };
      const [word, jobId] = (await helper.ask(`print ${Buffer.from(bytes).toString('base64')}`))?.split(' ') ?? [];
      // Without an answer the spooler may have it all the same.
      if (word === undefined) return { outcome: 'closed', bytesSent: bytes.length };
      if (word !== 'job' || jobId === undefined) return { outcome: 'closed', bytesSent: 0 };
      return followJob(queued(jobId), bytes.length, { state, clock, stallTimeoutMs });
    },
    onData: state.onData,
    onClose: state.onClose,
    async fault() {
      const [word, flags] = (await helper.ask('status'))?.split(' ') ?? [];
      if (word !== 'status') return 'unreachable';
      return PRINTER_FAULTS.find(([flag]) => Number(flags) & flag)?.[1] ?? null;
    },
    close() {
      helper.end();
      state.end();
      return Promise.resolve();
    },
  };
}
