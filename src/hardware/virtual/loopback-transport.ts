import { fail, ok } from '../../domain/result';
import { connectionState } from '../transports/connection-state';
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
  const state = connectionState();
  const end = (): void => {
    session.end();
    state.end();
  };
  const session = printer.connect({
    // Answers come in a later turn, as over any wire.
    send: (bytes) => void setImmediate(() => state.hear(bytes)),
    drop: end,
    ready: () => undefined,
  });
  return {
    write(bytes) {
      if (state.isClosed) return Promise.resolve({ outcome: 'closed', bytesSent: 0 });
      session.receive(bytes);
      return Promise.resolve({ outcome: 'written', bytesSent: bytes.length });
    },
    onData: state.onData,
    onClose: state.onClose,
    close() {
      end();
      return Promise.resolve();
    },
  };
}
