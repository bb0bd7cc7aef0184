import type { CallMessage } from '../../../shared/contract';

export type Unsubscribe = () => void;

/**
 * - `connecting`: not reached yet since start
 * - `connected`: calls are answered and topics flow
 * - `disconnected`: was connected; the transport tries again by itself
 * - `refused`: the kiosk does not accept this token, so trying again is of no use
 */
export type Connection = 'connecting' | 'connected' | 'disconnected' | 'refused';

/** Moves the contract's messages between a client and the kiosk. What it delivers is not parsed yet. */
export interface Transport {
  /**
   * Sends a call and gives back its `CallResult`.
   * @throws {ConnectionLost} when no answer can come any more; whether the kiosk ran the call is then unknown
   */
  send(message: CallMessage): Promise<unknown>;
  /** Hears every topic event while connected. */
  onEvent(listener: (event: unknown) => void): Unsubscribe;
  /** Hears the connection as it is now, then every change of it. */
  onConnection(listener: (connection: Connection) => void): Unsubscribe;
  close(): void;
}

export class ConnectionLost extends Error {
  constructor() {
    super('The connection to the kiosk was lost before it answered');
    this.name = 'ConnectionLost';
  }
}
