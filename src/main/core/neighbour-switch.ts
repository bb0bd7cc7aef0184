import pLimit from 'p-limit';
import { z } from 'zod';
import type { CallInput, CallOutput, SyncState } from '../../shared/contract';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import type { CoreContext } from './core-context';
import type { Neighbours } from './sync-service';

/** Where tills look for one another unless told otherwise. */
export const NEIGHBOUR_PORT = 8710;

/** Setting under which is kept whether tills beside this one are served, and where. */
const KEPT = 'neighbours-served';
const kept = z.object({ isOn: z.boolean(), port: z.int() }).catch({ isOn: false, port: NEIGHBOUR_PORT });

export interface NeighbourPlace {
  /** Which of this machine's addresses to serve; `0.0.0.0` for all. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/** Serves the tills beside this one, once it is open. */
export interface OpenNeighbours extends Neighbours {
  close(): Promise<void>;
}

/** Lets other tills of the stall connect here, or not; what was chosen survives a restart. Off until an operator says so. */
export class NeighbourSwitch {
  readonly #core: CoreContext;
  readonly #open: (place: NeighbourPlace) => Promise<OpenNeighbours>;
  readonly #onServing: (neighbours: Neighbours | null) => void;
  #serving: OpenNeighbours | null = null;
  #problem: SyncState['sharing']['problem'] = null;
  /** One after the other: two taps must not open one port twice. */
  readonly #inTurn = pLimit(1);

  /** @param open rejects with the system's error when the port cannot be had */
  constructor(
    core: CoreContext,
    open: (place: NeighbourPlace) => Promise<OpenNeighbours>,
    onServing: (neighbours: Neighbours | null) => void,
  ) {
    this.#core = core;
    this.#open = open;
    this.#onServing = onServing;
  }

  /** Serves where it was told at the start of the program. Rejects when that cannot be done. */
  async serveAt(place: NeighbourPlace): Promise<void> {
    this.#serving = await this.#open(place);
    this.#onServing(this.#serving);
  }

  /** Goes on as it was before the restart. Never rejects: a till sells whether others reach it or not, and screens say why not. */
  async resume(): Promise<void> {
    const { isOn, port } = this.#kept();
    if (!isOn) return;
    try {
      await this.serveAt({ host: '0.0.0.0', port });
    } catch (error) {
      this.#core.log.warn({ error, port }, 'Tills beside this one cannot be served');
      this.#problem = isTaken(error) ? 'port-taken' : 'failed';
      this.#core.topics.mark('sync');
    }
  }

  set(input: CallInput<'sync.serve'>, context: CallContext): Promise<CallOutput<'sync.serve'>> {
    return this.#inTurn(() => this.#set(input, context));
  }

  async #set(
    { isOn, port }: CallInput<'sync.serve'>,
    { requestId, staffId }: CallContext,
  ): Promise<CallOutput<'sync.serve'>> {
    const wasServing = this.#serving !== null;
    await this.close();
    if (isOn) {
      try {
        await this.serveAt({ host: '0.0.0.0', port });
      } catch (error) {
        if (wasServing) await this.resume();
        if (!isTaken(error)) throw error;
        throw new CallFailure('port-taken', { details: { reason: 'port-in-use', port: String(port) } });
      }
    }
    this.#core.store.settings.set(KEPT, { isOn, port });
    const result = { addresses: [...(this.#serving?.addresses ?? [])] };
    this.#core.store.commit({ requestId, actor: staffId, drafts: [], result });
    this.#core.topics.mark('sync');
    return result;
  }

  state(): SyncState['sharing'] {
    return { isOn: this.#serving !== null, port: this.#kept().port, problem: this.#problem };
  }

  /** Serves nobody any more; what was chosen stays. */
  async close(): Promise<void> {
    const serving = this.#serving;
    this.#serving = null;
    this.#problem = null;
    this.#onServing(null);
    await serving?.close();
  }

  #kept(): z.infer<typeof kept> {
    return kept.parse(this.#core.store.settings.get(KEPT));
  }
}

function isTaken(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EADDRINUSE' || code === 'EACCES';
}
