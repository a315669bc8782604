// Balances: what is left of an organization's credits, until when, and what ends unused; and on the
// operator's page who runs out first. Filters change nothing here.

/** The first date that credits do not cover, and between which two it lies. */
function rangeText({ exhausts_from: from, exhausts_to: to }) {
  if (!from) return "";
  if (from === to) return t`whether much or little is used`;
  return to ? t`between ${dayText(from)} and ${dayText(to)}` : t`on ${dayText(from)} at the earliest`;
}

function drawBalance({ balance }) {
  hideUnless("balance-card", balance !== null);
  if (balance === null) return;
  const days = balance.days.map((row) => ({
    usage_date: row.usage_date, granted: units(row.granted), used: units(row.used), gone: units(row.gone),
    closing: units(row.closing), overdraft: units(row.overdraft),
  }));
  const newest = days.at(-1) ?? { closing: 0n, overdraft: 0n };
  drawFigure("balance-left", amount(newest.closing), [t`At the end of ${dayText(balance.as_of)}`]);
  drawFigure("balance-ends", balance.exhausts_on ? dayText(balance.exhausts_on) : "—", [balance.exhausts_on
    ? t`The first date that they do not cover, as used in the last eight weeks; ${rangeText(balance)}`
    : t`No date: ${balance.reason}`]);
  drawFigure("balance-unused", balance.expires_unused === null ? "—" : amount(units(balance.expires_unused)), [
    balance.expires_on ? t`The first are gone on ${dayText(balance.expires_on)}`
      : balance.expires_unused === null ? t`There is no forecast yet` : t`None, as used in the last eight weeks`]);
  drawFigure("balance-owed", amount(newest.overdraft), [newest.overdraft
    ? t`Used, and covered by no grant so far` : t`All usage is covered`]);
  drawBurnDown(balance, days);
  fill("balance-days", [
    { title: t`Date`, of: (d) => d.usage_date, show: (d) => dayText(d.usage_date) },
    { title: t`Granted`, less: true, right: true, of: (d) => d.granted, show: (d) => amount(d.granted) },
    { title: t`Used`, right: true, of: (d) => d.used, show: (d) => amount(d.used) },
    { title: t`Ended or taken back`, less: true, right: true, of: (d) => d.gone, show: (d) => amount(d.gone) },
    { title: t`Left`, right: true, of: (d) => d.closing, show: (d) => amount(d.closing) },
    { title: t`Overdraft`, less: true, right: true, of: (d) => d.overdraft, show: (d) => amount(d.overdraft) },
  ], days, { order: [[0, "desc"]], empty: t`No date yet.` });
  fill("grants", [
    { title: t`Grant`, wide: true, of: (g) => g.grant_id },
    { title: t`Kind`, less: true, of: (g) => g.kind },
    { title: t`From`, less: true, of: (g) => g.effective_date, show: (g) => dayText(g.effective_date) },
    { title: t`Gone on`, of: (g) => g.expires_date ?? "9999", show: (g) => (g.expires_date ? dayText(g.expires_date) : t`never`) },
    { title: t`For`, less: true, of: (g) => g.billing_types,
      show: (g) => (g.billing_types ? g.billing_types.split("|").map(typeName).join(", ") : t`all usage`) },
    { title: t`Granted`, less: true, right: true, of: (g) => units(g.credits), show: (g) => amount(units(g.credits)) },
    { title: t`Left`, right: true, of: (g) => units(g.left), show: (g) => amount(units(g.left)) },
    { title: t`Status`, of: (g) => g.status, show: (g) => badge(t(g.status), g.status === "active" ? "good-badge" : "open-badge") },
  ], balance.grants, {
    order: [[3, "asc"]], empty: t`No grant.`,
    foot: (found, all) => [countOf(found, all, "grant"), null, null, null, null, null, amount(sum(found.map((g) => units(g.left)))), null],
  });
}

/** Credits left per day, and straight lines to the dates on which they are forecast to run out. */
function drawBurnDown(balance, days) {
  const place = document.getElementById("burn-down");
  const { exhausts_on: on, exhausts_from: from, exhausts_to: to } = balance;
  const start = days.at(-1);
  const legend = (color, label) => element("span", { class: "legend" }, dot(color), label);
  document.getElementById("burn-down-legend").replaceChildren(legend("var(--accent)", t`Left at the end of the day`),
    ...(start && on ? [legend("var(--open)", t`Forecast; credits that are still to come are counted, not drawn`)] : []),
    ...(start && on && from && to ? [legend("var(--open-back)", t`Its range`)] : []));
  const paint = () => place.replaceChildren(burnDown(place.clientWidth, days, start && on ? { on, from, to } : null));
  new ResizeObserver(paint).observe(place);
  if (days.length) paint();
  place.setAttribute("data-drawn", String(days.length));
}

