// The filters as the address keeps them: `#from=2026-02-01&type=llm_text_chat&by.agent_id=a1`.

const PLAIN = ["from", "to", "type", "brand", "model", "key", "group"];

/** What the address asks for; a dimension's value may be null, which `null=` names. */
function readAddress(dimensions) {
  const given = new URLSearchParams(location.hash.slice(1));
  const found = { by: new Map() };
  for (const name of PLAIN) if (given.has(name)) found[name] = given.get(name);
  for (const name of dimensions) {
    if (given.has(`by.${name}`)) found.by.set(name, given.get(`by.${name}`));
    else if (given.getAll("null").includes(name)) found.by.set(name, null);
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
