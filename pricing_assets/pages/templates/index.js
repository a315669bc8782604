// The operator's page: dates, organizations, what was left out, and how fresh it is.

const MOST_ITEMS = 20;
const SOON = 14;
const STALE_HOURS = 54;

class IndexPage {
  constructor(data) {
    this.data = data;
    this.current = data.reports.filter((row) => row.state === "current");
    this.daily = data.daily.map((row) => ({ ...row, credits: units(row.credits), events: BigInt(row.events) }));
    this.booked = data.corrections.map((row) => ({ ...row, credits: units(row.credits) }));
    this.blocked = data.reports.filter((row) => row.state === "blocked");
    this.attention();
    const exact = document.getElementById("exact");
    exact.addEventListener("change", () => { this.view.exact = exact.checked ? "1" : undefined; this.showExact(); this.keep(); });
    this.chart = new BarChart(document.getElementById("chart"), document.getElementById("tip"),
      ({ days }) => document.getElementById(`files-${days.at(-1)}`)?.scrollIntoView({ block: "center" }));
    this.sheets = new PrintedSheets("Credits");
    this.periods = new OperatorPeriods(this);
    this.head();
    this.arrive();
    settingsChanged = () => this.keep();
    detailsOf("days").addEventListener("toggle", () => this.keep());
    window.addEventListener("hashchange", () => this.arrive());
  }

  /** Show what the address asks for. */
  arrive() {
    const { periods, balances } = this.data;
    this.view = readAddress([], ["period", "exact"]);
    const { period, show, tables, unknown } = this.view;
    if (period !== undefined && periods[period] === undefined) {
      unknown.push(`period=${period}`);
      delete this.view.period;
    }
    settings.clear();
    for (const [id, set] of tables) settings.set(id, set);
    staleSettings.clear();
    detailsOf("days").open = show.includes("days");
    this.showExact();
    this.periods.draw();
    drawBalances(balances);
    this.dates();
    this.quarantine();
    this.rest();
    const gone = [...show.filter((name) => name !== "days").map((name) => `show=${name}`), ...staleSettings];
    this.notice([
      ...(unknown.length ? [t`Not understood in this page's address, and left out: ${unknown.map(visible).join(", ")}.`] : []),
      ...(gone.length ? [t`Not on this page, which its address would open: ${gone.map(visible).join(", ")}.`] : []),
    ]);
  }

  notice(said) {
    const notice = document.getElementById("notice");
    notice.hidden = said.length === 0;
    notice.textContent = said.join(" ");
  }

  /** Keep in the address what is shown and open. */
  keep() {
    writeAddress({ ...this.view, show: detailsOf("days").open ? ["days"] : [], tables: settings });
  }

  /** Show a period that the reader chose. */
  choose(period) {
    this.view.period = period === DEFAULT_PRESET ? undefined : period;
    this.notice([]);
    this.periods.draw();
    this.keep();
  }

  showExact() {
    const isExact = this.view.exact !== undefined;
    document.getElementById("exact").checked = isExact;
    document.documentElement.classList.toggle("exact-amounts", isExact);
  }

