import { setImmediate as nextTurn } from 'node:timers/promises';
import { fullName } from '../../domain/catalogue';
import { priceCart } from '../../domain/cart';
import { shareLeft } from '../../domain/stock-share';
import type { DrillCheck } from '../../domain/takeover';
import type { EntryBody, EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput, SyncState } from '../../shared/contract';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import type { CoreContext } from './core-context';
import { findPhoto } from './photos';
import type { StallTill } from './stall-tills';
import type { PeerView } from './sync-runner';

type Nothing = Record<string, never>;
type TakenShares = NonNullable<EntryBody<'device.taken-over'>['shares']>;

interface BackupHooks {
  readonly tills: () => readonly StallTill[];
  readonly peers: () => readonly PeerView[];
  /** How much of a variant is on this till's docket or held for a shopper. */
  readonly spokenFor: (variantId: string) => number;
  /** How much of a variant a till holds for shoppers. */
  readonly heldFrom: (variantId: string, deviceIds: readonly string[]) => number;
  /** Whether the printer of receipts answers and can print. */
  readonly canPrint: () => boolean;
  /** Builds a sale from what is scanned and keeps nothing of it; throws when that cannot be sold. */
  readonly rehearseSale: (code: string) => void;
  /** What was taken over, or handed back, has changed. */
  readonly onChanged: () => void;
}

/** Length of a UTC instant at the beginning of a hybrid one. */
const INSTANT_LENGTH = 24;
/** Photos looked for at once: each is a question to the disk, and a sale goes first. */
const PHOTOS_PER_TURN = 50;

/**
 * Lets this till take over for another one that cannot sell, and rehearses that. Every till holds the whole stall already:
 * what is still to be taken over is what belongs to a till alone, its shares of scarce stock and its unsettled card payments.
 */
export class BackupService {
  readonly #core: CoreContext;
  readonly #dataDir: string;
  readonly #hooks: BackupHooks;

  constructor(core: CoreContext, dataDir: string, hooks: BackupHooks) {
    this.#core = core;
    this.#dataDir = dataDir;
    this.#hooks = hooks;
  }

  tills(): CallOutput<'backup.tills'> {
    const tills = this.#hooks.tills();
    const own = ownIds(tills);
    const { takeovers } = this.#core.store;
    return {
      tills: tills.map(({ deviceId, deviceIds, prefix, name, isOwn, lastHeardAt }) => {
        const drill = isOwn ? null : takeovers.lastDrill(deviceIds, own);
        return {
          deviceId,
          prefix,
          name,
          isOwn,
          lastHeardAt,
          takenOver: this.#takenOver(deviceIds, tills),
          rehearsal: drill && { at: drill.at.slice(0, INSTANT_LENGTH), checks: [...drill.checks] },
        };
      }),
    };
  }

