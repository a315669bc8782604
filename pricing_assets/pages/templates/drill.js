// The drill-down: from a bar or a line to its charges, and from a charge to its events, in a drawer beside
// what is looked at: another bar takes its place there, and Escape closes it.

const loaded = new Map();
const creditmill = {
  events: (given) => loaded.get(given.usage_date)?.resolve(given),
  exact: { units, decimal, creditsOf, shortDecimal },
  comparePeriods,
};
window.creditmill = creditmill;

/** The events of a date, from the file beside the pages; rejected where it is not there. */
function eventsOf(day, address) {
  if (!loaded.has(day)) {
    let settle;
    const promise = new Promise((resolve, reject) => { settle = { resolve, reject }; });
    loaded.set(day, { promise, ...settle });
    document.head.append(element("script", { src: address, onerror: () => settle.reject(new Error(address)) }));
  }
  return loaded.get(day).promise;
}

/** A charge of the drawer as the address has it. */
const chargeKey = (charge) => JSON.stringify([charge.usage_date, charge.priceLine, charge.rate_card, charge.agreement, ...charge.dimensions]);

const sameCharge = (charge, found, dimensions) =>
  ["billing_type", "brand", "model", "key_mode", "rate_card", "agreement", "meter", "price"]
    .every((name) => charge[name] === found[name])
  && dimensions.every((name, place) => charge.dimensions[place] === found.dimensions[name]);

