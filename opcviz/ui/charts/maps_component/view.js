// One map: where points are and how they are drawn. Knows nothing of Streamlit or of the other maps.
//
// The points are drawn once into an offscreen picture; hovering only copies it and draws rings on
// top, so a mouse move costs well under a millisecond however many points there are. Points are
// blended into the pixels by hand: a third of the time of canvas calls where there is no GPU.

const FRAME_PADDING = 22; // px between the outermost points and the frame
const POINTER_RADIUS = 16; // px within which the pointer finds a point
const DIMMED_OPACITY = 0.16; // opacity of what is not selected

class MapView {
  constructor() {
    this.figure = document.createElement("figure");
    this.figure.className = "panel";
    this.title = this.figure.appendChild(document.createElement("div"));
    this.title.className = "title";
    this.stage = this.figure.appendChild(document.createElement("div"));
    this.stage.className = "stage";
    this.canvas = this.stage.appendChild(document.createElement("canvas"));
    this.canvas.dataset.testid = "map-canvas";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.reason = this.stage.appendChild(document.createElement("div"));
    this.reason.className = "reason";
    this.base = document.createElement("canvas");
    this.now = null; // (2N,) coordinates as drawn, between `from` and `to` while gliding
    this.extent = null;
    this.groups = null; // (N,) number of each sample's group of coincident ones, −1: alone
    this.pies = []; // the groups drawn as one mark; see groups.js
    this.pieOf = new Map();
    this.lens = { s: 1, x: 0.5, y: 0.5 }; // shared by the row; see lens.js
  }

  // New coordinates; `instant` when there is nothing to glide from.
  load(panel, count, instant) {
    this.panel = panel;
    const to = decode(panel.xy, Float32Array);
    const glide = !instant && to && this.now && this.now.length === to.length;
    this.from = glide ? this.now.slice() : to;
    this.fromExtent = glide ? this.extent.slice() : panel.extent;
    this.to = to;
    this.now = to ? (glide ? this.now : to.slice()) : null;
    this.extent = this.fromExtent;
    this.best = decode(panel.best, Uint16Array); // (N, K) classes, most probable first
    const share = decode(panel.share, Uint16Array); // (N, K) their probabilities in 1/100 percent
    this.share = share && Float32Array.from(share, (p) => p / 100);
    let drawn = 0;
    for (let i = 0; to && i < count; i++) if (Number.isFinite(to[2 * i] + to[2 * i + 1])) drawn++;
    this.canvas.dataset.points = String(drawn);
    this.title.textContent = panel.title;
    this.title.hidden = !panel.showTitle;
    this.reason.textContent = panel.reason;
    this.reason.hidden = !panel.reason;
    this.canvas.setAttribute(
      "aria-label",
      drawn
        ? `Feature map of ${panel.title}, ${drawn} samples. Arrow keys move between samples, Enter pins, Space selects one, A selects its class, Escape clears.`
        : `Feature map of ${panel.title}: ${panel.reason}`,
    );
    return glide;
  }

  // Move to `t` in [0, 1] of the way to the new places.
  glide(t) {
    if (!this.to) return;
    if (t >= 1) {
      this.now.set(this.to);
      this.extent = this.panel.extent;
      return;
    }
    const ease = t * t * (3 - 2 * t);
    for (let i = 0; i < this.to.length; i++) {
      const from = Number.isFinite(this.from[i]) ? this.from[i] : this.to[i];
      this.now[i] = from + (this.to[i] - from) * ease;
    }
    this.extent = this.panel.extent.map((v, i) => this.fromExtent[i] + (v - this.fromExtent[i]) * ease);
  }

  fit(ratio) {
    this.width = this.stage.clientWidth;
    this.height = this.stage.clientHeight;
    this.ratio = ratio;
    for (const canvas of [this.canvas, this.base]) {
      canvas.width = Math.max(1, Math.round(this.width * ratio));
      canvas.height = Math.max(1, Math.round(this.height * ratio));
    }
    this.image = this.base.getContext("2d").createImageData(this.base.width, this.base.height);
  }

