import { systemClock, type Clock, type Scan, type ScannerPort, type Unsubscribe } from '../../hardware/ports';
import type { CallInput, CallOutput, TopicState } from '../../shared/contract';
import type { CoreContext } from './core-context';

/** A scan no window has answered by then is not sold later, out of the blue: it is refused at its scanner. */
const ANSWER_WITHIN_MS = 2_000;
/** More than any hand scans in that time. */
const MOST_WAITING = 50;

type NextScan = CallOutput<'scan.next'>['scan'];

interface WaitingScan {
  readonly scan: TopicState<'scan'>['scans'][number];
  readonly cancelExpiry: Unsubscribe;
}

/** Hands what the till's own scanners read to the windows, and tells the scanner when it was refused. */
export class ScanService {
  readonly #core: CoreContext;
  readonly #scanner: (deviceId: string) => ScannerPort | undefined;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, WaitingScan>();
  /** Who asked for the next scan, the first to ask first. */
  #askers: ((scan: NextScan) => void)[] = [];

  /** @param scanner the scanner of a device id, when it is still set up */
  constructor(core: CoreContext, scanner: (deviceId: string) => ScannerPort | undefined, clock: Clock = systemClock) {
    this.#core = core;
    this.#scanner = scanner;
    this.#clock = clock;
  }

  /** A scanner read a label. */
  heard(deviceId: string, { symbology, text }: Scan): void {
    const scan = { code: `${symbology ?? ''}${text}`, deviceId, at: this.#core.now().toISOString() };
    const asker = this.#askers.shift();
    if (asker) return asker(scan);
    if (this.#waiting.size >= MOST_WAITING) {
      this.#core.log.warn({ deviceId }, 'Scans come faster than anybody answers them');
      void this.#scanner(deviceId)?.signalRejected();
      return;
    }
    const scanId = this.#core.newId();
    const cancelExpiry = this.#clock.after(ANSWER_WITHIN_MS, () => this.settle({ scanId, accepted: false }));
    this.#waiting.set(scanId, { scan: { scanId, ...scan }, cancelExpiry });
    this.#core.topics.mark('scan');
  }

  /** The next scan, which then reaches no window; null when none came in time. */
  next({ withinMs }: CallInput<'scan.next'>): Promise<CallOutput<'scan.next'>> {
    return new Promise((resolve) => {
      const settle = (scan: NextScan): void => {
        cancel();
        this.#askers = this.#askers.filter((one) => one !== settle);
        resolve({ scan });
      };
      const cancel = this.#clock.after(withinMs, () => settle(null));
      this.#askers.push(settle);
    });
  }

  /** Runs the command that answers a scan, when its request is one. */
  answering<T>(requestId: string, answer: () => T): T {
    try {
      const result = answer();
      this.settle({ scanId: requestId, accepted: true });
      return result;
    } catch (error) {
      this.settle({ scanId: requestId, accepted: false });
      throw error;
    }
  }

  /** Says what became of a scan; the first to say so counts. */
  settle({ scanId, accepted }: CallInput<'scan.settle'>): Record<string, never> {
    const waiting = this.#waiting.get(scanId);
    if (!waiting) return {};
    waiting.cancelExpiry();
    this.#waiting.delete(scanId);
    if (!accepted) void this.#scanner(waiting.scan.deviceId)?.signalRejected();
    this.#core.topics.mark('scan');
    return {};
  }

  state(): TopicState<'scan'> {
    return { scans: [...this.#waiting.values()].map(({ scan }) => scan) };
  }

  stop(): void {
    for (const { cancelExpiry } of this.#waiting.values()) cancelExpiry();
    this.#waiting.clear();
    for (const settle of this.#askers) settle(null);
  }
}
