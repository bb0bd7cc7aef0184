import type { Story } from './story';
import type { Outcome } from './run';
export function writePage(_: { root: string; folder: string; story: Story; outcome: Outcome }): void {}
