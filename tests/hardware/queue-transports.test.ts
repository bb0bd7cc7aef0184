import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/hardware/ports';
import { cupsQueues, cupsTransport } from '../../src/hardware/transports/cups';
import { decodeIppResponse, encodeIppRequest, IPP_OPERATION } from '../../src/hardware/transports/ipp';
import { spoolerTransport } from '../../src/hardware/transports/spooler';
import { spoolerCommand } from '../../src/hardware/transports/spooler-script';
import type { Connection } from '../../src/hardware/transports/transport';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const RECEIPT = Buffer.from('\x1b@Jam\n\x1dV\0', 'latin1');

/** What a queue does with a job that it is given. */
type Fate = 'prints' | 'waits' | 'waits, begun' | 'aborts';

describe('CUPS queue', () => {
  /** The few answers of a print system with one queue, `stall`, as RFC 8010 writes them. */
  async function printSystem(fate: Fate, reasons = 'none'): Promise<{ socketPath: string; printed: Buffer[] }> {
    const folder = mkdtempSync(join(tmpdir(), 'trestle-cups-'));
    const socketPath = join(folder, 'cups.sock');
    const printed: Buffer[] = [];
    let isCanceled = false;
    const value = (tag: number, name: string, bytes: Buffer): Buffer =>
      Buffer.concat([
        Buffer.of(tag, 0, name.length),
        Buffer.from(name),
        Buffer.of(bytes.length >> 8, bytes.length & 255),
        bytes,
      ]);
    const enumeration = (name: string, number: number): Buffer => value(0x23, name, Buffer.of(0, 0, 0, number));
    const answer = (status: number, tag: number, ...values: Buffer[]): Buffer =>
      Buffer.concat([
        Buffer.of(2, 0, status >> 8, status & 255, 0, 0, 0, 1, 1),
        value(0x47, 'attributes-charset', Buffer.from('utf-8')),
        ...(values.length > 0 ? [Buffer.of(tag), ...values] : []),
        Buffer.of(3),
      ]);
    const jobState = (): number => {
      if (isCanceled) return 7;
      return { prints: 9, waits: 3, 'waits, begun': 5, aborts: 8 }[fate];
    };
    const respond = (request: Buffer): Buffer => {
      const operation = request.readUInt16BE(2);
      if (operation === IPP_OPERATION.getPrinters) {
        return answer(0, 4, value(0x42, 'printer-name', Buffer.from('stall')));
      }
      if (!request.includes('/printers/stall')) return answer(0x0406, 4);
      if (operation === IPP_OPERATION.printJob) {
        // The document follows the end-of-attributes tag, which follows the document format.
        const format = 'application/vnd.cups-raw';
        printed.push(request.subarray(request.indexOf(format) + format.length + 1));
        return answer(0, 2, value(0x21, 'job-id', Buffer.of(0, 0, 0, 7)));
      }
      if (operation === IPP_OPERATION.cancelJob) isCanceled = true;
      if (operation === IPP_OPERATION.getPrinterAttributes) {
        return answer(
          0,
          4,
          enumeration('printer-state', 3),
          value(0x44, 'printer-state-reasons', Buffer.from(reasons)),
        );
      }
      const begun =
        fate === 'waits'
          ? value(0x13, 'time-at-processing', Buffer.alloc(0))
          : value(0x21, 'time-at-processing', Buffer.of(0x65, 0, 0, 0));
      return answer(0, 2, enumeration('job-state', jobState()), begun);
    };
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => response.end(respond(Buffer.concat(pieces))));
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    open.push(() => {
      server.close();
      rmSync(folder, { recursive: true });
    });
    return { socketPath, printed };
  }

  async function connect(socketPath: string): Promise<Connection> {
    const opened = await cupsTransport({ queue: 'stall', clock: systemClock, stallTimeoutMs: 50, socketPath }).open();
    if (!opened.ok) throw new Error(opened.error.message);
    return opened.value;
  }

  test.each([
    ['prints', { outcome: 'written', bytesSent: RECEIPT.length }],
    ['waits', { outcome: 'stalled', bytesSent: 0 }],
    ['waits, begun', { outcome: 'stalled', bytesSent: RECEIPT.length }],
    ['aborts', { outcome: 'closed', bytesSent: RECEIPT.length }],
  ] as const)('a job the queue %s', async (fate, outcome) => {
    const { socketPath, printed } = await printSystem(fate);
    const connection = await connect(socketPath);
    expect(connection.isOneWay).toBe(true);
    expect(await connection.write(RECEIPT)).toEqual(outcome);
    expect(printed).toEqual([RECEIPT]);
  });

  test.each([
    ['none', null],
    ['media-empty-error', 'paper-out'],
    ['cover-open-report', 'cover-open'],
    ['offline-report', 'offline'],
  ] as const)('a printer of which it says %s', async (reasons, fault) => {
    const { socketPath } = await printSystem('prints', reasons);
    expect(await (await connect(socketPath)).fault?.()).toBe(fault);
  });

  test('a queue that is not there is absent; a print system that is not there is unreachable', async () => {
    const { socketPath } = await printSystem('prints');
    expect(await cupsQueues(systemClock, socketPath)).toEqual(['stall']);
    const nowhere = await cupsTransport({ queue: 'none', clock: systemClock, socketPath }).open();
    expect(nowhere).toMatchObject({ ok: false, error: { code: 'absent' } });
    const dead = join(tmpdir(), 'no-print-system.sock');
    const noSystem = await cupsTransport({ queue: 'stall', clock: systemClock, socketPath: dead }).open();
    expect(noSystem).toMatchObject({ ok: false, error: { code: 'unreachable' } });
    expect(await cupsQueues(systemClock, dead)).toEqual([]);
  });

  test('an answer cut short anywhere is no answer, never a crash', async () => {
    const whole = Buffer.concat([
      Buffer.of(2, 0, 0, 0, 0, 0, 0, 1),
      encodeIppRequest(0, [['integer', 'job-id', 1, 2]]).subarray(8),
    ]);
    expect(decodeIppResponse(whole)).toEqual({ status: 0, groups: [] });
    for (let length = 0; length < whole.length; length += 1) {
      expect(decodeIppResponse(whole.subarray(0, length)), `${length} bytes`).toBeNull();
    }
  });
});

