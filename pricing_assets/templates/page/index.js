// The operator's page: dates, organizations, what was left out, and how fresh it is.

class IndexPage {
  constructor(data) {
    this.data = data;
    this.current = data.reports.filter((row) => row.state === "current");
    this.daily = data.daily.map((row) => ({ ...row, credits: units(row.credits), events: BigInt(row.events) }));
    this.chart = new DailyChart(
      document.getElementById("chart"), document.getElementById("tip"),
      ({ day }) => document.getElementById(`files-${day}`)?.scrollIntoView({ block: "center" }),
    );
    this.head();
    this.bars();
    this.organizations();
    this.dates();
    this.quarantine();
    this.rest();
  }

  head() {
    const { reports, closings, logs: [logs], timezone, organizations } = this.data;
    const newest = this.current[0];
    const through = closings[0]?.closed_through;
    const published = reports.map((row) => row.published_at).sort().at(-1);
    const blocked = reports.filter((row) => row.state === "blocked").length;
    const age = published ? (Date.now() - Date.parse(`${published.replace(" ", "T")}Z`)) / 3600000 : 0;
    const stale = age > 54;
    document.getElementById("facts").replaceChildren(
      badge(through ? `Closed through ${dayText(through)}` : "No date is closed", through ? "good-badge" : "open-badge"),
      ...(blocked ? [badge(`${count(blocked, "date")} blocked`, "bad-badge")] : []),
      element("span", {}, `Usage dates in ${timezone}`),
    );
    const corrections = sum(organizations.map((row) => units(row.corrections)));
    const usage = sum(this.daily.map((row) => row.credits));
    const events = sum(this.daily.map((row) => row.events));
    const left = sum(this.data.left_out.map((row) => BigInt(row.rows)));
    const put = (id, value, ...below) => {
      document.getElementById(id).replaceChildren(value);
      document.getElementById(`${id}-below`).replaceChildren(...below);
    };
    const dollars = sum(organizations.map((row) => units(row.usd, DOLLAR_PLACES) + units(row.corrections_usd, DOLLAR_PLACES)));
    put("credits", amount(usage + corrections), amount(dollars, DOLLAR_PLACES, "$"),
      corrections ? element("div", {}, "Usage ", amount(usage), ", corrections ", signed(corrections)) : "");
    put("events", wholeNumber.format(events), count(organizations.length, "organization"));
    put("peak", newest ? dayText(newest.usage_date) : "—",
      published ? `Published ${instantText(published)}` : "Nothing published",
      stale ? element("div", { class: "bad" }, `Not updated for ${Math.floor(age / 24)} days`) : "");
    put("largest", wholeNumber.format(left),
      `${decimal(perMille(left, BigInt(logs.rows)), 1)}% of ${wholeNumber.format(logs.rows)} rows in ${count(logs.logs, "log")}`);
  }

  bars() {
    const groups = [...grouped(this.daily, (row) => row.billing_type).entries()]
      .map(([name, rows]) => ({ name, rows, credits: sum(rows.map((row) => row.credits)) }))
      .sort((a, b) => (a.credits > b.credits ? -1 : 1));
    const last = this.daily.at(-1)?.usage_date;
    const first = last && new Date(Date.parse(last) - 91 * 86400000).toISOString().slice(0, 10);
    const kept = this.daily.filter((row) => row.usage_date >= first);
    const days = last ? daysBetween(kept[0].usage_date, last) : [];
    this.chart.draw(days, groups.flatMap(({ name, rows }) => rows.filter((row) => row.usage_date >= first).map((row) => ({
      day: row.usage_date, name, label: typeName(name), color: typeColor(name), value: row.credits }))));
    document.getElementById("legend").replaceChildren(...groups.map(({ name }) => element(
      "span", { class: "legend" }, dot(typeColor(name)), typeName(name))));
    fill("days", [
      { title: "Date", of: (row) => row.usage_date, show: (row) => dayText(row.usage_date) },
      { title: "Billing type", of: (row) => row.billing_type, show: (row) => typeName(row.billing_type) },
      { title: "Events", right: true, of: (row) => row.events, show: (row) => wholeNumber.format(row.events) },
      { title: "Credits", right: true, of: (row) => row.credits, show: (row) => amount(row.credits) },
    ], this.daily, { order: [[0, "desc"], [3, "desc"]] });
  }

