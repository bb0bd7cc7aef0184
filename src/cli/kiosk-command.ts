import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { startKiosk, type BootOptions } from '../main/boot';
import { DEVICE_MODES, neighboursFlag, portFlag, printerFlag } from '../main/flags';
import { flagOf } from './flag-of';

interface KioskFlags {
  readonly headless?: true;
  readonly data: string;
  readonly port: number;
  readonly token?: string;
  readonly devices: BootOptions['devices'];
  readonly printer?: BootOptions['printer'];
  readonly printerControlPort?: number;
  readonly demo?: true;
  readonly neighbours?: BootOptions['neighbours'];
  readonly hub?: string;
  readonly code?: string;
}

/** `trestle kiosk --headless`: the whole kiosk without a window, for browsers, tests and programs of this machine. */
export function registerKioskCommand(program: Command): void {
  program
    .command('kiosk')
    .description('run the kiosk core without a window and serve the till on a loopback WebSocket')
    .requiredOption('--headless', 'without a window (the window is the desktop app)')
    .requiredOption('--data <folder>', 'data folder, made when it is not there')
    .option('--port <number>', 'port on 127.0.0.1; 0 for any free one', flagOf(portFlag), 0)
    .option('--token <text>', 'the token clients must send; a random one by default')
    .addOption(new Option('--devices <which>', 'printers to use').choices([...DEVICE_MODES]).default('virtual'))
    .option('--printer <host:port>', 'an ESC/POS printer to use before those set up', flagOf(printerFlag))
    .option(
      '--printer-control-port <number>',
      'serve GET /state and POST /fault of the virtual printer there',
      flagOf(portFlag),
    )
    .option('--demo', "set up a new data folder as the demo stall, and fill one without goods with the demo stall's")
    .option(
      '--neighbours <[host:]port>',
      'serve the exchange to the tills beside this one: an edge node',
      flagOf(neighboursFlag),
    )
    .option('--hub <address>', 'join the hub there, unless this till has joined it already; needs --code')
    .option('--code <text>', 'the one-time code for --hub')
    .action(runHeadless);
}

async function runHeadless({
  data,
  port,
  token,
  devices,
  printer,
  printerControlPort,
  demo,
  neighbours,
  hub,
  code,
}: KioskFlags): Promise<void> {
  const running = await startKiosk({
    dataDir: resolve(data),
    devices,
    printer,
    printerControlPort,
    demo: demo ?? false,
    ...(neighbours && { neighbours }),
    server: { port, token },
  });
  const { server, dataDir, printerControl } = running;
  if (hub !== undefined) await running.kiosk.exchange.joinAtStart({ address: hub, code: code ?? '', name: hostname() });
  const ready = {
    ready: true,
    url: server?.tillUrl,
    socket: server?.socketUrl,
    token: server?.token,
    dataDir,
    neighbours: running.kiosk.exchange.state().serving,
    ...(printerControl && { printerControl: `http://127.0.0.1:${printerControl.port}` }),
  };
  // Before it says that it is ready: whoever reads that may ask it to stop at once.
  const asked = new Promise<void>((stop) => {
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  });
  process.stdout.write(`${JSON.stringify(ready)}\n`);

  await asked;
  await running.close();
  // Whatever a driver still holds open must not keep a stopped kiosk alive.
  process.exit(0);
}
