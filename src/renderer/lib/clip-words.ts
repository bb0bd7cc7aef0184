import type { ClipFault } from '../../shared/clip-check';
import { CLIP_DURATION_MS, CLIP_SIDE, MOST_CLIP_BYTES } from '../../shared/clip-schemas';
import * as m from '../../shared/i18n/generated/messages.js';

const WORDS: Readonly<Record<ClipFault, () => string>> = {
  empty: m.clip_fault_empty,
  'too-large': () => m.clip_fault_too_large({ megabytes: MOST_CLIP_BYTES / 1024 / 1024 }),
  container: m.clip_fault_container,
  'no-picture': m.clip_fault_no_picture,
  codec: m.clip_fault_codec,
  sound: m.clip_fault_sound,
  broken: m.clip_fault_broken,
  'too-short': () => m.clip_fault_too_short({ seconds: CLIP_DURATION_MS.least / 1000 }),
  'too-long': () => m.clip_fault_too_long({ seconds: CLIP_DURATION_MS.most / 1000 }),
  'too-small': () => m.clip_fault_too_small({ pixels: CLIP_SIDE.least }),
  'too-big': () => m.clip_fault_too_big({ pixels: CLIP_SIDE.most }),
  'other-size': m.clip_fault_other_size,
};

/** Why a film is no clip, with what mends it. */
export function clipFaultWords(fault: ClipFault): string {
  return WORDS[fault]();
}
