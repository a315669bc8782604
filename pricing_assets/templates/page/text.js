// Text as people read it. Everything from the data goes through `visible` into text nodes only.

const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
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
const wholeNumber = new Intl.NumberFormat(undefined);
const exactNumber = (places) =>
  new Intl.NumberFormat(undefined, { minimumFractionDigits: places, maximumFractionDigits: places });
const CREDITS = exactNumber(CREDIT_PLACES);
const DOLLARS = exactNumber(DOLLAR_PLACES);
const PRICE = new Intl.NumberFormat(undefined, { maximumFractionDigits: CREDIT_PLACES });
const dayShort = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
const dayLong = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const instant = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium", timeStyle: "short", timeZone: "UTC",
});

/** Text with what turns or hides it made visible; null and '' are told apart. */
function visible(value) {
  if (value === null || value === undefined) return "—";
  if (value === "") return "(empty)";
  return String(value).replace(
    INVISIBLE, (char) => {
      const code = char.codePointAt(0);
      return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
    },
  );
}

/** `llm_text_chat` as a heading says it. */
function typeName(type) {
  const words = visible(type).split("_").map((word) => WORDS[word] ?? word);
  words[0] = words[0].charAt(0).toUpperCase() + words[0].slice(1);
  return words.join(" ");
}

function dayText(day, format = dayLong) {
  return day ? format.format(new Date(`${day}T00:00:00Z`)) : "no date";
}

function instantText(text) {
  return text ? `${instant.format(new Date(`${text.replace(" ", "T")}Z`))} UTC` : "";
}

function count(value, one, many = `${one}s`) {
  return `${wholeNumber.format(value)} ${BigInt(value) === 1n ? one : many}`;
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

/** An exact amount: two decimals to read, the others beside them to check. */
function amount(value, places = CREDIT_PLACES, prefix = "") {
  const format = places === DOLLAR_PLACES ? DOLLARS : CREDITS;
  const text = format.format(decimal(value, places));
  return element(
    "span", { class: "amount" },
    prefix + text.slice(0, 2 - places), element("span", { class: "tail" }, text.slice(2 - places)),
  );
}

function signed(value) {
  const made = amount(value);
  if (value > 0n) made.prepend("+");
  return made;
}

function price(text, meter) {
  const unit = METERS[meter]?.[1] ?? meter;
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
  const place = GIVEN.billingTypes.indexOf(type);
  return `var(--color-${place < 0 ? GIVEN.billingTypes.length - 1 : place})`;
}

function badge(text, kind) {
  return element("span", { class: `badge ${kind}` }, text);
}
