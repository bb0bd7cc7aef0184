import type { Locator, Page } from '@playwright/test';
import * as m from '../../../src/shared/i18n/generated/messages.js';

/** What a new till asks. */
export class FirstRunPage {
  readonly page: Page;
  /** What is still missing on the step that shows. */
  readonly missing: Locator;

  constructor(page: Page) {
    this.page = page;
    this.missing = page.getByRole('form').getByRole('status');
  }

  async chooseOwn(): Promise<void> {
    await this.page.getByRole('button', { name: m.first_own() }).click();
  }

  async chooseDemo(): Promise<void> {
    await this.page.getByRole('button', { name: m.first_demo() }).click();
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(text);
  }

  async chooseCountry(code: string): Promise<void> {
    await this.page.getByLabel(m.stall_country()).selectOption(code);
  }

  async next(): Promise<void> {
    await this.page.getByRole('button', { name: m.first_next(), exact: true }).click();
  }

  async open(): Promise<void> {
    await this.page.getByRole('button', { name: m.first_open(), exact: true }).click();
  }
}

/** The form of one item. */
export class ItemForm {
  readonly form: Locator;

  constructor(page: Page, title: string) {
    this.form = page.getByRole('form', { name: title });
  }

  field(label: string): Locator {
    return this.form.getByLabel(label, { exact: true });
  }

  async save(): Promise<void> {
    await this.form.getByRole('button', { name: m.save(), exact: true }).click();
    await this.form.waitFor({ state: 'detached' });
  }

  /** Takes the item off, and says yes to being asked. */
  async remove(): Promise<void> {
    const takeOff = this.form.getByRole('button', { name: m.item_remove(), exact: true });
    await takeOff.click();
    await this.form.getByText(m.item_remove_sure()).waitFor();
    await takeOff.click();
    await this.form.waitFor({ state: 'detached' });
  }
}
