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
