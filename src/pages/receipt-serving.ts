/** What goes with every answer about a receipt: it is its holder's own, and its address is the key to it. */
export const RECEIPT_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow, noarchive',
};

/**
 * Wrong addresses of one asker. Nobody meets a right one by trying; trying all the same is made dull. Right ones are answered
 * all the while: many phones may share an address.
 */
export const WRONG_ADDRESS_RATE = { burst: 30, perSecond: 1 / 6 };

/** PDF files of all askers together: each takes a tenth of a second, one of 500 lines a second. */
export const PDF_RATE = { burst: 6, perSecond: 1 };
