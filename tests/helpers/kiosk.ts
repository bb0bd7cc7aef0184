import { startKiosk, type BootOptions, type RunningKiosk } from '../../src/main/boot';
import { silentLog } from '../../src/main/core/log';
import { connect, type TestClient } from './kiosk-process';

export * from './kiosk-process';

/** A kiosk in this process on the demo stall, served on a free loopback port, without a log. */
export function startTestKiosk(options: Partial<BootOptions> & { readonly dataDir: string }): Promise<RunningKiosk> {
  return startKiosk({ devices: 'virtual', demo: true, server: { port: 0 }, log: silentLog(), ...options });
}

/** The same with a client of its contract, connected. */
export async function startTestTill(
  options: Partial<BootOptions> & { readonly dataDir: string },
): Promise<{ readonly running: RunningKiosk; readonly till: TestClient }> {
  const running = await startTestKiosk(options);
  if (!running.server) throw new Error('the test kiosk serves its contract');
  return { running, till: await connect(running.server) };
}
