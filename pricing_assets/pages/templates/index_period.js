// The operator's page in a period that its reader chooses: figures, bars and organizations, beside the period before.

class OperatorPeriods {
  constructor(page) {
    this.page = page;
    const { periods, organization_periods: used } = page.data;
    this.rows = page.daily.map((row) => ({ ...row, day: row.usage_date, name: row.billing_type, label: typeName(row.billing_type), value: row.credits }));
    this.booked = page.booked.map((row) => ({ ...row, day: row.usage_date, ...CORRECTIONS, label: t`Corrections`, value: row.credits, usd: units(row.usd, DOLLAR_PLACES) }));
    this.used = grouped(used, ([, name]) => name);
    this.published = new Set(page.current.map((row) => row.usage_date));
    this.segments = new Segments("presets", Object.keys(periods).map((name) => [name, presetText(name, periods.all[0][1])]), () => this.name, (name) => page.choose(name));
    hideUnless("period", Object.keys(periods).length > 0);
  }

  /** What organizations used in a period, by id. */
  of(name) {
    return new Map((this.used.get(name) ?? []).map(([org, , events, credits, usd, booked]) => [org, {
      events: BigInt(events), credits: units(credits), usd: units(usd, DOLLAR_PLACES), booked: units(booked) }]));
  }

  /** A page's address with the period that is shown here, as far as the organization has dates of it. */
  pageOf({ page, first_date: oldest, last_date: newest }) {
    if (this.name === "all" || !this.period || !oldest || oldest > this.period[1] || newest < this.period[0]) return `${page}#period=all`;
    return `${page}#from=${oldest > this.period[0] ? oldest : this.period[0]}&to=${newest < this.period[1] ? newest : this.period[1]}`;
  }

  draw() {
    const { periods, timezone } = this.page.data;
    this.name = this.page.view.period ?? DEFAULT_PRESET;
    const [dates, before] = periods[this.name] ?? [null, null];
    const first = periods.all?.[0][0];
    this.period = dates ? [dates[0] < first ? first : dates[0], dates[1]] : null;
    this.days = [before, this.period].map((span) => (span ? [...this.published].filter((day) => within(day, span)).length : 0));
    this.before = before && this.days.every((count) => count > 0) ? before : null;
    this.segments.show();
    this.figures();
    this.bars();
    const then = this.before ? this.of(`${this.name} before`) : null;
    this.page.organizations(this.of(this.name), then, (now, earlier) => this.change(now, earlier));
    this.page.sheets.say(`All organizations · usage dates ${spanText(...this.drawn)} (${timezone}) · no filter`);
  }

  /** A change beside the period before, per published date where these are not as many. */
  change(now, then) {
    const [before, after] = this.days.map(BigInt);
    return changeOf(now * before, then * after);
  }

  figures() {
    const isIn = (row, span) => span !== null && within(row.day, span);
    const [now, then] = [this.period, this.before].map((span) => [...this.rows, ...this.booked].filter((row) => isIn(row, span)));
    const total = (rows, of) => sum(rows.map(of));
    const credits = total(now, (row) => row.credits);
    const earlier = total(then, (row) => row.credits);
    const booked = total(now.filter((row) => row.name === CORRECTIONS.name), (row) => row.credits);
    const versus = this.days[0] === this.days[1] ? "vs" : "a day vs";
    drawFigure("credits", amount(credits), [
      dollars(total(now, (row) => (typeof row.usd === "bigint" ? row.usd : units(row.usd, DOLLAR_PLACES)))),
      this.before ? element("div", {}, this.change(credits, earlier), ` ${versus} `, amount(earlier),
        element("span", { class: "muted" }, ` of ${spanText(...this.before)}`)) : null,
      booked ? element("div", {}, "Usage ", amount(credits - booked), ", corrections ", signed(booked)) : null]);
    const events = (rows) => total(rows, (row) => row.events ?? 0n);
    const many = [...this.of(this.name).values()].filter((one) => one.events > 0n).length;
    drawFigure("events", wholeNumber.format(events(now)), [count(many, "organization"),
      this.before ? element("div", {}, this.change(events(now), events(then)), ` ${versus} `, wholeNumber.format(events(then))) : null]);
  }

