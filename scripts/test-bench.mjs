/**
 * The kernel bench: boots Debian's kernel in QEMU and runs tests/bench-vm in it, where devices made of nothing are plugged
 * into real USB and HID stacks. docs/kernel-bench.md says how it is made.
 *
 *   npm run test:bench                    all of it
 *   npm run test:bench -- usb-printer     files whose names contain a word
 *
 * Where the guest cannot be had, the reason is printed and the bench is skipped; whatever goes wrong after that is a
 * failure.
 */
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBenchGuest, runInGuest } from './lib/bench-guest.mjs';
import { withLock } from './lib/lock.mjs';
import { cacheFolder, root } from './lib/paths.mjs';
import { SetupError, explain, seconds } from './lib/report.mjs';

/** Several times what it takes on two slow cores. */
const timeoutMs = 10 * 60_000;

const { values: options, positionals: filters } = parseArgs({
  options: { report: { type: 'string' } },
  allowPositionals: true,
});

/** @returns {string} `text` as one word of a shell */
const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", `'\\''`)}'`;

function parentsOf(/** @type {string} */ path) {
  const parents = [];
  for (let parent = dirname(path); parent !== '/'; parent = dirname(parent)) parents.push(parent);
  return parents;
}

const vitest = [
  ...[process.execPath, join(root, 'node_modules/vitest/vitest.mjs'), 'run'],
  ...['--root', root, '--config', 'tests/bench-vm/vitest.config.ts'],
  ...['--reporter=verbose', '--reporter=json', '--outputFile.json=/run/exchange/report.json'],
  ...filters,
];
const script = `
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/run/home LANG=C.UTF-8 CI=1 NO_COLOR=1
mkdir -p $HOME
# Only in the guest's memory: its unprivileged user must reach Node and the checkout wherever they stand.
chmod o+x ${[...parentsOf(process.execPath), ...parentsOf(root)].map(quoted).join(' ')} ${quoted(root)}
/lib/systemd/systemd-udevd --daemon
udevadm trigger --type=subsystems --action=add
udevadm trigger --type=devices --action=add
udevadm settle --timeout=60
echo "guest up after $(cut -d' ' -f1 /proc/uptime) s"
cd ${quoted(root)}
exec ${vitest.map(quoted).join(' ')}
`;

/** @returns {Promise<Awaited<ReturnType<typeof ensureBenchGuest>> | null>} null when this machine cannot have it */
async function guestOrReason() {
  try {
    return await withLock(cacheFolder, ensureBenchGuest);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.log(`The kernel bench is skipped: ${error.message}\n${error.mend}`);
    return null;
  }
}

try {
  const started = performance.now();
  const guest = await guestOrReason();
  if (guest === null) {
    const skipped = { name: 'kernel bench', status: 'passed', assertionResults: [{ status: 'skipped' }] };
    if (options.report) writeFileSync(options.report, JSON.stringify({ testResults: [skipped] }));
  } else {
    console.log(`Kernel ${guest.version} in QEMU …`);
    const code = await runInGuest(guest, {
      script,
      timeoutMs,
      onOutput: (text) => process.stdout.write(text),
      collect(folder) {
        const report = join(folder, 'report.json');
        if (options.report && existsSync(report)) copyFileSync(report, options.report);
      },
    });
    if (code === null) console.log('The guest went down before its tests had ended.');
    console.log(`Kernel bench ${code === 0 ? 'ok' : 'FAILED'} (${seconds(started)})`);
    process.exitCode = code === 0 ? 0 : 1;
  }
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
