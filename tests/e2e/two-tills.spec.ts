import * as m from '../../src/shared/i18n/generated/messages.js';
import { freePort } from '../helpers/free-port';
import {
  connect,
  startKioskProcess,
  temporaryFolder,
  type KioskProcess,
  type TestClient,
} from '../helpers/kiosk-process';
import { expect, HONEY, OPERATOR, test } from './fixtures';
import type { TillPage } from './pages/till-page';

interface SecondTill {
  readonly kiosk: KioskProcess;
  readonly client: TestClient;
  stop(): Promise<void>;
}

/** Lets other tills connect from the screen, and has a second one join by the code that it shows. */
async function withSecondTill(till: TillPage): Promise<SecondTill> {
  const port = await freePort('0.0.0.0');
  await till.go('sync');
  await till.button(m.beside_title()).click();
  const beside = till.page.getByRole('region', { name: m.beside_serve() });
  await beside.getByLabel(m.beside_port()).fill(String(port));
  await till.button(m.beside_on(), beside).click();
  await till.button(m.beside_code(), beside).click();
  await expect(beside.locator('dd').first()).toContainText(`:${port}`);
  const code = await beside.locator('b.mono').innerText();

  const folder = temporaryFolder();
  const kiosk = await startKioskProcess(folder.path, ['--hub', `http://127.0.0.1:${port}`, '--code', code]);
  const client = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  await client.until(
    ({ session }) => session.isSetUp && session.staff.some(({ name }) => name === OPERATOR.name),
    'the stall and its people',
  );
  await client.until(({ catalogue }) => catalogue.itemCount > 100, 'the goods');
  const operator = client.topics.session.staff.find(({ name }) => name === OPERATOR.name);
  await client.call('staff.sign-on', { staffId: operator?.staffId ?? '', pin: OPERATOR.pin });
  await client.call('shift.open', { floatMinor: 0 });
  return {
    kiosk,
    client,
    async stop() {
      client.close();
      await kiosk.stop();
      folder.remove();
      await till.go('sync');
      // From wherever the screen was left, to where nobody is served.
      await till.go('sell');
      await till.go('sync');
      await till.button(m.beside_title()).click();
      await till.button(m.beside_off()).click();
      await expect(till.button(m.beside_off())).toHaveAttribute('aria-pressed', 'true');
      await till.go('sell');
    },
  };
}

test('stock is split between two tills, sold up to the share, and given', async ({ till }) => {
  const second = await withSecondTill(till);
  const { prefix } = second.client.topics.session.device;
  await till.go('sell');
  await till.openMore();
  await till.button(m.place_goods(), till.sheet(m.more_title())).click();
  await till.page.getByPlaceholder(m.goods_search()).pressSequentially('heather honey', { delay: 90 });
  await till.page.locator('[data-item]').filter({ hasText: HONEY.name }).click();
  await till.button(m.share_title()).click();
  const shared = till.page.getByRole('region', { name: m.share_title() });
  await till.button(m.share_equally(), shared).click();
  const own = shared.locator('[data-till]').first();
  await expect(own).toContainText(/[1-9]\d* left/);
  const share = Number.parseInt((await own.locator('.left').innerText()).trim(), 10);

  await till.go('sell');
  await till.scan(HONEY.code);
  await till.setQuantity(1, share);
  await till.button(m.linebar_more(), till.docket).click();
  await expect(till.banner).toContainText(m.share_spent_but({ name: HONEY.name, amount: String(share) }));
  await expect(till.banner).toContainText(prefix);
  await till.button(m.share_look(), till.banner).click();
  const sheet = till.sheet(m.share_title());
  // All of it is on the docket: nothing to give.
  await expect(sheet.getByRole('button', { name: m.share_give({ amount: '1', till: prefix }) })).toBeHidden();
  await till.button(m.linebar_less(), till.docket).click();
  await till.button(m.share_give({ amount: '1', till: prefix }), sheet).click();
  await expect(sheet.locator('[data-till]').first()).toContainText(
    m.stock_left({ count: share - 1, amount: String(share - 1) }),
  );
  await till.button(m.close(), sheet).click();
  await till.void('a test');

  await till.openMore();
  await till.button(m.place_goods(), till.sheet(m.more_title())).click();
  await till.page.getByPlaceholder(m.goods_search()).pressSequentially('heather honey', { delay: 90 });
  await till.page.locator('[data-item]').filter({ hasText: HONEY.name }).click();
  await till.button(m.share_title()).click();
  await till.button(m.share_end(), shared).click();
  await till.button(m.share_end_sure(), shared).click();
  await expect(till.button(m.share_equally(), shared)).toBeVisible();
  await till.go('sell');
  await second.stop();
});

test('taking over is rehearsed, done in one tap and handed back; a till that was taken over says so', async ({
  till,
}) => {
  const second = await withSecondTill(till);
  const { prefix } = second.client.topics.session.device;
  await till.go('sell');
  await till.go('sync');
  const row = till.page.locator(`[data-till='${prefix}']`);
  await till.button(m.takeover_do(), row).click();
  const panel = till.page.getByRole('region', { name: m.takeover_from({ till: prefix }) });
  await expect(panel).toContainText(m.takeover_switch_off({ till: prefix }));
  await till.button(m.takeover_rehearse(), panel).click();
  for (const check of ['heard', 'goods', 'photos', 'people', 'printer', 'sale']) {
    await expect(panel.locator(`[data-check=${check}]:not(.failed)`)).toBeVisible();
  }
  await till.button(m.takeover_now(), panel).click();
  await expect(row).toContainText(m.takeover_by_this({ time: '' }).trim());
  await second.client.until(({ sync }) => sync.takenOver !== null, 'word that it was taken over');
  await till.button(m.takeover_hand_back(), row).click();
  await till.button(m.takeover_hand_back(), till.page.locator('.foot')).click();
  await expect(till.button(m.takeover_do(), row)).toBeVisible();

  const { deviceId } = (await second.client.call('backup.tills', {})).tills.find(({ isOwn }) => !isOwn) ?? {};
  await second.client.call('backup.take-over', { deviceId: deviceId ?? '' });
  const goOn = till.button(m.takeover_go_on(), till.banner);
  await goOn.click();
  await second.client.until(() => true, 'an answer');
  await expect(goOn).toBeHidden();
  await expect(till.page.getByText(m.takeover_of_this({ till: prefix, time: '' }).trim())).toBeHidden();
  await second.stop();
});
