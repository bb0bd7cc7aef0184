import { EventEmitter } from 'node:events';
import type { BrowserWindow } from 'electron';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reloadWhenGone } from '../../src/main/shell/windows';

const MINUTE_MS = 60_000;

/** What Electron tells of a window, and is asked for. */
class FakeWindow extends EventEmitter {
  readonly webContents = Object.assign(new EventEmitter(), { reload: vi.fn() });
  dies(reason = 'crashed'): void {
    this.webContents.emit('render-process-gone', {}, { reason });
  }
  loads(): void {
    this.webContents.emit('did-finish-load');
  }
}

describe('a window whose process dies', () => {
  let window: FakeWindow;
  const onCrash = vi.fn();
  const loads = (): number => window.webContents.reload.mock.calls.length;

  beforeEach(() => {
    vi.useFakeTimers();
    window = new FakeWindow();
    onCrash.mockClear();
    reloadWhenGone(window as unknown as BrowserWindow, onCrash);
  });
  afterEach(() => void vi.useRealTimers());

  test('is loaded again once, and its death is told', () => {
    window.dies('oom');
    expect(onCrash).toHaveBeenCalledExactlyOnceWith('oom');
    vi.advanceTimersByTime(1_000);
    expect(loads()).toBe(1);
    window.loads();
    vi.advanceTimersByTime(10 * MINUTE_MS);
    expect(loads()).toBe(1);
  });

  test('is asked for again when the load was forgotten', () => {
    window.dies();
    vi.advanceTimersByTime(MINUTE_MS);
    expect(loads()).toBeGreaterThan(1);
    window.loads();
    const before = loads();
    vi.advanceTimersByTime(10 * MINUTE_MS);
    expect(loads()).toBe(before);
  });

  test('is never given up, and not hurried, when it dies each time', () => {
    window.webContents.reload.mockImplementation(() => {
      setTimeout(() => window.loads(), 100);
      setTimeout(() => window.dies(), 500);
    });
    window.dies();
    vi.advanceTimersByTime(MINUTE_MS);
    expect(loads()).toBeGreaterThan(2);
    const before = loads();
    vi.advanceTimersByTime(60 * MINUTE_MS);
    expect(loads() - before).toBeLessThanOrEqual(60);
    expect(loads() - before).toBeGreaterThan(50);

    // At last it stays: the next death is mended at once.
    window.webContents.reload.mockImplementation(() => void setTimeout(() => window.loads(), 100));
    vi.advanceTimersByTime(5 * MINUTE_MS);
    const then = loads();
    window.dies();
    vi.advanceTimersByTime(1_000);
    expect(loads()).toBe(then + 1);
  });

  test('stays away when it ended by itself, or was closed', () => {
    window.dies('clean-exit');
    vi.advanceTimersByTime(MINUTE_MS);
    window.dies();
    window.emit('closed');
    vi.advanceTimersByTime(MINUTE_MS);
    expect(loads()).toBe(0);
  });
});