  organizations() {
    const rows = this.data.organizations.map((row) => ({ ...row, usage: units(row.credits), booked: units(row.corrections) }));
    const total = sum(rows.map((row) => row.usage));
    const most = largestOf(rows.map((row) => row.usage));
    const booked = rows.some((row) => row.booked !== 0n);
    const columns = [
      { title: "Organization", wide: true, of: (o) => o.org_id, show: (o) => element("a", { href: o.page }, element("bdi", {}, visible(o.org_id))) },
      { title: "Events", right: true, of: (o) => BigInt(o.events), show: (o) => wholeNumber.format(o.events) },
      { title: "Credits", right: true, of: (o) => o.usage, show: (o) => amount(o.usage) },
      { title: "Share", less: true, of: (o) => o.usage, show: (o) => share(o.usage, total, most, "var(--accent)") },
      { title: "Dollars", less: true, right: true, of: (o) => units(o.usd, DOLLAR_PLACES), show: (o) => amount(units(o.usd, DOLLAR_PLACES), DOLLAR_PLACES, "$") },
      ...(booked ? [{ title: "Corrections", less: true, right: true, of: (o) => o.booked, show: (o) => signed(o.booked) }] : []),
      { title: "Quarantined", less: true, right: true, of: (o) => BigInt(o.quarantined), show: (o) => wholeNumber.format(o.quarantined) },
      { title: "Last usage", less: true, of: (o) => o.last_date ?? "", show: (o) => dayText(o.last_date) },
    ];
    const foot = columns.map(() => null);
    foot[0] = count(rows.length, "organization");
    foot[1] = wholeNumber.format(sum(rows.map((row) => BigInt(row.events))));
    foot[2] = amount(total);
    fill("organizations", columns, rows, { order: [[2, "desc"]], foot, empty: "No organization has usage yet." });
  }

  files(row) {
    if (row.state !== "current") return element("span", { class: "muted" }, "—");
    const folder = `../reports/usage_date=${row.usage_date}/${String(row.version).padStart(4, "0")}`;
    const links = [["charges.csv", "charges CSV"], ["charges.parquet", "Parquet"], ["daily_usage.csv", "daily usage CSV"],
      ["daily_usage.parquet", "Parquet"], ["manifest.json", "manifest"]];
    return element("span", { class: "files", id: `files-${row.usage_date}` }, ...links.map(([name, text]) => element(
      "a", { href: `${folder}/${name}`, "aria-label": `${name} of ${row.usage_date}` }, text)));
  }

  state(row) {
    const [text, kind] = row.state === "blocked" ? ["blocked", "bad-badge"]
      : row.closed ? ["closed", "good-badge"] : ["open", "open-badge"];
    return badge(text, kind);
  }

  dates() {
    const shown = this.data.reports.filter((row) => row.state !== "superseded");
    fill("dates", [
      { title: "Usage date", of: (r) => r.usage_date, show: (r) => element("span", { class: "nowrap" }, dayText(r.usage_date)) },
      { title: "State", of: (r) => r.state, show: (r) => this.state(r) },
      { title: "Version", right: true, of: (r) => BigInt(r.version ?? 0), show: (r) => String(r.version ?? "—") },
      { title: "Events", right: true, of: (r) => BigInt(r.events), show: (r) => wholeNumber.format(r.events) },
      { title: "Credits", right: true, of: (r) => units(r.credits), show: (r) => amount(units(r.credits)) },
      { title: "Corrections", less: true, right: true, of: (r) => units(r.corrections ?? "0"), show: (r) => (r.corrections ? signed(units(r.corrections)) : "—") },
      { title: "Quarantined", less: true, right: true, of: (r) => BigInt(r.quarantined), show: (r) => wholeNumber.format(r.quarantined) },
      { title: "Published", less: true, of: (r) => r.published_at, show: (r) => instantText(r.published_at) },
      { title: "Rate cards", less: true, of: (r) => r.rate_cards.join(", ") },
      { title: "Files", show: (r) => this.files(r) },
    ], shown, { order: [[0, "desc"]], empty: "Nothing is published yet." });
    const restated = this.data.reports.filter((row) => row.supersedes !== null || row.state === "blocked");
    hideUnless("restatements-card", restated.length > 0);
    fill("restatements", [
      { title: "Usage date", of: (r) => r.usage_date, show: (r) => dayText(r.usage_date) },
      { title: "Version", right: true, of: (r) => BigInt(r.version ?? 0), show: (r) => (r.version ? `${r.supersedes} → ${r.version}` : "—") },
      { title: "State", of: (r) => r.state },
      { title: "Difference", right: true, of: (r) => units(r.difference ?? "0"), show: (r) => (r.difference === null ? "—" : signed(units(r.difference))) },
      { title: "Published", less: true, of: (r) => r.published_at, show: (r) => instantText(r.published_at) },
      { title: "Why", wide: true, of: (r) => r.reason },
    ], restated, { order: [[4, "desc"]] });
  }

