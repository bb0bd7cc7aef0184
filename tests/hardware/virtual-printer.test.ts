import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeReceipt } from '../../src/hardware/encoders/escpos';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import { keepPapers } from '../../src/hardware/virtual/paper-files';
import { createPaperRenderer } from '../../src/hardware/virtual/paper-renderer';
import {
  createVirtualPrinter,
  type PrinterFault,
  type VirtualPrinter,
} from '../../src/hardware/virtual/printer-device';
import { startControlServer, startPrinterServer } from '../../src/hardware/virtual/printer-server';
import { shortReceipt } from '../helpers/receipts';

/** A connection whose answers are collected. */
function talkTo(printer: VirtualPrinter) {
  const answers: number[] = [];
  let isDropped = false;
  const session = printer.connect({
    send: (bytes) => void answers.push(...bytes),
    drop: () => (isDropped = true),
    ready: () => undefined,
  });
  return {
    session,
    isDropped: () => isDropped,
    /** Sends and returns the answer, in hex. */
    say(...bytes: number[]): string {
      answers.length = 0;
      session.receive(Uint8Array.from(bytes));
      return Buffer.from(answers).toString('hex');
    },
  };
}

const receiptBytes = (() => {
  const encoded = encodeReceipt(shortReceipt, PRINTER_PROFILES['virtual-80']);
  if (!encoded.ok) throw new Error(encoded.error.message);
  return encoded.value;
})();

