// Why usage of two periods differs, by the rules of `creditmill compare`: each rate line is taken apart by
// itself, in whole numbers and fractions, so that the parts of any group of lines sum to its difference.

const CHANGE_PARTS = ["volume", "mix", "price", "new", "gone", "corrections"];

const gcd = (a, b) => (b === 0n ? a : gcd(b, a % b));
const lcm = (a, b) => (a / gcd(a, b)) * b;
const floor = (n, d) => (n >= 0n || n % d === 0n ? n / d : n / d - 1n);

/** What amounts of each period are multiplied by, and then divided by together, so that they are those of a day. */
function weightsOf([before, after]) {
  if (before === after) return [1n, 1n, 1n];
  const both = lcm(BigInt(before), BigInt(after));
  return [both / BigInt(before), both / BigInt(after), both];
}

/** Shares {n, d} as whole numbers that sum to a total: what is left goes to the largest remainders, of equal ones to the first. */
function apportion(shares, total) {
  const parts = shares.map(({ n, d }) => floor(n, d));
  const rests = shares.map(({ n, d }, place) => ({ place, n: n - parts[place] * d, d }));
  let order = rests.filter(({ place }) => shares[place].n !== 0n);
  if (!order.length) order = [rests[0]];
  order.sort((a, b) => {
    const [left, right] = [a.n * b.d, b.n * a.d];
    return left > right ? -1 : left < right ? 1 : a.place - b.place;
  });
  const left = total - sum(parts);
  for (let turn = 0; turn < (left < 0n ? -left : left); turn += 1) {
    if (left > 0n) parts[order[turn % order.length].place] += 1n;
    else parts[order[order.length - 1 - (turn % order.length)].place] -= 1n;
  }
  return parts;
}

/** A rate line of a charge or correction: everything that it is charged by but its price. */
const rateLine = (row) => JSON.stringify([row.billing_type, row.brand, row.model, row.key_mode, row.dimensions, row.meter]);

/** The rate lines of two periods, each with its use in both. `before` and `after` are {rows, booked}. */
function rateLines(before, after) {
  const lines = new Map();
  const lineOf = (row) => {
    const key = row.rateLine;
    if (!lines.has(key)) lines.set(key, { row, service: JSON.stringify([row.billing_type, row.meter]), booked: [0n, 0n],
      uses: [0, 1].map(() => ({ quantity: 0n, n: 0n, credits: 0n })) });
    return lines.get(key);
  };
  const charges = [before.rows, after.rows];
  const d = charges.flat().reduce((all, row) => lcm(all, BigInt(row.per)), 1n);
  charges.forEach((rows, side) => {
    for (const row of rows) {
      const use = lineOf(row).uses[side];
      use.quantity += BigInt(row.quantity);
      use.n += BigInt(row.quantity) * priceUnits(row.price) * (d / BigInt(row.per));
      use.credits += row.credits;
    }
  });
  [before.booked, after.booked].forEach((rows, side) => {
    for (const row of rows) lineOf(row).booked[side] += row.credits;
  });
  return { lines: [...lines.values()], d };
}

/** Amounts of each line in weighted billionths: before, after, and each part of the difference. */
function splitLines({ lines, d }, weights) {
  const services = new Map();
  const quantity = (line, side) => line.uses[side].quantity * weights[side];
  for (const line of lines) {
    if (!services.has(line.service)) services.set(line.service, [0n, 0n]);
    for (const side of [0, 1]) services.get(line.service)[side] += quantity(line, side);
  }
  return lines.map((line) => {
    const [before, after] = line.uses;
    const difference = after.credits * weights[1] - before.credits * weights[0];
    let parts;
    if (before.quantity === 0n) parts = [0n, 0n, 0n, difference, 0n];
    else if (after.quantity === 0n) parts = [0n, 0n, 0n, 0n, difference];
    else {
      const [of, to] = services.get(line.service);
      const q = [quantity(line, 0), quantity(line, 1)];
      const [cost, costAfter] = [before.n * weights[0], after.n * weights[1]];
      parts = [...apportion([
        { n: cost * (to - of), d: d * of },
        { n: cost * (q[1] * of - to * q[0]), d: d * of * q[0] },
        { n: costAfter * q[0] - cost * q[1], d: d * q[0] },
      ], difference), 0n, 0n];
    }
    const booked = [0, 1].map((side) => line.booked[side] * weights[side]);
    return [before.credits * weights[0] + booked[0], after.credits * weights[1] + booked[1], ...parts, booked[1] - booked[0]];
  });
}

/** Weighted billionths as credits: before, after, and parts that sum to their difference. */
function roundedSplit(amounts, over) {
  const [before, after] = amounts.slice(0, 2).map((value) => halfEven(value, over));
  const parts = apportion(amounts.slice(2).map((n) => ({ n, d: over })), after - before);
  return { before, after, difference: after - before, parts: Object.fromEntries(CHANGE_PARTS.map((name, place) => [name, parts[place]])) };
}

/** The whole and the groups of a comparison, those that differ most first; `dates` are how many are published of each. */
function comparePeriods(before, after, dates, keyOf) {
  const weights = weightsOf(dates);
  const found = rateLines(before, after);
  const amounts = splitLines(found, weights);
  const sums = new Map();
  const nothing = () => CHANGE_PARTS.concat("before", "after").map(() => 0n);
  const add = (key, of) => sums.set(key, (sums.get(key) ?? nothing()).map((value, place) => value + of[place]));
  found.lines.forEach(({ row }, place) => { add("", amounts[place]); add(`:${keyOf(row)}`, amounts[place]); });
  const total = roundedSplit(sums.get("") ?? nothing(), weights[2]);
  sums.delete("");
  const size = (value) => (value < 0n ? -value : value);
  const groups = [...sums].map(([key, of]) => ({ key: key.slice(1), ...roundedSplit(of, weights[2]) }));
  groups.sort((a, b) => (size(a.difference) > size(b.difference) ? -1 : size(a.difference) < size(b.difference) ? 1 : a.key < b.key ? -1 : 1));
  return { total, groups, isPerDay: dates[0] !== dates[1] };
}
