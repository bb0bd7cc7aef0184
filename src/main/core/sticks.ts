import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename } from 'node:path';

/** Something removable that files can be put on. */
export interface Stick {
  /** Where it is mounted: `/media/ade/TRESTLE`, `E:\`. */
  readonly path: string;
  readonly name: string;
  readonly freeBytes: number;
}

const WINDOWS_LETTERS = 'DEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * Sticks that are in and can be written to, by name.
 * @param mounts where something is mounted; default: on this machine
 */
export function findSticks(mounts: readonly string[] = removableMounts()): Stick[] {
  return mounts
    .flatMap((path) => {
      try {
        accessSync(path, constants.W_OK);
        const { bavail, bsize } = statfsSync(path);
        return [{ path, name: basename(path) || path, freeBytes: bavail * bsize }];
      } catch {
        // Pulled in between, or write-protected.
        return [];
      }
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

function removableMounts(): string[] {
  if (process.platform === 'linux') return linuxMounts();
  if (process.platform === 'darwin') return macMounts();
  return process.platform === 'win32' ? windowsMounts() : [];
}

/** Where desktops and udisks mount what people plug in. */
function linuxMounts(): string[] {
  const { username } = userInfo();
  const places = ['/media/', `/run/media/${username}/`, '/mnt/', `${homedir()}/media/`];
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .map((path) => path.replace(/\\(\d{3})/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 8))))
    .filter((path) => places.some((place) => path.startsWith(place)));
}

function macMounts(): string[] {
  return readdirSync('/Volumes', { withFileTypes: true })
    .filter((volume) => volume.isDirectory())
    .map(({ name }) => `/Volumes/${name}`);
}

/** Every drive but the system's; a person knows which is the stick. */
function windowsMounts(): string[] {
  return [...WINDOWS_LETTERS].map((letter) => `${letter}:\\`).filter((path) => existsSync(path));
}
