import { app, session } from 'electron';
import { APP_ORIGIN } from './app-protocol';

/** Refuses everything a till's window has no use for: permissions, navigation, new windows, web views. */
export function guardWindows(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  defaultSession.setPermissionCheckHandler(() => false);
  defaultSession.setDevicePermissionHandler(() => false);
  // No page of ours loads anything from the network, so nothing of it may.
  defaultSession.webRequest.onBeforeRequest((details, answer) => {
    const allowed = ['app:', 'data:', 'blob:', 'devtools:'].includes(new URL(details.url).protocol);
    answer({ cancel: !allowed });
  });
  app.on('web-contents-created', (_created, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-navigate', (event, url) => {
      if (new URL(url).origin !== APP_ORIGIN) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}
