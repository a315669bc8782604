// An organization's page: what is shown of its usage, and everything drawn again where that changes.

/** The charges, one per date and key: the lines' days laid out. */
function chargesOf(lines, dimensions) {
  return lines.flatMap(({ days, ...line }) => {
    const of = { ...line, keys: keysOf(line, dimensions), rateLine: rateLine(line), priceLine: priceLine(line) };
    return days.map(([usage_date, quantity, credits, usd]) => (
      { ...of, usage_date, quantity, credits: units(credits), usd: units(usd, DOLLAR_PLACES) }));
  });
}

function keysOf(row, dimensions) {
  return Object.fromEntries(dimensions.map((one) => [one.id, one.key(row)]));
}

/** The part of the page that opens, by the name that the address has for it. */
function detailsOf(name) {
  return document.getElementById(name).closest("details");
}

class OrganizationPage {
  constructor(data) {
    this.data = data;
    this.dimensions = dimensionsOf(data);
    this.charges = chargesOf(data.lines, this.dimensions);
    this.corrections = data.corrected.map((one) => (
      { ...one, keys: keysOf(one, this.dimensions), rateLine: rateLine(one), priceLine: priceLine(one), credits: units(one.credits), usd: units(one.usd, DOLLAR_PLACES) }));
    this.rated = data.rated.flatMap(({ days, ...line }) => {
      const keys = keysOf({ ...line, meter: undefined }, this.dimensions);
      return days.map(([usage_date, events]) => ({ ...line, keys, usage_date, events: BigInt(events) }));
    });
    // before the first charges that the page holds: sums by date and billing type
    this.sums = data.daily.filter(([day]) => !data.charges_from || day < data.charges_from)
      .map(([usage_date, billing_type, events, credits, usd]) => ({ usage_date, billing_type, events: BigInt(events),
        credits: units(credits), usd: units(usd, DOLLAR_PLACES), keys: { type: JSON.stringify(billing_type) } }));
    const days = [...data.daily.map(([day]) => day), ...[...data.dates, ...data.corrected].map((one) => one.usage_date)].sort();
    this.range = [days[0] ?? "", days.at(-1) ?? ""];
    this.blocked = data.dates.filter((one) => one.blocked);
    this.names();
    this.drill = new DrillDown(data);
    this.chart = new BarChart(document.getElementById("chart"), document.getElementById("tip"), (bar, part) => this.openBar(bar, part));
    this.view = readAddress(this.dimensions);
    this.sheets = new PrintedSheets(visible(data.org_id));
    this.controls = new Controls(this);
    this.head();
    this.arrive();
    settingsChanged = () => this.keep();
    for (const name of FOLDED) detailsOf(name).addEventListener("toggle", ({ target }) => { if (name === "days" && target.open) this.drawDays(); this.keep(); });
    window.addEventListener("hashchange", () => {
      this.view = readAddress(this.dimensions);
      this.arrive();
    });
  }

  /** Show what the address asks for, with all that is open in it. */
  arrive() {
    const { open, show, tables, drawer, charge } = this.view;
    this.openGroups = new Set(open);
    settings.clear();
    for (const [id, set] of tables) settings.set(id, set);
    staleSettings.clear();
    [this.proved, this.versionsOf] = [undefined, undefined];
    for (const name of FOLDED) detailsOf(name).open = show.includes(name);
    drawBalance(this.data);
    this.draw();
    const gone = this.goneRows.map((id) => `open=${id}`);
    const set = tables.get("drill-table");
    this.drill.asked = charge === undefined ? set : undefined;
    const isOpen = drawer !== undefined && this.openAsked(listOf(drawer));
    if (drawer !== undefined && !isOpen) gone.push(`drawer=${drawer}`);
    if (charge !== undefined) this.drill.asked = set;
    if (charge !== undefined && !(isOpen && this.drill.openAsked(charge))) gone.push(`charge=${charge}`);
    this.notices([...gone, ...staleSettings]);
  }

  /** Keep in the address what is shown and open. */
  keep() {
    const show = FOLDED.filter((name) => detailsOf(name).open && !detailsOf(name).hidden);
    const shown = new Map([...settings].filter(([id]) => id !== "drill-table" || this.drill.dialog.open));
    writeAddress({ ...this.view, open: [...this.openGroups], show, tables: shown, drawer: this.drill.from, charge: this.drill.charge });
  }

