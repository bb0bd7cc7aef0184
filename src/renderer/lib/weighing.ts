import type { Weighing } from '../../shared/contract';
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
