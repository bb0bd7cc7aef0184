import { app, Menu, session } from 'electron';
import { APP_ORIGIN } from './app-protocol';

/** Refuses everything a till's window has no use for: permissions but the camera's, navigation, new windows, menus. */
export function guardWindows(): void {
  const { defaultSession } = session;
  // The camera and not the microphone, for the till's own window alone: for codes held up to it, and for films.
  defaultSession.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(
      permission === 'media' &&
        isTill(details.requestingUrl) &&
        'mediaTypes' in details &&
        details.mediaTypes?.join() === 'video',
    ),
  );
  defaultSession.setPermissionCheckHandler(
    (contents, permission, origin, { mediaType }) =>
      permission === 'media' && mediaType === 'video' && isOurs(origin) && isTill(contents?.getURL() ?? ''),
  );
  defaultSession.setDevicePermissionHandler(() => false);
  // Its keys would reload or close the till when a scanner types them. On a Mac the menu is where the clipboard lives.
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null);
  // No page of ours loads anything from the network, so nothing of it may.
  defaultSession.webRequest.onBeforeRequest((details, answer) => {
    const allowed = ['app:', 'data:', 'blob:', 'devtools:'].includes(new URL(details.url).protocol);
    answer({ cancel: !allowed });
  });
  app.on('web-contents-created', (_created, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-navigate', (event, url) => {
      if (!isOurs(url)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}

function isTill(url: string): boolean {
  return url.startsWith(`${APP_ORIGIN}/till/`);
}

function isOurs(url: string): boolean {
  return url === APP_ORIGIN || url.startsWith(`${APP_ORIGIN}/`);
}
