import { InvalidArgumentError } from 'commander';

/** A flag's own complaint as commander shows it. */
export function flagOf<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}