  // Equal aspect: one scale for both axes, the extent centred in the frame; then the lens.
  scale() {
    const [x0, x1, y0, y1] = this.extent;
    const k = Math.min(
      (this.width - 2 * FRAME_PADDING) / Math.max(x1 - x0, 1e-9),
      (this.height - 2 * FRAME_PADDING) / Math.max(y1 - y0, 1e-9),
    );
    const { width, height, lens } = this;
    const [dx, dy] = [width / 2 - (k * (x0 + x1)) / 2, height / 2 + (k * (y0 + y1)) / 2];
    return [k * lens.s, (dx - lens.x * width) * lens.s + width / 2, (dy - lens.y * height) * lens.s + height / 2];
  }

  place(i) {
    if (!this.now) return null;
    const [k, dx, dy] = this.scale();
    const x = dx + k * this.now[2 * i];
    const y = dy - k * this.now[2 * i + 1];
    return Number.isFinite(x + y) ? [x, y] : null;
  }

  // All points into the offscreen picture: dimmed below active, kept below forgotten.
  paint(order, marks, marksOf, active, ink) {
    const { width, height, data } = this.image;
    new Uint32Array(data.buffer).fill(ink.backgroundPixel);
    const [k, dx, dy] = this.scale();
    gatherMarks(this, order, Math.min(...marks.map((mark) => mark.spec.radius)));
    for (const pass of !this.now ? [] : active ? [0, 1] : [1]) {
      const alpha = (pass ? 1 : DIMMED_OPACITY) / 255;
      for (const i of order) {
        if ((active && active[i] !== pass) || this.pieOf.has(i)) continue;
        const mark = marks[marksOf[i]];
        const x = (dx + k * this.now[2 * i]) * this.ratio - mark.width / 2;
        const y = (dy - k * this.now[2 * i + 1]) * this.ratio - mark.width / 2;
        if (Number.isFinite(x + y)) stamp(data, width, height, mark, Math.round(x), Math.round(y), alpha);
      }
    }
    const g = this.base.getContext("2d");
    g.putImageData(this.image, 0, 0);
    g.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    paintPies(this, g, marks, marksOf, active, ink);
    if (this.now && this.panel.origin) this.paintOrigin(g, ink);
  }

  // Whether a place lies on the cross.
  atOrigin(x, y) {
    const { origin } = this.panel;
    const [k, dx, dy] = this.scale();
    return Boolean(origin) && Math.hypot(dx + k * origin[0] - x, dy - k * origin[1] - y) < PIE_RADIUS;
  }

