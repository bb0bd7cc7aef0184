import { request } from 'node:http';
import { userInfo } from 'node:os';
import { fail, ok } from '../../domain/result';
import type { Clock, FaultReason } from '../ports';
import { connectionState } from './connection-state';
import {
  decodeIppResponse,
  encodeIppRequest,
  IPP_JOB_STATE,
  IPP_NOT_FOUND,
  IPP_OPERATION,
  IPP_PRINTER_STOPPED,
  type IppAttribute,
  type IppResponse,
} from './ipp';
import { followJob, type QueuedJob } from './queued-job';
import type { Connection, Transport, WriteOutcome } from './transport';

export interface CupsTransportOptions {
  /** The name of a raw queue. */
  readonly queue: string;
  readonly clock: Clock;
  /** Default 20 000: how long a job may stay in the queue before it is taken back. */
  readonly stallTimeoutMs?: number;
  /** Where CUPS listens; the system's usual place unless said. */
  readonly socketPath?: string;
}

const SOCKET_PATH = process.platform === 'darwin' ? '/private/var/run/cupsd' : '/run/cups/cups.sock';
const REQUEST_TIMEOUT_MS = 3_000;

/**
 * A raw queue of CUPS, spoken to in IPP on the socket of the machine. Every write is one job of the queue, followed until
 * the queue is done with it. *Completed* means that the queue handed the bytes on: nothing comes back from the printer.
 */
export function cupsTransport(options: CupsTransportOptions): Transport {
  const { queue, clock, stallTimeoutMs = 20_000, socketPath = SOCKET_PATH } = options;
  const ask = (operation: number, attributes: readonly IppAttribute[], document?: Uint8Array): Promise<Answer> =>
    askCups(socketPath, clock, operation, [...whose(queue), ...attributes], document);
  return {
    address: `CUPS ${queue}`,
    async open() {
      const answer = await ask(IPP_OPERATION.getPrinterAttributes, [
        ['keyword', 'requested-attributes', 'printer-state'],
      ]);
      if (answer === 'unreachable')
        return fail('unreachable', 'The print system (CUPS) of this machine does not answer.');
      if (answer === 'access-denied') return fail('access-denied', `The print system does not let this user print.`);
      if (answer.status === IPP_NOT_FOUND) return fail('absent', `The print system has no queue named ${queue}.`);
      if (firstGroup(answer) === null) return fail('unreachable', `The queue ${queue} answers ${answer.status}.`);
      return ok(connectionOf(ask, clock, stallTimeoutMs));
    },
  };
}

/** The queues of this machine; empty where there is no CUPS. Never rejects. */
export async function cupsQueues(clock: Clock, socketPath = SOCKET_PATH): Promise<readonly string[]> {
  const wanted: IppAttribute = ['keyword', 'requested-attributes', 'printer-name'];
  const answer = await askCups(socketPath, clock, IPP_OPERATION.getPrinters, [wanted]);
  if (typeof answer === 'string') return [];
  return answer.groups.flatMap((group) => (group.get('printer-name') ?? []).map(String));
}

type Answer = IppResponse | 'unreachable' | 'access-denied';
type Ask = (operation: number, attributes: readonly IppAttribute[], document?: Uint8Array) => Promise<Answer>;

/** The first group of an answer that says yes (statuses below 0x0100), else null. */
function firstGroup(answer: Answer): IppResponse['groups'][number] | null {
  return typeof answer === 'object' && answer.status < 0x0100 ? (answer.groups[0] ?? null) : null;
}

function whose(queue: string): IppAttribute[] {
  return [
    ['uri', 'printer-uri', `ipp://localhost/printers/${encodeURIComponent(queue)}`],
    ['name', 'requesting-user-name', userInfo().username],
  ];
}

