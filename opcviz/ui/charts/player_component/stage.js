// One film's map: where its points are at a moment, and how they are drawn.

const EDGE = 14; // px between the outermost points and the frame: as far as the largest mark reaches
const NO_PLACE = 65535;
const PIE = [5, 11]; // px: least and greatest radius of the mark of coincident samples

class Stage {
  constructor(parent) {
    this.box = parent.appendChild(document.createElement("div"));
    this.box.className = "stage";
    this.canvas = this.box.appendChild(document.createElement("canvas"));
    this.canvas.setAttribute("role", "img");
    this.canvas.dataset.testid = "player-canvas";
    this.label = this.box.appendChild(document.createElement("div"));
    this.label.className = "label";
    this.reason = this.box.appendChild(document.createElement("div"));
    this.reason.className = "reason";
    this.now = null; // (2N,) coordinates as drawn
  }

  load(film, count) {
    this.film = film;
    this.count = count;
    const raw = decode(film.xy, Uint16Array);
    const [low, high] = film.range;
    this.xy = raw && Float32Array.from(raw, (v) => (v === NO_PLACE ? NaN : low + ((high - low) * v) / (NO_PLACE - 1)));
    this.groups = decode(film.groups, Int16Array);
    this.reason.textContent = film.reason;
    this.reason.hidden = !film.reason;
    this.label.hidden = !!film.reason;
    if (!this.xy || !this.now || this.now.length !== 2 * count) this.now = new Float32Array(2 * count).fill(NaN);
  }

  // The frame at or before a position (epochs), the one after it, and how far between them it is.
  around(position) {
    const at = this.film.at;
    let i = 0;
    while (i + 1 < at.length && at[i + 1] <= position) i++;
    const j = Math.min(i + 1, at.length - 1);
    return [i, j, j === i ? 0 : (position - at[i]) / (at[j] - at[i])];
  }

  // The points at a position; `jump` shows the nearest frame as it is.
  place(position, jump) {
    if (!this.xy) return 0;
    const [i, j, part] = this.around(position);
    const nearest = part < 0.5 ? i : j;
    const share = jump ? Number(nearest === j) : part;
    const n = 2 * this.count;
    for (let k = 0; k < n; k++) {
      const a = this.xy[i * n + k];
      const b = this.xy[j * n + k];
      this.now[k] = Number.isFinite(a) && Number.isFinite(b) ? a + (b - a) * share : nearest === i ? a : b;
    }
    this.shown = nearest;
    this.extent = this.film.extent;
    return nearest;
  }

  // On the way from where the points were to the newest frame: `t` from 0 to 1.
  glide(from, fromExtent, t) {
    const ease = t * t * (3 - 2 * t);
    for (let k = 0; k < this.now.length; k++) {
      const a = from && Number.isFinite(from[k]) ? from[k] : this.xy[k];
      this.now[k] = a + (this.xy[k] - a) * ease;
    }
    this.extent = this.film.extent.map((v, i) => (fromExtent ? fromExtent[i] + (v - fromExtent[i]) * ease : v));
    this.shown = 0;
  }

  fit(ratio) {
    this.width = this.box.clientWidth;
    this.height = this.box.clientHeight;
    this.ratio = ratio;
    this.canvas.width = Math.max(1, Math.round(this.width * ratio));
    this.canvas.height = Math.max(1, Math.round(this.height * ratio));
  }

