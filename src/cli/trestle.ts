#!/usr/bin/env node
import { Command } from 'commander';
import { registerAdviseCommand } from './advise-command';
import { registerDecodeCommand } from './decode-command';
import { registerDoctorCommand } from './doctor-command';
import { registerHubCommand } from './hub-command';
import { registerImportCommand } from './import-command';
import { registerJournalCommand } from './journal-command';
import { registerKioskCommand } from './kiosk-command';
import { registerPricesCommand } from './prices-command';
import { registerPrinterCommand } from './printer-command';
import { registerSyncCommand } from './sync-command';

const program = new Command('trestle').description('The till for people who sell from a trestle table.');
registerKioskCommand(program);
registerHubCommand(program);
registerImportCommand(program);
registerJournalCommand(program);
registerPrinterCommand(program);
registerDecodeCommand(program);
registerDoctorCommand(program);
registerSyncCommand(program);
registerPricesCommand(program);
registerAdviseCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
