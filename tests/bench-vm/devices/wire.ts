import type { Result } from '../../../src/domain/result';

/** Takes hold of the till's end of a virtual device's wire, so that what the device says goes to a real bus. */
export async function holdWire<C>(transport: { open(): Promise<Result<C, string>> }): Promise<C> {
  const opened = await transport.open();
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}
