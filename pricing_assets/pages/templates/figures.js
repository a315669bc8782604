// The figures at the head of an organization's page: how much, is it more, where will the month end, what waits.

const WEEK = 7;
const PACE_DAYS = 28;

function drawFigures(page) {
  const { now, then, dates } = page;
  const total = (of, valueOf) => sum([...of.rows, ...of.sums, ...of.booked].map(valueOf));
  const credits = total(now, (row) => row.credits);
  const earlier = total(then, (row) => row.credits);
  const usage = credits - sum(now.booked.map((row) => row.credits));
  const compared = page.before && dates[0] > 0 && dates[1] > 0;
  drawFigure("credits", amount(credits), [
    element("div", {}, dollars(total(now, (row) => row.usd))),
    compared ? element("div", {}, page.change(credits, earlier), ` ${dates[0] === dates[1] ? t`vs` : t`a day vs`} `, amount(earlier),
      element("span", { class: "muted" }, ` ${t`of`} ${spanText(...page.before)}`)) : null,
    page.period.length && dates[1] === 0 ? element("div", {}, t`None of these dates is published`)
      : page.before && !compared ? element("div", {}, t`No published date before to compare with`) : null,
    now.booked.length ? element("div", {}, t`Usage`, " ", amount(usage), `, ${t`corrections`} `, signed(credits - usage)) : null,
    page.bars.length > 1 ? sparkline(page.creditsPerBar(), t`Credits, per bar of the chart`) : null,
  ]);
  drawPace(page);
  const events = sum([...now.rated, ...now.sums].map((row) => row.events));
  const eventsBefore = sum([...then.rated, ...then.sums].map((row) => row.events));
  const rate = (of, many) => (many === 0n ? null : halfEven(of * 1000n, many));
  const [perNow, perThen] = [rate(credits, events), rate(earlier, eventsBefore)];
  const hasEvents = !page.view.filters.has("meter");
  drawFigure("per-events", hasEvents && perNow !== null ? amount(perNow) : "—", [
    element("span", { id: "events" }, hasEvents ? wholeNumber.format(events) : "—"), ` ${t`rated events`}`,
    hasEvents && compared && perNow !== null && perThen !== null ? element("div", {}, changeOf(perNow, perThen), ` ${t`vs`} `, amount(perThen)) : null]);
  drawWaiting(page);
}

/** A change as an arrow and percent: what it is measured by is `then`. */
function changeOf(now, then) {
  if (then <= 0n) return element("span", { class: "muted" }, now > 0n && then === 0n ? t`new` : "—");
  const percent = perMille(now - then, then);
  const [sign, kind] = percent > 0n ? ["▲", "bad"] : percent < 0n ? ["▼", "good"] : ["", "muted"];
  return element("span", { class: `change ${kind}`, "aria-label": percentText(now - then, then) },
    `${sign} ${decimal(percent < 0n ? -percent : percent, 1)}%`.trim());
}

function percentText(difference, before) {
  const percent = perMille(difference, before);
  return `${percent > 0n ? "+" : ""}${decimal(percent, 1)}%`;
}

/**
 * Where the month ends at the pace of the newest seven dates, and between which of the slowest and the
 * fastest seven dates in a row of the newest 28; seven dates count where all are published.
 */
function paceOf(page) {
  const [first, last] = page.range;
  if (!last) return null;
  const month = monthOf(last);
  const end = later(monthOf(later(month, 31)), -1);
  const perDay = page.creditsByDay();
  const of = (days) => sum(days.map((day) => perDay.get(day) ?? 0n));
  const soFar = of(daysBetween(month > first ? month : first, last));
  const rest = BigInt(daysIn([last, end]) - 1);
  const newest = daysBetween([later(last, 1 - PACE_DAYS), first].sort()[1], last);
  const weeks = newest.map((_, place) => newest.slice(place, place + WEEK))
    .filter((days) => days.length === WEEK && publishedIn(page.data.published, [days[0], days.at(-1)]) === WEEK).map(of);
  if (!weeks.length && rest > 0n) return { month, soFar, rest };
  const ends = weeks.map((week) => soFar + halfEven(week * rest, BigInt(WEEK)));
  const [low, high] = [ends.reduce((a, b) => (a < b ? a : b), ends[0]), ends.reduce((a, b) => (a > b ? a : b), ends[0])];
  return { month, soFar, rest, value: rest ? ends.at(-1) : soFar, low, high };
}

function drawPace(page) {
  const pace = paceOf(page);
  document.querySelector("#pace").closest(".figure").querySelector("h2").textContent = pace ? t`On track for ${monthText(pace.month)}` : t`On track for`;
  if (!pace) drawFigure("pace", "—", [t`No usage`]);
  else if (pace.rest === 0n) drawFigure("pace", amount(pace.soFar), [t`The month is complete`]);
  else if (pace.value === undefined) drawFigure("pace", "—", [amount(pace.soFar), ` ${t`so far; seven published dates in a row make a pace`}`]);
  else {
    drawFigure("pace", element("span", {}, "≈ ", amount(pace.value)), [
      pace.low === pace.high ? t`At the pace of the newest 7 dates` : element("span", {}, amount(pace.low), " – ", amount(pace.high), ` ${t`at the slowest and fastest 7 dates in a row of four weeks`}`),
      element("div", {}, amount(pace.soFar), ` ${t`so far`}`)]);
  }
}

/** What is left of an organization's credits where it has any; and its usage that has no price yet. */
function drawWaiting(page) {
  const { balance, quarantined_rows: left } = page.data;
  const rows = sum(left.filter((row) => GIVEN.noPrice.includes(row.reason)).map((row) => BigInt(row.rows)));
  const waits = rows === 0n ? t`Nothing of yours waits for a price` : `${count(rows, "row")} ${t`without a price, not charged`}`;
  const title = document.querySelector("#waiting").closest(".figure").querySelector("h2");
  title.textContent = balance ? t`Credits left` : t`Waiting for a price`;
  if (!balance) { drawFigure("waiting", count(rows, "row"), [rows === 0n ? waits : t`On all dates; you have not been charged for them`]); return; }
  const newest = balance.days.at(-1);
  drawFigure("waiting", amount(units(newest?.closing ?? "0")), [
    element("div", {}, balance.exhausts_on ? t`Run out on ${dayText(balance.exhausts_on)}` : t`At the end of ${dayText(balance.as_of)}`), waits]);
}
