import type { ScaleSource } from '../../hardware/ports';
import type { Weighing } from '../../shared/contract';

/** Asks the till's scale once. It takes seconds at most, while a scale does not answer. */
export async function weigh(scales: ScaleSource): Promise<Weighing> {
  const scale = scales.scale();
  if (!scale) return { kind: 'none', reason: 'no-scale' };
  const weighed = await scale.weigh();
  return weighed.ok
    ? { kind: 'weight', weightGrams: weighed.value.weightGrams }
    : { kind: 'none', reason: weighed.error.code };
}
