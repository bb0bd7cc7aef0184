/** Starts an Electron app as a person does, and looks at its window from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type Page } from '@playwright/test';
import electron from 'electron';
import { projectFolder } from '../src/main/project-folder';
import type { TrestleBridge } from '../src/renderer/lib/client';
import type { CallResult } from '../src/shared/errors';
import { message, valueOf, type Call } from './till';

/**
 * Chromium's guess at soft navigations begins at a key press that has no field, and then forgets which painted texts still
 * wait for their presentation: a line shown just before the next scan's first key would have no Element Timing at all.
 */
const WATCHED = ['--remote-debugging-port=0', '--disable-features=SoftNavigationDetection'];

export interface AppWindow {
  /** When its process was started, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Attaches to the window; until then nothing but an open port tells the app that it is looked at. */
  page(): Promise<Page>;
  /** Resident memory of all its processes together, in bytes, pages they share counted once. Linux only. */
  memoryBytes(): number;
  close(): Promise<void>;
}

/** Starts the till on a data folder. */
export function openTill(dataDir: string, flags: readonly string[] = []): AppWindow {
  return open(String(electron), [projectFolder, '--data', dataDir, '--demo', ...flags]);
}

/** Starts an app that is nothing but a window with a word in it. */
export function openEmptyWindow(dataDir: string): AppWindow {
  mkdirSync(dataDir, { recursive: true });
  return open(String(electron), [join(projectFolder, 'bench', 'empty-window'), dataDir]);
}

/** Starts a browser with an empty page. */
export function openChromium(userDataDir: string): AppWindow {
  const flags = ['--headless=new', '--no-first-run', '--disable-background-networking', '--window-size=1280,800'];
  return open('/usr/bin/chromium', [...flags, `--user-data-dir=${userDataDir}`, 'about:blank']);
}

/**
 * Attaches to a window for as long as some work takes. Whoever stays attached makes the page hold whatever it loads: its
 * network inspector keeps bodies, 100 MB of them, for somebody to ask for.
 */
export async function lookAt<T>(app: AppWindow, work: (page: Page) => Promise<T>): Promise<T> {
  const page = await app.page();
  try {
    return await work(page);
  } finally {
    await page.context().browser()?.close();
  }
}

/** Waits until the till's window hears and answers scans. */
export async function untilReady(page: Page): Promise<void> {
  await page.waitForFunction(() => performance.getEntriesByName('ready-to-scan').length > 0);
}

/** Calls of the contract through the bridge of the till's own window. */
export function callsOf(page: Page): Call {
  return async (name, input) =>
    valueOf(
      name,
      (await page.evaluate(
        (asked) => (window as unknown as { trestle: TrestleBridge }).trestle.call(asked),
        message(name, input),
      )) as CallResult<unknown>,
    );
}

/** @param program under Node, `electron` is the path of its program */
function open(program: string, args: readonly string[]): AppWindow {
  // Chromium's sandbox refuses to start as root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const startedAtMs = Date.now();
  const child = spawn(program, [...sandbox, ...WATCHED, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // A bench that fails leaves nothing running.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').finally(() => process.off('exit', kill));
  const complaints: string[] = [];
  const lines = createInterface({ input: child.stderr });
  const endpoint = new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      complaints.push(line);
      const [, url] = /DevTools listening on (ws:\S+)/.exec(line) ?? [];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`the app ended with ${code}:\n${complaints.join('\n')}`)));
  });
  endpoint.catch(() => undefined);
  return {
    startedAtMs,
    async page() {
      const browser = await chromium.connectOverCDP(await endpoint);
      const context = browser.contexts()[0];
      const page = context?.pages()[0] ?? (await context?.waitForEvent('page'));
      if (!page) throw new Error('the app has no window');
      return page;
    },
    memoryBytes: () => residentBytes(Number(child.pid)),
    async close() {
      child.kill();
      await ended;
    },
  };
}

/** A process and all its descendants. */
function processTree(root: number): number[] {
  const children = readdirSync(`/proc/${root}/task`).flatMap((thread) =>
    readFileSync(`/proc/${root}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [root, ...children.flatMap(processTree)];
}

/** Memory by what it is: what only this app has, and how much of each file of the disk it has mapped. */
interface Mapped {
  ownBytes: number;
  readonly byFile: Map<string, number>;
}

/**
 * What a tree of processes holds in memory, each page once. Files are counted as far as the process that uses most of
 * them has them, so that another Electron on the same machine, which shares its program with ours, changes nothing;
 * everything else is nobody's but the tree's and is counted by shares.
 */
export function residentBytes(root: number): number {
  const mapped: Mapped = { ownBytes: 0, byFile: new Map() };
  for (const pid of processTree(root)) addMappings(mapped, readFileSync(`/proc/${pid}/smaps`, 'utf8'));
  return mapped.ownBytes + [...mapped.byFile.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function addMappings(mapped: Mapped, smaps: string): void {
  for (const mapping of smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const bytesOf = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(mapping)?.[1] ?? 0) * 1024;
    const [, offset, path] = /^\S+ \S+ (\S+) \S+ \d+ +(\/.*)$/m.exec(mapping) ?? [];
    const anonymousBytes = bytesOf('Anonymous');
    const isOnDisk = path !== undefined && !/^\/(?:dev\/shm|memfd)|\(deleted\)$/.test(path);
    if (!isOnDisk) {
      mapped.ownBytes += bytesOf('Pss');
      continue;
    }
    // A page of a file that was written to is a private copy.
    mapped.ownBytes += anonymousBytes;
    const file = `${path} ${offset}`;
    mapped.byFile.set(file, Math.max(mapped.byFile.get(file) ?? 0, bytesOf('Rss') - anonymousBytes));
  }
}
