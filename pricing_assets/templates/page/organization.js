// An organization's page: filters, and everything below them drawn again from the same charges.

/** The charges, one per date and key: the lines' days laid out. */
function chargesOf(lines) {
  return lines.flatMap(({ days, ...line }) => days.map(([usage_date, quantity, credits, usd]) => (
    { ...line, usage_date, quantity, credits: units(credits), usd: units(usd, DOLLAR_PLACES) })));
}

class OrganizationPage {
  constructor(data) {
    this.data = data;
    this.charges = chargesOf(data.lines);
    this.corrections = data.corrected.map((one) => (
      { ...one, credits: units(one.credits), usd: units(one.usd, DOLLAR_PLACES) }));
    this.rated = data.rated.flatMap(({ days, ...key }) => days.map(([usage_date, events]) => (
      { ...key, usage_date, events: BigInt(events) })));
    const days = data.dates.map((one) => one.usage_date);
    this.range = [days[0] ?? "", days.at(-1) ?? ""];
    this.drill = new DrillDown(data);
    this.chart = new DailyChart(
      document.getElementById("chart"), document.getElementById("tip"),
      ({ day, name }) => this.openDay(day, name),
    );
    this.filters = { group: "type", ...readAddress(data.dimensions) };
    this.controls();
    this.head();
    this.draw();
    window.addEventListener("hashchange", () => {
      this.filters = { group: "type", ...readAddress(data.dimensions) };
      this.setControls();
      this.draw();
    });
  }

  head() {
    const closed = this.data.dates.filter((one) => one.closed).at(-1);
    const cards = [...new Set(this.data.dates.flatMap((one) => one.rate_cards))];
    const computed = this.data.dates.map((one) => one.published_at ?? "").sort().at(-1);
    document.getElementById("facts").replaceChildren(
      closed ? badge(`Closed through ${dayText(closed.usage_date)}`, "good-badge") : badge("Provisional: not closed yet", "open-badge"),
      element("span", {}, computed ? `Computed ${instantText(computed)}` : "Nothing published"),
      element("span", {}, `Rate card ${cards.map(visible).join(", ") || "none"}`),
    );
    const { older, most } = this.data;
    document.getElementById("window").textContent = older
      ? `${count(older, "usage date")} not shown: this page goes back ${most.days} days and holds ${count(most.charges, "charge")} at most; all are in credits.duckdb.` : "";
  }

  /** Options of a choice: [text, what it sets]. The first sets nothing. */
  choice(id, every, options, same, set) {
    const select = document.getElementById(id);
    select.replaceChildren(element("option", {}, every), ...options.map(([text]) => element("option", {}, text)));
    select.addEventListener("change", () => {
      set(select.selectedIndex === 0 ? undefined : options[select.selectedIndex - 1][1]);
      this.changed();
    });
    return () => { select.selectedIndex = options.findIndex(([, value]) => same(value)) + 1; };
  }

  controls() {
    const all = [...this.rated, ...this.corrections];
    const distinct = (keyOf) => [...grouped(all, keyOf).values()].map(([first]) => first);
    const byText = (a, b) => (a[0] < b[0] ? -1 : 1);
    const types = distinct((row) => row.billing_type).map((row) => [typeName(row.billing_type), row.billing_type]);
    const models = distinct((row) => JSON.stringify([row.brand, row.model]))
      .map((row) => [row.brand ? `${visible(row.brand)} · ${visible(row.model)}` : visible(row.model), [row.brand, row.model]]);
    const keys = distinct((row) => row.key_mode).map((row) => [visible(row.key_mode), row.key_mode]);
    const f = () => this.filters;
    this.setters = [
      this.choice("type", "All types", types.sort(byText), (v) => v === f().type, (v) => { f().type = v; }),
      this.choice("model", "All models", models.sort(byText),
        ([brand, model]) => model === f().model && brand === (f().brand ?? ""),
        (v) => { [f().brand, f().model] = v ?? []; }),
      this.choice("key", "All key modes", keys.sort(byText), (v) => v === f().key, (v) => { f().key = v; }),
      ...this.data.dimensions.map((name, place) => this.choice(
        `dimension-${place}`, "All", distinct((row) => JSON.stringify(row.dimensions[place]))
          .map((row) => [visible(row.dimensions[place]), row.dimensions[place]]).sort(byText),
        (v) => f().by.has(name) && f().by.get(name) === v,
        (v) => { if (v === undefined) f().by.delete(name); else f().by.set(name, v); })),
    ];
    for (const [id, place] of [["from", 0], ["to", 1]]) {
      const input = document.getElementById(id);
      [input.min, input.max] = this.range;
      input.addEventListener("change", () => {
        f()[id] = input.value && input.value !== this.range[place] ? input.value : undefined;
        this.changed();
      });
      this.setters.push(() => { input.value = f()[id] ?? this.range[place]; });
    }
    for (const button of document.querySelectorAll("[data-group]")) {
      button.addEventListener("click", () => { f().group = button.dataset.group; this.changed(); });
      this.setters.push(() => button.setAttribute("aria-pressed", String(button.dataset.group === f().group)));
    }
    document.getElementById("reset").addEventListener("click", () => {
      this.filters = { group: f().group, by: new Map() };
      this.changed();
    });
    for (const button of document.querySelectorAll("[data-export]")) {
      button.addEventListener("click", () => this.save(button.dataset.export));
    }
    document.getElementById("print").addEventListener("click", () => window.print());
    this.setControls();
  }

