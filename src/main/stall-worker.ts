/**
 * Thread of the stall server: shoppers' phones and displays speak with it and never with the thread that sells. What they may
 * know or do it asks the till, one question at a time.
 */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { TopicEvent } from '../shared/contract';
import type { CallResult } from '../shared/errors';
import type { StallLink } from './lan/stall-link';
import { startStallServer } from './lan/stall-server';
import { STALL_SITES } from './lan/stall-sites';
import type { StallThreadData, StallThreadMessage, StallTillMessage } from './lan/stall-thread';

if (parentPort === null) throw new Error('stall-worker runs as a worker thread');
// Linux counts a thread as a process of its own here; elsewhere the whole till would have to wait.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
serve(parentPort, workerData as StallThreadData);

function serve(port: MessagePort, data: StallThreadData): void {
  const tell = (message: StallThreadMessage): void => port.postMessage(message);
  const waiting = new Map<number, (result: CallResult<unknown>) => void>();
  const listeners = new Set<(event: TopicEvent) => void>();
  const aged = new Set<() => void>();
  let lastId = 0;

  const link: StallLink = {
    dispatch: (role, message) =>
      new Promise((resolve) => {
        lastId += 1;
        waiting.set(lastId, resolve);
        tell({ kind: 'call', id: lastId, role, message });
      }),
    subscribe(listener) {
      if (listeners.size === 0) tell({ kind: 'listen', isOn: true });
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) tell({ kind: 'listen', isOn: false });
      };
    },
    onAged(listener) {
      aged.add(listener);
      return () => aged.delete(listener);
    },
  };
  const onProblem = (error: unknown): void =>
    tell({ kind: 'problem', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  const started = startStallServer({ ...data, link, sites: STALL_SITES, onProblem });
  started.then(
    ({ url }) => tell({ kind: 'open', url }),
    (error: unknown) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      tell({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) });
      port.close();
    },
  );

  port.on('message', (message: StallTillMessage) => {
    switch (message.kind) {
      case 'answer': {
        const answered = waiting.get(message.id);
        waiting.delete(message.id);
        answered?.(message.result);
        return;
      }
      case 'event':
        for (const listener of [...listeners]) listener(message.event);
        return;
      case 'aged':
        for (const listener of [...aged]) listener();
        return;
      case 'close':
        void started.then(
          (server) => server.close().finally(() => port.close()),
          () => port.close(),
        );
    }
  });
}
