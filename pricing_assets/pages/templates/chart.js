// The chart: one stacked bar per day or week, with the period before as a tick, and what of it is final.

const CHART_HEIGHT = 300;

class BarChart {
  constructor(place, tip, chosen) {
    this.place = place;
    this.tip = tip;
    this.chosen = chosen;
    place.addEventListener("mouseleave", () => { tip.hidden = true; });
    new ResizeObserver(() => this.paint()).observe(place);
  }

  /**
   * `bars` are {key, label, title, days, parts: [{name, label, color, value}], state, why, tick};
   * `state` is final, provisional or missing; `tick` is the amount to compare with, or null.
   */
  draw({ bars, unit }) {
    this.bars = bars.map((bar) => ({ ...bar, total: sum(bar.parts.map((part) => part.value)) }));
    this.unit = unit;
    this.paint();
    this.place.setAttribute("data-drawn", String(sum(bars.map((bar) => BigInt(bar.parts.length)))));
  }

  paint() {
    const width = this.place.clientWidth;
    if (!this.bars || !width || (this.painted === this.bars && this.width === width)) return;
    [this.painted, this.width] = [this.bars, width];
    const { bars, unit } = this;
    const signs = bars.flatMap(({ parts, tick }) => [
      sum(parts.map((part) => (part.value > 0n ? part.value : 0n))), sum(parts.map((part) => (part.value < 0n ? part.value : 0n))), tick ?? 0n]);
    const axis = amountAxis(signs.reduce((a, b) => (a < b ? a : b), 0n), largestOf(signs));
    const text = (value) => unitText(value, unit).replace(/\.00$/, "");
    const box = { left: textRoom(axis, text), right: width - 4, top: 22, bottom: CHART_HEIGHT - 26 };
    const step = (box.right - box.left) / Math.max(1, bars.length);
    const drawn = bars.map((bar, place) => this.bar(bar, box.left + place * step, step, box, axis));
    const every = Math.ceil(58 / step);
    const dates = bars.map((bar, place) => (place % every ? null : svg("text", {
      class: "date", x: box.left + (place + 0.5) * step, y: CHART_HEIGHT - 8, "text-anchor": "middle" }, bar.label)));
    this.place.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${CHART_HEIGHT}`, width: "100%", height: CHART_HEIGHT },
      svg("defs", {}, svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svg("rect", { width: 6, height: 6, class: "hatch-back" }), svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "hatch-line" }))),
      amountLines(axis, box, text), svg("g", { class: "dates" }, ...dates), ...drawn));
  }

  bar(bar, left, step, box, axis) {
    const wide = Math.min(72, step * 0.82);
    const x = left + (step - wide) / 2;
    const y = (value) => box.bottom - axis.place(value) * (box.bottom - box.top);
    let [up, down] = [0n, 0n];
    const parts = bar.parts.filter((part) => part.value !== 0n).map((part) => {
      const from = part.value > 0n ? up : down;
      if (part.value > 0n) up += part.value; else down += part.value;
      const [top, end] = [Math.min(y(from), y(from + part.value)), Math.max(y(from), y(from + part.value))];
      return svg("rect", { class: "part", fill: part.color, x, y: top, width: wide, height: Math.max(0.5, end - top),
        onclick: () => this.chosen(bar, part), onmousemove: (event) => this.hover(event, bar, part) });
    });
    const total = unitText(bar.total, this.unit);
    const tick = bar.tick === null || bar.tick === undefined ? null : y(bar.tick);
    const above = y(up) - 6;
    const totalAt = tick !== null && tick > above - 12 && tick < above + 4 ? tick - 6 : above;  // not through the number
    return svg("g", { class: `bar ${bar.state}`, "data-day": bar.key },
      bar.state === "missing" ? svg("rect", { class: "missing", fill: "url(#hatch)", x, y: box.top, width: wide, height: box.bottom - box.top,
        onmousemove: (event) => this.hover(event, bar) }) : null,
      ...parts,
      bar.mark ? svg("text", { class: "mark", transform: `translate(${x + wide / 2 + 4} ${box.bottom - 6}) rotate(-90)` }, bar.mark) : null,
      tick === null ? null : svg("line", { class: "tick", x1: x - 3, x2: x + wide + 3, y1: tick, y2: tick }),
      parts.length && total.length * 6.8 < step ? svg("text", { class: "total", x: x + wide / 2, y: totalAt, "text-anchor": "middle" }, total) : null);
  }

  /** The whole day: its total, what it is compared with, and each part. */
  hover(event, bar, of) {
    const lines = [...bar.parts].reverse().map((part) => element("tr", { class: part === of ? "here" : null },
      element("td", {}, dot(part.color), element("bdi", {}, part.label)), element("td", { class: "right" }, inUnit(part.value, this.unit)),
      element("td", { class: "right" }, `${decimal(perMille(part.value, bar.total), 1)}%`)));
    this.tip.hidden = false;
    this.tip.replaceChildren(
      element("strong", {}, bar.title),
      element("div", {}, inUnit(bar.total, this.unit), " ", this.unit.title),
      ...(bar.tick === null || bar.tick === undefined ? [] : [element("div", { class: "muted" }, bar.tickText, " ", inUnit(bar.tick, this.unit))]),
      ...(bar.why ? [element("div", { class: "muted" }, bar.why)] : []),
      element("table", {}, element("tbody", {}, ...lines)));
    const around = this.tip.offsetParent.getBoundingClientRect();
    const left = event.clientX - around.left;
    this.tip.style.left = `${Math.max(0, Math.min(left + 14, around.width - this.tip.offsetWidth - 8))}px`;
    this.tip.style.top = `${event.clientY - around.top + 14}px`;
  }
}
