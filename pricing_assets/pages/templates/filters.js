// The controls of an organization's page: period, grouping, unit, and a menu of values per dimension.

/** A row of buttons of which one is pressed. */
class Segments {
  constructor(id, choices, chosen, set) {
    this.buttons = choices.map(([value, text]) => element("button", { type: "button", "data-value": value, onclick: () => set(value) }, text));
    this.chosen = chosen;
    document.getElementById(id).replaceChildren(...this.buttons);
  }

  show() {
    const chosen = this.chosen();
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.value === chosen));
  }
}

/** A menu of the values of a dimension: any number of them may be chosen. */
class FilterMenu {
  constructor(dimension, options, view, changed) {
    this.dimension = dimension;
    this.options = [...options].sort((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
    this.known = new Map(this.options);
    this.view = view;
    this.changed = changed;
    this.summary = element("summary", {});
    this.list = element("div", { class: "options" });
    const search = this.options.length > 8 ? element("input", { type: "search", placeholder: t`Search`,
      "aria-label": t`Search in ${dimension.title}`, oninput: () => this.find(search.value) }) : null;
    this.clear = element("button", { type: "button", class: "link", onclick: () => { view().filters.delete(dimension.id); changed(); } }, t`All`);
    this.menu = element("details", { class: "menu filter", "data-filter": dimension.id }, this.summary,
      element("div", { class: "menu-items", role: "group", "aria-label": dimension.title }, search, this.clear, this.list));
  }

  find(text) {
    for (const label of this.list.children) label.hidden = !label.textContent.toLowerCase().includes(text.toLowerCase());
  }

  /** Show what is chosen; return the names of what is chosen and not on this page. */
  show() {
    const chosen = this.view().filters.get(this.dimension.id) ?? new Set();
    const gone = [...chosen].filter((key) => !this.known.has(key)).map((key) => [key, this.dimension.text(key)]);
    const option = ([key, text], isGone) => element("label", { class: isGone ? "stale" : null },
      element("input", { type: "checkbox", value: key, onchange: (event) => this.toggle(key, event.target.checked) }),
      element("bdi", {}, isGone ? t`${text} (not on this page)` : text));
    const had = this.list.contains(document.activeElement) ? document.activeElement.value : null;
    this.list.replaceChildren(...gone.map((one) => option(one, true)), ...this.options.map((one) => option(one, false)));
    for (const box of this.list.querySelectorAll("input")) {
      box.checked = chosen.has(box.value);
      if (box.value === had) box.focus();
    }
    this.clear.hidden = chosen.size === 0;
    this.menu.classList.toggle("chosen", chosen.size > 0);
    this.summary.replaceChildren(this.text(chosen) ?? this.dimension.title);
    this.menu.hidden = this.options.length < 2 && chosen.size === 0;
    return gone.map(([, text]) => `${this.dimension.title} “${text}”`);
  }

  /** What is chosen in words, or null. */
  text(chosen = this.view().filters.get(this.dimension.id) ?? new Set()) {
    if (chosen.size === 0) return null;
    const [key] = chosen;
    const first = this.known.get(key) ?? this.dimension.text(key);
    return chosen.size === 1 ? `${this.dimension.title}: ${first}` : t`${this.dimension.title}: ${chosen.size} of ${new Set([...this.known.keys(), ...chosen]).size}`;
  }

  toggle(key, isOn) {
    const { filters } = this.view();
    const chosen = filters.get(this.dimension.id) ?? new Set();
    if (isOn) chosen.add(key); else chosen.delete(key);
    if (chosen.size) filters.set(this.dimension.id, chosen); else filters.delete(this.dimension.id);
    this.changed();
  }
}

class Controls {
  constructor(page) {
    const view = () => page.view;
    const changed = () => page.changed();
    const [first, last] = page.range;
    this.page = page;
    this.menus = page.dimensions.map((dimension) => new FilterMenu(dimension, page.labels.get(dimension.id), view, changed));
    document.getElementById("filter-menus").replaceChildren(...this.menus.map((one) => one.menu));
    const presets = PRESETS.filter((preset) => preset !== "last-month" || (first && first < monthOf(last)));
    this.segments = [
      new Segments("presets", presets.map((preset) => [preset, presetText(preset, last)]), () => page.preset(), (value) => {
        [view().from, view().to, view().period] = [undefined, undefined, value === DEFAULT_PRESET ? undefined : value];
        changed();
      }),
      new Segments("group", page.dimensions.map((one) => [one.id, one.title]), () => view().group ?? "type", (value) => {
        view().group = value === "type" ? undefined : value;
        if (view().then === value) view().then = undefined;
        changed();
      }),
      new Segments("units", Object.keys(UNITS).map((unit) => [unit, unitTitle(unit)]), () => view().unit ?? "credits", (value) => {
        view().unit = value === "credits" ? undefined : value;
        changed();
      }),
    ];
    this.choices = [
      this.choice("vs", [["", t`the period before`], ["none", t`nothing`]]),
      this.choice("then", [["", t`price lines`], ...page.dimensions.map((one) => [one.id, one.title])]),
      this.choice("booked", [["", t`usage date`], ["later", t`booking date`]]),
    ];
    document.querySelector("label:has(#booked)").hidden = page.corrections.length === 0;
    for (const [id, place] of [["from", 0], ["to", 1]]) {
      const input = document.getElementById(id);
      [input.min, input.max] = page.range;
      input.addEventListener("change", () => {
        const period = page.period;
        [view().from, view().to, view().period] = [period[0], period[1], undefined];
        view()[id] = input.value || page.range[place];
        changed();
      });
    }
    const exact = document.getElementById("exact");
    exact.addEventListener("change", () => { view().exact = exact.checked ? "1" : undefined; changed(); });
    document.getElementById("reset").addEventListener("click", () => {
      const { group, then, unit, exact: isExact, lang } = view();
      page.view = { group, then, unit, exact: isExact, lang, filters: new Map(), unknown: [] };
      changed();
    });
    for (const button of document.querySelectorAll("[data-export]")) {
      button.addEventListener("click", () => savePage(page, button.dataset.export));
    }
    const other = document.getElementById("language");
    other.replaceChildren(LANGUAGE === "zh" ? "English" : "中文");
    other.lang = LANGUAGE === "zh" ? "en" : "zh";
    other.addEventListener("click", () => {
      view().lang = other.lang;
      page.keep();
      location.reload();
    });
    document.getElementById("print").addEventListener("click", () => window.print());
    document.addEventListener("click", (event) => {
      for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    });
    document.addEventListener("keydown", (event) => {
      const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    });
  }

  choice(id, options) {
    const select = document.getElementById(id);
    select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
    select.addEventListener("change", () => { this.page.view[id] = select.value || undefined; this.page.changed(); });
    return select;
  }

  /** Show what is chosen; `stale` names what is not on this page. */
  show() {
    const { view, period } = this.page;
    this.stale = this.menus.flatMap((menu) => menu.show());
    for (const one of this.segments) one.show();
    for (const select of this.choices) select.value = view[select.id] ?? "";
    const group = view.group ?? "type";
    for (const option of document.getElementById("then").options) option.disabled = option.value === group;
    for (const [id, place] of [["from", 0], ["to", 1]]) document.getElementById(id).value = view[id] ?? (period.length ? period : this.page.asked)[place] ?? "";
    document.getElementById("exact").checked = view.exact !== undefined;
    document.documentElement.classList.toggle("exact-amounts", view.exact !== undefined);
  }

  /** Filters in words, for paper. */
  text() {
    return this.menus.map((menu) => menu.text()).filter((one) => one).join(" · ") || t`no filter: all usage of these dates`;
  }
}
