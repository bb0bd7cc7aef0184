import { identify } from '../../hardware/discovery/identify';
import type { Plugged } from '../../hardware/discovery/plugged';
import type { HidDrawerProfile } from '../../hardware/models/drawers';
import type { DevicePort } from '../../hardware/ports';
import type { Device } from '../../hardware/registry';
import type { DeviceStatusView, FoundDevice, TopicState } from '../../shared/contract';
import type { KeptDevice } from '../../shared/device-settings';
import { toSettings } from './device-configuration';

/** How devices are told to screens and to the doctor. */

type Platform = TopicState<'devices'>['platform'];

const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, Platform>>> = {
  linux: 'linux',
  win32: 'windows',
  darwin: 'macos',
};

/** The system this process runs on. */
export function thisPlatform(): Platform {
  return PLATFORMS[process.platform] ?? 'other';
}

/** A report for support as a file: when it was written and on what, and whatever is known besides. No personal data. */
export function reportFile(at: Date, known: object): { readonly fileName: string; readonly text: string } {
  const { platform, arch, version } = process;
  const versions = { node: version, platform, arch, ...('electron' in process.versions && process.versions) };
  const report = { at: at.toISOString(), versions, ...known };
  const day = report.at.slice(0, 10);
  return { fileName: `trestle-devices-${day}.json`, text: `${JSON.stringify(report, null, 2)}\n` };
}

/** Since when a device is as it is, as a UTC instant. */
type SinceOf = (deviceId: string) => string;

/**
 * A device as it is now, and the drawer on it.
 * @param setUp how it is set up; null for what is not a person's to change
 */
export function deviceViews(device: Device, setUp: KeptDevice | null, sinceOf: SinceOf): DeviceStatusView[] {
  const { kind, port, drawer } = device;
  const own = {
    ...portView(kind, port, sinceOf),
    answers: kind === 'printer' ? device.port.probed : null,
    settings: setUp?.settings ?? null,
    bySelf: setUp?.bySelf ?? false,
  };
  if (kind === 'drawer') return [{ ...own, drawer: device.port.drawerState() }];
  return drawer ? [own, { ...portView('drawer', drawer, sinceOf), drawer: drawer.drawerState() }] : [own];
}

/** A device that is set up while it may not be touched, or whose settings mean nothing any more. */
export function absentView({ deviceId, bySelf, settings }: KeptDevice, sinceOf: SinceOf): DeviceStatusView {
  return { ...plainView(deviceId, settings.kind, sinceOf), state: 'absent', reason: '', bySelf, settings };
}

/** What holds of a device nothing is known of. */
export function plainView(
  deviceId: string,
  kind: DeviceStatusView['kind'],
  sinceOf: SinceOf,
): Omit<DeviceStatusView, 'state' | 'reason'> {
  const since = sinceOf(deviceId);
  return { deviceId, kind, label: '', since, drawer: null, answers: null, settings: null, bySelf: false };
}

function portView(
  kind: DeviceStatusView['kind'],
  { deviceId, label, status }: DevicePort,
  sinceOf: SinceOf,
): DeviceStatusView {
  const reason = 'reason' in status ? status.reason : '';
  return { ...plainView(deviceId, kind, sinceOf), label: label.slice(0, 120), state: status.state, reason };
}

/** Something plugged in as it is told while it is not set up; null for what is no device of a till. */
export function foundView(
  plugged: Plugged,
  ownDrawers: readonly HidDrawerProfile[],
): (FoundDevice & { readonly isSure: boolean }) | null {
  const is = identify(plugged, ownDrawers);
  if (!is) return null;
  const { address, name, permission } = plugged;
  const { kind, unsupported, isSure } = is;
  const suggestions = is.suggestions.map(toSettings);
  return { address: address.slice(0, 300), name, kind, permission, suggestions, unsupported, isSure };
}
