import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCached } from './cache.mjs';
import { cacheFolder } from './paths.mjs';
import { SetupError, step } from './report.mjs';
import { read, run, tail } from './run.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/**
 * The guest of the kernel bench: Debian's own kernel under QEMU, with the host's files to read and memory to write, so
 * that there is no disk image to make and the guest sees this checkout as it is. Software emulation (TCG) throughout: it
 * runs where there is no KVM, and takes the same path everywhere.
 */

/** @type {Parameters<typeof ensureSystemPackages>[0]} */
const guestNeeds = [
  { command: 'qemu-system-x86_64', debianPackage: 'qemu-system-x86' },
  { command: 'busybox', debianPackage: 'busybox-static' },
  { command: 'cpio', debianPackage: 'cpio' },
  { command: 'xz', debianPackage: 'xz-utils' },
  // udevd, which only the guest runs, is linked against it.
  { library: 'libkmod.so.2', debianPackage: 'libkmod2' },
];

/** What the guest's kernel must be able to do; each brings the modules it needs itself. */
const moduleNames = [
  'virtio_pci',
  '9p',
  '9pnet_virtio',
  'overlay',
  // USB devices that reach the kernel over USB/IP, and what binds to them.
  'vhci_hcd',
  'usbhid',
  'hid_generic',
  'usblp',
  'cdc_acm',
  // HID devices without USB, as Bluetooth ones are.
  'uhid',
];

const initScript = fileURLToPath(new URL('bench-guest-init.sh', import.meta.url));

/**
 * @typedef {object} Guest
 * @property {string} kernel a vmlinux with a PVH note
 * @property {string} initrd
 * @property {string} version of the kernel
 */

/**
 * Sees to it that the guest can be started: QEMU, Debian's kernel and udev, unpacked in the cache.
 *
 * @returns {Promise<Guest>}
 * @throws {SetupError} where this machine cannot have it
 */
export async function ensureBenchGuest() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupError('The kernel bench needs Linux on x64.', 'Run it on such a machine.');
  await ensureSystemPackages(guestNeeds);
  const version = currentKernel() ?? (await refreshLists(), currentKernel());
  if (!version)
    throw new SetupError('apt knows no linux-image-amd64.', 'The kernel bench takes its kernel from Debian 12.');
  const recipe = createHash('sha256')
    .update(readFileSync(initScript))
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .digest('hex')
    .slice(0, 12);
  const name = join('bench-vm', `${version}-${recipe}`);
  const folder = join(cacheFolder, name);
  if (!existsSync(join(folder, 'initrd'))) {
    await step(`Preparing the bench's guest: Debian's kernel ${version}`, () =>
      makeCached(name, (temporary) => makeGuest(temporary, version)),
    );
    // Older kernels and recipes have had their day.
    for (const other of readdirSync(dirname(folder)))
      if (other !== basename(folder)) rmSync(join(dirname(folder), other), { recursive: true, force: true });
  }
  return { kernel: join(folder, 'vmlinux'), initrd: join(folder, 'initrd'), version };
}

/** The version of the kernel that Debian's meta package names now, such as `6.1.0-56-amd64`. */
function currentKernel() {
  return /Depends: linux-image-(6\.\S+)/.exec(read('apt-cache', ['depends', 'linux-image-amd64']) ?? '')?.[1];
}

async function refreshLists() {
  await run('apt-get', ['update']);
}

/** @param {string[]} command */
async function must([program = '', ...args], { cwd = '/' } = {}) {
  const outcome = await run(program, args, { cwd });
  if (!outcome.ok)
    throw new SetupError(`${program} ${args[0]} failed:\n${tail(outcome.output, 8)}`, 'Check network and disk space.');
  return outcome.output;
}

async function makeGuest(/** @type {string} */ temporary, /** @type {string} */ version) {
  const folders = { packages: '', kernel: '', udev: '', initrd: '', guest: '' };
  for (const name of /** @type {(keyof typeof folders)[]} */ (Object.keys(folders)))
    mkdirSync((folders[name] = join(temporary, name)));
  await must(['apt-get', 'download', `linux-image-${version}`, 'udev'], { cwd: folders.packages });
  for (const file of readdirSync(folders.packages))
    await must(['dpkg', '-x', join(folders.packages, file), file.startsWith('udev') ? folders.udev : folders.kernel]);
  await unpackKernel(join(folders.kernel, 'boot', `vmlinuz-${version}`), join(folders.guest, 'vmlinux'));
  await makeInitrd(folders, version);
  return folders.guest;
}

/**
 * Takes the kernel out of its self-extracting image: emulated, the extraction takes longer than the whole boot. Offsets:
 * the kernel's Documentation/x86/boot.rst.
 */
