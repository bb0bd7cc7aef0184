import type { SyncState } from '../../shared/contract';
import * as m from '../../shared/i18n/generated/messages.js';

/** How the exchange with hub and neighbours stands, in the till's words. */
export interface SyncWords {
  readonly title: string;
  readonly detail: string;
  /** `fine` and `waiting` need nobody; `hand` wants a person to look when there is time. */
  readonly tone: 'fine' | 'waiting' | 'hand';
  /** For the strip. */
  readonly chip: string;
  readonly chipDetail: string;
}

/** What of the exchange cannot mend itself. */
export function needsPerson(sync: SyncState): boolean {
  return (
    sync.quarantined.length + sync.unapplied.length + sync.doubleSold.length + sync.mismatches.length > 0 ||
    sync.overdueOrders > 0
  );
}

export function syncWords(sync: SyncState): SyncWords {
  const words = stateWords(sync);
  if (sync.overdueOrders > 0) return { ...words, tone: 'hand', chipDetail: m.chip_sync_overdue() };
  if (!needsPerson(sync) || words.tone === 'hand') return words;
  return { ...words, tone: 'hand', chip: m.chip_sync_hand(), chipDetail: m.chip_sync_hand_detail() };
}

function stateWords(sync: SyncState): SyncWords {
  const { state, queued, servers } = sync;
  const waits = queued > 0 ? m.chip_queue({ count: queued }) : m.chip_offline_detail();
  switch (state) {
    case 'off':
      return {
        title: m.sync_off(),
        detail: m.sync_off_detail(),
        tone: 'waiting',
        chip: m.chip_no_hub(),
        chipDetail: m.chip_no_hub_detail(),
      };
    case 'enrolling':
      return joining(m.sync_enrolling(), m.sync_enrolling_detail(), waits);
    case 'connecting':
      return joining(m.sync_connecting(), m.sync_offline_detail(), waits);
    case 'online':
      if (queued > 0 && servers.every(({ role }) => role === 'neighbour')) {
        return {
          title: m.sync_neighbour_only(),
          detail: m.sync_neighbour_only_detail(),
          tone: 'waiting',
          chip: m.sync_neighbour(),
          chipDetail: waits,
        };
      }
      return queued > 0
        ? {
            title: m.sync_catching_up(),
            detail: m.sync_catching_up_detail(),
            tone: 'waiting',
            chip: m.chip_online(),
            chipDetail: waits,
          }
        : {
            title: m.sync_online(),
            detail: m.sync_online_detail(),
            tone: 'fine',
            chip: m.chip_online(),
            chipDetail: m.chip_online_detail(),
          };
    case 'offline':
      return {
        title: m.sync_offline(),
        detail: m.sync_offline_detail(),
        tone: 'waiting',
        chip: m.chip_offline(),
        chipDetail: waits,
      };
    case 'refused':
      return needsHand(m.sync_refused(), servers[0]?.errors[0]?.detail ?? m.sync_refused_detail());
    case 'revoked':
      return needsHand(m.sync_revoked(), m.sync_revoked_detail());
  }
}

function joining(title: string, detail: string, chipDetail: string): SyncWords {
  return { title, detail, tone: 'waiting', chip: title, chipDetail };
}

function needsHand(title: string, detail: string): SyncWords {
  return { title, detail, tone: 'hand', chip: m.chip_sync_hand(), chipDetail: m.chip_sync_hand_detail() };
}

/** Why an entry stands aside, for a person. */
export function causeWords(cause: string): string {
  switch (cause) {
    case 'wrong-hash':
      return m.cause_wrong_hash();
    case 'bad-body':
      return m.cause_bad_body();
    case 'unknown-kind':
      return m.cause_unknown_kind();
    case 'bad-order':
      return m.cause_bad_order();
    case 'future-clock':
      return m.cause_future_clock();
    default:
      return cause;
  }
}
