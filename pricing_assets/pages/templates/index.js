// The operator's page: dates, organizations, what was left out, and how fresh it is.

const MOST_ITEMS = 20;

class IndexPage {
  constructor(data) {
    this.data = data;
    this.current = data.reports.filter((row) => row.state === "current");
    this.daily = data.daily.map((row) => ({ ...row, credits: units(row.credits), events: BigInt(row.events) }));
    this.booked = data.corrections.map((row) => ({ ...row, credits: units(row.credits) }));
    this.blocked = data.reports.filter((row) => row.state === "blocked");
    this.attention();
    this.chart = new DailyChart(
      document.getElementById("chart"), document.getElementById("tip"),
      ({ day }) => document.getElementById(`files-${day}`)?.scrollIntoView({ block: "center" }),
    );
    this.head();
    this.bars();
    drawBalances(data.balances);
    this.organizations();
    this.dates();
    this.quarantine();
    this.rest();
  }

  /** What a run exits 1 for, as long as it is so. */
  attention() {
    const { rejected, undated_logs: logs } = this.data;
    const versions = new Map(this.current.map((row) => [row.usage_date, row.version]));
    const items = [
      ...rejected.map((one) => [`${one.reason}`, "File rejected, not charged: ", element("code", {}, visible(one.path)), ` — ${visible(one.detail.replace(`${one.reason}: `, ""))}`]),
      ...this.blocked.map((row) => ["blocked", `${dayText(row.usage_date)} is blocked: ${visible(row.reason)}. `,
        versions.has(row.usage_date) ? `Version ${versions.get(row.usage_date)} stays in force.` : "Nothing of it is published."]),
      ...logs.map((one) => ["no usage date", element("code", {}, visible(one.file_name)),
        ` — ${wholeNumber.format(one.undated)} of ${count(one.rows, "row")} have no usage date`]),
    ];
    document.getElementById("attention").hidden = items.length === 0;
    const rest = items.length - MOST_ITEMS;
    document.getElementById("attention-list").replaceChildren(
      ...items.slice(0, MOST_ITEMS).map(([kind, ...said]) => element("li", {}, badge(visible(kind), "bad-badge"), " ", ...said)),
      ...(rest > 0 ? [element("li", {}, `${wholeNumber.format(rest)} more: `, element("code", {}, "creditmill status"))] : []),
    );
  }

  head() {
    const { reports, closings, logs: [logs], timezone, organizations } = this.data;
    const newest = this.current[0];
    const through = closings[0]?.closed_through;
    const published = reports.map((row) => row.published_at).sort().at(-1);
    const blocked = this.blocked.length;
    const rejected = this.data.rejected.length;
    const age = published ? (Date.now() - Date.parse(`${published.replace(" ", "T")}Z`)) / 3600000 : 0;
    const stale = age > 54;
    document.getElementById("facts").replaceChildren(
      badge(through ? `Closed through ${dayText(through)}` : "No date is closed", through ? "good-badge" : "open-badge"),
      ...(rejected ? [badge(`${count(rejected, "file")} rejected`, "bad-badge")] : []),
      ...(blocked ? [badge(`${count(blocked, "date")} blocked`, "bad-badge")] : []),
      element("span", {}, `Usage dates in ${timezone}`),
    );
    const corrections = sum(organizations.map((row) => units(row.corrections)));
    const usage = sum(this.daily.map((row) => row.credits));
    const events = sum(this.daily.map((row) => row.events));
    const left = sum(this.data.left_out.map((row) => BigInt(row.rows)));
    const put = (id, value, ...below) => drawFigure(id, value, below);
    const usd = sum(organizations.map((row) => units(row.usd, DOLLAR_PLACES) + units(row.corrections_usd, DOLLAR_PLACES)));
    put("credits", amount(usage + corrections), dollars(usd),
      corrections ? element("div", {}, "Usage ", amount(usage), ", corrections ", signed(corrections)) : "");
    put("events", wholeNumber.format(events), count(organizations.length, "organization"));
    put("peak", newest ? dayText(newest.usage_date) : "—",
      published ? `Published ${instantText(published)}` : "Nothing published",
      stale ? element("div", { class: "bad" }, `Not updated for ${Math.floor(age / 24)} days`) : "");
    const undated = sum(this.data.left_out.filter((row) => row.usage_date === null).map((row) => BigInt(row.rows)));
    put("largest", wholeNumber.format(left),
      undated ? element("div", {}, `${wholeNumber.format(undated)} of them of no usage date`) : "",
      `${decimal(perMille(left, BigInt(logs.rows)), 1)}% of ${wholeNumber.format(logs.rows)} rows in ${count(logs.logs, "log")}`);
  }

