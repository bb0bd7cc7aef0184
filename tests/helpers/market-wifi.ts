import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What happens to connections: they pass, are refused, are never answered, or a log-in page answers. */
export type Weather = 'fair' | 'down' | 'silent' | 'log-in-page';

/** A network between a till and a server, which a test makes better or worse. */
export interface MarketWifi {
  readonly address: string;
  /** Everything under way breaks off. */
  become(weather: Weather): void;
  /** Another server answers at this address from now on. Everything under way breaks off. */
  leadTo(serverAddress: string): void;
  close(): Promise<void>;
}

const PAGE = '<!doctype html><title>Market Hall Wi-Fi</title><p>Accept our terms to go on.';

export async function startMarketWifi(serverAddress: string): Promise<MarketWifi> {
  let goal = new URL(serverAddress);
  let weather: Weather = 'fair';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    if (weather === 'down') client.destroy();
    if (weather === 'log-in-page') {
      client.once('data', () => {
        client.end(
          `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${PAGE.length}\r\nconnection: close\r\n\r\n${PAGE}`,
        );
      });
    }
    if (weather !== 'fair') return;
    const upstream = connect(Number(goal.port), goal.hostname);
    keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const breakOff = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    become(next) {
      weather = next;
      breakOff();
    },
    leadTo(address) {
      goal = new URL(address);
      breakOff();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        breakOff();
      }),
  };
}
