import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as m from '../src/shared/i18n/generated/messages.js';
import type { TillPage } from '../tests/e2e/pages/till-page';
import type { App } from './app';
import type { ConfirmedSale } from './checks';
import type { Good } from './goods';
import type { Story } from './story';

export interface AfternoonOptions {
  readonly root: string;
  /** The demo's own folder. */
  readonly folder: string;
  readonly goods: readonly Good[];
  readonly story: Story;
  /** Starts the till of the morning again. */
  readonly startFirst: () => Promise<App>;
  /** Starts a till on a new folder. */
  readonly startSecond: () => Promise<App>;
}

const OPERATOR = { name: 'Mo', pin: '2468' } as const;
const CASHIER = { name: 'Ade', pin: '1111' } as const;
const FLOAT_MINOR = 5_000;
/** Sold by each till while the hub is away. */
const SALES_WITHOUT_HUB = 3;
const PATIENCE_MS = 60_000;

/** Where the hub answers, and what opens it. */
interface HubDoor {
  readonly url: string;
  readonly child: ChildProcess;
}

/**
 * The market's afternoon: a hub is set up, the morning's queue drains into it, a second till joins and helps, the hub is killed,
 * both go on selling, and all of it arrives.
 */
export class Afternoon {
  /** What each till confirmed on its screen, by its prefix. */
  readonly confirmed: ConfirmedSale[] = [];
  readonly hubData: string;
  readonly #options: AfternoonOptions;
  #hub: HubDoor | null = null;
  #first: App | null = null;
  #second: App | null = null;

  constructor(options: AfternoonOptions) {
    this.#options = options;
    this.hubData = join(options.folder, 'hub');
  }

  /** The windows as they stand, for a picture of what went wrong. */
  get page(): TillPage['page'] | null {
    return (this.#second ?? this.#first)?.till.page ?? null;
  }

  /** @throws at the first thing that does not go as planned; the story's step says where */
  async play(): Promise<void> {
    await this.#openHub();
    await this.#joinFirst();
    await this.#addSecond();
    await this.#sellTogether();
    await this.#loseHub();
    await this.#findHubAgain();
    await this.#openOnceMore();
    await this.#first?.close();
    await this.#second?.close();
    this.#first = this.#second = null;
  }

  /** Ends everything but the hub, whatever state it is in. */
  async stopTills(): Promise<void> {
    await this.#first?.kill();
    await this.#second?.kill();
    this.#first = this.#second = null;
  }

  /** Where the hub answers, for whoever looks at what arrived. */
  get hubUrl(): string {
    if (!this.#hub) throw new Error('The hub is not running');
    return this.#hub.url;
  }

  async stopHub(): Promise<void> {
    const hub = this.#hub;
    this.#hub = null;
    if (!hub || hub.child.exitCode !== null) return;
    hub.child.kill('SIGTERM');
    await once(hub.child, 'exit');
  }

  async #openHub(): Promise<void> {
    const { story } = this.#options;
    story.begin('open a hub');
    rmSync(this.hubData, { recursive: true, force: true });
    this.#hub = await this.#startHub(0);
    story.tell('note', 'A hub is opened', { detail: 'One command, with a PostgreSQL of its own.' });
  }

  async #joinFirst(): Promise<void> {
    const { story, startFirst } = this.#options;
    story.begin('join the hub');
    const { code } = JSON.parse(this.#trestleHub('stall', 'add', 'Salt & Bramble')) as { code: string };
    this.#first = await startFirst();
    const till = this.#first.till;
    if ((await till.at('sign-on', 'sell', 'done')) === 'sign-on') await till.signOn(OPERATOR.name, OPERATOR.pin);
    await till.go('sync');
    await till.join(this.hubUrl, code);
    await till.inStep(PATIENCE_MS);
    story.tell('note', 'The till joins the hub, and all of the morning is there', {
      picture: await story.picture(till.page, 'joined'),
    });
  }

  async #addSecond(): Promise<void> {
    const { story, startSecond } = this.#options;
    story.begin('add a second till');
    const first = this.#window(this.#first);
    const code = await first.makeJoinCode('Second till');
    const picture = await story.picture(first.page, 'join-code');
    story.tell('note', 'A code for a second till', { picture });
    this.#second = await startSecond();
    const second = this.#second.till;
    await second.joinStall(this.hubUrl, code, 'Second till');
    await second.signOn(CASHIER.name, CASHIER.pin);
    await second.openShift(FLOAT_MINOR);
    story.tell('note', 'The second till has the goods, the people and their PINs', {
      picture: await story.picture(second.page, 'second-till'),
    });
    // The morning's shift is closed: whoever signs on anew counts a new float.
    await first.go('settings');
    await first.button(m.settings_sign_off()).click();
    await first.signOn(OPERATOR.name, OPERATOR.pin);
    await first.openShift(FLOAT_MINOR);
  }

