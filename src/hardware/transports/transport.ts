import type { Result } from '../../domain/result';
import type { DeviceStatus, FaultReason, Unsubscribe } from '../ports';

/**
 * Why a device cannot be opened: nothing of the kind is plugged in, nothing takes the connection (or another program has
 * it), or the system keeps this user out.
 */
export type OpenError = 'absent' | 'unreachable' | 'access-denied';

/** Moves bytes to and from one device; knows nothing of what they mean. */
export interface Transport {
  /** Where the device is looked for, in a form a person recognises. */
  readonly address: string;
  /** Opens a connection, or says in bounded time why not. Never rejects. */
  open(): Promise<Result<Connection, OpenError>>;
}

export interface Connection {
  /** True where nothing the device says can come back: then it need not be asked anything. */
  readonly isOneWay?: boolean;
  /**
   * Hands bytes over in order. Settles when the last byte has left this process, when the device took none for the
   * transport's stall time, or when the connection ended. Never rejects.
   */
  write(bytes: Uint8Array): Promise<WriteOutcome>;
  /** What the device says, in pieces of any size. */
  onData(listener: (bytes: Uint8Array) => void): Unsubscribe;
  /** Heard once, whoever ended it. Called at once when it has already ended. */
  onClose(listener: () => void): Unsubscribe;
  /**
   * What the carrier itself knows to be wrong with the device (USB port status, a print queue), null where it knows
   * nothing. Left out where a carrier can never tell. Never rejects.
   */
  fault?(): Promise<FaultReason | null>;
  /** Ends the connection and drops what has not left yet. */
  close(): Promise<void>;
}

/** `bytesSent` counts every byte that may have reached the device. */
export interface WriteOutcome {
  readonly outcome: 'written' | 'stalled' | 'closed';
  readonly bytesSent: number;
}

/** What a device is while it cannot be opened. */
export function statusOfOpening(error: OpenError): DeviceStatus {
  switch (error) {
    case 'absent':
      return { state: 'absent' };
    case 'unreachable':
      return { state: 'faulted', reason: 'unreachable' };
    case 'access-denied':
      return { state: 'no-permission', reason: 'access-denied' };
  }
}
