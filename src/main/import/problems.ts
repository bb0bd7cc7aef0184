import type { ImportProblemCode } from '../../shared/import-problems';

/** One thing wrong with a file, at the place where an editor shows it. */
export interface Problem {
  /** Line in the file, counted as an editor does; 0 when it concerns the whole file. */
  readonly line: number;
  /** Name of the column as the file spells it, or empty. */
  readonly column: string;
  readonly code: ImportProblemCode;
  /** One sentence that names the mend. */
  readonly message: string;
}

/** A file that is wrong in every row must not fill the memory; the counts stay complete. */
const KEPT_MOST = 10_000;

class ProblemList {
  count = 0;
  private readonly kept: Problem[] = [];

  add(problem: Problem): void {
    this.count += 1;
    if (this.kept.length < KEPT_MOST) this.kept.push(problem);
  }

  /** The first problems in the order of the file. */
  first(most: number): Problem[] {
    return [...this.kept].sort((a, b) => a.line - b.line).slice(0, most);
  }
}

/** What was found while reading: errors stop the whole import, warnings tell what was mended or left out. */
export class Problems {
  readonly errors = new ProblemList();
  readonly warnings = new ProblemList();
  private readonly places = new Set<string>();

  /** One error to a cell: what follows from the first (no price, because it could not be read) says nothing new. */
  error(line: number, column: string, code: ImportProblemCode, message: string): void {
    const place = `${line}:${column}`;
    if (column !== '' && this.places.has(place)) return;
    if (this.places.size < KEPT_MOST) this.places.add(place);
    this.errors.add({ line, column, code, message: shorten(message) });
  }

  warn(line: number, column: string, code: ImportProblemCode, message: string): void {
    this.warnings.add({ line, column, code, message: shorten(message) });
  }
}

/** A value from the file as it may stand in a message: one line, not too long. */
export function quoted(value: string): string {
  const line = value.replace(/\p{Cc}+/gu, ' ');
  return `“${line.length > 60 ? `${line.slice(0, 57)}…` : line}”`;
}

/** Messages fit the contract's 400 characters. */
function shorten(message: string): string {
  return message.length > 400 ? `${message.slice(0, 399)}…` : message;
}