  bars() {
    const groups = [...grouped(this.daily, (row) => row.billing_type).entries()]
      .map(([name, rows]) => ({ name, rows, credits: sum(rows.map((row) => row.credits)) }))
      .sort((a, b) => (a.credits > b.credits ? -1 : 1));
    const blocked = this.blocked.map((row) => row.usage_date);
    const all = [...this.daily, ...this.booked].map((row) => row.usage_date).concat(blocked).sort();
    const last = all.at(-1);
    const first = last && new Date(Date.parse(last) - 91 * 86400000).toISOString().slice(0, 10);
    const days = last ? daysBetween(all.find((day) => day >= first), last) : [];
    const rows = groups.flatMap(({ name, rows: few }) => few.map((row) => ({
      ...row, day: row.usage_date, name, label: typeName(name), color: typeColor(name), value: row.credits })))
      .concat(this.booked.map((row) => ({ day: row.usage_date, ...CORRECTIONS, value: row.credits })));
    this.chart.draw(days, rows.filter((row) => row.day >= first), blocked);
    const legend = (color, label) => element("span", { class: "legend" }, dot(color), label);
    document.getElementById("legend").replaceChildren(
      ...groups.map(({ name }) => legend(typeColor(name), typeName(name))),
      ...(this.booked.length ? [legend(CORRECTIONS.color, CORRECTIONS.label)] : []));
    fill("days", [
      { title: "Date", of: (row) => row.day, show: (row) => dayText(row.day) },
      { title: "Billing type", of: (row) => row.label },
      { title: "Events", right: true, of: (row) => row.events ?? 0n, show: (row) => (row.events === undefined ? "—" : wholeNumber.format(row.events)) },
      { title: "Credits", right: true, of: (row) => row.value ?? 0n, show: (row) => (row.value === null ? "—" : amount(row.value)) },
    ], [...rows, ...blocked.map((day) => ({ day, label: "Blocked", value: null }))], { order: [[0, "desc"], [3, "desc"]] });
    const [from, to] = [all[0], last];
    new PrintedSheets("Credits").say(`All organizations · usage dates ${spanText(from, to)} (${this.data.timezone}) · no filter`);
  }

