import type { DrawerLevel } from '../ports';

/** A code page of a printer: the number it selects with `ESC t` and the IANA-style name of its encoding. */
export interface CodePage {
  readonly number: number;
  readonly encoding: 'CP437' | 'CP850' | 'CP852' | 'CP858' | 'CP866' | 'WINDOWS1252';
}

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
  readonly dotsPerMillimetre: number;
  /** Code pages in the order they are tried; the first is selected at the start of every job. Numbers vary by vendor. */
  readonly codePages: readonly [CodePage, ...CodePage[]];
  /** Clones made for China start in a two-byte mode that swallows £ and €; `FS .` leaves it. */
  readonly cancelsKanji: boolean;
  readonly supportsQrCode: boolean;
  readonly supportsRaster: boolean;
  readonly cutter: 'full' | 'partial' | 'none';
  /** What to ask for as proof; the driver finds out at the first contact whether it is given. */
  readonly proof: PrintProof;
  /** False for printers known to answer nothing: they print unconfirmed. Silence of any other is a fault. */
  readonly answersStatus: boolean;
  /** Whether the level of the drawer's switch is high while the drawer is open; it depends on the drawer. */
  readonly drawerOpenLevel: DrawerLevel;
}
