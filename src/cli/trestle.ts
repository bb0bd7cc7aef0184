#!/usr/bin/env node
import { Command } from 'commander';

/** Where the commands are: reading all of them takes longer than most of them take. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  kiosk: async () => (await import('./kiosk-command')).registerKioskCommand,
  hub: async () => (await import('./hub-command')).registerHubCommand,
  import: async () => (await import('./import-command')).registerImportCommand,
  catalogue: async () => (await import('./import-command')).registerCatalogueCommand,
  journal: async () => (await import('./journal-command')).registerJournalCommand,
  printer: async () => (await import('./printer-command')).registerPrinterCommand,
  decode: async () => (await import('./decode-command')).registerDecodeCommand,
  doctor: async () => (await import('./doctor-command')).registerDoctorCommand,
  sync: async () => (await import('./sync-command')).registerSyncCommand,
  prices: async () => (await import('./prices-command')).registerPricesCommand,
  advise: async () => (await import('./advise-command')).registerAdviseCommand,
  recover: async () => (await import('./recover-command')).registerRecoverCommand,
};

const program = new Command('trestle').description('The till for people who sell from a trestle table.');
const asked = process.argv[2] ?? '';

try {
  // Whoever asks for help, or for what there is not, is shown all of them.
  const wanted = Object.hasOwn(COMMANDS, asked) ? [asked] : Object.keys(COMMANDS);
  for (const name of wanted) (await COMMANDS[name]?.())?.(program);
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
