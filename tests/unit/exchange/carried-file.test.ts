import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Decrypter, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  readCarriedFile,
  writeCarriedFile,
  type CarriedBatch,
  type CarriedManifest,
} from '../../../src/exchange/carried-file';

const manifest: CarriedManifest = {
  trestle: 'carried',
  version: 1,
  stallId: 'stall-1',
  device: 'till-1',
  serverId: 'hub-1',
  madeAt: '2026-06-13T10:31:00.000Z',
};

function batch(first: number, count: number): CarriedBatch {
  const hash = (seq: number) => seq.toString(16).padStart(64, '0');
  const entries = Array.from({ length: count }, (_, index) => {
    const seq = first + index;
    return {
      device: 'till-1',
      seq,
      id: `entry-${seq}`,
      kind: 'order.placed',
      at: '2026-06-13T10:31:00.000Z-0000-till-1',
      event: null,
      actor: 'ade',
      body: JSON.stringify({ order: `£${seq} — “twine”\n` }),
      prev: hash(seq - 1),
      hash: hash(seq),
    };
  });
  const last = first + count - 1;
  return { entries, head: { device: 'till-1', seq: last, hash: hash(last), signature: 'c2lnbmVk' } };
}

describe('a carried file', () => {
  let folder: string;
  let path: string;
  let identity: string;
  let recipient: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'carried-'));
    path = join(folder, 'queue.trestle');
    identity = await generateIdentity();
    recipient = await identityToRecipient(identity);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function read(): Promise<CarriedBatch[]> {
    const { batches } = await readCarriedFile(path, identity);
    const read: CarriedBatch[] = [];
    for await (const one of batches) read.push(one);
    return read;
  }

  it('gives back what was written', async () => {
    const batches = [batch(1, 500), batch(501, 3)];
    expect(await writeCarriedFile(path, { recipient, manifest, batches })).toEqual({ entries: 503 });
    expect((await readCarriedFile(path, identity)).manifest).toEqual(manifest);
    expect(await read()).toEqual(batches);
    expect(readdirSync(folder)).toEqual(['queue.trestle']);
  });

  it('tells a finder of the stick nothing', async () => {
    await writeCarriedFile(path, { recipient, manifest, batches: [batch(1, 3)] });
    const bytes = readFileSync(path).toString('latin1');
    for (const secret of ['stall-1', 'till-1', 'order', 'twine']) expect(bytes).not.toContain(secret);
    const stranger = await generateIdentity();
    await expect(readCarriedFile(path, stranger)).rejects.toMatchObject({ fault: 'not-for-us' });
  });

  it.each(['', 'not a carried file at all\n', '<!doctype html>'])('refuses a file that holds %j', async (text) => {
    writeFileSync(path, text);
    await expect(readCarriedFile(path, identity)).rejects.toMatchObject({ fault: 'not-for-us' });
  });

  it('finds out a file cut short anywhere, and gives no batch it did not hold', async () => {
    const batches = [batch(1, 40), batch(41, 40)];
    await writeCarriedFile(path, { recipient, manifest, batches });
    const whole = readFileSync(path);
    for (let kept = 0; kept < whole.length; kept += 97) {
      writeFileSync(path, whole.subarray(0, kept));
      const given: CarriedBatch[] = [];
      const reading = (async () => {
        for await (const one of (await readCarriedFile(path, identity)).batches) given.push(one);
      })();
      await expect(reading, `cut at ${kept}`).rejects.toMatchObject({ name: 'CarriedFileError' });
      expect(batches.slice(0, given.length)).toEqual(given);
    }
  });

  it('finds out an altered byte', async () => {
    await writeCarriedFile(path, { recipient, manifest, batches: [batch(1, 40)] });
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 53) {
      const altered = Buffer.from(whole);
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
      writeFileSync(path, altered);
      await expect(read(), `byte ${at}`).rejects.toMatchObject({ name: 'CarriedFileError' });
    }
  });

  it('finds out lines that were left out by somebody who can encrypt to the hub', async () => {
    await writeCarriedFile(path, { recipient, manifest, batches: [batch(1, 2), batch(3, 2)] });
    const lines = (await unpacked()).split('\n');
    for (const without of [0, 1, lines.length - 2]) {
      await forge(lines.filter((_, index) => index !== without).join('\n'));
      await expect(read(), `without line ${without}`).rejects.toMatchObject({ fault: 'damaged' });
    }
    await forge(`${lines.join('\n')}{"half":`);
    // What follows the end is not read.
    expect(await read()).toHaveLength(2);
  });

  it('refuses one from a newer version by name', async () => {
    await writeCarriedFile(path, { recipient, manifest: { ...manifest, version: 99 }, batches: [] });
    await expect(readCarriedFile(path, identity)).rejects.toMatchObject({ fault: 'too-new' });
  });

  it('leaves nothing behind, and the file of before, when writing fails', async () => {
    await writeCarriedFile(path, { recipient, manifest, batches: [batch(1, 1)] });
    async function* pulledOut(): AsyncGenerator<CarriedBatch> {
      yield batch(1, 100);
      await Promise.resolve();
      throw Object.assign(new Error('the stick was pulled'), { code: 'EIO' });
    }
    await expect(writeCarriedFile(path, { recipient, manifest, batches: pulledOut() })).rejects.toMatchObject({
      code: 'EIO',
    });
    expect(readdirSync(folder)).toEqual(['queue.trestle']);
    expect(await read()).toEqual([batch(1, 1)]);
  });

  async function unpacked(): Promise<string> {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return gunzipSync(await decrypter.decrypt(readFileSync(path))).toString();
  }

  async function forge(text: string): Promise<void> {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    writeFileSync(path, await encrypter.encrypt(gzipSync(text)));
  }
});
