import type { ReceiptDocument } from '../../domain/receipt';
import { encodeDrawerPulse, encodeProofRequest, encodeRealTimeDrawerPulse } from '../encoders/escpos';
import { encodeOffThread } from '../encoders/receipt-thread';
import { createListeners } from '../listeners';
import type { PrinterProfile, PrintProof } from '../models/profile';
import type {
  Clock,
  DeviceStatus,
  DrawerLevel,
  DrawerPin,
  DrawerState,
  FailureReason,
  FaultReason,
  KickOutcome,
  PrinterDrawer,
  PrinterPort,
  PrintOutcome,
  Unsubscribe,
} from '../ports';
import { statusOfOpening, type Connection, type Transport } from '../transports/transport';
import {
  createResponseReader,
  drawerLevel,
  faultOf,
  isPaperNearEnd,
  type PrinterResponse,
  type RealTimeStatus,
} from './escpos-responses';
import { isListening } from './printer-drawer';

export interface EscposPrinterOptions {
  readonly deviceId: string;
  readonly profile: PrinterProfile;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timing?: Partial<EscposTiming>;
  /** What is known of the drawer that hangs on it. */
  readonly drawer?: PrinterDrawer;
}

export interface EscposTiming {
  /** How long a status question may stay unanswered. */
  readonly replyTimeoutMs: number;
  /** How long the proof may take after the last byte: the longest receipt on the slowest printer. */
  readonly proofTimeoutMs: number;
  /** How often the printer is asked while nothing else happens. */
  readonly pollIntervalMs: number;
  /** The first and the longest pause before trying to connect again. */
  readonly firstReconnectMs: number;
  readonly lastReconnectMs: number;
}

const DEFAULT_TIMING: EscposTiming = {
  replyTimeoutMs: 1_000,
  proofTimeoutMs: 15_000,
  pollIntervalMs: 1_000,
  firstReconnectMs: 500,
  lastReconnectMs: 5_000,
};

/** How often the printer is asked for faults while its proof is awaited. */
const FAULT_CHECK_MS = 500;
/** Questions in a row without an answer before the connection is given up. */
const MISSES_ALLOWED = 2;

/** How long the drawer's switch takes to change after a pulse. */
const DRAWER_TRAVEL_MS = 250;

type Answer<T> = { readonly answer: T } | 'timeout' | 'closed';

/**
 * A printer that speaks ESC/POS, on any transport. It keeps one connection, asks for the status whenever it is idle, and
 * does one thing at a time. No job begins unless the printer has just said that it can print.
 */