describe('virtual printer', () => {
  let printer: VirtualPrinter;
  beforeEach(() => {
    printer = createVirtualPrinter({ paperWidthMillimetres: 80 });
  });

  // Columns of Epson's DLE EOT tables: printer, cause of being offline, cause of the error, paper.
  test.each<[PrinterFault | null, string]>([
    [null, '12 12 12 12'],
    ['near-end', '12 12 12 1e'],
    ['paper-out', '1a 32 12 7e'],
    ['cover-open', '1a 16 12 12'],
    ['offline', '1a 12 12 12'],
  ])('with %s answers DLE EOT 1 to 4 with %s', (fault, bytes) => {
    if (fault) printer.setFault(fault);
    const { say } = talkTo(printer);
    expect([1, 2, 3, 4].map((question) => say(0x10, 0x04, question)).join(' ')).toBe(bytes);
  });

  test.each<[PrinterFault | null, string]>([
    [null, '10000000'],
    ['near-end', '10000300'],
    ['paper-out', '18000f00'],
    ['cover-open', '38000000'],
  ])('with %s tells its status by itself as %s', (fault, bytes) => {
    const { say, session } = talkTo(printer);
    expect(say(0x1d, 0x61, 0xff)).toBe('10000000');
    const told: number[] = [];
    const other = printer.connect({
      send: (more) => void told.push(...more),
      drop: () => undefined,
      ready: () => undefined,
    });
    other.receive(Uint8Array.of(0x1d, 0x61, 0xff));
    told.length = 0;
    if (fault) printer.setFault(fault);
    else printer.closeDrawer();
    expect(Buffer.from(told).toString('hex')).toBe(bytes);
    other.end();
    session.end();
  });

  test('holds ordinary commands back while blocked, obeys the real-time ones, and goes on in order', () => {
    const { say } = talkTo(printer);
    printer.setFault('paper-out');
    expect(say(0x1d, 0x72, 1)).toBe('');
    expect(say(0x1b, 0x70, 0, 0x19, 0xfa)).toBe('');
    expect(say(...receiptBytes)).toBe('');
    expect(printer.state().pulses).toEqual([]);
    expect(say(0x10, 0x14, 1, 1, 2)).toBe('');
    expect(printer.state().pulses).toEqual([{ pin: 5, onMs: 200, isRealTime: true }]);
    expect(printer.papers()).toEqual([]);
    printer.clearFault();
    expect(printer.papers()).toHaveLength(1);
    expect(printer.state().pulses).toEqual([
      { pin: 5, onMs: 200, isRealTime: true },
      { pin: 2, onMs: 50, isRealTime: false },
    ]);
  });

  test('a real-time question is heard across any split, and leaves no mark', () => {
    const { session, say } = talkTo(printer);
    session.receive(Uint8Array.of(0x10));
    session.receive(Uint8Array.of(0x04));
    expect(say(0x01)).toBe('12');
    expect(printer.state().unknownCommands).toEqual([]);
    session.end();
    expect(printer.papers()).toEqual([]);
  });

  test('proves printing with the id it was given, says who it is, and knows its drawer', () => {
    const { say } = talkTo(printer);
    expect(say(0x1d, 0x28, 0x48, 6, 0, 0x30, 0x30, 0x41, 0x42, 0x43, 0x44)).toBe('37224142434400');
    expect(Buffer.from(say(0x1d, 0x49, 67), 'hex').toString()).toBe('_Virtual 80 mm\0');
    expect(say(0x10, 0x04, 1)).toBe('12');
    say(0x1b, 0x70, 0, 0x19, 0xfa);
    expect(say(0x10, 0x04, 1)).toBe('16');
    expect(say(0x1d, 0x72, 2)).toBe('01');
    printer.closeDrawer();
    expect(say(0x10, 0x04, 1)).toBe('12');
  });

  test('the bytes of a paper are those of its job alone', () => {
    const { say, session } = talkTo(printer);
    say(0x10, 0x04, 1);
    say(...receiptBytes, 0x1d, 0x72, 1, ...receiptBytes);
    session.end();
    expect(printer.papers().map((paper) => Buffer.from(paper.bytes).toString('hex'))).toEqual(
      Array(2).fill(Buffer.from(receiptBytes).toString('hex')),
    );
  });

  test('a connection torn in a job leaves a scrap without a cut', () => {
    const { session, isDropped } = talkTo(printer);
    const beforeCut = receiptBytes.length - 2;
    printer.tearAfter(beforeCut);
    session.receive(receiptBytes);
    expect(isDropped()).toBe(true);
    expect(printer.papers()).toMatchObject([{ isCut: false, text: `Jam${'£4.50'.padStart(45)}\n` }]);
    expect(printer.papers()[0]?.bytes).toHaveLength(beforeCut);
  });

  test('what a torn job leaves in the print buffer meets a next job that does not reset it', () => {
    const torn = talkTo(printer);
    torn.say(0x1b, 0x45, 1, 0x6f, 0x6c, 0x64);
    torn.session.end();
    talkTo(printer).say(0x6e, 0x65, 0x77, 0x0a, 0x1d, 0x56, 0x00);
    expect(printer.papers()).toMatchObject([{ text: 'oldnew\n8< - - - - - - - -\n' }]);
  });

  test('a second connection waits for the first one’s cut', () => {
    const first = talkTo(printer);
    const second = talkTo(printer);
    const lineEnd = receiptBytes.length - 4;
    first.session.receive(receiptBytes.slice(0, lineEnd));
    second.session.receive(receiptBytes);
    expect(printer.papers()).toEqual([]);
    first.session.receive(receiptBytes.slice(lineEnd));
    expect(printer.papers().map((paper) => paper.text)).toEqual(Array(2).fill(printer.papers()[0]?.text));
    expect(printer.papers()[0]?.bytes).toEqual(receiptBytes);
  });

  test('a jammed cutter stops everything until it is cleared', () => {
    const { say } = talkTo(printer);
    printer.setFault('cutter');
    say(...receiptBytes, ...receiptBytes);
    expect(printer.papers()).toEqual([]);
    expect([1, 2, 3, 4].map((question) => say(0x10, 0x04, question)).join(' ')).toBe('1a 52 1a 12');
    printer.clearFault();
    expect(printer.papers().map((paper) => paper.text)).toEqual(Array(2).fill(printer.papers()[0]?.text));
  });

  test('a full buffer says so, and that there is room again', () => {
    let isReady = false;
    const session = printer.connect({ send: () => undefined, drop: () => undefined, ready: () => (isReady = true) });
    printer.setFault('paper-out');
    isReady = false;
    expect(session.receive(new Uint8Array(70_000))).toBe(false);
    expect(isReady).toBe(false);
    printer.clearFault();
    expect(isReady).toBe(true);
  });
});

