// The table beside the map: sorting, and rows that show their area.

const columns = () => {
  const ranges = kp().interval === "range";
  return [
    { key: "name", label: texts.municipality, text: null, value: null },
    { key: "people", label: texts.people, text: (c) => number(c[POINT], 0), value: (c) => c[POINT] },
    { key: "range", label: ranges ? texts.range : texts.interval,
      text: (c) => span(c, LOWER, UPPER, 0), value: (c) => c[UPPER] - c[LOWER] },
    { key: "rate", label: kp().rated ? kp().unit : texts.rate,
      text: (c) => number(c[RATE], 1), value: (c) => c[RATE] },
    { key: "rate-range", label: ranges ? texts.rate_range : texts.rate_interval,
      text: (c) => span(c, RATE_LOWER, RATE_UPPER, 1), value: (c) => c[RATE_UPPER] - c[RATE_LOWER] },
  ].filter((column) => kp().rated || !column.key.startsWith("rate"));
};

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function drawTable() {
  if (!columns().some((column) => column.key === state.sort)) state.sort = "name";
  byId("columns").replaceChildren(...columns().map(headCell));
  const order = ordered().filter((index) => matches().has(index));
  if (!order.includes(state.row)) state.row = order[0];
  const total = makeRow(texts.national, nationalTableCell(), "total");
  byId("rows").replaceChildren(total, ...order.map(areaRow));
  markRow(shown);
}

function nationalTableCell() {  // the sum of what the table shows: of the day only if the map is by day
  return mapByDay() || state.day === 0 ? nationalCell() : kp().national;
}

function headCell(column) {
  const cell = document.createElement("th");
  cell.scope = "col";
  cell.className = column.key;
  cell.dataset.label = column.label;
  const sorted = state.sort === column.key;
  cell.setAttribute("aria-sort", sorted ? (state.ascending ? "ascending" : "descending") : "none");
  const button = element("button", column.label);
  button.type = "button";
  button.addEventListener("click", () => sortBy(column.key));
  cell.append(button);
  return cell;
}

function sortBy(key) {
  state.ascending = state.sort === key ? !state.ascending : key === "name";
  state.sort = key;
  drawTable();
  byId("columns").querySelector(`.${key} button`).focus();
}

function ordered() {
  const names = new Intl.Collator(content.lang).compare;
  const indices = content.areas.map((_, index) => index);
  indices.sort((a, b) => names(content.areas[a].name, content.areas[b].name));
  const column = columns().find((each) => each.key === state.sort);
  const way = state.ascending ? 1 : -1;
  if (!column.value) return way === 1 ? indices : indices.reverse();
  // Hidden and not mapped areas stay last, by name, so that their order says nothing of their numbers.
  const known = indices.filter((i) => !word(cellOf(i)));
  known.sort((a, b) => way * (column.value(cellOf(a)) - column.value(cellOf(b))));
  const rank = (i) => (cellOf(i) === HIDDEN ? 0 : 1);
  return [...known, ...indices.filter((i) => word(cellOf(i))).sort((a, b) => rank(a) - rank(b))];
}

function makeRow(name, cell, className) {
  const row = document.createElement("tr");
  row.className = className;
  const head = element("th", name);
  head.scope = "row";
  row.append(head);
  for (const column of columns().slice(1)) {
    const data = element("td", word(cell) ?? column.text(cell));
    data.className = word(cell) ? `${column.key} word` : column.key;
    row.append(data);
    if (word(cell)) {
      data.colSpan = columns().length - 1;
      break;
    }
  }
  return row;
}

function areaRow(index) {
  const row = makeRow(content.areas[index].name, cellOf(index), "");
  row.dataset.area = index;
  row.tabIndex = index === state.row ? 0 : -1;
  row.addEventListener("mouseenter", () => show(index));
  row.addEventListener("mouseleave", () => show(state.pinned));
  row.addEventListener("focus", () => {
    rowOf(state.row)?.setAttribute("tabindex", "-1");
    state.row = index;
    row.tabIndex = 0;
    show(index);
  });
  row.addEventListener("blur", () => show(state.pinned));
  row.addEventListener("click", () => pin(index));
  row.addEventListener("keydown", (event) => rowKey(event, index));
  return row;
}

function rowKey(event, index) {
  const row = rowOf(index);
  if (event.key === "ArrowDown") row.nextElementSibling?.focus();
  else if (event.key === "ArrowUp" && row.previousElementSibling?.dataset.area) row.previousElementSibling.focus();
  else if (event.key === "Enter" || event.key === " ") pin(state.pinned === index ? null : index);
  else if (event.key === "Escape") pin(null);
  else return;
  event.preventDefault();
}

const rowOf = (index) => byId("rows").querySelector(`[data-area="${index}"]`);

function markRow(index) {
  for (const row of byId("rows").children) row.classList.toggle("marked", row.dataset.area === String(index));
}
