import { existsSync } from 'node:fs';
import { systemClock, type Clock, type Unsubscribe } from '../ports';
import { cupsQueues } from '../transports/cups';
import { lookThroughLibraries } from './libraries';
import { lookAtLinux } from './linux';
import type { LookAtPlugs, Plugged } from './plugged';

/** Calls back whenever something is plugged in or out; null where the system does not tell. */
export type HearPlugs = (onPlug: () => void) => Promise<Unsubscribe | null>;

export interface PlugWatchOptions {
  readonly clock: Clock;
  readonly look: LookAtPlugs;
  readonly hear: HearPlugs;
  /** Hears what is plugged in, after the first look and whenever it has changed. */
  readonly onChange: (plugged: readonly Plugged[]) => void;
  /** Whether something set up is missing, so that it is worth looking where the system does not tell. */
  readonly isWaiting: () => boolean;
}

export interface PlugWatch {
  /** What was there at the last look. */
  readonly plugged: readonly Plugged[];
  /** Looks now; shares a look under way, and the last one when it is fresh. */
  look(): Promise<void>;
  stop(): void;
}

/** Out of the way of the first sale after a start. */
const FIRST_LOOK_MS = 500;
/** Drivers bind and rights are given in the moments after a device was plugged in. */
const LOOKS_AFTER_PLUG_MS = [300, 1_500] as const;
const POLL_MS = 2_500;
const FRESH_MS = 1_000;

/** Watches what is plugged in: by the system's events where it tells, by looking now and then where it does not. */
export function watchPlugs(options: PlugWatchOptions): PlugWatch {
  const { clock, look, hear, onChange, isWaiting } = options;
  let plugged: readonly Plugged[] = [];
  let known: string | null = null;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | null = null;
  let isStopped = false;
  const timers = new Set<Unsubscribe>();
  let stopHearing: Unsubscribe | null = null;

  function later(delayMs: number, task: () => void): void {
    if (isStopped) return;
    const cancel = clock.after(delayMs, () => {
      timers.delete(cancel);
      task();
    });
    timers.add(cancel);
  }

  function lookNow(): Promise<void> {
    looking ??= (async () => {
      const seen = await look();
      looking = null;
      lookedAtMs = clock.now();
      const next = JSON.stringify(seen);
      if (isStopped || next === known) return;
      known = next;
      plugged = seen;
      onChange(seen);
    })();
    return looking;
  }

  function poll(): void {
    later(POLL_MS, () => {
      if (isWaiting()) void lookNow();
      poll();
    });
  }

  later(FIRST_LOOK_MS, () => void lookNow());
  void hear(() => {
    for (const delayMs of LOOKS_AFTER_PLUG_MS) later(delayMs, () => void lookNow());
  }).then((stop) => {
    if (isStopped) return stop?.();
    stopHearing = stop;
    if (stop === null) poll();
  });

  return {
    get plugged() {
      return plugged;
    },
    async look() {
      const ageMs = clock.now() - lookedAtMs;
      if (ageMs < 0 || ageMs >= FRESH_MS) await lookNow();
    },
    stop() {
      isStopped = true;
      stopHearing?.();
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}

/** Looks at what is plugged into this machine, and at the queues of its printing system. */
export const lookAtThisMachine: LookAtPlugs = async () => {
  const [plugged, queues] = await Promise.all([
    process.platform === 'linux' ? lookAtLinux() : lookThroughLibraries(),
    process.platform === 'win32' ? [] : cupsQueues(systemClock),
  ]);
  return [
    ...plugged,
    ...queues.map((queue): Plugged => ({
      bus: 'queue',
      address: `queue:${queue}`,
      queue,
      name: queue,
      permission: 'granted',
    })),
  ];
};

/** The USB events of this machine. On Linux they come from udev: without it there are none, ever, and no error either. */
export const hearUsb: HearPlugs = async (onPlug) => {
  if (process.platform === 'linux' && !existsSync('/run/udev/control')) return null;
  try {
    const { usb } = await import('usb');
    usb.addEventListener('connect', onPlug);
    usb.addEventListener('disconnect', onPlug);
    return () => {
      usb.removeEventListener('connect', onPlug);
      usb.removeEventListener('disconnect', onPlug);
    };
  } catch {
    return null;
  }
};
