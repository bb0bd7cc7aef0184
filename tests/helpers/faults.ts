import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What happens at the chosen write; see fault-shim.c. */
export type FaultMode = 'count' | 'kill' | 'torn' | 'full';

/** One process at a time that is to suffer: its environment, and the switch. */
export interface FaultLane {
  env(fault: {
    readonly mode: FaultMode;
    /** Number of the write, from 1. */
    readonly at?: number;
    readonly dataDir: string;
    /** The printer's port: bytes sent there count too. */
    readonly port?: number;
  }): NodeJS.ProcessEnv;
  /** From now on writes are counted. */
  arm(): void;
  disarm(): void;
  /** Writes counted since `arm`, in mode `count`. */
  count(): number;
}

/** The compiled fault shim. */
export interface FaultShim {
  lane(name: string): FaultLane;
  remove(): void;
}

/** @returns the shim, or why it cannot be had on this machine */
export function compileFaultShim(): FaultShim | { readonly unavailable: string } {
  if (process.platform !== 'linux') return { unavailable: 'faults are injected on Linux only' };
  const folder = mkdtempSync(join(tmpdir(), 'trestle-faults-'));
  const library = join(folder, 'fault-shim.so');
  const source = fileURLToPath(new URL('fault-shim.c', import.meta.url));
  const compiled = spawnSync('gcc', ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl'], { encoding: 'utf8' });
  if (compiled.error) return { unavailable: 'there is no C compiler (gcc)' };
  if (compiled.status !== 0) throw new Error(`the fault shim does not compile:\n${compiled.stderr}`);
  return {
    lane(name) {
      const armFile = join(folder, `${name}-armed`);
      const countFile = join(folder, `${name}-count`);
      return {
        env: ({ mode, at = 0, dataDir, port = 0 }) => ({
          LD_PRELOAD: library,
          TRESTLE_FAULT_MODE: mode,
          TRESTLE_FAULT_AT: String(at),
          TRESTLE_FAULT_DIR: dataDir,
          TRESTLE_FAULT_PORT: String(port),
          TRESTLE_FAULT_ARM: armFile,
          TRESTLE_FAULT_COUNT: countFile,
        }),
        arm() {
          rmSync(countFile, { force: true });
          writeFileSync(armFile, '');
        },
        disarm: () => rmSync(armFile, { force: true }),
        count: () => Number(readFileSync(countFile, 'utf8')),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
