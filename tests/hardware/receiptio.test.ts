import { print } from 'receiptio';
import { afterEach, describe, expect, test } from 'vitest';
import {
  createVirtualPrinter,
  type PrinterFault,
  type VirtualPrinter,
} from '../../src/hardware/virtual/printer-device';
import { startPrinterServer } from '../../src/hardware/virtual/printer-server';

/** It reaches printers on port 9100 only, so each test has a loopback address of its own. */
let lastAddress = 0;
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function onTheNetwork(fault?: PrinterFault): Promise<{ printer: VirtualPrinter; to: string }> {
  lastAddress += 1;
  const host = `127.91.0.${lastAddress}`;
  const printer = createVirtualPrinter({ paperWidthMillimetres: 80 });
  if (fault) printer.setFault(fault);
  const server = await startPrinterServer({ printer, host, port: 9100 });
  open.push(() => server.close());
  return { printer, to: `-d ${host} -t 10` };
}

describe('a foreign program at the virtual printer', { timeout: 30_000 }, () => {
  test.each([
    [undefined, 'online'],
    ['cover-open', 'coveropen'],
    ['paper-out', 'paperempty'],
    ['device-error', 'error'],
  ] as const)('asks how it is (%s) and is told', async (fault, answer) => {
    const { to } = await onTheNetwork(fault);
    expect(await print('', `${to} -q`)).toBe(answer);
  });

  test('prints a receipt and hears that it is printed', async () => {
    const { printer, to } = await onTheNetwork();
    const receipt = [
      '^SALT & BRAMBLE',
      '',
      'Bramble jam | 4.00',
      '-',
      '^TOTAL | ^4.00',
      '{code:https://till.example/r/7;option:qrcode,4,m}',
    ];
    expect(await print(receipt.join('\n'), `${to} -c 48`)).toBe('success');
    const [paper, ...others] = printer.papers();
    expect(others).toEqual([]);
    expect(paper?.isCut).toBe(true);
    expect(paper?.text).toMatch(/Bramble jam +4\.00/);
    // It draws its QR codes itself.
    expect(paper?.text).toMatch(/\[picture \d+ x \d+\]/);
  });

  test('prints nothing while the cover is open, and says so', async () => {
    const { printer, to } = await onTheNetwork('cover-open');
    expect(await print('Jam | 4.00', to)).toBe('coveropen');
    expect(printer.papers()).toEqual([]);
  });
});
