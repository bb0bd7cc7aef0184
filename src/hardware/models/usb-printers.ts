import type { UsbIdentity } from '../configuration';
import type { PrinterModel } from './profiles';

interface UsbPrinterModel {
  readonly vendorId: number;
  /** The products it is true of, first and last; all of the vendor's when absent. */
  readonly products?: readonly [first: number, last: number];
  readonly model: PrinterModel;
}

/**
 * USB ids of receipt printers that speak ESC/POS (usb.ids of linux-usb.org; Epson's TM series lies in two ranges, outside of
 * which are its inkjets). Star and others that start in a language of their own are not here.
 */
const USB_PRINTERS: readonly UsbPrinterModel[] = [
  { vendorId: 0x04b8, products: [0x0202, 0x0202], model: 'epson-tm-t20-like' },
  { vendorId: 0x04b8, products: [0x0e00, 0x0eff], model: 'epson-tm-t20-like' },
  // Bixolon and Samsung's receipt printers before it.
  { vendorId: 0x1504, model: 'bixolon-srp-350' },
  { vendorId: 0x0419, products: [0x3c00, 0x3cff], model: 'bixolon-srp-350' },
  { vendorId: 0x154f, model: 'snbc-80' },
  { vendorId: 0x0dd4, model: 'generic-80' },
  // The controllers in most printers that carry no maker's name.
  { vendorId: 0x0416, products: [0x5011, 0x5011], model: 'generic-80' },
  { vendorId: 0x0483, products: [0x5743, 0x5743], model: 'generic-80' },
  { vendorId: 0x0483, products: [0x5840, 0x5840], model: 'generic-58' },
  { vendorId: 0x0456, products: [0x0808, 0x0808], model: 'generic-80' },
  { vendorId: 0x0fe6, products: [0x811e, 0x811e], model: 'generic-80' },
  { vendorId: 0x1fc9, products: [0x2016, 0x2016], model: 'generic-80' },
  { vendorId: 0x20d1, products: [0x7008, 0x7009], model: 'generic-80' },
  { vendorId: 0x28e9, products: [0x0289, 0x0289], model: 'generic-58' },
  { vendorId: 0x6868, products: [0x0200, 0x0600], model: 'generic-80' },
];

/** The profile of a printer by its USB ids, or null where they do not tell that it is a receipt printer. */
export function usbPrinterModel({ vendorId, productId }: UsbIdentity): PrinterModel | null {
  const known = USB_PRINTERS.find(
    (one) =>
      one.vendorId === vendorId && (!one.products || (productId >= one.products[0] && productId <= one.products[1])),
  );
  return known?.model ?? null;
}

/** Whether an IEEE 1284 device id names the command set. Makers write it `ESC/POS`, `EPSON`, `ESCPOS`, `TMT20`. */
export function speaksEscpos(ieee1284Id: string): boolean {
  const commands = /(?:^|;)\s*(?:CMD|COMMAND SET)\s*:\s*([^;]*)/i.exec(ieee1284Id)?.[1] ?? '';
  return commands.split(',').some((command) => /^(ESC ?\/ ?POS|ESCPOS)/i.test(command.trim()));
}
