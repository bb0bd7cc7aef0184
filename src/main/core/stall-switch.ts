import pLimit from 'p-limit';
import type { Clock, Unsubscribe } from '../../hardware/ports';
import { stallServing, type StallOffer, type StallServing } from '../../shared/shop-schemas';
import type { CallInput, TopicState } from '../../shared/contract';
import type { CallContext } from './call-door';
import type { CoreContext } from './core-context';
import type { OwnAddress } from './stall-addresses';

/** Where shoppers look for a stall unless told otherwise. */
const STALL_PORT = 8720;
/** A port that was busy or an address that went is looked for again after this. */
const LOOK_EVERY_MS = 5_000;

/** Setting under which is kept how the operator wants it. */
const KEPT = 'stall-serving';
const kept = stallServing.catch({ isOn: false, address: null, port: STALL_PORT, offers: ['gallery'], publicUrl: null });

/** Where to serve shoppers. */
export interface StallPlace {
  /** An IPv4 address of this machine. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/** A stall server that is up. */
export interface OpenStallServer {
  /** `http://192.168.1.20:8720` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves shoppers on the stall's network, or not; what was chosen survives a restart. Off until an operator says so. A port
 * that is taken or a network that is gone is said and tried again, and no sale ever waits for any of it.
 */
export class StallSwitch {
  readonly #core: CoreContext;
  readonly #options: {
    readonly open: (place: StallPlace, onEnd: (error: Error) => void) => Promise<OpenStallServer>;
    readonly clock: Clock;
    readonly addresses: () => readonly OwnAddress[];
  };
  #serving: { readonly server: OpenStallServer; readonly host: string; readonly isFixed: boolean } | null = null;
  #problem: TopicState<'shop'>['problem'] = null;
  /** One after the other: two taps must not open one port twice. */
  readonly #inTurn = pLimit(1);
  #cancelLook: Unsubscribe = () => undefined;

  /**
   * @param options `open` rejects with the system's error when the port cannot be had, and calls `onEnd` when a server that
   *   was up ends by itself
   */
  constructor(
    core: CoreContext,
    options: {
      readonly open: (place: StallPlace, onEnd: (error: Error) => void) => Promise<OpenStallServer>;
      readonly clock: Clock;
      readonly addresses: () => readonly OwnAddress[];
    },
  ) {
    this.#core = core;
    this.#options = options;
  }

  /** Serves where it was told at the start of the program, whatever is set. Rejects when that cannot be done. */
  async serveAt({ host, port }: StallPlace): Promise<void> {
    await this.#open({ host, port }, true);
    this.#told();
  }

  /** Goes on as it was before the restart. */
  resume(): void {
    void this.#next(() => this.#look());
  }

  /** What the operator wants from now on. Answers once it is tried. */
  async set(input: CallInput<'shop.serve'>, { requestId, staffId }: CallContext): Promise<Record<string, never>> {
    await this.#next(async () => {
      const before = this.wanted();
      this.#core.store.settings.set(KEPT, input);
      this.#core.store.commit({ requestId, actor: staffId, drafts: [], result: {} });
      const isElsewhere = input.port !== before.port || input.address !== before.address;
      if (!input.isOn || isElsewhere) await this.#shut();
      await this.#look();
    });
    return {};
  }

  /** What the operator wants. */
  wanted(): StallServing {
    return kept.parse(this.#core.store.settings.get(KEPT));
  }

  state(): TopicState<'shop'> {
    return {
      ...this.wanted(),
      url: this.url(),
      problem: this.#problem,
      addresses: [...this.#options.addresses()],
    };
  }

  /** Where shoppers reach it on the stall's own network; null while it is not up. */
  url(): string | null {
    return this.#serving?.server.url ?? null;
  }

  /** Where codes lead shoppers to one thing that is offered, without a slash at the end; null while they can reach none of it. */
  addressOf(offer: StallOffer): string | null {
    return this.wanted().offers.includes(offer) ? this.url() : null;
  }

  /** Serves nobody any more; what was chosen stays. */
  async close(): Promise<void> {
    await this.#next(async () => {
      this.#cancelLook();
      this.#cancelLook = () => undefined;
      await this.#shut();
    });
  }

  #next(work: () => Promise<void>): Promise<void> {
    const run = this.#inTurn(work);
    run.catch((error: unknown) => this.#core.log.error({ error }, 'The stall server could not be switched'));
    return run;
  }

  /** Makes what is there what is wanted, and looks again later as long as it is on. */
  async #look(): Promise<void> {
    this.#cancelLook();
    const { isOn, address, port } = this.wanted();
    if (this.#serving?.isFixed) return this.#told();
    if (!isOn) {
      this.#problem = null;
      return this.#told();
    }
    const before = { url: this.#serving?.server.url, problem: this.#problem };
    const here = this.#options.addresses().map((own) => own.address);
    // An address that a person typed is served though no network gave it, as long as it is this machine's.
    const host = address ?? here[0] ?? null;
    if (this.#serving !== null && this.#serving.host !== host && !here.includes(this.#serving.host)) await this.#shut();
    if (host === null) this.#problem = 'no-network';
    else if (this.#serving === null) await this.#try({ host, port });
    if (before.url !== this.#serving?.server.url || before.problem !== this.#problem) this.#told();
    this.#cancelLook = this.#options.clock.after(LOOK_EVERY_MS, () => void this.#next(() => this.#look()));
  }

  async #try(place: StallPlace): Promise<void> {
    try {
      await this.#open(place, false);
      this.#problem = null;
    } catch (error) {
      if (this.#problem === null) this.#core.log.warn({ error, ...place }, 'Shoppers cannot be served');
      this.#problem = problemOf(error);
    }
  }

  async #open(place: StallPlace, isFixed: boolean): Promise<void> {
    let server: OpenStallServer | null = null;
    server = await this.#options.open(place, (error) => {
      if (server === null || this.#serving?.server !== server) return;
      this.#core.log.error({ error }, 'The stall server broke off and begins again');
      this.#serving = null;
      this.#problem = 'failed';
      this.#told();
    });
    this.#serving = { server, host: place.host, isFixed };
  }

  async #shut(): Promise<void> {
    const serving = this.#serving;
    this.#serving = null;
    this.#problem = null;
    await serving?.server.close();
  }

  #told(): void {
    this.#core.topics.mark('shop');
  }
}

function problemOf(error: unknown): NonNullable<TopicState<'shop'>['problem']> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE' || code === 'EACCES') return 'port-taken';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'address-gone';
  return 'failed';
}
