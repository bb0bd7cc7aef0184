/**
 * How every device is, in words: what a chip says, what is the matter and how to mend it. One table for the screens and for
 * `trestle doctor`.
 */
import type { DeviceReason, DeviceStatusView, FoundDevice, TopicState, Weighing } from './contract';
import type { DeviceSettings } from './device-settings';
import * as m from './i18n/generated/messages.js';

export type Platform = TopicState<'devices'>['platform'];

export interface DeviceWords {
  /** What a chip says first: what a hand can do, or what the device is. */
  readonly title: string;
  /** How it is, in a few words. */
  readonly state: string;
  /** What to do about it, in a sentence; empty where nothing needs doing. */
  readonly mend: string;
  /** It needs a hand now. */
  readonly loud: boolean;
}

type Kind = DeviceStatusView['kind'];
type Words = () => string;

const KIND_NAMES: Readonly<Record<Kind, Words>> = {
  printer: () => m.device_printer(),
  drawer: () => m.device_drawer(),
  scanner: () => m.device_scanner(),
  scale: () => m.device_scale(),
  'line-display': () => m.device_line_display(),
  network: () => m.device_network(),
  power: () => m.device_power(),
};

export function kindName(kind: FoundDevice['kind'] | Kind): string {
  if (kind === 'unknown') return m.device_unknown();
  if (kind === 'keyboard-scanner') return m.device_keyboard_scanner();
  return KIND_NAMES[kind]();
}

/** For each reason: what to do in two words, how it is, and how to mend it. The device's own name where there is nothing to do. */
const REASON_WORDS: Readonly<
  Record<
    DeviceReason,
    { readonly cure?: (kind: Kind) => string; readonly state: Words; readonly mend: (of: Case) => string }
  >
> = {
  'paper-near-end': { state: () => m.reason_paper_near_end(), mend: () => m.mend_paper_soon() },
  'no-status': { state: () => m.reason_no_status(), mend: () => m.mend_no_status() },
  'drawer-open': {
    cure: () => m.cure_shut_drawer(),
    state: () => m.reason_drawer_open(),
    mend: () => m.mend_drawer(),
  },
  'paper-out': { cure: () => m.cure_load_paper(), state: () => m.reason_paper_out(), mend: () => m.mend_paper() },
  'cover-open': { cure: () => m.cure_close_cover(), state: () => m.reason_cover_open(), mend: () => m.mend_cover() },
  'cutter-error': { cure: () => m.cure_free_cutter(), state: () => m.reason_cutter(), mend: () => m.mend_cutter() },
  'device-error': { cure: restart, state: () => m.reason_device_error(), mend: () => m.mend_restart() },
  offline: { cure: () => m.cure_wake_printer(), state: () => m.reason_offline(), mend: () => m.mend_offline() },
  unreachable: { cure: () => m.cure_switch_on_printer(), state: () => m.reason_unreachable(), mend: mendOfLink },
  'not-answering': { cure: restart, state: () => m.reason_not_answering(), mend: mendOfSilence },
  'access-denied': { cure: () => m.cure_give_access(), state: () => m.reason_no_permission(), mend: mendOfAccess },
  'no-hub': { state: () => m.state_none(), mend: () => m.mend_hub() },
  keyboard: { state: () => m.scanner_listening(), mend: () => m.mend_keyboard() },
};

/** What the mend depends on besides the reason. */
interface Case {
  readonly kind: Kind;
  readonly link: DeviceSettings['link'] | null;
  readonly platform: Platform;
}

type Described = Pick<DeviceStatusView, 'kind' | 'state' | 'reason' | 'drawer' | 'settings'>;