  draw(order, marks, marksOf, labels, forget, ink) {
    const g = this.canvas.getContext("2d");
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.fillStyle = ink.background;
    g.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.xy || !this.extent) return;
    const [x0, x1, y0, y1] = this.extent;
    const scale = Math.min((this.width - 2 * EDGE) / (x1 - x0 || 1), (this.height - 2 * EDGE) / (y1 - y0 || 1));
    const dx = this.width / 2 - (scale * (x0 + x1)) / 2;
    const dy = this.height / 2 + (scale * (y0 + y1)) / 2;
    const spot = (i) => [dx + scale * this.now[2 * i], dy - scale * this.now[2 * i + 1]];
    const group = (i) => (this.groups ? this.groups[this.shown * this.count + i] : -1);
    this.drawOrigin(g, dx, dy, ink);
    g.setTransform(1, 0, 0, 1, 0, 0);
    const members = new Map();
    for (const i of order) {
      const [x, y] = spot(i);
      if (!Number.isFinite(x + y)) continue;
      const number = group(i);
      if (number >= 0) {
        if (!members.has(number)) members.set(number, []);
        members.get(number).push(i);
        continue;
      }
      const mark = marks[marksOf[i]];
      g.drawImage(mark, Math.round(x * this.ratio - mark.width / 2), Math.round(y * this.ratio - mark.width / 2));
    }
    g.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const radius = Math.min(PIE[1], Math.max(PIE[0], this.keptRadius(order, labels, forget, spot)));
    this.taken = []; // boxes of the labels drawn: the larger group keeps its place
    const groups = [...members.values()].sort((a, b) => b.length - a.length);
    this.pies = groups.map((ids) => this.drawPie(g, ids, spot, radius, labels, forget, ink));
    const words = this.pies.length ? "each mark: one picture, or all on one spot" : "each mark: one picture";
    if (this.label.textContent !== words) this.label.textContent = words;
  }

  // How wide the narrowest kept class is drawn: no pie may look wider.
  keptRadius(order, labels, forget, spot) {
    const sums = new Map();
    for (const i of order) {
      const [x, y] = spot(i);
      if (forget[i] || !Number.isFinite(x + y)) continue;
      const s = sums.get(labels[i]) || [0, 0, 0, 0, 0];
      sums.set(labels[i], [s[0] + 1, s[1] + x, s[2] + y, s[3] + x * x, s[4] + y * y]);
    }
    const widths = [...sums.values()].filter((s) => s[0] > 1)
      .map(([n, x, y, xx, yy]) => Math.sqrt(Math.max(0, (xx + yy) / n - (x * x + y * y) / (n * n))));
    return widths.length ? Math.min(...widths) : PIE[1];
  }

  // Coincident samples: one mark with their classes' shares and their count.
  drawPie(g, ids, spot, radius, labels, forget, ink) {
    let x = 0;
    let y = 0;
    const shares = new Map();
    for (const i of ids) {
      const [a, b] = spot(i);
      x += a / ids.length;
      y += b / ids.length;
      const color = ink.colors[forget[i] ? "vivid" : "muted"][labels[i]];
      shares.set(color, (shares.get(color) || 0) + 1);
    }
    g.beginPath();
    g.arc(x, y, radius + 1.8, 0, 7);
    g.fillStyle = ink.background;
    g.fill();
    let from = -Math.PI / 2;
    for (const [color, count] of shares) {
      const to = from + (2 * Math.PI * count) / ids.length;
      g.beginPath();
      g.moveTo(x, y);
      g.arc(x, y, radius, from, to);
      g.closePath();
      g.fillStyle = color;
      g.fill();
      from = to;
    }
    const gone = ids.filter((i) => forget[i]).length;
    const kept = ids.length - gone;
    const text = gone && kept ? `${gone} forgotten, ${kept} kept on one spot` : `${ids.length} on one spot`;
    g.font = `600 ${getComputedStyle(this.box).fontSize} ${ink.font}`;
    const width = g.measureText(text).width;
    const left = x + radius + 8 + width < this.width ? x + radius + 8 : x - radius - 8 - width;
    if (this.taken.every((b) => left > b.right || left + width < b.left || Math.abs(y - b.y) > 20)) {
      this.taken.push({ left, right: left + width, y });
      g.textBaseline = "middle";
      g.lineWidth = 5;
      g.strokeStyle = ink.background;
      g.strokeText(text, left, y);
      g.fillStyle = ink.text;
      g.fillText(text, left, y);
    }
    return { words: text, count: ids.length, classes: shares.size };
  }

  drawOrigin(g, x, y, ink) {
    g.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    g.beginPath();
    for (const [a, b] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      g.moveTo(x + 7 * a, y + 7 * b);
      g.lineTo(x + 15 * a, y + 15 * b);
    }
    g.strokeStyle = ink.text;
    g.lineWidth = 1.4;
    g.stroke();
  }
}
