// Choosing a place on the district's outline.

const SVG = "http://www.w3.org/2000/svg";
const METRES_PER_DEGREE = 111195;
const RATIO = 0.62;
const NEAREST_M = 400;
const START = { lat: 29.5748, lng: 106.5322 };

function shape(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

async function load(name) {
  const response = await fetch(`/static/${name}`);
  return response.json();
}

export class PlaceDialog {
  constructor(send) {
    const by = (id) => document.getElementById(id);
    Object.assign(this, {
      dialog: by("place"), map: by("map"), preset: by("preset"), label: by("label"),
      lat: by("lat"), lng: by("lng"), pin: { ...START }, send,
    });
    by("zoom-in").addEventListener("click", () => this.zoom(0.5));
    by("zoom-out").addEventListener("click", () => this.zoom(2));
    by("place-cancel").addEventListener("click", () => this.dialog.close());
    by("place-form").addEventListener("submit", (event) => this.submit(event));
    this.preset.addEventListener("change", () => this.choosePreset());
    for (const field of [this.lat, this.lng]) {
      field.addEventListener("change", () => this.readFields());
    }
    this.map.addEventListener("keydown", (event) => this.key(event));
    this.listenToPointer();
  }

  async open() {
    if (!this.places) await this.prepare();
    this.dialog.showModal();
    this.draw();
    this.map.focus();
  }

  async prepare() {
    const [district, { places }] = await Promise.all([load("district.json"), load("places.json")]);
    this.places = places;
    this.outline = district.outline;
    const lats = this.outline.map((point) => point[1]);
    this.middle = (Math.min(...lats) + Math.max(...lats)) / 2;
    this.shrink = Math.cos((this.middle * Math.PI) / 180);
    const xs = this.outline.map(([lng, lat]) => this.toMap(lng, lat)[0]);
    this.widest = (Math.max(...xs) - Math.min(...xs)) * 1.1;
    places.forEach((place, index) => this.preset.append(new Option(place.label, String(index))));
    this.view = { width: this.widest / 4 };
    this.putPin(this.pin, true);
  }

  // Map units are metres from the first point, y downwards.
  toMap(lng, lat) {
    const [lng0, lat0] = this.outline[0];
    return [
      (lng - lng0) * this.shrink * METRES_PER_DEGREE,
      (lat0 - lat) * METRES_PER_DEGREE,
    ];
  }

  fromMap(x, y) {
    const [lng0, lat0] = this.outline[0];
    return {
      lat: lat0 - y / METRES_PER_DEGREE,
      lng: lng0 + x / (this.shrink * METRES_PER_DEGREE),
    };
  }

  putPin(place, isCentred) {
    this.pin = { lat: place.lat, lng: place.lng };
    this.lat.value = place.lat.toFixed(6);
    this.lng.value = place.lng.toFixed(6);
    if (isCentred) [this.view.x, this.view.y] = this.toMap(place.lng, place.lat);
    this.draw();
  }

  zoom(factor) {
    const before = this.view.width;
    const width = Math.min(Math.max(before * factor, NEAREST_M), this.widest);
    const [x, y] = this.toMap(this.pin.lng, this.pin.lat);
    const kept = width / before;
    this.view = { width, x: x + (this.view.x - x) * kept, y: y + (this.view.y - y) * kept };
    this.draw();
  }

  choosePreset() {
    const place = this.places[Number(this.preset.value)];
    if (!this.preset.value || !place) return;
    this.label.value = place.label;
    this.putPin(place, true);
  }

  readFields() {
    const place = { lat: Number(this.lat.value), lng: Number(this.lng.value) };
    const isPlace = Math.abs(place.lat) <= 90 && Math.abs(place.lng) <= 180;
    for (const field of [this.lat, this.lng]) {
      field.setCustomValidity(isPlace ? "" : "请填写正确的经纬度。");
    }
    if (isPlace) this.putPin(place, true);
  }

  submit(event) {
    event.preventDefault();
    this.dialog.close();
    this.send({ ...this.pin, label: this.label.value.trim(), datum: "wgs84" });
  }

  key(event) {
    const step = this.view.width / 40;
    const moves = {
      ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step],
    };
    if (event.key in moves) {
      const [x, y] = this.toMap(this.pin.lng, this.pin.lat);
      const [dx, dy] = moves[event.key];
      this.putPin(this.fromMap(x + dx, y + dy), true);
    } else if (event.key === "+" || event.key === "=") this.zoom(0.5);
    else if (event.key === "-") this.zoom(2);
    else return;
    event.preventDefault();
  }

  listenToPointer() {
    let from = null;
    let hasMoved = false;
    this.map.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, view: { ...this.view } };
      hasMoved = false;
      this.map.setPointerCapture(event.pointerId);
    });
    this.map.addEventListener("pointermove", (event) => {
      if (!from) return;
      const unit = this.view.width / this.map.clientWidth;
      const dx = event.clientX - from.x;
      const dy = event.clientY - from.y;
      hasMoved = hasMoved || Math.hypot(dx, dy) > 5;
      if (!hasMoved) return;
      this.view.x = from.view.x - dx * unit;
      this.view.y = from.view.y - dy * unit;
      this.draw();
    });
    this.map.addEventListener("pointerup", (event) => {
      if (from && !hasMoved) {
        const box = this.map.getBoundingClientRect();
        const unit = this.view.width / box.width;
        const x = this.view.x + (event.clientX - box.left - box.width / 2) * unit;
        const y = this.view.y + (event.clientY - box.top - box.height / 2) * unit;
        this.preset.value = "";
        this.putPin(this.fromMap(x, y), false);
      }
      from = null;
    });
    this.map.addEventListener("pointercancel", () => { from = null; });
  }

  draw() {
    const { x, y, width } = this.view;
    const height = width * RATIO;
    const pixel = width / (this.map.clientWidth || 320);
    this.map.setAttribute("viewBox", `${x - width / 2} ${y - height / 2} ${width} ${height}`);
    const points = this.outline.map(([lng, lat]) => this.toMap(lng, lat).join(",")).join(" ");
    this.map.replaceChildren(
      shape("polygon", { points, class: "district", "stroke-width": 1.5 * pixel }),
      ...this.names(pixel),
      ...this.scale(x - width / 2, y + height / 2, width, pixel),
      this.pinShape(pixel),
    );
  }

  // A name that would lie over another is left out; zooming in shows it.
  names(pixel) {
    const taken = [];
    const shapes = [];
    for (const place of this.places) {
      const [x, y] = this.toMap(place.lng, place.lat);
      const right = x + (8 + 11 * place.label.length) * pixel;
      const isFree = taken.every((other) => (
        right < other.x || x > other.right || Math.abs(y - other.y) > 13 * pixel
      ));
      shapes.push(shape("circle", { cx: x, cy: y, r: 2.5 * pixel, class: "spot" }));
      if (!isFree) continue;
      taken.push({ x, y, right });
      const at = { x: x + 5 * pixel, y: y + 4 * pixel, "font-size": 11 * pixel };
      shapes.push(shape("text", at, place.label));
    }
    return shapes;
  }

  scale(left, bottom, width, pixel) {
    const metres = [10000, 5000, 2000, 1000, 500, 200, 100].find((each) => each < width / 3) || 50;
    const [x, y] = [left + 10 * pixel, bottom - 10 * pixel];
    const words = metres >= 1000 ? `${metres / 1000} 公里` : `${metres} 米`;
    return [
      shape("path", { d: `M${x} ${y}h${metres}`, class: "scale", "stroke-width": 2 * pixel }),
      shape("text", { x, y: y - 5 * pixel, "font-size": 10 * pixel }, words),
    ];
  }

  pinShape(pixel) {
    const [x, y] = this.toMap(this.pin.lng, this.pin.lat);
    const place = `translate(${x} ${y}) scale(${pixel})`;
    return shape("path", {
      d: "M0 0C-3 -8 -9 -12 -9 -19a9 9 0 0 1 18 0C9 -12 3 -8 0 0Zm0 -15.5a3.5 3.5 0 1 0 0 -7a3.5 3.5 0 0 0 0 7Z",
      class: "pin", transform: place, "fill-rule": "evenodd",
    });
  }
}
