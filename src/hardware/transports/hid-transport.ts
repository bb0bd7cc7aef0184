import type { Result } from '../../domain/result';
import type { Unsubscribe } from '../ports';
import type { OpenError, WriteOutcome } from './transport';

/** Moves HID reports to and from one device; knows nothing of what they mean. */
export interface HidTransport {
  /** Where the device is looked for, in a form a person recognises. */
  readonly address: string;
  /** Opens the device, or says in bounded time why not. Never rejects. */
  open(): Promise<Result<HidConnection, OpenError>>;
}

export interface HidConnection {
  /** The report descriptor where the system gives one (Linux sysfs), else null. */
  readonly descriptor: Uint8Array | null;
  /** Sends one output report; the first byte is the report id, 0 where the device has none. Never rejects. */
  write(report: Uint8Array): Promise<WriteOutcome>;
  /** Sends one feature report; the first byte is the report id. False when the device refused it. Never rejects. */
  sendFeature(report: Uint8Array): Promise<boolean>;
  /** Input reports as they come, with their report id where the device has ids. */
  onReport(listener: (report: Uint8Array) => void): Unsubscribe;
  /** Heard once, whoever ended it. Called at once when it has already ended. */
  onClose(listener: () => void): Unsubscribe;
  close(): Promise<void>;
}