class DrillDown {
  constructor(data) {
    this.data = data;
    this.dialog = document.getElementById("drill");
    this.title = document.getElementById("drill-title");
    this.notes = document.getElementById("drill-notes");
    this.back = document.getElementById("drill-back");
    this.cross = document.getElementById("drill-close");
    this.cross.addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.dialog.open && !document.querySelector("details.menu[open]")) this.close();
    }, { capture: true });  // before a menu that is open closes
    this.back.addEventListener("click", () => this.charges(...this.shown));
    this.keep = () => window.page?.keep();
  }

  open(title, notes) {
    this.title.textContent = title;
    this.notes.replaceChildren(...notes);
    if (!this.dialog.open) {
      this.opener = document.activeElement;
      this.dialog.show();
    }
    this.dialog.scrollTop = 0;
  }

  /** Close the drawer; a keyboard goes on where it opened it. */
  close() {
    this.forget();
    this.keep();
    if (this.opener?.isConnected) this.opener.focus();
  }

  /** Close the drawer as what is behind it is shown no more. */
  forget() {
    [this.from, this.charge] = [undefined, undefined];
    settings.delete("drill-table");
    this.dialog.close();
  }

  /** Show the events of the charge that an address names; false where the drawer has none such. */
  openAsked(key) {
    const charge = this.shown[1].find((one) => chargeKey(one) === key);
    if (!charge || !this.data.events[charge.usage_date]) return false;
    this.events(charge);
    return true;
  }

  /** Set the drawer's table as the address asks, where it does; else as it is given. */
  takeSettings() {
    if (this.asked) settings.set("drill-table", this.asked); else settings.delete("drill-table");
    this.asked = undefined;
  }

  /** Fill the drawer's table; what was pressed in the one before is gone, and a keyboard goes on above it. */
  fill(...table) {
    fill("drill-table", ...table);
    if (!this.dialog.contains(document.activeElement)) (this.back.hidden ? this.cross : this.back).focus();
  }

  /** The charges behind a bar or a line, whose credits they sum to; `from` says in the address which. */
  charges(title, charges, total, from) {
    this.shown = [title, charges, total, from];
    [this.from, this.charge] = [JSON.stringify(from), undefined];
    this.takeSettings();
    this.back.hidden = true;
    const found = sum(charges.map((charge) => charge.credits));
    this.open(title, [
      element("p", {}, t`${count(charges.length, "charge")} of `, amount(total), ` ${t`credits`}. `,
        this.verdict(found === total, t`Their sum is equal.`, t`Their sum differs`)),
      this.outcomes(charges),
    ]);
    this.fill([
      { title: t`Date`, of: (c) => c.usage_date, show: (c) => element("span", { class: "nowrap" }, dayText(c.usage_date)) },
      ...this.data.dimensions.map((name, place) => ({ title: dimensionName(name), of: (c) => c.dimensions[place] })),
      { title: t`Model`, of: (c) => c.model, show: (c) => modelCell(c) },
      { title: t`Key`, of: (c) => c.key_mode },
      { title: t`Meter`, of: (c) => c.meter, show: (c) => meterCell(c) },
      { title: t`Quantity`, right: true, of: (c) => c.quantity, show: (c) => wholeNumber.format(c.quantity) },
      { title: t`Unit price`, right: true, of: (c) => units(c.price), show: (c) => price(c.price, c.meter) },
      { title: t`Credits`, right: true, of: (c) => c.credits, show: (c) => amount(c.credits) },
      { title: t`Card`, of: (c) => c.rate_card, show: (c) => element("span", { class: "nowrap" }, visible(c.rate_card)) },
      { title: t`Events`, show: (c) => this.eventsCell(c) },
    ], charges, { order: [[6 + this.data.dimensions.length, "desc"]] });
    this.keep();
  }

  verdict(holds, yes, no) {
    return element("span", { class: holds ? "good" : "bad" }, holds ? `✓ ${yes}` : `✗ ${no}`);
  }

  eventsCell(charge) {
    if (!this.data.events[charge.usage_date]) return element("span", { class: "muted" }, "—");
    return element("button", { class: "link", onclick: () => this.events(charge) }, t`Events`);
  }

  /** What the logs of the one date hold of the organization, once its events are loaded. */
  outcomes(charges) {
    const place = element("p", { class: "muted" });
    const days = [...new Set(charges.map((charge) => charge.usage_date))];
    const without = days.filter((day) => !this.data.events[day]);
    if (without.length) {
      const { dates } = this.data.events_of;
      place.append(t`Events are shown for the newest ${dates} dates, where these are not too large.`);
    } else if (days.length === 1) {
      eventsOf(days[0], this.data.events[days[0]]).then(({ outcomes }) => {
        const rows = sum(outcomes.map(([, n]) => BigInt(n)));
        const said = outcomes.map(([outcome, n]) => `${wholeNumber.format(n)} ${outcome}`).join(" + ");
        place.append(t`Rows of this organization in the logs of ${dayText(days[0])}: ${wholeNumber.format(rows)} = ${said}.`);
      }, () => place.append(t`The events of this date are not there any more; load the page again.`));
    }
    return place;
  }

  /** The first events of a charge, and that all of them sum to it. */
  async events(charge) {
    this.charge = chargeKey(charge);
    let given;
    try {
      given = await eventsOf(charge.usage_date, this.data.events[charge.usage_date]);
    } catch {
      this.notes.replaceChildren(element("p", { class: "bad" }, t`These events are not there any more; load the page again.`));
      return;
    }
    if (this.charge !== chargeKey(charge)) return;  // something else was opened meanwhile
    const found = given.charges.find((one) => sameCharge(charge, one, this.data.dimensions));
    if (!found) {
      this.notes.replaceChildren(element("p", { class: "bad" }, t`No event of this charge is in the logs.`));
      return;
    }
    const examples = found.examples ?? [];
    const shown = sum(examples.map((event) => BigInt(event.quantity)));
    const all = BigInt(found.quantity);
    const rest = BigInt(found.events) - BigInt(examples.length);
    const unit = meterWords(charge.meter)[0];
    const equal = all === BigInt(charge.quantity) && units(found.credits) === charge.credits;
    const number = (value) => wholeNumber.format(value);
    this.back.hidden = false;
    this.takeSettings();
    this.open(`${dayText(charge.usage_date)} · ${visible(charge.model)} · ${unit}`, [
      element("dl", { class: "sums" },
        ...this.line(t`${count(examples.length, "event")} below`, `${number(shown)} ${unit}`),
        ...(rest > 0n ? this.line(t`${count(rest, "more event")}, not listed`, `${number(all - shown)} ${unit}`) : []),
        ...this.line(t`All ${count(found.events, "event")}`, `${number(all)} ${unit}`),
        ...this.line(t`The charge`, `${number(charge.quantity)} ${unit}`),
        ...this.line(t`x unit price / per`, `x ${PRICE.format(charge.price)} / ${number(charge.per)}`),
        ...this.line(t`= credits`, amount(charge.credits)),
      ),
      element("p", {}, this.verdict(equal, t`The events sum to the charge exactly.`, t`The events do not sum to the charge.`)),
      element("p", { class: "muted" }, t`Printed price: rate card ${visible(charge.rate_card)}, line ${found.card_line ?? "?"}.`,
        rest > 0n ? t` ${count(examples.length, "event")} of ${wholeNumber.format(found.events)} are listed; the sum is of all.` : null),
    ]);
    this.fill([
      { title: t`Time, UTC`, of: (e) => e.event_time, show: (e) => element("span", { class: "nowrap" }, visible(e.event_time)) },
      { title: t`Event`, of: (e) => e.event_id },
      { title: t`Brand, as logged`, of: (e) => e.logged_brand },
      { title: t`Model, as logged`, of: (e) => e.logged_model },
      { title: t`Quantity`, right: true, of: (e) => BigInt(e.quantity), show: (e) => number(e.quantity) },
      { title: t`Log`, of: (e) => e.file_name },
      { title: t`Row`, right: true, of: (e) => BigInt(e.row_number) },
    ], examples, { foot: (all) => [count(all.length, "event"), null, null, null, number(sum(all.map((e) => BigInt(e.quantity)))), null, null] });
    this.keep();
  }

  line(term, value) {
    return [element("dt", {}, term), element("dd", {}, value)];
  }
}

function dimensionName(name) {
  return name === "agent_id" ? t`Agent` : visible(name);
}

function meterCell(row) {
  return element("span", { class: "nowrap" }, meterWords(row.meter)[0]);
}

function modelCell(row) {
  return element("span", { class: "model" }, element("bdi", {}, visible(row.model)),
    row.brand ? element("bdi", { class: "brand" }, visible(row.brand)) : null);
}
