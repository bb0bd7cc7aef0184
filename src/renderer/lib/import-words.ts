import type { ImportProblem } from '../../shared/contract';
import * as m from '../../shared/i18n/generated/messages.js';

/** What is said of a problem in other languages than English: the row and the column beside it say where. */
const WORDS: Readonly<Partial<Record<string, () => string>>> = {
  'missing-price': m.import_bad_missing_price,
  'mangled-number': m.import_bad_mangled_number,
  'wrong-check-digit': m.import_bad_wrong_check_digit,
  'unknown-tax-rate': m.import_bad_unknown_tax_rate,
  'empty-name': m.import_bad_empty_name,
  'duplicate-handle': m.import_bad_duplicate_handle,
  'duplicate-variant': m.import_bad_duplicate_variant,
  free: m.import_bad_free,
  'ragged-row': m.import_bad_ragged_row,
  'photo-missing': m.import_bad_photo_missing,
  'too-long': m.import_bad_too_long,
  'negative-stock': m.import_bad_negative_stock,
  'empty-file': m.import_bad_empty_file,
  'unknown-format': m.import_bad_unknown_format,
  'too-many-rows': m.import_bad_too_many_rows,
  'no-rows': m.import_bad_no_rows,
};

/**
 * What is wrong with a row of a file: the importer's exact sentence in English, else what we have for its code.
 * @param language that of the window
 */
export function problemWords({ code, message }: Pick<ImportProblem, 'code' | 'message'>, language: string): string {
  return language === 'en' ? message : (WORDS[code]?.() ?? message);
}
