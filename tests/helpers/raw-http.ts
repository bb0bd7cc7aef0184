import { connect, type Socket } from 'node:net';

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends exactly these bytes to a server and reads until it closes, or has said nothing for long. */
export function sendRaw(
  port: number,
  bytes: string,
  { quietMs = 20_000, from = '127.0.0.1' } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    let heard = '';
    const end = (): void => {
      socket.destroy();
      const [head = '', ...body] = heard.split('\r\n\r\n');
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body: body.join('\r\n\r\n') });
    };
    socket.setTimeout(quietMs, end);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (data) => (heard += data.toString('latin1')));
    socket.on('close', end);
    socket.on('error', (error) => (heard === '' && !('code' in error) ? reject(error) : end()));
  });
}

/** A request line and headers, the Host of this very server unless another is given. */
export function rawRequest(
  port: number,
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): string {
  const all: Record<string, string> = { Host: `127.0.0.1:${port}`, Connection: 'close', ...headers };
  if (body !== '') all['Content-Length'] = String(Buffer.byteLength(body));
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** A connection that was opened, or null when it was not let in. */
export function openSocket(port: number, from = '127.0.0.1'): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    socket.on('connect', () => resolve(socket));
    socket.on('error', () => resolve(null));
  });
}