  setControls() { for (const set of this.setters) set(); }

  changed() {
    writeAddress({ ...this.filters, group: this.filters.group === "type" ? undefined : this.filters.group });
    this.setControls();
    this.draw();
  }

  inDates(day) {
    return day >= (this.filters.from ?? this.range[0]) && day <= (this.filters.to ?? this.range[1]);
  }

  keeps(row) {
    const f = this.filters;
    return this.inDates(row.usage_date)
      && (f.type === undefined || row.billing_type === f.type)
      && (f.model === undefined || (row.model === f.model && row.brand === (f.brand ?? "")))
      && (f.key === undefined || row.key_mode === f.key)
      && this.data.dimensions.every((name, place) => !f.by.has(name) || row.dimensions[place] === f.by.get(name));
  }

  /** What a charge is stacked as: its billing type or its model. */
  nameOf(row) {
    return this.filters.group === "type" ? row.billing_type : JSON.stringify([row.brand, row.model]);
  }

  draw() {
    this.shown = this.charges.filter((row) => this.keeps(row));
    this.booked = this.corrections.filter((row) => this.keeps(row));
    const usage = sum(this.shown.map((row) => row.credits));
    this.total = usage + sum(this.booked.map((row) => row.credits));
    this.bars();
    this.cards(usage);
    drawLines(this, usage);
    drawCorrections(this, usage);
    drawOwnKeys(this);
    drawLeftOut(this);
    drawAdds(this);
    drawVersions(this);
  }

  openDay(day, name) {
    const rows = name === "corrections" ? [] : this.shown.filter((row) => row.usage_date === day && this.nameOf(row) === name);
    if (!rows.length) { document.getElementById("corrections-card").scrollIntoView(); return; }
    this.drill.charges(`${dayText(day)} · ${this.labels.get(name)}`, rows, sum(rows.map((row) => row.credits)));
  }

  bars() {
    const groups = [...grouped(this.shown, (row) => this.nameOf(row)).entries()]
      .map(([name, rows]) => ({ name, rows, credits: sum(rows.map((row) => row.credits)) }))
      .sort((a, b) => (a.credits > b.credits ? -1 : a.credits < b.credits ? 1 : a.name < b.name ? -1 : 1));
    const byType = this.filters.group === "type";
    this.labels = new Map(groups.map(({ name, rows: [row] }) => [name, byType ? typeName(name) : visible(row.model)]));
    const colors = new Map(groups.map(({ name }, place) => [name, byType ? typeColor(name) : `var(--color-${place % 11})`]));
    const rows = groups.flatMap(({ name, rows: all }) => [...grouped(all, (row) => row.usage_date).entries()].map(
      ([day, few]) => ({ day, name, label: this.labels.get(name), color: colors.get(name), value: sum(few.map((row) => row.credits)) })));
    for (const [day, few] of grouped(this.booked, (row) => row.usage_date)) {
      rows.push({ day, name: "corrections", label: "Corrections", color: "var(--muted)", value: sum(few.map((row) => row.credits)) });
    }
    const first = this.filters.from ?? this.range[0];
    const last = this.filters.to ?? this.range[1];
    const days = first && first <= last ? daysBetween(first, last) : [];
    this.chart.draw(days, rows);
    document.getElementById("legend").replaceChildren(...groups.slice(0, 12).map(({ name, rows: [row] }) => element(
      "button", { class: "legend", "aria-pressed": String(this.isolated(row)), onclick: () => this.isolate(row) },
      dot(colors.get(name)), element("bdi", {}, this.labels.get(name)))));
    this.byDay = grouped([...this.shown, ...this.booked], (row) => row.usage_date);
    fill("days", [
      { title: "Date", of: (row) => row.day, show: (row) => dayText(row.day) },
      { title: byType ? "Billing type" : "Model", of: (row) => row.label },
      { title: "Credits", right: true, of: (row) => row.value, show: (row) => amount(row.value) },
      { title: "Charges", show: (row) => element("button", { class: "link", onclick: () => this.openDay(row.day, row.name) }, "Charges") },
    ], rows, { order: [[0, "asc"], [2, "desc"]], empty: "No charge." });
  }

