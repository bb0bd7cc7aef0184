import type { ReceiptDocument } from '../domain/receipt';
import type { Result } from '../domain/result';
import type { PrinterProfile, PrintProof } from './models/profile';

/**
 * What the till needs of its devices, in words that hold for every make. Everything here can be sent over a wire as JSON.
 * Reasons are codes; the words for people live with the screens.
 */

/** It prints, but a hand will be needed soon, or its answers cannot be relied on. */
export type DegradedReason =
  /** The roll is nearly used up. */
  | 'paper-near-end'
  /** The connection stands, but no status question was ever answered: prints will be `sent-unconfirmed`. */
  | 'no-status'
  /** The drawer has stood open for longer than a sale takes. It can still be sold with. */
  | 'drawer-open';

/** It cannot print now. */
export type FaultReason =
  | 'paper-out'
  | 'cover-open'
  | 'cutter-error'
  /** The device reports an error that switching it off and on may clear. */
  | 'device-error'
  /** The device itself says it is offline, with no nearer cause. */
  | 'offline'
  /** Nothing takes the connection: switched off, wrong address, or no route. */
  | 'unreachable'
  /** The connection stands but the device stopped answering or taking data. */
  | 'not-answering';

/** One honest status for every device. `absent`: configured, but never seen since start or unplugged. */
export type DeviceStatus =
  | { readonly state: 'absent' }
  | { readonly state: 'connecting' }
  | { readonly state: 'ready' }
  | { readonly state: 'degraded'; readonly reason: DegradedReason }
  | { readonly state: 'faulted'; readonly reason: FaultReason }
  | { readonly state: 'no-permission'; readonly reason: 'access-denied' };

/** Why a print or kick did not happen, or did not finish. */
export type FailureReason =
  | FaultReason
  /** The connection broke while data was on its way. */
  | 'disconnected'
  /** The document holds a character this printer cannot print; refused rather than misprinted. */
  | 'unprintable'
  /** The port was closed, or the till is shutting down. */
  | 'closed';

/** Why nothing proves that the paper came out. */
export type UnconfirmedReason =
  /** The device is known not to answer. */
  | 'no-status'
  /** The proof did not come in time. */
  | 'proof-timeout'
  /** The connection broke after the last byte had left. */
  | 'disconnected'
  /** The device reported a fault after the last byte had left. */
  | 'fault-after-sending';

/**
 * The end of one print. *Sent* is not *printed*: only `acknowledged` says that the device itself reported the job done.
 * `failed` with `bytesSent` 0 means that nothing reached the device, so a repeat is harmless; `truncated` means that part
 * of the job left and paper may carry half of it.
 */
export type PrintOutcome =
  | { readonly outcome: 'acknowledged' }
  | { readonly outcome: 'sent-unconfirmed'; readonly reason: UnconfirmedReason }
  | {
      readonly outcome: 'failed';
      readonly reason: FailureReason;
      readonly bytesSent: number;
      readonly truncated: boolean;
      /** Of an `unprintable`: the character, where it was one that was missing. */
      readonly detail?: string;
    };

/** The end of one drawer kick. `acknowledged`: the device processed the pulse. A kick is never repeated by itself. */
export type KickOutcome =
  | { readonly outcome: 'acknowledged' }
  | { readonly outcome: 'sent-unconfirmed'; readonly reason: UnconfirmedReason }
  | { readonly outcome: 'failed'; readonly reason: FailureReason };

/** The connector pin that drives the drawer's solenoid. */
export type DrawerPin = 2 | 5;

/** `unknown` until the drawer's switch was seen to change: an unwired switch looks like a closed drawer. */
export type DrawerState = 'open' | 'closed' | 'unknown';

/** The level on the wire of a printer's drawer switch. Which of the two means open depends on the drawer. */
export type DrawerLevel = 'high' | 'low';

/** What is known of the switch of a drawer on a printer: found by calibrating, kept with the printer's configuration. */
export type DrawerSwitch =
  | { readonly wired: true; readonly openLevel: DrawerLevel }
  | /** No switch: the state stays `unknown`. */ { readonly wired: false };

/** How long a drawer's solenoid is driven, and rested before the next pulse, in milliseconds. */
export interface DrawerPulse {
  readonly onMs: number;
  readonly offMs: number;
}

/** What a printer is told about the drawer that hangs on it; what is left out has a default. */
export interface PrinterDrawer {
  /** Left out: not calibrated, and `unknown` until the level was seen to change. */
  readonly switch?: DrawerSwitch;
  readonly pulse?: DrawerPulse;
}

export type Unsubscribe = () => void;