  /** What needs the operator first: what a run exits 1 for, usage without a price, who runs out; or that all is clear. */
  attention() {
    const { rejected, undated_logs: logs, credits_at_risk: stake, balances } = this.data;
    const versions = new Map(this.current.map((row) => [row.usage_date, row.version]));
    const soon = (row) => row.exhausts_on && row.exhausts_on <= later(row.as_of, SOON);
    const named = ranked(stake.filter((row) => row.most_credits !== null), (row) => JSON.stringify([row.brand, row.model]), (row) => units(row.most_credits));
    const unknown = new Set(stake.filter((row) => row.most_credits === null).map((row) => JSON.stringify([row.brand, row.model])));
    const page = (row) => element("a", { href: row.page }, element("bdi", {}, visible(row.org_id)));
    const items = [
      ...rejected.map((one) => [`${one.reason}`, "creditmill status", t`File rejected, not charged: `, element("code", {}, visible(one.path)), ` — ${visible(one.detail.replace(`${one.reason}: `, ""))}`]),
      ...this.blocked.map((row) => [t`blocked`, `creditmill quarantine ${row.usage_date}`, t`${dayText(row.usage_date)} is blocked: ${visible(row.reason)}. `,
        versions.has(row.usage_date) ? t`Version ${versions.get(row.usage_date)} stays in force.` : t`Nothing of it is published.`]),
      ...logs.map((one) => [t`no usage date`, "creditmill quarantine", element("code", {}, visible(one.file_name)),
        t` — ${wholeNumber.format(one.undated)} of ${count(one.rows, "row")} have no usage date`]),
      ...named.map(({ key, rows, value }) => [t`no price`, "creditmill names propose", element("bdi", {}, JSON.parse(key).filter((one) => one).map(visible).join(" · ")),
        t` of ${count(new Set(rows.map((row) => row.org_id)).size, "organization")} has no price: up to `, amount(value), t` credits are not charged`]),
      ...(unknown.size ? [[t`no price`, "creditmill names propose", t`${count(unknown.size, "name")} without a price, of kinds that no card prints`]] : []),
      ...balances.filter((row) => units(row.overdraft) > 0n).map((row) => [t`overdraft`, "creditmill balance", page(row), t` has used `, amount(units(row.overdraft)), t` credits that no grant covers`]),
      ...balances.filter((row) => units(row.overdraft) === 0n && soon(row)).map((row) => [t`runs out`, "creditmill balance", page(row), t` runs out on ${dayText(row.exhausts_on)}: `, amount(units(row.closing)), t` credits are left`]),
      ...(this.isStale() ? [[t`not updated`, "creditmill run", t`Nothing was published for ${Math.floor(this.age() / 24)} days`]] : []),
    ];
    const rest = items.length - MOST_ITEMS;
    document.getElementById("attention").classList.toggle("clear", items.length === 0);
    document.querySelector("#attention .hint").textContent = items.length ? t`As the last run found it` : "";
    document.getElementById("attention-list").replaceChildren(
      ...items.slice(0, MOST_ITEMS).map(([kind, command, ...said]) => element("li", {}, badge(visible(kind), "bad-badge"), " ",
        element("span", { class: "said" }, ...said), copied(command))),
      ...(rest > 0 ? [element("li", {}, t`${wholeNumber.format(rest)} more: `, copied("creditmill status"))] : []),
      ...(items.length ? [] : [element("li", {}, badge(t`✓ All clear`, "good-badge"), t` Nothing is blocked, rejected, without a price, or about to run out.`)]),
    );
  }

  /** Hours since anything was published. */
  age() {
    const published = this.data.reports.map((row) => row.published_at).sort().at(-1);
    return published ? (Date.now() - Date.parse(`${published.replace(" ", "T")}Z`)) / 3600000 : 0;
  }

  isStale() {
    return this.age() > STALE_HOURS;
  }

  head() {
    const { reports, closings, logs: [logs], timezone } = this.data;
    const newest = this.current[0];
    const through = closings[0]?.closed_through;
    const published = reports.map((row) => row.published_at).sort().at(-1);
    const blocked = this.blocked.length;
    const rejected = this.data.rejected.length;
    document.getElementById("facts").replaceChildren(
      badge(through ? `Closed through ${dayText(through)}` : "No date is closed", through ? "good-badge" : "open-badge"),
      ...(rejected ? [badge(`${count(rejected, "file")} rejected`, "bad-badge")] : []),
      ...(blocked ? [badge(`${count(blocked, "date")} blocked`, "bad-badge")] : []),
      element("span", {}, `Usage dates in ${timezone}`),
    );
    const left = sum(this.data.quarantined_rows.map((row) => BigInt(row.rows)));
    const put = (id, value, ...below) => drawFigure(id, value, below);
    put("peak", newest ? dayText(newest.usage_date) : "—",
      published ? `Published ${instantText(published)}` : "Nothing published",
      this.isStale() ? element("div", { class: "bad" }, t`Not updated for ${Math.floor(this.age() / 24)} days`) : "");
    const undated = sum(this.data.quarantined_rows.filter((row) => row.usage_date === null).map((row) => BigInt(row.rows)));
    put("largest", wholeNumber.format(left),
      undated ? element("div", {}, `${wholeNumber.format(undated)} of them of no usage date`) : "",
      `${decimal(perMille(left, BigInt(logs.rows)), 1)}% of ${wholeNumber.format(logs.rows)} rows in ${count(logs.logs, "log")}`);
  }