function askCups(
  socketPath: string,
  clock: Clock,
  operation: number,
  attributes: readonly IppAttribute[],
  document: Uint8Array = new Uint8Array(),
): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer): void => {
      cancel();
      resolve(answer);
    };
    const asked = request(
      {
        socketPath,
        method: 'POST',
        path: '/',
        headers: {
          host: 'localhost',
          'content-type': 'application/ipp',
          // The socket knows whose process this is, which is all that taking back one's own job needs.
          authorization: `PeerCred ${userInfo().username}`,
        },
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', () => settle('unreachable'));
        response.on('end', () => {
          const { statusCode } = response;
          if (statusCode === 401 || statusCode === 403) settle('access-denied');
          else settle(decodeIppResponse(Buffer.concat(pieces)) ?? 'unreachable');
        });
      },
    );
    const cancel = clock.after(REQUEST_TIMEOUT_MS, () => {
      asked.destroy();
      settle('unreachable');
    });
    asked.on('error', (error: NodeJS.ErrnoException) =>
      settle(error.code === 'EACCES' ? 'access-denied' : 'unreachable'),
    );
    asked.end(Buffer.concat([encodeIppRequest(operation, attributes), document]));
  });
}

function connectionOf(ask: Ask, clock: Clock, stallTimeoutMs: number): Connection {
  const state = connectionState();
  const queued = (jobId: number): QueuedJob => ({
    async stand() {
      const wanted: IppAttribute = ['keyword', 'requested-attributes', 'job-state', 'time-at-processing'];
      const job = firstGroup(await ask(IPP_OPERATION.getJobAttributes, [['integer', 'job-id', jobId], wanted]));
      const now = Number(job?.get('job-state')?.[0]);
      if (!Number.isInteger(now)) return 'unknown';
      if (now === IPP_JOB_STATE.completed) return 'done';
      if (now < IPP_JOB_STATE.canceled) return 'under-way';
      // A job never begun has no such time: "no-value", which reads as an empty text.
      return Number(job?.get('time-at-processing')?.[0] ?? 0) > 0 ? 'ended-begun' : 'ended-unbegun';
    },
    async takeBack() {
      await ask(IPP_OPERATION.cancelJob, [['integer', 'job-id', jobId]]);
    },
  });

  async function write(bytes: Uint8Array): Promise<WriteOutcome> {
    if (state.isClosed) return { outcome: 'closed', bytesSent: 0 };
    const taken = await ask(
      IPP_OPERATION.printJob,
      [
        ['name', 'job-name', 'Trestle'],
        ['mime', 'document-format', 'application/vnd.cups-raw'],
      ],
      bytes,
    );
    // Without an answer the queue may have it all the same.
    if (taken === 'unreachable') return { outcome: 'closed', bytesSent: bytes.length };
    const jobId = Number(firstGroup(taken)?.get('job-id')?.[0]);
    if (!Number.isInteger(jobId)) return { outcome: 'closed', bytesSent: 0 };
    return followJob(queued(jobId), bytes.length, { state, clock, stallTimeoutMs });
  }

  /** What the queue says of its printer (RFC 8011 §5.4.12): keywords that may end in -report, -warning or -error. */
  async function fault(): Promise<FaultReason | null> {
    const answer = await ask(IPP_OPERATION.getPrinterAttributes, [
      ['keyword', 'requested-attributes', 'printer-state', 'printer-state-reasons'],
    ]);
    const printer = firstGroup(answer);
    if (printer === null) return 'unreachable';
    const says = (reason: RegExp): boolean =>
      (printer.get('printer-state-reasons') ?? []).some((each) => reason.test(String(each)));
    if (says(/^(cover|door)-open/)) return 'cover-open';
    if (says(/^media-(empty|needed)/)) return 'paper-out';
    return says(/^offline/) || printer.get('printer-state')?.[0] === IPP_PRINTER_STOPPED ? 'offline' : null;
  }

  return {
    isOneWay: true,
    write,
    onData: state.onData,
    onClose: state.onClose,
    fault,
    close() {
      state.end();
      return Promise.resolve();
    },
  };
}
