import { roundsOf, type PriceTestPlan } from '../../domain/experiment';
import { normalQuantile } from '../distributions';

/** Variance of how busy blocks are beyond chance, as a share of its square, where nobody knows better: a gusty market. */
const USUAL_DISPERSION = 0.2;
const POWER = 0.8;

/**
 * About which difference in units per hour a test finds four times out of five, before anything is known but how much is
 * usually sold: the usual sample size formula for paired differences, solved for the difference. A person sees from it
 * whether a test is worth setting up.
 */
export function detectableUnits(
  plan: Pick<PriceTestPlan, 'armsMinor' | 'blockMs' | 'washoutMs' | 'stop' | 'falseWinnerBasisPoints'>,
  unitsPerHour: number,
): number {
  const hours = (plan.blockMs - plan.washoutMs) / 3_600_000;
  const perBlock = unitsPerHour * hours;
  const variance = (2 * perBlock * (1 + USUAL_DISPERSION * perBlock)) / hours ** 2;
  const allowed = plan.falseWinnerBasisPoints / 10_000 / (plan.armsMinor.length - 1);
  const reach = normalQuantile(1 - allowed / 2) + normalQuantile(POWER);
  return reach * Math.sqrt(variance / roundsOf(plan));
}
