// Small line charts side by side that are redrawn in place.
//
// Streamlit calls the default export again whenever data or theme change, always with the same
// `parentElement`; the <svg> stays, so nothing flickers and a hover survives.

const SVG = "http://www.w3.org/2000/svg";
const PADDING = { top: 2.2, bottom: 2.9, left: 3.4, gap: 1.7, right: 9.4 }; // in heights of text
const TICK_WIDTH = 2.2; // heights of text that a number below needs
const PERCENT_SHARE = 1.5; // a chart of percentages beside the others
const SUPERSCRIPTS = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries()) };

class Board {
  constructor(root) {
    this.root = root;
    this.svg = root.querySelector("svg");
    this.tip = root.querySelector(".tip");
    this.updates = 0;
    this.at = null; // the epoch under the pointer
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(root);
    this.svg.addEventListener("pointermove", (e) => this.point(e));
    this.svg.addEventListener("pointerleave", () => { this.at = null; this.draw(); });
    root.querySelector(".save").addEventListener("click", () => this.save());
  }

  update(data) {
    if (data !== this.data) {
      this.data = data;
      this.root.dataset.updates = String(++this.updates);
      this.root.dataset.epochs = String(data.epochs);
    }
    this.draw();
  }

  // ---- where things are -----------------------------------------------------------------------

  layout() {
    const width = this.root.clientWidth;
    const size = this.data.text; // px of all text but titles
    const pad = Object.fromEntries(Object.entries(PADDING).map(([side, heights]) => [side, heights * size]));
    const charts = this.data.charts;
    const share = charts.map((c) => (c.percent ? PERCENT_SHARE : 1));
    const ends = charts.some((c) => c.ends.length) ? pad.right : 8;
    const room = width - ends - charts.length * pad.left - (charts.length - 1) * pad.gap;
    const unit = Math.max(0, room) / share.reduce((a, b) => a + b, 0);
    let left = 0;
    this.boxes = charts.map((chart, i) => {
      const box = { chart, x0: left + pad.left, width: unit * share[i], y0: pad.top };
      box.height = this.data.height - pad.top - pad.bottom;
      left = box.x0 + box.width + pad.gap;
      return box;
    });
    this.width = width;
  }

  x(box, value) {
    const [low, high] = [-0.02, 1.02];
    return box.x0 + box.width * ((value / this.data.reach - low) / (high - low));
  }

  y(box, value) {
    const scale = box.chart.log ? Math.log10 : (v) => v;
    const [low, high] = box.chart.range.map(scale);
    return box.y0 + box.height * (1 - (scale(value) - low) / (high - low));
  }

  // ---- drawing --------------------------------------------------------------------------------