/** How a device is, in words; for a kind of which none is set up, that. */
export function deviceWords(device: Described, platform: Platform): DeviceWords {
  const { kind, state, reason, drawer, settings } = device;
  const name = kindName(kind);
  const said = reason === '' ? null : REASON_WORDS[reason];
  const loud = state === 'faulted' || state === 'no-permission';
  const mend = said?.mend({ kind, link: settings?.link ?? null, platform }) ?? '';
  const words = { title: said?.cure?.(kind) ?? name, state: said?.state() ?? stateWord(state), mend, loud };
  // What is the matter with a printer is said once, at the printer.
  if (kind === 'drawer' && settings === null && state !== 'ready' && state !== 'degraded') {
    return { title: name, state: m.drawer_with_printer(), mend: '', loud: false };
  }
  // A customer display has no voice at all, and a drawer is spoken for by its printer: nothing is wrong with either.
  if (kind === 'line-display' && reason === 'no-status') return { ...words, state: m.reason_display_blind(), mend: '' };
  if (kind === 'drawer' && reason === 'no-status') return { ...words, state: m.reason_drawer_blind(), mend: '' };
  if (kind === 'drawer' && (state === 'ready' || reason === 'drawer-open')) {
    if (reason === 'drawer-open') return words;
    return { ...words, state: drawerWord(drawer), mend: drawer === 'unknown' ? m.mend_drawer_unknown() : '' };
  }
  if (state === 'absent' && reason === '') return { ...words, mend: mendOfAbsence(settings?.link ?? null) };
  return words;
}

function drawerWord(drawer: DeviceStatusView['drawer']): string {
  if (drawer === 'open') return m.drawer_open();
  return drawer === 'closed' ? m.drawer_shut() : m.drawer_unknown();
}

/** Something plugged in that is not set up: what to do with it, or why it is of no use. */
export function foundWords({ kind, permission, unsupported }: FoundDevice): string {
  if (unsupported === 'no-public-protocol') return m.mend_no_protocol();
  if (unsupported === 'in-bootloader') return m.mend_bootloader();
  if (kind === 'keyboard-scanner') return m.mend_keyboard();
  return permission === 'denied' ? m.devices_permission_denied() : '';
}

/** How a device is connected, as a person knows it. */
export function linkWords(link: DeviceSettings['link']): string {
  switch (link.via) {
    case 'tcp':
      return m.devices_link_tcp({ address: `${link.host}:${link.port}` });
    case 'usb':
    case 'hid':
      return m.devices_link_usb();
    case 'serial':
      return m.devices_link_serial({ address: link.path });
    case 'cups':
      return m.devices_link_queue({ address: link.queue });
    case 'spooler':
      return m.devices_link_queue({ address: link.printerName });
    case 'virtual':
      return m.devices_link_virtual();
  }
}

export function stateWord(state: DeviceStatusView['state']): string {
  switch (state) {
    case 'absent':
      return m.state_absent();
    case 'connecting':
      return m.state_connecting();
    case 'ready':
      return m.state_ready();
    case 'degraded':
      return m.state_degraded();
    case 'faulted':
      return m.state_faulted();
    case 'no-permission':
      return m.reason_no_permission();
  }
}

function restart(kind: Kind): string {
  return kind === 'printer' ? m.cure_restart_printer() : m.cure_restart();
}

function mendOfAbsence(link: DeviceSettings['link'] | null): string {
  return link?.via === 'serial' ? m.mend_serial_gone() : m.mend_plug_in();
}

function mendOfLink({ link }: Case): string {
  switch (link?.via) {
    case 'tcp':
      return m.mend_network({ address: `${link.host}:${link.port}` });
    case 'cups':
      return m.mend_queue({ address: link.queue });
    case 'spooler':
      return m.mend_queue({ address: link.printerName });
    case 'usb':
    case 'hid':
    case 'serial':
      return m.mend_taken();
    case 'virtual':
    case undefined:
      return m.mend_restart();
  }
}

function mendOfSilence({ kind }: Case): string {
  if (kind === 'scale') return m.mend_scale_silent();
  return kind === 'line-display' ? m.mend_display_silent() : m.mend_silent();
}

function mendOfAccess({ link, platform }: Case): string {
  if (platform !== 'linux') return m.mend_access_other();
  return link?.via === 'serial' ? m.mend_access_serial() : m.mend_access_linux();
}

const PROBLEM_WORDS: Readonly<Record<Extract<Weighing, { kind: 'none' }>['reason'], () => string>> = {
  'no-scale': m.weight_hint,
  unstable: m.scale_unstable,
  overload: m.scale_overload,
  negative: m.scale_negative,
  'device-error': m.scale_device_error,
  'not-answering': m.scale_not_answering,
  disconnected: m.scale_disconnected,
};

/** What the cashier should know or do next. Typing the weight is always possible. */
export function weighingWords(weighing: Weighing | null): string {
  if (weighing === null) return m.scale_asking();
  if (weighing.kind === 'none') return PROBLEM_WORDS[weighing.reason]();
  return weighing.weightGrams === 0 ? m.scale_empty() : m.scale_rests();
}