  /** Each day or week: its billing types, the same weekdays of the period before, what is blocked or not published. */
  bars() {
    const { chart, data, blocked: attempts } = this.page;
    const blocked = attempts.map((row) => row.usage_date);
    const last = [this.period?.[1], ...blocked].filter(Boolean).sort().at(-1);  // a newer date that is blocked is drawn, too
    const buckets = bucketsOf(this.period ? [this.period[0], this.name === "last-month" ? this.period[1] : last] : last ? [last, last] : null);
    const isWeekly = buckets.some((one) => one.days.length > 1);
    this.drawn = [buckets[0]?.days[0], buckets.at(-1)?.days.at(-1)];
    const placeOf = new Map(buckets.flatMap(({ days }, place) => days.map((day) => [day, place])));
    const inBars = (rows) => rows.filter((row) => placeOf.has(row.day));
    const groups = ranked(inBars(this.rows), (row) => row.name, (row) => row.value);
    const named = groups.slice(0, MOST_NAMES);
    const rest = groups.slice(MOST_NAMES);
    const colors = colorsOf(new Map(GIVEN.billingTypes.map((type, place) => [type, place])), named.map((one) => one.key));
    const booked = inBars(this.booked);
    const series = [...named.map(({ key, rows }) => ({ name: key, label: typeName(key), color: colors.get(key), rows })),
      ...(rest.length ? [{ name: OTHERS, label: othersText(rest.length), color: OTHER_COLOR, rows: rest.flatMap((one) => one.rows) }] : []),
      ...(booked.length ? [{ ...CORRECTIONS, label: t`Corrections`, rows: booked }] : [])];
    const through = data.closings[0]?.closed_through ?? "";
    const shift = this.before ? weekdayShift(this.name, this.period) : 0;
    const earlier = grouped([...this.rows, ...this.booked], (row) => row.day);
    const bars = buckets.map((bucket, place) => {
      const parts = series.map(({ rows, ...one }) => ({ ...one, value: sum(rows.filter((row) => placeOf.get(row.day) === place).map((row) => row.value)) }))
        .filter((part) => part.value !== 0n);
      const isBlocked = bucket.days.some((day) => blocked.includes(day));
      const isThere = parts.length > 0 || bucket.days.some((day) => this.published.has(day));
      const then = bucket.days.map((day) => later(day, -shift)).filter((day) => shift && this.published.has(day));
      return { ...bucket, parts, label: dayText(bucket.key, dayShort), mark: isBlocked ? t`blocked` : null,
        title: isWeekly ? `Week of ${dayText(bucket.key)}` : `${weekdayText(bucket.key)}, ${dayText(bucket.key)}`,
        state: isThere ? (bucket.days.at(-1) > through ? "provisional" : "final") : "missing",
        why: isBlocked ? t`blocked` : isThere ? "" : t`Not published`, tickText: `${count(shift / WEEK, "week")} before:`,
        tick: then.length ? sum(then.flatMap((day) => earlier.get(day) ?? []).map((row) => row.value)) : null };
    });
    document.getElementById("chart-title").textContent = perDayTitle("credits", isWeekly);
    chart.draw({ unit: { ...UNITS.credits, title: t`credits` }, bars });
    const legend = (mark, label) => element("span", { class: "legend" }, mark, label);
    document.getElementById("legend").replaceChildren(...series.map(({ color, label }) => legend(dot(color), label)),
      ...(bars.some((bar) => bar.tick !== null) ? [legend(element("span", { class: "tick-mark", "aria-hidden": "true" }), `same weekday, ${count(shift / WEEK, "week")} before`)] : []),
      ...(bars.some((bar) => bar.state === "missing") ? [legend(element("span", { class: "dot hatch-mark", "aria-hidden": "true" }), "not published")] : []));
    const attempted = blocked.filter((day) => placeOf.has(day)).map((day) => ({ day, label: "Blocked", value: null }));
    fill("days", [
      { title: t`Date`, of: (row) => row.day, show: (row) => dayText(row.day) },
      { title: t`Billing type`, of: (row) => row.label },
      { title: t`Events`, right: true, of: (row) => row.events ?? 0n, show: (row) => (row.events === undefined ? "—" : wholeNumber.format(row.events)) },
      { title: t`Credits`, right: true, of: (row) => row.value ?? 0n, show: (row) => (row.value === null ? "—" : amount(row.value)) },
    ], [...inBars(this.rows), ...booked, ...attempted], { order: [[0, "desc"], [3, "desc"]] });
  }
}
