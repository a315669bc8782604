// The tables of an organization's page, each from what the filters keep.

const hideUnless = (id, shown) => { document.getElementById(id).hidden = !shown; };

/** What a charge is listed as: everything but its date, dimensions and rate card. */
const priceLine = (row) => JSON.stringify([row.billing_type, row.brand, row.model, row.key_mode, row.meter, row.per, row.price, row.correction !== undefined]);

function drawLines(page, usage) {
  const lines = [...grouped(page.now.rows, (row) => row.priceLine).values()].map((charges) => ({
    ...charges[0], charges,
    quantity: sum(charges.map((row) => BigInt(row.quantity))),
    credits: sum(charges.map((row) => row.credits)),
  }));
  const most = largestOf(lines.map((line) => line.credits));
  const open = (line) => page.openUsage(line.charges);
  fill("lines", [
    { title: t`Billing type`, less: true, of: (l) => l.billing_type, show: (l) => element("span", { class: "nowrap" }, dot(page.typeColor(l)), typeName(l.billing_type)) },
    { title: t`Model`, wide: true, of: (l) => l.model, text: (l) => `${l.brand} ${l.model}`,
      show: (l) => element("span", {}, element("button", { class: "link", onclick: () => open(l) }, modelCell(l)),
        element("span", { class: "phone" }, dot(page.typeColor(l)), `${typeName(l.billing_type)}, ${meterWords(l.meter)[0]}`)) },
    { title: t`Key`, less: true, of: (l) => l.key_mode },
    { title: t`Meter`, less: true, of: (l) => l.meter, show: (l) => meterCell(l) },
    { title: t`Quantity`, less: true, right: true, of: (l) => l.quantity, show: (l) => wholeNumber.format(l.quantity) },
    { title: t`Unit price`, less: true, right: true, of: (l) => units(l.price), show: (l) => price(l.price, l.meter) },
    { title: t`Credits`, right: true, of: (l) => l.credits, show: (l) => amount(l.credits) },
    { title: t`Share`, less: true, of: (l) => l.credits, show: (l) => share(l.credits, usage, most, page.typeColor(l)) },
  ], lines, {
    order: [[6, "desc"]], click: open, empty: t`No charge of this kind.`,
    foot: (found, all) => [null, countOf(found, all, "line"), null, null, null, null, amount(sum(found.map((l) => l.credits))), null],
  });
}

function drawCorrections(page, usage) {
  hideUnless("corrections-card", page.data.corrected.length > 0);
  if (!page.data.corrected.length) return;
  const booked = page.total - usage;
  fill("corrections", [
    { title: t`Booked on`, less: true, of: (c) => c.booked_on, show: (c) => dayText(c.booked_on) },
    { title: t`Usage date`, of: (c) => c.usage_date, show: (c) => dayText(c.usage_date) },
    { title: t`Billing type`, of: (c) => c.billing_type, show: (c) => typeName(c.billing_type) },
    { title: t`Model`, wide: true, of: (c) => c.model, show: (c) => modelCell(c) },
    { title: t`Meter`, of: (c) => c.meter, show: (c) => meterCell(c) },
    { title: t`Quantity`, less: true, right: true, of: (c) => BigInt(c.quantity), show: (c) => wholeNumber.format(c.quantity) },
    { title: t`Unit price`, less: true, right: true, of: (c) => units(c.price), show: (c) => price(c.price, c.meter) },
    { title: t`Credits`, right: true, of: (c) => c.credits, show: (c) => signed(c.credits) },
    { title: t`Why`, wide: true, of: (c) => c.reason },
  ], page.now.booked, { order: [[1, "asc"]], foot: (found, all) => [
    countOf(found, all, "correction"), null, null, null, null, null, null, signed(sum(found.map((c) => c.credits))), null] });
  document.getElementById("statement").replaceChildren(
    t`Usage as closed `, amount(usage), t` + corrections `, signed(booked), " = ", element("strong", {}, amount(page.total)), ` ${t`credits`}.`);
}