  quarantine() {
    const reasons = this.data.left_out.map((row) => ({ ...row, rows: BigInt(row.rows) }));
    fill("left-out", [
      { title: "Usage date", of: (r) => r.usage_date ?? "", show: (r) => element("span", { class: "nowrap" }, dayText(r.usage_date)) },
      { title: "Reason", of: (r) => r.reason, show: (r) => element("span", {}, element("code", {}, r.reason), element("span", { class: "brand" }, GIVEN.mend[r.reason] ?? "")) },
      { title: "Rows", right: true, of: (r) => r.rows, show: (r) => wholeNumber.format(r.rows) },
      { title: "Organization", of: (r) => r.example.org_id },
      { title: "Example", less: true, wide: true, show: exampleCell },
    ], reasons, { order: [[0, "desc"], [2, "desc"]], empty: "No row is in quarantine." });
    const outcomes = this.data.outcomes.map((row) => ({ ...row, rows: BigInt(row.rows) }));
    const ended = sum(outcomes.map((row) => row.rows));
    const received = BigInt(this.data.logs[0].rows);
    const line = (name, value, mark = "") => element("tr", {}, element("th", { scope: "row" }, name), element("td", { class: "right" }, value, mark));
    document.getElementById("adds").replaceChildren(
      line("Rows received in all logs", wholeNumber.format(received)),
      ...outcomes.map((row) => line(
        element("span", {}, element("code", {}, row.outcome), GIVEN.settled.includes(row.outcome) ? element("span", { class: "muted" }, " settled") : ""),
        wholeNumber.format(row.rows))),
      line("Sum of all outcomes", wholeNumber.format(ended), element("span", { class: ended === received ? "good" : "bad" }, ended === received ? " ✓" : " ✗")),
    );
  }

  rest() {
    const { at_stake: stake, own_keys: own, closings, cards } = this.data;
    const credits = (text) => (text === null ? "—" : amount(units(text)));
    const org = { title: "Organization", of: (r) => r.org_id };
    const model = { title: "Model", wide: true, of: (r) => r.model, show: (r) => modelCell(r) };
    for (const [id, rows] of [["own-keys", own], ["closings", closings]]) hideUnless(`${id}-card`, rows.length > 0);
    fill("at-stake", [org, model, { title: "Key", less: true, of: (r) => r.key_mode }, { title: "Reason", of: (r) => r.reason },
      { title: "At least", right: true, of: (r) => units(r.least_credits ?? "0"), show: (r) => credits(r.least_credits) },
      { title: "At most", right: true, of: (r) => units(r.most_credits ?? "0"), show: (r) => credits(r.most_credits) },
    ], stake, { order: [[5, "desc"]], empty: "Every name has a price." });
    fill("own-keys", [org, model, { title: "Cap", less: true, of: (r) => (r.capped ? "applied" : "—") },
      { title: "Credits", right: true, of: (r) => units(r.credits), show: (r) => credits(r.credits) },
      { title: "On the platform's key", right: true, of: (r) => units(r.platform_credits ?? "-1"),
        show: (r) => (r.platform_credits === null ? r.platform : credits(r.platform_credits)) },
    ], own, { order: [[3, "desc"]] });
    fill("closings", [
      { title: "Act", of: (r) => BigInt(r.closing), show: (r) => r.act },
      { title: "Date", of: (r) => r.act_date, show: (r) => dayText(r.act_date) },
      { title: "Closed through", of: (r) => r.closed_through ?? "", show: (r) => dayText(r.closed_through) },
      { title: "By", less: true, of: (r) => r.closed_by }, { title: "At", less: true, of: (r) => r.closed_at, show: (r) => instantText(r.closed_at) },
      { title: "Why", wide: true, of: (r) => r.reason },
    ], closings, { order: [[0, "desc"]] });
    fill("cards", [
      { title: "Rate card", of: (r) => r.rate_card },
      { title: "Prices", right: true, of: (r) => BigInt(r.prices), show: (r) => wholeNumber.format(r.prices) },
      { title: "In force from", of: (r) => r.valid_from, show: (r) => instantText(r.valid_from) },
      { title: "To", of: (r) => r.valid_to ?? "", show: (r) => (r.valid_to ? instantText(r.valid_to) : "now") },
    ], cards, { order: [[2, "desc"]] });
  }
}

const DATA = JSON.parse(document.getElementById("data").textContent);
window.page = document.body.dataset.page === "index" ? new IndexPage(DATA) : new OrganizationPage(DATA);