/** What every device has in common. No method of a port throws or rejects; each settles exactly once, in bounded time. */
export interface DevicePort {
  readonly deviceId: string;
  /** What the device answered about itself, or where it is looked for until it did. */
  readonly label: string;
  readonly status: DeviceStatus;
  /** Hears every change of status, from the next one on. */
  onStatus(listener: (status: DeviceStatus) => void): Unsubscribe;
  close(): Promise<void>;
}

/** What a printer turned out to answer. Kept and handed back at the next start, it spares the printer the questions. */
export interface PrinterProbe {
  readonly proof: PrintProof;
  /** Whether it reports every change by itself (`GS a`). */
  readonly reportsChanges: boolean;
  /** What it calls itself; empty where it does not say. */
  readonly maker: string;
  readonly model: string;
  /** Status questions (`DLE EOT` n) it leaves unanswered. */
  readonly unanswered: readonly number[];
}

/** A printer, and the drawer wired to it. */
export interface PrinterPort extends DevicePort {
  readonly profile: PrinterProfile;
  /** What it turned out to answer; null until it was ready once. */
  readonly probed: PrinterProbe | null;
  /** Hears every time the printer was found out about. */
  onProbe(listener: (probe: PrinterProbe) => void): Unsubscribe;
  /** Jobs run one after the other; a job starts only when the device reports that it can print. */
  print(document: ReceiptDocument): Promise<PrintOutcome>;
  /** Pulses the drawer, even while the paper is out. */
  kickDrawer(pin: DrawerPin): Promise<KickOutcome>;
  drawerState(): DrawerState;
  onDrawerState(listener: (state: DrawerState) => void): Unsubscribe;
  /** Asks for the level on the drawer switch's wire now, for calibrating; null when the printer does not say. */
  drawerLevel(): Promise<DrawerLevel | null>;
  /** Ends the connection; a job under way settles as `failed` or `sent-unconfirmed` first. */
  close(): Promise<void>;
}

/** One label as a device read it, before anybody asks what it means. */
export interface Scan {
  /** The data with GS (`0x1D`) kept, without AIM identifier and without the configured suffix. */
  readonly text: string;
  /** AIM symbology identifier such as `]E0` (ISO/IEC 15424), or null where the device tells none. */
  readonly symbology: string | null;
}

/** Why bytes of a scanner became no scan. */
export type ScanFault =
  /** The rest of a label of several reports did not come in time, or the device went away. */
  | 'half-label'
  /** A continuation that does not belong to the label begun. */
  | 'mismatched-continuation'
  /** More than a label can hold. */
  | 'too-long'
  /** A report that fits no known layout. */
  | 'malformed-report';

export interface ScannerPort extends DevicePort {
  onScan(listener: (scan: Scan) => void): Unsubscribe;
  onFault(listener: (fault: ScanFault) => void): Unsubscribe;
  /** Tells the person at the scanner that the scan was refused, where the device can: an error beep. */
  signalRejected(): Promise<void>;
}

/** A drawer with a connection of its own. One that hangs on a printer is kicked through `PrinterPort`. */
export interface DrawerPort extends DevicePort {
  /** Opens the drawer once; never repeated by itself. */
  open(): Promise<KickOutcome>;
  drawerState(): DrawerState;
  onDrawerState(listener: (state: DrawerState) => void): Unsubscribe;
}

/** Why a scale gave no weight. */
export type WeighingError =
  /** The load still moves: ask again. */
  | 'unstable'
  | 'overload'
  /** Less than nothing lies on it: zero it. */
  | 'negative'
  /** The scale reports an error of its own. */
  | 'device-error'
  | 'not-answering'
  | 'disconnected';

export interface ScalePort extends DevicePort {
  /** Asks for the weight that lies on the scale now, in grams, net. */
  weigh(): Promise<Result<{ readonly weightGrams: number }, WeighingError>>;
}

/** What weighs needs only this of the registry. */
export interface ScaleSource {
  /** The scale of this till, however it is; undefined while none is set up. */
  scale(): ScalePort | undefined;
}

/** A display of two lines of 20 characters turned to the shopper. */
export interface LineDisplayPort extends DevicePort {
  /** Shows both lines; what is longer than a line is cut, what the device cannot show becomes `?`. Newer text replaces text not sent yet. */
  show(upper: string, lower: string): void;
  clear(): void;
}

/** What sends jobs to devices needs only this of the registry. */
export interface PrinterSource {
  printer(deviceId: string): PrinterPort | undefined;
  drawer(deviceId: string): DrawerPort | undefined;
  /** Hears of every change of status of every device, of new ones too; `absent` when one is removed. */
  onStatus(listener: (deviceId: string, status: DeviceStatus) => void): Unsubscribe;
}

/** Time as the hardware layer sees it; injected so that tests decide it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Calls back once after `delayMs` unless cancelled. */
  after(delayMs: number, callback: () => void): Unsubscribe;
}

/** The clock of the machine. Its timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