function drawOwnKeys(page) {
  hideUnless("own-keys-card", page.data.own_keys.length > 0);
  const { filters } = page.view;
  const isOf = (id, value) => !filters.has(id) || filters.get(id).has(JSON.stringify(value));
  const kept = page.data.own_keys.filter((row) => page.inDates(row.usage_date)
    && isOf("type", row.billing_type) && isOf("model", [row.brand, row.model]) && isOf("brand", row.brand));
  const models = [...grouped(kept, (row) => JSON.stringify([row.brand, row.model])).values()].map((rows) => ({
    ...rows[0], capped: rows.some((row) => row.capped), credits: sum(rows.map((row) => units(row.credits))),
    platform_credits: rows.some((row) => row.platform_credits === null) ? null : sum(rows.map((row) => units(row.platform_credits))),
  }));
  fill("own-keys", [
    { title: t`Model`, wide: true, of: (m) => m.model, show: (m) => modelCell(m) },
    { title: t`Cap`, less: true, of: (m) => (m.capped ? t`applied` : ""), show: (m) => (m.capped ? badge(t`cap applied`, "open-badge") : "—") },
    { title: t`Credits`, right: true, of: (m) => m.credits, show: (m) => amount(m.credits) },
    { title: t`On the platform's key`, right: true, of: (m) => m.platform_credits ?? -1n,
      show: (m) => (m.platform_credits === null ? t(m.platform) : amount(m.platform_credits)) },
  ], models, { order: [[2, "desc"]], empty: t`No own-key usage of this kind.` });
}

// What of a row shows why it was left out.
const TELLING = {
  unknown_billing_type: ["billing_type"], unknown_key_mode: ["key_mode"], no_rate: ["brand", "model"],
  no_rate_card: ["brand", "model"], not_offered: ["brand", "model", "key_mode"], missing_event_id: ["event_id"],
};

function exampleCell({ reason, example }) {
  const said = (TELLING[reason] ?? ["event_id", "model"]).map((name) => `${name}=${visible(JSON.stringify(example[name]))}`);
  return element("span", {}, element("code", {}, said.join(" ")),
    element("span", { class: "brand" }, t`${visible(example.file_name)}, row ${example.row_number}`));
}

function drawLeftOut(page) {
  const kept = page.data.quarantined_rows.filter((row) => row.usage_date === null || page.inDates(row.usage_date));
  const stake = page.data.credits_at_risk.filter((row) => page.inDates(row.usage_date));
  const reasons = [...grouped(kept, (row) => row.reason).entries()].map(([reason, rows]) => ({
    ...rows[0], reason, rows: sum(rows.map((row) => BigInt(row.rows))),
    priceless: stake.filter((row) => row.reason === reason && row.most_credits !== null),
  }));
  fill("quarantined-rows", [
    { title: t`Reason`, of: (r) => r.reason, show: (r) => element("span", {}, element("code", {}, r.reason), element("span", { class: "brand" }, t(GIVEN.meaning[r.reason] ?? ""))) },
    { title: t`Example`, less: true, wide: true, show: exampleCell },
    { title: t`Rows`, right: true, of: (r) => r.rows, show: (r) => wholeNumber.format(r.rows) },
    { title: t`At risk`, right: true, of: (r) => sum(r.priceless.map((row) => units(row.most_credits))),
      show: (r) => (r.priceless.length ? element("span", {}, t`up to `, amount(sum(r.priceless.map((row) => units(row.most_credits))))) : "—") },
  ], reasons, { order: [[2, "desc"]], empty: t`No row of these dates is in quarantine.` });
  const waiting = grouped(kept.filter((row) => GIVEN.noPrice.includes(row.reason)), (row) => row.example.model);
  document.getElementById("not-charged").replaceChildren(...[...waiting].map(([model, rows]) => {
    const calls = sum(rows.map((row) => BigInt(row.rows)));
    return element("li", {}, t`${count(calls, "call")} of `, element("bdi", {}, visible(model)),
      calls === 1n ? t` could not be priced yet; you have not been charged for it.` : t` could not be priced yet; you have not been charged for them.`);
  }));
}

