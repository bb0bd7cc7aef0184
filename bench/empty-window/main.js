/** The least an Electron app can be: one window with one word. `electron bench/empty-window FOLDER_FOR_CHROMIUM` */
import { app, BrowserWindow } from 'electron';

app.setPath('userData', process.argv.at(-1));
// Not awaited here: Electron holds back `ready` until this file has run.
app.whenReady().then(() => {
  const window = new BrowserWindow({ width: 1280, height: 800, show: false, autoHideMenuBar: true });
  window.once('ready-to-show', () => window.show());
  return window.loadFile('index.html');
});
