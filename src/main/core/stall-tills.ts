import type { CoreContext } from './core-context';
import type { PeerView } from './sync-runner';

/** A till of the stall as this one knows it. */
export interface StallTill {
  readonly deviceId: string;
  /** The device, and the ids it went by before. */
  readonly deviceIds: readonly string[];
  readonly prefix: string;
  /** What people call it, as a server said; may be empty. */
  readonly name: string;
  readonly isOwn: boolean;
  /** UTC instant at which the newest of its entries that came here was written, or null. */
  readonly lastHeardAt: string | null;
  /** Number of that entry, 0 for none. */
  readonly heardSeq: number;
}

/** Length of a UTC instant at the beginning of a hybrid one. */
const INSTANT_LENGTH = 24;

/**
 * Every till of the stall that may still sell, this one first, the others by their prefix. A till that was recovered goes on
 * as `T1R2`: its former names are not tills of their own. Who was shut out is left out.
 */
export function stallTills({ store }: Pick<CoreContext, 'store'>, peers: readonly PeerView[]): StallTill[] {
  const own = store.device;
  const heads = peers.flatMap(({ devices }) => devices);
  const revoked = new Set(heads.filter(({ isRevoked }) => isRevoked).map(({ device }) => device));
  const byBase = new Map<string, { readonly deviceId: string; readonly prefix: string }[]>();
  const others = store.stall
    .devices()
    .filter(({ deviceId }) => deviceId !== own.deviceId && !own.formerDeviceIds.includes(deviceId));
  for (const { deviceId, prefix } of others) {
    const { base } = recovered(prefix);
    byBase.set(base, [...(byBase.get(base) ?? []), { deviceId, prefix }]);
  }
  const tills = [...byBase.values()].flatMap((names) => {
    // Two devices that both began alone may have one prefix; only a recovered one continues another.
    const newest = names.toSorted((one, other) => recovered(other.prefix).count - recovered(one.prefix).count);
    const last = newest.find(({ prefix }) => recovered(prefix).count > 1);
    return last ? [{ ...last, deviceIds: newest.map(({ deviceId }) => deviceId) }] : newest.map(alone);
  });
  return [{ ...own, deviceIds: [own.deviceId, ...own.formerDeviceIds] }, ...tills.toSorted(byPrefix)]
    .filter(({ deviceId }) => deviceId === own.deviceId || !revoked.has(deviceId))
    .map(({ deviceId, deviceIds, prefix }): StallTill => {
      const heard = store.sync.journal.head(deviceId);
      const newest = heard && store.sync.journal.entry(deviceId, heard.seq);
      return {
        deviceId,
        deviceIds,
        prefix,
        name: heads.find(({ device, name }) => device === deviceId && name !== '')?.name ?? '',
        isOwn: deviceId === own.deviceId,
        lastHeardAt: newest?.at.slice(0, INSTANT_LENGTH) ?? null,
        heardSeq: heard?.seq ?? 0,
      };
    });
}

function alone(device: { readonly deviceId: string; readonly prefix: string }) {
  return { ...device, deviceIds: [device.deviceId] };
}

function byPrefix(one: { readonly prefix: string }, other: { readonly prefix: string }): number {
  return one.prefix.localeCompare(other.prefix, 'en', { numeric: true });
}

/** `T1R2` is the second life of `T1`. */
function recovered(prefix: string): { readonly base: string; readonly count: number } {
  const [, base = prefix, count = '1'] = /^(.*?)(?:R(\d+))?$/.exec(prefix) ?? [];
  return { base, count: Number(count) };
}
