// What usage is grouped and filtered by, in which unit it is counted, and in which color a name is drawn.

const MOST_NAMES = 6;
const OTHERS = "others";
const OTHER_COLOR = "var(--color-others)";
const CORRECTIONS = { name: "corrections", color: "var(--corrections)" };

/** Billing type, model, brand, reporting dimensions, key mode, meter: each of a row is a key (JSON text). */
function dimensionsOf(data) {
  const made = (id, title, of, label = visible) => ({
    id, title, of, label: (row) => label(of(row)), text: (key) => label(JSON.parse(key)),
    key: (row) => JSON.stringify(of(row)),
  });
  return [
    made("type", t`Billing type`, (row) => row.billing_type, typeName),
    made("model", t`Model`, (row) => [row.brand, row.model], ([brand, model]) => (brand ? `${visible(brand)} · ${visible(model)}` : visible(model))),
    made("brand", t`Brand`, (row) => row.brand),
    ...data.dimensions.map((name, place) => made(`by.${name}`, dimensionName(name), (row) => row.dimensions[place])),
    made("key", t`Key mode`, (row) => row.key_mode),
    made("meter", t`Meter`, (row) => row.meter, (meter) => (meter === undefined ? "" : meterWords(meter)[0])),
  ];
}

const isToken = (meter) => /^(input|output|image)_tokens/.test(meter);

/** What is counted: `of` a charge or correction, `ofRated` of events, `places` decimals. */
const UNITS = {
  credits: { places: CREDIT_PLACES, prefix: "", of: (row) => row.credits },
  dollars: { places: DOLLAR_PLACES, prefix: "$", of: (row) => row.usd },
  tokens: { places: 0, prefix: "", of: (row) => (row.meter !== undefined && isToken(row.meter) ? BigInt(row.quantity) : 0n) },
  requests: { places: 0, prefix: "", of: () => 0n },
};
const unitTitle = (unit) => ({ credits: t`Credits`, dollars: t`Dollars`, tokens: t`Tokens`, requests: t`Requests` })[unit];
const perDayTitle = (unit, weekly) => (weekly
  ? { credits: t`Credits per week`, dollars: t`Dollars per week`, tokens: t`Tokens per week`, requests: t`Requests per week` }
  : { credits: t`Credits per day`, dollars: t`Dollars per day`, tokens: t`Tokens per day`, requests: t`Requests per day` })[unit];

const inUnit = (value, { places, prefix }) => amount(value, places, prefix);
const unitText = (value, { places, prefix }) => shortText(value, places, prefix);

/** Names in the order in which they get their colors: billing types as the contract lists them, others by all their credits. */
function colorOrder(dimension, rows) {
  const sums = [...grouped(rows, (row) => row.keys[dimension.id]).entries()]
    .map(([key, few]) => [key, sum(few.map((row) => row.credits))]);
  sums.sort((a, b) => (a[1] > b[1] ? -1 : a[1] < b[1] ? 1 : a[0] < b[0] ? -1 : 1));
  const names = dimension.id === "type" ? GIVEN.billingTypes.map((type) => JSON.stringify(type)) : [];
  return new Map([...new Set([...names, ...sums.map(([key]) => key)])].map((key, place) => [key, place]));
}

/** The color of each name that is drawn: its own, or the next that is free where one before it has that. */
function colorsOf(order, shown) {
  const taken = new Map();
  for (const key of [...shown].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))) {
    let slot = (order.get(key) ?? 0) % GIVEN.colors;
    while (taken.has(slot)) slot = (slot + 1) % GIVEN.colors;
    taken.set(slot, key);
  }
  return new Map([...taken].map(([slot, key]) => [key, `var(--color-${slot})`]));
}

/** Groups by size, the largest first: {key, rows, value}. */
function ranked(rows, keyOf, valueOf) {
  return [...grouped(rows, keyOf).entries()]
    .map(([key, few]) => ({ key, rows: few, value: sum(few.map(valueOf)) }))
    .sort((a, b) => (a.value > b.value ? -1 : a.value < b.value ? 1 : String(a.key) < String(b.key) ? -1 : 1));
}
