import { wrongDate } from './dates';

/** Reads a string of digits field by field; once a field does not fit, nothing that follows does. */
class DigitReader {
  #digits: string;
  #fits: boolean;

  constructor(digits: string) {
    this.#digits = digits;
    this.#fits = /^[0-9]*$/.test(digits);
  }

  get isAtEnd(): boolean {
    return this.#fits && this.#digits === '';
  }

  take(length: number): string {
    if (this.#digits.length < length) this.#fits = false;
    const field = this.#digits.slice(0, length);
    this.#digits = this.#digits.slice(length);
    return field;
  }

  /** A digit out of those allowed. */
  digit(allowed: string): string {
    const digit = this.take(1);
    if (!allowed.includes(digit)) this.#fits = false;
    return digit;
  }

  /** A field behind the digit that tells its length: that digit and `extra` more. */
  sized(allowed: string, extra = 0): string {
    const length = Number(this.digit(allowed)) + extra;
    return this.#fits ? this.take(length) : '';
  }

  /** A date `YYMMDD`. */
  date(): string {
    const date = this.take(6);
    if (date.length !== 6 || wrongDate(date, false) !== null) this.#fits = false;
    return date;
  }

  /** Whether an optional field follows; its number is read. */
  begins(field: string): boolean {
    if (!this.#fits || !this.#digits.startsWith(field)) return false;
    this.take(1);
    return true;
  }
}

const ANY_DIGIT = '0123456789';

/** A company prefix: six to twelve digits. */
function readCompany(reader: DigitReader): void {
  reader.sized('0123456', 6);
}

/** How many or how much must be bought: the amount, what it counts, and the family of goods. */
function readPurchase(reader: DigitReader): void {
  reader.sized('12345');
  reader.digit('012349');
  reader.take(3);
}

/** The company of the second or third purchase; 9 says that it is the first one's. */
function readOtherCompany(reader: DigitReader): void {
  if (!reader.begins('9')) readCompany(reader);
}

/**
 * Whether the value of AI 8110 is a coupon code for use in North America (North American Coupon Application Guideline
 * Using GS1 DataBar Expanded Symbols: the fields, in order, and the optional ones behind them).
 */
export function isCoupon(value: string): boolean {
  const reader = new DigitReader(value);
  readCompany(reader);
  reader.take(6); // offer code
  reader.sized('12345'); // save value
  readPurchase(reader);
  if (reader.begins('1')) {
    reader.digit('0123'); // rule that joins the purchases
    readPurchase(reader);
    readOtherCompany(reader);
  }
  if (reader.begins('2')) {
    readPurchase(reader);
    readOtherCompany(reader);
  }
  const expires = reader.begins('3') ? reader.date() : null;
  const starts = reader.begins('4') ? reader.date() : null;
  if (reader.begins('5')) reader.sized(ANY_DIGIT, 6); // serial number
  if (reader.begins('6')) reader.sized('1234567', 6); // retailer
  if (reader.begins('9')) {
    reader.digit('01256'); // what the save value means
    reader.digit('012'); // which purchase it applies to
    reader.take(1); // store coupon
    reader.digit('01'); // may not be multiplied
  }
  return reader.isAtEnd && !(expires !== null && starts !== null && starts > expires);
}

/** Whether the value of AI 8112 is a positive offer file coupon: format, funder, offer code and serial number. */
export function isCouponOffer(value: string): boolean {
  const reader = new DigitReader(value);
  reader.digit('01');
  readCompany(reader);
  reader.take(6); // offer code
  reader.sized(ANY_DIGIT, 6); // serial number
  return reader.isAtEnd;
}
