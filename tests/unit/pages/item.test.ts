import { expect, it } from 'vitest';
import { itemPage } from '../../../src/pages/item';
import type { CheckedItem } from '../../../src/shared/contract';
import { createFormat } from '../../../src/shared/format';

const loaf: CheckedItem['item'] = {
  itemId: 'loaf',
  name: 'Loaf <b>',
  category: 'Bread',
  photo: null,
  backdrop: { wall: '#111111', plank: '#222222' },
  pricing: 'each',
  priceMinor: 450,
  priceVaries: false,
  left: null,
  drop: null,
};
const together = { count: 2, totalMinor: 1_000, savedMinor: 200, names: ['Bread and honey'] };

it('an item’s page knows the walls of everything on it, and says what it comes to together', () => {
  const { text } = itemPage(
    { locale: 'en', stallName: 'Stall', home: '/' },
    {
      item: loaf,
      description: '',
      label: null,
      variants: [],
      offers: [],
      hold: null,
      goesWith: [
        { ...loaf, itemId: 'honey', name: 'Honey & co', backdrop: { wall: '#333333', plank: '#444444' }, together },
      ],
    },
    createFormat({ currency: 'GBP', locale: 'en-GB', timeZone: 'Europe/London' }),
    { asOf: '2026-06-13T10:00:00.000Z', actions: null },
  );
  for (const [, name] of text.matchAll(/class="stage[^"]* (w\d+)/g)) expect(text).toContain(`.${name}{`);
  expect([...text.matchAll(/class="stage[^"]* (w\d+)/g)]).toHaveLength(2);
  expect(text).toContain('href="/item/honey"');
  expect(text).not.toContain('Loaf <b>');
  expect(text).toContain('2 together for £10 (save £2)');
});
