// What changed: bars of the groups that differ most, and the parts of the whole in words.

const MOST_CHANGES = 8;
const changeText = (name) => ({
  volume: t`more or less of the service was used, with the models of before`,
  mix: t`use moved between lines of other prices: models, key modes`,
  price: t`the same use at other prices`,
  new: t`lines that were not used before`,
  gone: t`lines that are used no more`,
  corrections: t`booked later for closed dates`,
})[name];
const changeName = (name) => ({
  volume: t`Volume`, mix: t`Mix`, price: t`Price`, new: t`New`, gone: t`Gone`, corrections: t`Corrections`,
})[name];

function drawChanged(page) {
  const { before, period, grouping } = page;
  const list = document.getElementById("changes");
  const parts = document.getElementById("change-parts");
  const says = document.getElementById("changed-says");
  const isThere = before !== null && page.dates.every((count) => count > 0);
  hideUnless("changed-card", isThere);
  page.compared = null;
  if (!isThere) return;
  const why = whyNotCompared(page);
  document.querySelector("#changed-card .hint").textContent = t`${spanText(...before)} to ${spanText(...period)}, by ${grouping.title.toLowerCase()}`;
  page.compared = why ? null : comparePeriods(page.then, page.now, page.dates, (row) => row.keys[grouping.id]);
  list.replaceChildren();
  parts.replaceChildren();
  says.replaceChildren(why ?? "");
  if (why) return;
  const { total, groups, isPerDay } = page.compared;
  const shown = groups.filter((one) => CHANGE_PARTS.some((name) => one.parts[name] !== 0n));
  const rest = shown.slice(MOST_CHANGES);
  const size = (value) => (value < 0n ? -value : value);
  const most = largestOf(shown.map((one) => size(one.difference)));
  const labels = page.labels.get(grouping.id);
  const line = (name, difference, of, below) => {
    const bar = element("span", { class: `change-bar ${difference < 0n ? "less-used" : "more-used"}` });
    bar.style.width = `${most === 0n ? 0 : Number(perMille(size(difference), most)) / 10}%`;
    return element("li", {}, element("span", { class: "change-name" }, element("bdi", {}, name)),
      element("span", { class: "change-track" }, bar), element("span", { class: "right" }, signed(difference)),
      below.length ? element("span", { class: "change-why muted" }, ...below) : null);
  };
  const partsOf = (one) => CHANGE_PARTS.filter((name) => one.parts[name] !== 0n)
    .flatMap((name, place) => [place ? ", " : "", `${changeName(name).toLowerCase()} `, signed(one.parts[name])]);
  const inAll = (few) => ({ difference: sum(few.map((one) => one.difference)),
    parts: Object.fromEntries(CHANGE_PARTS.map((name) => [name, sum(few.map((one) => one.parts[name]))])) });
  list.replaceChildren(...shown.slice(0, MOST_CHANGES).map((one) => line(labels.get(one.key), one.difference, one, partsOf(one))),
    ...(rest.length ? [line(othersText(rest.length), inAll(rest).difference, null, partsOf(inAll(rest)))] : []));
  parts.replaceChildren(...CHANGE_PARTS.map((name) => element("tr", {}, element("th", { scope: "row" }, changeName(name),
    element("span", { class: "brand" }, changeText(name))), element("td", { class: "right" }, signed(total.parts[name])))),
  element("tr", { class: "sum" }, element("th", { scope: "row" }, t`Difference`), element("td", { class: "right" }, signed(total.difference))));
  const [from, to] = [amount(total.before), amount(total.after)];
  const percent = total.before > 0n ? ` (${percentText(total.difference, total.before)})` : "";
  says.replaceChildren(from, " → ", to, " ", isPerDay ? t`credits a day` : t`credits`, ": ", signed(total.difference), percent,
    isPerDay ? t` · compared per day: ${count(page.dates[0], "published date")} and ${wholeNumber.format(page.dates[1])}` : "");
}

/** Why two periods of published dates are not compared, or null. */
function whyNotCompared(page) {
  if (page.then.sums.length || page.now.sums.length) {
    return t`This page has charges from ${dayText(page.data.charges_from)} on, and only sums by day before: these cannot be taken apart.`;
  }
  return null;
}
