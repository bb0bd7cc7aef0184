/** The kiosk core in this process, reached through the contract as the till's window reaches it. */
import { v7 as newId } from 'uuid';
import { startKiosk, type BootOptions, type RunningKiosk } from '../src/main/boot';
import { silentLog } from '../src/main/core/log';
import { Store } from '../src/main/db/store';
import {
  CALLS,
  type CallInput,
  type CallMessage,
  type CallName,
  type CallOutput,
  type TopicState,
} from '../src/shared/contract';
import type { CallResult } from '../src/shared/errors';
import { progress } from './figure';
import { items } from './goods';

export interface BenchTill {
  readonly kiosk: RunningKiosk['kiosk'];
  readonly session: TopicState<'session'>;
  /** The value of a call; throws when it fails. */
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>;
  close(): Promise<void>;
}

/** What the contract's door is given for a call. */
export function message<N extends CallName>(call: N, input: CallInput<N>): CallMessage {
  return { call, input, ...(CALLS[call].kind === 'command' && { requestId: newId() }) };
}

/** The value of an answer; throws what went wrong. */
export function valueOf<N extends CallName>(name: N, result: CallResult<unknown>): CallOutput<N> {
  if (!result.ok) throw new Error(`${result.error.code} from ${name}: ${result.error.message}`);
  return result.value as CallOutput<N>;
}

/** A call of the contract on whatever carries it. */
export type Call = BenchTill['call'];

/** Signs on as the demo stall's operator and opens a shift, where that has not been done. */
export async function getReady(call: Call): Promise<void> {
  const { session } = await call('state.get', {});
  const operator = session.staff.find(({ role }) => role === 'operator');
  if (!operator?.demoPin) throw new Error('the demo stall shows its PINs');
  if (!session.signedOn) await call('staff.sign-on', { staffId: operator.staffId, pin: operator.demoPin });
  if (!session.shift) await call('shift.open', { floatMinor: 5_000 });
}

/** Starts the core on a data folder and makes it ready to sell. */
export async function startTill(options: Partial<BootOptions> & { readonly dataDir: string }): Promise<BenchTill> {
  const { kiosk, close } = await startKiosk({
    devices: 'none',
    demo: true,
    server: null,
    log: silentLog(),
    ...options,
  });
  const call: Call = async (name, input) => valueOf(name, await kiosk.dispatch({ role: 'till' }, message(name, input)));
  await getReady(call);
  return { kiosk, session: (await call('state.get', {})).session, call, close };
}

/** Fills a data folder that has no till yet with so many goods. */
export async function fillCatalogue(dataDir: string, count: number): Promise<void> {
  const store = Store.open({ dataDir, now: () => new Date(), newId, log: silentLog() });
  let told = '';
  await store.importItems({
    importId: newId(),
    source: 'bench',
    actor: null,
    items: items(count),
    onProgress({ phase, done }) {
      const step = `${phase}, ${25 * Math.floor((4 * done) / count)} % of ${count.toLocaleString('en')} items`;
      if (step === told || done * 4 < count) return;
      told = step;
      progress(step);
    },
  });
  store.close();
}

/** The same numbers every time, evenly spread from 0 up to `below`. */
export function* numbersBelow(below: number): Generator<number, never> {
  for (let state = 1; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield Math.floor((state / 2 ** 32) * below);
  }
}
