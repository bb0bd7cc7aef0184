import { readFile } from 'node:fs/promises';
import { denominationsOf } from '../../domain/denominations';
import { checkLabelRule } from '../../domain/label';
import { NO_STALL, type Role, type Stall } from '../../domain/stall';
import type { TaxRate } from '../../domain/catalogue';
import { plainText } from '../../domain/text';
import { drawLogo } from '../../hardware/encoders/logo';
import type { EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput } from '../../shared/contract';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import { requireStaff, type CoreContext } from './core-context';
import { findPhoto } from './photos';
import { DEMO_PINS, demoPins } from './session-service';

/** Who takes cards at most stalls; the first is offered first. */
export const CARD_PROVIDERS = ['SumUp', 'Square', 'Zettle'];

const LONGEST = { name: 80, place: 120, vatNumber: 40, receiptFooter: 200, refundPolicy: 600, rateName: 60 };
const MOST_TAX_RATES = 20;

type OwnStall = Extract<CallInput<'stall.set-up'>, { readonly stall: 'own' }>;
type StallWords = CallInput<'stall.change'>;

interface StallServiceOptions {
  readonly dataDir: string;
  readonly setUpDemoStall: (requestId: string) => Promise<void>;
  readonly onStaffChanged: () => void;
}

/** The stall itself and the people who work on it. */
export class StallService {
  readonly #core: CoreContext;
  readonly #options: StallServiceOptions;
  #current: Stall | null = null;
  #settingUp = false;

  constructor(core: CoreContext, options: StallServiceOptions) {
    this.#core = core;
    this.#options = options;
  }

  /** The stall as configured last, or `NO_STALL` before the first time. */
  get current(): Stall {
    // Asked for with every price: read once.
    this.#current ??= this.#core.store.stall.get();
    return this.#current ?? NO_STALL;
  }

  async setUp(input: CallInput<'stall.set-up'>, { requestId }: CallContext): Promise<Record<string, never>> {
    if (this.#settingUp || this.#core.store.stall.get() !== null) {
      throw new CallFailure('stall-exists');
    }
    // PINs are hashed off this thread: a second command must not slip in meanwhile.
    this.#settingUp = true;
    try {
      await (input.stall === 'demo' ? this.#options.setUpDemoStall(requestId) : this.#setUpOwn(input, requestId));
    } finally {
      this.#settingUp = false;
    }
    this.stallChanged();
    this.#options.onStaffChanged();
    return {};
  }

  async #setUpOwn({ operator, ...input }: OwnStall, requestId: string): Promise<void> {
    const { store } = this.#core;
    const stall: Stall = {
      stallId: this.#core.newId(),
      ...checkedWords(input, []),
      currency: checkedCurrency(input.currency),
      locale: checkedLocale(input.locale),
      timeZone: checkedTimeZone(input.timeZone),
      taxIncluded: input.taxIncluded,
      labelRules: [],
      categories: [],
      cardProviders: CARD_PROVIDERS,
      denominations: denominationsOf(input.currency),
    };
    const name = this.#checkedName(operator.name, null);
    const pin = checkedPin(operator.pin);
    const staffId = this.#core.newId();
    await store.people.put(staffId, name, pin);
    // The facts last and together: a stop before this line leaves a folder that asks to be set up again.
    store.commit({
      requestId,
      actor: staffId,
      drafts: [
        { kind: 'stall.configured', body: { stall } },
        { kind: 'staff.added', body: { staffId, role: 'operator' } },
        { kind: 'staff.signed-on', body: { staffId } },
      ],
      result: {},
    });
  }

  change(input: CallInput<'stall.change'>, { requestId, staffId }: CallContext): Record<string, never> {
    const before = this.current;
    const words = checkedWords(input, before.taxRates);
    for (const { id, name } of before.taxRates) {
      if (words.taxRates.some((rate) => rate.id === id)) continue;
      const itemName = this.#core.store.catalogue.nameOfItemTaxedAt(id);
      if (itemName === null) continue;
      throw new CallFailure('tax-rate-in-use', { details: { reason: 'rate-of-goods', name: itemName, rate: name } });
    }
    this.#commit(requestId, staffId, [{ kind: 'stall.configured', body: { stall: { ...before, ...words } } }]);
    this.stallChanged();
    return {};
  }

