import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceConfiguration } from '../../src/hardware/configuration';
import { HID_DRAWER_PROFILES } from '../../src/hardware/models/drawers';
import { systemClock, type DeviceStatus, type Scan } from '../../src/hardware/ports';
import { createDeviceRegistry, type DeviceRegistry } from '../../src/hardware/registry';
import { createVirtualDevices, type VirtualDevices } from '../../src/hardware/virtual/virtual-devices';
import { shortReceipt } from '../helpers/receipts';

const link = { via: 'virtual' } as const;
const drawer = { pin: 2, switch: null, pulse: null } as const;
const printer = (deviceId: string): DeviceConfiguration => ({
  deviceId,
  kind: 'printer',
  link,
  model: 'virtual-80',
  drawer,
});
const scanner = (deviceId: string): DeviceConfiguration => ({ deviceId, kind: 'scanner', link, protocol: 'hid-pos' });
const ownDrawer = (deviceId: string): DeviceConfiguration => ({
  deviceId,
  kind: 'drawer',
  link,
  profile: HID_DRAWER_PROFILES[7] ?? expect.fail('the Posiflex drawer of the works'),
});

let virtual: VirtualDevices;
let registry: DeviceRegistry;
let heard: string[];

/** Waits until a device has told this. */
async function until(fact: string): Promise<void> {
  await expect.poll(() => heard, { interval: 5 }).toContain(fact);
}
const told = (deviceId: string, status: DeviceStatus): string =>
  [deviceId, status.state, 'reason' in status ? status.reason : ''].join(' ').trim();

beforeEach(() => {
  virtual = createVirtualDevices();
  registry = createDeviceRegistry({ clock: systemClock, virtual });
  heard = [];
  registry.listen({
    status: (deviceId, status) => heard.push(told(deviceId, status)),
    drawerState: (deviceId, state) => heard.push(`${deviceId} is ${state}`),
    scan: (deviceId, { symbology, text }: Scan) => heard.push(`${deviceId} ${symbology ?? ''}${text}`),
  });
});
afterEach(() => registry.close());

describe('a printer', () => {
  test('prints, and its drawer is a device of its own', async () => {
    registry.put(printer('p'));
    await until('p ready');
    await until('p/drawer ready');
    expect(await registry.printer('p')?.print(shortReceipt)).toEqual({ outcome: 'acknowledged' });
    expect(await registry.drawer('p/drawer')?.open()).toEqual({ outcome: 'acknowledged' });
    expect(virtual.printer('p').state().pulses).toHaveLength(1);
  });

  test('has no drawer where none is set up', async () => {
    registry.put({ ...printer('p'), drawer: null } as DeviceConfiguration);
    await until('p ready');
    expect(registry.drawer('p/drawer')).toBeUndefined();
    expect(heard.some((fact) => fact.startsWith('p/drawer'))).toBe(false);
  });

  test('that is replaced says goodbye to nobody, and the new one under its id is heard', async () => {
    registry.put(printer('p'));
    await until('p ready');
    const old = registry.printer('p');
    heard = [];
    registry.put({ ...printer('p'), model: 'virtual-58' } as DeviceConfiguration);
    await until('p ready');
    expect(heard.filter((fact) => fact === 'p absent')).toHaveLength(1);
    expect(old?.status).toEqual({ state: 'absent' });
    expect(registry.printer('p')).not.toBe(old);
    expect(registry.devices()).toHaveLength(1);
  });

  test('that is removed is gone with its drawer', async () => {
    registry.put(printer('p'));
    await until('p ready');
    await registry.remove('p');
    expect(heard.slice(-2)).toEqual(['p/drawer absent', 'p absent']);
    expect(registry.devices()).toEqual([]);
    expect(registry.drawer('p/drawer')).toBeUndefined();
    expect(virtual.printer('p').state().connections).toBe(0);
  });
});

test('a scanner tells what it reads under its own id, and a second one under its own', async () => {
  registry.put(scanner('a'));
  registry.put(scanner('b'));
  await until('a ready');
  await until('b ready');
  virtual.scanner('a').scan({ text: '4006381333931', symbology: ']E0' });
  virtual.scanner('b').scan({ text: 'T1-0001', symbology: ']C0' });
  await until('a ]E04006381333931');
  await until('b ]C0T1-0001');
  expect(heard.filter((fact) => fact.includes(']'))).toHaveLength(2);
  await registry.port('scanner', 'a')?.signalRejected();
  expect([virtual.scanner('a').errorBeeps(), virtual.scanner('b').errorBeeps()]).toEqual([1, 0]);
});

test('a drawer with a connection of its own opens, tells that it did, and is no printer', async () => {
  registry.put(ownDrawer('d'));
  await until('d ready');
  expect(registry.printer('d')).toBeUndefined();
  expect(await registry.drawer('d')?.open()).toEqual({ outcome: 'acknowledged' });
  await until('d is open');
  expect(virtual.drawer('d').pulses()).toBe(1);
});

test('the scale of the till is the first that is ready', async () => {
  virtual.scale('broken').wire.setFault('unplugged');
  registry.put({ deviceId: 'broken', kind: 'scale', link, model: 'nci-8n1' });
  await until('broken absent');
  expect(registry.scale()?.deviceId).toBe('broken');
  registry.put({ deviceId: 's', kind: 'scale', link, model: 'nci-8n1' });
  await until('s ready');
  virtual.scale('s').put(312);
  expect(await registry.scale()?.weigh()).toEqual({ ok: true, value: { weightGrams: 312 } });
});

test('a customer display shows what it is told', async () => {
  registry.put({ deviceId: 'l', kind: 'line-display', link, model: 'epson-dm-d' });
  await until('l degraded no-status');
  registry.port('line-display', 'l')?.show('Sourdough loaf', 'Total £4.50');
  await expect.poll(() => virtual.lineDisplay('l').lines()[1].trim()).toBe('Total £4.50');
});

test('a device that is unplugged is absent, and the same again when it comes back', async () => {
  registry.put(scanner('a'));
  registry.put(printer('p'));
  await until('a ready');
  await until('p ready');
  heard = [];
  virtual.scanner('a').wire.setFault('unplugged');
  await until('a absent');
  // Nothing of it touches the printer.
  expect(heard.every((fact) => fact.startsWith('a '))).toBe(true);
  expect(await registry.printer('p')?.print(shortReceipt)).toEqual({ outcome: 'acknowledged' });
  virtual.scanner('a').wire.clearFault();
  await until('a ready');
  virtual.scanner('a').scan({ text: '96385074', symbology: ']E4' });
  await until('a ]E496385074');
});

test('a device that the system keeps to itself says so, which is not the same as absent', async () => {
  virtual.scanner('a').wire.setFault('no-permission');
  registry.put(scanner('a'));
  await until('a no-permission access-denied');
});
