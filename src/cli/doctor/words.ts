import type { JobSummary, Weighing } from '../../shared/contract';
import { weighingWords } from '../../shared/device-words';
import { fine, wrong, type Said } from './patient';

/** How a job ended, or how it stands when it did not in time. */
export type Ended = Pick<JobSummary, 'state' | 'reason'>;

export function pageWords({ state, reason }: Ended): Said {
  if (state === 'acknowledged') return fine('The printer says that the page came out: £ and € must be right on it.');
  if (state === 'sent-unconfirmed')
    return fine('The page was sent. This printer never says whether it printed: look at the paper.');
  if (state === 'unknown') return wrong(`The page may have printed (${reason}): look at the paper.`);
  if (state === 'waiting') return wrong('The page waits for its printer, and prints when it is back.');
  return wrong(`The page did not print (${reason || state}).`);
}

export function kickWords({ state, reason }: Ended): Said {
  if (state === 'acknowledged') return fine('The drawer was told to open, and its device did so.');
  if (state === 'sent-unconfirmed')
    return fine('The drawer was told to open. Nothing says whether it did: look at it.');
  return wrong(`The drawer was not opened (${reason || state}).`);
}

export function weightWords(weighing: Weighing): Said {
  if (weighing.kind === 'weight') return fine(`${weighing.weightGrams} g lie on the scale.`);
  return wrong(weighing.reason === 'no-scale' ? 'No scale is set up.' : weighingWords(weighing));
}

/** @param code AIM identifier first, where the scanner tells one; null when nothing was scanned */
export function scanWords(code: string | null): Said {
  return code === null
    ? wrong('No scan came. A scanner that types is no device to the doctor: try it in any text field.')
    : fine(`Read ${JSON.stringify(code)}.`);
}

export const DISPLAY_TOLD = fine(
  'A greeting is on its way to the display. If it shows nonsense, choose another model.',
);
export const NO_PRINTER = wrong('No printer is set up.');
export const NO_DRAWER = wrong('No drawer is set up, and no printer that could open one.');
export const NO_DISPLAY = wrong('No customer display is set up.');