function burnDown(width, days, forecast) {
  const height = 220;
  const axis = amountAxis(0n, largestOf(days.map((row) => row.closing)), 4n);
  const text = (value) => shortText(value).replace(/\.00$/, "");
  const box = { left: textRoom(axis, text), right: width - 8, top: 12, bottom: height - 26 };
  const first = days[0]?.usage_date;
  const last = [days.at(-1)?.usage_date, forecast?.on, forecast?.to].filter((day) => day).sort().at(-1);
  if (!first) return svg("svg", {});
  const span = Math.max(1, daysIn([first, last]) - 1);
  const x = (day) => box.left + ((daysIn([first, day]) - 1) / span) * (box.right - box.left);
  const y = (value) => box.bottom - axis.place(value) * (box.bottom - box.top);
  const path = (points) => points.map(([across, down], place) => `${place ? "L" : "M"}${across.toFixed(1)} ${down.toFixed(1)}`).join("");
  const steps = days.flatMap((row, place) => (place ? [[x(row.usage_date), y(days[place - 1].closing)]] : []).concat([[x(row.usage_date), y(row.closing)]]));
  const end = [x(days.at(-1).usage_date), y(days.at(-1).closing)];
  const zero = (day) => [x(day), box.bottom];
  const every = Math.max(1, Math.ceil((span + 1) / Math.max(1, Math.floor((box.right - box.left) / 64))));
  const dates = daysBetween(first, last).filter((_, place) => place % every === 0).map((day) => svg("text", {
    class: "date", x: x(day), y: height - 8, "text-anchor": "middle" }, dayText(day, dayShort)));
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width: "100%", height }, amountLines(axis, box, text), svg("g", { class: "dates" }, ...dates),
    forecast?.from && forecast.to ? svg("path", { class: "range", d: `${path([end, zero(forecast.from), zero(forecast.to)])}Z` }) : null,
    forecast ? svg("path", { class: "usual", d: path([end, zero(forecast.on)]) }) : null,
    svg("path", { class: "left", d: path(steps) }),
    ...days.map((row) => svg("circle", { class: "left-day", cx: x(row.usage_date), cy: y(row.closing), r: 3 })));
}

/** The operator's: one line per organization with credits. */
function drawBalances(rows) {
  hideUnless("balances-card", rows.length > 0);
  if (!rows.length) return;
  const all = rows.map((row, place) => ({ ...row, place, left: units(row.closing), owed: units(row.overdraft) }));
  fill("balances", [
    { title: t`Runs out`, of: (b) => BigInt(b.place), show: (b) => element("span", {},
      b.owed > 0n ? badge(t`overdraft`, "bad-badge") : b.exhausts_on ? dayText(b.exhausts_on) : "—",
      element("span", { class: "brand" }, b.owed > 0n ? t`has run out` : b.exhausts_on ? rangeText(b) : b.reason ?? "")) },
    { title: t`Organization`, wide: true, of: (b) => b.org_id, show: (b) => element("a", { href: b.page }, element("bdi", {}, visible(b.org_id))) },
    { title: t`Left`, right: true, of: (b) => b.left, show: (b) => amount(b.left) },
    { title: t`Overdraft`, right: true, of: (b) => b.owed, show: (b) => amount(b.owed) },
    { title: t`Will end unused`, less: true, right: true, of: (b) => units(b.expires_unused ?? "-1"), show: (b) => (b.expires_unused === null ? "—" : amount(units(b.expires_unused))) },
    { title: t`From`, less: true, of: (b) => b.expires_on ?? "9999", show: (b) => (b.expires_on ? dayText(b.expires_on) : "—") },
  ], all, {
    order: [[0, "asc"]],
    foot: (found, every) => [null, countOf(found, every, "organization"), amount(sum(found.map((b) => b.left))),
      amount(sum(found.map((b) => b.owed))), null, null],
  });
  document.querySelector("#balances-card .hint").textContent = t`At the end of ${dayText(rows[0].as_of)}; who runs out first is at the top`;
}
