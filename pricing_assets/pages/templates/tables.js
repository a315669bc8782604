// Tables by DataTables: cells are built as elements with text, sorted by exact values.

const PAGE = 15;
const FIRST_COLUMN = [0, "asc"];
const made = new Map();
/** What a reader set in each table, where it is not as it was given: `find`, `sort` (a column's place, `a` or `d`), `page` from 2 on. */
const settings = new Map();
/** What the address asks of tables that they do not have, as it says it. */
const staleSettings = new Set();
let settingsChanged = () => {};

DataTable.ext.errMode = "throw";

/** Numbers of any size in order, so that no sorting goes through a float. */
function orderOf(value) {
  if (typeof value !== "bigint") return value ?? "";
  const shifted = value + 10n ** 45n;
  return shifted.toString().padStart(46, "0");
}

const classOf = ({ right, wide, less }) =>
  [right && "right", wide && "wide", less && "less"].filter(Boolean).join(" ");

/**
 * Fill a table. A column is {title, of: row -> value to sort by, show: row -> element or text,
 * right: it holds numbers, wide: it holds text, less: a phone does without it}; `foot` gives the
 * cells of its last line, of the rows that a search leaves and of all.
 */
function fill(id, columns, rows, { order = [FIRST_COLUMN], foot = null, click = null, empty = t`Nothing.` } = {}) {
  const table = document.getElementById(id);
  const { find = "", sort, page = 1 } = settings.get(id) ?? {};
  const hasSort = sort !== undefined && columns[parseInt(sort, 10)]?.of !== undefined;
  if (sort !== undefined && !hasSort) staleSettings.add(`sort.${id}=${sort}`);
  const asked = hasSort ? [[parseInt(sort, 10), sort.endsWith("a") ? "asc" : "desc"]] : order;
  made.get(id)?.off("draw").destroy();
  table.replaceChildren();
  if (foot) {
    const cells = columns.map((column) => element("td", { class: classOf(column) }));
    table.append(element("tfoot", {}, element("tr", {}, ...cells)));
  }
  made.set(id, new DataTable(table, {
    data: rows,
    autoWidth: false,
    columns: columns.map((column) => ({
      title: column.title,
      className: classOf(column),
      type: "string",
      data: null,
      orderable: column.of !== undefined,
      orderSequence: ["asc", "desc"],  // never neither, which no address could say
      render: (row, how) => {
        if (how === "display") return shownCell(column, row);
        if (how === "sort" || how === "type") return orderOf(column.of?.(row));
        return String(column.text?.(row) ?? column.of?.(row) ?? "");
      },
    })),
    createdRow: (tr, row) => {
      if (!click) return;
      tr.classList.add("clickable");
      tr.addEventListener("click", (event) => { if (!event.target.closest("a, button")) click(row); });
    },
    drawCallback() {
      table.closest(".dt-container")?.querySelector("nav")
        ?.setAttribute("aria-label", t`Pages of ${table.getAttribute("aria-label")}`);
      if (!foot) return;
      const found = this.api().rows({ search: "applied" }).data().toArray();
      foot(found, rows).forEach((cell, place) => table.tFoot.rows[0].cells[place].replaceChildren(cell ?? ""));
    },
    order: asked.map((by) => [...by]),  // which the library writes into
    search: { search: find },
    pageLength: PAGE,
    layout: {
      topStart: null,
      topEnd: rows.length > PAGE ? "search" : null,
      bottomStart: rows.length > PAGE ? "info" : null,
      bottomEnd: rows.length > PAGE ? "paging" : null,
    },
    language: { emptyTable: empty, search: "", searchPlaceholder: t`Search`, zeroRecords: t`No such row.` },
  }));
  if (foot) table.append(table.tFoot);  // below the rows, on paper too
  const search = table.closest(".dt-container")?.querySelector("input[type=search]");
  search?.setAttribute("aria-label", t`Search in ${table.getAttribute("aria-label")}`);
  const api = made.get(id);
  if (page > Math.max(1, api.page.info().pages)) staleSettings.add(`page.${id}=${page}`);
  else if (page > 1) api.page(page - 1).draw("page");
  api.on("draw", () => {
    if (api.page.len() !== PAGE) return;  // for paper
    const sortOf = (by) => `${by[0]}${by[1][0]}`;  // `4a`: ascending
    const now = sortOf(api.order()[0] ?? FIRST_COLUMN);
    settings.set(id, { find: api.search() || undefined, page: api.page() > 0 ? api.page() + 1 : undefined,
      sort: now === sortOf(order[0] ?? FIRST_COLUMN) ? undefined : now });
    settingsChanged();
  });
}

/** How many rows a search leaves, of all. */
function countOf(found, all, one) {
  return found.length === all.length ? count(all.length, one)
    : t`${wholeNumber.format(found.length)} of ${count(all.length, one)}`;
}

function shownCell(column, row) {
  const shown = column.show ? column.show(row) : column.of(row);
  return shown instanceof Node ? shown : document.createTextNode(visible(shown));
}

// Paper has no pages to turn within a table.
window.addEventListener("beforeprint", () => { for (const table of made.values()) table.page.len(-1).draw(); });
window.addEventListener("afterprint", () => { for (const table of made.values()) table.page.len(PAGE).draw(); });