  /** The organizations, with what they used in the period and in the one before. */
  organizations(used, before, change) {
    const none = { events: 0n, credits: 0n, usd: 0n, booked: 0n };
    const rows = this.data.organizations.map((row) => ({ ...row, ...(used.get(row.org_id) ?? none),
      before: before?.get(row.org_id)?.credits ?? 0n, quarantined: BigInt(row.quarantined) }));
    const total = sum(rows.map((row) => row.credits));
    const most = largestOf(rows.map((row) => row.credits));
    const booked = rows.some((row) => row.booked !== 0n);
    const whole = { right: true, total: wholeNumber.format.bind(wholeNumber) };
    const columns = [
      { title: t`Organization`, wide: true, of: (o) => o.org_id, show: (o) => element("span", {},
        element("a", { href: this.periods.pageOf(o) }, element("bdi", {}, visible(o.org_id))), o.alike ? element("div", { class: "bad" }, o.alike) : "") },
      { title: t`Events`, ...whole, of: (o) => o.events, show: (o) => wholeNumber.format(o.events) },
      { title: t`Credits`, right: true, total: amount, of: (o) => o.credits, show: (o) => amount(o.credits) },
      ...(booked ? [
        { title: t`of it corrections`, less: true, right: true, total: signed, of: (o) => o.booked, show: (o) => signed(o.booked) }] : []),
      { title: t`Share`, less: true, of: (o) => o.credits, show: (o) => share(o.credits, total, most, "var(--accent)") },
      ...(before ? [{ title: t`vs before`, less: true, right: true, of: (o) => o.credits - o.before, show: (o) => change(o.credits, o.before) }] : []),
      { title: t`Dollars`, less: true, right: true, total: dollars, of: (o) => o.usd, show: (o) => dollars(o.usd) },
      { title: t`Quarantined`, less: true, ...whole, of: (o) => o.quarantined, show: (o) => wholeNumber.format(o.quarantined) },
      { title: t`Last usage`, less: true, of: (o) => o.last_date ?? "", show: (o) => dayText(o.last_date) },
    ];
    const foot = (found, all) => columns.map((column, place) => (place === 0 ? countOf(found, all, "organization")
      : column.total ? column.total(sum(found.map(column.of))) : null));
    fill("organizations", columns, rows, { order: [[2, "desc"]], foot, empty: t`No organization has usage yet.` });
    const left = sum(this.data.quarantined_rows.map((row) => BigInt(row.rows))) - sum(rows.map((row) => row.quarantined));
    const hint = document.querySelector("#organizations-card .hint");
    hint.classList.toggle("counts", left > 0n);  // on paper, too
    hint.textContent = "One page each; quarantined rows are of all dates"
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
      { title: t`Usage date`, of: (r) => r.usage_date, show: (r) => element("span", { class: "nowrap" }, dayText(r.usage_date)) },
      { title: t`State`, of: (r) => r.state, show: (r) => this.state(r) },
      { title: t`Version`, right: true, of: (r) => BigInt(r.version ?? 0), show: (r) => String(r.version ?? "—") },
      { title: t`Events`, right: true, of: (r) => BigInt(r.events), show: (r) => (isBlocked(r) ? "—" : wholeNumber.format(r.events)) },
      { title: t`Credits`, right: true, of: (r) => units(r.credits), show: (r) => (isBlocked(r) ? "—" : amount(units(r.credits))) },
      { title: t`Corrections`, less: true, right: true, of: (r) => units(r.corrections ?? "0"), show: (r) => (r.corrections ? signed(units(r.corrections)) : "—") },
      { title: t`Quarantined`, less: true, right: true, of: (r) => BigInt(r.quarantined ?? -1), show: (r) => (r.quarantined === null ? "—" : wholeNumber.format(r.quarantined)) },
      { title: t`Published`, less: true, of: (r) => r.published_at, show: (r) => `${isBlocked(r) ? "Tried " : ""}${instantText(r.published_at)}` },
      { title: t`Rate cards`, less: true, of: (r) => r.rate_cards.join(", ") || "—" },
      { title: t`Files`, show: (r) => this.files(r) },
    ], shown, { order: [[0, "desc"]], empty: t`Nothing is published yet.` });
    const restated = this.data.reports.filter((row) => row.supersedes !== null || row.state === "blocked");
    hideUnless("restatements-card", restated.length > 0);
    fill("restatements", [
      { title: t`Usage date`, of: (r) => r.usage_date, show: (r) => dayText(r.usage_date) },
      { title: t`Version`, right: true, of: (r) => BigInt(r.version ?? 0), show: (r) => (r.version ? `${r.supersedes} → ${r.version}` : "—") },
      { title: t`State`, of: (r) => r.state },
      { title: t`Difference`, right: true, of: (r) => units(r.difference ?? "0"), show: (r) => (r.difference === null ? "—" : signed(units(r.difference))) },
      { title: t`Published`, less: true, of: (r) => r.published_at, show: (r) => instantText(r.published_at) },
      { title: t`Why`, wide: true, of: (r) => r.reason },
    ], restated, { order: [[4, "desc"]] });
  }

  quarantine() {
    const reasons = this.data.quarantined_rows.map((row) => ({ ...row, rows: BigInt(row.rows) }));
    fill("quarantined-rows", [
      { title: t`Usage date`, of: (r) => r.usage_date ?? "", show: (r) => element("span", { class: "nowrap" }, dayText(r.usage_date)) },
      { title: t`Reason`, of: (r) => r.reason, show: (r) => element("span", {}, element("code", {}, r.reason), element("span", { class: "brand" }, GIVEN.fix[r.reason] ?? "")) },
      { title: t`Rows`, right: true, of: (r) => r.rows, show: (r) => wholeNumber.format(r.rows) },
      { title: t`Organizations`, of: (r) => r.organizations.map((one) => visible(one)).join(", "), show: (r) => organizationsCell(r) },
      { title: t`Example`, less: true, wide: true, show: exampleCell },
    ], reasons, { order: [[0, "desc"], [2, "desc"]], empty: t`No row is in quarantine.` });
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
    const { credits_at_risk: stake, own_keys: own, closings, cards } = this.data;
    const credits = (text) => (text === null ? "—" : amount(units(text)));
    const org = { title: t`Organization`, of: (r) => r.org_id };
    const model = { title: t`Model`, wide: true, of: (r) => r.model, show: (r) => modelCell(r) };
    for (const [id, rows] of [["own-keys", own], ["closings", closings]]) hideUnless(`${id}-card`, rows.length > 0);
    fill("credits-at-risk", [org, model, { title: t`Key`, less: true, of: (r) => r.key_mode }, { title: t`Reason`, of: (r) => r.reason },
      { title: t`At least`, right: true, of: (r) => units(r.least_credits ?? "0"), show: (r) => credits(r.least_credits) },
      { title: t`At most`, right: true, of: (r) => units(r.most_credits ?? "0"), show: (r) => credits(r.most_credits) },
    ], stake, { order: [[5, "desc"]], empty: t`Every name has a price.` });
    fill("own-keys", [org, model, { title: t`Cap`, less: true, of: (r) => (r.capped ? "applied" : "—") },
      { title: t`Credits`, right: true, of: (r) => units(r.credits), show: (r) => credits(r.credits) },
      { title: t`On the platform's key`, right: true, of: (r) => units(r.platform_credits ?? "-1"),
        show: (r) => (r.platform_credits === null ? r.platform : credits(r.platform_credits)) },
    ], own, { order: [[3, "desc"]] });
    fill("closings", [
      { title: t`Act`, of: (r) => BigInt(r.closing), show: (r) => r.act },
      { title: t`Date`, of: (r) => r.act_date, show: (r) => dayText(r.act_date) },
      { title: t`Closed through`, of: (r) => r.closed_through ?? "", show: (r) => dayText(r.closed_through) },
      { title: t`By`, less: true, of: (r) => r.closed_by }, { title: t`At`, less: true, of: (r) => r.closed_at, show: (r) => instantText(r.closed_at) },
      { title: t`Why`, wide: true, of: (r) => r.reason },
    ], closings, { order: [[0, "desc"]] });
    fill("cards", [
      { title: t`Rate card`, of: (r) => r.rate_card },
      { title: t`Prices`, right: true, of: (r) => BigInt(r.prices), show: (r) => wholeNumber.format(r.prices) },
      { title: t`In force from`, of: (r) => r.valid_from, show: (r) => instantText(r.valid_from) },
      { title: t`To`, of: (r) => r.valid_to ?? "", show: (r) => (r.valid_to ? instantText(r.valid_to) : "now") },
    ], cards, { order: [[2, "desc"]] });
  }
}

