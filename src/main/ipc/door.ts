import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron';
import { CHANNELS } from '../../shared/channels';
import type { ClientRole, TopicEvent } from '../../shared/contract';
import type { CallError, CallResult } from '../../shared/errors';

/** What the door needs of the kiosk. */
export interface DoorKiosk {
  dispatch(client: { readonly role: ClientRole }, message: unknown): Promise<CallResult<unknown>>;
  subscribe(role: ClientRole, listener: (event: TopicEvent) => void): () => void;
}

export interface IpcDoorOptions {
  /** Fulfilled once the core is ready; a window that asks earlier simply waits. */
  readonly kiosk: Promise<DoorKiosk>;
  /** The only origin our windows have, `app://trestle`. */
  readonly origin: string;
  /** The role of one of our windows, or null for web contents that are not a window of ours. */
  readonly roleOf: (sender: WebContents) => ClientRole | null;
}

/**
 * The one validated door from windows into the main process. A caller is known by its window, never by what it says: the
 * message must come from the main frame of a window of ours, showing our own origin.
 */
export function openIpcDoor({ kiosk, origin, roleOf }: IpcDoorOptions): void {
  const subscribers = new WeakSet<WebContents>();

  function roleOfCaller(event: IpcMainInvokeEvent): ClientRole | null {
    const frame = event.senderFrame;
    if (!frame || frame !== event.sender.mainFrame) return null;
    // Chromium gives an app of a custom protocol the origin `app://trestle`.
    if (frame.origin !== origin) return null;
    return roleOf(event.sender);
  }

  ipcMain.handle(CHANNELS.call, async (event, message: unknown): Promise<CallResult<unknown>> => {
    const role = roleOfCaller(event);
    if (!role) return refused();
    return (await kiosk).dispatch({ role }, message);
  });

  ipcMain.handle(CHANNELS.subscribe, async (event) => {
    const role = roleOfCaller(event);
    if (!role) throw new Error('This window may not subscribe');
    const contents = event.sender;
    if (subscribers.has(contents)) return;
    subscribers.add(contents);
    const running = await kiosk;
    if (contents.isDestroyed()) return;
    const stop = running.subscribe(role, (topicEvent) => {
      if (!contents.isCrashed()) contents.send(CHANNELS.event, textOf(topicEvent));
    });
    contents.once('destroyed', stop);
  });
}

/**
 * An event as text, made once however many windows hear it: the bridge into a sandboxed window copies an object property by
 * property, a text at once.
 */
const texts = new WeakMap<TopicEvent, string>();
function textOf(event: TopicEvent): string {
  const made = texts.get(event) ?? JSON.stringify(event);
  texts.set(event, made);
  return made;
}

function refused(): { readonly ok: false; readonly error: CallError } {
  return { ok: false, error: { code: 'not-allowed', message: 'This window may not call.', retryable: false } };
}
