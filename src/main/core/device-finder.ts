import { isBehind } from '../../hardware/discovery/identify';
import { watchPlugs, type HearPlugs, type PlugWatch } from '../../hardware/discovery/plug-watch';
import type { LookAtPlugs, Plugged } from '../../hardware/discovery/plugged';
import type { HidDrawerProfile } from '../../hardware/models/drawers';
import { systemClock } from '../../hardware/ports';
import type { FoundDevice } from '../../shared/contract';
import type { DeviceSettings, KeptDevice } from '../../shared/device-settings';
import { foundView } from './device-views';

export interface DeviceFinderOptions {
  readonly look: LookAtPlugs;
  readonly hear: HearPlugs;
  readonly ownDrawers: readonly HidDrawerProfile[];
  /** What is set up. */
  readonly kept: () => readonly KeptDevice[];
  /** Something was plugged in that can be nothing else. False: it is not to be set up after all. */
  readonly onSure: (settings: DeviceSettings) => boolean;
  /** A device set up at a serial port came back under another path. */
  readonly onMoved: (device: KeptDevice, settings: DeviceSettings) => void;
  /** What is found has changed. */
  readonly onChange: () => void;
  /** Whether a device that is set up is missing. */
  readonly isWaiting: () => boolean;
}

/** Finds what is plugged in: knows what is set up already when it comes back, and says what is not set up yet. */
export class DeviceFinder {
  readonly #options: DeviceFinderOptions;
  readonly #watch: PlugWatch;
  #found: readonly FoundDevice[] = [];

  constructor(options: DeviceFinderOptions) {
    this.#options = options;
    const { look, hear, isWaiting } = options;
    this.#watch = watchPlugs({ look, hear, clock: systemClock, isWaiting, onChange: () => this.sort() });
  }

  /** What is plugged in and not set up. */
  get found(): readonly FoundDevice[] {
    return this.#found;
  }

  /** Everything that is plugged in, as the system tells it. */
  get plugged(): readonly Plugged[] {
    return this.#watch.plugged;
  }

  look(): Promise<void> {
    return this.#watch.look();
  }

  /** Tells what is set up from what is not; also after a change of what is set up. */
  sort(): void {
    const { plugged } = this.#watch;
    const taken = this.#taken(plugged);
    const found: FoundDevice[] = [];
    for (const one of plugged) {
      const view = taken.has(one) ? null : foundView(one, this.#options.ownDrawers);
      if (!view) continue;
      const { isSure, ...device } = view;
      const [sure] = isSure ? device.suggestions : [];
      if (!sure || !this.#options.onSure(sure)) found.push(device);
    }
    this.#found = found;
    this.#options.onChange();
  }

  stop(): void {
    this.#watch.stop();
  }

  /** What is plugged in and set up. Each device takes one plug: of two alike, those with the right serial number first. */
  #taken(plugged: readonly Plugged[]): ReadonlySet<Plugged> {
    const taken = new Set<Plugged>();
    const left: KeptDevice[] = [];
    const take = (device: KeptDevice, isOne: (one: Plugged) => boolean): boolean => {
      const one = plugged.find((candidate) => !taken.has(candidate) && isOne(candidate));
      if (!one) return false;
      taken.add(one);
      const { link } = device.settings;
      if (link.via === 'serial' && one.bus === 'serial' && link.path !== one.path) {
        this.#options.onMoved(device, { ...device.settings, link: { ...link, path: one.path } } as DeviceSettings);
      }
      return true;
    };
    for (const device of this.#options.kept()) {
      if (!take(device, (one) => isBehind(device.settings.link, one, 'same-number'))) left.push(device);
    }
    for (const device of left) take(device, (one) => isBehind(device.settings.link, one, 'same-kind'));
    return taken;
  }
}
