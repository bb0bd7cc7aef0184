import { ExchangeFailure } from '../../src/exchange/exchange-failure';
import type { HttpAnswer, HttpRequest, HttpSend } from '../../src/exchange/http-send';
import type { Random } from './random';
import type { VirtualTime } from './virtual-time';

/** How bad a network is: shares of all messages, from 0 to 1. */
export interface Weather {
  /** The request never arrives. */
  readonly loseRequest: number;
  /** It arrives and is carried out; the answer never comes. */
  readonly loseAnswer: number;
  /** It arrives a second time, some time later. */
  readonly double: number;
  /** A log-in page answers instead. */
  readonly hijack: number;
  /** The longest a message is under way. */
  readonly delayMs: number;
}

export const FAIR: Weather = { loseRequest: 0, loseAnswer: 0, double: 0, hijack: 0, delayMs: 50 };

/** Answers a request as the server would, or rejects with `unreachable` when it is not there. */
export type Handle = (request: HttpRequest) => Promise<HttpAnswer>;

/** After this long without a byte a client gives up, as in http-send.ts. */
const GIVES_UP_MS = 12_000;
const LOG_IN_PAGE = '<!doctype html><title>Market Hall Wi-Fi</title><p>Accept our terms to go on.';

/** Carries requests between tills and servers, as well or badly as the weather has it. */
export class Network {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #cut = new Set<string>();
  weather: Weather;
  /** What happened to messages, for those who want to know that something did. */
  readonly counts = { carried: 0, lostRequests: 0, lostAnswers: 0, doubled: 0, hijacked: 0, refused: 0 };

  constructor(time: VirtualTime, random: Random, weather: Weather) {
    this.#time = time;
    this.#random = random;
    this.weather = weather;
  }

  /** Nothing passes any more between a till, or the hub, and anybody else. */
  cut(name: string): void {
    this.#cut.add(name);
  }

  mend(name: string): void {
    this.#cut.delete(name);
  }

  /** A till's way to a server: the hub, or the till of that name. */
  link(till: string, to: string, server: Handle): HttpSend {
    const isCut = (): boolean => this.#cut.has(till) || this.#cut.has(to);
    return (request) =>
      new Promise((resolve, reject) => {
        const { weather } = this;
        const random = this.#random.fork();
        const giveUp = this.#time.after(GIVES_UP_MS, () => reject(new ExchangeFailure('no-progress', 'no progress')));
        const refuse = (): void => {
          giveUp();
          this.counts.refused += 1;
          reject(new ExchangeFailure('unreachable', 'no network'));
        };
        const deliver = async (isFirst: boolean): Promise<void> => {
          if (isCut()) return isFirst ? refuse() : undefined;
          let answer: HttpAnswer;
          try {
            answer = await this.#time.duringRealWork(() => server(request));
          } catch (error) {
            if (!(error instanceof ExchangeFailure)) throw error;
            return isFirst ? refuse() : undefined;
          }
          if (!isFirst) return undefined;
          if (random.chance(weather.loseAnswer)) {
            this.counts.lostAnswers += 1;
            return undefined;
          }
          this.#time.after(this.#delay(random), () => {
            if (isCut()) return;
            giveUp();
            this.counts.carried += 1;
            resolve(answer);
          });
          return undefined;
        };

        if (random.chance(weather.hijack)) {
          giveUp();
          this.counts.hijacked += 1;
          this.#time.after(this.#delay(random), () => resolve(logInPage()));
          return;
        }
        if (random.chance(weather.double)) {
          this.counts.doubled += 1;
          // Up to minutes late: a message that a router kept, long after the till has gone on.
          this.#time.after(random.between(0, random.chance(0.2) ? 300_000 : 5_000), () => deliver(false));
        }
        if (random.chance(weather.loseRequest)) {
          this.counts.lostRequests += 1;
          return;
        }
        this.#time.after(this.#delay(random), () => deliver(true));
      });
  }

  #delay(random: Random): number {
    // Most messages are quick; a few take their time and are overtaken.
    return random.between(1, 10) + (random.chance(0.15) ? random.between(0, this.weather.delayMs) : 0);
  }
}

function logInPage(): HttpAnswer {
  return { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from(LOG_IN_PAGE) };
}
