// Credits per day on an organization's page: bars, legend and the same as a table.

function drawBars(page) {
  const groups = [...grouped(page.shown, (row) => page.nameOf(row)).entries()]
    .map(([name, rows]) => ({ name, rows, credits: sum(rows.map((row) => row.credits)) }))
    .sort((a, b) => (a.credits > b.credits ? -1 : a.credits < b.credits ? 1 : a.name < b.name ? -1 : 1));
  const byType = page.filters.group === "type";
  page.labels = new Map(groups.map(({ name, rows: [row] }) => [name, byType ? typeName(name) : visible(row.model)]));
  // a color is of one name: models beyond the colors are one stack
  const most = byType ? groups.length : MODEL_COLORS.length;
  const rest = groups.length > most ? groups.slice(most) : [];
  page.folded = new Set(rest.map(({ name }) => name));
  page.labels.set(OTHERS, count(rest.length, "other model"));
  const colors = new Map(groups.map(({ name }, place) => [name, byType ? typeColor(name) : MODEL_COLORS[place] ?? OTHER_COLOR]));
  const perDay = groups.flatMap(({ name, rows: all }) => [...grouped(all, (row) => row.usage_date).entries()].map(
    ([day, few]) => ({ day, name, label: page.labels.get(name), color: colors.get(name), value: sum(few.map((row) => row.credits)) })));
  for (const [day, few] of grouped(page.booked, (row) => row.usage_date)) {
    perDay.push({ day, ...CORRECTIONS, value: sum(few.map((row) => row.credits)) });
  }
  const bars = perDay.filter((row) => !page.folded.has(row.name));
  for (const [day, few] of grouped(perDay.filter((row) => page.folded.has(row.name)), (row) => row.day)) {
    bars.push({ day, name: OTHERS, label: page.labels.get(OTHERS), color: OTHER_COLOR, value: sum(few.map((row) => row.value)) });
  }
  const chosen = page.chosenDates();
  const blocked = page.blocked.map((one) => one.usage_date).filter((day) => page.inDates(day));
  page.chart.draw(chosen.length ? daysBetween(...chosen) : [], bars, blocked);
  const legend = (color, label) => element("span", { class: "legend" }, dot(color), label);
  document.getElementById("legend").replaceChildren(...groups.slice(0, most).map(({ name, rows: [row] }) => element(
    "button", { class: "legend", "aria-pressed": String(page.isolated(row)), onclick: () => page.isolate(row) },
    dot(colors.get(name)), element("bdi", {}, page.labels.get(name)))),
  ...(rest.length ? [legend(OTHER_COLOR, page.labels.get(OTHERS))] : []),
  ...(page.booked.length ? [legend(CORRECTIONS.color, CORRECTIONS.label)] : []));
  const withoutBars = blocked.map((day) => ({ day, name: "", label: "Blocked", value: null }));
  page.byDay = grouped([...page.shown, ...page.booked], (row) => row.usage_date);
  fill("days", [
    { title: "Date", of: (row) => row.day, show: (row) => dayText(row.day) },
    { title: byType ? "Billing type" : "Model", of: (row) => row.label },
    { title: "Credits", right: true, of: (row) => row.value ?? 0n, show: (row) => (row.value === null ? "—" : amount(row.value)) },
    { title: "Charges", show: (row) => (row.value === null ? "" : element("button", { class: "link", onclick: () => page.openDay(row.day, row.name) }, "Charges")) },
  ], [...perDay, ...withoutBars], { order: [[0, "asc"], [2, "desc"]], empty: "No charge." });
}