export function createEscposPrinter(options: EscposPrinterOptions): PrinterPort {
  const { deviceId, profile, transport, clock } = options;
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const statusListeners = createListeners<[DeviceStatus]>();
  const drawerListeners = createListeners<[DrawerState]>();
  const responses = createListeners<[PrinterResponse]>();

  let status: DeviceStatus = { state: 'connecting' };
  let label = transport.address;
  let drawer: DrawerState = 'unknown';
  let lastLevel: DrawerLevel | null = null;
  let drawerSwitch = options.drawer?.switch ?? null;
  let connection: Connection | null = null;
  let isOpen = true;
  let closing: Promise<void> | null = null;
  /** The proof this device turned out to give; null until it was tried. */
  let proof: PrintProof | null = profile.answersStatus ? null : 'none';
  /** `DLE EOT` questions this device never answered are not asked again on this connection. */
  let unanswered = new Set<number>();
  let isProbed = false;
  let misses = 0;
  let reconnectMs = timing.firstReconnectMs;
  let cancelTimer = (): void => undefined;
  let lastJob: Promise<unknown> = Promise.resolve();
  let jobNumber = 0;
  /** Answers of `GS r` still to come on this connection. */
  let statusOwed = 0;

  function setStatus(next: DeviceStatus): void {
    if (JSON.stringify(next) === JSON.stringify(status)) return;
    status = next;
    statusListeners.tell(next);
    // Who cannot be heard cannot say that the drawer is shut.
    if (!isListening(next)) setDrawer('unknown');
  }

  /** Runs after everything asked before, whatever became of that. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = lastJob.then(task);
    lastJob = run.catch(() => undefined);
    return run;
  }

  function later(delayMs: number, task: () => Promise<void>): void {
    cancelTimer();
    if (isOpen) cancelTimer = clock.after(delayMs, () => void inTurn(task));
  }

  async function connect(): Promise<void> {
    if (!isOpen) return;
    const opened = await transport.open();
    if (!isOpen) {
      if (opened.ok) await opened.value.close();
      return;
    }
    if (!opened.ok) {
      setStatus(statusOfOpening(opened.error.code));
      return reconnectLater();
    }
    const current = opened.value;
    connection = current;
    unanswered = new Set();
    isProbed = false;
    misses = 0;
    statusOwed = 0;
    const hear = createResponseReader((response) => {
      if (response.kind === 'status') statusOwed = Math.max(0, statusOwed - 1);
      responses.tell(response);
    });
    current.onData((bytes) => {
      if (connection === current) hear(bytes);
    });
    current.onClose(() => {
      if (connection !== current) return;
      connection = null;
      if (!isOpen) return;
      setStatus({ state: 'faulted', reason: 'unreachable' });
      reconnectLater();
    });
    await poll();
  }

  function reconnectLater(): void {
    later(reconnectMs, connect);
    reconnectMs = Math.min(reconnectMs * 2, timing.lastReconnectMs);
  }

  /** Gives up a connection that no longer answers; a new one shows whether the device is there at all. */
  async function dropConnection(): Promise<void> {
    const dropped = connection;
    connection = null;
    setStatus({ state: 'faulted', reason: 'not-answering' });
    reconnectLater();
    await dropped?.close();
  }

  function pollLater(delayMs: number): void {
    // Without a connection the timer is the next attempt's to connect.
    if (connection) later(delayMs, poll);
  }

  async function poll(): Promise<void> {
    if (!connection || !isOpen) return;
    const seen = await askStatus();
    if (seen !== null && faultOf(seen) === null) await getAcquainted();
    pollLater(timing.pollIntervalMs);
  }

  /** Asks, takes note, and announces. Null when the device did not answer; the connection may then be gone. */
  async function askStatus(): Promise<RealTimeStatus | null> {
    if (!profile.answersStatus) {
      reconnectMs = timing.firstReconnectMs;
      setStatus({ state: 'degraded', reason: 'no-status' });
      return {};
    }
    const seen = await askRealTime();
    if (seen === null) {
      misses += 1;
      if (misses >= MISSES_ALLOWED && connection) await dropConnection();
      else if (connection) setStatus({ state: 'faulted', reason: 'not-answering' });
      return null;
    }
    isProbed = true;
    misses = 0;
    reconnectMs = timing.firstReconnectMs;
    take(seen);
    return seen;
  }

  function take(seen: RealTimeStatus): void {
    noteDrawer(seen);
    const fault = faultOf(seen);
    if (fault) setStatus({ state: 'faulted', reason: fault });
    else setStatus(isPaperNearEnd(seen) ? { state: 'degraded', reason: 'paper-near-end' } : { state: 'ready' });
  }

  /** `DLE EOT` 1 and 4, and the causes when it is offline. */
  async function askRealTime(): Promise<RealTimeStatus | null> {
    const printer = await askOne(1);
    const paper = await askOne(4);
    if (printer === undefined && paper === undefined) return null;
    const isOffline = printer === undefined || (printer & 0x08) !== 0;
    const offlineCause = isOffline ? await askOne(2) : undefined;
    const errorCause = isOffline ? await askOne(3) : undefined;
    // Clones leave out some of the four. Later silence has other causes, so only the first asking decides.
    if (!isProbed && printer !== undefined) {
      if (paper === undefined) unanswered.add(4);
      if (isOffline && offlineCause === undefined) unanswered.add(2);
      if (isOffline && errorCause === undefined) unanswered.add(3);
    }
    return {
      ...(printer === undefined ? {} : { printer }),
      ...(paper === undefined ? {} : { paper }),
      ...(offlineCause === undefined ? {} : { offlineCause }),
      ...(errorCause === undefined ? {} : { errorCause }),
    };
  }

  async function askOne(question: number): Promise<number | undefined> {
    if (unanswered.has(question)) return undefined;
    const reply = await ask(
      Uint8Array.of(0x10, 0x04, question),
      (response) => (response.kind === 'real-time' ? response.byte : undefined),
      timing.replyTimeoutMs,
    );
    return typeof reply === 'object' ? reply.answer : undefined;
  }

  function noteDrawer(seen: RealTimeStatus): void {
    const level = drawerLevel(seen);
    if (level === null) return;
    // An unwired switch never changes: only a change proves that there is one, unless calibrating has shown it.
    if (lastLevel !== null && lastLevel !== level) drawerSwitch ??= { wired: true, openLevel: profile.drawerOpenLevel };
    lastLevel = level;
    if (drawerSwitch?.wired) setDrawer(level === drawerSwitch.openLevel ? 'open' : 'closed');
  }

  function setDrawer(next: DrawerState): void {
    if (next === drawer) return;
    drawer = next;
    drawerListeners.tell(next);
  }

  /** Once the device can print: which proof it gives and what it calls itself. It leaves no mark on paper. */
  async function getAcquainted(): Promise<void> {
    if (proof !== null) return;
    const found = await findProof();
    // Silence counts only from a device that could have answered.
    const after = found === 'none' ? await askRealTime() : {};
    if (after === null || faultOf(after) !== null) return;
    proof = found;
    const maker = await askInformation(66);
    const model = await askInformation(67);
    const told = [maker, model].filter((text) => text !== '').join(' ');
    if (told !== '') label = told;
  }

  async function findProof(): Promise<PrintProof> {
    const candidates: PrintProof[] = profile.proof === 'process-id' ? ['process-id', 'paper-status'] : [profile.proof];
    for (const candidate of candidates) {
      const { bytes, isProof } = proofRequest(candidate);
      const reply = await ask(bytes, (response) => (isProof(response) ? true : undefined), timing.replyTimeoutMs);
      if (typeof reply === 'object') return candidate;
    }
    return 'none';
  }

  async function askInformation(which: number): Promise<string> {
    const reply = await ask(
      Uint8Array.of(0x1d, 0x49, which),
      (response) => (response.kind === 'information' ? response.text.trim() : undefined),
      timing.replyTimeoutMs,
    );
    return typeof reply === 'object' ? reply.answer : '';
  }

  /** Sends a question and waits for the first response that answers it. */
  async function ask<T>(
    question: Uint8Array,
    answerOf: (response: PrinterResponse) => T | undefined,
    timeoutMs: number,
    current = connection,
  ): Promise<Answer<T>> {
    if (!current) return 'closed';
    const waiting = expect(current, answerOf, timeoutMs);
    const written = await current.write(question);
    return written.outcome === 'written' ? waiting : written.outcome === 'closed' ? 'closed' : 'timeout';
  }

  function expect<T>(
    current: Connection,
    answerOf: (response: PrinterResponse) => T | undefined,
    timeoutMs: number,
  ): Promise<Answer<T>> {
    return new Promise((resolve) => {
      const endings: Unsubscribe[] = [];
      const settle = (result: Answer<T>): void => {
        for (const end of endings) end();
        resolve(result);
      };
      endings.push(
        clock.after(timeoutMs, () => settle('timeout')),
        responses.add((response) => {
          const answer = answerOf(response);
          if (answer !== undefined) settle({ answer });
        }),
      );
      endings.push(current.onClose(() => settle('closed')));
    });
  }

  /** Asks for the proof of what goes before, in the same write; `given` says which the printer has. */
  function proofRequest(given: PrintProof): { bytes: Uint8Array; isProof: (response: PrinterResponse) => boolean } {
    jobNumber = (jobNumber + 1) % 0x10000;
    // Four characters from a row that no other response can be mistaken for.
    const id = [12, 8, 4, 0].map((shift) => String.fromCharCode(0x40 + ((jobNumber >> shift) & 15))).join('');
    if (given === 'paper-status') statusOwed += 1;
    return {
      bytes: encodeProofRequest(given, id),
      // Answers of GS r bear no name but keep their order: the last one owed is ours, an earlier one an earlier job's.
      isProof: (response) =>
        given === 'process-id'
          ? response.kind === 'process-id' && response.id === id
          : response.kind === 'status' && statusOwed === 0,
    };
  }

  async function print(document: ReceiptDocument): Promise<PrintOutcome> {
    const unsent = { outcome: 'failed', bytesSent: 0, truncated: false } as const;
    const encoding = encodeOffThread(document, profile);
    return inTurn(async () => {
      const encoded = await encoding;
      if (!encoded.ok) return { ...unsent, reason: 'unprintable' };
      const contact = await makeContact();
      const fault = contact.connection === null ? contact.reason : contact.fault;
      if (contact.connection === null || fault !== null) return { ...unsent, reason: fault ?? 'unreachable' };
      const outcome = await send(contact.connection, encoded.value);
      pollLater(timing.pollIntervalMs);
      return outcome;
    });
  }

  /** What the device says just now; without a connection, why there is none. */
  async function makeContact(): Promise<
    | { readonly connection: Connection; readonly fault: FaultReason | null }
    | { readonly connection: null; readonly reason: FailureReason }
  > {
    const seen = connection && isOpen ? await askStatus() : null;
    if (!isOpen) return { connection: null, reason: 'closed' };
    if (seen !== null && faultOf(seen) === null) await getAcquainted();
    if (seen !== null && connection) return { connection, fault: faultOf(seen) };
    return { connection: null, reason: status.state === 'faulted' ? status.reason : 'unreachable' };
  }

  async function send(current: Connection, job: Uint8Array): Promise<PrintOutcome> {
    const given = proof ?? 'none';
    const request = proofRequest(given);
    let isProved = false;
    // Listening begins before the job leaves: a fast printer answers before the write is reported done.
    const stopListening = responses.add((response) => {
      isProved ||= request.isProof(response);
    });
    const written = await current.write(Buffer.concat([job, request.bytes]));
    if (written.outcome === 'stalled') await dropConnection();
    const outcome: PrintOutcome =
      written.bytesSent < job.length
        ? {
            outcome: 'failed',
            reason: !isOpen ? 'closed' : written.outcome === 'stalled' ? 'not-answering' : 'disconnected',
            bytesSent: written.bytesSent,
            truncated: written.bytesSent > 0,
          }
        : given === 'none'
          ? { outcome: 'sent-unconfirmed', reason: 'no-status' }
          : await awaitProof(current, request.isProof, () => isProved);
    stopListening();
    return outcome;
  }

  async function awaitProof(
    current: Connection,
    isProof: (response: PrinterResponse) => boolean,
    isProved: () => boolean,
  ): Promise<PrintOutcome> {
    const deadlineMs = clock.now() + timing.proofTimeoutMs;
    while (!isProved()) {
      const leftMs = deadlineMs - clock.now();
      if (leftMs <= 0) return { outcome: 'sent-unconfirmed', reason: 'proof-timeout' };
      const heard = await expect(
        current,
        (response) => (isProof(response) ? true : undefined),
        Math.min(FAULT_CHECK_MS, leftMs),
      );
      if (heard === 'closed' && !isProved()) return { outcome: 'sent-unconfirmed', reason: 'disconnected' };
      if (heard !== 'timeout') continue;
      // Silence may be slow paper or no paper.
      const seen = await askRealTime();
      if (seen !== null && !isProved() && faultOf(seen) !== null) {
        take(seen);
        return { outcome: 'sent-unconfirmed', reason: 'fault-after-sending' };
      }
    }
    return { outcome: 'acknowledged' };
  }

  async function kick(pin: DrawerPin): Promise<KickOutcome> {
    const contact = await makeContact();
    if (contact.connection === null) return { outcome: 'failed', reason: contact.reason };
    const { connection: current, fault } = contact;
    const outcome = await (fault === null ? kickInOrder(current, pin) : kickAtOnce(current, pin));
    pollLater(timing.replyTimeoutMs / 4);
    return outcome;
  }

  async function kickInOrder(current: Connection, pin: DrawerPin): Promise<KickOutcome> {
    const given = proof ?? 'none';
    const request = proofRequest(given);
    const reply = await ask(
      Buffer.concat([encodeDrawerPulse(pin, options.drawer?.pulse), request.bytes]),
      (response) => (request.isProof(response) ? true : undefined),
      given === 'none' ? 0 : timing.replyTimeoutMs,
      current,
    );
    if (typeof reply === 'object') return { outcome: 'acknowledged' };
    if (reply === 'closed') return { outcome: 'sent-unconfirmed', reason: 'disconnected' };
    return { outcome: 'sent-unconfirmed', reason: given === 'none' ? 'no-status' : 'proof-timeout' };
  }

  /** While printing is blocked only a real-time pulse is obeyed; nothing but the drawer's own switch can prove it. */
  async function kickAtOnce(current: Connection, pin: DrawerPin): Promise<KickOutcome> {
    const levelBefore = lastLevel;
    const written = await current.write(encodeRealTimeDrawerPulse(pin, options.drawer?.pulse));
    if (written.outcome !== 'written') return { outcome: 'sent-unconfirmed', reason: 'disconnected' };
    await expect(current, () => undefined, DRAWER_TRAVEL_MS);
    const seen = await askRealTime();
    if (seen !== null) noteDrawer(seen);
    // Open already is as good as opened.
    return lastLevel !== levelBefore || drawer === 'open'
      ? { outcome: 'acknowledged' }
      : { outcome: 'sent-unconfirmed', reason: 'no-status' };
  }

  void inTurn(connect);
  return {
    deviceId,
    profile,
    get label() {
      return label;
    },
    get status() {
      return status;
    },
    onStatus: (listener) => statusListeners.add(listener),
    print,
    kickDrawer: (pin) => inTurn(() => kick(pin)),
    drawerState: () => drawer,
    onDrawerState: (listener) => drawerListeners.add(listener),
    drawerLevel: () =>
      inTurn(async () => {
        const byte = await askOne(1);
        return byte === undefined ? null : drawerLevel({ printer: byte });
      }),
    close() {
      closing ??= (async () => {
        isOpen = false;
        cancelTimer();
        const last = connection;
        connection = null;
        await last?.close();
        await lastJob;
        setStatus({ state: 'absent' });
      })();
      return closing;
    },
  };
}
