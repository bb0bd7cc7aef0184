import type { DeviceConfiguration } from '../../hardware/configuration';
import type { SuggestedConfiguration } from '../../hardware/discovery/identify';
import { HID_DRAWER_PROFILES, type HidDrawerProfile } from '../../hardware/models/drawers';
import { LINE_DISPLAY_PROFILES } from '../../hardware/models/line-displays';
import { PRINTER_PROFILES } from '../../hardware/models/profiles';
import { SCALE_PROFILES } from '../../hardware/models/scales';
import type { DeviceSettings } from '../../shared/device-settings';

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
    case 'printer':
      return { deviceId, ...settings, model: known(PRINTER_PROFILES, settings.model) ?? 'generic-80' };
    case 'drawer': {
      const profile = [...ownDrawers, ...HID_DRAWER_PROFILES].find(({ id }) => id === settings.profile);
      return profile ? { deviceId, ...settings, profile } : null;
    }
    case 'scale':
      return { deviceId, ...settings, model: known(SCALE_PROFILES, settings.model) ?? 'nci-8n1' };
    case 'line-display':
      return { deviceId, ...settings, model: known(LINE_DISPLAY_PROFILES, settings.model) ?? 'epson-dm-d' };
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
    case 'scale':
    case 'line-display':
      return suggestion;
  }
}

function known<M extends string>(models: Readonly<Record<M, unknown>>, model: string): M | undefined {
  return (Object.keys(models) as M[]).find((name) => name === model);
}
