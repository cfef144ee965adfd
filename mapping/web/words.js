// The page of the offline web map. It fetches nothing; its numbers come rounded, ready to be shown.
// A cell is null (not mapped), 0 (hidden) or
// [people, lower, upper, adults, rate, rate lower, rate upper, class]; a blank is null.
"use strict";
const content = JSON.parse(document.getElementById("content").textContent);
const texts = content.texts;
const POINT = 0, LOWER = 1, UPPER = 2, ADULTS = 3, RATE = 4, RATE_LOWER = 5, RATE_UPPER = 6, CLASS = 7;
const HIDDEN = 0;
const HATCHED = "url(#hatched)", DOTTED = "url(#dotted)", BLANK = "#ffffff";
const state = { kp: 0, day: 0, words: "", sort: "name", ascending: true, pinned: null, tab: 0, row: 0 };
const byId = (id) => document.getElementById(id);

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function number(value, decimals) {
  if (value === null) return "–";
  const [whole, part] = value.toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, content.marks[0]);
  return part ? grouped + content.marks[1] + part : grouped;
}

function span(cell, lower, upper, decimals) {
  if (cell[lower] === null) return "–";
  return fill(texts.from_to, { lower: number(cell[lower], decimals), upper: number(cell[upper], decimals) });
}

function plain(name) {  // without capitals and accents: "fushe kosove" finds "Fushë Kosovë"
  return name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/đ/g, "d").replace(/ı/g, "i");
}

const kp = () => content.kps[state.kp];
const dayName = () => content.days[state.day - 1];
const mapByDay = () => state.day > 0 && kp().dayLegend !== null;
const legend = () => (mapByDay() ? kp().dayLegend : kp().legend);

function cellOf(index) {
  const area = content.areas[index];
  return mapByDay() ? area.days[state.kp]?.[state.day - 1] ?? null : area.cells[state.kp];
}

function nationalCell() {
  return state.day > 0 ? kp().days[state.day - 1] : kp().national;
}

function word(cell) {
  if (cell === null) return texts.not_mapped;
  return cell === HIDDEN ? texts.hidden : null;
}

function lines(cell) {  // [label, text] of everything that is known of a cell
  if (word(cell)) return [["", word(cell)]];
  const people = `${number(cell[POINT], 0)} (${span(cell, LOWER, UPPER, 0)})`;
  const found = [[texts.people, people]];
  if (cell[RATE] !== null) {
    found.push([kp().unit, `${number(cell[RATE], 1)} (${span(cell, RATE_LOWER, RATE_UPPER, 1)})`]);
    found.push([kp().adults, number(cell[ADULTS], 0)]);
  }
  return found;
}

function spoken(index) {
  const cell = cellOf(index);
  const said = lines(cell).map(([label, text]) => (label ? `${label}: ${text}` : text));
  return `${content.areas[index].name}. ${said.join(". ")}`;
}

function colour(cell) {
  if (cell === null) return HATCHED;
  if (cell === HIDDEN) return DOTTED;
  return cell[CLASS] === null ? BLANK : legend().colours[cell[CLASS]];
}
