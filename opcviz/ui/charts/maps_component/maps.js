// The row of maps: one selection shared by all, and the talk with Python.
//
// Streamlit calls the default export again whenever data or theme change, always with the same
// `parentElement`; the row lives on between calls, so points can glide and a hover survives.

const rows = new WeakMap();
const MAX_CLICK_MOVE = 5; // px: a shorter drag is a click

class Row {
  constructor(root) {
    this.root = root;
    this.grid = root.querySelector(".grid");
    this.grid.replaceChildren(); // maps of a row that was stopped here would stay, frozen
    this.legend = root.querySelector(".legend");
    this.tip = root.querySelector(".tip");
    this.said = root.querySelector(".said");
    this.views = [];
    this.seq = 0; // of the last selection made here; Python echoes it
    this.updates = 0;
    this.pinned = this.hovered = this.over = this.lasso = null; // sample positions; over: a view
    this.chosen = new Set(); // positions
    this.classes = new Set();
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(this.grid);
  }

  update(data, send) {
    this.send = send;
    const fresh = data !== this.data;
    if (fresh) this.take(data);
    this.restyle();
    if (fresh) this.root.dataset.updates = String(++this.updates);
    drawLegend(this);
    this.resize();
    if (fresh) this.start();
  }

  take(data) {
    const sameSamples = this.data && this.data.ids === data.ids;
    this.data = data;
    if (!sameSamples) {
      this.ids = decode(data.ids, Int32Array);
      this.positions = new Map([...this.ids].map((id, i) => [id, i]));
      this.hovered = this.over = null;
    }
    this.labels = decode(data.labels, Uint16Array);
    this.forget = decode(data.forget, Uint8Array);
    const all = [...this.ids.keys()];
    this.order = [...all.filter((i) => !this.forget[i]), ...all.filter((i) => this.forget[i])];
    this.root.style.setProperty("--per-row", data.perRow);
    this.root.style.setProperty("--map-height", `${data.height}px`);
    while (this.views.length > data.panels.length) this.views.pop().figure.remove();
    while (this.views.length < data.panels.length) this.addView();
    const still = !data.glide || !sameSamples || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.gliding = this.views.map((view, i) => view.load(data.panels[i], this.ids.length, still)).some(Boolean);
    if (data.seq >= this.seq || !sameSamples) this.adopt(data.selected, data.seq);
  }

  // Python's selection is taken over unless it is older than one made here.
  adopt(selected, seq) {
    this.seq = Math.max(seq, this.seq);
    this.pinned = this.positions.get(selected.sample) ?? null;
    this.classes = new Set(selected.classes);
    this.chosen = new Set(selected.samples.map((id) => this.positions.get(id)).filter((i) => i !== undefined));
  }

  addView() {
    const view = new MapView();
    this.views.push(view);
    this.grid.appendChild(view.figure);
    const canvas = view.canvas;
    const at = (e) => [e.offsetX, e.offsetY];
    canvas.addEventListener("pointermove", (e) => this.moved(view, at(e), e));
    canvas.addEventListener("pointerleave", () => this.lasso || this.hover(null, null));
    canvas.addEventListener("pointerdown", (e) => {
      if (e.button) return;
      this.lasso = { view, path: [at(e)] };
      if (e.pointerType !== "touch") canvas.setPointerCapture(e.pointerId);
    });
    canvas.addEventListener("pointerup", (e) => this.released(view, at(e), e.shiftKey));
    canvas.addEventListener("pointercancel", () => { this.lasso = null; this.show(); });
    canvas.addEventListener("keydown", (e) => this.key(view, e));
    canvas.addEventListener("blur", () => this.hover(null, null));
  }

  // ---- what the person does -------------------------------------------------------------------

  moved(view, [x, y], event) {
    if (this.lasso && event.pointerType !== "touch") {
      this.lasso.path.push([x, y]);
      return this.show();
    }
    this.hover(view.nearest(x, y, this.order, this.active()), view);
  }

  released(view, [x, y], add) {
    const path = this.lasso ? this.lasso.path : [];
    this.lasso = null;
    const [x0, y0] = path[0] || [x, y];
    if (path.every(([a, b]) => Math.hypot(a - x0, b - y0) < MAX_CLICK_MOVE)) {
      const i = view.nearest(x, y, this.order, this.active()) ?? view.nearest(x, y, this.order, null);
      if (i !== null) this.pin(i === this.pinned ? null : i);
      else if (this.active()) this.choose([], []);
      return this.show();
    }
    const found = view.inside(path, this.order);
    this.choose(add ? [...this.chosen, ...found] : found, add ? this.classes : []);
  }