  draw() {
    if (!this.data || !this.root.clientWidth) return;
    this.layout();
    const css = getComputedStyle(this.root);
    this.ink = css.getPropertyValue("--st-text-color").trim() || css.color;
    this.grid = css.getPropertyValue("--st-border-color").trim() || "#ccc";
    this.paper = css.getPropertyValue("--st-background-color").trim() || "#fff";
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.data.height}`);
    this.svg.setAttribute("height", this.data.height);
    this.svg.setAttribute("font-family", css.fontFamily);
    this.svg.setAttribute("aria-label", this.words());
    const content = [];
    for (const box of this.boxes) content.push(...this.frame(box), ...this.lines(box), ...this.ends(box));
    if (!this.data.epochs) {
      const box = this.boxes[this.boxes.length - 1];
      content.push(this.text(box.x0 + box.width / 2, box.y0 + box.height / 2, "waiting for the first epoch", { anchor: "middle", size: this.data.text + 1 }));
    }
    if (this.at !== null) content.push(...this.hair());
    this.svg.replaceChildren(...content);
    this.showTip();
  }

  frame(box) {
    const { chart } = box;
    const size = this.data.text;
    const parts = [this.text(box.x0, this.data.text + 1, chart.title, { size: this.data.text + 1, weight: 600 })];
    for (const tick of chart.ticks) {
      const y = this.y(box, tick);
      parts.push(this.stroke([[box.x0, y], [box.x0 + box.width, y]], this.grid, 1));
      parts.push(this.text(box.x0 - 6, y + size / 3, short(tick, chart.log), { anchor: "end", faint: true }));
    }
    const foot = box.y0 + box.height;
    const ticks = this.data.ticks;
    const apart = ticks.length > 1 ? this.x(box, ticks[1]) - this.x(box, ticks[0]) : Infinity;
    const each = Math.max(1, Math.ceil((TICK_WIDTH * this.data.text) / apart));
    for (const tick of ticks.filter((_, i) => i % each === 0))
      parts.push(this.text(this.x(box, tick), foot + size + 4, short(tick), { anchor: "middle", faint: true }));
    parts.push(this.text(box.x0 + box.width / 2, foot + 2.15 * size + 7, "epoch", { anchor: "middle", faint: true }));
    return parts;
  }

  lines(box) {
    return box.chart.lines.flatMap((line) => {
      const points = line.x.map((x, i) => (line.y[i] === null ? null : [this.x(box, x), this.y(box, line.y[i])]));
      const parts = runs(points).map((run) => this.stroke(run, line.color, line.dash ? 1.6 : 2.2, line.dash));
      const known = points.filter(Boolean);
      const marked = line.markers && known.length <= 40 ? known : line.markers ? known.slice(-1) : [];
      return [...parts, ...marked.map(([x, y]) => this.dot(x, y, line.color, 2.4))];
    });
  }

  ends(box) {
    const x = box.x0 + box.width + 6;
    return box.chart.ends.map((end) => this.text(x, this.y(box, end.y) + this.data.text / 3, end.label, { color: `color-mix(in srgb, ${end.color} 50%, ${this.ink})`, weight: 600 }));
  }

  hair() {
    return this.boxes.flatMap((box) => {
      const x = this.x(box, this.at);
      const seen = this.values(box).map(([line, value]) => this.dot(x, this.y(box, value), line.color, 4));
      return [this.stroke([[x, box.y0], [x, box.y0 + box.height]], this.ink, 1, "2 3"), ...seen];
    });
  }

  node(name, attributes) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  }

  text(x, y, words, { anchor = "start", size = this.data.text, weight = 400, color = this.ink, faint = false } = {}) {
    const node = this.node("text", { x, y, "text-anchor": anchor, "font-size": size, "font-weight": weight, fill: color, opacity: faint ? 0.75 : 1 });
    node.textContent = words;
    return node;
  }

  stroke(points, color, width, dash = "none") {
    const d = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    return this.node("path", { d, fill: "none", stroke: color, "stroke-width": width, "stroke-dasharray": dash, "stroke-linejoin": "round" });
  }

  dot(x, y, color, radius) {
    return this.node("circle", { cx: x, cy: y, r: radius, fill: color, stroke: this.paper, "stroke-width": radius > 3 ? 1.5 : 0 });
  }

  // ---- reading --------------------------------------------------------------------------------

  point(event) {
    if (!this.data || !this.data.epochs) return;
    const [px] = [event.clientX - this.svg.getBoundingClientRect().left];
    const box = this.boxes.find((b) => px >= b.x0 - 8 && px <= b.x0 + b.width + 8);
    const at = box ? Math.round((((px - box.x0) / box.width) * 1.04 - 0.02) * this.data.reach) : null;
    this.at = at === null ? null : Math.min(this.data.epochs - 1, Math.max(0, at));
    this.draw();
  }

  // Each line's value at the hovered epoch; of a finer line the last one up to it.
  values(box) {
    return box.chart.lines
      .map((line) => {
        let last = null;
        line.x.forEach((x, i) => { if (x <= this.at + 1e-9 && line.y[i] !== null) last = i; });
        const exact = last !== null && (!line.markers || line.x[last] === this.at);
        return exact ? [line, line.y[last]] : null;
      })
      .filter(Boolean);
  }

  showTip() {
    this.tip.hidden = this.at === null;
    if (this.at === null) return;
    const head = document.createElement("b");
    head.textContent = `epoch ${this.at}`;
    const rows = this.boxes.flatMap((box) => this.values(box).map(([line, value]) => {
      const row = document.createElement("div");
      const mark = document.createElement("span");
      mark.style.background = line.color;
      row.append(mark, `${line.label}: ${told(value, box.chart.percent)}`);
      return row;
    }));
    this.tip.replaceChildren(head, ...rows);
    const last = this.boxes[this.boxes.length - 1];
    const x = this.x(last, this.at);
    const left = x + 14 + this.tip.offsetWidth > this.width ? x - 14 - this.tip.offsetWidth : x + 14;
    this.tip.style.transform = `translate(${left}px, ${this.boxes[0].y0 + 4}px)`;
  }

  words() {
    const said = this.data.charts.flatMap((chart) =>
      chart.lines.map((line) => {
        const known = line.y.filter((v) => v !== null);
        return `${line.label} ${told(known[known.length - 1], chart.percent)}`;
      })
    );
    return said.length ? `Curves over epochs; last: ${said.join(", ")}` : "Curves over epochs; nothing yet";
  }

  save() {
    const copy = this.svg.cloneNode(true);
    copy.setAttribute("width", this.width);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([copy.outerHTML], { type: "image/svg+xml" }));
    link.download = `${this.data.file}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

// Stretches without a gap.
function runs(points) {
  const found = [[]];
  for (const point of points) {
    if (point) found[found.length - 1].push(point);
    else if (found[found.length - 1].length) found.push([]);
  }
  return found.filter((run) => run.length > 1);
}

function short(value, log = false) {
  if (log && (value < 0.01 || value > 100)) return "10" + [...String(Math.round(Math.log10(value)))].map((c) => SUPERSCRIPTS[c]).join("");
  return String(+value.toPrecision(3));
}

function told(value, percent) {
  return percent ? `${+value.toFixed(1)} %` : String(+value.toPrecision(3));
}

export default function ({ parentElement, data }) {
  return mount(parentElement, ".curves", (root) => new Board(root), (made) => made.update(data));
}
