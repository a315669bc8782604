// What the page shows, as CSV: for machines by RFC 4180, for spreadsheets with nothing they would run.

/** A cell; `guarded` neutralizes text that a spreadsheet takes for a formula. */
function csvCell(value, guarded) {
  let text = value === null || value === undefined ? "" : String(value);
  if (guarded && typeof value === "string" && /^\s*[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text)) {
    text = `'${text}`;
  }
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv(names, rows, guarded) {
  const lines = [names, ...rows].map((row) => row.map((cell) => csvCell(cell, guarded)).join(","));
  return `${guarded ? "\ufeff" : ""}${lines.join("\r\n")}\r\n`;
}

function save(name, text) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
