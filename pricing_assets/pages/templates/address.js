// What is shown, as the address keeps it: `#period=7d&group=model&type=llm_text_chat&by.agent_id=a1`;
// and what is open: rows (`open`), parts of the page (`show`), the drawer (`drawer`, `charge`), and of each table
// what is searched for, sorted by and turned to (`find.lines`, `sort.lines`, `page.lines`).

const PLAIN = ["period", "from", "to", "vs", "group", "then", "unit", "booked", "exact", "lang"];
const OPENED = ["open", "drawer", "charge"];
const VALUES = {
  period: PRESETS, vs: ["none"], unit: Object.keys(UNITS), booked: ["later"], exact: ["1"], lang: ["en", "zh"],
};

const FOLDED = ["days", "balance-days", "proof"];
const TABLE_VALUES = { find: (text) => text !== "", sort: (text) => /^\d{1,2}[ad]$/.test(text), page: (text) => /^[1-9]\d{0,4}$/.test(text) };

/** A text of the address as the list of texts that it is, or undefined. */
function listOf(text) {
  try {
    const list = JSON.parse(text);
    return Array.isArray(list) && list.every((one) => one === null || ["string", "boolean", "number"].includes(typeof one)) ? list : undefined;
  } catch {
    return undefined;
  }
}

/** What a table is asked for by one part of an address, into `tables`; false where it is none. */
function readTable(tables, name, value) {
  const [of, id] = [name.slice(0, name.indexOf(".")), name.slice(name.indexOf(".") + 1)];
  if (!TABLE_VALUES[of]?.(value) || document.getElementById(id)?.tagName !== "TABLE") return false;
  tables.set(id, { ...tables.get(id), [of]: of === "page" ? Number(value) : value });
  return true;
}

/** The parts of an address that say what is set in tables. */
function tableParts(tables) {
  return [...tables].flatMap(([id, set]) => Object.keys(TABLE_VALUES).filter((of) => set[of] !== undefined)
    .map((of) => [`${of}.${id}`, String(set[of])]));
}

function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;
}

/**
 * What the address asks for: what is shown by name, `filters` of each dimension (keys), and `unknown`,
 * its parts that mean nothing here and are not applied. A name may come more than once: any of its
 * values. `model.BRAND=MODEL` is one of both; `null=` names a dimension without a value. `names` are those
 * that the page knows beside its dimensions and tables.
 */
function readAddress(dimensions, names = [...PLAIN, ...OPENED]) {
  const found = { filters: new Map(), unknown: [], open: [], show: [], tables: new Map() };
  const ids = dimensions.map((one) => one.id);
  const given = [...new URLSearchParams(location.hash.slice(1))];
  const models = given.filter(([name]) => name === "model");
  const add = (id, value) => {
    if (!found.filters.has(id)) found.filters.set(id, new Set());
    found.filters.get(id).add(JSON.stringify(value));
  };
  for (const [name, value] of given) {
    const isValue = VALUES[name] ? VALUES[name].includes(value)
      : name === "from" || name === "to" ? isDay(value) : ["group", "then"].includes(name) && ids.includes(value);
    const isKnown = names.includes(name);
    if (isKnown && PLAIN.includes(name) && isValue && found[name] === undefined) found[name] = value;
    else if (isKnown && name === "open" && (value === OTHERS || listOf(value))) found.open.push(value);
    else if (name === "show" && FOLDED.includes(value)) found.show.push(value);
    else if (isKnown && ["drawer", "charge"].includes(name) && listOf(value) && found[name] === undefined) found[name] = value;
    else if (readTable(found.tables, name, value)) continue;
    else if (name === "null" && ids.includes(`by.${value}`)) add(`by.${value}`, null);
    else if (name.startsWith("model.") && ids.includes("model")) add("model", [name.slice(6), value]);
    else if (name === "brand" && models.length === 1 && ids.includes("model")) continue;  // of a model, as older links have it
    else if (name === "model" && models.length === 1 && ids.includes("model")) add("model", [given.find(([one]) => one === "brand")?.[1] ?? "", value]);
    else if (name !== "model" && ids.includes(name)) add(name, value);
    else found.unknown.push(`${name}=${value}`);
  }
  const leaveOut = (name) => { found.unknown.push(`${name}=${found[name]}`); delete found[name]; };
  if (found.period !== undefined && (found.from ?? found.to) !== undefined) leaveOut("period");
  if (found.then !== undefined && found.then === (found.group ?? "type")) leaveOut("then");
  return found;
}

/** Keep what is shown in the address, without a step of the browser's history. */
function writeAddress(view) {
  const kept = new URLSearchParams();
  for (const name of PLAIN) if (view[name] !== undefined) kept.set(name, view[name]);
  for (const [id, keys] of view.filters) {
    for (const value of [...keys].map((key) => JSON.parse(key))) {
      if (value === null) kept.append("null", id.slice(3));
      else if (id === "model") kept.append(`model.${value[0]}`, value[1]);
      else kept.append(id, value);
    }
  }
  for (const name of ["open", "show"]) for (const value of view[name]) kept.append(name, value);
  for (const name of ["drawer", "charge"]) if (view[name] !== undefined) kept.set(name, view[name]);
  for (const [name, value] of tableParts(view.tables)) kept.set(name, value);
  const text = kept.toString();
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}
