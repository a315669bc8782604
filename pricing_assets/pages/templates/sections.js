// The tables of an organization's page, each from what the filters keep.

const hideUnless = (id, shown) => { document.getElementById(id).hidden = !shown; };

function drawLines(page, usage) {
  const key = (row) => JSON.stringify(["billing_type", "brand", "model", "key_mode", "meter", "per", "price"].map((name) => row[name]));
  const lines = [...grouped(page.shown, key).values()].map((charges) => ({
    ...charges[0], charges,
    quantity: sum(charges.map((row) => BigInt(row.quantity))),
    credits: sum(charges.map((row) => row.credits)),
  }));
  const most = largestOf(lines.map((line) => line.credits));
  const open = (line) => page.drill.charges(
    `${typeName(line.billing_type)} · ${visible(line.model)} · ${meterWords(line.meter)[0]}`,
    line.charges, line.credits);
  fill("lines", [
    { title: "Billing type", less: true, of: (l) => l.billing_type, show: (l) => element("span", { class: "nowrap" }, dot(typeColor(l.billing_type)), typeName(l.billing_type)) },
    { title: "Model", wide: true, of: (l) => l.model, text: (l) => `${l.brand} ${l.model}`,
      show: (l) => element("span", {}, element("button", { class: "link", onclick: () => open(l) }, modelCell(l)),
        element("span", { class: "phone" }, dot(typeColor(l.billing_type)), `${typeName(l.billing_type)}, ${meterWords(l.meter)[0]}`)) },
    { title: "Key", less: true, of: (l) => l.key_mode },
    { title: "Meter", less: true, of: (l) => l.meter, show: (l) => meterCell(l) },
    { title: "Quantity", less: true, right: true, of: (l) => l.quantity, show: (l) => wholeNumber.format(l.quantity) },
    { title: "Unit price", less: true, right: true, of: (l) => units(l.price), show: (l) => price(l.price, l.meter) },
    { title: "Credits", right: true, of: (l) => l.credits, show: (l) => amount(l.credits) },
    { title: "Share", less: true, of: (l) => l.credits, show: (l) => share(l.credits, usage, most, typeColor(l.billing_type)) },
  ], lines, {
    order: [[6, "desc"]], click: open, empty: "No charge of this kind.",
    foot: (found, all) => [null, countOf(found, all, "line"), null, null, null, null, amount(sum(found.map((l) => l.credits))), null],
  });
}

function drawCorrections(page, usage) {
  hideUnless("corrections-card", page.data.corrected.length > 0);
  if (!page.data.corrected.length) return;
  const booked = page.total - usage;
  fill("corrections", [
    { title: "Booked on", less: true, of: (c) => c.booked_on, show: (c) => dayText(c.booked_on) },
    { title: "Usage date", of: (c) => c.usage_date, show: (c) => dayText(c.usage_date) },
    { title: "Billing type", of: (c) => c.billing_type, show: (c) => typeName(c.billing_type) },
    { title: "Model", wide: true, of: (c) => c.model, show: (c) => modelCell(c) },
    { title: "Meter", of: (c) => c.meter, show: (c) => meterCell(c) },
    { title: "Quantity", less: true, right: true, of: (c) => BigInt(c.quantity), show: (c) => wholeNumber.format(c.quantity) },
    { title: "Unit price", less: true, right: true, of: (c) => units(c.price), show: (c) => price(c.price, c.meter) },
    { title: "Credits", right: true, of: (c) => c.credits, show: (c) => signed(c.credits) },
    { title: "Why", wide: true, of: (c) => c.reason },
  ], page.booked, { order: [[1, "asc"]], foot: (found, all) => [
    countOf(found, all, "correction"), null, null, null, null, null, null, signed(sum(found.map((c) => c.credits))), null] });
  document.getElementById("statement").replaceChildren(
    "Usage as closed ", amount(usage), " + corrections ", signed(booked), " = ", element("strong", {}, amount(page.total)), " credits.");
}

function drawOwnKeys(page) {
  hideUnless("own-keys-card", page.data.own_keys.length > 0);
  const f = page.filters;
  const kept = page.data.own_keys.filter((row) => page.inDates(row.usage_date)
    && (f.type === undefined || row.billing_type === f.type) && (f.model === undefined || (row.model === f.model && row.brand === (f.brand ?? ""))));
  const models = [...grouped(kept, (row) => JSON.stringify([row.brand, row.model])).values()].map((rows) => ({
    ...rows[0], capped: rows.some((row) => row.capped), credits: sum(rows.map((row) => units(row.credits))),
    platform_credits: rows.some((row) => row.platform_credits === null) ? null : sum(rows.map((row) => units(row.platform_credits))),
  }));
  fill("own-keys", [
    { title: "Model", wide: true, of: (m) => m.model, show: (m) => modelCell(m) },
    { title: "Cap", less: true, of: (m) => (m.capped ? "applied" : ""), show: (m) => (m.capped ? badge("cap applied", "open-badge") : "—") },
    { title: "Credits", right: true, of: (m) => m.credits, show: (m) => amount(m.credits) },
    { title: "On the platform's key", right: true, of: (m) => m.platform_credits ?? -1n,
      show: (m) => (m.platform_credits === null ? m.platform : amount(m.platform_credits)) },
  ], models, { order: [[2, "desc"]], empty: "No own-key usage of this kind." });
}

