import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { SyncState } from '../shared/contract';
import { openTillDoor, type TillDoor } from './till-door';

interface SyncFlags {
  readonly data: string;
}

/** Adds `trestle sync`: the exchange of a running till with hub and neighbours, from a terminal. */
export function registerSyncCommand(program: Command): void {
  const sync = program.command('sync').description('the exchange of a running till with its hub and neighbours');
  const subcommand = (name: string, what: string): Command =>
    sync.command(name).description(what).requiredOption('--data <folder>', 'data folder of the running till');

  subcommand('status', 'say how far the exchange is; exits 1 unless the hub has everything')
    .option('--json', 'print it as JSON')
    .action(async ({ data, json }: SyncFlags & { json?: true }) => {
      const state = await withTill(data, readState);
      if (state.state !== 'online' || state.queued > 0) process.exitCode = 1;
      process.stdout.write(json ? `${JSON.stringify(state, null, 2)}\n` : inWords(state));
    });
  subcommand('now', 'exchange now, whatever pause was left, and say how far it is').action(
    async ({ data }: SyncFlags) => {
      const state = await withTill(data, async (till) => {
        await till.call('sync.now', {});
        return readState(till);
      });
      process.stdout.write(inWords(state));
    },
  );
  subcommand('enrol', 'join the stall of a code; a till that has a stall needs an operator signed on')
    .argument('<address>', 'where the hub answers: https://hub.example')
    .argument('<code>', 'the one-time code, for instance 7Q2K-9XMF')
    .option('--name <text>', 'what people call this till', hostname())
    .action(async (address: string, code: string, { data, name }: SyncFlags & { name: string }) => {
      const { prefix } = await withTill(data, (till) => till.call('sync.enrol', { address, code, name }));
      process.stdout.write(`Joined. This till numbers its orders ${prefix}.\n`);
    });
}

async function withTill<T>(data: string, work: (till: TillDoor) => Promise<T>): Promise<T> {
  const till = await openTillDoor(resolve(data));
  try {
    return await work(till);
  } finally {
    till.close();
  }
}

async function readState(till: TillDoor): Promise<SyncState> {
  return (await till.call('state.get', {})).sync;
}

function inWords(state: SyncState): string {
  const { servers, queued, oldestQueuedAt, overdueOrders, quarantined, unapplied, mismatches } = state;
  const lines = [
    state.state === 'off' ? 'Joined to no hub.' : `The exchange is ${state.state}.`,
    queued === 0
      ? 'Nothing waits.'
      : `${queued} entries wait, the oldest since ${oldestQueuedAt ?? 'an unknown time'}.`,
  ];
  if (overdueOrders > 0) lines.push(`! ${overdueOrders} orders have waited for more than 24 hours.`);
  for (const { role, address, state: how, lastSuccessAt, nextTryAt, errors, devices } of servers) {
    lines.push('', `${role === 'hub' ? 'Hub' : 'Neighbour'} ${address}: ${how}`);
    lines.push(`  last success ${lastSuccessAt ?? 'never'}${nextTryAt === null ? '' : `, next try ${nextTryAt}`}`);
    for (const { code, detail, at } of errors.slice(0, 3)) lines.push(`  ${at} ${code}: ${detail}`);
    for (const { prefix, name, seq, isRevoked, lastSyncAt } of devices) {
      lines.push(
        `  ${prefix} ${name}: ${seq} entries, last seen ${lastSyncAt ?? 'never'}${isRevoked ? ', revoked' : ''}`,
      );
    }
  }
  for (const { seq, kind, cause } of quarantined)
    lines.push(`! Set aside by a server: entry ${seq}, ${kind}, ${cause}`);
  for (const { device, seq, kind, why } of unapplied)
    lines.push(`! Shown nowhere: ${kind} ${seq} of ${device}, ${why}`);
  for (const { shiftId, orders } of mismatches) {
    const named = orders.map(({ number, fault }) => `${number} ${fault}`).join(', ');
    lines.push(`! Shift ${shiftId} differs: ${named}`);
  }
  return `${lines.join('\n')}\n`;
}
