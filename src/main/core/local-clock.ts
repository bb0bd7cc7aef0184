export const MINUTES_PER_DAY = 24 * 60;

const QUARTER_MS = 15 * 60_000;

/**
 * The stall's clock on the wall, as milliseconds that read right in UTC. Offsets are kept by the quarter of an hour, in which
 * no zone changes its clocks: asking the calendar for every order would take longer than reading it.
 */
export class LocalClock {
  /** IANA. */
  readonly timeZone: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  /** @param timeZone IANA */
  constructor(timeZone: string) {
    this.timeZone = timeZone;
    this.#format = new Intl.DateTimeFormat('en', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
  }

  /** @param utcMs milliseconds since 1970 */
  localMs(utcMs: number): number {
    const quarter = Math.floor(utcMs / QUARTER_MS);
    let offset = this.#offsets.get(quarter);
    if (offset === undefined) {
      const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? Number.NaN);
      const parts = this.#format.formatToParts(quarter * QUARTER_MS);
      const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
      offset = local - quarter * QUARTER_MS;
      this.#offsets.set(quarter, offset);
    }
    return utcMs + offset;
  }

  /**
   * The instant at which the clock on the wall shows this; of an hour that comes twice in autumn the first.
   * @param localMs as `localMs` gives it
   */
  utcMs(localMs: number): number {
    const guess = localMs - (this.localMs(localMs) - localMs);
    return localMs - (this.localMs(guess) - guess);
  }
}
