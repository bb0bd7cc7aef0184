import { once } from 'node:events';
import type { Command } from 'commander';
import { exportFolder, rebuildFolder, verifyFolder } from '../main/db/inspect';

interface FolderOption {
  readonly data: string;
}

/** Adds `trestle journal verify | export | rebuild`. */
export function registerJournalCommand(program: Command): void {
  const journal = program.command('journal').description('check, export or replay the journal of a data folder');

  journal
    .command('verify')
    .description('check chains, signatures, sums of orders and read models; exits 1 on any finding')
    .requiredOption('--data <folder>', 'data folder of the till')
    .option('--json', 'print the report as JSON')
    .action((options: FolderOption & { json?: boolean }) =>
      reportingErrors(async () => {
        const report = await verifyFolder(options.data);
        if (report.findings.length > 0) process.exitCode = 1;
        if (options.json) {
          console.log(JSON.stringify(report, null, 2));
          return;
        }
        for (const { code, detail } of report.findings) console.log(`${code}: ${detail}`);
        for (const { device, lastSeq, signedSeq } of report.devices) {
          console.log(`device ${device}: ${lastSeq} entries, signed up to ${signedSeq ?? 'none'}`);
        }
        if (report.asideCount > 0)
          console.log(`${report.asideCount} entries set aside: two devices wrote under one name`);
        const verdict = report.findings.length === 0 ? 'nothing wrong' : `${report.findings.length} findings`;
        console.log(`${report.entryCount} entries, ${report.orderCount} orders: ${verdict}`);
      }),
    );

  journal
    .command('export')
    .description('write every entry to standard output, one JSON line each')
    .requiredOption('--data <folder>', 'data folder of the till')
    .action((options: FolderOption) =>
      reportingErrors(async () => {
        for (const line of exportFolder(options.data)) {
          if (!process.stdout.write(line)) await once(process.stdout, 'drain');
        }
      }),
    );

  journal
    .command('rebuild')
    .description('make the read models again from the journal; the till must be closed')
    .requiredOption('--data <folder>', 'data folder of the till')
    .action((options: FolderOption) =>
      reportingErrors(async () => {
        const { entryCount, unreadable } = rebuildFolder(options.data, {
          onProgress: (done, total) => process.stderr.write(`\r${done} of ${total} entries`),
        });
        process.stderr.write('\n');
        for (const { device, seq, kind, why } of unreadable)
          console.log(`unreadable: ${kind} ${seq} of ${device}: ${why}`);
        if (unreadable.length > 0) process.exitCode = 1;
        console.log(`${entryCount - unreadable.length} of ${entryCount} entries applied`);
      }),
    );
}

/** Errors meant for a person go to standard error as one sentence; the exit code is 2. */
async function reportingErrors(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  }
}
