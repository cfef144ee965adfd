// The map: areas, points and the popup, by mouse and by keyboard.

const map = L.map("map", {
  keyboard: false, attributionControl: false, zoomControl: false, scrollWheelZoom: false,
  zoomSnap: 0.1, zoomDelta: 0.5, maxZoom: 14, dragging: !L.Browser.mobile,
});
L.control.zoom({ zoomInTitle: texts.zoom_in, zoomOutTitle: texts.zoom_out }).addTo(map);
const shapes = content.areas.map((area) => L.polygon(area.shape, {
  color: "#444", weight: 0.8, fillOpacity: 1, smoothFactor: 0.3,
}));
const land = L.featureGroup(shapes);
const focusLine = L.polygon([], { color: "#b34700", weight: 4, fill: false, interactive: false });

function fitLand() {
  map.invalidateSize({ animate: false, pan: false });
  map.fitBounds(land.getBounds(), { padding: [12, 12], animate: false });
}

function drawMap() {
  fitLand();
  land.addTo(map);
  focusLine.addTo(map);
  shapes.forEach((shape, index) => listenToArea(shape, index));
  map.on("move zoom", () => placePopup());
  map.on("click", () => pin(null));
}

function paint() {
  const matching = matches();
  shapes.forEach((shape, index) => {
    const cell = cellOf(index);
    shape.setStyle({ fillColor: colour(cell), fillOpacity: matching.has(index) ? 1 : 0.15 });
    const path = shape.getElement();
    path.setAttribute("aria-label", spoken(index));
    path.setAttribute("tabindex", index === state.tab ? "0" : "-1");
  });
}

function listenToArea(shape, index) {
  const path = shape.getElement();
  path.setAttribute("role", "button");
  path.setAttribute("data-area", index);
  shape.on("mouseover", () => show(index));
  shape.on("mouseout", () => show(state.pinned));
  shape.on("click", (event) => {
    L.DomEvent.stopPropagation(event);
    pin(index);
  });
  path.addEventListener("focus", () => {
    setTab(index);
    show(index);
    if (!map.getBounds().contains(content.areas[index].centre)) map.panTo(content.areas[index].centre);
  });
  path.addEventListener("blur", () => show(state.pinned));
  path.addEventListener("keydown", (event) => areaKey(event, index));
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function areaKey(event, index) {
  if (ARROWS[event.key]) {
    const next = neighbour(index, ARROWS[event.key]);
    if (next !== null) shapes[next].getElement().focus();
  } else if (event.key === "Enter" || event.key === " ") {
    pin(state.pinned === index ? null : index);
  } else if (event.key === "Escape") {
    pin(null);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

function neighbour(index, [x, y]) {  // the nearest area that way; what lies aside counts as further
  const place = (i) => map.latLngToContainerPoint(content.areas[i].centre);
  const from = place(index);
  let best = null, least = Infinity;
  content.areas.forEach((_, i) => {
    const to = place(i).subtract(from);
    const ahead = to.x * x + to.y * y;
    const aside = Math.abs(to.x * y) + Math.abs(to.y * x);
    if (i !== index && ahead > 1 && ahead + 2 * aside < least) {
      least = ahead + 2 * aside;
      best = i;
    }
  });
  return best;
}

function setTab(index) {
  shapes[state.tab].getElement().setAttribute("tabindex", "-1");
  state.tab = index;
  shapes[index].getElement().setAttribute("tabindex", "0");
}

// One canvas for all points of a KP: a thousand times lighter than a Leaflet marker for each.
const Points = L.Layer.extend({
  initialize(places) {
    this.places = places.map((place) => L.latLng(place));
  },
  getEvents() {
    return { zoomstart: this.hide, moveend: this.draw, resize: this.draw };
  },
  onAdd() {
    this.canvas = L.DomUtil.create("canvas", "", this.getPane("points"));
    this.draw();
  },
  onRemove() {
    this.canvas.remove();
  },
  hide() {
    this.canvas.hidden = true;
  },
  draw() {
    const size = map.getSize(), scale = devicePixelRatio, dot = pointImage(scale);
    Object.assign(this.canvas, { width: size.x * scale, height: size.y * scale, hidden: false });
    Object.assign(this.canvas.style, { width: `${size.x}px`, height: `${size.y}px` });
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    const pen = this.canvas.getContext("2d");
    for (const place of this.places) {
      const at = map.latLngToContainerPoint(place).multiplyBy(scale);
      pen.drawImage(dot, at.x - dot.width / 2, at.y - dot.height / 2);
    }
  },
});

function pointImage(scale) {
  const image = document.createElement("canvas");
  image.width = image.height = Math.ceil(8 * scale);
  const pen = image.getContext("2d");
  pen.arc(image.width / 2, image.width / 2, 3 * scale, 0, 2 * Math.PI);
  Object.assign(pen, { fillStyle: "rgb(213 94 0 / 70%)", strokeStyle: "#7a3500", lineWidth: 0.6 * scale });
  pen.fill();
  pen.stroke();
  return image;
}

let points = null;

function drawPoints() {
  if (content.points === null) return;
  if (points) points.remove();
  if (!map.getPane("points")) {
    Object.assign(map.createPane("points").style, { pointerEvents: "none", zIndex: 450 });
  }
  points = new Points(content.points[state.kp]).addTo(map);
}

const popup = byId("popup");
let shown = null;

function show(index) {
  shown = index;
  popup.hidden = index === null;
  focusLine.setLatLngs(index === null ? [] : content.areas[index].shape);
  markRow(index);
  if (index === null) return;
  popup.replaceChildren(...popupContent(index));
  popup.classList.toggle("pinned", index === state.pinned);
  placePopup();
}

function popupContent(index) {
  const title = element("strong", content.areas[index].name);
  const who = element("div", mapByDay() ? `${kp().code} · ${fill(texts.day_at_spots, { day: dayName() })}` : kp().name);
  who.className = "kp";
  const list = document.createElement("dl");
  const cell = cellOf(index);
  if (word(cell)) return [title, who, element("div", word(cell))];
  for (const [label, text] of lines(cell)) list.append(element("dt", label), element("dd", text));
  return [title, who, list];
}

function placePopup() {
  if (shown === null) return;
  const size = map.getSize();
  const at = map.latLngToContainerPoint(content.areas[shown].centre);
  const left = Math.min(Math.max(4, at.x - popup.offsetWidth / 2), size.x - popup.offsetWidth - 4);
  const bounds = shapes[shown].getBounds();
  const edges = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => map.latLngToContainerPoint(corner).y);
  const top = popupTop(at.y, edges, size);
  popup.style.left = `${left}px`;
  popup.style.top = `${top}px`;
}

function popupTop(y, [north, south], size) {  // above the area, else below it, else at the far edge of the map
  const height = popup.offsetHeight, lowest = size.y - height - 4;
  if (north - height - 6 >= 4) return north - height - 6;
  if (south + 6 <= lowest) return south + 6;
  return y > size.y / 2 ? 4 : lowest;
}

function pin(index) {
  state.pinned = index;
  show(index);
  if (index !== null) rowOf(index)?.scrollIntoView({ block: "nearest" });
}
