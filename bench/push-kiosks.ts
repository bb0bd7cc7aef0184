/**
 * Thread of the push bench: some of its kiosks. Each has its own key, enrolment, token, client, wake-up socket and cursor, and
 * what a kiosk does with a hint it does here: reads the feed from its cursor on, checks each entry's hash and body, and puts
 * the prices into its catalogue by the rule of the journal (last writer wins per item, by hybrid clock). The catalogue is a
 * map in memory instead of SQLite, since a thousand kiosks share one machine here.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { readEntry, type SealedEntry } from '../src/journal/entry';
import { openWakeSocket } from '../src/main/sync/wake-socket';
import { ExchangeDevice, type EnrolledDevice } from '../tests/helpers/exchange-device';

/** What the thread is started with. */
export interface KiosksData {
  readonly address: string;
  /** One per kiosk. */
  readonly codes: readonly string[];
}

export type KiosksQuestion =
  /** Enrols the kiosks and hands over the first entry of each. */
  | { readonly kind: 'enrol' }
  /** Opens the wake-up sockets of kiosks that have read the feed up to a cursor; answered when each has heard the first hint. */
  | { readonly kind: 'connect'; readonly cursor: string }
  /** Answered when every kiosk has this price. */
  | { readonly kind: 'await'; readonly itemId: string; readonly priceMinor: number };

/** When each kiosk had what was waited for, in milliseconds since 1970; nothing for `enrol`. */
export type KiosksAnswer = readonly number[];

/** Milliseconds since 1970 by a clock that nobody sets while the bench runs, the same in every thread. */
export const instantMs = (): number => performance.timeOrigin + performance.now();

interface Price {
  readonly at: string;
  readonly priceMinor: number;
}

class BenchKiosk {
  readonly #address: string;
  readonly #enrolled: EnrolledDevice;
  readonly #prices = new Map<string, Price>();
  #cursor = '0.0';
  #isReading = false;
  #wanted = false;
  hasRead = false;
  /** Called after every reading. */
  onRead: () => void = () => undefined;

  constructor(address: string, enrolled: EnrolledDevice) {
    this.#address = address;
    this.#enrolled = enrolled;
  }

  async connect(cursor: string): Promise<void> {
    this.#cursor = cursor;
    openWakeSocket({
      address: this.#address,
      stallId: this.#enrolled.stallId,
      token: await this.#enrolled.client.token(),
      onHint: () => void this.#read(),
      onClosed: () => {
        throw new Error('the hub closed a wake-up socket');
      },
    });
  }

  price(itemId: string): number | undefined {
    return this.#prices.get(itemId)?.priceMinor;
  }

  /** One reading at a time, and another when a hint came meanwhile. */
  async #read(): Promise<void> {
    this.#wanted = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#wanted) {
      this.#wanted = false;
      for (let more = true; more;) {
        const page = await this.#enrolled.client.feed({ after: this.#cursor, own: 'others' });
        page.entries.forEach((entry) => this.#apply(entry));
        ({ cursor: this.#cursor, more } = page);
      }
    }
    this.#isReading = false;
    this.hasRead = true;
    this.onRead();
  }

  #apply(sealed: SealedEntry): void {
    const read = readEntry(sealed);
    if (!read.ok) throw new Error(`entry ${sealed.seq} of ${sealed.device}: ${read.unreadable.why}`);
    const { entry } = read;
    if (entry.kind !== 'catalogue.items-put') return;
    for (const { itemId, variants } of (entry.body as PutItems).items) {
      const [variant] = variants;
      const known = this.#prices.get(itemId);
      if (variant && (known === undefined || known.at < entry.at)) {
        this.#prices.set(itemId, { at: entry.at, priceMinor: variant.priceMinor });
      }
    }
  }
}

interface PutItems {
  readonly items: readonly { readonly itemId: string; readonly variants: readonly { readonly priceMinor: number }[] }[];
}

/** How many requests of one thread are under way while the kiosks are set up. */
const AT_ONCE = 8;

async function serve(port: NonNullable<typeof parentPort>, { address, codes }: KiosksData): Promise<void> {
  const kiosks: BenchKiosk[] = [];
  const eachWhen = (isSo: (kiosk: BenchKiosk) => boolean): Promise<number[]> =>
    Promise.all(
      kiosks.map(
        (kiosk) =>
          new Promise<number>((resolve) => {
            kiosk.onRead = () => {
              if (isSo(kiosk)) resolve(instantMs());
            };
            kiosk.onRead();
          }),
      ),
    );

  const answer = async (question: KiosksQuestion): Promise<KiosksAnswer> => {
    switch (question.kind) {
      case 'enrol': {
        const waiting = [...codes];
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            for (let code = waiting.pop(); code !== undefined; code = waiting.pop()) {
              const enrolled = await new ExchangeDevice().enrol(address, code);
              await enrolled.push();
              kiosks.push(new BenchKiosk(address, enrolled));
            }
          }),
        );
        return [];
      }
      case 'connect': {
        const connected = eachWhen((kiosk) => kiosk.hasRead);
        for (const kiosk of kiosks) await kiosk.connect(question.cursor);
        return connected;
      }
      case 'await':
        return eachWhen((kiosk) => kiosk.price(question.itemId) === question.priceMinor);
    }
  };

  port.on('message', (question: KiosksQuestion) => {
    // What goes wrong in a thread ends it, and the bench with it.
    void answer(question).then((told) => port.postMessage(told));
  });
}

if (parentPort !== null) void serve(parentPort, workerData as KiosksData);
