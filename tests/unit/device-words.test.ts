import { describe, expect, test } from 'vitest';
import { DEVICE_REASONS, deviceStatus, foundDevice, type DeviceStatusView } from '../../src/shared/contract';
import type { DeviceSettings } from '../../src/shared/device-settings';
import { deviceWords, foundWords, kindName, linkWords } from '../../src/shared/device-words';

const STATES = deviceStatus.shape.state.options;
const KINDS = deviceStatus.shape.kind.options;
const PLATFORMS = ['linux', 'windows', 'macos', 'other'] as const;
const USB = { vendorId: 1, productId: 2, serialNumber: null } as const;
const LINKS: readonly DeviceSettings['link'][] = [
  { via: 'tcp', host: '192.168.1.50', port: 9100 },
  { via: 'usb', ...USB },
  { via: 'hid', ...USB },
  { via: 'serial', path: '/dev/ttyUSB0', baudRate: 9_600, usb: null },
  { via: 'cups', queue: 'Receipts' },
  { via: 'spooler', printerName: 'EPSON TM-T20' },
  { via: 'virtual' },
];

const printer = (over: Partial<DeviceStatusView>): DeviceStatusView => ({
  deviceId: 'd',
  kind: 'printer',
  label: '',
  state: 'ready',
  reason: '',
  since: '2026-06-13T10:31:00.000Z',
  drawer: null,
  answers: null,
  settings: {
    kind: 'printer',
    link: { via: 'tcp', host: '192.168.1.50', port: 9100 },
    model: 'generic-80',
    drawer: null,
  },
  bySelf: false,
  ...over,
});

describe('words of devices', () => {
  test('every kind in every state, for every reason and link, says what it is and how it is', () => {
    for (const kind of KINDS) {
      expect(kindName(kind)).not.toBe('');
      for (const state of STATES) {
        for (const reason of ['', ...DEVICE_REASONS] as const) {
          for (const platform of PLATFORMS) {
            const { title, state: said } = deviceWords(printer({ kind, state, reason }), platform);
            expect([title, said], `${kind} ${state} ${reason}`).not.toContain('');
          }
        }
      }
    }
    for (const link of LINKS) expect(linkWords(link)).not.toBe('');
  });

  test('whatever needs a hand is loud and says how to mend it, on every system and link', () => {
    const faults = DEVICE_REASONS.filter((reason) => !['no-hub', 'keyboard'].includes(reason));
    for (const link of LINKS) {
      for (const platform of PLATFORMS) {
        for (const reason of faults) {
          const state = reason === 'access-denied' ? 'no-permission' : 'faulted';
          const settings = { kind: 'printer', link, model: 'generic-80', drawer: null } as DeviceSettings;
          const words = deviceWords(printer({ state, reason, settings }), platform);
          expect(words.loud).toBe(true);
          expect(words.mend, `${reason} by ${link.via} on ${platform}`).not.toBe('');
        }
      }
    }
  });

  test('no permission is told apart from absent, and from no answer', () => {
    const said = [
      printer({ state: 'no-permission', reason: 'access-denied' }),
      printer({ state: 'absent' }),
      printer({ state: 'faulted', reason: 'unreachable' }),
    ].map((device) => deviceWords(device, 'linux'));
    expect(new Set(said.map(({ state }) => state)).size).toBe(3);
    expect(new Set(said.map(({ mend }) => mend)).size).toBe(3);
  });

  test('rights are mended where rights are: by rules for USB, by a group for serial ports', () => {
    const denied = (link: DeviceSettings['link']): string =>
      deviceWords(
        printer({
          state: 'no-permission',
          reason: 'access-denied',
          settings: { kind: 'printer', link, model: 'generic-80', drawer: null } as DeviceSettings,
        }),
        'linux',
      ).mend;
    expect(denied({ via: 'serial', path: '/dev/ttyUSB0', baudRate: 9_600, usb: null })).toContain('dialout');
    expect(denied({ via: 'usb', ...USB })).toContain('trestle doctor');
  });

  test('a drawer says open, shut or unknown, and leaves what ails its printer to the printer', () => {
    const drawer = { kind: 'drawer', settings: null } as const;
    const words = (over: Partial<DeviceStatusView>) => deviceWords(printer({ ...drawer, ...over }), 'linux');
    const states = (['open', 'closed', 'unknown'] as const).map((is) => words({ drawer: is }).state);
    expect(new Set(states).size).toBe(3);
    expect(words({ state: 'faulted', reason: 'unreachable' })).toMatchObject({ loud: false, mend: '' });
  });

  test('a customer display that cannot answer has nothing wrong with it', () => {
    const display = printer({ kind: 'line-display', state: 'degraded', reason: 'no-status' });
    expect(deviceWords(display, 'linux')).toMatchObject({ loud: false, mend: '' });
  });
});

test('what is found and cannot be used says why', () => {
  const found = foundDevice.parse({
    address: 'hid:1',
    name: 'APG',
    kind: 'drawer',
    permission: 'granted',
    suggestions: [],
    unsupported: 'no-public-protocol',
  });
  const words = [
    found,
    { ...found, unsupported: 'in-bootloader' as const },
    { ...found, unsupported: null, permission: 'denied' as const },
    { ...found, unsupported: null, kind: 'keyboard-scanner' as const },
  ].map(foundWords);
  expect(words).not.toContain('');
  expect(new Set(words).size).toBe(4);
});
