import type { ShelfLabel } from './shelf-label';

/**
 * A sheet of labels on A4 (210 × 297 mm). The block of labels stands in the middle of the sheet, rows touch, and columns
 * stand `gapMillimetres` apart.
 */
export interface LabelSheetForm {
  readonly columns: number;
  readonly rows: number;
  readonly widthMillimetres: number;
  readonly heightMillimetres: number;
  readonly gapMillimetres: number;
}

/** Common sheets, by the numbers they are sold under (Avery's data sheets; others sell the same cuts). */
export const LABEL_SHEETS = {
  L7651: form(5, 13, 38.1, 21.2, 2.54),
  L7159: form(3, 8, 63.5, 33.9, 2.54),
  L7160: form(3, 7, 63.5, 38.1, 2.54),
  L7161: form(3, 6, 63.5, 46.6, 2.54),
  L7162: form(2, 8, 99.1, 33.9, 2.54),
  L7163: form(2, 7, 99.1, 38.1, 2.54),
  L7173: form(2, 5, 99.1, 57, 2.54),
  L7165: form(2, 4, 99.1, 67.7, 2.54),
  3474: form(3, 8, 70, 37, 0),
} as const satisfies Record<string, LabelSheetForm>;

export type LabelSheetId = `${keyof typeof LABEL_SHEETS}`;

/** Labels to be laid on sheets. */
export interface LabelSheets {
  readonly title: string;
  /** BCP 47, of the words on the labels. */
  readonly language: string;
  readonly sheet: LabelSheetId;
  /** The first place used on the first sheet, from 1, along the rows: a sheet begun earlier is used up. */
  readonly startAt: number;
  readonly labels: readonly { readonly label: ShelfLabel; readonly copies: number }[];
}

/** Where a label lies. */
export interface LabelPlace {
  /** From 0. */
  readonly page: number;
  readonly leftMillimetres: number;
  readonly topMillimetres: number;
}

const A4_MILLIMETRES = { width: 210, height: 297 } as const;

function form(columns: number, rows: number, widthMm: number, heightMm: number, gapMm: number): LabelSheetForm {
  return { columns, rows, widthMillimetres: widthMm, heightMillimetres: heightMm, gapMillimetres: gapMm };
}

export function labelsOnSheet(id: LabelSheetId): number {
  const { columns, rows } = LABEL_SHEETS[id];
  return columns * rows;
}

/** How many sheets so many labels take. */
export function sheetCount({ sheet, startAt }: Pick<LabelSheets, 'sheet' | 'startAt'>, labelCount: number): number {
  return Math.ceil((startAt - 1 + labelCount) / labelsOnSheet(sheet));
}

/** @param index of the label among all, from 0 */
export function labelPlace({ sheet, startAt }: Pick<LabelSheets, 'sheet' | 'startAt'>, index: number): LabelPlace {
  const { columns, rows, widthMillimetres, heightMillimetres, gapMillimetres } = LABEL_SHEETS[sheet];
  const place = startAt - 1 + index;
  const onPage = place % (columns * rows);
  const blockWidth = columns * widthMillimetres + (columns - 1) * gapMillimetres;
  return {
    page: Math.floor(place / (columns * rows)),
    leftMillimetres: (A4_MILLIMETRES.width - blockWidth) / 2 + (onPage % columns) * (widthMillimetres + gapMillimetres),
    topMillimetres:
      (A4_MILLIMETRES.height - rows * heightMillimetres) / 2 + Math.floor(onPage / columns) * heightMillimetres,
  };
}
