import type { Command } from 'commander';
import type { Database } from '../hub/database';

interface ConnectFlags {
  readonly stall: string;
  readonly address: string;
  readonly username: string;
  readonly once?: true;
}

type WithDatabase = (command: Command, work: (database: Database) => Promise<void>) => Promise<void>;

const PASSWORD = 'TRESTLE_VENDURE_PASSWORD';

/** `trestle hub rebuild` and `trestle hub connect`: what the hub gives to the outside. */
export function registerHubOutwardCommands(hub: Command, withDatabase: WithDatabase): void {
  hub
    .command('rebuild [stall]')
    .description('make orders, receipts and shifts again from the journals; announces nothing twice')
    .action((stallId: string | undefined, _flags, command: Command) =>
      withDatabase(command, async (database) => {
        const { Projector } = await import('../hub/projector/projector');
        const { hubLog } = await import('../hub/log');
        await new Projector({ database, log: hubLog() }).rebuild(stallId ?? null);
        print({ rebuilt: stallId ?? 'every stall' });
      }),
    );

  const connect = hub.command('connect').description("bring a stall's sales into a shop");
  connect
    .command('vendure')
    .description(`bring them into a Vendure shop as completed orders; its password stands in ${PASSWORD}`)
    .requiredOption('--stall <id>', 'whose sales')
    .requiredOption('--address <url>', "of the shop's Admin API, https://shop.example/admin-api")
    .requiredOption('--username <name>', 'an administrator of the shop for the connector alone')
    .option('--once', 'end when everything at the hub was brought, and try again what the shop refused')
    .action((flags: ConnectFlags, command: Command) =>
      withDatabase(command, async (database) => {
        const password = process.env[PASSWORD];
        if (!password) throw new Error(`Set ${PASSWORD}: a password in a command can be read by everybody here.`);
        const { ShopConnector } = await import('../hub/connectors/shop-connector');
        const { vendureAdmin } = await import('../hub/connectors/vendure-client');
        const { hubLog } = await import('../hub/log');
        const { stall: stallId, address, username, once } = flags;
        const api = vendureAdmin({ address, username, password });
        const connector = new ShopConnector({ database, log: hubLog(), stallId, address, api });
        if (once) return print(await connector.run({ again: true }));
        const ending = new AbortController();
        process.once('SIGTERM', () => ending.abort());
        process.once('SIGINT', () => ending.abort());
        print({ ready: true });
        await connector.follow(ending.signal);
      }),
    );
  connect
    .command('status [stall]')
    .description('print how far each stall is; of one stall also the orders that a person should look at')
    .action((stallId: string | undefined, _flags, command: Command) =>
      withDatabase(command, async (database) => {
        const { connectorRemarks, connectorViews } = await import('../hub/connectors/shop-connector');
        for (const view of await connectorViews(database)) {
          if (stallId === undefined || view.stallId === stallId) print(view);
        }
        if (stallId !== undefined) for (const order of await connectorRemarks(database, stallId)) print(order);
      }),
    );
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
