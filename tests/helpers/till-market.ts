/** A hub on a real PostgreSQL and whole tills in this process, each behind a network of its own. */
import type { BootOptions, RunningKiosk } from '../../src/main/boot';
import { startHub, type TestHub } from './hub';
import { readyToSell, sellSimple, startTestTill, temporaryFolder, type TestClient } from './kiosk';
import { faultsAtEnd, type MarketTill } from './market-end';
import { startMarketWifi, type MarketWifi } from './market-wifi';
import { startPostgres, type PostgresServer } from './postgres';

export interface WifiTill extends MarketTill {
  /** The way from this till to the hub. */
  readonly wifi: MarketWifi;
  readonly running: RunningKiosk;
  readonly client: TestClient;
}

export class TillMarket {
  readonly tills: WifiTill[] = [];
  /** Orders that a till has confirmed. */
  readonly paid: string[] = [];
  stallId = '';
  readonly #clock: { aheadMs: number };
  readonly #folder = temporaryFolder();

  private constructor(
    readonly postgres: PostgresServer,
    readonly databaseUrl: string,
    readonly hub: TestHub,
    clock: { aheadMs: number },
  ) {
    this.#clock = clock;
  }

  static async lay(): Promise<TillMarket> {
    const clock = { aheadMs: 0 };
    const postgres = await startPostgres();
    const databaseUrl = await postgres.newDatabase();
    const hub = await startHub({ databaseUrl, now: () => nowOf(clock) });
    return new TillMarket(postgres, databaseUrl, hub, clock);
  }

  /** Puts the clocks of hub and tills on. */
  pass(ms: number): void {
    this.#clock.aheadMs += ms;
  }

  /** Starts a till: the first as the demo stall, others on an empty folder. */
  async startTill(name: string, options: Partial<BootOptions> = {}): Promise<WifiTill> {
    const dataDir = `${this.#folder.path}/${name}`;
    const demo = this.tills.length === 0;
    const { running, till: client } = await startTestTill({ dataDir, demo, now: () => nowOf(this.#clock), ...options });
    const till = { name, dataDir, running, client, wifi: await startMarketWifi(this.hub.address) };
    this.tills.push(till);
    if (demo) await readyToSell(client);
    return till;
  }

  /** Joins the hub, and waits until all is there. */
  async join({ client, wifi, name }: WifiTill): Promise<void> {
    const code = await this.hub.newCode(this.stallId || (await this.hub.newStall()));
    const joined = await client.call('sync.enrol', { address: wifi.address, code, name });
    this.stallId = joined.stallId;
    await client.until(({ sync }) => sync.state === 'online' && sync.queued === 0, `${name} in step with the hub`);
  }

  /** Lets a till that was empty sell, once the stall has come to it. */
  async open({ client, name }: WifiTill): Promise<void> {
    const first = this.tills[0]?.client ?? client;
    await client.until(
      ({ session, catalogue }) =>
        session.staff.length > 0 &&
        session.staff.every((one) => one.name !== '') &&
        catalogue.itemCount === first.topics.catalogue.itemCount,
      `the stall on ${name}`,
    );
    await readyToSell(client, first);
  }

  async sell({ client }: WifiTill, times: number): Promise<string[]> {
    const sold: string[] = [];
    for (let sale = 0; sale < times; sale += 1) sold.push(await sellSimple(client));
    this.paid.push(...sold);
    return sold;
  }

  faultsAtEnd(): Promise<string[]> {
    return faultsAtEnd(this, this.paid);
  }

  async close(): Promise<void> {
    for (const { client, running, wifi } of this.tills) {
      client.close();
      await running.close();
      await wifi.close();
    }
    await this.hub.close();
    await this.postgres.stop();
    this.#folder.remove();
  }
}

function nowOf({ aheadMs }: { readonly aheadMs: number }): Date {
  return new Date(Date.now() + aheadMs);
}
