import type { TopicState } from '../../shared/contract';

/** What the doctor can have a device do, once. */
export const TRIALS = ['print', 'drawer', 'display', 'scan', 'scale'] as const;
export type Trial = (typeof TRIALS)[number];

/** How long somebody has to scan something. */
export const SCAN_WITHIN_MS = 30_000;

/** How devices are, and what of them is not set up. */
export type Devices = TopicState<'devices'>;

/** What became of a trial, in a sentence. */
export interface Tried {
  readonly trial: Trial;
  readonly isFine: boolean;
  readonly said: string;
}
export type Said = Omit<Tried, 'trial'>;

/** The devices of a till, through the till that runs or without it. */
export interface Patient {
  readonly source: 'running-till' | 'own-look';
  readonly devices: Devices;
  /** Has one device do its one thing. Never rejects. */
  attempt(trial: Trial): Promise<Said>;
  /** Everything that helps somebody else to see what is wrong, as a file. */
  report(): Promise<{ readonly fileName: string; readonly text: string }>;
  close(): Promise<void>;
}

export function fine(said: string): Said {
  return { isFine: true, said };
}
export function wrong(said: string): Said {
  return { isFine: false, said };
}
