import pLimit from 'p-limit';
import { awaitAnswer, createListeners } from '../listeners';
import { objectionTo, type HidDrawerProfile } from '../models/drawers';
import type { Clock, DeviceStatus, DrawerPort, DrawerState, KickOutcome, Unsubscribe } from '../ports';
import type { HidConnection, HidTransport } from '../transports/hid-transport';
import { keepConnected } from './kept-connection';
import { OPEN_TOO_LONG_MS, watchOpenDrawer } from './open-watch';

export interface HidDrawerOptions {
  readonly deviceId: string;
  readonly profile: HidDrawerProfile;
  readonly transport: HidTransport;
  readonly clock: Clock;
  /** Default 60 000: from then on an open drawer is mentioned. */
  readonly openTooLongMs?: number;
}

/** How long a question for the state may stay unanswered, and how many in a row. */
const REPLY_TIMEOUT_MS = 500;
const MISSES_ALLOWED = 2;
/** A drawer that is asked is asked this often; one that tells by itself needs no asking. */
const POLL_INTERVAL_MS = 1_000;
/** How long a solenoid and a spring may take to move the switch. */
const TRAVEL_MS = 250;
const TRAVEL_CHECKS = 4;

/**
 * A drawer with a USB connection of its own. The only reports ever written are the two of its profile.
 * @throws {Error} for a profile that could harm the device; `parseDrawerProfiles` lets none of these through
 */
export function createHidDrawer(options: HidDrawerOptions): DrawerPort {
  const { deviceId, profile, transport, clock, openTooLongMs = OPEN_TOO_LONG_MS } = options;
  const objection = objectionTo(profile);
  if (objection !== null) throw new Error(`Drawer profile ${profile.id}: ${objection}`);
  const openReport = padded(profile.openReport, profile.reportBytes);
  const statusReport = profile.statusReport && padded(profile.statusReport, profile.reportBytes);
  const drawerListeners = createListeners<[DrawerState]>();
  const reports = createListeners<[DrawerState]>();
  let drawer: DrawerState = 'unknown';
  let isClosing = false;
  let misses = 0;
  let cancelPoll: Unsubscribe = () => undefined;
  /** Runs after everything asked before, whatever became of that. */
  const inTurn = pLimit(1);

  const watch = watchOpenDrawer(clock, openTooLongMs, () => updateStatus());
  const kept = keepConnected<HidConnection>({
    transport,
    clock,
    mustAnswer: true,
    onOpen(connection) {
      misses = 0;
      connection.onReport(hear);
      if (statusReport) pollLater(0);
      else updateStatus();
    },
    onEnd() {
      cancelPoll();
      setDrawer('unknown');
    },
  });

  function hear(report: Uint8Array): void {
    const state = decode(report, profile);
    if (state === null) return;
    misses = 0;
    setDrawer(state);
    updateStatus();
    reports.tell(state);
  }

  function setDrawer(next: DrawerState): void {
    watch.note(next);
    if (next === drawer) return;
    drawer = next;
    drawerListeners.tell(next);
  }

  function updateStatus(): void {
    kept.setStatus(statusNow());
  }

  function statusNow(): DeviceStatus {
    if (watch.isOpenTooLong) return { state: 'degraded', reason: 'drawer-open' };
    return drawer === 'unknown' ? { state: 'degraded', reason: 'no-status' } : { state: 'ready' };
  }

  function pollLater(delayMs: number): void {
    cancelPoll();
    cancelPoll = clock.after(delayMs, () => void inTurn(poll));
  }

  async function poll(): Promise<void> {
    const connection = kept.current();
    if (!connection) return;
    await askState(connection);
    if (kept.current() === connection) pollLater(POLL_INTERVAL_MS);
  }

  /** Asks how it stands; null when it does not say, after which the connection may be gone. */
  async function askState(connection: HidConnection): Promise<DrawerState | null> {
    if (!statusReport) return null;
    const answer = nextReport(connection, REPLY_TIMEOUT_MS);
    const written = await connection.write(statusReport);
    const state = written.outcome === 'written' ? await answer : null;
    if (state !== null || kept.current() !== connection) return state;
    misses += 1;
    if (misses >= MISSES_ALLOWED) await kept.drop();
    return null;
  }

  /** The next thing the drawer says of itself, or the next time that it says so. */
  async function nextReport(
    connection: HidConnection,
    timeoutMs: number,
    expected?: DrawerState,
  ): Promise<DrawerState | null> {
    const heard = await awaitAnswer({
      clock,
      timeoutMs,
      listen: reports.add,
      onClose: (listener) => connection.onClose(listener),
      answerOf: (state) => (expected === undefined || state === expected ? state : undefined),
    });
    return typeof heard === 'string' ? null : heard.answer;
  }

  async function open(): Promise<KickOutcome> {
    const connection = kept.current();
    if (isClosing) return { outcome: 'failed', reason: 'closed' };
    if (!connection) return { outcome: 'failed', reason: 'unreachable' };
    cancelPoll();
    const told = nextReport(connection, TRAVEL_MS * TRAVEL_CHECKS, 'open');
    const written = await connection.write(openReport);
    if (written.outcome === 'written') {
      const outcome = await proveOpening(connection, told);
      if (statusReport && kept.current() === connection) pollLater(POLL_INTERVAL_MS);
      return outcome;
    }
    const hasStalled = written.outcome === 'stalled';
    if (hasStalled) await kept.drop();
    if (written.bytesSent > 0) {
      return { outcome: 'sent-unconfirmed', reason: hasStalled ? 'proof-timeout' : 'disconnected' };
    }
    return { outcome: 'failed', reason: hasStalled ? 'not-answering' : 'disconnected' };
  }

  /** Only the drawer's own switch proves that it opened; one that stands open already has. */
  async function proveOpening(connection: HidConnection, told: Promise<DrawerState | null>): Promise<KickOutcome> {
    if (!statusReport) {
      if (drawer === 'open' || (await told) === 'open') return { outcome: 'acknowledged' };
      return kept.current() === connection
        ? { outcome: 'sent-unconfirmed', reason: profile.decode ? 'proof-timeout' : 'no-status' }
        : { outcome: 'sent-unconfirmed', reason: 'disconnected' };
    }
    for (let check = 0; check < TRAVEL_CHECKS; check += 1) {
      await new Promise<void>((resolve) => clock.after(TRAVEL_MS, resolve));
      if (kept.current() !== connection) return { outcome: 'sent-unconfirmed', reason: 'disconnected' };
      if ((await askState(connection)) === 'open') return { outcome: 'acknowledged' };
    }
    return { outcome: 'sent-unconfirmed', reason: 'proof-timeout' };
  }

  return {
    deviceId,
    label: profile.name,
    get status() {
      return kept.status;
    },
    onStatus: (listener) => kept.onStatus(listener),
    open: () => inTurn(open),
    drawerState: () => drawer,
    onDrawerState: (listener) => drawerListeners.add(listener),
    async close() {
      isClosing = true;
      cancelPoll();
      watch.stop();
      await kept.close();
    },
  };
}

function padded(report: readonly number[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(report);
  return bytes;
}

function decode(report: Uint8Array, { decode: how }: HidDrawerProfile): DrawerState | null {
  const byte = how === null ? undefined : report[how.byte];
  if (how === null || byte === undefined) return null;
  const value = byte & how.mask;
  if (value === (how.open & how.mask)) return 'open';
  return value === (how.closed & how.mask) ? 'closed' : null;
}
