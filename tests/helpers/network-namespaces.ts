import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Machines of a made-up market, each in a network namespace of its own, all on one switch. Nothing else is touched. */
export interface MarketNetwork {
  /** Puts a process on a machine: for `Placed.within`. */
  within(machine: string): readonly string[];
  address(machine: string): string;
  /** Pulls a machine's cable, and puts it back. */
  unplug(machine: string): void;
  plug(machine: string): void;
  /** What one machine sends to another vanishes, without a word to either. The other way still works. */
  lose(from: string, to: string): void;
  /** Of everything that comes to a machine so many per cent vanish. */
  loseSome(to: string, percent: number): void;
  /** What comes to a machine takes that much longer. @returns whether this kernel can do that */
  delay(to: string, delayMs: number): boolean;
  /** Ends all that was done to the network. */
  heal(): void;
  /** A Unix socket that leads to a port on a machine's loopback. */
  door(machine: string, port: number, folder: string): Promise<string>;
  remove(): void;
}

const LINK = 'market0';
const SWITCH = 'switch';
const TABLE = ['inet', 'market'];

function run(...command: readonly string[]): void {
  const [program = '', ...args] = command;
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Why no network can be made here, in words for whoever reads the report; null when it can. */
export function networkRefusal(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are of Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  try {
    layNetwork(['trial']).remove();
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    const said = String(stderr ?? '').trim() || message;
    return `no network namespaces here: ${said} (Debian packages iproute2 and nftables; a container needs CAP_NET_ADMIN)`;
  }
}

export function layNetwork(machines: readonly string[]): MarketNetwork {
  const name = (machine: string): string => `trestle-${process.pid}-${machine}`;
  const inside = (machine: string): string[] => ['ip', 'netns', 'exec', name(machine)];
  const address = (machine: string): string => `10.77.0.${machines.indexOf(machine) + 1}`;
  const rule = (machine: string, words: string): void =>
    run(...inside(machine), 'nft', 'add', 'rule', ...TABLE, 'arrivals', ...words.split(' '));
  const doors: { kill(): unknown }[] = [];
  const delayed = new Set<string>();

  function remove(): void {
    process.off('exit', remove);
    for (const door of doors.splice(0)) door.kill();
    for (const machine of [...machines, SWITCH]) {
      if (existsSync(`/run/netns/${name(machine)}`)) run('ip', 'netns', 'delete', name(machine));
    }
  }
  process.once('exit', remove);

  try {
    run('ip', 'netns', 'add', name(SWITCH));
    run('ip', '-n', name(SWITCH), 'link', 'add', 'bridge0', 'type', 'bridge');
    run('ip', '-n', name(SWITCH), 'link', 'set', 'bridge0', 'up');
    machines.forEach((machine, port) => {
      const host = ['ip', '-n', name(machine)];
      run('ip', 'netns', 'add', name(machine));
      run(...host, 'link', 'add', LINK, 'type', 'veth', 'peer', 'name', `port${port}`, 'netns', name(SWITCH));
      run('ip', '-n', name(SWITCH), 'link', 'set', `port${port}`, 'master', 'bridge0', 'up');
      run(...host, 'addr', 'add', `${address(machine)}/24`, 'dev', LINK);
      run(...host, 'link', 'set', 'lo', 'up');
      run(...host, 'link', 'set', LINK, 'up');
      run(...inside(machine), 'nft', 'add', 'table', ...TABLE);
      const chain = '{ type filter hook input priority 0 ; }';
      run(...inside(machine), 'nft', 'add', 'chain', ...TABLE, 'arrivals', chain);
    });
  } catch (error) {
    remove();
    throw error;
  }

  const plug = (machine: string): void => run('ip', '-n', name(machine), 'link', 'set', LINK, 'up');
  return {
    within: inside,
    address,
    plug,
    unplug: (machine) => run('ip', '-n', name(machine), 'link', 'set', LINK, 'down'),
    lose: (from, to) => rule(to, `ip saddr ${address(from)} drop`),
    loseSome: (to, percent) => rule(to, `iifname ${LINK} numgen random mod 100 < ${percent} drop`),
    delay(to, delayMs) {
      // Delays are of what leaves, so it is the switch that holds it back.
      const device = `port${machines.indexOf(to)}`;
      try {
        run('tc', '-n', name(SWITCH), 'qdisc', 'add', 'dev', device, 'root', 'netem', 'delay', `${delayMs}ms`);
        delayed.add(device);
        return true;
      } catch {
        return false;
      }
    },
    heal() {
      for (const machine of machines) {
        plug(machine);
        run(...inside(machine), 'nft', 'flush', 'chain', ...TABLE, 'arrivals');
      }
      for (const device of delayed) run('tc', '-n', name(SWITCH), 'qdisc', 'delete', 'dev', device, 'root');
      delayed.clear();
    },
    async door(machine, port, folder) {
      const path = join(folder, `${machine}.sock`);
      const [program = '', ...args] = [...inside(machine), process.execPath, '-e', DOOR, path, String(port)];
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      doors.push(child);
      await new Promise((resolve, reject) => {
        child.stdout.once('data', resolve);
        child.once('exit', (code) => reject(new Error(`the door of ${machine} ended with ${code}`)));
      });
      return path;
    },
    remove,
  };
}

/** Run inside a namespace, where alone its loopback can be reached; Unix sockets know no namespaces. */
const DOOR = `
  const { connect, createServer } = require('node:net');
  const [path, port] = process.argv.slice(1);
  const server = createServer((from) => {
    const to = connect(Number(port), '127.0.0.1');
    for (const [one, other] of [[from, to], [to, from]]) one.on('error', () => other.destroy()).pipe(other);
  });
  server.listen(path, () => console.log('open'));
`;