/** A command with a button that copies it. */
function copied(command) {
  const button = element("button", { type: "button", class: "copy", "aria-label": t`Copy ${command}`, onclick: async () => {
    await copyText(command, code);
    button.textContent = t`Copied`;
    setTimeout(() => { button.textContent = t`Copy`; }, 2000);
  } }, t`Copy`);
  const code = element("code", {}, command);
  return element("span", { class: "command" }, code, " ", button);
}

/** Copy a text; where a browser keeps its clipboard to itself, select it for the reader to copy. */
async function copyText(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(shown);
    document.execCommand("copy");
  }
}

/** What an outcome means for the bill, where its name does not say so. */
function outcomeNote({ outcome, is_blocked: blocked }) {
  if (blocked) return " on blocked dates, not published";
  return GIVEN.excluded.includes(outcome) ? " excluded" : "";
}

/** Up to three organizations by name, and how many more. */
function organizationsCell({ organizations, organization_count: all }) {
  const more = all - organizations.length;
  return element("span", {}, organizations.map((one) => (one === null ? "no organization" : visible(one))).join(", "),
    more ? ` and ${wholeNumber.format(more)} more` : "");
}

translatePage();
const DATA = JSON.parse(document.getElementById("data").textContent);
window.page = document.body.dataset.page === "index" ? new IndexPage(DATA) : new OrganizationPage(DATA);
