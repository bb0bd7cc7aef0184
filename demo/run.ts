/** Plays a market morning through the real till, checks what it left behind, and tells it as a page. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { formatMoney } from '../src/domain/money';
import type { Entry } from '../src/journal/kinds';
import type { VerifyReport } from '../src/journal/verify';
import { Afternoon } from './afternoon';
import { freshDataFolder, startApp, type Runtime } from './app';
import { examineArrival, readArrived } from './arrival';
import { bodiesOf, examine, ordersOf, totalsOf, type Check, type Witness } from './checks';
import { readGoods } from './goods';
import { pictureLanguages, type LanguagePicture } from './languages';
import { Morning, SHORT_MINOR } from './morning';
import { writePage } from './page';
import { examinePrices, provePrices, type PricesWitness } from './prices-checks';
import { PricesDay } from './prices-day';
import { startDemoPrinter } from './printer';
import { proveChecks, type Proof } from './proofs';
import { rebuildFromPaper } from './rebuilt';
import { Story } from './story';

export interface DemoOptions {
  readonly root: string;
  /** Where everything is left; `index.html` is the page. */
  readonly folder: string;
  readonly runtime: Runtime & { readonly description: string };
  readonly seed: number;
}

/** What broke the morning off, and where. */
export interface Failure {
  readonly step: string;
  readonly message: string;
  readonly picture: string | null;
}

/** Everything the page tells. */
export interface Outcome {
  readonly seed: number;
  readonly runtime: string;
  readonly seconds: number;
  readonly failure: Failure | null;
  /** Null when the morning broke off before there was anything to check. */
  readonly witness: Witness | null;
  readonly checks: readonly Check[];
  readonly proofs: readonly Proof[];
  /** Every screen in every language. */
  readonly languages: readonly LanguagePicture[];
  /** What `trestle journal verify` printed. */
  readonly verifyOutput: string;
}

