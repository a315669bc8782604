// The chart: credits per day, stacked. Its specification comes from Altair; colors are the style's,
// so that dark mode and print need no other picture. A bar's height is the only float on a page.

const STYLE = {
  background: "transparent",
  font: "inherit",
  view: { stroke: "transparent" },
  axis: {
    labelColor: "var(--muted)", titleColor: "var(--muted)", gridColor: "var(--line)",
    domainColor: "var(--line)", ticks: false, labelPadding: 6, labelFontSize: 11, titleFontSize: 11,
    titleFontWeight: "normal", domain: false,
  },
  axisX: { grid: false },
  text: { color: "var(--text)" },
};

const CORRECTIONS = { name: "corrections", label: "Corrections", color: "var(--corrections)" };
const OTHERS = "others";
const OTHER_COLOR = "var(--color-9)";
const MODEL_COLORS = GIVEN.modelColors.map((place) => `var(--color-${place})`);

/** A date of an axis of time, or its year where it is the first; nothing within a day. */
function timeText(time) {
  if (time % 86400000) return "";
  const day = new Date(time).toISOString().slice(0, 10);
  return day.endsWith("-01-01") ? day.slice(0, 4) : dayText(day, dayShort);
}

/** Days from one to the other, each as ISO text. */
function daysBetween(first, last) {
  const days = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 86400000) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}

/** A chart of a specification in a place, for data to be put into. */
function embedChart(place, specification) {
  return vegaEmbed(place, specification, {
    ast: true, actions: false, defaultStyle: false, renderer: "svg", config: STYLE,
    tooltip: () => {}, logLevel: 1,
    expressionFunctions: { dayLabel: (day) => dayText(day, dayShort), timeLabel: (time) => timeText(time) },
    formatLocale: { decimal: ".", thousands: ",", grouping: [3], currency: ["$", ""] },
  });
}

class DailyChart {
  constructor(place, tip, chosen) {
    this.place = place;
    this.tip = tip;
    this.chosen = chosen;
    this.ready = embedChart(place, GIVEN.daily).then(({ view }) => {
      view.addEventListener("click", (event, item) => { if (item?.datum?.name) this.chosen(item.datum); });
      view.addEventListener("mousemove", (event, item) => this.hover(event, item));
      view.addEventListener("mouseout", () => this.hover(null, null));
      new ResizeObserver(() => view.resize().runAsync()).observe(place);
      return view;
    });
  }

  /**
   * Rows are {day, name, label, color, value: BigInt}; every day of `days` has its place. A day of
   * `blocked` says so where its bar would be.
   */
  async draw(days, rows, blocked = []) {
    const view = await this.ready;
    const order = new Map([...grouped(rows, (row) => row.name).keys()].map((name, at) => [name, at]));
    const totals = new Map(days.map((day) => [day, 0n]));
    for (const row of rows) totals.set(row.day, totals.get(row.day) + row.value);
    const bars = rows.map((row) => ({
      ...row, credits: Number(decimal(row.value)), total: totals.get(row.day), place: order.get(row.name),
    }));
    for (const day of days) bars.push({ day, name: "", credits: 0, color: "transparent", place: -1 });
    bars.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : a.place - b.place));
    const marks = blocked.filter((day) => totals.has(day)).map((day) => ({ day, credits: 0, mark: "blocked" }));
    await view.data("days", bars).data("blocked", marks).resize().runAsync();
    this.place.setAttribute("data-drawn", String(rows.length));
  }

  hover(event, item) {
    const row = item?.datum;
    this.tip.hidden = !row?.name;
    if (!row?.name) return;
    this.tip.replaceChildren(
      element("strong", {}, dayText(row.day)),
      element("div", {}, dot(row.color), ` ${row.label}`),
      element("div", {}, amount(row.value), ` credits, ${decimal(perMille(row.value, row.total), 1)}% of the day`),
    );
    const box = this.tip.offsetParent.getBoundingClientRect();
    const left = event.clientX - box.left;
    this.tip.style.left = `${Math.min(left + 14, box.width - this.tip.offsetWidth - 8)}px`;
    this.tip.style.top = `${event.clientY - box.top + 14}px`;
  }
}
