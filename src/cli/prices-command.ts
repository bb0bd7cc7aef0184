import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'csv-parse/sync';
import { parseMoney } from '../domain/money';
import { FEED_ROWS, type CallInput } from '../shared/contract';
import { openTillDoor, type TillDoor } from './till-door';

interface PricesFlags {
  readonly data: string;
}

type ObservedRow = CallInput<'prices.observe'>['rows'][number];

/** Adds `trestle prices`: feeds, signed rule sets and the price log of a running till, from a terminal. */
export function registerPricesCommand(program: Command): void {
  const prices = program.command('prices').description('prices of a running till; an operator is signed on');
  const under = (parent: Command, name: string, what: string): Command =>
    parent.command(name).description(what).requiredOption('--data <folder>', 'data folder of the running till');

  under(prices, 'feed', 'take in prices and stock: a CSV file with the columns code, price, stock')
    .argument('<file>')
    .option('--source <name>', 'what the feed is called; the file by default')
    .option('--at <instant>', 'when it was made, ISO 8601 with Z; when the file was written by default')
    .action(async (file: string, { data, source, at }: PricesFlags & { source?: string; at?: string }) => {
      const observedAt = at === undefined ? (await stat(file)).mtime : new Date(at);
      if (Number.isNaN(observedAt.getTime()))
        throw new Error(`“${at}” is no instant. Write it like 2026-06-13T09:00:00Z.`);
      const records = parse(await readFile(file), {
        bom: true,
        columns: (names: string[]) => names.map((name) => name.trim().toLowerCase()),
        skip_empty_lines: true,
        trim: true,
      }) as Record<string, string>[];
      const wrong: { line: number; code: string; why: string }[] = [];
      let takenCount = 0;
      await withTill(data, async (till) => {
        const { session } = await till.call('state.get', {});
        const given = { source: source ?? basename(file), observedAt: observedAt.toISOString() };
        for (let first = 0; first < records.length; first += FEED_ROWS) {
          const rows = records.slice(first, first + FEED_ROWS).map((record) => observedRow(record, session.stall));
          const { taken, refused } = await till.call('prices.observe', { ...given, rows });
          takenCount += taken;
          // The header is line 1.
          wrong.push(...refused.map(({ row, code, why }) => ({ line: first + row + 1, code, why })));
        }
      });
      process.stdout.write(`Taken: ${takenCount} of ${records.length}.\n`);
      for (const { line, code, why } of wrong) process.stderr.write(`line ${line}: ${code || '(no code)'}: ${why}\n`);
      if (wrong.length > 0) process.exitCode = 1;
    });

  const rules = prices.command('rules').description('signed rule sets');
  under(rules, 'export', 'write this stall’s own rules as a signed file')
    .argument('<file>')
    .option('--name <text>', 'what the set is called', 'Rules')
    .action(async (file: string, { data, name }: PricesFlags & { name: string }) => {
      const { text, version, ruleCount } = await withTill(data, (till) => till.call('prices.export-rules', { name }));
      await writeFile(file, text);
      process.stdout.write(`${ruleCount} rules, version ${version}, in ${file}.\n`);
    });
  under(rules, 'take-in', 'take in a signed rule set; the last good one stays when this is refused')
    .argument('<file>')
    .action(async (file: string, { data }: PricesFlags) => {
      const text = await readFile(file, 'utf8');
      const { version, ruleCount } = await withTill(data, (till) => till.call('prices.take-in-rules', { text }));
      process.stdout.write(`Taken in: ${ruleCount} rules, version ${version}.\n`);
    });

  under(prices, 'log', 'write the price log: every change of a price and everything taken off one')
    .option('--format <csv|json>', 'what to write', 'csv')
    .option('--from <instant>', 'from then on, ISO 8601 with Z')
    .option('--until <instant>', 'before then')
    .action(async ({ data, format, from, until }: PricesFlags & { format: string; from?: string; until?: string }) => {
      if (format !== 'csv' && format !== 'json') throw new Error('The format is csv or json.');
      const instant = (text: string | undefined): string | null =>
        text === undefined ? null : new Date(text).toISOString();
      const filter = { from: instant(from), until: instant(until), kinds: [], staffId: null };
      const { text } = await withTill(data, (till) => till.call('prices.export-log', { ...filter, format }));
      process.stdout.write(text);
    });
}

/** A cell that is no number goes on as none, so that the till refuses its row by number. */
function observedRow(
  record: Record<string, string>,
  stall: { readonly currency: string; readonly locale: string },
): ObservedRow {
  const { code = '', price = '', stock = '' } = record;
  const money = price === '' ? null : parseMoney(price, stall);
  return {
    code: code === '' ? '?' : code.slice(0, 120),
    priceMinor: money === null ? null : money.ok ? money.value : -1,
    stock: stock === '' ? null : /^-?\d+$/.test(stock) ? Number(stock) : 0.5,
  };
}

async function withTill<T>(data: string, work: (till: TillDoor) => Promise<T>): Promise<T> {
  const till = await openTillDoor(resolve(data));
  try {
    return await work(till);
  } finally {
    till.close();
  }
}
