import type { DeviceConfiguration, DeviceLink, PrinterConfiguration, UsbIdentity } from '../configuration';
import { BAR_CODE_SCANNER } from '../drivers/hid-pos-scanner';
import { hidUsage } from '../drivers/hid-report-descriptor';
import {
  hidDrawerProfile,
  UNSUPPORTED_DRAWERS,
  type HidDrawerProfile,
  type UnsupportedReason,
} from '../models/drawers';
import { printerModelNamed } from '../models/printer-names';
import type { PrinterModel } from '../models/profiles';
import { OEM_SCANNER_PRODUCTS, SCANNER_VENDORS } from '../models/scanners';
import { speaksEscpos, usbPrinterModel } from '../models/usb-printers';
import type { Plugged, PluggedHid, PluggedSerial, PluggedUsb } from './plugged';

type WithoutId<T> = T extends unknown ? Omit<T, 'deviceId'> : never;
/** A configuration that lacks only its id. */
export type SuggestedConfiguration = WithoutId<DeviceConfiguration>;

/** What something plugged in probably is. */
export interface Identified {
  /** `keyboard-scanner`: it types what it reads, and works without being set up. */
  readonly kind: DeviceConfiguration['kind'] | 'keyboard-scanner' | 'unknown';
  /** How it would be set up, the likeliest first; several where a person must say what it is. */
  readonly suggestions: readonly SuggestedConfiguration[];
  /** It can be nothing else and needs no choice: the till sets it up by itself. */
  readonly isSure: boolean;
  /** Why it cannot be used, though it is known what it is. */
  readonly unsupported: UnsupportedReason | null;
}

/** HID Usage Tables 1.5. */
const KEYBOARD = hidUsage(0x01, 0x06);

/** How most serial devices leave the works; the drivers' models know better where it differs. */
const COMMON_BAUD_RATE = 9_600;

/**
 * What something plugged in is, as far as its own words and our tables tell; null for what is no device of a till.
 * @param ownDrawers profiles of drawers that the stall has added
 */
export function identify(plugged: Plugged, ownDrawers: readonly HidDrawerProfile[] = []): Identified | null {
  switch (plugged.bus) {
    case 'usb':
      return identifyUsb(plugged);
    case 'hid':
      return identifyHid(plugged, ownDrawers);
    case 'serial':
      return identifySerial(plugged);
    case 'queue':
      return {
        kind: 'printer',
        suggestions: [printerOn({ via: 'cups', queue: plugged.queue }, 'generic-80')],
        isSure: false,
        unsupported: null,
      };
  }
}

function identifyUsb(plugged: PluggedUsb): Identified | null {
  const knownByIds = usbPrinterModel(plugged);
  const saysEscpos = plugged.ieee1284Id !== null && speaksEscpos(plugged.ieee1284Id);
  // Bulk endpoints of a maker's own may be anything; a printer's class alone, somebody's inkjet.
  if (!knownByIds && !plugged.isPrinterClass) return null;
  // Printers of different widths share one id; what they call themselves is nearer the truth.
  const known = printerModelNamed(`${plugged.name} ${plugged.ieee1284Id ?? ''}`) ?? knownByIds;
  const suggestion = printerOn({ via: 'usb', ...identityOf(plugged) }, known ?? 'generic-80');
  return { kind: 'printer', suggestions: [suggestion], isSure: known !== null || saysEscpos, unsupported: null };
}

function identifyHid(plugged: PluggedHid, ownDrawers: readonly HidDrawerProfile[]): Identified | null {
  const link = { via: 'hid', ...identityOf(plugged) } as const;
  const isOne = (of: Pick<UsbIdentity, 'vendorId' | 'productId'>): boolean =>
    of.vendorId === plugged.vendorId && of.productId === plugged.productId;

  if (plugged.usages.includes(BAR_CODE_SCANNER)) return surely({ kind: 'scanner', link, protocol: 'hid-pos' });
  if (OEM_SCANNER_PRODUCTS.some(isOne)) return surely({ kind: 'scanner', link, protocol: 'oem' });
  const profile = hidDrawerProfile(plugged, ownDrawers);
  if (profile) return surely({ kind: 'drawer', link, profile });
  const unsupported = UNSUPPORTED_DRAWERS.find(isOne);
  if (unsupported) return { kind: 'drawer', suggestions: [], isSure: false, unsupported: unsupported.reason };
  if (plugged.vendorId in SCANNER_VENDORS && plugged.usages.includes(KEYBOARD)) {
    return { kind: 'keyboard-scanner', suggestions: [], isSure: false, unsupported: null };
  }
  // Microscan's reports are on a page of its own, so that only its name tells.
  if (/microscan/i.test(plugged.name) && !plugged.usages.includes(KEYBOARD)) {
    const suggestion = { kind: 'scanner', link, protocol: 'hid-pos', layout: 'microscan' } as const;
    return { kind: 'scanner', suggestions: [suggestion], isSure: false, unsupported: null };
  }
  return null;
}

function surely(suggestion: SuggestedConfiguration): Identified {
  return { kind: suggestion.kind, suggestions: [suggestion], isSure: true, unsupported: null };
}

function identifySerial({ path, usb }: PluggedSerial): Identified {
  const link = { via: 'serial', path, baudRate: COMMON_BAUD_RATE, usb } as const;
  const scanner: SuggestedConfiguration = { kind: 'scanner', link, protocol: 'serial' };
  // Their makers sell nothing else, so that a port of theirs needs no question.
  if (usb && usb.vendorId in SCANNER_VENDORS) return surely(scanner);
  return {
    kind: 'unknown',
    suggestions: [
      scanner,
      printerOn(link, 'generic-80'),
      { kind: 'scale', link, model: 'nci-8n1' },
      { kind: 'line-display', link, model: 'epson-dm-d' },
    ],
    isSure: false,
    unsupported: null,
  };
}

function printerOn(link: PrinterConfiguration['link'], model: PrinterModel): SuggestedConfiguration {
  return { kind: 'printer', link, model, drawer: { pin: 2, switch: null, pulse: null } };
}

function identityOf({ vendorId, productId, serialNumber }: UsbIdentity): UsbIdentity {
  return { vendorId, productId, serialNumber };
}

/**
 * Whether what is plugged in here is the device that a configuration means.
 * @param alike `same-number`: the very device; `same-kind`: one of its kind will do where one side tells no serial number
 */
export function isBehind(link: DeviceLink, plugged: Plugged, alike: 'same-number' | 'same-kind'): boolean {
  const isSame = (a: UsbIdentity, b: UsbIdentity): boolean =>
    a.vendorId === b.vendorId &&
    a.productId === b.productId &&
    (a.serialNumber === b.serialNumber ||
      (alike === 'same-kind' && (a.serialNumber === null || b.serialNumber === null)));
  switch (link.via) {
    case 'usb':
    case 'hid':
      return plugged.bus === link.via && isSame(link, plugged);
    case 'serial':
      if (plugged.bus !== 'serial') return false;
      return link.usb && plugged.usb ? isSame(link.usb, plugged.usb) : link.path === plugged.path;
    case 'cups':
      return plugged.bus === 'queue' && plugged.queue === link.queue;
    case 'tcp':
    case 'spooler':
    case 'virtual':
      return false;
  }
}
