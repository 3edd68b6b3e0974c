// Records of one event at all stations: time to the right, distance downward, a plot a model.

const KM = 46; // px of the distances, in the first plot of a line
const LEAST = 128; // px that a plot needs
const LAST = 30; // s after the origin time that are shown
const AXIS = 24; // px of the seconds below

class Sections {
  constructor(root) {
    this.root = root;
    this.updates = this.at = 0;
    this.watcher = new ResizeObserver(() => this.lay());
    this.watcher.observe(root);
  }

  update(data) {
    if (data === this.data) return;
    this.data = data;
    this.at = Math.min(this.at, data.views.length - 1);
    this.records = data.views.map((view) => view.tracks.map((track) => decoded(track.records)));
    this.buttons = data.views.map((view, i) => {
      const button = node("button", "", view.name);
      button.type = "button";
      button.addEventListener("click", () => { this.at = i; this.draw(); });
      return button;
    });
    const bar = node("div", "bar");
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Which earthquake");
    bar.append(...this.buttons);
    if (data.views.some((view) => view.p.length)) bar.append(legend(["p", "P arrives"], ["s", "S arrives"]));
    this.plots = node("div", "plots");
    this.said = node("div", "said");
    this.root.replaceChildren(bar, this.said, this.plots);
    this.width = this.root.clientWidth;
    this.draw();
    this.root.dataset.updates = String(++this.updates);
  }

  lay() {
    const width = this.root.clientWidth;
    if (this.data && width && width !== this.width) { this.width = width; this.draw(); }
  }

  draw() {
    this.buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === this.at)));
    this.said.textContent = this.data.views[this.at].told;
    const view = this.data.views[this.at], count = view.tracks.length;
    const lines = Math.ceil(count * LEAST / Math.max(LEAST, this.width - KM));
    const across = Math.ceil(count / lines), gap = 12;
    const wide = Math.floor((this.width - KM - gap * (across - 1)) / across);
    this.plots.style.gridTemplateColumns = `repeat(${across}, auto)`;
    this.plots.replaceChildren(...view.tracks.map((track, i) => this.plot(view, track, i, wide, i % across === 0)));
    this.root.dataset.at = String(this.at);
  }

  plot(view, track, i, wide, first) {
    const box = node("div", "plot");
    const label = name(track.label, track.color);
    if (first) label.style.marginLeft = `${KM}px`;
    box.append(label);
    if (track.reason) {
      box.append(node("div", "reason", track.reason));
      return box;
    }
    const left = first ? KM : 0, size = parseFloat(getComputedStyle(this.root).fontSize);
    const high = this.data.height, bottom = high - AXIS, margin = 20;
    const [near, far] = [Math.min(...view.distances), Math.max(...view.distances)];
    const y = (km) => margin + (km - near) / Math.max(1, far - near) * (bottom - 2 * margin);
    const shown = Math.min(view.samples, Math.round((LAST + this.data.onset) * this.data.rate));
    const x = (k) => left + k / shown * wide;
    const after = (s) => x((s + this.data.onset) * this.data.rate);
    const svg = picture(left + wide, high, `${track.label}: records of ${view.distances.length} stations, ${near} to ${far} km away`);
    let written = -Infinity;
    view.distances.forEach((km, r) => {
      const at = y(km);
      svg.append(trace(this.records[this.at][i], r * view.samples, shown, x, at, 15));
      for (const kind of ["p", "s"]) if (view[kind].length) svg.append(arrival(kind, after(view[kind][r]), at - 13, at + 13));
      if (first && at - written > size * 1.25) {
        svg.append(shape("text", { x: KM - 8, y: at + size / 3, "text-anchor": "end" }, `${km.toFixed(0)} km`));
        written = at;
      }
    });
    svg.append(shape("line", { x1: left, x2: left + wide, y1: bottom, y2: bottom, class: "axis" }));
    for (const s of [0, 10, 20]) {
      svg.append(shape("line", { x1: after(s), x2: after(s), y1: bottom, y2: bottom + 4, class: "axis" }));
      svg.append(shape("text", { x: after(s), y: high - 3, "text-anchor": "middle" }, s ? `${s}` : "0 s"));
    }
    box.append(svg);
    return box;
  }
}

export default function ({ parentElement, data }) {
  return mount(parentElement, ".wave_sections", (root) => new Sections(root), (made) => made.update(data));
}
