import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PrinterFault, VirtualPrinterState } from '../src/hardware/virtual/printer-device';
import type { Paper } from './checks';

/** A receipt printer that is a process of its own, so that it outlives the till. */
export interface DemoPrinter {
  readonly host: string;
  readonly port: number;
  /** What it printed so far, oldest first, read from its files. */
  papers(): readonly Paper[];
  state(): Promise<VirtualPrinterState>;
  setFault(fault: PrinterFault): Promise<void>;
  /** Mends everything. */
  mend(): Promise<void>;
  stop(): Promise<void>;
}

/** Runs `trestle printer` on free ports of this machine, its paper in an empty folder. */
export async function startDemoPrinter(root: string, folder: string): Promise<DemoPrinter> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const child = spawn(
    process.execPath,
    [join(root, 'out', 'main', 'trestle.js'), 'printer', '--port', '0', '--control-port', '0', '--out', folder],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const end = (): void => void child.kill();
  process.once('exit', end);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const printed: { readonly name: string; readonly isCut: boolean }[] = [];
  const { host, port, control } = await addresses(child, (line) => {
    const paper = /^printed (\d+)(, torn off before the cut)?$/.exec(line);
    if (paper?.[1] !== undefined) printed.push({ name: paper[1], isCut: paper[2] === undefined });
  });
  const ask = async (path: string, command?: object): Promise<VirtualPrinterState> => {
    const answer = await fetch(`${control}${path}`, {
      ...(command && { method: 'POST', body: JSON.stringify(command) }),
    });
    if (!answer.ok) throw new Error(`The printer refused ${JSON.stringify(command)}: ${await answer.text()}`);
    return (await answer.json()) as VirtualPrinterState;
  };
  return {
    host,
    port,
    papers: () =>
      printed.map(({ name, isCut }) => ({ name, isCut, text: readFileSync(join(folder, `${name}.txt`), 'utf8') })),
    state: () => ask('/state'),
    setFault: async (fault) => void (await ask('/fault', { set: fault })),
    mend: async () => void (await ask('/fault', { clear: 'all' })),
    async stop() {
      process.off('exit', end);
      child.kill();
      await ended;
    },
  };
}

function addresses(
  child: ChildProcess,
  onLine: (line: string) => void,
): Promise<{ readonly host: string; readonly port: number; readonly control: string }> {
  return new Promise((resolve, reject) => {
    if (!child.stdout || !child.stderr) throw new Error('The printer has no output');
    let complaints = '';
    child.stderr.on('data', (text) => (complaints += String(text)));
    child.once('exit', (code) => reject(new Error(`The printer ended with ${code}: ${complaints}`)));
    let address: { host: string; port: number } | null = null;
    createInterface(child.stdout).on('line', (line) => {
      const listening = /listening on (\S+):(\d+);/.exec(line);
      if (listening) address = { host: listening[1] ?? '', port: Number(listening[2]) };
      const control = /^Control it at (\S+)\/state$/.exec(line)?.[1];
      if (control && address) resolve({ ...address, control });
      onLine(line);
    });
  });
}
