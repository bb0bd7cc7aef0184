import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerJournalCommand } from '../../src/cli/journal-command';
import { parseEntryLine, verifyChain, type SealedEntry } from '../../src/journal/entry';
import { exportFolder, rebuildFolder, verifyFolder } from '../../src/main/db/inspect';
import { makeItem, StallLife } from './stall-life';

let life: StallLife;
beforeEach(() => {
  life = new StallLife();
  life.put(makeItem(1), makeItem(2));
  for (let sale = 0; sale < 5; sale += 1) life.sell(['variant-1', 'variant-2']);
});
afterEach(() => {
  life.end();
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** Changes the database behind the store's back. */
function tamper(sql: string): void {
  life.close();
  const database = new Database(join(life.dataDir, 'trestle.db'));
  database.exec(sql);
  database.close();
}

const codes = async () => (await verifyFolder(life.dataDir)).findings.map(({ code }) => code);

describe('verifying a data folder', () => {
  it('finds nothing wrong with an honest one, while the till has it and after', async () => {
    expect(await codes()).toEqual([]);
    life.close();
    const report = await verifyFolder(life.dataDir);
    expect(report.findings).toEqual([]);
    expect(report.orderCount).toBe(5);
    const [device] = report.devices;
    expect(device?.signedSeq).toBe(device?.lastSeq);
  });

  it('names the entry when one byte of one body is changed', async () => {
    tamper(`UPDATE journal SET body = replace(body, 'Rye loaf', 'Rye goaf') WHERE kind = 'order.placed' AND seq = 6`);
    const { findings } = await verifyFolder(life.dataDir);
    expect(findings).toContainEqual({
      code: 'wrong-hash',
      detail: expect.stringMatching(/^Entry 6 of .*changed after it was written$/) as string,
    });
  });

  it('names an entry taken out, and an end cut off', async () => {
    tamper('DELETE FROM journal WHERE seq = 7');
    expect(await codes()).toContain('gap');
    life.end();
    life = new StallLife();
    life.put(makeItem(1));
    life.sell(['variant-1']);
    life.close();
    tamper('DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)');
    const { findings } = await verifyFolder(life.dataDir);
    expect(findings).toContainEqual({
      code: 'wrong-head',
      detail: expect.stringMatching(/signed entry 5, but its chain ends at 4$/) as string,
    });
  });

  it('knows a head that somebody else signed', async () => {
    tamper(`UPDATE signed_head SET signature = replace(signature, substr(signature, 1, 4), 'AAAA')`);
    expect(await codes()).toEqual(['wrong-head']);
  });

  it('checks the sums of every order, even of one well hashed', async () => {
    const { store } = life;
    const order = life.order(['variant-1']);
    const wrong = { ...order, totalMinor: order.totalMinor + 1 };
    store.commit({ actor: null, drafts: [{ kind: 'order.placed', body: { order: wrong } }], result: null });
    expect(await codes()).toEqual(expect.arrayContaining(['bad-order']));
    expect(await codes()).not.toContain('wrong-hash');
  });

  it('reports an entry nobody can read', async () => {
    tamper(`UPDATE journal SET kind = 'moon.landed' WHERE seq = 2`);
    expect(await codes()).toEqual(expect.arrayContaining(['wrong-hash', 'unreadable']));
  });

  it('says plainly that a folder has no store', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'trestle-empty-'));
    await expect(verifyFolder(empty)).rejects.toThrow('holds no store');
    rmSync(empty, { recursive: true });
  });
});

describe('exporting the journal', () => {
  it('gives every entry as a line whose chain holds', () => {
    const entries = [...exportFolder(life.dataDir)].map((line) => parseEntryLine(line));
    expect(entries).toHaveLength(13);
    expect(verifyChain(entries as SealedEntry[])).toEqual([]);
  });
});

describe('rebuilding the read models', () => {
  it('mends tables that were changed, and is refused while a till has the folder', async () => {
    expect(() => rebuildFolder(life.dataDir, {})).toThrow('Another till is using the data folder');
    tamper(`UPDATE item SET name = 'Gold'`);
    expect(await codes()).toEqual(['read-model-differs']);
    expect(rebuildFolder(life.dataDir, {}).unreadable).toEqual([]);
    expect(await codes()).toEqual([]);
  });
});

describe('the command', () => {
  const run = async (...words: string[]): Promise<string> => {
    const said: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
    vi.spyOn(console, 'error').mockImplementation((line: string) => void said.push(line));
    const program = new Command().exitOverride();
    registerJournalCommand(program);
    await program.parseAsync(['journal', ...words], { from: 'user' });
    return said.join('\n');
  };

  it('verifies with exit code 0 when nothing is wrong, 1 on a finding and 2 when it cannot', async () => {
    expect(await run('verify', '--data', life.dataDir)).toMatch(/13 entries, 5 orders: nothing wrong/);
    expect(process.exitCode).toBeUndefined();
    tamper(`UPDATE journal SET actor = 'eve' WHERE seq = 3`);
    expect(await run('verify', '--data', life.dataDir)).toContain('Entry 3 of');
    expect(process.exitCode).toBe(1);
    expect(await run('verify', '--data', join(life.dataDir, 'nowhere'))).toContain('holds no store');
    expect(process.exitCode).toBe(2);
  });
});

it('keeps the private key to its owner', () => {
  life.close();
  const mode = execFileSync('stat', ['-c', '%a', join(life.dataDir, 'device.json')], { encoding: 'utf8' });
  expect(mode.trim()).toBe('600');
});
