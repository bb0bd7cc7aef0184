import { fail, ok } from '../../domain/result';
import { createListeners } from '../listeners';
import type { Connection, Transport } from '../transports/transport';
import type { VirtualPrinter } from './printer-device';

/** Connects a driver to a virtual printer in the same process, with nothing in between. */
export function loopbackTransport(printer: VirtualPrinter): Transport {
  return {
    address: 'virtual printer',
    open: () =>
      Promise.resolve(
        printer.hasFault('refuse') ? fail('unreachable', 'The virtual printer is switched off.') : ok(connect(printer)),
      ),
  };
}

function connect(printer: VirtualPrinter): Connection {
  const data = createListeners<[Uint8Array]>();
  const closed = createListeners<[]>();
  let isClosed = false;
  const end = (): void => {
    if (isClosed) return;
    isClosed = true;
    session.end();
    closed.tell();
  };
  const session = printer.connect({
    // Answers come in a later turn, as over any wire.
    send: (bytes) => void setImmediate(() => data.tell(bytes)),
    drop: end,
    ready: () => undefined,
  });
  return {
    write(bytes) {
      if (isClosed) return Promise.resolve({ outcome: 'closed', bytesSent: 0 });
      session.receive(bytes);
      return Promise.resolve({ outcome: 'written', bytesSent: bytes.length });
    },
    onData: (listener) => data.add(listener),
    onClose(listener) {
      if (!isClosed) return closed.add(listener);
      listener();
      return () => undefined;
    },
    close() {
      end();
      return Promise.resolve();
    },
  };
}
