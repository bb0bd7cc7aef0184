import { contextBridge, ipcRenderer } from 'electron';
import { CHANNELS } from '../shared/channels';

/** The one bridge of the sandboxed till window. Everything that crosses it is parsed on the other side. */
contextBridge.exposeInMainWorld('trestle', {
  call: (message: unknown): Promise<unknown> => ipcRenderer.invoke(CHANNELS.call, message),
  subscribe: (listener: (eventText: string) => void): Promise<void> => {
    ipcRenderer.on(CHANNELS.event, (_event, eventText: string) => listener(eventText));
    return ipcRenderer.invoke(CHANNELS.subscribe);
  },
});
