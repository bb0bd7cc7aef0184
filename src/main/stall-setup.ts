import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Stall } from '../domain/stall';
import { stall as stallSchema } from '../shared/zod';
import { DEMO_PINS } from './core/session-service';
import type { Store } from './db/store';
import type { Importer } from './import/importer';

/** The stall a new till starts with, `resources/demo-stall/stall.json`. */
const demoStallFile = z.object({
  ...stallSchema.omit({ stallId: true, taxRates: true, cardProviders: true, denominations: true }).shape,
  taxRates: z.array(z.object({ id: z.string(), name: z.string(), percent: z.number() })),
  staff: z.array(z.object({ name: z.string(), role: z.enum(['operator', 'cashier']), pin: z.string() })),
});

const POUND_DENOMINATIONS = [5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1];
const CARD_PROVIDERS = ['SumUp', 'Square', 'Zettle'];

/** Sets up the demo stall with its people in a store that has no stall yet. Their PINs may be shown: they are no secret. */
export async function setUpDemoStall(store: Store, demoFolder: string, newId: () => string): Promise<Stall> {
  const { staff, taxRates, ...file } = demoStallFile.parse(
    JSON.parse(readFileSync(join(demoFolder, 'stall.json'), 'utf8')),
  );
  const stall: Stall = {
    ...file,
    stallId: newId(),
    taxRates: taxRates.map(({ id, name, percent }) => ({ id, name, basisPoints: Math.round(percent * 100) })),
    cardProviders: CARD_PROVIDERS,
    denominations: POUND_DENOMINATIONS,
  };
  const people = staff.map((person) => ({ ...person, staffId: newId() }));
  for (const { staffId, name, pin } of people) await store.people.put(staffId, name, pin);
  store.settings.set(DEMO_PINS, Object.fromEntries(people.map(({ staffId, pin }) => [staffId, pin])));
  // The facts last and together: a stop before this line leaves a store that is set up again at the next start.
  store.commit({
    actor: null,
    drafts: [
      { kind: 'stall.configured', body: { stall } },
      ...people.map(({ staffId, role }) => ({ kind: 'staff.added' as const, body: { staffId, role } })),
    ],
    result: null,
  });
  return stall;
}

/** Imports the demo stall's goods and photos by the same way as any other catalogue. */
export async function importDemoCatalogue(importer: Importer, demoFolder: string, stall: Stall): Promise<void> {
  const { importId } = await importer.openFile(join(demoFolder, 'catalogue.csv'), join(demoFolder, 'photos'));
  await importer.preview({ importId, format: 'trestle', taxRateId: stall.taxRates[0]?.id ?? '' });
  await importer.commit(importId, null);
}
