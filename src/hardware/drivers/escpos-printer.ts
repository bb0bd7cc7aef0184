import pLimit from 'p-limit';
import type { ReceiptDocument } from '../../domain/receipt';
import { encodeDrawerPulse, encodeRealTimeDrawerPulse } from '../encoders/escpos';
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
  PrinterProbe,
  PrintOutcome,
} from '../ports';
import { statusOfOpening, type Transport } from '../transports/transport';
import { createDialogue, type Dialogue, type ProofRequest } from './escpos-dialogue';
import {
  clearTornJob,
  filler,
  informationQuestion,
  LONGEST_COMMAND_BYTES,
  REPORT_CHANGES,
  SHORT_COMMAND_BYTES,
  statusQuestion,
} from './escpos-requests';
import { drawerLevel, faultOf, isPaperNearEnd, type RealTimeStatus } from './escpos-responses';
import { isListening } from './printer-drawer';

export interface EscposPrinterOptions {
  readonly deviceId: string;
  readonly profile: PrinterProfile;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timing?: Partial<EscposTiming>;
  /** What is known of the drawer that hangs on it. */
  readonly drawer?: PrinterDrawer;
  /** What this printer turned out to answer earlier; it is then not asked again. */
  readonly known?: PrinterProbe | null;
}

export interface EscposTiming {
  /** How long a status question may stay unanswered. */
  readonly replyTimeoutMs: number;
  /** How long the proof may take after the last byte: the longest receipt on the slowest printer. */
  readonly proofTimeoutMs: number;
  /** How often the printer is asked while nothing else happens. */
  readonly pollIntervalMs: number;
  /** How often one that reports changes by itself, or that can only be asked about, is looked after. */
  readonly checkIntervalMs: number;
  /** The first and the longest pause before trying to connect again. */
  readonly firstReconnectMs: number;
  readonly lastReconnectMs: number;
}

const DEFAULT_TIMING: EscposTiming = {
  replyTimeoutMs: 1_000,
  proofTimeoutMs: 15_000,
  pollIntervalMs: 1_000,
  checkIntervalMs: 5_000,
  firstReconnectMs: 500,
  lastReconnectMs: 5_000,
};

/** How often the printer is asked for faults while its proof is awaited. */
const FAULT_CHECK_MS = 500;
/** Questions, or proofs of jobs, in a row without an answer before the connection is given up. */
const MISSES_ALLOWED = 2;

/** How long the drawer's switch takes to change after a pulse. */
const DRAWER_TRAVEL_MS = 250;

/** What the device, or what carries its bytes, says of it just now. */
interface Sight {
  readonly fault: FaultReason | null;
}

/**
 * A printer that speaks ESC/POS, on any transport. It keeps one connection, asks for the status whenever it is idle, and
 * does one thing at a time. No job begins unless the printer has just said that it can print.
 */