  key(view, event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way) {
      const from = this.hovered ?? this.pinned;
      const drawn = () => [...this.order].reverse().find((i) => view.place(i)) ?? null;
      const next = from === null ? drawn() : view.towards(from, way, this.order, this.active());
      if (next !== null) this.hover(next, view);
    } else if (event.key === "Enter" || event.key === " ") {
      if (this.hovered !== null) this.pin(this.hovered === this.pinned ? null : this.hovered);
    } else if (event.key === "Escape") {
      if (this.pinned !== null || this.active()) {
        this.pinned = null;
        this.choose([], []);
      }
      this.hover(null, null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  hover(i, view) {
    if (i === this.hovered && view === this.over) return;
    this.hovered = i;
    this.over = i === null ? null : view;
    this.show();
    drawTip(this);
  }

  pin(i) {
    this.pinned = i;
    this.show();
    this.tell();
  }

  choose(positions, classes) {
    this.chosen = new Set(positions);
    this.classes = new Set(classes);
    this.paint();
    drawLegend(this);
    this.tell();
  }

  toggle(classes) {
    const on = classes.every((c) => this.classes.has(c));
    const next = new Set(this.classes);
    classes.forEach((c) => (on ? next.delete(c) : next.add(c)));
    this.choose([], next);
  }

  tell() {
    this.seq += 1;
    this.send("selection", {
      seq: this.seq,
      sample: this.pinned === null ? null : this.ids[this.pinned],
      samples: [...this.chosen].map((i) => this.ids[i]),
      classes: [...this.classes],
    });
  }

  // (N,) 1 where selected, or null when nothing is: then all points are equal.
  active() {
    if (!this.chosen.size && !this.classes.size) return null;
    return Uint8Array.from(this.ids, (_, i) => this.chosen.has(i) || this.classes.has(this.labels[i]));
  }

  // ---- what is drawn --------------------------------------------------------------------------

  restyle() {
    const css = getComputedStyle(this.root);
    const read = (name) => css.getPropertyValue(`--st-${name}`).trim();
    this.ink = {
      text: read("text-color"),
      background: read("background-color"),
      border: read("border-color"),
      primary: read("primary-color"),
      font: read("font") || "sans-serif",
      size: this.data.text,
    };
    const [r, g, b] = rgbOf(this.ink.background);
    this.ink.backgroundPixel = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; // little-endian RGBA
    this.theme = 0.2126 * r + 0.7152 * g + 0.0722 * b < 110 ? "dark" : "light";
    this.root.dataset.theme = this.theme;
    this.marks = null;
  }

  makeMarks() {
    const { colors, shapes, names } = this.data;
    const set = colors[this.theme];
    const n = this.ids.length;
    const r = (n > 1500 ? 1.9 : n > 700 ? 2.3 : n > 300 ? 2.8 : 3.4) * (this.data.compact ? 0.85 : 1);
    const ratio = this.ratio;
    const kept = names.map((_, c) => makeMark("circle", set.muted[c], null, r, ratio));
    const gone = names.map((_, c) => makeMark(shapes[c], set.vivid[c], this.ink.background, r * 1.3, ratio));
    this.marks = [...kept, ...gone];
    this.marksOf = Array.from(this.labels, (c, i) => c + (this.forget[i] ? names.length : 0));
  }

  resize() {
    if (!this.data) return;
    this.ratio = window.devicePixelRatio || 1;
    this.views.forEach((view) => view.fit(this.ratio));
    this.marks = null;
    this.paint();
  }

  paint() {
    if (!this.marks) this.makeMarks();
    const began = performance.now();
    const active = this.active();
    this.views.forEach((view) => view.paint(this.order, this.marks, this.marksOf, active, this.ink));
    this.show();
    this.root.dataset.drawMs = (performance.now() - began).toFixed(2);
  }

  show() {
    for (const view of this.views) {
      view.show({
        pinned: this.pinned,
        hovered: this.hovered,
        here: view === this.over,
        lasso: this.lasso && this.lasso.view === view ? this.lasso.path : null,
        ids: this.ids,
        names: this.data.names,
        ink: this.ink,
      });
    }
  }

  start() {
    cancelAnimationFrame(this.frame);
    if (!this.gliding) return void (this.root.dataset.moving = "no");
    this.root.dataset.moving = "yes";
    const began = performance.now();
    const step = (now) => {
      const t = Math.min(1, Math.max(0, (now - began) / this.data.glide));
      this.views.forEach((view) => view.glide(t));
      this.paint();
      if (t < 1) this.frame = requestAnimationFrame(step);
      else this.root.dataset.moving = "no";
    };
    this.frame = requestAnimationFrame(step);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.watcher.disconnect();
  }
}

function rgbOf(color) {
  const g = document.createElement("canvas").getContext("2d");
  g.fillStyle = color;
  g.fillRect(0, 0, 1, 1);
  return g.getImageData(0, 0, 1, 1).data;
}

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  const root = parentElement.querySelector(".maps");
  let row = rows.get(parentElement);
  if (!row || row.root !== root) {
    if (row) row.stop();
    row = new Row(root);
    rows.set(parentElement, row);
  }
  row.update(data, setStateValue);
  return () => {
    row.stop();
    if (rows.get(parentElement) === row) rows.delete(parentElement); // not one that took its place
  };
}