describe('Windows spooler', () => {
  /** Stands in for the helper: the same lines, said by Node. */
  const helper = (fate: Fate, greeting = 'ready', status = 0): string => `
    const flags = { prints: 'gone', waits: '8', 'waits, begun': '24', aborts: 'x' }['${fate}'];
    console.log('${greeting}');
    require('node:readline').createInterface(process.stdin).on('line', (line) => {
      const [word, what] = line.split(' ');
      if (word === 'print' && '${fate}' === 'aborts') console.log('error 1905');
      else if (word === 'print') console.log('job ' + Buffer.from(what, 'base64').length);
      else if (word === 'status') console.log('status ${status}');
      else console.log((word === 'delete' ? 'deleted ' : word + ' ') + flags);
    });`;

  async function connect(script: string): Promise<ReturnType<ReturnType<typeof spoolerTransport>['open']>> {
    const transport = spoolerTransport({
      printerName: 'Stall',
      clock: systemClock,
      stallTimeoutMs: 50,
      start: () => spawn(process.execPath, ['-e', script]),
    });
    const opened = await transport.open();
    if (opened.ok) open.push(() => opened.value.close());
    return opened;
  }

  test.each([
    ['prints', { outcome: 'written', bytesSent: RECEIPT.length }],
    ['waits', { outcome: 'stalled', bytesSent: 0 }],
    ['waits, begun', { outcome: 'stalled', bytesSent: RECEIPT.length }],
    ['aborts', { outcome: 'closed', bytesSent: 0 }],
  ] as const)('a document the spooler %s', async (fate, outcome) => {
    const opened = await connect(helper(fate));
    if (!opened.ok) throw new Error(opened.error.message);
    expect(await opened.value.write(RECEIPT)).toEqual(outcome);
  });

  test.each([
    ['error 1801', 'absent'],
    ['error 5', 'access-denied'],
    ['error 1722', 'unreachable'],
  ] as const)('that greets with "%s" is %s', async (greeting, code) => {
    expect(await connect(helper('prints', greeting))).toMatchObject({ ok: false, error: { code } });
  });

  test.each([
    [0, null],
    [0x10, 'paper-out'],
    [0x400010, 'cover-open'],
    [0x80, 'offline'],
    [2, 'device-error'],
  ] as const)('printer flags %i', async (flags, fault) => {
    const opened = await connect(helper('prints', 'ready', flags));
    if (!opened.ok) throw new Error(opened.error.message);
    expect(await opened.value.fault?.()).toBe(fault);
  });

  test('a helper that dies ends the connection, with the document’s fate unknown', async () => {
    const opened = await connect(`console.log('ready'); process.stdin.once('data', () => process.exit());`);
    if (!opened.ok) throw new Error(opened.error.message);
    let isClosed = false;
    opened.value.onClose(() => (isClosed = true));
    expect(await opened.value.write(RECEIPT)).toEqual({ outcome: 'closed', bytesSent: RECEIPT.length });
    expect(isClosed).toBe(true);
    expect(await opened.value.write(RECEIPT)).toEqual({ outcome: 'closed', bytesSent: 0 });
  });

  test('a machine without PowerShell has no such printer to offer', async () => {
    const transport = spoolerTransport({
      printerName: 'Stall',
      clock: systemClock,
      start: () => spawn('no-such-program-anywhere'),
    });
    expect(await transport.open()).toMatchObject({ ok: false, error: { code: 'unreachable' } });
  });

  test('the command is one encoded word: no name of a printer can escape from it, and Windows takes its length', () => {
    const name = `Bon's "Drucker"; Remove-Item C:\\ #'@`;
    const { command, parameters } = spoolerCommand(name);
    expect(command).toBe('powershell.exe');
    const script = Buffer.from(parameters.at(-1) ?? '', 'base64').toString('utf16le');
    expect(script).not.toContain('Drucker');
    expect(script).toContain(`FromBase64String('${Buffer.from(name, 'utf16le').toString('base64')}')`);
    // CreateProcess takes 32 767 characters.
    expect([command, ...parameters].join(' ').length).toBeLessThan(32_767);
  });
});
