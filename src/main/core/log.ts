import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { destination, pino, type Logger } from 'pino';

/** The kiosk's own log. Holds what the program did, never what a person is called or bought. */
export type Log = Logger;

const MAX_BYTES = 4 * 1024 * 1024;
const KEPT_FILES = 4;
/** How often a running log is measured. */
const CHECK_EVERY_LINES = 2_000;

/** A log that goes nowhere, for tools and tests. */
export function silentLog(): Log {
  return pino({ enabled: false });
}

/**
 * Opens `DATA_DIR/logs/kiosk.log` as JSON lines. At 4 MB it becomes `kiosk.1.log` and so on; the oldest of four goes.
 * Written without waiting for the disk: a log is help, not evidence.
 */
export function openLog(dataDir: string): Log {
  const folder = join(dataDir, 'logs');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'kiosk.log');
  rotate(folder, file);
  const target = destination({ dest: file, sync: false });
  // A full disk must not bring down the till through its log.
  target.on('error', () => undefined);
  let lines = 0;
  const log = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.err },
      hooks: {
        logMethod(inputs, method) {
          lines += 1;
          if (lines % CHECK_EVERY_LINES === 0 && rotate(folder, file)) target.reopen();
          method.apply(this, inputs);
        },
      },
    },
    target,
  );
  return log;
}

/** Moves a log that has grown too large out of the way; says whether it did. */
function rotate(folder: string, file: string): boolean {
  if (!existsSync(file) || statSync(file).size < MAX_BYTES) return false;
  const numbered = (number: number): string => join(folder, `kiosk.${number}.log`);
  rmSync(numbered(KEPT_FILES - 1), { force: true });
  for (let number = KEPT_FILES - 2; number >= 1; number -= 1) {
    if (existsSync(numbered(number))) renameSync(numbered(number), numbered(number + 1));
  }
  renameSync(file, numbered(1));
  return true;
}
