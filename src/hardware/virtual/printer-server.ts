import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PRINTER_FAULTS, type PrinterFault, type VirtualPrinter } from './printer-device';

export interface PrinterServerOptions {
  readonly printer: VirtualPrinter;
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string;
  /** 0 for any free port. */
  readonly port: number;
}

export interface PrinterServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Puts a virtual printer on the network, raw bytes as on port 9100. Rejects when the port is taken. */
export async function startPrinterServer(options: PrinterServerOptions): Promise<PrinterServer> {
  const { printer, host = '127.0.0.1' } = options;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => serve(socket));
  let port = options.port;
  let isClosed = false;

  function serve(socket: Socket): void {
    if (printer.hasFault('refuse')) return void socket.destroy();
    sockets.add(socket);
    socket.setNoDelay(true);
    const session = printer.connect({
      send: (bytes) => void socket.write(bytes),
      drop: () => void socket.resetAndDestroy(),
      ready: () => void socket.resume(),
    });
    if (printer.hasFault('stalled')) socket.pause();
    socket.on('data', (bytes) => {
      if (!session.receive(bytes)) socket.pause();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      session.end();
    });
  }

  const stopHearing = printer.onFaultChanged(() => {
    if (printer.hasFault('stalled')) for (const socket of sockets) socket.pause();
    // A printer that is off refuses; nothing listens while it does.
    if (printer.hasFault('refuse')) server.close();
    else if (!server.listening && !isClosed) server.listen(port, host);
  });
  port = await listen(server, port, host);
  // The port was free a moment ago; should another take it while we are "off", the printer stays off.
  server.on('error', () => undefined);
  return {
    host,
    port,
    async close() {
      isClosed = true;
      stopHearing();
      for (const socket of sockets) socket.destroy();
      await closeServer(server);
    },
  };
}

/**
 * Lets programs in any language look at the printer and break it, on loopback:
 * `GET /state`; `POST /fault` with `{"set":"paper-out"}`, `{"clear":"paper-out"}`, `{"clear":"all"}`,
 * `{"set":"cover-open","afterBytes":200}` or `{"tearAfterBytes":100}`; `POST /drawer` with `{"state":"closed"}`.
 * Every answer is the state, as JSON.
 */
export async function startControlServer(printer: VirtualPrinter, port: number): Promise<PrinterServer> {
  const host = '127.0.0.1';
  const server = createHttpServer((request, response) => void control(printer, request, response));
  const actualPort = await listen(server, port, host);
  return { host, port: actualPort, close: () => closeServer(server) };
}

/** No command is longer. */
const MAXIMUM_BODY_BYTES = 1_024;

async function control(printer: VirtualPrinter, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  };
  try {
    const route = `${request.method ?? ''} ${request.url ?? ''}`;
    if (route === 'GET /state') return answer(200, printer.state());
    if (route !== 'POST /fault' && route !== 'POST /drawer') {
      return answer(404, { error: 'GET /state, POST /fault or POST /drawer' });
    }
    const command = await readJson(request);
    const problem = route === 'POST /fault' ? controlFault(printer, command) : controlDrawer(printer, command);
    return problem === null ? answer(200, printer.state()) : answer(400, { error: problem });
  } catch (error) {
    return answer(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > MAXIMUM_BODY_BYTES) throw new Error('too long');
  }
  const value: unknown = JSON.parse(body);
  if (typeof value !== 'object' || value === null) throw new Error('send a JSON object');
  return value as Record<string, unknown>;
}

function controlFault(printer: VirtualPrinter, command: Record<string, unknown>): string | null {
  const { set, clear, afterBytes, tearAfterBytes } = command;
  if (isCount(tearAfterBytes)) printer.tearAfter(tearAfterBytes);
  else if (isPrinterFault(set) && isCount(afterBytes)) printer.faultAfter(afterBytes, set);
  else if (isPrinterFault(set) && afterBytes === undefined) printer.setFault(set);
  else if (isPrinterFault(clear)) printer.clearFault(clear);
  else if (clear === 'all') printer.clearFault();
  else
    return `send {"set": FAULT}, {"clear": FAULT or "all"} or {"tearAfterBytes": N}; faults: ${PRINTER_FAULTS.join(', ')}`;
  return null;
}

function controlDrawer(printer: VirtualPrinter, command: Record<string, unknown>): string | null {
  if (command['state'] === 'closed') printer.closeDrawer();
  else if (command['state'] === 'open') printer.openDrawer();
  else return 'send {"state": "open"} or {"state": "closed"}';
  return null;
}

export function isPrinterFault(value: unknown): value is PrinterFault {
  return PRINTER_FAULTS.some((fault) => fault === value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

function listen(server: Server | HttpServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function closeServer(server: Server | HttpServer): Promise<void> {
  return new Promise((resolve) => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close(() => resolve());
  });
}
