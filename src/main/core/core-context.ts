import type { Context } from '../../domain/context';
import type { Stall } from '../../domain/stall';
import type { Store } from '../db/store';
import { CallFailure } from './call-failure';
import type { Log } from './log';
import type { TopicHub } from './topic-hub';

/** What every service works with. */
export interface CoreContext {
  readonly store: Store;
  readonly topics: TopicHub;
  readonly log: Log;
  /** The stall this kiosk sells for. */
  readonly stall: Stall;
  now(): Date;
  /** A new UUIDv7. */
  newId(): string;
}

/** What domain functions need of the world, as of now. */
export function domainContext(core: CoreContext): Context {
  return { now: core.now().toISOString(), newId: () => core.newId() };
}

/** Does what a timer asks for. Nobody waits there to be told what goes wrong: it is logged, and the till goes on. */
export function attempt({ log }: Pick<CoreContext, 'log'>, failed: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    log.warn({ error }, failed);
  }
}

/** The person signed on, for calls that only a signed-on person reaches. */
export function requireStaff(staffId: string | null): string {
  if (staffId === null) throw new CallFailure('not-signed-on');
  return staffId;
}
