// Text as people read it. Everything from the data goes through `visible` into text nodes only.

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{34f}-\u{34f}\u{115f}-\u{1160}\u{17b4}-\u{17b5}\u{180b}-\u{180f}\u{2065}-\u{2065}\u{2800}-\u{2800}\u{3164}-\u{3164}\u{fe00}-\u{fe0f}\u{ffa0}-\u{ffa0}\u{fff0}-\u{fff8}\u{e0000}-\u{e0fff}]/gu;
const WORDS = { llm: "LLM", asr: "ASR", tts: "TTS" };
const METERS = {
  input_tokens: ["input tokens", "1K tokens"],
  output_tokens: ["output tokens", "1K tokens"],
  image_tokens: ["image tokens", "1K tokens"],
  audio_ms: ["audio, ms", "minute"],
  characters: ["characters", "1K characters"],
  requests: ["requests", "request"],
  stored_tokens: ["stored tokens", "1K tokens a day"],
};
// One locale for all: that of the page's words, so that figures, dates and axes are of one.
const LOCALE = LANGUAGE === "zh" ? "zh-CN" : "en-US";
const wholeNumber = new Intl.NumberFormat(LOCALE);
const exactNumber = (places) =>
  new Intl.NumberFormat(LOCALE, { minimumFractionDigits: places, maximumFractionDigits: places });
const SHORT = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 2, maximumFractionDigits: DOLLAR_PLACES });
const CREDITS = exactNumber(CREDIT_PLACES);
const DOLLARS = exactNumber(DOLLAR_PLACES);
const PRICE = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: CREDIT_PLACES });
const dayShort = new Intl.DateTimeFormat(LOCALE, { month: "short", day: "numeric", timeZone: "UTC" });
const dayLong = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone: "UTC" });
const weekday = new Intl.DateTimeFormat(LOCALE, { weekday: "short", timeZone: "UTC" });
const monthName = new Intl.DateTimeFormat(LOCALE, { month: "long", year: "numeric", timeZone: "UTC" });
const instant = new Intl.DateTimeFormat(LOCALE, {
  dateStyle: "medium", timeStyle: "short", timeZone: "UTC",
});

/** Text with what turns or hides it made visible; null and '' are told apart. */
function visible(value) {
  if (value === null || value === undefined) return "—";
  if (value === "") return t`(empty)`;
  return String(value).replace(
    INVISIBLE, (char) => {
      const code = char.codePointAt(0);
      const [sign, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
      return `\\${sign}${code.toString(16).padStart(digits, "0")}`;
    },
  );
}

/** `llm_text_chat` as a heading says it. */
function typeName(type) {
  const words = visible(type).split("_").map((word) => WORDS[word] ?? word);
  words[0] = words[0].charAt(0).toUpperCase() + words[0].slice(1);
  return t(words.join(" "));
}

function dayText(day, format = dayLong) {
  return day ? format.format(new Date(`${day}T00:00:00Z`)) : t`no date`;
}

const weekdayText = (day) => dayText(day, weekday);
const monthText = (day) => dayText(day, monthName);

function instantText(text) {
  return text ? `${instant.format(new Date(`${text.replace(" ", "T")}Z`))} UTC` : "—";
}

function count(value, one, many = `${one}s`) {
  return `${wholeNumber.format(value)} ${t(BigInt(value) === 1n ? one : many)}`;
}

/** An element; children are elements or text, which is never markup. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** An amount as text for people, rounded as `shortDecimal` says. */
function shortText(value, places = CREDIT_PLACES, prefix = "", plus = "") {
  const size = value < 0n ? -value : value;
  const sign = value < 0n ? "-" : plus;
  return sign + prefix + (places === 0 ? wholeNumber.format(size) : SHORT.format(shortDecimal(size, places)));
}

/** An amount, rounded for people, and exact to its last decimal where that is asked for: the style shows one of the two. */
function amount(value, places = CREDIT_PLACES, prefix = "", plus = "") {
  if (places === 0) return element("span", { class: "amount" }, shortText(value, places, prefix, plus));
  const format = places === DOLLAR_PLACES ? DOLLARS : CREDITS;
  const size = value < 0n ? -value : value;
  return element(
    "span", { class: "amount" }, (value < 0n ? "-" : plus) + prefix,
    element("span", { class: "digits" }, format.format(decimal(size, places))),
    element("span", { class: "rounded" }, SHORT.format(shortDecimal(size, places))),
  );
}

/** One of the figures at a page's head, in small type where the number is too long for a line. */
function drawFigure(id, value, below) {
  const box = document.getElementById(id);
  box.replaceChildren(value);
  const digits = box.querySelector(".digits")?.textContent.length ?? 0;
  box.classList.toggle("long", digits > 16);
  document.getElementById(`${id}-below`).replaceChildren(...below.filter((one) => one !== null));
}

function signed(value) {
  return amount(value, CREDIT_PLACES, "", value > 0n ? "+" : "");
}

function dollars(value) {
  return amount(value, DOLLAR_PLACES, "$");
}

/** A meter in words, with its token class and tier, and the unit of its price. */
function meterWords(name) {
  const [plain, ...parts] = name.split(/[.@]/);
  const [words, unit] = METERS[plain] ?? [plain, plain];
  return [[t(words), ...parts.map((part) => t(part.replaceAll("_", " ")))].join(", "), t(unit)];
}

function price(text, meter) {
  const [, unit] = meterWords(meter);
  return element("span", { class: "price" }, PRICE.format(text), element("span", { class: "unit" }, ` / ${unit}`));
}

/** A part of a whole: a bar that fills at the largest part, and percent. */
function share(part, whole, largest, color) {
  const made = element(
    "span", { class: "share" },
    element("span", { class: "bar" }), element("span", {}, `${decimal(perMille(part, whole), 1)}%`),
  );
  made.firstChild.style.width = `${Math.max(1, Number(perMille(part, largest)) / 10)}%`;
  made.firstChild.style.background = color;
  return made;
}

function largestOf(values) {
  return values.reduce((most, value) => (value > most ? value : most), 0n);
}

function dot(color) {
  const made = element("span", { class: "dot", "aria-hidden": "true" });
  made.style.background = color;
  return made;
}

function typeColor(type) {
  return `var(--color-${Math.max(0, GIVEN.billingTypes.indexOf(type)) % GIVEN.colors})`;
}

function badge(text, kind) {
  return element("span", { class: `badge ${kind}` }, text);
}

/** One date, or the first and the last. */
function spanText(first, last) {
  if (!first) return t`no usage date`;
  return first === last ? dayText(first) : `${dayText(first)} – ${dayText(last)}`;
}
