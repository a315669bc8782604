// Usage per day or week of an organization: bars, what they are compared with, their legend, and the same as a table.

function drawChart(page) {
  const { grouping, unit, now } = page;
  const buckets = bucketsOf(page.period.length ? page.period : null);
  page.isWeekly = buckets.some((one) => one.key !== one.days[0] || one.days.length > 1);
  page.bars = buckets;
  page.barOf = new Map(buckets.flatMap(({ days }, place) => days.map((day) => [day, place])));
  const top = ranked(now.measured, (row) => row.keys[grouping.id], (row) => row.value);
  const named = top.slice(0, MOST_NAMES).filter((one) => one.key !== undefined);
  const rest = top.filter((one) => !named.includes(one));
  page.colors = colorsOf(page.orders.get(grouping.id), named.map((one) => one.key));
  page.othersName = rest.length === 1 ? page.nameOf(grouping, rest[0].key) : othersText(rest.length);
  const series = [...named.map(({ key, rows }) => ({ name: key, label: page.nameOf(grouping, key), color: page.colorOf(key), rows })),
    ...(rest.length ? [{ name: OTHERS, label: page.othersName, color: OTHER_COLOR, rows: rest.flatMap((one) => one.rows) }] : [])]
    .map((one) => ({ ...one, rows: one.rows.filter((row) => row.correction === undefined) })).filter((one) => one.rows.length);
  const booked = page.view.unit === "requests" ? [] : now.booked;
  if (booked.length) series.push({ ...CORRECTIONS, label: t`Corrections`, rows: booked });
  const values = series.map((one) => page.valuesOf(one.rows));
  const ticks = ticksOf(page, buckets);
  const through = page.data.closed_through ?? "";
  const blocked = new Map(page.blocked.map((one) => [one.usage_date, one.version]));
  const bars = buckets.map((bucket, place) => {
    const parts = series.map(({ name, label, color }, at) => ({ name, label, color, value: values[at][place] })).filter((part) => part.value !== 0n);
    const missing = bucket.days.filter((day) => !publishedIn(page.data.published, [day, day]));
    const isMissing = missing.length === bucket.days.length && !parts.length;
    const isBlocked = bucket.days.some((day) => blocked.has(day));
    const state = isMissing ? "missing" : bucket.days.at(-1) > through ? "provisional" : "final";
    const why = isMissing ? (isBlocked ? t`Not published: it has not passed its checks` : t`Not published: no usage of this date has come`)
      : isBlocked ? t`Newer usage has not passed its checks`
        : missing.length ? t`${count(missing.length, "date")} of it not published` : state === "final" ? t`Final` : t`Provisional: late usage may still change it`;
    return { ...bucket, parts, state, why, mark: isBlocked ? t`blocked` : null, tick: ticks?.[place] ?? null,
      tickText: page.shift ? t`${count(page.shift / WEEK, "week")} before:` : "", label: dayText(bucket.key, dayShort),
      title: page.isWeekly ? t`Week of ${dayText(bucket.key)}` : `${weekdayText(bucket.key)}, ${dayText(bucket.key)}` };
  });
  const states = new Set(bars.filter((bar) => bar.parts.length).map((bar) => bar.state));
  document.getElementById("chart").classList.toggle("two-states", states.size > 1);
  document.getElementById("chart-title").textContent = perDayTitle(page.view.unit ?? "credits", page.isWeekly);
  page.chart.draw({ bars, unit });
  const legend = (mark, label) => element("span", { class: "legend" }, mark, label);
  document.getElementById("legend").replaceChildren(
    ...series.filter(({ name }) => page.colors.has(name)).map(({ name, label, color }) => element("button", {
      type: "button", class: "legend", "aria-pressed": String(page.isolated(name)), onclick: () => page.isolate(name) }, dot(color), element("bdi", {}, label))),
    ...series.filter(({ name }) => !page.colors.has(name)).map(({ label, color }) => legend(dot(color), label)),
    ...(ticks ? [legend(element("span", { class: "tick-mark", "aria-hidden": "true" }), t`same weekday, ${count(page.shift / WEEK, "week")} before`)] : []),
    ...(states.size > 1 ? [legend(element("span", { class: "dot light-mark", "aria-hidden": "true" }), t`lighter: provisional`)] : []),
    ...(bars.some((bar) => bar.state === "missing") ? [legend(element("span", { class: "dot hatch-mark", "aria-hidden": "true" }), t`not published`)] : []));
  page.daysAreDrawn = false;
  page.drawDays = () => drawDays(page, bars);
  if (document.querySelector(".chart-card .as-table").open) page.drawDays();
}

/** What each bar is compared with: the same weekdays of weeks before; null where none of them is published. */
function ticksOf(page, buckets) {
  if (!page.before || !page.shift) return null;
  const earlier = new Map();
  const rows = page.view.unit === "requests" ? [...page.all.rated, ...page.all.sums] : [...page.all.rows, ...page.all.sums, ...page.all.booked];
  for (const row of rows) earlier.set(page.dayOf(row), (earlier.get(page.dayOf(row)) ?? 0n) + row.value);
  const ticks = buckets.map(({ days }) => {
    const before = days.map((day) => later(day, -page.shift));
    const published = before.filter((day) => publishedIn(page.data.published, [day, day]));
    return published.length ? sum(published.map((day) => earlier.get(day) ?? 0n)) : null;
  });
  return ticks.some((tick) => tick !== null) ? ticks : null;
}

/** The bars as a table, which is filled once it is opened. */
function drawDays(page, bars) {
  if (page.daysAreDrawn) return;
  page.daysAreDrawn = true;
  const { unit } = page;
  const rows = bars.flatMap((bar) => (bar.parts.length ? bar.parts.map((part) => ({ ...part, bar }))
    : bar.mark || bar.state === "missing" ? [{ bar, label: bar.mark ? t`Blocked` : t`Not published`, value: null }] : []));
  fill("days", [
    { title: page.isWeekly ? t`Week of` : t`Date`, of: (row) => row.bar.key, show: (row) => dayText(row.bar.key) },
    { title: page.grouping.title, of: (row) => row.label },
    { title: unitTitle(page.view.unit ?? "credits"), right: true, of: (row) => row.value ?? 0n, show: (row) => (row.value === null ? "—" : inUnit(row.value, unit)) },
    { title: t`State`, less: true, of: (row) => row.bar.why },
    { title: t`Charges`, show: (row) => (row.value === null ? "" : element("button", { class: "link", onclick: () => page.openBar(row.bar, row) }, t`Charges`)) },
  ], rows, { order: [[0, "asc"], [2, "desc"]], empty: t`No charge.` });
}
