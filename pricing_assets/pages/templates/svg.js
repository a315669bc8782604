// Pictures as SVG: elements, axes and the lines between them. Positions are the only floats on a page.

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** The round step between lines of an axis: 1, 2 or 5 and noughts, so that few cover a span. */
function stepOf(span, most) {
  for (let ten = 1n; ; ten *= 10n) {
    for (const step of [ten, 2n * ten, 5n * ten]) if (step * most >= span) return step;
  }
}

/** An axis of amounts from the least to the most: its lines, and where on it an amount is (0 to 1). */
function amountAxis(least, most, lines = 5n) {
  if (least === 0n && most === 0n) return { marks: [0n], place: () => 0 };
  const step = stepOf(most - least || 1n, lines);
  const below = least < 0n ? -((step - 1n - least) / step) : 0n;
  const above = (most + step - 1n) / step || 1n;
  const [low, high] = [below * step, above * step];
  const marks = [];
  for (let at = low; at <= high; at += step) marks.push(at);
  return { marks, place: (value) => Number(value - low) / Number(high - low) };
}

/** Lines and texts of an axis of amounts in a box. */
function amountLines(axis, box, text) {
  return svg("g", { class: "axis" }, ...axis.marks.flatMap((mark) => {
    const y = box.bottom - axis.place(mark) * (box.bottom - box.top);
    return [svg("line", { class: mark === 0n ? "base" : "line", x1: box.left, x2: box.right, y1: y, y2: y }),
      svg("text", { x: box.left - 8, y: y + 4, "text-anchor": "end" }, text(mark))];
  }));
}

/** Room for the texts of an axis, in px. */
function textRoom(axis, text) {
  return 14 + 6.6 * Math.max(...axis.marks.map((mark) => text(mark).length));
}

/** A line of amounts without axes: one for each of these. */
function sparkline(values, label) {
  const [width, height] = [92, 20];
  const axis = amountAxis(values.reduce((a, b) => (a < b ? a : b), 0n), largestOf(values));
  const x = (place) => 2 + (values.length > 1 ? place / (values.length - 1) : 1) * (width - 5);
  const points = values.map((value, place) => [x(place), height - 3 - axis.place(value) * (height - 6)]);
  const [endX, endY] = points.at(-1) ?? [0, 0];
  return svg("svg", { class: "spark", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    svg("polyline", { points: points.map((point) => point.map((at) => at.toFixed(1)).join(",")).join(" ") }),
    svg("circle", { cx: endX.toFixed(1), cy: endY.toFixed(1), r: 2 }));
}
