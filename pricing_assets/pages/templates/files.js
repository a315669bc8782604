// What the page shows, as CSV: for machines by RFC 4180, for spreadsheets with nothing that they would
// run or change.

const [FORMULA, FIXED, DIGIT, PARTS] = ["run", "words", "digit", "parts"]
  .map((name) => new RegExp(GIVEN.spreadsheets[name], "iu"));

/** Whether a spreadsheet takes a text for a formula, or for a number, a date or a truth value. */
function isChanged(text) {
  return FORMULA.test(text) || FIXED.test(text) || (DIGIT.test(text) && PARTS.test(text));
}

function csvCell(value, guarded) {
  let text = value === null || value === undefined ? "" : String(value);
  if (guarded && isChanged(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const NO_TEXT = new Set(["usage_date", "events", "quantity", "per", "list_price", "price", "credits", "usd", "correction"]);

/** Rows below their names; `guarded` keeps text as it is in a spreadsheet. */
function csv(names, rows, guarded) {
  const lines = [names, ...rows].map((row) => row.map(
    (cell, place) => csvCell(cell, guarded && !NO_TEXT.has(names[place]))).join(","));
  return `${guarded ? "\ufeff" : ""}${lines.join("\r\n")}\r\n`;
}

function save(name, text) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** Sums of what is shown of usage, per date and billing type: date, type, events, credits, dollars. */
function dailyRows({ rows, sums, rated }) {
  const groups = grouped([...rows, ...sums, ...rated], (row) => `${row.usage_date} ${row.billing_type}`);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, few]) => [few[0].usage_date, few[0].billing_type,
    sum(few.map((row) => row.events ?? 0n)), decimal(sum(few.map((row) => row.credits ?? 0n))),
    decimal(sum(few.map((row) => row.usd ?? 0n)), DOLLAR_PLACES)]);
}

/** Save what an organization's page shows; the name has the dates that the file holds. */
function savePage(page, what) {
  const guarded = what.endsWith("-excel");
  const keys = ["billing_type", "brand", "model", "key_mode"];
  const [first, last] = page.period.length ? page.period : page.range;
  const named = (name, from = first) => `${name}_${document.body.dataset.file}_${from}_${last}.csv`;
  if (what === "daily") {
    save(named("daily_usage"), csv(["usage_date", "org_id", "billing_type", "events", "credits", "usd"],
      dailyRows(page.now).map(([day, ...rest]) => [day, page.data.org_id, ...rest]), guarded));
    return;
  }
  const columns = ["usage_date", "org_id", ...page.data.dimensions, ...keys, "meter", "quantity", "per",
    "list_price", "price", "credits", "usd", "rate_card", "agreement", "correction"];
  const rows = [...page.now.rows, ...page.now.booked].map((row) => [
    row.usage_date, page.data.org_id, ...row.dimensions, ...keys.map((key) => row[key]), row.meter, row.quantity,
    row.per, row.list_price, row.price, decimal(row.credits), decimal(row.usd, DOLLAR_PLACES),
    row.rate_card, row.agreement, row.correction]);
  // of older dates the page has sums, and no charges
  const from = page.now.sums.length && page.data.charges_from && page.data.charges_from > first ? page.data.charges_from : first;
  save(named("charges", from), csv(columns, rows, guarded));
}