  async #sellTogether(): Promise<void> {
    const { story } = this.#options;
    story.begin('sell on two tills');
    await this.#sell(this.#window(this.#first), 1);
    await this.#sell(this.#window(this.#second), 1);
  }

  async #loseHub(): Promise<void> {
    const { story } = this.#options;
    story.begin('kill the hub');
    const hub = this.#hub;
    hub?.child.kill('SIGKILL');
    if (hub) await once(hub.child, 'exit');
    story.tell('mishap', 'The hub is killed', { detail: 'kill -9, while both tills are open.' });
    await this.#sell(this.#window(this.#first), SALES_WITHOUT_HUB);
    await this.#sell(this.#window(this.#second), SALES_WITHOUT_HUB);
    const first = this.#window(this.#first);
    await first.go('sync');
    await first.syncState('offline').waitFor({ timeout: PATIENCE_MS });
    story.tell('note', 'Both tills go on selling; what they sold waits', {
      picture: await story.picture(first.page, 'hub-away'),
    });
  }

  async #findHubAgain(): Promise<void> {
    const { story } = this.#options;
    story.begin('start the hub again');
    this.#hub = await this.#startHub(Number(new URL(this.hubUrl).port));
    await this.#exchange();
    const second = this.#window(this.#second);
    story.tell('mended', 'The hub is back and has everything, once', {
      picture: await story.picture(second.page, 'in-step'),
    });
    await second.go('orders');
    for (const { number } of this.confirmed) await second.page.getByText(number, { exact: true }).first().waitFor();
    story.tell('note', 'Each till shows what both have sold', {
      picture: await story.picture(second.page, 'all-sales'),
    });
  }

  /** A till that closes writes down whom it has counted; its next start hands that over. */
  async #openOnceMore(): Promise<void> {
    const { story, startFirst, startSecond } = this.#options;
    story.begin('open both tills once more');
    await this.#first?.close();
    await this.#second?.close();
    this.#first = await startFirst();
    this.#second = await startSecond();
    for (const [app, person] of [
      [this.#first, OPERATOR],
      [this.#second, CASHIER],
    ] as const) {
      if ((await app.till.at('sign-on', 'sell', 'done')) === 'sign-on') await app.till.signOn(person.name, person.pin);
    }
    await this.#exchange();
  }

  async #exchange(): Promise<void> {
    // Twice round: what one writes about the other's news is news to the other.
    for (const app of [this.#first, this.#second, this.#first, this.#second]) {
      const till = this.#window(app);
      await till.go('sync');
      await till.tryNow();
      await till.inStep(PATIENCE_MS);
    }
  }

  async #sell(till: TillPage, times: number): Promise<void> {
    const { goods, story } = this.#options;
    await till.go('sell');
    const loaf = goods.find(({ name, variant }) => name === 'Sourdough loaf' && variant === '');
    if (!loaf) throw new Error('The demo stall has no loaf');
    for (let sale = 0; sale < times; sale += 1) {
      await till.scan(loaf.barcodes[0] ?? '');
      await till.line(loaf.name).waitFor();
      await till.quickCash(m.cash_exact_key());
      const number = await till.confirmedNumber();
      this.confirmed.push({ number, totalMinor: loaf.priceMinor });
      story.tell('sale', loaf.title, { number, totalMinor: loaf.priceMinor });
      await till.nextSale();
    }
  }

  #window(app: App | null): TillPage {
    if (!app) throw new Error('The till is not running');
    return app.till;
  }

  #trestleHub(...args: readonly string[]): string {
    const program = join(this.#options.root, 'out', 'main', 'trestle.js');
    return execFileSync(process.execPath, [program, 'hub', '--data', this.hubData, ...args], { encoding: 'utf8' });
  }

  async #startHub(port: number): Promise<HubDoor> {
    const program = join(this.#options.root, 'out', 'main', 'trestle.js');
    const child = spawn(process.execPath, [program, 'hub', '--data', this.hubData, '--port', String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [''])])) as [string];
    if (line === '') throw new Error('The hub did not start');
    return { url: (JSON.parse(line) as { url: string }).url, child };
  }
}
