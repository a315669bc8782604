// Where it goes: groups, down to lines of quantity x price / per = credits, each beside the period before.

function drawTree(page) {
  const { grouping, unit } = page;
  const place = document.getElementById("tree");
  const open = page.openGroups;
  const drawn = new Set();
  const levels = page.levels();
  const whole = sum(page.now.measured.map((row) => row.value));
  document.querySelector("#tree-card .hint").textContent = [...levels.map((one) => one.title), t`price lines`].join(" → ");
  const head = [[grouping.title, "wide"], [perDayTitle(page.view.unit ?? "credits", page.isWeekly), "less"],
    [unitTitle(page.view.unit ?? "credits"), "right"], [t`Share`, "right less"], [t`vs before`, "right"]];
  const rows = [];
  const add = (now, then, level, path) => {
    const dimension = levels[level];
    const groups = ranked(now, (row) => row.keys[dimension.id], (row) => row.value);
    const earlier = grouped(then, (row) => row.keys[dimension.id]);
    for (const [key, few] of earlier) if (!groups.some((one) => one.key === key)) groups.push({ key, rows: [], value: 0n, gone: few });
    if (level === 0 && groups.length > MOST_NAMES) drawn.add(OTHERS);
    const most = level === 0 && !open.has(OTHERS) ? MOST_NAMES : groups.length;
    for (const group of groups.slice(0, most)) row(group, earlier.get(group.key) ?? [], level, path, dimension);
    if (groups.length > most) {
      const rest = groups.slice(most);
      rows.push(line({ id: OTHERS, level, name: othersText(rest.length), now: rest.flatMap((one) => one.rows),
        then: rest.flatMap((one) => earlier.get(one.key) ?? []), color: level === 0 ? OTHER_COLOR : null, canOpen: true }));
    }
  };
  const row = (group, then, level, path, dimension) => {
    const here = [...path, group.key ?? null];
    const id = JSON.stringify(here);
    const canOpen = group.rows.some((one) => one.meter !== undefined) || (level + 1 < levels.length && group.rows.length > 0);
    rows.push(line({ id, level, name: page.nameOf(dimension, group.key), now: group.rows, then,
      color: level === 0 ? page.colorOf(group.key) : null, canOpen }));
    if (!canOpen || !open.has(id)) return;
    if (level + 1 < levels.length) add(group.rows, then, level + 1, here);
    else for (const one of priceLines(group.rows)) rows.push(leaf(one, level + 1, here));
  };
  const line = ({ id, level, name, now, then, color, canOpen }) => {
    if (canOpen) drawn.add(id);
    const value = sum(now.map((one) => one.value));
    const mark = color ? dot(color) : null;
    const said = element("bdi", {}, name);
    const title = canOpen ? element("button", { class: "link", "aria-expanded": String(open.has(id)), "data-row": id, onclick: () => toggle(id) }, mark, said)
      : element("span", { class: "leaf" }, mark, said);
    return element("tr", { class: `level-${level}` }, element("td", { class: "wide" }, title),
      element("td", { class: "less" }, sparkline(page.valuesOf(now), t`${name}, per bar of the chart`)),
      element("td", { class: "right" }, inUnit(value, unit)),
      element("td", { class: "right less" }, `${decimal(perMille(value, whole), 1)}%`),
      element("td", { class: "right" }, page.change(value, sum(then.map((one) => one.value)))));
  };
  const leaf = (one, level, path) => element("tr", { class: `level-${level} price-line` },
    element("td", { class: "wide" }, element("button", { class: "link", onclick: () => page.openLine(one, path) }, one.name)),
    element("td", { class: "right", colspan: 2 }, element("span", { class: "nowrap" },
      `${wholeNumber.format(one.quantity)} × ${PRICE.format(one.price)} / ${meterWords(one.meter)[1]} = `), inUnit(one.value, unit)),
    element("td", { class: "less" }), element("td", {}));
  const toggle = (id) => {
    if (open.has(id)) open.delete(id); else open.add(id);
    drawTree(page);
    page.keep();
    [...place.querySelectorAll("[data-row]")].find((one) => one.dataset.row === id)?.focus();
  };
  add(page.now.measured, page.then.measured, 0, []);
  page.goneRows = [...open].filter((id) => !drawn.has(id));
  for (const id of page.goneRows) open.delete(id);
  place.replaceChildren(element("thead", {}, element("tr", {}, ...head.map(([text, kind]) => element("th", { class: kind, scope: "col" }, text)))),
    element("tbody", {}, ...(rows.length ? rows : [element("tr", {}, element("td", { colspan: 5, class: "muted" }, t`No usage of this kind.`))])),
    element("tfoot", {}, element("tr", {}, element("td", {}, t`Total`), element("td", { class: "less" }), element("td", { class: "right" }, inUnit(whole, unit)),
      element("td", { class: "less" }), element("td", { class: "right" }, page.change(whole, sum(page.then.measured.map((one) => one.value)))))));
}

const othersText = (many) => count(many, "other");

/** Charges by what they are priced as: quantity x price / per = credits. */
function priceLines(rows) {
  return [...grouped(rows.filter((row) => row.meter !== undefined), (row) => row.priceLine).values()].map((charges) => {
    const [row] = charges;
    const name = [row.model, row.key_mode === "own" ? t`own key` : null, meterWords(row.meter)[0], row.correction === undefined ? null : t`correction`];
    return { ...row, charges, name: name.filter((one) => one).map(visible).join(" · "),
      quantity: sum(charges.map((one) => BigInt(one.quantity))), value: sum(charges.map((one) => one.value)) };
  }).sort((a, b) => (a.value > b.value ? -1 : a.value < b.value ? 1 : a.name < b.name ? -1 : 1));
}
