import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { newCode, readCode } from '../../exchange/enrol-code';
import type { Clock, Unsubscribe } from '../../hardware/ports';
import { DISPLAY_WINDOW_MODES } from '../../shared/display-schemas';
import type { CallInput, CallOutput, TopicState } from '../../shared/contract';
import { CallFailure } from './call-failure';
import type { CoreContext } from './core-context';

type Nothing = Record<string, never>;
type DisplaysState = TopicState<'displays'>;
export type Screen = DisplaysState['screens'][number];
export type DisplayWindowChoice = Pick<DisplaysState['window'], 'mode' | 'screenId'>;

/** Long enough to walk around the table with a tablet. */
const CODE_LIFE_MS = 10 * 60_000;
/** A code that was guessed at is none any more. */
const MOST_WRONG = 5;
/** More than any stall hangs up. */
const MOST_DISPLAYS = 20;
/** A display that says nothing for so long is not there. */
const HERE_MS = 30_000;
/** Kept once in a while, and not with every word of a display. */
const KEEP_SEEN_MS = 10 * 60_000;

const CHOSEN = 'display-window';
const chosen = z
  .object({ mode: z.enum(DISPLAY_WINDOW_MODES), screenId: z.string().nullable() })
  .catch({ mode: 'second-screen', screenId: null });

const SCANNER = 'display-scanner';
const scanner = z.string().nullable().catch(null);

const PAIRED = 'displays-paired';
const paired = z
  .array(
    z.object({
      displayId: z.string(),
      name: z.string(),
      tokenHash: z.string(),
      pairedAt: z.string(),
      lastSeenAt: z.string().nullable(),
    }),
  )
  .catch([]);
type Paired = z.infer<typeof paired>[number];

/** What the desk needs to know that is not its own. */
export interface DisplayDeskOptions {
  readonly clock: Clock;
  /** Where the pages for displays are served on the stall's network, without a path; null while they are not. */
  readonly servedAt: () => string | null;
}

/**
 * Which displays there are: the window on this machine's second screen, and browsers that were paired by a code. Of a
 * browser's token only the hash is kept.
 */
export class DisplayDesk {
  readonly #core: CoreContext;
  readonly #options: DisplayDeskOptions;
  readonly #listeners = new Set<(choice: DisplayWindowChoice) => void>();
  /** The paired displays that are there; each stops the timer that takes it for gone. */
  readonly #here = new Map<string, Unsubscribe>();
  #screens: readonly Screen[] = [];
  #isWindowOpen = false;
  #code: { readonly letters: string; readonly untilMs: number; wrong: number } | null = null;
  #paired: readonly Paired[] | null = null;
  #scannerId: string | null | undefined;

  constructor(core: CoreContext, options: DisplayDeskOptions) {
    this.#core = core;
    this.#options = options;
  }

