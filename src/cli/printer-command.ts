import { createInterface } from 'node:readline';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { createPaperRenderer } from '../hardware/virtual/paper-renderer';
import { keepPapers } from '../hardware/virtual/paper-files';
import {
  createVirtualPrinter,
  PRINTER_FAULTS,
  type PrinterFault,
  type VirtualPrinter,
} from '../hardware/virtual/printer-device';
import { isPrinterFault, startControlServer, startPrinterServer } from '../hardware/virtual/printer-server';

interface PrinterCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly out: string;
  readonly width: '58' | '80';
  readonly fault: readonly PrinterFault[];
  readonly controlPort?: number;
}

const STDIN_HELP = 'fault NAME, clear [NAME], drawer open, drawer close, status, quit';

/** Adds `trestle printer`: a virtual receipt printer on the network, for people and for tests in any language. */
export function registerPrinterCommand(program: Command): void {
  program
    .command('printer')
    .description('run a virtual ESC/POS receipt printer that keeps every receipt as text, picture and bytes')
    .option('--port <number>', 'port to print to; 0 for any free one', parsePort, 9100)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .requiredOption('--out <folder>', 'folder for the receipts: NNNN.txt, NNNN.png, NNNN.bin')
    .addOption(new Option('--width <millimetres>', 'paper width').choices(['58', '80']).default('80'))
    .addOption(
      new Option('--fault <name>', `start with a fault; may be repeated: ${PRINTER_FAULTS.join(', ')}`)
        .argParser(parseFault)
        .default([]),
    )
    .option('--control-port <number>', 'also listen on loopback for GET /state, POST /fault, POST /drawer', parsePort)
    .addHelpText('after', `\nWhile it runs, standard input takes: ${STDIN_HELP}.`)
    .action(runPrinter);
}

async function runPrinter(options: PrinterCommandOptions): Promise<void> {
  const say = (line: string): void => console.log(line);
  const printer = createVirtualPrinter({ paperWidthMillimetres: options.width === '80' ? 80 : 58 });
  for (const fault of options.fault) printer.setFault(fault);
  const renderer = createPaperRenderer();
  const files = await keepPapers({
    printer,
    folder: options.out,
    renderer,
    onKept: (paper, name) => say(`printed ${name}${paper.isCut ? '' : ', torn off before the cut'}`),
    onProblem: (error) => console.error(error instanceof Error ? error.message : error),
  });
  const server = await startPrinterServer({ printer, port: options.port, host: options.host }).catch(explainPort);
  say(`A ${options.width} mm printer is listening on ${server.host}:${server.port}; receipts go to ${options.out}`);
  const control = options.controlPort === undefined ? null : await startControlServer(printer, options.controlPort);
  if (control) say(`Control it at http://${control.host}:${control.port}/state`);

  await untilTold(printer, say);
  await server.close();
  await control?.close();
  await files.close();
  await renderer.close();
}

function explainPort(error: NodeJS.ErrnoException & { port?: number }): never {
  if (error.code !== 'EADDRINUSE') throw error;
  throw new Error(
    `Port ${error.port ?? ''} is taken by another program. Choose another with --port or --control-port.`,
  );
}

/** Obeys standard input until `quit` or a signal. The end of standard input stops nothing: it may run unattended. */
function untilTold(printer: VirtualPrinter, say: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    const input = createInterface({ input: process.stdin });
    const finish = (): void => {
      input.close();
      process.stdin.destroy();
      resolve();
    };
    input.on('line', (line) => {
      if (line.trim() === 'quit') finish();
      else if (line.trim() !== '') say(obey(printer, line.trim().split(/\s+/)));
    });
    process.once('SIGINT', finish).once('SIGTERM', finish);
  });
}

function obey(printer: VirtualPrinter, [verb, name]: readonly string[]): string {
  if (verb === 'fault' && isPrinterFault(name)) printer.setFault(name);
  else if (verb === 'clear' && (name === undefined || isPrinterFault(name))) printer.clearFault(name);
  else if (verb === 'drawer' && name === 'close') printer.closeDrawer();
  else if (verb === 'drawer' && name === 'open') printer.openDrawer();
  else if (verb !== 'status') return `Say one of: ${STDIN_HELP}. Faults: ${PRINTER_FAULTS.join(', ')}.`;
  return JSON.stringify(printer.state());
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return port;
}

function parseFault(text: string, previous: readonly PrinterFault[]): readonly PrinterFault[] {
  if (!isPrinterFault(text)) throw new InvalidArgumentError(`Choose one of: ${PRINTER_FAULTS.join(', ')}.`);
  return [...previous, text];
}