  /** Of this till: who took it over, while it was away; or null. */
  takenOver(): SyncState['takenOver'] {
    const { deviceId, formerDeviceIds } = this.#core.store.device;
    // Nearly always there is none: the tills of the stall are not looked up for that.
    if (this.#core.store.takeovers.of([deviceId, ...formerDeviceIds]).length === 0) return null;
    return this.#takenOver([deviceId, ...formerDeviceIds], this.#hooks.tills());
  }

  look({ deviceId }: CallInput<'backup.look'>): CallOutput<'backup.look'> {
    const { store } = this.#core;
    const till = this.#require(deviceId);
    const { taxIncluded } = this.#core.stall;
    const parked = store.parked.list().filter(({ device }) => till.deviceIds.includes(device));
    const said = this.#hooks.peers().flatMap(({ devices }) => devices.filter(({ device }) => device === deviceId));
    const open = store.shifts.openOf(till.deviceIds);
    return {
      lastHeardAt: till.lastHeardAt,
      missing: Math.max(0, ...said.map(({ seq }) => seq - till.heardSeq)),
      shift: open && {
        openedAt: open.shift.openedAt,
        floatMinor: open.shift.floatMinor,
        expectedCashMinor: open.totals.expectedCashMinor,
        orderCount: open.totals.orderCount,
      },
      parked: {
        count: parked.length,
        totalMinor: parked.reduce((sum, { cart }) => sum + priceCart(cart, { taxIncluded }).totalMinor, 0),
      },
      openTenders: store.tenders
        .openOf(till.deviceIds)
        .map(({ tenderId, amountMinor, provider }) => ({ tenderId, amountMinor, provider })),
      shares: this.#sharesOf(till).flatMap(({ itemId, variantId, quantity }) => {
        const item = store.catalogue.item(itemId);
        const variant = item?.variants.find((one) => one.variantId === variantId);
        return item && variant ? [{ name: fullName(item, variant), pricing: variant.pricing, quantity }] : [];
      }),
    };
  }

  takeOver({ deviceId }: CallInput<'backup.take-over'>, context: CallContext): Nothing {
    const till = this.#require(deviceId);
    if (this.#ownTakeover(till) !== null) return this.#commit(context, []);
    const { heardSeq } = till;
    const body = { formerDevice: deviceId, isDrill: false, heardSeq, shares: this.#sharesOf(till) };
    return this.#commit(context, [{ kind: 'device.taken-over', body }]);
  }

  /** The other till sells again. What is left here of the shares it had goes back to it. */
  handBack({ deviceId }: CallInput<'backup.hand-back'>, context: CallContext): Nothing {
    const { store } = this.#core;
    const till = this.#hooks.tills().find((one) => one.deviceId === deviceId);
    if (!till) throw noTill();
    const formerDevices = new Set(store.takeovers.of(till.deviceIds).map(({ formerDevice }) => formerDevice));
    const drafts: EntryDraft[] = [...formerDevices].map((formerDevice) => ({
      kind: 'device.handed-back',
      body: { formerDevice },
    }));
    const taken = till.isOwn ? null : this.#ownTakeover(till);
    for (const { itemId, variantId } of taken ? store.shares.divided() : []) {
      const known = store.shares.of(itemId, variantId);
      const gift = known.gifts.find(({ at, fromDevice }) => at === taken?.at && till.deviceIds.includes(fromDevice));
      const left = (store.shares.left(itemId, variantId) ?? 0) - this.#hooks.spokenFor(variantId);
      const quantity = Math.min(gift?.quantity ?? 0, left);
      if (quantity < 1) continue;
      drafts.push({ kind: 'stock.share-given', body: { itemId, variantId, toDevice: deviceId, quantity } });
    }
    return this.#commit(context, drafts);
  }

  /** Looks for everything a takeover needs, for real, and changes nothing of the other till. What was found is kept. */
  async rehearse(
    { deviceId }: CallInput<'backup.rehearse'>,
    { requestId, staffId }: CallContext,
  ): Promise<CallOutput<'backup.rehearse'>> {
    const { store } = this.#core;
    const till = this.#require(deviceId);
    const checks = [
      this.#checkHeard(till),
      this.#checkGoods(),
      await this.#checkPhotos(),
      this.#checkPeople(),
      yesOrNo('printer', this.#hooks.canPrint()),
      this.#checkSale(),
    ];
    const body = { formerDevice: deviceId, isDrill: true, heardSeq: till.heardSeq, checks };
    const result = { checks };
    store.commit({ requestId, actor: staffId, drafts: [{ kind: 'device.taken-over', body }], result });
    this.#core.topics.mark('sync');
    return result;
  }

  /** Whether everything that any server knows of the other till is here, and can be read. */
  #checkHeard({ deviceId, deviceIds, heardSeq }: StallTill): DrillCheck {
    const heads = this.#hooks.peers().flatMap(({ devices }) => devices.filter(({ device }) => device === deviceId));
    const wanted = Math.max(1, heardSeq, ...heads.map(({ seq }) => seq));
    const isReadable = this.#core.store.sync.unapplied().every(({ device }) => !deviceIds.includes(device));
    return { check: 'heard', passed: heardSeq >= wanted && isReadable, found: heardSeq, wanted };
  }

  #checkGoods(): DrillCheck {
    const found = this.#core.store.catalogue.itemCount();
    return { check: 'goods', passed: found > 0, found, wanted: Math.max(1, found) };
  }

  async #checkPhotos(): Promise<DrillCheck> {
    const named = this.#core.store.catalogue.photos();
    let found = 0;
    for (const [index, photo] of named.entries()) {
      if (index % PHOTOS_PER_TURN === 0) await nextTurn();
      if (findPhoto(this.#dataDir, photo) !== null) found += 1;
    }
    return { check: 'photos', passed: found === named.length, found, wanted: named.length };
  }

  /** Whether everybody who may sell can sign on here, and an operator among them. */
  #checkPeople(): DrillCheck {
    const { stall, people } = this.#core.store;
    const staff = stall.staff();
    const withPin = new Set(people.changes().flatMap(({ reference, person }) => (person?.pinHash ? [reference] : [])));
    const found = staff.filter(({ staffId }) => withPin.has(staffId)).length;
    const hasOperator = staff.some(({ staffId, role }) => role === 'operator' && withPin.has(staffId));
    return { check: 'people', passed: hasOperator && found === staff.length, found, wanted: staff.length };
  }

  #checkSale(): DrillCheck {
    const code = this.#core.store.catalogue.someCode();
    try {
      if (code !== null) this.#hooks.rehearseSale(code);
    } catch (error) {
      this.#core.log.warn({ error, code }, 'A sale could not be rehearsed');
      return yesOrNo('sale', false);
    }
    return yesOrNo('sale', code !== null);
  }

  /** What a till is known to have left of its shares. */
  #sharesOf({ deviceIds }: StallTill): TakenShares {
    const { shares } = this.#core.store;
    return shares.divided().flatMap(({ itemId, variantId }) => {
      // What it holds for shoppers stays its own: who sells that needs no share.
      const held = this.#hooks.heldFrom(variantId, deviceIds);
      const quantity = (shareLeft(shares.of(itemId, variantId), deviceIds) ?? 0) - held;
      return quantity > 0 ? [{ itemId, variantId, quantity }] : [];
    });
  }

  #takenOver(deviceIds: readonly string[], tills: readonly StallTill[]): SyncState['takenOver'] {
    const [newest] = this.#core.store.takeovers.of(deviceIds);
    if (!newest) return null;
    const by = tills.find((till) => till.deviceIds.includes(newest.device));
    return {
      at: newest.at.slice(0, INSTANT_LENGTH),
      by: by?.prefix ?? '',
      byName: by?.name ?? '',
      byThis: by?.isOwn ?? false,
    };
  }

  /** This till's own takeover of another, while it stands. */
  #ownTakeover({ deviceIds }: StallTill): { readonly at: string } | null {
    const own = ownIds(this.#hooks.tills());
    return this.#core.store.takeovers.of(deviceIds).find(({ device }) => own.includes(device)) ?? null;
  }

  #require(deviceId: string): StallTill {
    const till = this.#hooks.tills().find((one) => one.deviceId === deviceId && !one.isOwn);
    if (!till) throw noTill();
    return till;
  }

  #commit({ requestId, staffId }: CallContext, drafts: readonly EntryDraft[]): Nothing {
    this.#core.store.commit({ requestId, actor: staffId, drafts, result: {} });
    this.#core.topics.mark('sync', 'catalogue');
    this.#hooks.onChanged();
    return {};
  }
}

function ownIds(tills: readonly StallTill[]): readonly string[] {
  return tills.find(({ isOwn }) => isOwn)?.deviceIds ?? [];
}

function yesOrNo(check: DrillCheck['check'], passed: boolean): DrillCheck {
  return { check, passed, found: passed ? 1 : 0, wanted: 1 };
}

function noTill(): CallFailure {
  return new CallFailure('unknown-device');
}
