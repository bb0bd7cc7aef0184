import type { DeviceConfiguration } from '../../hardware/configuration';
import type { SuggestedConfiguration } from '../../hardware/discovery/identify';
import { HID_DRAWER_PROFILES, type HidDrawerProfile } from '../../hardware/models/drawers';
import { PRINTER_PROFILES, type PrinterModel } from '../../hardware/models/profiles';
import type { DeviceSettings } from '../../shared/device-settings';

const MODELS = Object.keys(PRINTER_PROFILES) as PrinterModel[];

/**
 * What kept settings mean to the hardware layer; null for what it cannot mean any more, a drawer's profile that was taken
 * away for instance.
 */
export function toConfiguration(
  deviceId: string,
  settings: DeviceSettings,
  ownDrawers: readonly HidDrawerProfile[],
): DeviceConfiguration | null {
  switch (settings.kind) {
    case 'printer': {
      const model = MODELS.find((name) => name === settings.model) ?? 'generic-80';
      return { deviceId, ...settings, model };
    }
    case 'drawer': {
      const profile = [...ownDrawers, ...HID_DRAWER_PROFILES].find(({ id }) => id === settings.profile);
      return profile ? { deviceId, ...settings, profile } : null;
    }
    case 'scanner':
      return { deviceId, ...settings };
  }
}

/** What is found plugged in, as it would be kept. */
export function toSettings(suggestion: SuggestedConfiguration): DeviceSettings {
  switch (suggestion.kind) {
    case 'drawer':
      return { ...suggestion, profile: suggestion.profile.id };
    case 'printer':
    case 'scanner':
      return suggestion;
  }
}
