import { z } from 'zod';
import type { BootOptions } from './boot';

/** What `--devices` may say. */
export const DEVICE_MODES = ['virtual', 'real', 'none'] as const satisfies readonly BootOptions['devices'][];

const address = z
  .string()
  .regex(/^[^:\s]+:\d{1,5}$/, 'a printer is HOST:PORT')
  .transform((text) => {
    const [host = '', port] = text.split(':');
    return { via: 'tcp' as const, host, port: Number(port) };
  })
  .refine(({ port }) => port >= 1 && port <= 65_535, 'a port is 1 to 65535');

/**
 * Reads `--printer HOST:PORT`.
 * @throws {Error} with a message for the person who typed it
 */
export function printerFlag(text: string): NonNullable<BootOptions['printer']> {
  const parsed = address.safeParse(text);
  if (!parsed.success) throw new Error(parsed.error.issues[0]?.message ?? 'a printer is HOST:PORT');
  return {
    kind: 'printer',
    link: parsed.data,
    model: 'epson-tm-t20-like',
    drawer: { pin: 2, switch: null, pulse: null },
  };
}

/**
 * Reads `--port` and the like.
 * @throws {Error} with a message for the person who typed it
 */
export function portFlag(text: string): number {
  const port = Number(text);
  if (text === '' || !Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('a port is 0 to 65535');
  return port;
}

/**
 * Reads `--neighbours HOST:PORT`; a port alone serves every network of this machine.
 * @throws {Error} with a message for the person who typed it
 */
export function neighboursFlag(text: string): NonNullable<BootOptions['neighbours']> {
  const [, host = '0.0.0.0', port = ''] = /^(?:([^:\s]+):)?(\d+)$/.exec(text) ?? [];
  return { host, port: portFlag(port) };
}

/**
 * Reads `--devices`.
 * @throws {Error} with a message for the person who typed it
 */
export function deviceModeFlag(text: string): BootOptions['devices'] {
  const mode = DEVICE_MODES.find((one) => one === text);
  if (!mode) throw new Error(`--devices is ${DEVICE_MODES.join(', ')}`);
  return mode;
}
