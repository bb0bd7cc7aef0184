/**
 * How the devices of a stall are set up: one list, kept with the till and sent over the contract. Ids of models, profiles
 * and protocols are the hardware layer's; one that it does not know falls back to a general one there.
 */
import { z } from 'zod';
import { id, type Frozen } from './zod';

const text = (most: number) => z.string().max(most);
const sixteenBits = z.int().min(0).max(0xffff);

/** Two devices of one kind are told apart by the serial number; `null` where it tells none, or any will do. */
export const usbIdentity = z.object({
  vendorId: sixteenBits,
  productId: sixteenBits,
  serialNumber: text(126).nullable(),
});

const tcp = z.object({ via: z.literal('tcp'), host: text(253).min(1), port: z.int().min(1).max(65_535) });
const usb = usbIdentity.extend({ via: z.literal('usb') });
const hid = usbIdentity.extend({ via: z.literal('hid') });
const serial = z.object({
  via: z.literal('serial'),
  /** `/dev/ttyACM0`, `/dev/rfcomm0`, `COM3`. */
  path: text(260).min(1),
  baudRate: z.int().min(300).max(1_000_000),
  /** Who is behind the port, so that it is known again under another path; `null` for a port of the board. */
  usb: usbIdentity.nullable(),
});
/** The printing system's own rule for names of queues; none can be taken for an option of its commands. */
const cups = z.object({ via: z.literal('cups'), queue: z.string().regex(/^[^-\s/#?\\'"][^\s/#?\\'"]{0,126}$/) });
const spooler = z.object({ via: z.literal('spooler'), printerName: text(220).min(1) });
/** A device made of nothing, for practice and for tests. */
const virtual = z.object({ via: z.literal('virtual') });

const drawerPin = z.union([z.literal(2), z.literal(5)]);

const printerSettings = z.object({
  kind: z.literal('printer'),
  link: z.discriminatedUnion('via', [tcp, usb, serial, cups, spooler, virtual]),
  model: text(40),
  /** What hangs on its drawer socket, or null for nothing. */
  drawer: z
    .object({
      pin: drawerPin,
      /** What calibrating found of the drawer's switch; null until then. */
      switch: z
        .discriminatedUnion('wired', [
          z.object({ wired: z.literal(true), openLevel: z.enum(['high', 'low']) }),
          z.object({ wired: z.literal(false) }),
        ])
        .nullable(),
      /** How long the solenoid is driven and rested; null for what opens most drawers. */
      pulse: z.object({ onMs: z.int().min(2).max(510), offMs: z.int().min(2).max(510) }).nullable(),
    })
    .nullable(),
});
const scannerSettings = z.object({
  kind: z.literal('scanner'),
  link: z.discriminatedUnion('via', [hid, serial, virtual]),
  /** What it speaks. */
  protocol: z.enum(['hid-pos', 'oem', 'serial']),
  /** Where the label lies in its reports, for a HID POS scanner that does not say so itself; as most have it unless given. */
  layout: z.enum(['standard', 'quio', 'microscan']).optional(),
  /** The one character it was set to add to every label; carriage return or line feed unless given. */
  suffix: z
    .string()
    .regex(/^[\x01-\x7f]$/)
    .optional(),
});
const drawerSettings = z.object({
  kind: z.literal('drawer'),
  link: z.discriminatedUnion('via', [hid, virtual]),
  profile: text(40),
});
const scaleSettings = z.object({
  kind: z.literal('scale'),
  link: z.discriminatedUnion('via', [serial, virtual]),
  model: text(40),
});
const lineDisplaySettings = z.object({
  kind: z.literal('line-display'),
  link: z.discriminatedUnion('via', [serial, virtual]),
  model: text(40),
});

/** A device before it has an id. */
export const deviceSettings = z.discriminatedUnion('kind', [
  printerSettings,
  scannerSettings,
  drawerSettings,
  scaleSettings,
  lineDisplaySettings,
]);
export type DeviceSettings = Frozen<z.infer<typeof deviceSettings>>;
export type DeviceSettingsOf<K extends DeviceSettings['kind']> = Extract<DeviceSettings, { readonly kind: K }>;
export type DeviceKind = DeviceSettings['kind'];

/** A device as it is kept: `bySelf` where the till set it up when it was plugged in. */
export const keptDevice = z.object({ deviceId: id, bySelf: z.boolean(), settings: deviceSettings });
export type KeptDevice = Frozen<z.infer<typeof keptDevice>>;

/** How printers were kept before there were other devices. */
const printerBefore = z.object({
  deviceId: id,
  host: text(253),
  port: z.int().min(1).max(65_535),
  model: text(40),
  paperWidthMm: z.union([z.literal(58), z.literal(80)]),
  drawerPin,
});

/**
 * The kept devices as they are meant now.
 * @param kept what is kept, or undefined
 * @param printersBefore what an older till kept of its printers, or undefined; it counts while nothing newer is kept
 */
export function readKeptDevices(kept: unknown, printersBefore: unknown): readonly KeptDevice[] {
  if (kept !== undefined) return eachThatIs(keptDevice, kept);
  return eachThatIs(printerBefore, printersBefore).map(
    ({ deviceId, host, port, model, paperWidthMm, drawerPin: pin }) => ({
      deviceId,
      bySelf: false,
      settings: {
        kind: 'printer',
        link: { via: 'tcp', host, port },
        // The paper counted before the model did, and models are named after their paper where both exist.
        model: model.endsWith('58') === (paperWidthMm === 58) ? model : `generic-${paperWidthMm}`,
        drawer: { pin, switch: null, pulse: null },
      },
    }),
  );
}

/** One entry that cannot be read takes no other with it. */
function eachThatIs<S extends z.ZodType>(schema: S, list: unknown): z.infer<S>[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((one) => {
    const parsed = schema.safeParse(one);
    return parsed.success ? [parsed.data] : [];
  });
}
