// The filters as the address keeps them: `#from=2026-02-01&type=llm_text_chat&by.agent_id=a1`.

const PLAIN = ["from", "to", "type", "brand", "model", "key", "group"];

function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;
}

/**
 * What the address asks for; a dimension's value may be null, which `null=` names. `unknown` are its
 * parts that mean nothing here, and are not applied.
 */
function readAddress(dimensions) {
  const found = { by: new Map(), unknown: [] };
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const dimension = name === "null" ? value : name.replace(/^by\./, "");
    if ((name === "null" || name.startsWith("by.")) && dimensions.includes(dimension)) {
      found.by.set(dimension, name === "null" ? null : value);
    } else if (
      !PLAIN.includes(name)
      || (["from", "to"].includes(name) && !isDay(value))
      || (name === "group" && !["type", "model"].includes(value))
    ) {
      found.unknown.push(`${name}=${value}`);
    } else {
      found[name] = value;
    }
  }
  if (found.brand !== undefined && found.model === undefined) {
    found.unknown.push(`brand=${found.brand}`);
    delete found.brand;
  }
  return found;
}

/** Keep the filters in the address, without a step of the browser's history. */
function writeAddress(filters) {
  const kept = new URLSearchParams();
  for (const name of PLAIN) if (filters[name] !== undefined) kept.set(name, filters[name]);
  for (const [name, value] of filters.by) {
    if (value === null) kept.append("null", name);
    else kept.set(`by.${name}`, value);
  }
  const text = kept.toString();
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}
