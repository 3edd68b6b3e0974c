// The row of maps: one selection shared by all, and the talk with Python.
//
// Streamlit calls the default export again whenever data or theme change, always with the same
// `parentElement`; the row lives on between calls, so points can glide and a hover survives.

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
    this.scrolled = -Infinity; // when a wheel last scrolled the page
    this.hand = false; // dragging moves the maps
    this.big = null; // the view shown at full width
    this.pinned = this.hovered = this.over = this.drag = this.lasso = null; // sample positions; over: a view
    this.chosen = new Set(); // positions
    this.classes = new Set();
    this.lens = new Lens();
    this.player = new Player(this);
    this.tools = new Tools(this);
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(this.grid);
    this.onWheel = (event) => { if (!root.contains(event.composedPath()[0])) this.scrolled = event.timeStamp; };
    window.addEventListener("wheel", this.onWheel, { passive: true, capture: true });
  }

  update(data, send) {
    this.send = send;
    const fresh = data !== this.data;
    if (fresh) this.take(data);
    this.restyle();
    if (fresh) this.root.dataset.updates = String(++this.updates);
    drawLegend(this);
    this.tools.refresh();
    this.resize();
    if (fresh) this.start();
  }

  take(data) {
    const sameSamples = this.data && this.data.ids === data.ids;
    this.data = data;
    this.colour = data.colour ?? "class"; // what colours say
    if (!sameSamples) {
      this.ids = decode(data.ids, Int32Array);
      this.positions = new Map([...this.ids].map((id, i) => [id, i]));
      this.hovered = this.over = null;
      this.lens.reset();
    }
    this.labels = decode(data.labels, Uint16Array);
    this.forget = decode(data.forget, Uint8Array);
    this.forgotten = new Set(this.labels.filter((_, i) => this.forget[i]));
    const all = [...this.ids.keys()];
    this.order = Int32Array.from([...all.filter((i) => !this.forget[i]), ...all.filter((i) => this.forget[i])]);
    this.root.style.setProperty("--per-row", data.perRow);
    this.root.style.setProperty("--map-height", `${data.height}px`);
    this.root.classList.toggle("large", Boolean(data.tools));
    while (this.views.length > data.panels.length) this.views.pop().figure.remove();
    while (this.views.length < data.panels.length) this.addView();
    if (!data.tools || !this.views.includes(this.big)) this.enlarge(null);
    const still = !data.glide || !sameSamples || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.gliding = this.views.map((view, i) => {
      const panel = data.panels[i];
      const glides = view.load(panel, this.ids.length, still || Boolean(panel.frames));
      view.restored = decode(panel.restored, Int16Array);
      Object.assign(view, { labels: this.labels, forget: this.forget, groups: decode(panel.groups, Int16Array) });
      takeFrames(view, panel);
      view.buttons();
      return glides;
    }).some(Boolean);
    this.player.take(data);
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
    view.lens = this.lens;
    this.views.push(view);
    const head = make("div", "head-row");
    view.title.replaceWith(head);
    head.append(view.title, panelButtons(this, view));
    this.grid.appendChild(view.figure);
    const canvas = view.canvas;
    const at = (e) => [e.offsetX, e.offsetY];
    canvas.addEventListener("pointermove", (e) => movePointer(this, view, at(e), e));
    canvas.addEventListener("pointerleave", () => this.drag || this.hover(null, null));
    canvas.addEventListener("pointerdown", (e) => pressPointer(this, view, at(e), e));
    canvas.addEventListener("pointerup", (e) => releasePointer(this, view, at(e), e));
    canvas.addEventListener("pointercancel", () => { this.drag = this.lasso = null; this.show(); });
    canvas.addEventListener("keydown", (e) => pressKey(this, view, e));
    canvas.addEventListener("keyup", (e) => letKey(this, e));
    canvas.addEventListener("blur", () => { this.space = null; this.hover(null, null); });
    listenToWheel(this, view);
  }

  // ---- what is selected ------------------------------------------------------------------------

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
    this.tools.refresh();
    this.tell();
  }

  // Samples that coincide in a model's feature space are one mark there: all or none.
  together(view, positions) {
    const groups = view.groups;
    if (!groups) return [...positions];
    const taken = new Set([...positions].map((i) => groups[i]).filter((g) => g >= 0));
    const others = this.order.filter((i) => taken.has(groups[i]));
    return [...new Set([...positions, ...others])];
  }

  join(positions, how) {
    if (how === "add") return this.choose([...this.chosen, ...positions], this.classes);
    if (how !== "remove") return this.choose(positions, []);
    const gone = new Set(positions);
    const active = this.active(); // a class loses members only as a set of samples
    const left = [...this.ids.keys()].filter((i) => active && active[i] && !gone.has(i));
    const whole = [...this.classes].every((c) => !positions.some((i) => this.labels[i] === c));
    if (whole) this.choose([...this.chosen].filter((i) => !gone.has(i)), this.classes);
    else this.choose(left, []);
  }

  choose(positions, classes) {
    this.chosen = new Set(positions);
    this.classes = new Set(classes);
    this.paint();
    drawLegend(this);
    this.tools.refresh();
    this.tell();
  }

  clear() {
    if (this.pinned === null && !this.active()) return;
    this.pinned = null;
    this.choose([], []);
  }

  toggle(classes, keep) {
    const on = classes.every((c) => this.classes.has(c));
    const next = new Set(this.classes);
    classes.forEach((c) => (on ? next.delete(c) : next.add(c)));
    this.choose(keep ? this.chosen : [], next);
  }

  tell() {
    this.seq += 1;
    this.send("selection", {
      seq: this.seq,
      sample: this.pinned === null ? null : this.ids[this.pinned],
      samples: [...this.chosen].sort((a, b) => a - b).map((i) => this.ids[i]),
      classes: [...this.classes].sort((a, b) => a - b),
    });
  }

  // (N,) 1 where selected, or null when nothing is: then all points are equal.
  active() {
    if (!this.chosen.size && !this.classes.size) return null;
    return Uint8Array.from(this.ids, (_, i) => this.chosen.has(i) || this.classes.has(this.labels[i]));
  }

  enlarge(view) {
    this.big = view;
    this.root.classList.toggle("one", view !== null);
    for (const each of this.views) {
      each.figure.classList.toggle("big", each === view);
      if (each.panel) each.buttons();
    }
  }

  shownViews() {
    return this.big ? [this.big] : this.views;
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
    this.style = {}; // marks made for another style are made anew
  }

  resize() {
    if (!this.data) return;
    this.ratio = window.devicePixelRatio || 1;
    this.views.forEach((view) => view.fit(this.ratio));
    const n = this.ids.length;
    const large = this.data.tools ? 1.25 : this.data.compact ? 0.85 : 1;
    this.radius = (n > 1500 ? 1.9 : n > 700 ? 2.3 : n > 300 ? 2.8 : 3.4) * large;
    this.style = {};
    this.paint();
  }

  // The lens or the epoch changed: one redraw a frame, however many events there were.
  looked() {
    this.tools.refresh();
    this.redraw ||= requestAnimationFrame(() => {
      this.redraw = 0;
      this.paint();
      drawTip(this);
    });
  }

  paint() {
    if (!this.data || !this.ratio) return;
    const began = performance.now();
    const active = this.active();
    for (const view of this.views) {
      if (!view.width) continue; // hidden behind an enlarged one
      const { marks, which } = marksFor(this, view);
      view.paint(this.order, marks, which, active, this.ink);
    }
    this.show();
    this.root.dataset.drawMs = (performance.now() - began).toFixed(2);
    this.root.dataset.paints = String(Number(this.root.dataset.paints || 0) + 1);
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
    cancelAnimationFrame(this.redraw);
    cancelAnimationFrame(this.player.frame);
    window.removeEventListener("wheel", this.onWheel, { capture: true });
  }
}

function rgbOf(color) {
  const g = document.createElement("canvas").getContext("2d");
  g.fillStyle = color;
  g.fillRect(0, 0, 1, 1);
  return g.getImageData(0, 0, 1, 1).data;
}

// The place that was kept for a component is, once it is drawn, as high as the component.
function settle(root) {
  for (let e = root.getRootNode().host; e; e = e.parentElement) {
    Object.assign(e.style, { height: "auto", flexBasis: "auto", overflow: "visible" });
    if (e.dataset.testid === "stElementContainer") return;
  }
}

export default function ({ parentElement, data, setStateValue }) {
  return mount(parentElement, ".maps", (root) => new Row(root), (row) => {
    row.update(data, setStateValue);
    settle(row.root);
  });
}
