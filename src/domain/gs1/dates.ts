/**
 * Days of a month. Of years given in two digits every fourth is a leap year: the exceptions, 1900 and 2100, are out of
 * their reach until 2050.
 */
function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year < 100 || year % 100 !== 0 || year % 400 === 0);
  if (month === 2) return isLeap ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/**
 * What is wrong with a date on a label, to follow its name, or null.
 * @param digits year, month and day, `YYMMDD` or `YYYYMMDD`
 * @param isDayOptional whether day 00 stands for the last of the month
 */
export function wrongDate(digits: string, isDayOptional: boolean): string | null {
  const month = Number(digits.slice(-4, -2));
  const day = Number(digits.slice(-2));
  if (month < 1 || month > 12) return 'has no such month';
  const leastDay = isDayOptional ? 0 : 1;
  return day < leastDay || day > daysIn(Number(digits.slice(0, -4)), month) ? 'has no such day' : null;
}

/**
 * A date on a label in full. The century is the one that brings the year closest to the present one
 * (GS1 General Specifications 7.12), and day 00 is the last of its month.
 * @param digits valid `YYMMDD`
 * @param currentYear four digits
 * @returns `YYYY-MM-DD`
 */
export function fullDate(digits: string, currentYear: number): string {
  const [yearOfCentury, month, day] = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4, 6)].map(Number) as [
    number,
    number,
    number,
  ];
  const ahead = yearOfCentury - (currentYear % 100);
  const century = Math.floor(currentYear / 100) + (ahead > 50 ? -1 : ahead < -49 ? 1 : 0);
  const year = century * 100 + yearOfCentury;
  const twoDigits = (number: number) => String(number).padStart(2, '0');
  return `${year}-${twoDigits(month)}-${twoDigits(day === 0 ? daysIn(year, month) : day)}`;
}
