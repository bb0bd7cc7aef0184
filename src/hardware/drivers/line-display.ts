import {
  encodeDisplayClear,
  encodeDisplayLines,
  encodeDisplayStart,
  type DisplayBrightness,
} from '../encoders/line-display';
import type { LineDisplayProfile } from '../models/line-displays';
import type { Clock, LineDisplayPort } from '../ports';
import type { Connection, Transport } from '../transports/transport';
import { keepConnected } from './kept-connection';

export interface LineDisplayOptions {
  readonly deviceId: string;
  readonly profile: LineDisplayProfile;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Default 4, full. */
  readonly brightness?: DisplayBrightness;
}

/**
 * A customer display on a serial line. It only listens, so nothing proves what it shows: it is `degraded no-status` at best.
 * Only the newest text is ever waiting; a slow display skips what nobody could have read.
 */
export function createLineDisplay(options: LineDisplayOptions): LineDisplayPort {
  const { deviceId, profile, transport, clock, brightness = 4 } = options;
  /** What it should show, and what was last written to this connection; an empty display from the start. */
  let wanted = encodeDisplayClear();
  let written: Uint8Array | null = null;
  let isWriting = false;

  const kept = keepConnected<Connection>({
    transport,
    clock,
    mustAnswer: true,
    onOpen(connection) {
      written = null;
      void bringUpToDate(connection);
    },
    onEnd: () => undefined,
  });

  async function bringUpToDate(connection: Connection): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    while (kept.current() === connection && written !== wanted) {
      const text = wanted;
      const start = written === null ? encodeDisplayStart(profile, brightness) : new Uint8Array();
      const { outcome } = await connection.write(Buffer.concat([start, text]));
      if (kept.current() !== connection) break;
      if (outcome === 'stalled') await kept.drop();
      else if (outcome === 'written') {
        written = text;
        kept.setStatus({ state: 'degraded', reason: 'no-status' });
      } else break;
    }
    isWriting = false;
    // A new connection may have come while the old one was being waited for.
    const next = kept.current();
    if (next !== null && next !== connection) await bringUpToDate(next);
  }

  function want(text: Uint8Array): void {
    if (Buffer.compare(text, wanted) === 0) return;
    wanted = text;
    const connection = kept.current();
    if (connection) void bringUpToDate(connection);
  }

  return {
    deviceId,
    label: profile.name,
    get status() {
      return kept.status;
    },
    onStatus: (listener) => kept.onStatus(listener),
    show: (upper, lower) => want(encodeDisplayLines(upper, lower, profile)),
    clear: () => want(encodeDisplayClear()),
    close: () => kept.close(),
  };
}