  /** The name and the color of everything that usage can be grouped by. */
  names() {
    const all = [...this.charges, ...this.corrections, ...this.rated];
    this.labels = new Map(this.dimensions.map((one) => [one.id, new Map()]));
    this.orders = new Map(this.dimensions.map((one) => [one.id, colorOrder(one, [...this.charges, ...this.sums])]));
    const seen = new Set();
    for (const row of all) {
      if (seen.has(row.keys)) continue;
      seen.add(row.keys);
      for (const one of this.dimensions) {
        const key = row.keys[one.id];
        if (key !== undefined && !this.labels.get(one.id).has(key)) this.labels.get(one.id).set(key, one.label(row));
      }
    }
    for (const row of this.sums) this.labels.get("type").set(row.keys.type, typeName(row.billing_type));
  }

  nameOf(dimension, key) {
    if (key !== undefined) return this.labels.get(dimension.id).get(key) ?? dimension.text(key);
    return dimension.id === "meter" && this.view.unit === "requests" ? t`Requests are not counted by meter` : t`Not kept by ${dimension.title.toLowerCase()}`;
  }

  head() {
    const through = this.data.closed_through;
    const cards = [...new Set(this.data.dates.flatMap((one) => one.rate_cards))];
    const computed = this.data.dates.map((one) => one.published_at ?? "").sort().at(-1);
    document.getElementById("facts").replaceChildren(
      through ? badge(t`Final through ${dayText(through)}`, "good-badge") : badge(t`No date is final yet`, "open-badge"),
      through && this.range[1] > through ? element("span", {}, t`provisional after`) : "",
      element("span", {}, computed ? t`Computed ${instantText(computed)}` : t`Nothing published`),
      element("span", {}, t`Rate card ${cards.map(visible).join(", ") || t`none`}`),
    );
    const { older, most } = this.data;
    document.getElementById("window").textContent = older
      ? t`${count(older, "usage date")} by day and billing type only: charges go back ${most.days} days, and so far as a page holds ${count(most.charges, "charge")}.` : "";
  }

  changed() {
    for (const set of settings.values()) set.page = undefined;
    this.draw();
    this.keep();
  }

  /** The preset that is shown, or none. */
  preset() {
    return this.view.from !== undefined || this.view.to !== undefined ? undefined : this.view.period ?? DEFAULT_PRESET;
  }

  inDates(day) {
    return this.period.length > 0 && within(day, this.period);
  }

  /** The dates that are shown, what they are compared with, and how many of both are published. */
  setPeriod() {
    const [first, last] = this.range;
    const { from, to, vs } = this.view;
    const preset = this.preset();
    const asked = !first ? [] : preset ? presetPeriod(preset, this.range) : [from ?? first, to ?? last];
    this.asked = asked;
    this.period = asked.length ? [asked[0] > first ? asked[0] : first, asked[1] < last ? asked[1] : last] : [];
    if (this.period[0] > this.period[1]) this.period = [];
    const before = asked.length && this.period.length && vs !== "none" ? periodBefore(preset, [asked[0], this.period[1]]) : null;
    this.before = before;
    this.shift = this.period.length && before ? weekdayShift(preset, [asked[0], this.period[1]]) : 0;
    this.dates = [publishedIn(this.data.published, before), publishedIn(this.data.published, this.period.length ? this.period : null)];
  }

  keeps(row) {
    for (const [id, keys] of this.view.filters) {
      if (id === "meter" && row.meter === undefined && row.events !== undefined && row.keys.model !== undefined) continue;
      if (!keys.has(row.keys[id])) return false;
    }
    return true;
  }

  /** What the filters keep of a period: charges, sums, corrections and rated events, and what is measured of them. */
  of(period) {
    const isIn = (row) => period !== null && period.length > 0 && within(row.usage_date, period);
    const found = { rows: this.all.rows.filter(isIn), sums: this.all.sums.filter(isIn),
      booked: this.all.booked.filter((row) => period !== null && period.length > 0 && within(this.dayOf(row), period)), rated: this.all.rated.filter(isIn) };
    found.measured = this.view.unit === "requests" ? [...found.rated, ...found.sums] : [...found.rows, ...found.sums, ...found.booked];
    return found;
  }

