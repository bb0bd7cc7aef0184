import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The part of Linux' `/sys` and `/dev` that tells what is plugged in, in a folder of its own, shaped as the kernel shapes it. */
export interface FakeSysfs {
  readonly sys: string;
  readonly dev: string;
  usb(name: string, device: FakeUsb): void;
  /** @param id bus, vendor and product as in the kernel's `HID_ID` */
  hid(name: string, device: { id: string; name: string; serial?: string; descriptor: Uint8Array }): void;
  /** A serial port, behind a USB device where one is named. */
  tty(name: string, behind: { usb: string } | { boardType: number } | null): void;
  /** Takes the rights to a node away; root keeps them whatever the mode says. */
  deny(node: string): void;
  unplug(name: string): void;
  remove(): void;
}

export interface FakeUsb {
  readonly vendorId: string;
  readonly productId: string;
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serial?: string;
  /** Class, subclass and protocol of its one interface, which has two bulk endpoints. */
  readonly interfaceClass: readonly [number, number, number];
  readonly ieee1284Id?: string;
}

export function fakeSysfs(): FakeSysfs {
  const root = mkdtempSync(join(tmpdir(), 'trestle-sysfs-'));
  const sys = join(root, 'sys');
  const dev = join(root, 'dev');
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? `${content}\n` : content);
  };
  let devnum = 1;
  return {
    sys,
    dev,
    usb(name, { vendorId, productId, manufacturer, product, serial, interfaceClass, ieee1284Id }) {
      const real = join(sys, 'devices/pci0000:00/usb1', name);
      devnum += 1;
      write(join(real, 'idVendor'), vendorId);
      write(join(real, 'idProduct'), productId);
      if (manufacturer !== undefined) write(join(real, 'manufacturer'), manufacturer);
      if (product !== undefined) write(join(real, 'product'), product);
      if (serial !== undefined) write(join(real, 'serial'), serial);
      write(join(real, 'busnum'), '1');
      write(join(real, 'devnum'), String(devnum));
      write(join(real, 'descriptors'), descriptors(interfaceClass));
      if (ieee1284Id !== undefined) write(join(real, `${name}:1.0`, 'ieee1284_id'), ieee1284Id);
      write(join(dev, 'bus/usb/001', String(devnum).padStart(3, '0')), '');
      const list = join(sys, 'bus/usb/devices');
      mkdirSync(list, { recursive: true });
      symlinkSync(real, join(list, name));
      mkdirSync(join(real, `${name}:1.0`), { recursive: true });
      symlinkSync(join(real, `${name}:1.0`), join(list, `${name}:1.0`));
    },
    hid(name, { id, name: product, serial = '', descriptor }) {
      const device = join(sys, 'class/hidraw', name, 'device');
      write(
        join(device, 'uevent'),
        `DRIVER=hid-generic\nHID_ID=${id}\nHID_NAME=${product}\nHID_PHYS=usb-1/input0\nHID_UNIQ=${serial}`,
      );
      write(join(device, 'report_descriptor'), descriptor);
      write(join(dev, name), '');
    },
    tty(name, behind) {
      const folder = join(sys, 'class/tty', name);
      mkdirSync(folder, { recursive: true });
      write(join(dev, name), '');
      if (behind && 'boardType' in behind) write(join(folder, 'type'), String(behind.boardType));
      if (behind && 'usb' in behind) {
        const port = join(sys, 'devices/pci0000:00/usb1', behind.usb, `${behind.usb}:1.0`, name);
        mkdirSync(port, { recursive: true });
        symlinkSync(port, join(folder, 'device'));
      }
    },
    deny: (node) => chmodSync(join(dev, node), 0),
    unplug: (name) => {
      for (const list of ['bus/usb/devices', 'class/hidraw', 'class/tty']) {
        rmSync(join(sys, list, name), { recursive: true, force: true });
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Device, configuration, one interface, bulk OUT and bulk IN: USB 2.0 §9.6. */
function descriptors([interfaceClass, subclass, protocol]: readonly [number, number, number]): Uint8Array {
  return Uint8Array.of(
    ...[18, 1, 0x00, 0x02, 0, 0, 0, 64, 0, 0, 0, 0, 0, 1, 1, 2, 3, 1],
    ...[9, 2, 32, 0, 1, 1, 0, 0x80, 50],
    ...[9, 4, 0, 0, 2, interfaceClass, subclass, protocol, 0],
    ...[7, 5, 0x01, 2, 64, 0, 0],
    ...[7, 5, 0x82, 2, 64, 0, 0],
  );
}
