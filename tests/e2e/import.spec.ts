import * as m from '../../src/shared/i18n/generated/messages.js';
import { expect, test } from './fixtures';
import type { TillPage } from './pages/till-page';

const HEADER =
  'handle,name,category,variant,sku,barcodes,price,pricing,tax,stock,cost,photo,backdrop,receipt_name,description';

async function openImport(till: TillPage): Promise<void> {
  await till.openMore();
  await till.button(m.place_import(), till.sheet(m.more_title())).click();
  await till.at('office');
}

async function check(till: TillPage, rows: readonly string[]): Promise<void> {
  const buffer = Buffer.from([HEADER, ...rows, ''].join('\n'));
  await till.page
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'goods.csv', mimeType: 'text/csv', buffer });
  await till.button(m.import_check()).click();
}

test('errors name their line and stop the import; the mended file comes in', async ({ till }) => {
  await openImport(till);
  await check(till, [
    'woolly-hat,Woolly hat,Home,,HAT-1,,15.00,each,standard,4,,,,,',
    'bad-scarf,Bad scarf,Home,,HAT-2,,-3.00,each,standard,,,,,,',
  ]);
  const problem = till.page.getByRole('row').filter({ hasText: 'price' });
  await expect(problem).toContainText('3');
  const stopped = till.button(m.import_mend_first());
  await expect(stopped).toHaveAttribute('aria-disabled', 'true');

  await till.button(m.import_start_over()).click();
  await check(till, [
    'woolly-hat,Woolly hat,Home,,HAT-1,,15.00,each,standard,4,,,,,',
    'scarf,<b>Scarf</b> & Söhne,Home,,HAT-2,,30.00,each,standard,,,,,,',
  ]);
  await till.button(m.import_do({ items: 2 })).click();
  await expect(till.page.getByRole('main')).toContainText(m.import_done({ items: 2 }));
  await till.button(m.import_see()).click();
  await till.at('sell');
  await till.search('scarf', 'Scarf & Söhne');
  await expect(till.line('Scarf & Söhne')).toContainText('£30.00');
});

test('the shift closes with a reason for what is missing, and its report stands ready', async ({ till }) => {
  await till.go('day');
  await till.button(m.day_count_and_close()).click();
  await till.button(m.count_total()).click();
  await till.keyIn('100');
  await expect(till.page.getByRole('main')).toContainText(m.day_short());
  await till.page.getByLabel(m.day_reason()).fill('taken out for stock');
  await till.confirmClose();
  await expect(till.page.locator('.slip')).toContainText('SHIFT REPORT');
  await till.button(m.day_open()).click();
  await till.openShift(5000);
});