// What of a row shows why it was left out.
const TELLING = {
  unknown_billing_type: ["billing_type"], unknown_key_mode: ["key_mode"], no_rate: ["brand", "model"],
  no_rate_card: ["brand", "model"], not_offered: ["brand", "model", "key_mode"], missing_event_id: ["event_id"],
};

function exampleCell({ reason, example }) {
  const said = (TELLING[reason] ?? ["event_id", "model"]).map((name) => `${name}=${visible(JSON.stringify(example[name]))}`);
  return element("span", {}, element("code", {}, said.join(" ")),
    element("span", { class: "brand" }, `${visible(example.file_name)}, row ${example.row_number}`));
}

function drawLeftOut(page) {
  const kept = page.data.left_out.filter((row) => row.usage_date === null || page.inDates(row.usage_date));
  const stake = page.data.at_stake.filter((row) => page.inDates(row.usage_date));
  const reasons = [...grouped(kept, (row) => row.reason).entries()].map(([reason, rows]) => ({
    ...rows[0], reason, rows: sum(rows.map((row) => BigInt(row.rows))),
    priceless: stake.filter((row) => row.reason === reason && row.most_credits !== null),
  }));
  fill("left-out", [
    { title: "Reason", of: (r) => r.reason, show: (r) => element("span", {}, element("code", {}, r.reason), element("span", { class: "brand" }, GIVEN.meaning[r.reason] ?? "")) },
    { title: "Example", less: true, wide: true, show: exampleCell },
    { title: "Rows", right: true, of: (r) => r.rows, show: (r) => wholeNumber.format(r.rows) },
    { title: "At stake", right: true, of: (r) => sum(r.priceless.map((row) => units(row.most_credits))),
      show: (r) => (r.priceless.length ? element("span", {}, "up to ", amount(sum(r.priceless.map((row) => units(row.most_credits))))) : "—") },
  ], reasons, { order: [[2, "desc"]], empty: "No row of these dates is in quarantine." });
}

/** Each claim is computed here again, from the charges that this page holds. */
function drawAdds(page) {
  const dated = (row) => page.inDates(row.usage_date);
  const charges = page.charges.filter(dated);
  const daily = page.data.daily.filter(([day]) => page.inDates(day));
  const right = charges.filter((row) => creditsOf(row.quantity, row.price, row.per) === row.credits).length;
  const sums = grouped(charges, (row) => `${row.usage_date} ${row.billing_type}`);
  const equal = daily.filter(([day, type, , credits]) =>
    sum((sums.get(`${day} ${type}`) ?? []).map((row) => row.credits)) === units(credits)).length;
  const rated = sum(page.rated.filter(dated).map((row) => row.events));
  const events = sum(daily.map(([, , n]) => BigInt(n)));
  const total = sum(charges.map((row) => row.credits));
  const published = sum(daily.map(([, , , credits]) => units(credits)));
  const left = sum(page.data.left_out.filter((row) => row.usage_date === null || page.inDates(row.usage_date)).map((row) => BigInt(row.rows)));
  const claims = [
    ["quantity x unit price / per = credits, in every charge", right === charges.length, `${wholeNumber.format(right)} of ${wholeNumber.format(charges.length)}`],
    ["charges sum to daily_usage, per date and billing type", equal === daily.length, `${wholeNumber.format(equal)} of ${wholeNumber.format(daily.length)}`],
    ["credits of all charges = daily_usage", total === published, amount(published)],
    ["rated events = daily_usage", rated === events, wholeNumber.format(events)],
    ["rows in quarantine of the dates chosen and of no date, charged to nobody", null, wholeNumber.format(left)],
    ["rows in quarantine of all dates", null, wholeNumber.format(page.data.total.quarantined)],
  ];
  document.getElementById("adds").replaceChildren(...claims.map(([claim, holds, value]) => element(
    "tr", {}, element("th", { scope: "row" }, claim),
    element("td", { class: "right" }, value, holds === null ? "" : element("span", { class: holds ? "good" : "bad" }, holds ? " ✓" : " ✗")))));
}

function drawVersions(page) {
  const credits = grouped(page.charges, (row) => row.usage_date);
  fill("versions", [
    { title: "Usage date", of: (d) => d.usage_date, show: (d) => dayText(d.usage_date) },
    { title: "Version", right: true, of: (d) => BigInt(d.version ?? 0), show: (d) => String(d.version ?? "—") },
    { title: "State", of: (d) => (d.blocked ? "blocked" : d.closed ? "closed" : "open"), show: (d) => element("span", {},
      d.version === null ? null : badge(d.closed ? "closed" : "open", d.closed ? "good-badge" : "open-badge"),
      d.blocked ? badge(d.version === null ? "blocked" : "newer usage blocked", "bad-badge") : null) },
    { title: "Published", less: true, of: (d) => d.published_at, show: (d) => instantText(d.published_at) },
    { title: "Rate cards", wide: true, of: (d) => d.rate_cards.join(", ") || "—" },
    { title: "Credits", right: true, of: (d) => sum((credits.get(d.usage_date) ?? []).map((row) => row.credits)),
      show: (d) => (d.version === null ? "—" : amount(sum((credits.get(d.usage_date) ?? []).map((row) => row.credits)))) },
  ], page.data.dates.filter((one) => page.inDates(one.usage_date)), { order: [[0, "desc"]], empty: "No version of these dates." });
}