/** Each claim is computed here again, from the charges that this page holds: one line, until one does not hold. */
function drawAdds(page) {
  const proved = page.period.join(" ");  // the filters change nothing in it
  if (page.proved === proved) return;
  page.proved = proved;
  const from = page.data.charges_from ?? "9999";
  const dated = (row) => page.inDates(row.usage_date);
  const charges = page.charges.filter(dated);
  const daily = page.data.daily.filter(([day]) => page.inDates(day) && day >= from);
  const right = charges.filter((row) => creditsOf(row.quantity, row.price, row.per) === row.credits).length;
  const sums = grouped(charges, (row) => `${row.usage_date} ${row.billing_type}`);
  const equal = daily.filter(([day, type, , credits]) =>
    sum((sums.get(`${day} ${type}`) ?? []).map((row) => row.credits)) === units(credits)).length;
  const rated = sum(page.rated.filter(dated).map((row) => row.events));
  const events = sum(daily.map(([, , n]) => BigInt(n)));
  const total = sum(charges.map((row) => row.credits));
  const published = sum(daily.map(([, , , credits]) => units(credits)));
  const all = sum([...page.data.daily.map(([, , , credits]) => units(credits)), ...page.corrections.map((row) => row.credits)]);
  const record = units(page.data.total.credits);
  const left = sum(page.data.quarantined_rows.filter((row) => row.usage_date === null || page.inDates(row.usage_date)).map((row) => BigInt(row.rows)));
  const ofAll = (few, many) => t`${wholeNumber.format(few)} of ${wholeNumber.format(many)}`;
  const claims = [
    [t`quantity x unit price / per = credits, in every charge`, right === charges.length, ofAll(right, charges.length)],
    [t`charges sum to daily_usage, per date and billing type`, equal === daily.length, ofAll(equal, daily.length)],
    [t`credits of all charges = daily_usage`, total === published, amount(published)],
    [t`rated events = daily_usage`, rated === events, wholeNumber.format(events)],
    [t`usage and corrections of all dates on this page = on the record`, all === record, amount(record)],
    [t`rows in quarantine of the dates chosen and of no date, charged to nobody`, null, wholeNumber.format(left)],
    [t`rows in quarantine of all dates`, null, wholeNumber.format(page.data.total.quarantined)],
  ];
  document.getElementById("adds").replaceChildren(...claims.map(([claim, holds, value]) => element(
    "tr", {}, element("th", { scope: "row" }, claim),
    element("td", { class: "right" }, value, holds === null ? "" : element("span", { class: holds ? "good" : "bad" }, holds ? " ✓" : " ✗")))));
  const wrong = claims.some(([, holds]) => holds === false);
  document.getElementById("proof-says").replaceChildren(
    element("span", { class: "proof" }, amount(record)), t` on the record · ${ofAll(right, charges.length)} charges re-added here `,
    element("span", { class: wrong ? "bad" : "good" }, wrong ? t`✗ this page does not add up` : "✓"));
  document.getElementById("proof-fails").hidden = !wrong;
  if (wrong) document.getElementById("proof").open = true;
}

function drawVersions(page) {
  const drawn = page.period.join(" ");  // the filters change nothing in it
  if (page.versionsOf === drawn) return;
  page.versionsOf = drawn;
  const credits = grouped(page.charges, (row) => row.usage_date);
  fill("versions", [
    { title: t`Usage date`, of: (d) => d.usage_date, show: (d) => dayText(d.usage_date) },
    { title: t`Version`, right: true, of: (d) => BigInt(d.version ?? 0), show: (d) => String(d.version ?? "—") },
    { title: t`State`, of: (d) => (d.blocked ? "blocked" : d.closed ? "closed" : "open"), show: (d) => element("span", {},
      d.version === null ? null : badge(d.closed ? t`closed` : t`open`, d.closed ? "good-badge" : "open-badge"),
      d.blocked ? badge(d.version === null ? t`blocked` : t`newer usage blocked`, "bad-badge") : null) },
    { title: t`Published`, less: true, of: (d) => d.published_at, show: (d) => instantText(d.published_at) },
    { title: t`Rate cards`, wide: true, of: (d) => d.rate_cards.join(", ") || "—" },
    { title: t`Credits`, right: true, of: (d) => sum((credits.get(d.usage_date) ?? []).map((row) => row.credits)),
      show: (d) => (d.version === null ? "—" : amount(sum((credits.get(d.usage_date) ?? []).map((row) => row.credits)))) },
  ], page.data.dates.filter((one) => page.inDates(one.usage_date)), { order: [[0, "desc"]], empty: t`No version of these dates.` });
}