describe('virtual printer on the network', () => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  test('keeps every paper as bytes, words and picture, numbered on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'papers-'));
    open.push(() => rm(folder, { recursive: true }));
    const problems: unknown[] = [];
    for (const expected of [['0001', '0002'], ['0003']]) {
      const printer = createVirtualPrinter({ paperWidthMillimetres: 58 });
      const renderer = createPaperRenderer();
      const names: string[] = [];
      const files = await keepPapers({
        printer,
        folder,
        renderer,
        onKept: (_, name) => names.push(name),
        onProblem: (error) => problems.push(error),
      });
      const { session } = talkTo(printer);
      for (let count = 0; count < expected.length; count += 1) session.receive(receiptBytes);
      await files.close();
      await renderer.close();
      expect(names).toEqual(expected);
    }
    expect(problems).toEqual([]);
    const names = ['0001', '0002', '0003'].flatMap((name) => ['bin', 'png', 'txt'].map((kind) => `${name}.${kind}`));
    expect((await readdir(folder)).sort()).toEqual(names);
    expect(new Uint8Array(await readFile(join(folder, '0001.bin')))).toEqual(receiptBytes);
    expect(await readFile(join(folder, '0003.txt'), 'utf8')).toContain('£4.50\n');
    expect((await readFile(join(folder, '0003.png'))).subarray(1, 4).toString()).toBe('PNG');
  });

  test('is broken and mended over HTTP', async () => {
    const printer = createVirtualPrinter({ paperWidthMillimetres: 80 });
    const control = await startControlServer(printer, 0);
    open.push(() => control.close());
    const base = `http://${control.host}:${control.port}`;
    const post = async (path: string, body: string): Promise<{ status: number; body: unknown }> => {
      const response = await fetch(base + path, { method: 'POST', body });
      return { status: response.status, body: await response.json() };
    };
    expect(await post('/fault', '{"set":"paper-out"}')).toMatchObject({ status: 200, body: { faults: ['paper-out'] } });
    expect(await post('/fault', '{"clear":"all"}')).toMatchObject({ status: 200, body: { faults: [] } });
    expect(await post('/drawer', '{"state":"open"}')).toMatchObject({ status: 200, body: { drawer: 'open' } });
    expect(await post('/fault', '{"set":"paper-out","afterBytes":-1}')).toMatchObject({ status: 400 });
    expect(await post('/fault', '{"set":"fire"}')).toMatchObject({ status: 400 });
    expect(await post('/fault', 'not json')).toMatchObject({ status: 400 });
    expect(await post('/fault', `{"set":"${'x'.repeat(2_000)}"}`)).toMatchObject({ status: 400 });
    expect((await fetch(`${base}/nothing`)).status).toBe(404);
    const state = await fetch(`${base}/state`);
    expect(await state.json()).toEqual(printer.state());
    expect(printer.state().faults).toEqual([]);
  });

  test('refuses while it is off, and takes the same port when it is on again', async () => {
    const printer = createVirtualPrinter({ paperWidthMillimetres: 80 });
    const server = await startPrinterServer({ printer, port: 0 });
    open.push(() => server.close());
    const connects = (): Promise<boolean> =>
      new Promise((resolve) => {
        const socket: Socket = createConnection({ host: server.host, port: server.port });
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
        open.push(() => Promise.resolve(socket.destroy()));
      });
    expect(await connects()).toBe(true);
    printer.setFault('refuse');
    expect(await connects()).toBe(false);
    printer.clearFault();
    expect(await connects()).toBe(true);
  });
});