  state(): DisplaysState {
    return {
      screens: this.#screens,
      window: { ...this.choice(), isOpen: this.#isWindowOpen },
      servedAt: this.#options.servedAt(),
      scannerId: this.scannerId,
      paired: this.#all().map(({ displayId, name, pairedAt, lastSeenAt }) => ({
        displayId,
        name,
        pairedAt,
        lastSeenAt,
        isHere: this.#here.has(displayId),
      })),
    };
  }

  /** What is to be done with the window. */
  choice(): DisplayWindowChoice {
    return chosen.parse(this.#core.store.settings.get(CHOSEN));
  }

  /** Hears of every other choice. */
  onChoice(listener: (choice: DisplayWindowChoice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The machine's screens are these now. */
  screensChanged(screens: readonly Screen[]): void {
    this.#screens = screens;
    this.#core.topics.mark('displays');
  }

  windowChanged(isOpen: boolean): void {
    this.#isWindowOpen = isOpen;
    this.#core.topics.mark('displays');
  }

  setWindow(choice: CallInput<'display.set-window'>): Nothing {
    this.#core.store.settings.set(CHOSEN, choice);
    this.#core.topics.mark('displays');
    for (const listener of this.#listeners) listener(choice);
    return {};
  }

  /** The scanner that belongs to the shoppers; asked with every scan. */
  get scannerId(): string | null {
    if (this.#scannerId === undefined) this.#scannerId = scanner.parse(this.#core.store.settings.get(SCANNER) ?? null);
    return this.#scannerId;
  }

  setScanner({ deviceId }: CallInput<'display.set-scanner'>): Nothing {
    this.#core.store.settings.set(SCANNER, deviceId);
    this.#scannerId = deviceId;
    this.#core.topics.mark('displays');
    return {};
  }

  newCode(): CallOutput<'display.new-code'> {
    if (this.#all().length >= MOST_DISPLAYS) {
      throw new CallFailure('too-many-displays', { details: { reason: 'displays-at-most', most: MOST_DISPLAYS } });
    }
    const code = newCode();
    const untilMs = this.#core.now().getTime() + CODE_LIFE_MS;
    this.#code = { letters: readCode(code) ?? '', untilMs, wrong: 0 };
    const at = this.#options.servedAt();
    return {
      code,
      expiresAt: new Date(untilMs).toISOString(),
      address: at === null ? null : `${at}/display/`,
      link: at === null ? null : `${at}/display/#pair=${code}`,
    };
  }

  /** Exchanges a code for a token, once; null when the code is none, or none any more. */
  pair({ code, name }: CallInput<'display.pair'>): CallOutput<'display.pair'> {
    const nowMs = this.#core.now().getTime();
    const waiting = this.#code;
    if (!waiting || nowMs > waiting.untilMs || waiting.wrong >= MOST_WRONG) return null;
    if (readCode(code) !== waiting.letters) {
      waiting.wrong += 1;
      return null;
    }
    this.#code = null;
    const token = randomBytes(32).toString('base64url');
    const displayId = this.#core.newId();
    const at = new Date(nowMs).toISOString();
    const added = { displayId, name: name.trim(), tokenHash: hashOf(token), pairedAt: at, lastSeenAt: at };
    this.#keep([...this.#all(), added]);
    return { displayId, token };
  }

  /** Whose token this is, or null: it was never given, or taken back. Says at the same time that the display is there. */
  enter({ token }: CallInput<'display.enter'>): CallOutput<'display.enter'> {
    const hash = hashOf(token);
    const display = this.#all().find(({ tokenHash }) => tokenHash === hash);
    if (!display) return null;
    const { displayId, lastSeenAt } = display;
    const nowMs = this.#core.now().getTime();
    const wasHere = this.#here.has(displayId);
    this.#isHere(displayId);
    if (lastSeenAt === null || nowMs - Date.parse(lastSeenAt) > KEEP_SEEN_MS) {
      const seen = { ...display, lastSeenAt: new Date(nowMs).toISOString() };
      this.#keep(this.#all().map((one) => (one === display ? seen : one)));
    } else if (!wasHere) this.#core.topics.mark('displays');
    return { displayId };
  }

  unpair({ displayId }: CallInput<'display.unpair'>): Nothing {
    this.#isGone(displayId);
    this.#keep(this.#all().filter((one) => one.displayId !== displayId));
    return {};
  }

  rename({ displayId, name }: CallInput<'display.rename'>): Nothing {
    this.#keep(this.#all().map((one) => (one.displayId === displayId ? { ...one, name: name.trim() } : one)));
    return {};
  }

  /** Waits for nobody any more. */
  stop(): void {
    for (const displayId of [...this.#here.keys()]) this.#isGone(displayId);
  }

  #isHere(displayId: string): void {
    this.#isGone(displayId);
    const leave = this.#options.clock.after(HERE_MS, () => {
      this.#here.delete(displayId);
      this.#core.topics.mark('displays');
    });
    this.#here.set(displayId, leave);
  }

  #isGone(displayId: string): void {
    this.#here.get(displayId)?.();
    this.#here.delete(displayId);
  }

  #all(): readonly Paired[] {
    return (this.#paired ??= paired.parse(this.#core.store.settings.get(PAIRED)));
  }

  #keep(displays: readonly Paired[]): void {
    this.#core.store.settings.set(PAIRED, displays);
    this.#paired = displays;
    this.#core.topics.mark('displays');
  }
}

/** 256 random bits need no salt. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