  setLabelRules(
    { labelRules }: CallInput<'stall.set-label-rules'>,
    { requestId, staffId }: CallContext,
  ): Record<string, never> {
    for (const [index, rule] of labelRules.entries()) {
      const checked = checkLabelRule(rule);
      if (!checked.ok) throw new CallFailure('bad-stall', checked.error.message);
      if (labelRules.findIndex(({ pattern }) => pattern === rule.pattern) !== index) {
        throw new CallFailure('bad-stall', `There is a layout ${rule.pattern} already. Change that one.`);
      }
    }
    const stall = { ...this.current, labelRules };
    this.#commit(requestId, staffId, [{ kind: 'stall.configured', body: { stall } }]);
    this.stallChanged();
    return {};
  }

  /** @throws {CallFailure} `bad-photo` */
  async drawLogo({ photo, tones }: CallInput<'stall.draw-logo'>): Promise<CallOutput<'stall.draw-logo'>> {
    const file = findPhoto(this.#options.dataDir, photo);
    if (!file) throw new CallFailure('bad-photo', 'That photo is not on this till. Choose it again.');
    const logo = await drawLogo(await readFile(file.path), tones);
    if (logo) return { logo };
    throw new CallFailure('bad-photo', 'This picture is so light that paper would stay white. Choose a darker one.');
  }

  setLogo({ logo }: CallInput<'stall.set-logo'>, { requestId, staffId }: CallContext): Record<string, never> {
    const { logo: _before, ...others } = this.current;
    const stall: Stall = logo ? { ...others, logo } : others;
    this.#commit(requestId, staffId, [{ kind: 'stall.configured', body: { stall } }]);
    this.stallChanged();
    return {};
  }

  async addStaff(
    { name, role, pin }: CallInput<'staff.add'>,
    { requestId, staffId: actor }: CallContext,
  ): Promise<CallOutput<'staff.add'>> {
    const staffId = this.#core.newId();
    await this.#core.store.people.put(staffId, this.#checkedName(name, null), checkedPin(pin));
    const result = { staffId };
    this.#core.store.commit({
      requestId,
      actor: requireStaff(actor),
      drafts: [{ kind: 'staff.added', body: { staffId, role } }],
      result,
    });
    this.#options.onStaffChanged();
    return result;
  }

  async changeStaff(
    { staffId, name: typed, role, pin }: CallInput<'staff.change'>,
    { requestId, staffId: actor }: CallContext,
  ): Promise<Record<string, never>> {
    const { people } = this.#core.store;
    const before = this.#member(staffId);
    const name = this.#checkedName(typed, staffId);
    if (role !== 'operator') this.#keepOneOperator(staffId);
    if (pin === null) people.rename(staffId, name);
    else {
      await people.put(staffId, name, checkedPin(pin));
      this.#forgetDemoPin(staffId);
    }
    // Names and PINs are no facts of the journal, only what somebody may do.
    const drafts: EntryDraft[] = before.role === role ? [] : [{ kind: 'staff.added', body: { staffId, role } }];
    this.#commit(requestId, actor, drafts);
    this.#options.onStaffChanged();
    return {};
  }

  /** Takes somebody off the list of those who may sign on. Their name stays on the sales they made. */
  removeStaff(
    { staffId }: CallInput<'staff.remove'>,
    { requestId, staffId: actor }: CallContext,
  ): Record<string, never> {
    this.#member(staffId);
    this.#keepOneOperator(staffId);
    this.#commit(requestId, actor, [{ kind: 'staff.removed', body: { staffId } }]);
    this.#forgetDemoPin(staffId);
    this.#options.onStaffChanged();
    return {};
  }

  #commit(requestId: string, actor: string | null, drafts: readonly EntryDraft[]): void {
    this.#core.store.commit({ requestId, actor: requireStaff(actor), drafts, result: {} });
  }

  /** Says that the stall was configured anew, here or on another device. */
  stallChanged(): void {
    this.#current = null;
    for (const topic of ['session', 'sale', 'catalogue'] as const) this.#core.topics.mark(topic);
  }

  #member(staffId: string): { readonly staffId: string; readonly role: Role } {
    const member = this.#core.store.stall.staff().find((one) => one.staffId === staffId);
    if (!member) throw new CallFailure('unknown-staff');
    return member;
  }

  #keepOneOperator(staffId: string): void {
    if (this.#core.store.stall.staff().some((one) => one.staffId !== staffId && one.role === 'operator')) return;
    throw new CallFailure('last-operator');
  }

  #checkedName(typed: string, staffId: string | null): string {
    const { people, stall } = this.#core.store;
    const name = plainText(typed);
    if (name === '') throw new CallFailure('bad-staff', { details: { reason: 'staff-unnamed' } });
    if (name.length > LONGEST.name) {
      throw new CallFailure('bad-staff', { details: { reason: 'staff-name-length', most: LONGEST.name } });
    }
    const namesake = stall
      .staff()
      .some((one) => one.staffId !== staffId && people.nameOf(one.staffId).toLowerCase() === name.toLowerCase());
    if (namesake) throw new CallFailure('bad-staff', { details: { reason: 'staff-namesake', name } });
    return name;
  }

  /** A PIN that somebody chose is a secret, on the demo stall as well. */
  #forgetDemoPin(staffId: string): void {
    const pins = demoPins.parse(this.#core.store.settings.get(DEMO_PINS));
    if (pins?.[staffId] === undefined) return;
    this.#core.store.settings.set(DEMO_PINS, Object.fromEntries(Object.entries(pins).filter(([of]) => of !== staffId)));
  }
}

