import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { denominationsOf } from '../domain/denominations';
import type { Stall } from '../domain/stall';
import { stall as stallSchema } from '../shared/zod';
import { DEMO_PINS } from './core/session-service';
import { CARD_PROVIDERS } from './core/stall-service';
import type { Store } from './db/store';
import type { Importer } from './import/importer';

/** The stall a new till starts with, `resources/demo-stall/stall.json`. */
const demoStallFile = z.object({
  ...stallSchema.omit({ stallId: true, taxRates: true, cardProviders: true, denominations: true }).shape,
  taxRates: z.array(z.object({ id: z.string(), name: z.string(), percent: z.number() })),
  staff: z.array(z.object({ name: z.string(), role: z.enum(['operator', 'cashier']), pin: z.string() })),
});

/**
 * Sets up the demo stall with its people in a store that has no stall yet. Their PINs may be shown: they are no secret.
 * @param requestId of the command that asked for it, if one did
 */
export async function setUpDemoStall(
  store: Store,
  demoFolder: string,
  newId: () => string,
  requestId?: string,
): Promise<void> {
  const { staff, taxRates, ...file } = demoStallFile.parse(
    JSON.parse(readFileSync(join(demoFolder, 'stall.json'), 'utf8')),
  );
  const stall: Stall = {
    ...file,
    stallId: newId(),
    taxRates: taxRates.map(({ id, name, percent }) => ({ id, name, basisPoints: Math.round(percent * 100) })),
    cardProviders: CARD_PROVIDERS,
    denominations: denominationsOf(file.currency),
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
    result: {},
    ...(requestId !== undefined && { requestId }),
  });
}

/** Imports the demo stall's goods and photos by the same way as any other catalogue. */
export async function importDemoCatalogue(importer: Importer, demoFolder: string, stall: Stall): Promise<void> {
  const { importId } = await importer.openFile(join(demoFolder, 'catalogue.csv'), join(demoFolder, 'photos'));
  await importer.preview({ importId, format: 'trestle', taxRateId: stall.taxRates[0]?.id ?? '' });
  await importer.commit(importId, null);
}
