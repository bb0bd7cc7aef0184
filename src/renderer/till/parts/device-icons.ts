import CloudOff from '@lucide/svelte/icons/cloud-off';
import Inbox from '@lucide/svelte/icons/inbox';
import Monitor from '@lucide/svelte/icons/monitor';
import Plug from '@lucide/svelte/icons/plug';
import PrinterIcon from '@lucide/svelte/icons/printer';
import Scale from '@lucide/svelte/icons/scale';
import ScanBarcode from '@lucide/svelte/icons/scan-barcode';
import Usb from '@lucide/svelte/icons/usb';
import type { DeviceStatusView, FoundDevice } from '../../../shared/contract';

const ICONS = {
  printer: PrinterIcon,
  drawer: Inbox,
  scanner: ScanBarcode,
  'keyboard-scanner': ScanBarcode,
  scale: Scale,
  'line-display': Monitor,
  network: CloudOff,
  power: Plug,
  unknown: Usb,
} as const;

/** The picture of a kind of device, the same wherever it is shown. */
export function deviceIcon(kind: DeviceStatusView['kind'] | FoundDevice['kind']): typeof PrinterIcon {
  return ICONS[kind];
}
