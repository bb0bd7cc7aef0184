import type { ImportProblem } from '../../shared/contract';
import type { ImportProblemCode } from '../../shared/import-problems';
import * as m from '../../shared/i18n/generated/messages.js';

/** What is said of a problem in other languages than English: the row and the column beside it say where. */
const WORDS: Readonly<Record<ImportProblemCode, () => string>> = {
  'barcode-taken': m.import_bad_barcode_taken,
  'broken-quotes': m.import_bad_broken_quotes,
  'control-characters': m.import_bad_control_characters,
  'controls-removed': m.import_bad_controls_removed,
  'description-cut': m.import_bad_description_cut,
  'duplicate-barcode': m.import_bad_duplicate_barcode,
  'duplicate-handle': m.import_bad_duplicate_handle,
  'duplicate-sku': m.import_bad_duplicate_sku,
  'duplicate-variant': m.import_bad_duplicate_variant,
  'empty-file': m.import_bad_empty_file,
  'empty-name': m.import_bad_empty_name,
  'fraction-of-a-gram': m.import_bad_fraction_of_a_gram,
  'fraction-of-a-penny': m.import_bad_fraction_of_a_penny,
  'fraction-of-a-piece': m.import_bad_fraction_of_a_piece,
  free: m.import_bad_free,
  'garbled-text': m.import_bad_garbled_text,
  'html-removed': m.import_bad_html_removed,
  'huge-number': m.import_bad_huge_number,
  'huge-price': m.import_bad_huge_price,
  'left-out-gift-card': m.import_bad_left_out_gift_card,
  'left-out-status': m.import_bad_left_out_status,
  'left-out-type': m.import_bad_left_out_type,
  'mangled-number': m.import_bad_mangled_number,
  'missing-price': m.import_bad_missing_price,
  'negative-price': m.import_bad_negative_price,
  'negative-stock': m.import_bad_negative_stock,
  'no-rows': m.import_bad_no_rows,
  'no-variations': m.import_bad_no_variations,
  'no-zero-rate': m.import_bad_no_zero_rate,
  'not-a-backdrop': m.import_bad_not_a_backdrop,
  'not-a-number': m.import_bad_not_a_number,
  'not-a-photo': m.import_bad_not_a_photo,
  'not-a-price': m.import_bad_not_a_price,
  'not-text': m.import_bad_not_text,
  'not-utf-8': m.import_bad_not_utf_8,
  'photo-damaged': m.import_bad_photo_damaged,
  'photo-missing': m.import_bad_photo_missing,
  'photo-too-large': m.import_bad_photo_too_large,
  'photo-unsafe': m.import_bad_photo_unsafe,
  'photos-not-given': m.import_bad_photos_not_given,
  'photos-unused': m.import_bad_photos_unused,
  'ragged-row': m.import_bad_ragged_row,
  'sale-price': m.import_bad_sale_price,
  'several-locations': m.import_bad_several_locations,
  'several-taxes': m.import_bad_several_taxes,
  'sku-taken': m.import_bad_sku_taken,
  'too-long': m.import_bad_too_long,
  'too-many-barcodes': m.import_bad_too_many_barcodes,
  'too-many-rows': m.import_bad_too_many_rows,
  'too-many-variants': m.import_bad_too_many_variants,
  'unknown-format': m.import_bad_unknown_format,
  'unknown-parent': m.import_bad_unknown_parent,
  'unknown-pricing': m.import_bad_unknown_pricing,
  'unknown-tax-rate': m.import_bad_unknown_tax_rate,
  'unknown-unit': m.import_bad_unknown_unit,
  'unnamed-variant': m.import_bad_unnamed_variant,
  'variable-price': m.import_bad_variable_price,
  'variants-kept': m.import_bad_variants_kept,
  'wrong-check-digit': m.import_bad_wrong_check_digit,
};

/**
 * What is wrong with a row of a file: the importer's exact sentence in English, else what we have for its code.
 * @param language that of the window
 */
export function problemWords({ code, message }: Pick<ImportProblem, 'code' | 'message'>, language: string): string {
  return language === 'en' ? message : WORDS[code]();
}