/** The words of a stall as they are kept, its rates with their ids. */
function checkedWords(
  { name, place, vatNumber, receiptFooter, refundPolicy, receiptCopies, taxRates }: StallWords,
  before: readonly TaxRate[],
): Pick<Stall, keyof StallWords> {
  const words = {
    name: line('name', name, LONGEST.name),
    place: line('place', place, LONGEST.place),
    vatNumber: line('VAT number', vatNumber, LONGEST.vatNumber),
    receiptFooter: line('last line of the receipt', receiptFooter, LONGEST.receiptFooter),
    ...(refundPolicy !== undefined && {
      refundPolicy: line('word about bringing things back', refundPolicy, LONGEST.refundPolicy),
    }),
  };
  if (words.name === '') throw new CallFailure('bad-stall', 'The stall needs a name: it stands on every receipt.');
  return { ...words, ...(receiptCopies !== undefined && { receiptCopies }), taxRates: checkedRates(taxRates, before) };
}

function line(what: string, typed: string, most: number): string {
  const text = plainText(typed);
  if (text.length <= most) return text;
  throw new CallFailure('bad-stall', `The ${what} is too long. It can have ${most} characters.`);
}

function checkedRates(typed: StallWords['taxRates'], before: readonly TaxRate[]): TaxRate[] {
  if (typed.length === 0) {
    throw new CallFailure('bad-stall', 'The stall needs one tax rate. If it charges no tax, make it one of 0%.');
  }
  if (typed.length > MOST_TAX_RATES) {
    throw new CallFailure('bad-stall', `A stall has at most ${MOST_TAX_RATES} tax rates. Take some off.`);
  }
  const taken = new Set(before.map(({ id }) => id));
  function newId(): string {
    let number = 1;
    while (taken.has(`tax-${number}`)) number += 1;
    taken.add(`tax-${number}`);
    return `tax-${number}`;
  }
  const rates = typed.map(({ id, name, basisPoints }) => {
    if (id !== null && !before.some((rate) => rate.id === id)) {
      throw new CallFailure('unknown-tax-rate');
    }
    return { id: id ?? newId(), name: line('name of a tax rate', name, LONGEST.rateName), basisPoints };
  });
  if (rates.some(({ name }) => name === '')) {
    throw new CallFailure(
      'bad-stall',
      'A tax rate has no name. Write what the receipt shall say, for instance VAT 20%.',
    );
  }
  const twin = rates.find(
    ({ id, name }, index) =>
      rates.findIndex((other) => other.id === id || other.name.toLowerCase() === name.toLowerCase()) !== index,
  );
  if (twin) throw new CallFailure('bad-stall', `Two tax rates are called “${twin.name}”. Change one.`);
  return rates;
}

function checkedCurrency(code: string): string {
  if (Intl.supportedValuesOf('currency').includes(code)) return code;
  throw new CallFailure('bad-stall', 'There is no such currency. Write its three letters, for instance GBP.');
}

function checkedLocale(locale: string): string {
  try {
    return new Intl.Locale(locale).toString();
  } catch {
    throw new CallFailure('bad-stall', 'That is not a language a computer knows. Write it like en-GB.');
  }
}

function checkedTimeZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    throw new CallFailure('bad-stall', 'There is no such time zone. Write it like Europe/London.');
  }
}

/** Four to twelve digits, neither one digit again and again nor a run such as 1234 or 8765. */
function checkedPin(pin: string): string {
  if (!/^\d{4,12}$/.test(pin)) {
    throw new CallFailure('bad-pin', { details: { reason: 'pin-digits', least: 4, most: 12 } });
  }
  const steps = new Set([...pin.slice(1)].map((digit, index) => Number(digit) - Number(pin[index])));
  const [step] = steps;
  if (steps.size === 1 && step !== undefined && Math.abs(step) <= 1) {
    throw new CallFailure('bad-pin', { details: { reason: 'pin-guessed' } });
  }
  return pin;
}
