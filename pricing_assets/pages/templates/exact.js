// Exact numbers: an amount is a BigInt of its last decimal. Nothing here ever becomes a float.

const CREDIT_PLACES = 9;
const DOLLAR_PLACES = 11;

/** "12.5" with 9 places: 12500000000n. */
function units(text, places = CREDIT_PLACES) {
  const [whole, part = ""] = text.replace("-", "").split(".");
  const value = BigInt(whole + part.padEnd(places, "0"));
  return text.startsWith("-") ? -value : value;
}

/** 12500000000n with 9 places: "12.500000000". */
function decimal(value, places = CREDIT_PLACES) {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, "0");
  const sign = value < 0n ? "-" : "";
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/**
 * An amount for people: two decimals, or four digits that count where it is less than 0.01, rounded
 * half to even. 16.995 is 17.00 (of even cents), 0.0059411 is 0.005941; only 0 is 0.00.
 */
function shortDecimal(value, places = CREDIT_PLACES) {
  const digits = (value < 0n ? -value : value).toString().length;
  const isSmall = value !== 0n && digits <= places - 2;
  const shown = Math.min(places, isSmall ? places - digits + 4 : 2);
  const text = decimal(halfEven(value, 10n ** BigInt(places - shown)), shown);
  return text.replace(/(\.\d\d\d*?)0+$/, "$1");
}

/** n / d, rounded half to even; d > 0. */
function halfEven(n, d) {
  const negative = n < 0n;
  const size = negative ? -n : n;
  const twice = 2n * (size % d);
  const whole = size / d;
  const rounded = twice > d || (twice === d && whole % 2n === 1n) ? whole + 1n : whole;
  return negative ? -rounded : rounded;
}

const pricesRead = new Map();

/** A price in billionths of a credit: many charges have the same few. */
function priceUnits(text) {
  let value = pricesRead.get(text);
  if (value === undefined) pricesRead.set(text, value = units(text));
  return value;
}

/** What a charge must come to: quantity x price / per, rounded once. */
function creditsOf(quantity, price, per) {
  return halfEven(BigInt(quantity) * priceUnits(price), BigInt(per));
}

/** Tenths of a percent that a part is of a whole; 0 of nothing. */
function perMille(part, whole) {
  return whole === 0n ? 0n : halfEven(part * 1000n, whole < 0n ? -whole : whole) * (whole < 0n ? -1n : 1n);
}

function sum(values) {
  let total = 0n;
  for (const value of values) total += value;
  return total;
}

/** Rows by a key, in the order in which the keys first come. */
function grouped(rows, keyOf) {
  const found = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(row);
  }
  return found;
}
