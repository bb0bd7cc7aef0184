import { networkInterfaces } from 'node:os';

/** An address that a network gave this machine. */
export interface OwnAddress {
  readonly address: string;
  /** What the system calls the network, for instance `wlan0`. */
  readonly network: string;
}

/** Where others on its networks reach this machine: IPv4, which people read aloud and type. */
export function ownAddresses(): OwnAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([network, addresses]) =>
    (addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => ({ address, network })),
  );
}
