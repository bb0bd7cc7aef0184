import type { deviceHead } from '../../shared/exchange';
import type { z } from 'zod';

export type PeerCondition =
  /** Not yet tried since the start. */
  | 'connecting'
  /** The last exchange went through. */
  | 'online'
  /** The last exchange did not go through. */
  | 'offline'
  /** The server does not want this device any more. Nothing is tried; the queue stays. */
  | 'revoked'
  /** The server does not know this device, or it is another server, or the till is too old. A person must act. */
  | 'refused';

export interface PeerError {
  readonly code: string;
  readonly detail: string;
  /** UTC instant. */
  readonly at: string;
}

/** A server and how the exchange with it stands. */
export interface PeerView {
  readonly serverId: string;
  readonly role: 'hub' | 'neighbour';
  readonly address: string;
  readonly epoch: number;
  readonly condition: PeerCondition;
  /** UTC instants. */
  readonly lastSuccessAt: string | null;
  readonly nextTryAt: string | null;
  /** Newest first. */
  readonly errors: readonly PeerError[];
  /** Every device of the stall as the server knows it. */
  readonly devices: readonly z.infer<typeof deviceHead>[];
}

/** How the exchange stands with every server. */
export interface SyncView {
  readonly peers: readonly PeerView[];
}

/** What the core asks of whatever exchanges entries with servers, wherever it runs. */
export interface SyncRunner {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Says that entries were written here. */
  nudge(): void;
  /** Says that entries of other devices came by another way than a server's feed. */
  offer(): void;
  /** Exchanges with all servers at once; settles when all have had their try. */
  syncNow(): Promise<void>;
  /** Rejects with an error that carries a `code` of the exchange and a message for a person. */
  enrol(joining: {
    readonly address: string;
    readonly code: string;
    readonly name: string;
  }): Promise<{ readonly stallId: string; readonly prefix: string }>;
  /**
   * Exchanges with a neighbour from now on, whose key is known from the journal; it must know this device the same way.
   * Rejects with `not-enrolled` where one of the two does not know the other.
   */
  meet(meeting: {
    readonly address: string;
    /** Devices of the stall with their keys. */
    readonly known: readonly { readonly deviceId: string; readonly publicKey: string }[];
  }): Promise<void>;
  leave(serverId: string): Promise<void>;
  newCode(
    name: string,
  ): Promise<{ readonly code: string; readonly expiresAt: string; readonly link: string; readonly address: string }>;
  /** Writes what waits for the hub into a file that only it can read. */
  carryOut(path: string): Promise<{ readonly entries: number }>;
  /** Takes the hub's answer to such a file. */
  carryBack(path: string): Promise<{ readonly acknowledged: number }>;
  view(): SyncView;
  onChange(listener: () => void): () => void;
}
