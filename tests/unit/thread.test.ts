import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createThread, ThreadEnded, type Thread } from '../../src/threads/thread';

const folder = mkdtempSync(join(tmpdir(), 'trestle-thread-'));
const file = 'echo.mjs';
writeFileSync(
  join(folder, file),
  `import { parentPort } from 'node:worker_threads';
   parentPort.on('message', ({ id, question }) => {
     if (question === 'die') process.exit(3);
     if (question === 'hang') for (;;);
     parentPort.postMessage(question === 'fail' ? { id, problem: 'no ink' } : { id, answer: question + '!' });
   });`,
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a thread of ours', () => {
  const threads: Thread<string, string>[] = [];
  const create = (timeoutMs = 20_000, name = file): Thread<string, string> => {
    const thread = createThread<string, string>({
      file: name,
      beside: pathToFileURL(join(folder, 'asker.js')).href,
      timeoutMs,
      inPlace: (question) => Promise.resolve(`${question} here`),
    });
    threads.push(thread);
    return thread;
  };
  afterEach(() => Promise.all(threads.splice(0).map((thread) => thread.close())));

  test('answers every question, each its own', async () => {
    const thread = create();
    expect(await Promise.all(['a', 'b', 'c'].map((word) => thread.ask(word)))).toEqual(['a!', 'b!', 'c!']);
  });

  test('takes memory along instead of a copy of it, and counts who waits', async () => {
    const moved = new ArrayBuffer(8);
    const thread = create() as Thread<string | ArrayBuffer, string>;
    const answers = [thread.ask(moved, [moved]), thread.ask('b')];
    expect([moved.byteLength, thread.waiting]).toEqual([0, 2]);
    expect(await Promise.all(answers)).toEqual(['[object ArrayBuffer]!', 'b!']);
    expect(thread.waiting).toBe(0);
  });

  test('tells why a question failed, and answers the next', async () => {
    const thread = create();
    await expect(thread.ask('fail')).rejects.toThrow('no ink');
    expect(await thread.ask('again')).toBe('again!');
  });

  test('is started again after it died; who waited hears of it', async () => {
    const thread = create();
    const [died, lost] = await Promise.allSettled([thread.ask('die'), thread.ask('lost')]);
    for (const asked of [died, lost]) {
      expect(asked).toMatchObject({ status: 'rejected', reason: expect.any(ThreadEnded) as ThreadEnded });
    }
    expect(await thread.ask('again')).toBe('again!');
  });

  test('is ended when it gives no answer, and started again', async () => {
    const hasty = create(300);
    await expect(hasty.ask('hang')).rejects.toThrow('no answer in 300 ms');
    const patient = create();
    expect(await patient.ask('again')).toBe('again!');
  });

  test('leaves nobody waiting when it is closed', async () => {
    const thread = create();
    const answer = thread.ask('hang');
    const heard = expect(answer).rejects.toThrow('was closed');
    await thread.close();
    await heard;
  });

  test('where there is no such file the work is done in place', async () => {
    expect(await create(20_000, 'absent.mjs').ask('work')).toBe('work here');
  });
});
