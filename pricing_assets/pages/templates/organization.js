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
    this.blocked = data.dates.filter((one) => one.blocked);
    this.filters = { group: "type", ...readAddress(data.dimensions) };
    this.sheets = new PrintedSheets(visible(data.org_id));
    this.controls();
    this.head();
    drawBalance(data);
    this.draw();
    window.addEventListener("hashchange", () => {
      this.filters = { group: "type", ...readAddress(data.dimensions) };
      this.setControls();
      this.draw();
    });
  }

  head() {
    const through = this.data.closed_through;
    const cards = [...new Set(this.data.dates.flatMap((one) => one.rate_cards))];
    const computed = this.data.dates.map((one) => one.published_at ?? "").sort().at(-1);
    document.getElementById("facts").replaceChildren(
      through ? badge(`Closed through ${dayText(through)}`, "good-badge") : badge("No date is closed", "open-badge"),
      element("span", {}, computed ? `Computed ${instantText(computed)}` : "Nothing published"),
      element("span", {}, `Rate card ${cards.map(visible).join(", ") || "none"}`),
    );
    const { older, most } = this.data;
    document.getElementById("window").textContent = older
      ? `${count(older, "usage date")} not shown: this page goes back ${most.days} days and holds ${count(most.charges, "charge")} at most. Their credits are in the total above.` : "";
    const shown = sum([...this.charges, ...this.corrections].map((row) => row.credits));
    this.earlier = units(this.data.total.credits) - shown;
    document.getElementById("earlier").replaceChildren(...(older
      ? [" · of it ", amount(this.earlier), ` on ${count(older, "earlier usage date")}, not on this page`] : []));
  }

  /**
   * Options of a choice: [text, what it sets]. The first sets nothing. `chosen` is what is set:
   * [text, whether a value is the same], or undefined; what no option has gets one of its own.
   */
  choice(id, every, options, chosen, set) {
    const select = document.getElementById(id);
    select.replaceChildren(element("option", {}, every), ...options.map(([text]) => element("option", {}, text)));
    select.addEventListener("change", () => {
      set(select.selectedIndex === 0 ? undefined : options[select.selectedIndex - 1][1]);
      this.changed();
    });
    const title = document.querySelector(`label:has(#${id})`).firstChild.textContent;
    return () => {
      select.querySelector(".stale")?.remove();
      const [text, same] = chosen() ?? [];
      let place = same === undefined ? 0 : options.findIndex(([, value]) => same(value)) + 1;
      if (same !== undefined && place === 0) {
        this.stale.push(`${title} “${text}”`);
        select.append(element("option", { class: "stale", disabled: true }, `${text} (not on this page)`));
        place = options.length + 1;
      }
      select.selectedIndex = place;
    };
  }

  controls() {
    const all = [...this.rated, ...this.corrections];
    const distinct = (keyOf) => [...grouped(all, keyOf).values()].map(([first]) => first);
    const byText = (a, b) => (a[0] < b[0] ? -1 : 1);
    const types = distinct((row) => row.billing_type).map((row) => [typeName(row.billing_type), row.billing_type]);
    const modelText = (brand, model) => (brand ? `${visible(brand)} · ${visible(model)}` : visible(model));
    const models = distinct((row) => JSON.stringify([row.brand, row.model]))
      .map((row) => [modelText(row.brand, row.model), [row.brand, row.model]]);
    const keys = distinct((row) => row.key_mode).map((row) => [visible(row.key_mode), row.key_mode]);
    const f = () => this.filters;
    this.setters = [
      this.choice("type", "All types", types.sort(byText),
        () => f().type === undefined ? undefined : [typeName(f().type), (v) => v === f().type],
        (v) => { f().type = v; }),
      this.choice("model", "All models", models.sort(byText),
        () => f().model === undefined ? undefined : [modelText(f().brand, f().model),
          ([brand, model]) => model === f().model && brand === (f().brand ?? "")],
        (v) => { [f().brand, f().model] = v ?? []; }),
      this.choice("key", "All key modes", keys.sort(byText),
        () => f().key === undefined ? undefined : [visible(f().key), (v) => v === f().key],
        (v) => { f().key = v; }),
      ...this.data.dimensions.map((name, place) => this.choice(
        `dimension-${place}`, "All", distinct((row) => JSON.stringify(row.dimensions[place]))
          .map((row) => [visible(row.dimensions[place]), row.dimensions[place]]).sort(byText),
        () => f().by.has(name) ? [visible(f().by.get(name)), (v) => f().by.get(name) === v] : undefined,
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
      this.filters = { group: f().group, by: new Map(), unknown: [] };
      this.changed();
    });
    for (const button of document.querySelectorAll("[data-export]")) {
      button.addEventListener("click", () => this.save(button.dataset.export));
    }
    document.getElementById("print").addEventListener("click", () => window.print());
    this.setControls();
  }

  setControls() {
    this.stale = [];
    for (const set of this.setters) set();
  }

  changed() {
    writeAddress({ ...this.filters, group: this.filters.group === "type" ? undefined : this.filters.group });
    this.setControls();
    this.draw();
  }

  inDates(day) {
    return day >= (this.filters.from ?? this.range[0]) && day <= (this.filters.to ?? this.range[1]);
  }

  /** The first and the last of the dates that are chosen and on this page; none: []. */
  chosenDates() {
    const first = [this.filters.from ?? "", this.range[0]].sort().at(-1);
    const last = [this.filters.to ?? "9", this.range[1]].sort()[0];
    return first && first <= last ? [first, last] : [];
  }

  /** What a reader would take for less usage, or for a filter that is not there. */
  notices() {
    const { from, to, unknown } = this.filters;
    const [first, last] = this.range;
    const said = [];
    if (unknown.length) said.push(`Not understood in this page's address, and left out: ${unknown.map(visible).join(", ")}.`);
    if (this.stale.length) said.push(`Nothing on this page is of ${this.stale.join(", ")}, which its address asks for.`);
    if (from !== undefined && to !== undefined && from > to) said.push("The first date is after the last.");
    else if (first && ((from ?? first) < first || (to ?? last) > last || (from ?? first) > last || (to ?? last) < first)) {
      said.push(`The dates asked for are not all on this page, which shows ${spanText(first, last)}.`);
    }
    for (const { usage_date: day, version } of this.blocked.filter((one) => this.inDates(one.usage_date))) {
      said.push(version === null
        ? `${dayText(day)} is blocked: it has not passed its checks, and none of its usage is charged yet.`
        : `${dayText(day)} is blocked: newer usage has not passed its checks; version ${version} is shown, and stays until it has.`);
    }
    const place = document.getElementById("notice");
    place.hidden = said.length === 0;
    place.replaceChildren(...said.map((text) => element("p", {}, text)));
  }

  /** Dates and filters in words, for paper. */
  filtersText() {
    const shown = (id, title) => {
      const select = document.getElementById(id);
      return select.selectedIndex > 0 ? `${title}: ${select.selectedOptions[0].textContent}` : null;
    };
    const chosen = [shown("type", "billing type"), shown("model", "model"), shown("key", "key mode"),
      ...this.data.dimensions.map((name, place) => shown(`dimension-${place}`, dimensionName(name).toLowerCase()))];
    const { from, to } = this.filters;
    const dates = spanText(from ?? this.range[0], to ?? this.range[1]);
    return `Usage dates ${dates} (${this.data.timezone}) · ${chosen.filter((one) => one).join(" · ") || "no filter: all usage of these dates"}`;
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
    this.notices();
    this.sheets.say(this.filtersText());
    drawBars(this);
    this.cards(usage);
    drawLines(this, usage);
    drawCorrections(this, usage);
    drawOwnKeys(this);
    drawLeftOut(this);
    drawAdds(this);
    drawVersions(this);
  }

  openDay(day, name) {
    const isOf = name === OTHERS ? (one) => this.folded.has(one) : (one) => one === name;
    const rows = name === "corrections" ? [] : this.shown.filter((row) => row.usage_date === day && isOf(this.nameOf(row)));
    if (!rows.length) { document.getElementById("corrections-card").scrollIntoView(); return; }
    this.drill.charges(`${dayText(day)} · ${this.labels.get(name)}`, rows, sum(rows.map((row) => row.credits)));
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
    const usd = sum([...this.shown, ...this.booked].map((row) => row.usd));
    const ranked = (rows, keyOf) => [...grouped(rows, keyOf).entries()]
      .map(([name, few]) => [name, sum(few.map((row) => row.credits))])
      .sort((a, b) => (a[1] > b[1] ? -1 : a[1] < b[1] ? 1 : 0))[0];
    const peak = ranked([...this.shown, ...this.booked], (row) => row.usage_date);
    const type = ranked(this.shown, (row) => row.billing_type);
    const booked = this.total - usage;
    drawFigure("credits", amount(this.total), [dollars(usd), ...(this.booked.length
      ? [element("div", {}, "Usage ", amount(usage), ", corrections ", signed(booked))] : [])]);
    drawFigure("events", wholeNumber.format(events), [count(this.byDay.size, "usage date")]);
    drawFigure("peak", peak ? amount(peak[1]) : "—", [peak ? dayText(peak[0]) : "No usage"]);
    drawFigure("largest", type ? typeName(type[0]) : "—", [type ? `${decimal(perMille(type[1], usage), 1)}% of credits` : "No usage"]);
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
