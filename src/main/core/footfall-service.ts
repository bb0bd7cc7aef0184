import { checkCalibration, FOOTFALL_LIMITS, type FootfallCount, type FootfallSource } from '../../domain/footfall';
import { systemClock, type Clock, type Unsubscribe } from '../../hardware/ports';
import type { CallInput, CallOutput, TopicState } from '../../shared/contract';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import { requireStaff, type CoreContext } from './core-context';
import type { Reports } from './reports';

/** A batch is written so long after its first tap: what a power cut takes with it at most, */
const WRITE_AFTER_MS = 30_000;
/** or after so many people. */
const WRITE_AFTER_PEOPLE = 25;
/** A stretch in which nobody came is written all the same: nobody is a count too. So late at most is what else was noticed. */
const QUIET_MS = 10 * 60_000;
/** Most windows of one report: a week of hours. */
const MOST_WINDOWS = 24 * 7;
/** Taps that may come twice over a bad connection are remembered so long. */
const REQUESTS_KEPT = 500;

interface Batch {
  readonly from: string;
  count: number;
}

/**
 * Counts people who come by. Taps are kept in memory and journalled in batches, one entry for half a minute or 25 people: a
 * market day is a few hundred entries and not thousands, and a power cut loses half a minute of taps and nothing else.
 */
export class FootfallService {
  readonly #core: CoreContext;
  readonly #reports: Pick<Reports, 'footfall'>;
  readonly #clock: Clock;
  readonly #batches = new Map<FootfallSource, Batch>();
  readonly #requests = new Set<string>();
  #countingSince: string | null = null;
  #cancelTimer: Unsubscribe = () => undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(core: CoreContext, reports: Pick<Reports, 'footfall'>, clock: Clock = systemClock) {
    this.#core = core;
    this.#reports = reports;
    this.#clock = clock;
  }

  /** Writes what was counted, if the disk takes it, and counts no more. */
  stop(): void {
    this.#tryToWrite();
    this.#cancelTimer();
  }

  state(): TopicState<'footfall'> {
    const now = this.#now();
    const since = new Date(this.#core.now().getTime() - 3_600_000).toISOString();
    const pending = this.#batches.get('tap')?.count ?? 0;
    const written = this.#core.store.footfall.between(since, now).filter(({ source }) => source === 'tap');
    return {
      countingSince: this.#countingSince,
      lastHour: written.reduce((sum, { count }) => sum + count, pending),
      isCalibrated: this.#core.store.footfall.calibrations().some(({ source }) => source === 'tap'),
    };
  }

  /** Somebody begins to count people, or ends. */
  counting({ isOn }: CallInput<'footfall.counting'>): Record<string, never> {
    if (isOn && this.#countingSince === null) {
      this.#countingSince = this.#now();
      this.#batches.set('tap', { from: this.#countingSince, count: 0 });
      this.#writeWithin(QUIET_MS);
    }
    if (!isOn && this.#countingSince !== null) {
      this.#write();
      this.#countingSince = null;
      this.#batches.delete('tap');
    }
    this.#core.topics.mark('footfall');
    return {};
  }

  /** So many people came by; taking a tap back is a count below nothing, and takes back no more than was tapped just now. */
  tap({ people }: CallInput<'footfall.tap'>, { requestId }: CallContext): Record<string, never> {
    if (this.#requests.has(requestId)) return {};
    this.#requests.add(requestId);
    for (const old of this.#requests) {
      if (this.#requests.size <= REQUESTS_KEPT) break;
      this.#requests.delete(old);
    }
    if (this.#countingSince === null) this.counting({ isOn: true });
    this.#add('tap', people);
    this.#core.topics.mark('footfall');
    return {};
  }

  /** Something else noticed a person: a touch on the display, a page opened from a code, a label scanned at the till. */
  noticed(source: Exclude<FootfallSource, 'tap'>): void {
    this.#add(source, 1);
  }

  calibrate(
    { counted, seen }: CallInput<'footfall.calibrate'>,
    { requestId, staffId }: CallContext,
  ): Record<string, never> {
    const calibration = unwrap(checkCalibration({ source: 'tap', counted, seen, at: this.#now() }));
    this.#core.store.commit({
      requestId,
      actor: requireStaff(staffId),
      drafts: [{ kind: 'footfall.calibrated', body: calibration }],
      result: {},
    });
    this.#core.topics.mark('footfall');
    return {};
  }

  /** People and conversion. Made apart from this thread: a stall that counts has a few hundred counts a day. */
  async report(asked: CallInput<'footfall.report'>): Promise<CallOutput<'footfall.report'>> {
    const { from, to, stepMs } = asked;
    if (!(from < to) || (Date.parse(to) - Date.parse(from)) / stepMs > MOST_WINDOWS) {
      throw new CallFailure('bad-request', 'Ask for a week of hours at most.');
    }
    return this.#reports.footfall({ ...asked, pending: this.#pending() });
  }

  #add(source: FootfallSource, people: number): void {
    const batch = this.#batches.get(source) ?? { from: this.#now(), count: 0 };
    batch.count = Math.min(FOOTFALL_LIMITS.count, Math.max(0, batch.count + people));
    this.#batches.set(source, batch);
    if (source === 'tap' && batch.count >= WRITE_AFTER_PEOPLE) this.#tryToWrite();
    else this.#writeWithin(source === 'tap' ? WRITE_AFTER_MS : QUIET_MS);
  }

  /** Journals what was counted since the last time. What cannot be written stays for the next time. */
  #write(): void {
    this.#cancelTimer();
    this.#dueMs = Number.POSITIVE_INFINITY;
    const drafts = this.#pending().map((body) => ({ kind: 'footfall.counted' as const, body }));
    if (drafts.length > 0) this.#core.store.commit({ actor: null, drafts, result: null });
    this.#batches.clear();
    if (this.#countingSince === null) return;
    // Where the last stretch ended, so that they join.
    this.#batches.set('tap', { from: drafts[0]?.body.to ?? this.#now(), count: 0 });
    this.#writeWithin(QUIET_MS);
  }

  /** What was counted and is not journalled yet. */
  #pending(): FootfallCount[] {
    const to = this.#now();
    // A clock set back in between must not make a stretch that ends before it begins.
    return [...this.#batches]
      .map(([source, { from, count }]) => ({ source, from: from < to ? from : to, to, count }))
      .filter(({ from, count }) => count > 0 || from < to);
  }

  #writeWithin(delayMs: number): void {
    const dueMs = this.#clock.now() + delayMs;
    if (dueMs >= this.#dueMs) return;
    this.#cancelTimer();
    this.#dueMs = dueMs;
    this.#cancelTimer = this.#clock.after(delayMs, () => {
      this.#tryToWrite();
      this.#core.topics.mark('footfall');
    });
  }

  /** Writes, or keeps what was counted and tries again soon. */
  #tryToWrite(): void {
    try {
      this.#write();
    } catch (error) {
      this.#core.log.warn({ error }, 'People counted could not be written');
      this.#writeWithin(WRITE_AFTER_MS);
    }
  }

  #now(): string {
    return this.#core.now().toISOString();
  }
}
