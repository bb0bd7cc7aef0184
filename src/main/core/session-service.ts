import pLimit from 'p-limit';
import { z } from 'zod';
import { orderNumber } from '../../domain/order';
import type { CallInput, StaffMember, TopicState } from '../../shared/contract';
import { tillLanguage, type Language } from '../../shared/language';
import { themeOf, type Theme } from '../../shared/theme';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import type { CoreContext } from './core-context';

/** This many wrong PINs in a row are forgiven. */
const FREE_ATTEMPTS = 5;
const FIRST_LOCK_MS = 30_000;
const LONGEST_LOCK_MS = 60 * 60_000;

/** Setting under which the demo stall keeps the PINs it shows; no real stall has it. */
export const DEMO_PINS = 'demo-pins';
export const demoPins = z.record(z.string(), z.string()).optional();

/** Who is at the till, and what everybody may know about it. */
export class SessionService {
  readonly #core: CoreContext;
  readonly #browserTill: () => string | null;
  /** Sign-ons run one after the other, so that guesses in parallel cannot slip past the count. */
  readonly #inTurn = pLimit(1);
  /** Asked for with every call; undefined until read, and again after every change. */
  #signedOn: ReturnType<SessionService['signedOn']> | undefined;

  constructor(core: CoreContext, browserTill: () => string | null) {
    this.#core = core;
    this.#browserTill = browserTill;
  }

  /** The person signed on, or null. A restart signs nobody off. */
  signedOn(): (StaffMember & { readonly since: string }) | null {
    if (this.#signedOn === undefined) {
      const { store } = this.#core;
      const current = store.stall.signedOn(store.device.deviceId);
      const member = current && store.stall.staff().find(({ staffId }) => staffId === current.staffId);
      this.#signedOn = member ? { ...member, name: store.people.nameOf(member.staffId), since: current.since } : null;
    }
    return this.#signedOn;
  }

  signOn(input: CallInput<'staff.sign-on'>, context: CallContext): Promise<Record<string, never>> {
    return this.#inTurn(() => this.#signOn(input, context));
  }

  async #signOn(
    { staffId, pin }: CallInput<'staff.sign-on'>,
    { requestId }: CallContext,
  ): Promise<Record<string, never>> {
    const { store } = this.#core;
    const member = store.stall.staff().find((candidate) => candidate.staffId === staffId);
    if (!member) throw new CallFailure('unknown-staff');
    this.#refuseWhileLocked(staffId);
    if (!(await store.people.isPin(staffId, pin))) {
      store.people.countWrongPin(staffId, this.#core.now().toISOString());
      this.#refuseWhileLocked(staffId);
      throw new CallFailure('wrong-pin');
    }
    store.people.clearWrongPins(staffId);
    store.commit({
      requestId,
      actor: staffId,
      drafts: [{ kind: 'staff.signed-on', body: { staffId } }],
      result: {},
    });
    this.staffChanged();
    return {};
  }

  #refuseWhileLocked(staffId: string): void {
    const person = this.#core.store.people.find(staffId);
    if (!person?.lastWrongAt || person.wrongPins < FREE_ATTEMPTS) return;
    const lockMs = Math.min(FIRST_LOCK_MS * 2 ** (person.wrongPins - FREE_ATTEMPTS), LONGEST_LOCK_MS);
    const elapsedMs = this.#core.now().getTime() - Date.parse(person.lastWrongAt);
    const leftMs = lockMs - elapsedMs;
    // A clock set back must not lock anybody out for longer than the lock itself.
    if (leftMs <= 0 || leftMs > lockMs) return;
    throw new CallFailure('locked-out', {
      details: { reason: 'locked-for', seconds: Math.ceil(leftMs / 1000) },
      retryAfterMs: leftMs,
    });
  }

  signOff({ requestId, staffId }: CallContext): Record<string, never> {
    if (staffId === null) return {};
    this.#core.store.commit({
      requestId,
      actor: staffId,
      drafts: [{ kind: 'staff.signed-off', body: { staffId } }],
      result: {},
    });
    this.staffChanged();
    return {};
  }

  /** This till goes by another name from now on: whoever was signed on stays so. */
  renamed(): void {
    const before = this.#signedOn;
    this.#signedOn = undefined;
    if (before && this.signedOn() === null) {
      const { staffId } = before;
      const drafts = [{ kind: 'staff.signed-on' as const, body: { staffId } }];
      this.#core.store.commit({ actor: staffId, drafts, result: null });
    }
    this.staffChanged();
  }

  /** Says that people came, went or changed, or who is at the till. */
  staffChanged(): void {
    this.#signedOn = undefined;
    this.#core.topics.mark('session');
  }

  theme(): Theme {
    return themeOf(this.#core.store.settings.get('theme'));
  }

  setTheme(input: CallInput<'settings.set-theme'>): Record<string, never> {
    this.#core.store.settings.set('theme', input.theme);
    this.#core.topics.mark('session');
    return {};
  }

  language(): Language {
    return tillLanguage(this.#core.store.settings.get('language'), this.#core.store.stall.get()?.locale ?? '');
  }

  setLanguage({ language }: CallInput<'settings.set-language'>): Record<string, never> {
    this.#core.store.settings.set('language', language);
    this.#core.topics.mark('session');
    return {};
  }

  dismissNotice({ noticeId }: CallInput<'notice.dismiss'>): Record<string, never> {
    this.#core.store.notices.dismiss(noticeId);
    this.#core.topics.mark('session');
    return {};
  }

  state(): TopicState<'session'> {
    const { store } = this.#core;
    const { device } = store;
    const pins = demoPins.parse(store.settings.get(DEMO_PINS));
    const open = store.shifts.current();
    return {
      isSetUp: store.stall.get() !== null,
      stall: this.#core.stall,
      device,
      staff: store.stall.staff().map(({ staffId, role }) => ({
        staffId,
        role,
        name: store.people.nameOf(staffId),
        demoPin: pins?.[staffId] ?? null,
      })),
      signedOn: this.signedOn(),
      shift: open && {
        shiftId: open.shift.shiftId,
        openedAt: open.shift.openedAt,
        openedBy: open.shift.openedBy,
        floatMinor: open.shift.floatMinor,
        totals: open.totals,
      },
      nextNumber: orderNumber(device.prefix, store.nextOrderSequence()),
      theme: this.theme(),
      language: this.language(),
      browserTill: this.#browserTill(),
      demo: pins !== undefined,
      notices: store.notices.list(),
    };
  }
}
