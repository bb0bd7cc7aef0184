import { contextBridge, ipcRenderer } from 'electron';
import { CHANNELS } from '../shared/channels';

/**
 * The one bridge of our sandboxed windows, the till and the display. What a window may call and hear is decided on the other
 * side, by which window it is, and everything that crosses is parsed there.
 */
contextBridge.exposeInMainWorld('trestle', {
  call: (message: unknown): Promise<unknown> => ipcRenderer.invoke(CHANNELS.call, message),
  subscribe: (listener: (eventText: string) => void): Promise<void> => {
    ipcRenderer.on(CHANNELS.event, (_event, eventText: string) => listener(eventText));
    return ipcRenderer.invoke(CHANNELS.subscribe);
  },
});