  /** The date on which a row counts: its usage date, of a correction its booking date where that is asked for. */
  dayOf(row) {
    return row.booked_on !== undefined && this.view.booked === "later" ? row.booked_on : row.usage_date;
  }

  draw() {
    this.drill.forget();  // its charges are of what was shown
    this.setPeriod();
    this.controls.show();
    this.grouping = this.dimensions.find((one) => one.id === (this.view.group ?? "type"));
    const unit = this.view.unit ?? "credits";
    this.unit = { ...UNITS[unit], title: unitTitle(unit).toLowerCase() };
    const keep = (rows) => rows.filter((row) => this.keeps(row));
    this.all = { rows: keep(this.charges), sums: keep(this.sums), booked: keep(this.corrections), rated: keep(this.rated) };
    const valueOf = unit === "requests" ? (row) => row.events : (row) => this.unit.of(row);
    for (const rows of Object.values(this.all)) for (const row of rows) row.value = valueOf(row) ?? 0n;
    [this.now, this.then] = [this.of(this.period), this.of(this.before)];
    this.shown = this.now.rows;
    this.booked = this.now.booked;
    this.total = sum([...this.now.rows, ...this.now.sums, ...this.now.booked].map((row) => row.credits));
    this.notices();
    const filters = this.controls.text();
    const through = this.data.closed_through;
    const state = through ? t`Final through ${dayText(through)}` : t`No date is final yet`;
    this.sheets.say([t`Usage dates ${spanText(...(this.period.length ? this.period : this.range))} (${this.data.timezone})`, filters, state,
      t`data ${this.data.digest}`].join(" · "));
    drawChart(this);
    drawFigures(this);
    drawChanged(this);
    drawTree(this);
    const usage = this.total - sum(this.booked.map((row) => row.credits));
    drawLines(this, usage);
    drawCorrections(this, usage);
    drawOwnKeys(this);
    drawLeftOut(this);
    drawAdds(this);
    drawVersions(this);
  }

  /** What a reader would take for less usage, or for a filter that is not there. */
  notices(gone = []) {
    const { unknown } = this.view;
    const [first, last] = this.range;
    const [from, to] = this.asked;
    const said = [];
    if (unknown.length) said.push(t`Not understood in this page's address, and left out: ${unknown.map(visible).join(", ")}.`);
    if (gone.length) said.push(t`Not on this page, which its address would open: ${gone.map(visible).join(", ")}.`);
    if (this.controls.stale.length) said.push(t`Nothing on this page is of ${this.controls.stale.join(", ")}, which its address asks for.`);
    const isPreset = this.preset() !== undefined;  // which shows what there is of it
    if (this.view.from > this.view.to) said.push(t`The first date is after the last.`);
    else if (first && (isPreset ? this.period.length === 0 : from < first || to > last || from > last || to < first)) {
      said.push(t`The dates asked for are not all on this page, which shows ${spanText(first, last)}.`);
    }
    const cut = this.sums.some((row) => this.inDates(row.usage_date));
    if (cut && (this.grouping.id !== "type" || this.view.unit === "tokens" || [...this.view.filters.keys()].some((id) => id !== "type"))) {
      said.push(t`Before ${this.data.charges_from ? dayText(this.data.charges_from) : t`the first charges`} this page has sums by day and billing type only.`);
    }
    if (this.view.unit === "requests" && this.view.filters.has("meter")) said.push(t`Requests are not counted by meter: those of all meters are shown.`);
    for (const { usage_date: day, version } of this.blocked.filter((one) => this.inDates(one.usage_date))) {
      said.push(version === null
        ? t`${dayText(day)} is blocked: it has not passed its checks, and none of its usage is charged yet.`
        : t`${dayText(day)} is blocked: newer usage has not passed its checks; version ${version} is shown, and stays until it has.`);
    }
    const place = document.getElementById("notice");
    place.hidden = said.length === 0;
    place.replaceChildren(...said.map((text) => element("p", {}, text)));
  }

