import * as m from '../../src/shared/i18n/generated/messages.js';
import { expect, MUG, test } from './fixtures';

test('out of paper: selling goes on, the receipt waits, and prints when there is paper', async ({ till, seat }) => {
  test.skip(seat.printerControl === null, 'the faults of the virtual printer are set from outside');
  const fault = async (command: object): Promise<void> => {
    const answer = await fetch(`${seat.printerControl}/fault`, { method: 'POST', body: JSON.stringify(command) });
    expect(answer.status).toBe(200);
  };

  await fault({ set: 'paper-out' });
  await expect(till.printerChip).toContainText(m.cure_load_paper());
  await expect(till.banner).toContainText(m.banner_keep_selling({ cure: m.cure_load_paper() }));

  await till.scan(MUG.code);
  await till.quickCash(m.cash_exact_key());
  const number = await till.confirmedNumber();
  await expect(till.page.getByRole('main')).toContainText(m.paper_waiting());
  await till.nextSale();
  await till.openMore();
  await till
    .sheet(m.more_title())
    .getByRole('button', { name: m.more_unprinted({ count: 1 }) })
    .click();
  await expect(till.sheet(m.unprinted_title({ count: 1 }))).toContainText(m.job_receipt({ number }));

  await fault({ clear: 'paper-out' });
  await expect(till.printerChip).toContainText(m.state_ready());
  await expect(till.sheet(m.unprinted_title({ count: 0 }))).toContainText(m.unprinted_none());
});

test('the drawer opens without a sale, and a test page prints', async ({ till }) => {
  await till.go('devices');
  await till.button(m.devices_test_print()).click();
  await expect(till.banner).toContainText(m.devices_test_sent());
  await till.page.locator('[data-device=drawer]').click();
  await till.button(m.devices_open_drawer()).click();
  await expect(till.page.locator('[data-chip=drawer]')).toContainText(m.drawer_open());
  await till.go('sell');
});

test('a receipt with a sign no printer has is refused by name, asked about, and stops no sale', async ({ till }) => {
  await till.typePrice('Gift \u{10fffd}', 300, 'VAT 20%');
  await till.quickCash(m.cash_exact_key());
  await till.confirmedNumber();
  await expect(till.banner).toContainText(m.banner_refused());
  await till.nextSale();
  await expect(till.printerChip).toContainText(m.chip_receipts_ask({ count: 1 }));
  await till.printerChip.click();
  const sheet = till.sheet(m.unprinted_title({ count: 1 }));
  await expect(sheet).toContainText(m.unprinted_unprintable({ character: '\u{10fffd}' }));
  await sheet.getByRole('listitem').getByRole('button').click();
  await till.button(m.unprinted_discard({ count: 1 }), sheet).click();
  await expect(till.printerChip).toContainText(m.state_ready());
});