async function unpackKernel(/** @type {string} */ image, /** @type {string} */ target) {
  const bytes = readFileSync(image);
  const protectedModeOffset = ((bytes[0x1f1] ?? 0) + 1) * 512;
  const payloadOffset = protectedModeOffset + bytes.readUInt32LE(0x248);
  // The payload ends with its unpacked length, which xz does not know.
  const payload = bytes.subarray(payloadOffset, payloadOffset + bytes.readUInt32LE(0x24c) - 4);
  const packed = `${target}.xz`;
  writeFileSync(packed, payload);
  await must(['xz', '--decompress', packed]);
}

async function makeInitrd(
  /** @type {{ kernel: string, udev: string, initrd: string, guest: string }} */ folders,
  /** @type {string} */ version,
) {
  const { initrd } = folders;
  for (const folder of ['bin', 'proc', 'sys', 'modules', 'udev/usr'])
    mkdirSync(join(initrd, folder), { recursive: true });
  const busybox = read('which', ['busybox']) ?? '';
  copyFileSync(busybox, join(initrd, 'bin', 'busybox'));
  for (const applet of (read(busybox, ['--list']) ?? '').split('\n'))
    if (applet !== 'busybox') symlinkSync('busybox', join(initrd, 'bin', applet));
  copyFileSync(initScript, join(initrd, 'init'));
  chmodSync(join(initrd, 'init'), 0o755);
  moduleFiles(join(folders.kernel, 'lib', 'modules', version)).forEach((file, index) =>
    copyFileSync(file, join(initrd, 'modules', `${String(index).padStart(2, '0')}-${basename(file)}`)),
  );
  // Debian's /bin and /lib have long stood under /usr; the hardware database is large, and nothing here asks it.
  rmSync(join(folders.udev, 'lib', 'udev', 'hwdb.d'), { recursive: true });
  for (const folder of ['bin', 'lib'])
    cpSync(join(folders.udev, folder), join(initrd, 'udev', 'usr', folder), {
      recursive: true,
      verbatimSymlinks: true,
    });
  await must(['sh', '-c', `find . | cpio --quiet -o -H newc | gzip -6 > ${join(folders.guest, 'initrd')}`], {
    cwd: initrd,
  });
}

/** @returns {string[]} the files of all modules wanted, each after those it needs */
function moduleFiles(/** @type {string} */ folder) {
  const files = readdirSync(join(folder, 'kernel'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ko'))
    .map((file) => join(folder, 'kernel', file));
  const fileOf = new Map(files.map((file) => [basename(file, '.ko').replaceAll('-', '_'), file]));
  /** @type {Set<string>} */
  const ordered = new Set();
  const add = (/** @type {string} */ name) => {
    const file = fileOf.get(name);
    // What is no file is built into the kernel.
    if (!file || ordered.has(file)) return;
    const depends = /\0depends=([^\0]*)\0/.exec(readFileSync(file, 'latin1'))?.[1] ?? '';
    depends
      .split(',')
      .filter(Boolean)
      .map((needed) => needed.replaceAll('-', '_'))
      .forEach(add);
    ordered.add(file);
  };
  moduleNames.forEach(add);
  return [...ordered];
}

/**
 * Boots the guest, runs one shell script in it as root and switches it off.
 *
 * @param {Guest} guest
 * @param {object} job
 * @param {string} job.script run by the guest's /bin/sh; `/run/exchange` is a folder shared with the host
 * @param {(folder: string) => void} job.collect sees the shared folder when the guest is off
 * @param {number} job.timeoutMs how long it may take in all
 * @param {(text: string) => void} job.onOutput hears the guest's console
 * @returns {Promise<number | null>} the script's exit code; null when the guest never came so far
 */
export async function runInGuest({ kernel, initrd }, { script, collect, timeoutMs, onOutput }) {
  const exchange = mkdtempSync(join(tmpdir(), 'trestle-bench-vm-'));
  try {
    writeFileSync(join(exchange, 'job'), script);
    const child = spawn(
      'qemu-system-x86_64',
      [
        ['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
        ['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '1536'],
        ['-kernel', kernel, '-initrd', initrd, '-append', 'console=ttyS0 quiet panic=-1'],
        ['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
        ['-virtfs', 'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap'],
        ['-virtfs', `local,path=${exchange},mount_tag=exchange,security_model=none`],
      ].flat(),
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    const timer = setTimeout(() => {
      onOutput(`\nThe guest was switched off after ${timeoutMs / 1000} s.\n`);
      kill();
    }, timeoutMs);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => onOutput(String(text).replaceAll('\r\n', '\n')));
    await new Promise((resolve) => child.on('close', resolve).on('error', resolve));
    clearTimeout(timer);
    process.off('exit', kill);
    collect(exchange);
    const exitCode = join(exchange, 'exit-code');
    return existsSync(exitCode) ? Number(readFileSync(exitCode, 'utf8')) : null;
  } finally {
    rmSync(exchange, { recursive: true, force: true });
  }
}
