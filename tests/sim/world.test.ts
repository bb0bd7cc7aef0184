import { expect, test } from 'vitest';
import { live } from './world';

test('one seed has one story', async () => {
  const once = await live(7);
  const again = await live(7);
  expect(again.story).toEqual(once.story);
  expect(again.digest).toBe(once.digest);
});

test('stories are about something: sales, bad weather and forks', async () => {
  const endings: Awaited<ReturnType<typeof live>>[] = [];
  for (let seed = 1; seed <= 12; seed += 1) endings.push(await live(seed));
  const total = (name: string): number => endings.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
  for (const what of ['sales', 'forks', 'lostRequests', 'lostAnswers', 'doubled', 'hijacked', 'refused']) {
    expect(total(what), what).toBeGreaterThan(0);
  }
  expect(endings.some(({ story }) => story.some((line) => line.includes('loses its power')))).toBe(true);
});