/** @returns whether all went as planned and every check holds */
export async function playDemo({ root, folder, runtime, seed }: DemoOptions): Promise<boolean> {
  const started = performance.now();
  const say = (line: string): void => console.log(line);
  say(`A market morning, seed ${seed} (the same again: npm run demo -- --seed ${seed})`);
  mkdirSync(folder, { recursive: true });
  const dataDir = freshDataFolder(folder, 'data');
  const secondDataDir = freshDataFolder(folder, 'second');
  const story = new Story(folder, (step) => say(`  ${step}`));
  const printer = await startDemoPrinter(root, join(folder, 'paper'));
  const start = () => startApp({ root, runtime, dataDir, demo: true });
  const morning = new Morning({ seed, goods: readGoods(root), printer, story, start });
  let failure: Failure | null = null;
  async function brokenOff(error: unknown, page: Page | null): Promise<Failure> {
    const message = error instanceof Error ? error.message : String(error);
    const picture = page && (await story.picture(page, 'failed').catch(() => null));
    return { step: story.step, message, picture };
  }
  try {
    await morning.play();
  } catch (error) {
    failure = await brokenOff(error, morning.page);
    await morning.stop();
  }
  const { pulses } = await printer.state();
  const papers = printer.papers();
  await printer.stop();

  const trestle = (...args: readonly string[]): string => runTrestle(root, args);
  let witness: Witness | null = null;
  let checks: Check[] = [];
  let proofs: readonly Proof[] = [];
  let verifyOutput = '';
  if (morning.confirmed.length > 0) {
    verifyOutput = trestle('journal', 'verify', '--data', dataDir);
    witness = {
      entries: readEntries(trestle('journal', 'export', '--data', dataDir)),
      verify: JSON.parse(trestle('journal', 'verify', '--json', '--data', dataDir)) as VerifyReport,
      confirmed: morning.confirmed,
      papers,
      pulses: pulses.length,
      plannedDifferenceMinor: -SHORT_MINOR,
    };
    checks = examine(witness);
    // A till that was killed half-way keeps its last pages elsewhere: nothing to forge.
    if (failure === null)
      proofs = proveChecks({
        witness,
        dataDir,
        verify: (dir) => trestle('journal', 'verify', '--json', '--data', dir),
      });
    if (failure === null) {
      story.begin('The till is lost: rebuilding it from its receipts');
      const { check, proof } = rebuildFromPaper({ folder, entries: witness.entries, papers, trestle });
      checks.push(check);
      proofs = [...proofs, proof];
    }
  }
  if (failure === null) {
    const afternoon = new Afternoon({
      root,
      folder,
      goods: readGoods(root),
      story,
      startFirst: start,
      startSecond: () => startApp({ root, runtime, dataDir: secondDataDir, demo: false }),
    });
    try {
      await afternoon.play();
      const tills = [
        { name: 'the first till', dataDir },
        { name: 'the second till', dataDir: secondDataDir },
      ].map((till) => ({
        ...till,
        entries: readEntries(trestle('journal', 'export', '--data', till.dataDir)),
        verify: JSON.parse(trestle('journal', 'verify', '--json', '--data', till.dataDir)) as VerifyReport,
      }));
      const arrived = await readArrived(afternoon.hubUrl, secondDataDir, stallIdOf(tills));
      checks.push(...examineArrival({ tills, arrived, confirmed: afternoon.confirmed }));
    } catch (error) {
      failure = await brokenOff(error, afternoon.page);
      await afternoon.stopTills();
    }
    await afternoon.stopHub();
  }
  if (failure === null) {
    const pricesDir = freshDataFolder(folder, 'prices');
    const day = new PricesDay({ dataDir: pricesDir, story });
    try {
      await day.play();
    } catch (error) {
      failure = await brokenOff(error, day.page);
    }
    await day.stop();
    if (failure === null) {
      const prices: PricesWitness = {
        entries: readEntries(trestle('journal', 'export', '--data', pricesDir)),
        verify: JSON.parse(trestle('journal', 'verify', '--json', '--data', pricesDir)) as VerifyReport,
      };
      checks.push(...examinePrices(prices));
      proofs = [...proofs, ...provePrices(prices)];
    }
  }
  let languages: readonly LanguagePicture[] = [];
  if (failure === null) {
    try {
      languages = await pictureLanguages(freshDataFolder(folder, 'languages'), story);
    } catch (error) {
      failure = await brokenOff(error, null);
    }
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  const outcome: Outcome = {
    seed,
    runtime: runtime.description,
    seconds,
    failure,
    witness,
    checks,
    proofs,
    languages,
    verifyOutput,
  };
  writePage({ root, folder, story, outcome });
  return report(outcome, folder, say);
}

function report(
  { seed, seconds, failure, witness, checks, proofs }: Outcome,
  folder: string,
  say: (line: string) => void,
) {
  say('');
  if (witness) {
    const { orderCount, salesMinor, cashMinor, cardMinor } = totalsOf(ordersOf(witness.entries));
    const money = (amountMinor: number) => formatMoney(amountMinor, { currency: 'GBP', locale: 'en-GB' });
    say(
      `${orderCount} sales, ${money(salesMinor)} (cash ${money(cashMinor)}, card ${money(cardMinor)}), ${witness.papers.length} papers, ${seconds} s`,
    );
  }
  for (const { invariant, title, looked, wrong } of checks) {
    say(`${wrong.length === 0 ? 'ok   ' : 'WRONG'} ${invariant}  ${title} (${looked})`);
    for (const line of wrong.slice(0, 10)) say(`           ${line}`);
  }
  const blind = proofs.filter(({ noticedBy }) => noticedBy.length === 0);
  if (failure === null) say(`${proofs.length - blind.length} of ${proofs.length} forgeries on a copy were noticed`);
  for (const { forgery } of blind) say(`WRONG nobody noticed: ${forgery}`);
  if (failure) say(`\nStopped at "${failure.step}" with seed ${seed}:\n${failure.message}`);
  say(`\nThe morning as a page: ${join(folder, 'index.html')}`);
  return failure === null && blind.length === 0 && checks.length > 0 && checks.every(({ wrong }) => wrong.length === 0);
}

function stallIdOf([till]: readonly { readonly entries: readonly Entry[] }[]): string {
  const configured = till ? bodiesOf(till.entries, 'stall.configured').at(-1) : undefined;
  if (!configured) throw new Error('the stall was never configured');
  return configured.stall.stallId;
}

/** Runs `trestle` and gives back what it printed, whatever its verdict. */
function runTrestle(root: string, args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, [join(root, 'out', 'main', 'trestle.js'), ...args], {
      encoding: 'utf8',
      maxBuffer: 512 * 1024 * 1024,
    });
  } catch (error) {
    const { status, stdout } = error as { status?: number; stdout?: string };
    // 1 is a verdict: something was found.
    if (status === 1 && stdout) return stdout;
    throw error;
  }
}

function readEntries(lines: string): Entry[] {
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
}
