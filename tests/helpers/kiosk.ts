import { startKiosk, type BootOptions, type RunningKiosk } from '../../src/main/boot';
import { silentLog } from '../../src/main/core/log';

export * from './kiosk-process';

/** A kiosk in this process on the demo stall, served on a free loopback port, without a log. */
export function startTestKiosk(options: Partial<BootOptions> & { readonly dataDir: string }): Promise<RunningKiosk> {
  return startKiosk({ devices: 'virtual', demo: true, server: { port: 0 }, log: silentLog(), ...options });
}
