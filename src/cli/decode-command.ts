import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { InvalidArgumentError, type Command } from 'commander';
import { checkLabelRule, type LabelRule } from '../domain/label';
import { projectFolder } from '../main/project-folder';
import { decodeLabel, type DecodeOptions } from './decode-label';

/** Longest line that is kept; of a longer one the beginning is decoded, which is too long for any label anyway. */
const MAX_LINE_LENGTH = 65_536;

interface DecodeFlags {
  readonly rules?: readonly LabelRule[];
  readonly currency: string;
}

/** Adds `trestle decode`: what labels say, for people who set up scanners and for programs. */
export function registerDecodeCommand(program: Command): void {
  program
    .command('decode')
    .description('Say what labels mean: one label per line on standard input, one JSON object per line on output.')
    .option(
      '--rules <file>',
      'layouts of in-store labels, JSON: [{"pattern":"21IIIIIWWWWWC","kind":"weight"}] (those of the demo stall)',
      readRules,
    )
    .option('--currency <code>', 'currency of prices that name none', readCurrency, 'GBP')
    .addHelpText(
      'after',
      '\nPut the AIM identifier first where the scanner sends it, as in ]C10104006381333931. Control characters may be' +
        '\nwritten as \\x1d. A label that is wrong has an "error"; the command itself succeeds.',
    )
    .action(async ({ rules, currency }: DecodeFlags) => {
      const labelRules = rules ?? demoRules();
      try {
        await pipeline(process.stdin, decoder({ labelRules, currency }), process.stdout, { end: false });
      } catch (error) {
        // Whoever read us has had enough: `trestle decode | head`.
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      }
    });
}

/** Turns lines of labels into lines of JSON, with no more than a line and a chunk in memory. */
function decoder(options: DecodeOptions): Transform {
  const decoded = (line: string) =>
    `${JSON.stringify(decodeLabel(line.replace(/\r$/, '').slice(0, MAX_LINE_LENGTH), options))}\n`;
  const text = new StringDecoder('utf8');
  let rest = '';
  return new Transform({
    decodeStrings: true,
    transform(chunk: Buffer, _encoding, done) {
      const lines = (rest + text.write(chunk)).split('\n');
      rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
      done(null, lines.map(decoded).join(''));
    },
    flush(done) {
      rest += text.end();
      done(null, rest === '' ? '' : decoded(rest));
    },
  });
}

function demoRules(): readonly LabelRule[] {
  const file = join(projectFolder, 'resources', 'demo-stall', 'stall.json');
  return checkRules((JSON.parse(readFileSync(file, 'utf8')) as { labelRules: unknown }).labelRules);
}

function readRules(file: string): LabelRule[] {
  try {
    return checkRules(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws {Error} with what is wrong with the layouts */
function checkRules(rules: unknown): LabelRule[] {
  if (!Array.isArray(rules)) throw new Error('The file has to hold a list of layouts.');
  return rules.map((rule: unknown) => {
    const { pattern, kind } = (rule ?? {}) as Partial<Record<keyof LabelRule, unknown>>;
    if (typeof pattern !== 'string' || (kind !== 'weight' && kind !== 'price')) {
      throw new Error('Each layout needs a "pattern", and a "kind": weight or price.');
    }
    const checked = checkLabelRule({ pattern, kind });
    if (!checked.ok) throw new Error(`${pattern}: ${checked.error.message}`);
    return checked.value;
  });
}

function readCurrency(code: string): string {
  if (!/^[A-Z]{3}$/.test(code)) throw new InvalidArgumentError('A currency has three capital letters: GBP.');
  return code;
}