  /** A change beside the period before, per published date where these are not as many. */
  change(now, then) {
    const [before, after] = this.dates.map((count) => BigInt(count));
    if (!this.before || before === 0n || after === 0n) return element("span", { class: "muted" }, "—");
    return changeOf(now * before, then * after);
  }

  /** What rows come to in each bar of the chart. */
  valuesOf(rows) {
    const values = this.bars.map(() => 0n);
    for (const row of rows) {
      const place = this.barOf.get(this.dayOf(row));
      if (place !== undefined) values[place] += row.value;
    }
    return values;
  }

  creditsPerBar() {
    const values = this.bars.map(() => 0n);
    for (const row of [...this.now.rows, ...this.now.sums, ...this.now.booked]) values[this.barOf.get(this.dayOf(row))] += row.credits;
    return values;
  }

  /** Credits of each date, of all dates that the filters keep. */
  creditsByDay() {
    const perDay = new Map();
    for (const row of [...this.all.rows, ...this.all.sums, ...this.all.booked]) {
      perDay.set(this.dayOf(row), (perDay.get(this.dayOf(row)) ?? 0n) + row.credits);
    }
    return perDay;
  }

  colorOf(key) {
    return this.colors.get(key) ?? OTHER_COLOR;
  }

  /** The color of a row's billing type: that of the chart, where it is by billing type. */
  typeColor(row) {
    return this.grouping.id === "type" ? this.colorOf(row.keys.type) : typeColor(row.billing_type);
  }

  /** The charges behind a part of a bar. */
  openBar(bar, part) {
    const rows = this.shown.filter((row) => bar.days.includes(row.usage_date)
      && (part.name === OTHERS ? !this.colors.has(row.keys[this.grouping.id]) : row.keys[this.grouping.id] === part.name));
    if (part.name === CORRECTIONS.name || !rows.length) { document.getElementById("corrections-card").scrollIntoView(); return; }
    this.drill.charges(`${bar.title} · ${part.label}`, rows, sum(rows.map((row) => row.credits)), ["bar", bar.key, part.name]);
  }

  /** The charges behind a price line of the row that is opened, which its path leads to. */
  openLine(line, path) {
    if (line.correction !== undefined) { document.getElementById("corrections-card").scrollIntoView(); return; }
    this.drill.charges(line.name, line.charges, sum(line.charges.map((row) => row.credits)), ["row", line.priceLine, ...path]);
  }

  /** The charges behind a usage line. */
  openUsage(charges) {
    const [line] = charges;
    this.drill.charges(`${typeName(line.billing_type)} · ${visible(line.model)} · ${meterWords(line.meter)[0]}`, charges,
      sum(charges.map((row) => row.credits)), ["line", line.priceLine]);
  }

  /** Open the drawer that an address names; false where what is behind it is not on this page. */
  openAsked([kind, name, ...rest]) {
    if (kind === "bar") {
      const bar = this.chart.bars.find((one) => one.key === name);
      const part = bar?.parts.find((one) => one.name === rest[0]);
      if (part) this.openBar(bar, part);
    } else if (kind === "line") {
      const charges = this.now.rows.filter((row) => row.priceLine === name);
      if (charges.length) this.openUsage(charges);
    } else if (kind === "row") {
      const levels = this.levels();
      const rows = rest.length > levels.length ? [] : this.now.measured.filter((row) => rest.every((key, place) => (row.keys[levels[place].id] ?? null) === key));
      const line = priceLines(rows).find((one) => one.priceLine === name);
      if (line) this.openLine(line, rest);
    }
    return this.drill.dialog.open;
  }

  /** What usage is grouped by, level by level. */
  levels() {
    return [this.grouping, this.dimensions.find((one) => one.id === this.view.then)].filter((one) => one);
  }

  isolated(key) {
    const chosen = this.view.filters.get(this.grouping.id);
    return chosen?.size === 1 && chosen.has(key);
  }

  isolate(key) {
    if (this.isolated(key)) this.view.filters.delete(this.grouping.id);
    else this.view.filters.set(this.grouping.id, new Set([key]));
    this.changed();
  }
}
