/** Asks the hub what arrived and holds it against the journals of the tills: each entry once, nothing set aside. */
import { randomUUID } from 'node:crypto';
import { ExchangeClient, readServerCard } from '../src/exchange/client';
import { openHttp } from '../src/exchange/http-send';
import { DeviceKeys, loadIdentity } from '../src/journal/identity';
import type { Entry } from '../src/journal/kinds';
import type { VerifyReport } from '../src/journal/verify';
import type { WireEntry } from '../src/shared/exchange';
import type { Check, ConfirmedSale } from './checks';
import { bodiesOf } from './checks';

/** A till after its last exchange, closed. */
export interface ClosedTill {
  readonly name: string;
  readonly dataDir: string;
  /** Its exported journal: its own entries and those of the other. */
  readonly entries: readonly Entry[];
  readonly verify: VerifyReport;
}

/** Everything known from outside about the afternoon. */
export interface ArrivalWitness {
  readonly tills: readonly ClosedTill[];
  /** The hub's feed, as a device of the stall reads it. */
  readonly arrived: readonly WireEntry[];
  readonly confirmed: readonly ConfirmedSale[];
}

/** Reads the whole feed of a hub in the name of a till that is closed. */
export async function readArrived(hubUrl: string, dataDir: string, stallId: string): Promise<WireEntry[]> {
  const identity = loadIdentity(dataDir);
  if (!identity) throw new Error('the till has no key');
  const keys = DeviceKeys.load(dataDir);
  const connection = openHttp(hubUrl);
  try {
    const client = new ExchangeClient({
      send: connection.send,
      server: await readServerCard(connection.send),
      stallId,
      deviceId: identity.deviceId,
      sign: (text) => keys.sign(identity.deviceId, text),
      newNonce: randomUUID,
    });
    const arrived: WireEntry[] = [];
    for (let after = '0.0', more = true; more;) {
      const page = await client.feed({ after, own: 'all' });
      arrived.push(...page.entries);
      ({ cursor: after, more } = page);
    }
    return arrived;
  } finally {
    connection.close();
  }
}

/** I1 to I5, for what two tills did with a hub that came and went. */
export function examineArrival({ tills, arrived, confirmed }: ArrivalWitness): Check[] {
  const nameOf = ({ device, seq }: { readonly device: string; readonly seq: number }): string => `${device} ${seq}`;
  const times = new Map<string, number>();
  for (const entry of arrived) times.set(nameOf(entry), (times.get(nameOf(entry)) ?? 0) + 1);
  const hashes = new Map(arrived.map((entry) => [nameOf(entry), entry.hash]));
  const all = tills.flatMap(({ name, entries }) => entries.map((entry) => ({ name, entry })));
  const [first] = tills;
  const numbers = first ? bodiesOf(first.entries, 'order.placed').map(({ order }) => order.number) : [];
  return [
    {
      id: 'arrival-confirmed',
      invariant: 'I1',
      title: 'what either till confirmed without the hub is at the hub and on both tills',
      looked: `${confirmed.length} sales`,
      wrong: tills.flatMap(({ name, entries }) => {
        const there = new Set(bodiesOf(entries, 'order.placed').map(({ order }) => order.number));
        return confirmed.filter(({ number }) => !there.has(number)).map(({ number }) => `${name} has no ${number}`);
      }),
    },
    {
      id: 'arrival-once',
      invariant: 'I2',
      title: 'each entry of both tills is at the hub exactly once, as it was written',
      looked: `${arrived.length} entries at the hub`,
      wrong: [
        ...[...times].filter(([, count]) => count > 1).map(([entry, count]) => `${entry} came ${count} times`),
        ...all
          .filter(({ entry }) => hashes.get(nameOf(entry)) !== entry.hash)
          .map(({ name, entry }) => `${entry.kind} ${nameOf(entry)} of ${name} is not there, or is another one`),
      ],
    },
    {
      id: 'arrival-sound',
      invariant: 'I3',
      title: 'both journals are sound with the entries of the other in them, and a replay equals the living till',
      looked: `${tills.length} tills`,
      wrong: tills.flatMap(({ name, verify }) => verify.findings.map(({ detail }) => `${name}: ${detail}`)),
    },
    {
      id: 'arrival-numbers',
      invariant: 'I4',
      title: 'no two orders have one number',
      looked: `${numbers.length} orders`,
      wrong: numbers.filter((number, index) => numbers.indexOf(number) !== index).map((number) => `${number} twice`),
    },
    {
      id: 'arrival-same',
      invariant: 'I5',
      title: 'both tills know the same, and nothing stands aside unseen',
      looked: `${all.length} entries on both`,
      wrong: sameOnAll(tills, nameOf),
    },
  ];
}

function sameOnAll(
  tills: readonly ClosedTill[],
  nameOf: (entry: { readonly device: string; readonly seq: number }) => string,
): string[] {
  const sets = tills.map(({ name, entries }) => ({ name, known: new Set(entries.map(nameOf)) }));
  return sets.flatMap(({ name, known }) =>
    sets
      .filter((other) => other.known !== known)
      .flatMap((other) => [...other.known].filter((entry) => !known.has(entry)))
      .map((entry) => `${name} does not have ${entry}`),
  );
}
