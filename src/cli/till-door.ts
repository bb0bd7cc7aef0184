import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { readDoor } from '../main/door-note';
import { CALLS, type CallInput, type CallName, type CallOutput } from '../shared/contract';
import { callResult } from '../shared/wire';

/** The running till of a data folder, asked as a tool of this machine. */
export interface TillDoor {
  /** @throws Error with the till's own words when it refuses */
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>;
  close(): void;
}

/**
 * Opens the door of the till that runs on a data folder.
 * @throws Error when none runs there
 */
export async function openTillDoor(dataDir: string): Promise<TillDoor> {
  const note = readDoor(dataDir);
  const nobody = new Error(`No till runs on ${dataDir}. Start one with "trestle kiosk --headless --data ${dataDir}".`);
  if (note === null) throw nobody;
  const socket = new WebSocket(note.socketUrl);
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  await new Promise<void>((resolve, reject) => {
    const fail = (): void => {
      reject(nobody);
      for (const one of waiting.values()) one.reject(new Error('The till has stopped.'));
    };
    socket.on('error', fail);
    socket.on('close', fail);
    socket.on('open', () => socket.send(JSON.stringify({ hello: { token: note.token, role: 'service' } })));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { welcome?: unknown; id?: number; result?: unknown };
      if (message.welcome) resolve();
      if (message.id === undefined) return;
      waiting.get(message.id)?.resolve(message.result);
      waiting.delete(message.id);
    });
  });
  return {
    async call(name, input) {
      lastId += 1;
      const id = lastId;
      const answer = await new Promise<unknown>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        socket.send(JSON.stringify({ id, call: name, requestId: randomUUID(), input }));
      });
      const result = callResult.parse(answer);
      if (!result.ok) throw new Error(result.error.message);
      return CALLS[name].output.parse(result.value) as CallOutput<typeof name>;
    },
    close: () => socket.close(),
  };
}
