import type { Weighing } from '../../shared/contract';
import * as m from '../../shared/i18n/generated/messages.js';
import type { Client } from './client';

/** Soon enough to follow a hand, and no more than a serial scale can answer. */
const PAUSE_MS = 250;

/**
 * Asks the scale again and again, one question after the other, until stopped.
 * @param onWeighing hears every answer; null while the till itself does not answer
 */
export function repeatWeighing(client: Pick<Client, 'call'>, onWeighing: (said: Weighing | null) => void): () => void {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = async (): Promise<void> => {
    const result = await client.call('scale.weigh', {});
    if (isOver) return;
    onWeighing(result.ok ? result.value : null);
    timer = setTimeout(() => void ask(), PAUSE_MS);
  };
  void ask();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

const PROBLEM_WORDS: Readonly<Record<Extract<Weighing, { kind: 'none' }>['reason'], () => string>> = {
  'no-scale': m.weight_hint,
  unstable: m.scale_unstable,
  overload: m.scale_overload,
  negative: m.scale_negative,
  'device-error': m.scale_device_error,
  'not-answering': m.scale_not_answering,
  disconnected: m.scale_disconnected,
};

/** What the cashier should know or do next. Typing the weight is always possible. */
export function weighingWords(weighing: Weighing | null): string {
  if (weighing === null) return m.scale_asking();
  if (weighing.kind === 'none') return PROBLEM_WORDS[weighing.reason]();
  return weighing.weightGrams === 0 ? m.scale_empty() : m.scale_rests();
}
