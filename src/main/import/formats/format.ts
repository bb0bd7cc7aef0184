import type { Cells } from '../cells';
import type { ItemDraft } from '../draft';
import type { Table } from '../table';

export type FormatId = 'trestle' | 'shopify' | 'woocommerce' | 'square';

/** What a problem found later, against the catalogue, can be about. */
export type ColumnRole = 'handle' | 'name' | 'variant' | 'sku' | 'barcode' | 'price' | 'tax' | 'photo';

/** One program's way of writing a catalogue. */
export interface Format {
  readonly id: FormatId;
  /** As people call it. */
  readonly name: string;
  /** Columns without which a file is not of this format; each entry lists the spellings of one column. */
  readonly needs: readonly (readonly string[])[];
  /** The spellings of the columns that problems are told with. */
  readonly roles: Readonly<Partial<Record<ColumnRole, readonly string[]>>>;
  /** Rows to drafts; what is wrong goes to the problems of `cells`. */
  read(table: Table, cells: Cells): ItemDraft[];
}

/** The needed columns that a file lacks, by their first spelling. */
export function missingColumns(format: Format, table: Table): string[] {
  return format.needs.flatMap((spellings) => (table.find(...spellings) === null ? [spellings[0] ?? ''] : []));
}

/** The name a column of the file goes by, or its first spelling when the file has none. */
export function columnName(format: Format, table: Table, role: ColumnRole): string {
  const spellings = format.roles[role] ?? [];
  return table.find(...spellings)?.name ?? spellings[0] ?? '';
}
