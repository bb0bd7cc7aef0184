import { fail, ok, type Result } from '../domain/result';
import type { DrawerLevel, DrawerSwitch, PrinterPort } from './ports';

/** Enough to notice a drawer that somebody is still moving. */
const SAMPLES = 5;

/** What the printer said of its drawer switch in each of the two positions; null where it did not answer. */
export interface DrawerSamples {
  readonly closed: readonly (DrawerLevel | null)[];
  readonly open: readonly (DrawerLevel | null)[];
}

/** Asks a few times in a row, while a person keeps the drawer in one position. One step of calibrating. */
export async function sampleDrawer(printer: Pick<PrinterPort, 'drawerLevel'>): Promise<(DrawerLevel | null)[]> {
  const samples: (DrawerLevel | null)[] = [];
  while (samples.length < SAMPLES) samples.push(await printer.drawerLevel());
  return samples;
}

/**
 * What two steps of sampling, shut and then open, say of the switch. The same level in both means that none is wired,
 * which is a finding and no error: the drawer still opens, but its state stays unknown.
 */
export function calibrateDrawer({ closed, open }: DrawerSamples): Result<DrawerSwitch, 'not-answering' | 'unsteady'> {
  const [closedLevel] = closed;
  const [openLevel] = open;
  if (!closedLevel || !openLevel || [...closed, ...open].includes(null)) {
    return fail('not-answering', 'The printer did not say how its drawer stands. Check that it is on, and try again.');
  }
  if (closed.some((level) => level !== closedLevel) || open.some((level) => level !== openLevel)) {
    return fail('unsteady', 'The drawer moved meanwhile. Leave it still, and try again.');
  }
  return ok(closedLevel === openLevel ? { wired: false } : { wired: true, openLevel });
}