  // A cross on top of the points, open in the middle: what collapsed to the origin shows in it.
  paintOrigin(g, ink) {
    const [k, left, low] = this.scale();
    const [x, y] = [left + k * this.panel.origin[0], low - k * this.panel.origin[1]];
    const gap = this.pies.some((pie) => this.atOrigin(pie.x, pie.y)) ? this.pies[0].r + 4 : 7;
    for (const [color, width] of [[ink.background, 3.6], [ink.text, 1.4]]) {
      g.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        g.moveTo(x + gap * dx, y + gap * dy);
        g.lineTo(x + (gap + 7) * dx, y + (gap + 7) * dy);
      }
      g.strokeStyle = color;
      g.lineWidth = width;
      g.stroke();
    }
  }

  // The picture of the points, then rings: pinned sample, hovered sample, and the lasso.
  show({ pinned, hovered, here, lasso, ids, names, ink }) {
    const g = this.canvas.getContext("2d");
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.drawImage(this.base, 0, 0);
    g.scale(this.ratio, this.ratio);
    for (const [name, i, radius, width] of [["pinned", pinned, 8, 2.5], ["ghost", hovered, here ? 7 : 6.5, here ? 2.5 : 1.8]]) {
      const at = i === null ? null : this.place(i);
      if (at) this.canvas.dataset[name] = String(ids[i]);
      else delete this.canvas.dataset[name];
      const around = this.pieOf.has(i) ? this.pieOf.get(i).r + 5 : radius;
      if (at) ring(g, at, around, width, name === "pinned" ? ink.primary : ink.text, ink.background);
    }
    const shown = hovered ?? pinned;
    if (shown !== null && this.best) this.chip(g, shown, names, ink);
    if (lasso && lasso.length > 1) {
      g.beginPath();
      lasso.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
      g.closePath();
      g.fillStyle = g.strokeStyle = ink.primary;
      g.globalAlpha = 0.12;
      g.fill();
      g.globalAlpha = 1;
      g.lineWidth = 1.2;
      g.stroke();
    }
  }

  // What this model answers for the sample, beside its ring.
  chip(g, i, names, ink) {
    const at = this.place(i);
    if (!at || at[0] < 0 || at[1] < 0 || at[0] > this.width || at[1] > this.height) return;
    const k = this.panel.top;
    const text = `${names[this.best[i * k]]}  ${percent(this.share[i * k])}`;
    g.font = `600 ${ink.size}px ${ink.font}`;
    const width = g.measureText(text).width + 12;
    const left = at[0] + 12 + width < this.width ? at[0] + 12 : at[0] - 12 - width;
    const tall = ink.size + 8;
    const pie = this.pieOf.get(i); // its count stands beside it: the answer goes above or below
    const away = pie ? pie.r + 4 + tall / 2 : 0;
    const middle = at[1] + away + tall < this.height ? at[1] + away : at[1] - away;
    const top = Math.min(Math.max(middle - tall / 2, 2), this.height - tall - 2);
    g.beginPath();
    g.roundRect(Math.max(2, left), top, width, tall, 6);
    g.fillStyle = ink.background;
    g.globalAlpha = 0.92;
    g.fill();
    g.globalAlpha = 1;
    g.lineWidth = 1;
    g.strokeStyle = ink.border;
    g.stroke();
    g.fillStyle = ink.text;
    g.textBaseline = "middle";
    g.fillText(text, Math.max(2, left) + 6, top + tall / 2 + 0.5);
  }

  // The nearest point within reach of (x, y); `allowed` leaves out dimmed ones.
  nearest(x, y, order, allowed) {
    if (!this.now) return null;
    const [k, dx, dy] = this.scale();
    let found = null;
    let least = POINTER_RADIUS * POINTER_RADIUS;
    for (const i of order) {
      if (allowed && !allowed[i]) continue;
      const a = dx + k * this.now[2 * i] - x;
      const b = dy - k * this.now[2 * i + 1] - y;
      if (a * a + b * b <= least) { // the last drawn of equals is the one on top
        least = a * a + b * b;
        found = i;
      }
    }
    return found;
  }

  // The next sample in a direction (arrow keys): near, and not far to the side.
  towards(i, [ux, uy], order, allowed) {
    const at = this.place(i);
    if (!at) return null;
    let found = null;
    let least = Infinity;
    for (const j of order) {
      const to = j === i || (allowed && !allowed[j]) ? null : this.place(j);
      if (!to) continue;
      const along = (to[0] - at[0]) * ux + (to[1] - at[1]) * uy;
      const aside = Math.abs((to[0] - at[0]) * uy - (to[1] - at[1]) * ux);
      if (along < 0.5) continue;
      if (along + 2.5 * aside < least) {
        least = along + 2.5 * aside;
        found = j;
      }
    }
    return found;
  }

  inside(lasso, order) {
    return order.filter((i) => {
      const at = this.place(i);
      if (!at) return false;
      let odd = false; // even-odd rule
      for (let a = 0, b = lasso.length - 1; a < lasso.length; b = a++) {
        const [xa, ya] = lasso[a];
        const [xb, yb] = lasso[b];
        if (ya > at[1] !== yb > at[1] && at[0] < ((xb - xa) * (at[1] - ya)) / (yb - ya) + xa) odd = !odd;
      }
      return odd;
    });
  }
}
