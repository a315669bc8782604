// Periods of usage dates: presets, the period before, weeks. A date is ISO text.

const DAY_MS = 86400000;
const MOST_BARS = 60;
const PRESETS = ["7d", "14d", "30d", "mtd", "last-month", "all"];
const DEFAULT_PRESET = "30d";

const later = (day, days) => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
const daysIn = ([first, last]) => Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS) + 1;
const monthOf = (day) => `${day.slice(0, 8)}01`;
const isMonthEnd = (day) => later(day, 1).endsWith("-01");
const within = (day, [first, last]) => day >= first && day <= last;

/** Days from one to the other, each as ISO text. */
function daysBetween(first, last) {
  const days = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY_MS) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

function presetText(preset, last) {
  if (preset === "mtd") return t`Month to date`;
  if (preset === "last-month") return last ? monthText(later(monthOf(last), -1)) : t`Last month`;
  return preset === "all" ? t`All` : t`${preset.slice(0, -1)} days`;
}

/** The dates of a preset, counted back from the newest that the page has. */
function presetPeriod(preset, [first, last]) {
  if (preset === "all") return [first, last];
  if (preset === "mtd") return [monthOf(last), last];
  if (preset === "last-month") return [monthOf(later(monthOf(last), -1)), later(monthOf(last), -1)];
  return [later(last, 1 - parseInt(preset, 10)), last];
}

/** The period to compare with: the month before for a month, its same dates for a month to date, else as many days before. */
function periodBefore(preset, [first, last]) {
  if (preset === "all") return null;
  const isMonth = first.endsWith("-01") && monthOf(first) === monthOf(last) && isMonthEnd(last);
  if (preset !== "mtd" && !isMonth) return [later(first, -daysIn([first, last])), later(first, -1)];
  const end = later(first, -1);
  const same = `${end.slice(0, 8)}${last.slice(8)}`;
  return [monthOf(end), isMonth || same > end ? end : same];
}

/** How many days before each date the same weekday of the period before lies. */
function weekdayShift(preset, period) {
  const weeks = Math.ceil(daysIn(period) / 7);
  return 7 * (preset === "mtd" || preset === "last-month" ? Math.max(4, weeks) : weeks);
}

/** How many dates of a period are published, of the spans of published dates. */
function publishedIn(spans, period) {
  if (!period) return 0;
  return spans.reduce((count, [first, last]) => {
    const both = [first > period[0] ? first : period[0], last < period[1] ? last : period[1]];
    return count + (both[0] <= both[1] ? daysIn(both) : 0);
  }, 0);
}

/** The bars of a period: one per day, or per week from Monday where it is long. */
function bucketsOf(period) {
  if (!period) return [];
  const days = daysBetween(...period);
  if (days.length <= MOST_BARS) return days.map((day) => ({ key: day, days: [day] }));
  const monday = (day) => later(day, -((new Date(Date.parse(day)).getUTCDay() + 6) % 7));
  return [...grouped(days, monday).values()].map((few) => ({ key: few[0], days: few }));
}
