import type { DrawerLevel } from '../ports';

/** A code page of a printer: the number it selects with `ESC t` and the name of its encoding. */
export interface CodePage {
  readonly number: number;
  readonly encoding: Encoding;
}

/**
 * Encodings a printer can be fed with. Those of Arabic and Hebrew are left out on purpose: such pages hold letters in
 * visual order, without joining, so those scripts are drawn instead. `US-ASCII` is the page of a printer trusted with
 * nothing more.
 */
export type Encoding =
  | 'US-ASCII'
  | 'CP437'
  | 'CP737'
  | 'CP775'
  | 'CP850'
  | 'CP852'
  | 'CP855'
  | 'CP857'
  | 'CP858'
  | 'CP860'
  | 'CP861'
  | 'CP863'
  | 'CP865'
  | 'CP866'
  | 'CP1125'
  | 'WINDOWS1250'
  | 'WINDOWS1251'
  | 'WINDOWS1252'
  | 'WINDOWS1253'
  | 'WINDOWS1254'
  | 'WINDOWS1257';

/** How a printer proves that it printed a job: the process id response of `GS ( H`, the paper status of `GS r`, or not. */
export type PrintProof = 'process-id' | 'paper-status' | 'none';

/** A printer model as data. Every number that differs between makes is here, so that drivers and encoders hold none. */
export interface PrinterProfile {
  readonly id: string;
  /** What a person sees when choosing a model. */
  readonly name: string;
  readonly paperWidthMillimetres: 58 | 80;
  /** Columns of font A, whose characters are 12 dots wide and 24 high. */
  readonly columns: number;
  readonly dotsWide: number;
  readonly dotsPerInch: 180 | 203;
  /** Code pages in the order they are tried; the first is selected at the start of every job. Numbers vary by vendor. */
  readonly codePages: readonly [CodePage, ...CodePage[]];
  /** Clones made for China start in a two-byte mode that swallows £ and €; `FS .` leaves it. */
  readonly cancelsKanji: boolean;
  /**
   * Feeds are counted in units of half a dot until `GS P` makes them whole dots, as Epson and those close to it do
   * (y = 360 at 180 dpi, 406 at 203 dpi). Clones count dots; the smallest of them do not know `GS P`.
   */
  readonly setsMotionUnits: boolean;
  readonly supportsQrCode: boolean;
  readonly supportsBarcode: boolean;
  /** The command that prints a picture dot for dot; with `none`, what no code page has is refused. */
  readonly raster: 'gs-v-0' | 'gs-l' | 'none';
  readonly cutter: 'full' | 'partial' | 'none';
  /** What to ask for as proof; the driver finds out at the first contact whether it is given. */
  readonly proof: PrintProof;
  /** False for printers known to answer nothing: they print unconfirmed. Silence of any other is a fault. */
  readonly answersStatus: boolean;
  /** Whether the level of the drawer's switch is high while the drawer is open; it depends on the drawer. */
  readonly drawerOpenLevel: DrawerLevel;
}