export function createEscposPrinter(options: EscposPrinterOptions): PrinterPort {
  const { deviceId, profile, transport, clock } = options;
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const statusListeners = createListeners<[DeviceStatus]>();
  const drawerListeners = createListeners<[DrawerState]>();
  const probeListeners = createListeners<[PrinterProbe]>();

  let status: DeviceStatus = { state: 'connecting' };
  let probe = options.known ?? null;
  let label = labelOf(probe, transport);
  let drawer: DrawerState = 'unknown';
  let lastLevel: DrawerLevel | null = null;
  let drawerSwitch = options.drawer?.switch ?? null;
  let isOpen = true;
  let closing: Promise<void> | null = null;
  let dialogue: Dialogue | null = null;
  /** `DLE EOT` questions this device never answered are not asked again on this connection. */
  let unanswered = new Set<number>();
  let hasAnswered = false;
  /** Whether the printer was seen, on this connection, to listen where the next command begins. */
  let isInStep = false;
  /** Bytes of a job that may have stopped halfway through a command; 0 when none did. */
  let tornBytes = 0;
  /** Where the last byte of a job has left and its proof is awaited. */
  let proving: Dialogue | null = null;
  let misses = 0;
  let proofMisses = 0;
  let reconnectMs = timing.firstReconnectMs;
  let cancelTimer = (): void => undefined;
  /** Runs after everything asked before, whatever became of that. */
  const inTurn = pLimit(1);

  function setStatus(next: DeviceStatus): void {
    if (JSON.stringify(next) === JSON.stringify(status)) return;
    status = next;
    statusListeners.tell(next);
    // Who cannot be heard cannot say that the drawer is shut.
    if (!isListening(next)) setDrawer('unknown');
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
    const current = createDialogue(opened.value, clock);
    dialogue = current;
    unanswered = new Set(probe?.unanswered);
    hasAnswered = false;
    isInStep = false;
    misses = 0;
    current.onResponse((response) => {
      if (dialogue !== current || response.kind !== 'automatic') return;
      misses = 0;
      take(response.status);
    });
    current.connection.onClose(() => {
      if (dialogue !== current) return;
      dialogue = null;
      if (!isOpen) return;
      setStatus({ state: 'faulted', reason: 'unreachable' });
      reconnectLater();
    });
    // A short command left open would take the question as its own; a picture left open loses nothing by it.
    if (answers(current)) await current.write(filler(SHORT_COMMAND_BYTES));
    await poll();
  }

  function reconnectLater(): void {
    later(reconnectMs, connect);
    reconnectMs = Math.min(reconnectMs * 2, timing.lastReconnectMs);
  }

  /** Gives up a connection that no longer answers; a new one shows whether the device is there at all. */
  async function dropConnection(): Promise<void> {
    const dropped = dialogue;
    dialogue = null;
    setStatus({ state: 'faulted', reason: 'not-answering' });
    reconnectLater();
    await dropped?.connection.close();
  }

  function pollLater(delayMs = isQuiet() ? timing.checkIntervalMs : timing.pollIntervalMs): void {
    // Without a connection the timer is the next attempt's to connect.
    if (dialogue) later(delayMs, poll);
  }

  /** Whether nothing is missed by asking less often. */
  function isQuiet(): boolean {
    return dialogue !== null && (!answers(dialogue) || (isInStep && (probe?.reportsChanges ?? false)));
  }

  async function poll(): Promise<void> {
    if (!dialogue || !isOpen) return;
    await look();
    pollLater();
  }

  /** Whether questions can be answered at all. */
  function answers(current: Dialogue): boolean {
    return profile.answersStatus && !current.connection.isOneWay;
  }

  /** Asks how it is, takes note, announces, and gets ready to print. Null when it did not answer; it may then be gone. */
  async function look(): Promise<Sight | null> {
    const current = dialogue;
    if (!current) return null;
    const sight = await (answers(current) ? askDevice(current) : askCarrier(current));
    if (sight === null || sight.fault !== null || dialogue !== current) return sight;
    await getInStep(current);
    return dialogue === current ? sight : null;
  }

  async function askCarrier({ connection }: Dialogue): Promise<Sight> {
    reconnectMs = timing.firstReconnectMs;
    const fault = (await connection.fault?.()) ?? null;
    setStatus(fault ? { state: 'faulted', reason: fault } : { state: 'degraded', reason: 'no-status' });
    return { fault };
  }

  async function askDevice(current: Dialogue): Promise<Sight | null> {
    const seen = await askRealTime(current);
    if (dialogue !== current) return null;
    if (seen === null) {
      misses += 1;
      if (misses >= MISSES_ALLOWED) await dropConnection();
      else setStatus({ state: 'faulted', reason: 'not-answering' });
      return null;
    }
    hasAnswered = true;
    misses = 0;
    reconnectMs = timing.firstReconnectMs;
    take(seen);
    return { fault: faultOf(seen) };
  }

  function take(seen: RealTimeStatus): void {
    noteDrawer(seen);
    const fault = faultOf(seen);
    if (fault) setStatus({ state: 'faulted', reason: fault });
    else setStatus(isPaperNearEnd(seen) ? { state: 'degraded', reason: 'paper-near-end' } : { state: 'ready' });
  }

  /** `DLE EOT` 1 and 4, and the causes when it is offline. */
  async function askRealTime(current: Dialogue): Promise<RealTimeStatus | null> {
    const printer = await askOne(current, 1);
    const paper = await askOne(current, 4);
    if (printer === undefined && paper === undefined) return null;
    const isOffline = printer === undefined || (printer & 0x08) !== 0;
    const offlineCause = isOffline ? await askOne(current, 2) : undefined;
    const errorCause = isOffline ? await askOne(current, 3) : undefined;
    // Clones leave out some of the four. Later silence has other causes, so only the first asking decides.
    if (!hasAnswered && printer !== undefined) {
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

  async function askOne(current: Dialogue, question: 1 | 2 | 3 | 4): Promise<number | undefined> {
    if (unanswered.has(question)) return undefined;
    const reply = await current.ask(
      statusQuestion(question),
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

  /**
   * Once on each connection, when the device can print: clears what a torn job left hanging, makes sure that the printer
   * listens, and finds out what it answers. It leaves no mark on paper but the cut after half a receipt.
   */
  async function getInStep(current: Dialogue): Promise<void> {
    if (tornBytes > 0) {
      const written = await current.write(clearTornJob(tornBytes, profile.cutter));
      if (written.outcome !== 'written') return dropConnection();
      tornBytes = 0;
      isInStep = false;
    }
    if (isInStep || !answers(current)) return;
    const found = await findProof(current);
    if (found === null || dialogue !== current) return;
    isInStep = true;
    if (probe) {
      if (probe.reportsChanges) await current.write(REPORT_CHANGES);
      return;
    }
    const reportsChanges = await current.ask(
      REPORT_CHANGES,
      (response) => (response.kind === 'automatic' ? true : undefined),
      timing.replyTimeoutMs,
    );
    const maker = await askInformation(current, 66);
    const model = await askInformation(current, 67);
    // A connection that ended meanwhile was silent for another reason.
    if (dialogue !== current) return;
    probe = {
      proof: found,
      reportsChanges: typeof reportsChanges === 'object',
      maker,
      model,
      unanswered: [...unanswered],
    };
    label = labelOf(probe, transport);
    probeListeners.tell(probe);
  }

  /**
   * Asks for a proof of nothing, which a printer answers that listens. One that does not may be in the middle of a picture
   * that a till before this one broke off: filler ends it, and it is asked again. Null while nothing can be concluded.
   */
  async function findProof(current: Dialogue): Promise<PrintProof | null> {
    if (probe?.proof === 'none') return 'none';
    const first = await tryProofs(current);
    if (first !== null) return first;
    await current.write(filler(LONGEST_COMMAND_BYTES));
    const second = await tryProofs(current);
    if (second !== null) return second;
    // Silence counts only from a device that could have answered. One that used to answer is busy: its jobs decide.
    const seen = await askRealTime(current);
    return seen === null || faultOf(seen) !== null ? null : (probe?.proof ?? 'none');
  }

  async function tryProofs(current: Dialogue): Promise<PrintProof | null> {
    const wanted = probe?.proof ?? profile.proof;
    const candidates: readonly PrintProof[] =
      wanted === 'process-id' && !probe ? ['process-id', 'paper-status'] : wanted === 'none' ? [] : [wanted];
    for (const candidate of candidates) {
      const request = current.proofRequest(candidate);
      const reply = await current.ask(
        request.bytes,
        (response) => (request.isProof(response) ? true : undefined),
        timing.replyTimeoutMs,
      );
      if (typeof reply === 'object') return candidate;
    }
    return null;
  }

  async function askInformation(current: Dialogue, which: 66 | 67): Promise<string> {
    const reply = await current.ask(
      informationQuestion(which),
      (response) => (response.kind === 'information' ? response.text.trim() : undefined),
      timing.replyTimeoutMs,
    );
    return typeof reply === 'object' ? reply.answer : '';
  }

  /** The proof a job can count on now. */
  function proofNow(current: Dialogue): PrintProof {
    return answers(current) ? (probe?.proof ?? 'none') : 'none';
  }

  async function print(document: ReceiptDocument): Promise<PrintOutcome> {
    const unsent = { outcome: 'failed', bytesSent: 0, truncated: false } as const;
    const encoding = encodeOffThread(document, profile);
    return inTurn(async () => {
      const encoded = await encoding;
      if (!encoded.ok) {
        const { character } = encoded.error;
        return { ...unsent, reason: 'unprintable', ...(character !== null && { detail: character }) };
      }
      const contact = await makeContact();
      if (contact.dialogue === null) return { ...unsent, reason: contact.reason };
      if (contact.fault !== null) return { ...unsent, reason: contact.fault };
      const outcome = await send(contact.dialogue, encoded.value);
      pollLater();
      return outcome;
    });
  }

  /** What the device says just now; without a connection, why there is none. */
  async function makeContact(): Promise<
    | { readonly dialogue: Dialogue; readonly fault: FaultReason | null }
    | { readonly dialogue: null; readonly reason: FailureReason }
  > {
    const sight = isOpen ? await look() : null;
    if (!isOpen) return { dialogue: null, reason: 'closed' };
    if (sight !== null && dialogue) return { dialogue, fault: sight.fault };
    return { dialogue: null, reason: status.state === 'faulted' ? status.reason : 'unreachable' };
  }

  async function send(current: Dialogue, job: Uint8Array): Promise<PrintOutcome> {
    const given = proofNow(current);
    const request = current.proofRequest(given);
    let isProved = false;
    // Listening begins before the job leaves: a fast printer answers before the write is reported done.
    const stopListening = current.onResponse((response) => {
      isProved ||= request.isProof(response);
    });
    // The reset every job begins with also stops the reports.
    const report = given !== 'none' && probe?.reportsChanges ? REPORT_CHANGES : new Uint8Array();
    const bytes = Buffer.concat([job, report, request.bytes]);
    const written = await current.write(bytes);
    if (written.outcome === 'stalled' && dialogue === current) await dropConnection();
    const outcome: PrintOutcome =
      written.bytesSent < job.length
        ? {
            outcome: 'failed',
            reason: !isOpen ? 'closed' : written.outcome === 'stalled' ? 'not-answering' : 'disconnected',
            bytesSent: written.bytesSent,
            truncated: written.bytesSent > 0,
          }
        : given === 'none'
          ? { outcome: 'sent-unconfirmed', reason: written.outcome === 'written' ? 'no-status' : 'disconnected' }
          : await awaitProof(current, request, () => isProved);
    stopListening();
    // Bytes that left before the connection ended need not have arrived.
    const mayBeTorn = written.outcome !== 'written' || (dialogue !== current && outcome.outcome !== 'acknowledged');
    if (mayBeTorn && written.bytesSent > 0) tornBytes = bytes.length;
    if (outcome.outcome === 'acknowledged') proofMisses = 0;
    else if (outcome.outcome === 'sent-unconfirmed' && outcome.reason === 'proof-timeout') await missProof();
    return outcome;
  }

  /** A proof that stays away comes late, or never, since this is not the printer it was: twice, and it is met afresh. */
  async function missProof(): Promise<void> {
    isInStep = false;
    proofMisses += 1;
    if (proofMisses < MISSES_ALLOWED) return;
    proofMisses = 0;
    probe = null;
    await dropConnection();
  }

  async function awaitProof(current: Dialogue, request: ProofRequest, isProved: () => boolean): Promise<PrintOutcome> {
    proving = current;
    const outcome = await waitForProof(current, request, isProved);
    proving = null;
    return outcome;
  }

  async function waitForProof(
    current: Dialogue,
    request: ProofRequest,
    isProved: () => boolean,
  ): Promise<PrintOutcome> {
    const deadlineMs = clock.now() + timing.proofTimeoutMs;
    while (!isProved()) {
      const leftMs = deadlineMs - clock.now();
      if (leftMs <= 0) return { outcome: 'sent-unconfirmed', reason: 'proof-timeout' };
      const heard = await current.expect(
        (response) => (request.isProof(response) ? true : undefined),
        Math.min(FAULT_CHECK_MS, leftMs),
      );
      if (heard === 'closed' && !isProved()) return { outcome: 'sent-unconfirmed', reason: 'disconnected' };
      if (heard !== 'timeout') continue;
      // Silence may be slow paper or no paper.
      const seen = await askRealTime(current);
      if (seen !== null) noteDrawer(seen);
      if (seen !== null && !isProved() && faultOf(seen) !== null) {
        take(seen);
        return { outcome: 'sent-unconfirmed', reason: 'fault-after-sending' };
      }
    }
    return { outcome: 'acknowledged' };
  }

  async function kick(pin: DrawerPin): Promise<KickOutcome> {
    const contact = await makeContact();
    if (contact.dialogue === null) return { outcome: 'failed', reason: contact.reason };
    const { dialogue: current, fault } = contact;
    const outcome = await (fault === null ? kickInOrder(current, pin) : kickAtOnce(current, pin, answers(current)));
    pollLater(timing.replyTimeoutMs / 4);
    return outcome;
  }

  async function kickInOrder(current: Dialogue, pin: DrawerPin): Promise<KickOutcome> {
    const given = proofNow(current);
    const request = current.proofRequest(given);
    const reply = await current.ask(
      Buffer.concat([encodeDrawerPulse(pin, options.drawer?.pulse), request.bytes]),
      (response) => (request.isProof(response) ? true : undefined),
      given === 'none' ? 0 : timing.replyTimeoutMs,
    );
    if (typeof reply === 'object') return { outcome: 'acknowledged' };
    if (reply === 'closed') return { outcome: 'sent-unconfirmed', reason: 'disconnected' };
    return { outcome: 'sent-unconfirmed', reason: given === 'none' ? 'no-status' : 'proof-timeout' };
  }

  /** While print data is held up only a real-time pulse is obeyed; nothing but the drawer's own switch can prove it. */
  async function kickAtOnce(current: Dialogue, pin: DrawerPin, mayAsk: boolean): Promise<KickOutcome> {
    const levelBefore = lastLevel;
    const written = await current.write(encodeRealTimeDrawerPulse(pin, options.drawer?.pulse));
    if (written.outcome !== 'written') return { outcome: 'sent-unconfirmed', reason: 'disconnected' };
    await current.expect(() => undefined, mayAsk ? DRAWER_TRAVEL_MS : 2 * FAULT_CHECK_MS);
    const seen = mayAsk ? await askRealTime(current) : null;
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
    get probed() {
      return probe;
    },
    onStatus: (listener) => statusListeners.add(listener),
    onProbe: (listener) => probeListeners.add(listener),
    print,
    kickDrawer(pin) {
      // A receipt that still prints, or never says that it did, is no reason to keep a drawer shut. Its questions are
      // left alone: two who ask at once would take each other's answers.
      return proving && proving === dialogue ? kickAtOnce(proving, pin, false) : inTurn(() => kick(pin));
    },
    drawerState: () => drawer,
    onDrawerState: (listener) => drawerListeners.add(listener),
    drawerLevel: () =>
      inTurn(async () => {
        const byte = dialogue && answers(dialogue) ? await askOne(dialogue, 1) : undefined;
        return byte === undefined ? null : drawerLevel({ printer: byte });
      }),
    close() {
      closing ??= (async () => {
        isOpen = false;
        cancelTimer();
        const last = dialogue;
        dialogue = null;
        await last?.connection.close();
        await inTurn(() => undefined);
        setStatus({ state: 'absent' });
      })();
      return closing;
    },
  };
}

/** What the device calls itself, else where it is looked for. */
function labelOf(probe: PrinterProbe | null, transport: Transport): string {
  const told = [probe?.maker, probe?.model].filter((text) => text).join(' ');
  return told === '' ? transport.address : told;
}
