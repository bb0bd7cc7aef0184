import { z } from 'zod';
import { fail, ok, type Result } from '../../domain/result';

const byte = z.int().min(0).max(255);

/** A HID drawer as data, so that a stall can add one we do not know. */
const profileSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  /** What a person sees when choosing it. */
  name: z.string().min(1).max(80),
  match: z.strictObject({
    vendorId: z.int().min(1).max(0xffff),
    productId: z.int().min(0).max(0xffff),
  }),
  /** Length of every report sent, with the report id before it; what is not written here is filled with zeros. */
  reportBytes: z.int().min(2).max(1_025),
  /** The report that opens it. Its first byte is the report id, 0 where the device has none. */
  openReport: z.array(byte).min(2).max(64),
  /** The report it answers with its state, or null for a drawer that tells by itself. */
  statusReport: z.array(byte).min(2).max(64).nullable(),
  /** Where an input report says how the drawer stands: `report[byte] & mask`; null where none is known. */
  decode: z.strictObject({ byte: z.int().min(0).max(1_024), mask: byte.min(1), open: byte, closed: byte }).nullable(),
});
export type HidDrawerProfile = Readonly<z.infer<typeof profileSchema>>;

export const POSIFLEX_VENDOR_ID = 0x0d3a;
/** In the only protocol that is public, commands from here on are for the factory: `F0` starts the bootloader. */
const FIRST_FACTORY_COMMAND = 0xc0;
/** Behind the report id stand a number and a command, or a command alone. */
const PAYLOAD_START = 1;
const COMMAND_BYTES = 2;

/**
 * Posiflex CR-3000 and CR-4000. Each drawer has a number 0 to 7, set by switches and told by its product id. Reports are
 * 120 bytes without an id: number and command, answered by number and state (PyPI `posiflex-hidcd`).
 */
function posiflexDrawer(number: number): HidDrawerProfile {
  return {
    id: `posiflex-${number}`,
    name: `Posiflex CR drawer, number ${number}`,
    match: { vendorId: POSIFLEX_VENDOR_ID, productId: 0x0200 + number },
    reportBytes: 121,
    openReport: [0, number, number],
    statusReport: [0, number, number + 1],
    decode: { byte: 0, mask: 0xff, open: number << 4, closed: (number << 4) | 1 },
  };
}

/** Every HID drawer we know how to open. */
export const HID_DRAWER_PROFILES: readonly HidDrawerProfile[] = [0, 1, 2, 3, 4, 5, 6, 7].map(posiflexDrawer);

/** Why a drawer that is recognised cannot be opened. */
export type UnsupportedReason =
  /** Its maker publishes no protocol, and nothing sound is known of its reports. */
  | 'no-public-protocol'
  /** It was put into its bootloader; only its maker's tool brings it back. */
  | 'in-bootloader';

/** Drawers told by their numbers, with why they are left alone. A guess at their bytes could lock or wipe them. */
export const UNSUPPORTED_DRAWERS: readonly {
  readonly name: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly reason: UnsupportedReason;
}[] = [
  { name: 'Posiflex drawer', vendorId: POSIFLEX_VENDOR_ID, productId: 0x0c23, reason: 'in-bootloader' },
  { name: 'APG 554 USBPro drawer', vendorId: 0x07c5, productId: 0x0500, reason: 'no-public-protocol' },
  { name: 'Logic Controls CR3003 drawer', vendorId: 0x0fa8, productId: 0xb033, reason: 'no-public-protocol' },
  { name: 'Star SMD2 or CD3 drawer', vendorId: 0x0519, productId: 0x1011, reason: 'no-public-protocol' },
  { name: 'IBM or Toshiba drawer', vendorId: 0x04b3, productId: 0x4554, reason: 'no-public-protocol' },
  { name: 'IBM or Toshiba drawer', vendorId: 0x04b3, productId: 0x4581, reason: 'no-public-protocol' },
];

/** The profile for a device, the stall's own before ours. */
export function hidDrawerProfile(
  device: { readonly vendorId: number; readonly productId: number },
  own: readonly HidDrawerProfile[] = [],
): HidDrawerProfile | undefined {
  return [...own, ...HID_DRAWER_PROFILES].find(
    ({ match }) => match.vendorId === device.vendorId && match.productId === device.productId,
  );
}

/**
 * Reads profiles that a person wrote, from parsed JSON; `resources/drawer-profiles.example.json` is one, of the drawer whose
 * maker nobody named (WICG/webhid issue 99). Refuses what is not understood and what could harm a device: bytes
 * that belong to the factory, and any command to a Posiflex but the two that are known.
 */
export function parseDrawerProfiles(json: unknown): Result<readonly HidDrawerProfile[], 'invalid-profile'> {
  const parsed = z.array(profileSchema).max(100).safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return fail(
      'invalid-profile',
      `Drawer profiles: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'not understood'}`,
    );
  }
  for (const profile of parsed.data) {
    const objection = objectionTo(profile);
    if (objection !== null) return fail('invalid-profile', `Drawer profile ${profile.id}: ${objection}`);
  }
  return ok(parsed.data);
}

/** What speaks against ever using a profile, as a sentence; null when nothing does. */
export function objectionTo(profile: HidDrawerProfile): string | null {
  const { match, openReport, statusReport, reportBytes, decode } = profile;
  const reports = statusReport === null ? [openReport] : [openReport, statusReport];
  if (reports.some((report) => report.length > reportBytes)) return 'a report is longer than reportBytes.';
  if (decode !== null && (decode.open & decode.mask) === (decode.closed & decode.mask)) {
    return 'open and closed are the same under the mask.';
  }
  if (statusReport !== null && decode === null) return 'a statusReport is of no use without decode.';
  const isFactory = reports.some((report) =>
    report.slice(PAYLOAD_START, PAYLOAD_START + COMMAND_BYTES).some((each) => each >= FIRST_FACTORY_COMMAND),
  );
  if (isFactory) return 'commands from C0 on can put a drawer into its bootloader.';
  if (match.vendorId !== POSIFLEX_VENDOR_ID) return null;
  const known = HID_DRAWER_PROFILES.find((each) => each.match.productId === match.productId);
  const allowed = known ? [known.openReport, known.statusReport] : [];
  const isKnown = reports.every((report) => allowed.some((each) => String(each) === String(report)));
  return isKnown ? null : 'a Posiflex drawer takes no commands but its own.';
}
