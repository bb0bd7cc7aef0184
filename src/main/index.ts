import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { app, dialog, type BrowserWindow } from 'electron';
import type { RunningKiosk } from './boot';
import { keptSetting } from './db/keepsake-file';
import { openIpcDoor } from './ipc/door';
import { tillLanguage } from '../shared/language';
import { themeOf, type Theme, type WindowLook } from '../shared/theme';
import { APP_ORIGIN, registerAppProtocol, serveAppProtocol } from './shell/app-protocol';
import { guardWindows } from './shell/guard';
import { keepDisplayWindow, type DisplayWindow } from './shell/display-window';
import { openTillWindow } from './shell/till-window';

// Only what a window needs is loaded here: the core comes while the window paints.

const { values: flags } = parseArgs({
  args: process.argv.slice(1),
  // Chromium's own switches are on the same line.
  strict: false,
  options: {
    data: { type: 'string' },
    devices: { type: 'string' },
    printer: { type: 'string' },
    'printer-control-port': { type: 'string' },
    port: { type: 'string' },
    token: { type: 'string' },
    kiosk: { type: 'boolean' },
    demo: { type: 'boolean' },
    display: { type: 'boolean' },
    neighbours: { type: 'string' },
  },
});
const flag = (name: keyof typeof flags): string | undefined => {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
};

process.on('uncaughtException', (error) => {
  // Nothing committed is lost by ending here, and going on with a state nobody knows could lose more. The pause lets
  // the log reach its file.
  process.stderr.write(`The till stopped: ${error.stack ?? error.message}\n`);
  setTimeout(() => app.exit(1), 100);
});

// Every topic a window hears is garbage a moment later. V8 would let 48 MB of it gather; a till has less to spare.
app.commandLine.appendSwitch('js-flags', '--max-semi-space-size=2');
registerAppProtocol();
const dataDir = resolve(flag('data') ?? process.env['TRESTLE_DATA_DIR'] ?? join(app.getPath('userData'), 'stall'));
const windowDir = join(dataDir, 'window');
mkdirSync(windowDir, { recursive: true });
// Chromium's own files live beside the stall's, and the single-instance lock with them: one till per data folder.
app.setPath('userData', windowDir);

if (app.requestSingleInstanceLock()) void run();
else {
  process.stderr.write(`A till is running on ${dataDir} already; it was brought to the front.\n`);
  app.quit();
}

async function run(): Promise<void> {
  const buildDir = join(import.meta.dirname, '..');
  let window: BrowserWindow | null = null;
  let display: DisplayWindow | null = null;
  let begin: () => void = () => undefined;
  const started = new Promise<void>((resolve) => (begin = resolve)).then(startCore);
  // A failure is told below; whoever asks the core for something hears of it too.
  started.catch(() => undefined);

  await app.whenReady();
  guardWindows();
  // The store is not open yet when the till's window asks for its page; the display's comes later.
  let kiosk: RunningKiosk['kiosk'] | null = null;
  const look = (name: 'till' | 'display'): WindowLook =>
    kiosk?.lookOf(name) ?? {
      theme: themeOf(keptSetting(dataDir, 'theme')),
      language: tillLanguage(keptSetting(dataDir, 'language'), ''),
    };
  const theme = (): Theme => look('till').theme;
  serveAppProtocol({
    rendererDir: join(buildDir, 'renderer'),
    look,
    media: started.then(({ kiosk }) => kiosk),
  });
  openIpcDoor({
    kiosk: started.then(({ kiosk }) => kiosk),
    origin: APP_ORIGIN,
    roleOf(sender) {
      if (sender === window?.webContents) return 'till';
      return display?.owns(sender) ? 'display' : null;
    },
  });
  const till = openTillWindow({
    buildDir,
    kioskMode: flags.kiosk === true,
    theme: theme(),
    onCrash: (reason) => void started.then(({ log }) => log.error({ reason }, 'The window crashed')),
  });
  window = till;
  app.on('second-instance', () => {
    if (till.isMinimized()) till.restore();
    till.focus();
  });
  // The display alone is no till.
  till.once('closed', () => app.quit());
  // The window's frame comes first; the core loads while the window reads its scripts.
  till.webContents.once('dom-ready', () => begin());

  try {
    const running = await started;
    ({ kiosk } = running);
    stopInGoodOrder(running);
    display = keepDisplayWindow({
      till,
      buildDir,
      theme,
      desk: running.kiosk.displays,
      isAsked: flags.display === true,
      onCrash: (reason) => running.log.error({ reason }, 'The display crashed'),
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`The till could not start: ${message}\n`);
    await dialog.showMessageBox({
      type: 'error',
      title: 'Trestle',
      message: 'The till could not start',
      detail: message,
    });
    app.exit(1);
  }
}

async function startCore(): Promise<RunningKiosk> {
  const [{ startKiosk }, { deviceModeFlag, neighboursFlag, portFlag, printerFlag }] = await Promise.all([
    import('./boot'),
    import('./flags'),
  ]);
  const printer = flag('printer');
  const controlPort = flag('printer-control-port');
  const neighbours = flag('neighbours');
  const running = await startKiosk({
    dataDir,
    devices: deviceModeFlag(flag('devices') ?? 'virtual'),
    demo: flags.demo === true,
    server: { port: portFlag(flag('port') ?? '0'), token: flag('token') },
    ...(printer !== undefined && { printer: printerFlag(printer) }),
    ...(neighbours !== undefined && { neighbours: neighboursFlag(neighbours) }),
    ...(controlPort !== undefined && { printerControlPort: portFlag(controlPort) }),
  });
  const { electron, chrome, node } = process.versions;
  process.stdout.write(
    [
      '',
      'The till is up.',
      `  Runs on   Electron ${electron}, Chromium ${chrome}, Node ${node}`,
      `  Keeps     ${dataDir}`,
      `  Browser   ${running.server?.tillUrl ?? 'off'}`,
      ...(running.printerControl ? [`  Printer   http://127.0.0.1:${running.printerControl.port}`] : []),
      '',
      '',
    ].join('\n'),
  );
  return running;
}

/** Lets the core finish before the process ends; a kill at any time is safe as well. */
function stopInGoodOrder(running: RunningKiosk): void {
  let closing = false;
  app.on('before-quit', (event) => {
    event.preventDefault();
    if (closing) return;
    closing = true;
    running.close().then(
      () => app.exit(0),
      () => app.exit(1),
    );
  });
  process.on('uncaughtException', (error) => running.log.fatal({ error }, 'The till stopped'));
}

app.on('window-all-closed', () => app.quit());