  isolated(row) {
    return this.filters.group === "type" ? this.filters.type === row.billing_type
      : this.filters.model === row.model && (this.filters.brand ?? "") === row.brand;
  }

  isolate(row) {
    const on = !this.isolated(row);
    if (this.filters.group === "type") this.filters.type = on ? row.billing_type : undefined;
    else [this.filters.brand, this.filters.model] = on ? [row.brand, row.model] : [];
    this.changed();
  }

  cards(usage) {
    const events = sum(this.rated.filter((row) => this.keeps(row)).map((row) => row.events));
    const dollars = sum([...this.shown, ...this.booked].map((row) => row.usd));
    const ranked = (rows, keyOf) => [...grouped(rows, keyOf).entries()]
      .map(([name, few]) => [name, sum(few.map((row) => row.credits))])
      .sort((a, b) => (a[1] > b[1] ? -1 : a[1] < b[1] ? 1 : 0))[0];
    const peak = ranked([...this.shown, ...this.booked], (row) => row.usage_date);
    const type = ranked(this.shown, (row) => row.billing_type);
    const booked = this.total - usage;
    const put = (id, value, below) => {
      document.getElementById(id).replaceChildren(value);
      document.getElementById(`${id}-below`).replaceChildren(...below);
    };
    put("credits", amount(this.total), [amount(dollars, DOLLAR_PLACES, "$"), ...(this.booked.length
      ? [element("div", {}, "Usage ", amount(usage), ", corrections ", signed(booked))] : [])]);
    put("events", wholeNumber.format(events), [count(this.byDay.size, "usage date")]);
    put("peak", peak ? amount(peak[1]) : "—", [peak ? dayText(peak[0]) : "No usage"]);
    put("largest", type ? typeName(type[0]) : "—", [type ? `${decimal(perMille(type[1], usage), 1)}% of credits` : "No usage"]);
  }

  save(what) {
    const guarded = what.endsWith("-excel");
    const keys = ["billing_type", "brand", "model", "key_mode"];
    const name = document.body.dataset.file;
    const span = `${this.filters.from ?? this.range[0]}_${this.filters.to ?? this.range[1]}`;
    if (what === "daily") {
      const rows = this.data.daily.filter(([day, type]) => this.inDates(day)
        && (this.filters.type === undefined || this.filters.type === type));
      save(`daily_usage_${name}_${span}.csv`, csv(
        ["usage_date", "org_id", "billing_type", "events", "credits", "usd"],
        rows.map(([day, ...rest]) => [day, this.data.org_id, ...rest]), guarded));
      return;
    }
    const columns = ["usage_date", "org_id", ...this.data.dimensions, ...keys, "meter", "quantity", "per",
      "list_price", "price", "credits", "usd", "rate_card", "agreement", "correction"];
    const rows = [...this.shown, ...this.booked].map((row) => [
      row.usage_date, this.data.org_id, ...row.dimensions, ...keys.map((key) => row[key]), row.meter, row.quantity,
      row.per, row.list_price, row.price, decimal(row.credits), decimal(row.usd, DOLLAR_PLACES),
      row.rate_card, row.agreement, row.correction]);
    save(`charges_${name}_${span}.csv`, csv(columns, rows, guarded));
  }
}
