// Balances: what is left of an organization's credits, until when, and what ends unused; and on the
// operator's page who runs out first. Filters change nothing here.

/** The first date that credits do not cover, and between which two it lies. */
function rangeText({ exhausts_from: from, exhausts_to: to }) {
  if (!from) return "";
  if (from === to) return "whether much or little is used";
  return to ? `between ${dayText(from)} and ${dayText(to)}` : `on ${dayText(from)} at the earliest`;
}

function drawBalance({ balance }) {
  hideUnless("balance-card", balance !== null);
  if (balance === null) return;
  const days = balance.days.map((row) => ({
    usage_date: row.usage_date, granted: units(row.granted), used: units(row.used), gone: units(row.gone),
    closing: units(row.closing), overdraft: units(row.overdraft),
  }));
  const newest = days.at(-1) ?? { closing: 0n, overdraft: 0n };
  drawFigure("balance-left", amount(newest.closing), [`At the end of ${dayText(balance.as_of)}`]);
  drawFigure("balance-ends", balance.exhausts_on ? dayText(balance.exhausts_on) : "—", [balance.exhausts_on
    ? `The first date that they do not cover, as used in the last eight weeks; ${rangeText(balance)}`
    : `No date: ${balance.reason}`]);
  drawFigure("balance-unused", balance.expires_unused === null ? "—" : amount(units(balance.expires_unused)), [
    balance.expires_on ? `The first are gone on ${dayText(balance.expires_on)}`
      : balance.expires_unused === null ? "There is no forecast yet" : "None, as used in the last eight weeks"]);
  drawFigure("balance-owed", amount(newest.overdraft), [newest.overdraft
    ? "Used, and covered by no grant so far" : "All usage is covered"]);
  drawBurnDown(balance, days);
  fill("balance-days", [
    { title: "Date", of: (d) => d.usage_date, show: (d) => dayText(d.usage_date) },
    { title: "Granted", less: true, right: true, of: (d) => d.granted, show: (d) => amount(d.granted) },
    { title: "Used", right: true, of: (d) => d.used, show: (d) => amount(d.used) },
    { title: "Ended or taken back", less: true, right: true, of: (d) => d.gone, show: (d) => amount(d.gone) },
    { title: "Left", right: true, of: (d) => d.closing, show: (d) => amount(d.closing) },
    { title: "Overdraft", less: true, right: true, of: (d) => d.overdraft, show: (d) => amount(d.overdraft) },
  ], days, { order: [[0, "desc"]], empty: "No date yet." });
  fill("grants", [
    { title: "Grant", wide: true, of: (g) => g.grant_id },
    { title: "Kind", less: true, of: (g) => g.kind },
    { title: "From", less: true, of: (g) => g.effective_date, show: (g) => dayText(g.effective_date) },
    { title: "Gone on", of: (g) => g.expires_date ?? "9999", show: (g) => (g.expires_date ? dayText(g.expires_date) : "never") },
    { title: "For", less: true, of: (g) => g.billing_types,
      show: (g) => (g.billing_types ? g.billing_types.split("|").map(typeName).join(", ") : "all usage") },
    { title: "Granted", less: true, right: true, of: (g) => units(g.credits), show: (g) => amount(units(g.credits)) },
    { title: "Left", right: true, of: (g) => units(g.left), show: (g) => amount(units(g.left)) },
    { title: "Status", of: (g) => g.status, show: (g) => badge(g.status, g.status === "active" ? "good-badge" : "open-badge") },
  ], balance.grants, {
    order: [[3, "asc"]], empty: "No grant.",
    foot: (found, all) => [countOf(found, all, "grant"), null, null, null, null, null, amount(sum(found.map((g) => units(g.left)))), null],
  });
}

/** Credits left per day, and straight lines to the dates on which they are forecast to run out. */
function drawBurnDown(balance, days) {
  const at = (day) => Date.parse(day);
  const height = (value) => Number(decimal(value));
  const line = days.map((row) => ({ at: at(row.usage_date), credits: height(row.closing) }));
  const start = line.at(-1);
  const { exhausts_on: on, exhausts_from: from, exhausts_to: to } = balance;
  const usual = start && on ? [start, { at: at(on), credits: 0 }] : [];
  const range = start && on && from && to ? [
    { at: start.at, low: start.credits, high: start.credits },
    { at: at(from), low: 0, high: at(to) > start.at ? start.credits * (at(to) - at(from)) / (at(to) - start.at) : 0 },
    { at: at(to), low: 0, high: 0 },
  ] : [];
  const place = document.getElementById("burn-down");
  const legend = (color, label) => element("span", { class: "legend" }, dot(color), label);
  document.getElementById("burn-down-legend").replaceChildren(legend("var(--accent)", "Left at the end of the day"),
    ...(usual.length ? [legend("var(--open)", "Forecast; credits that are still to come are counted, not drawn")] : []),
    ...(range.length ? [legend("var(--open-back)", "Its range")] : []));
  embedChart(place, GIVEN.burnDown).then(async ({ view }) => {
    await view.data("left", line).data("usual", usual).data("range", range).resize().runAsync();
    new ResizeObserver(() => view.resize().runAsync()).observe(place);
    place.setAttribute("data-drawn", String(line.length));
  });
}

/** The operator's: one line per organization with credits. */
function drawBalances(rows) {
  hideUnless("balances-card", rows.length > 0);
  if (!rows.length) return;
  const all = rows.map((row, place) => ({ ...row, place, left: units(row.closing), owed: units(row.overdraft) }));
  fill("balances", [
    { title: "Runs out", of: (b) => BigInt(b.place), show: (b) => element("span", {},
      b.owed > 0n ? badge("overdraft", "bad-badge") : b.exhausts_on ? dayText(b.exhausts_on) : "—",
      element("span", { class: "brand" }, b.owed > 0n ? "has run out" : b.exhausts_on ? rangeText(b) : b.reason ?? "")) },
    { title: "Organization", wide: true, of: (b) => b.org_id, show: (b) => element("a", { href: b.page }, element("bdi", {}, visible(b.org_id))) },
    { title: "Left", right: true, of: (b) => b.left, show: (b) => amount(b.left) },
    { title: "Overdraft", right: true, of: (b) => b.owed, show: (b) => amount(b.owed) },
    { title: "Will end unused", less: true, right: true, of: (b) => units(b.expires_unused ?? "-1"), show: (b) => (b.expires_unused === null ? "—" : amount(units(b.expires_unused))) },
    { title: "From", less: true, of: (b) => b.expires_on ?? "9999", show: (b) => (b.expires_on ? dayText(b.expires_on) : "—") },
  ], all, {
    order: [[0, "asc"]],
    foot: (found, every) => [null, countOf(found, every, "organization"), amount(sum(found.map((b) => b.left))),
      amount(sum(found.map((b) => b.owed))), null, null],
  });
  document.querySelector("#balances-card .hint").textContent = `At the end of ${dayText(rows[0].as_of)}; who runs out first is at the top`;
}
