// Legend, heading and controls; and the start.

function legendItem(template, text, paintOf) {
  const item = element("li", "");
  const swatch = byId(template).content.cloneNode(true);
  if (paintOf) swatch.querySelector("rect").setAttribute("fill", paintOf);
  item.append(swatch, text);
  return item;
}

function drawLegend() {
  byId("unit").textContent = kp().unit;
  const cells = content.areas.map((_, index) => cellOf(index));
  const items = legend().labels.map((label, i) => legendItem("swatch", label, legend().colours[i]));
  if (cells.some((c) => c && c[CLASS] === null)) items.push(legendItem("swatch", texts.no_rate, BLANK));
  if (cells.includes(HIDDEN)) items.push(legendItem("swatch", texts.hidden_legend, DOTTED));
  if (cells.includes(null)) items.push(legendItem("swatch", texts.not_mapped, HATCHED));
  if (content.points) items.push(legendItem("dot", content.pointsLabel));
  byId("legend").replaceChildren(...items);
}

function drawHeading() {
  const day = state.day > 0 ? fill(texts.day_at_spots, { day: dayName() }) : texts.day_all;
  byId("heading").textContent = mapByDay()
    ? fill(texts.heading_day, { kp: kp().name, day: dayName() }) : fill(texts.heading, { kp: kp().name });
  byId("caption").textContent = byId("heading").textContent;
  byId("day").disabled = kp().days === null;
  byId("day").setAttribute("aria-valuetext", day);
  byId("day-name").textContent = day;
  byId("national").textContent = nationalText();
}

function nationalText() {
  const cell = nationalCell();
  const said = lines(cell).slice(0, 2).map(([label, text]) => (label ? `${label}: ${text}` : text));
  if (state.day > 0 && Array.isArray(cell) && kp().uplift[state.day - 1] !== null) {
    const change = kp().uplift[state.day - 1];
    const percent = (change > 0 ? "+" : change < 0 ? "−" : "±") + number(Math.abs(change), 0);
    said.push(fill(texts.against_usual, { percent }));
  }
  const note = state.day > 0 && !mapByDay() ? ` ${texts.days_national_only}` : "";
  return `${texts.national}: ${said.join(" · ")}.${note}`;
}

function matches() {
  const words = plain(state.words.trim());
  return new Set(content.areas.flatMap((area, index) => (plain(area.name).includes(words) ? [index] : [])));
}

function redraw() {
  if (kp().days === null) state.day = 0;
  byId("day").value = state.day;
  drawHeading();
  drawLegend();
  drawTable();
  paint();
  show(shown);
}

function makeControls() {
  content.kps.forEach((each, index) => {
    const label = document.createElement("label");
    const radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name: "kp", value: each.code, checked: index === 0 });
    radio.addEventListener("change", () => {
      state.kp = index;
      redraw();
      drawPoints();
    });
    label.append(radio, each.name);
    byId("kps").append(label);
  });
  byId("ticks").append(...[texts.tick_all, ...content.shortDays].map((name) => element("span", name)));
  byId("day").addEventListener("input", (event) => {
    state.day = Number(event.target.value);
    redraw();
  });
  byId("search").addEventListener("input", (event) => search(event.target.value));
  byId("search").addEventListener("keydown", searchKey);
  document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
}

function search(words) {
  state.words = words;
  const total = content.areas.length;
  byId("found").textContent = words.trim() ? fill(texts.found, { count: matches().size, total }) : "";
  drawTable();
  paint();
}

function searchKey(event) {
  if (event.key === "Enter" && matches().size) {
    event.preventDefault();
    pin(ordered().find((index) => matches().has(index)));
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.target.value = "";
    search("");
    pin(null);
  }
}

new ResizeObserver(fitLand).observe(byId("map"));  // a wider table leaves it less room
addEventListener("beforeprint", fitLand);
addEventListener("afterprint", fitLand);
matchMedia("print").addEventListener("change", fitLand);
makeControls();
drawMap();
redraw();
drawPoints();
requestAnimationFrame(() => setTimeout(() => performance.mark("first map")));