  organizations() {
    const rows = this.data.organizations.map((row) => {
      const booked = units(row.corrections);
      const usd = units(row.usd, DOLLAR_PLACES) + units(row.corrections_usd, DOLLAR_PLACES);
      return { ...row, booked, credits: units(row.credits) + booked, usd, events: BigInt(row.events), quarantined: BigInt(row.quarantined) };
    });
    const total = sum(rows.map((row) => row.credits));
    const most = largestOf(rows.map((row) => row.credits));
    const booked = rows.some((row) => row.booked !== 0n);
    const whole = { right: true, total: wholeNumber.format.bind(wholeNumber) };
    const columns = [
      { title: "Organization", wide: true, of: (o) => o.org_id, show: (o) => element("span", {},
        element("a", { href: o.page }, element("bdi", {}, visible(o.org_id))), o.alike ? element("div", { class: "bad" }, o.alike) : "") },
      { title: "Events", ...whole, of: (o) => o.events, show: (o) => wholeNumber.format(o.events) },
      { title: "Credits", right: true, total: amount, of: (o) => o.credits, show: (o) => amount(o.credits) },
      ...(booked ? [
        { title: "of it corrections", less: true, right: true, total: signed, of: (o) => o.booked, show: (o) => signed(o.booked) }] : []),
      { title: "Share", less: true, of: (o) => o.credits, show: (o) => share(o.credits, total, most, "var(--accent)") },
      { title: "Dollars", less: true, right: true, total: dollars, of: (o) => o.usd, show: (o) => dollars(o.usd) },
      { title: "Quarantined", less: true, ...whole, of: (o) => o.quarantined, show: (o) => wholeNumber.format(o.quarantined) },
      { title: "Last usage", less: true, of: (o) => o.last_date ?? "", show: (o) => dayText(o.last_date) },
    ];
    const foot = (found, all) => columns.map((column, place) => (place === 0 ? countOf(found, all, "organization")
      : column.total ? column.total(sum(found.map(column.of))) : null));
    fill("organizations", columns, rows, { order: [[2, "desc"]], foot, empty: "No organization has usage yet." });
    const left = sum(this.data.left_out.map((row) => BigInt(row.rows))) - sum(rows.map((row) => row.quarantined));
    document.querySelector("#organizations-card .hint").textContent = "One page each"
      + (left ? `; ${count(left, "more row")} in quarantine ${left === 1n ? "names" : "name"} no organization` : "");
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
    const isBlocked = (row) => row.state === "blocked";
    fill("dates", [
      { title: "Usage date", of: (r) => r.usage_date, show: (r) => element("span", { class: "nowrap" }, dayText(r.usage_date)) },
      { title: "State", of: (r) => r.state, show: (r) => this.state(r) },
      { title: "Version", right: true, of: (r) => BigInt(r.version ?? 0), show: (r) => String(r.version ?? "—") },
      { title: "Events", right: true, of: (r) => BigInt(r.events), show: (r) => (isBlocked(r) ? "—" : wholeNumber.format(r.events)) },
      { title: "Credits", right: true, of: (r) => units(r.credits), show: (r) => (isBlocked(r) ? "—" : amount(units(r.credits))) },
      { title: "Corrections", less: true, right: true, of: (r) => units(r.corrections ?? "0"), show: (r) => (r.corrections ? signed(units(r.corrections)) : "—") },
      { title: "Quarantined", less: true, right: true, of: (r) => BigInt(r.quarantined ?? -1), show: (r) => (r.quarantined === null ? "—" : wholeNumber.format(r.quarantined)) },
      { title: "Published", less: true, of: (r) => r.published_at, show: (r) => `${isBlocked(r) ? "Tried " : ""}${instantText(r.published_at)}` },
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
      { title: "Reason", of: (r) => r.reason, show: (r) => element("span", {}, element("code", {}, r.reason), element("span", { class: "brand" }, GIVEN.fix[r.reason] ?? "")) },
      { title: "Rows", right: true, of: (r) => r.rows, show: (r) => wholeNumber.format(r.rows) },
      { title: "Organizations", of: (r) => r.organizations.map((one) => visible(one)).join(", "), show: (r) => organizationsCell(r) },
      { title: "Example", less: true, wide: true, show: exampleCell },
    ], reasons, { order: [[0, "desc"], [2, "desc"]], empty: "No row is in quarantine." });
    const outcomes = this.data.outcomes.map((row) => ({ ...row, rows: BigInt(row.rows) }));
    const ended = sum(outcomes.map((row) => row.rows));
    const received = BigInt(this.data.logs[0].rows);
    const line = (name, value, mark = "") => element("tr", {}, element("th", { scope: "row" }, name), element("td", { class: "right" }, value, mark));
    document.getElementById("adds").replaceChildren(
      line("Rows received in all logs", wholeNumber.format(received)),
      ...outcomes.map((row) => line(
        element("span", {}, element("code", {}, row.outcome), element("span", { class: "muted" }, outcomeNote(row))),
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

/** What an outcome means for the bill, where its name does not say so. */
function outcomeNote({ outcome, is_blocked: blocked }) {
  if (blocked) return " on blocked dates, not published";
  return GIVEN.settled.includes(outcome) ? " excluded" : "";
}

/** Up to three organizations by name, and how many more. */
function organizationsCell({ organizations, organization_count: all }) {
  const more = all - organizations.length;
  return element("span", {}, organizations.map((one) => (one === null ? "no organization" : visible(one))).join(", "),
    more ? ` and ${wholeNumber.format(more)} more` : "");
}

const DATA = JSON.parse(document.getElementById("data").textContent);
window.page = document.body.dataset.page === "index" ? new IndexPage(DATA) : new OrganizationPage(DATA);
