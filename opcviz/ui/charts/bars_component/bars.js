// A row of bar charts: forget accuracy before and after each recovery attack, one chart a model.
//
// Streamlit calls the default export again whenever data or theme change, always with the same
// `parentElement`; everything is then drawn anew, a few dozen shapes.

const SVG = "http://www.w3.org/2000/svg";
const PADDING = { top: 1, right: 5.5, bottom: 2.2, left: 4 }; // in heights of text
const TOP = 108; // percent, the upper end of the axis: room for a number above a full bar
const TICKS = [0, 50, 100];
const BAR_WIDTH = 0.62; // of the room of a stage
const EDGE = 0.55; // from the middle of the first and the last stage to the ends of the axis
const CAP = 4; // px, half the width of a whisker's end
const CAMERA = "M9 3 7.2 5H4a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2h-3.2L15 3Zm3 5a5 5 0 1 1 0 10 5 5 0 0 1 0-10Z";

class Row {
  constructor(root) {
    this.root = root;
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(root);
  }

  update(data) {
    this.data = data;
    this.root.style.setProperty("--charts", data.charts.length);
    this.charts = data.charts.map((_, i) => this.charts?.[i] ?? new Chart());
    this.root.replaceChildren(...this.charts.map((chart) => chart.element));
    this.draw();
  }

  draw() {
    if (!this.data || !this.root.clientWidth) return;
    const css = getComputedStyle(this.root);
    const theme = {
      text: css.getPropertyValue("--st-text-color").trim() || css.color,
      background: css.getPropertyValue("--st-background-color").trim() || "#fff",
      grid: css.getPropertyValue("--st-border-color").trim() || "#ccc",
      font: css.fontFamily,
      size: this.data.text,
      ...this.data.ink,
    };
    this.charts.forEach((chart, i) => chart.draw(this.data.charts[i], this.data.height, theme));
  }
}

class Chart {
  constructor() {
    this.element = document.createElement("div");
    this.element.className = "chart";
    this.svg = node("svg", { role: "group" });
    this.tip = document.createElement("div");
    Object.assign(this.tip, { className: "tip", hidden: true });
    this.tip.setAttribute("role", "tooltip");
    const save = document.createElement("button");
    Object.assign(save, { className: "save", type: "button", title: "Save as SVG" });
    save.setAttribute("aria-label", "Save as SVG");
    const picture = node("svg", { viewBox: "0 0 24 24", fill: "currentColor", "aria-hidden": "true" });
    picture.append(node("path", { d: CAMERA, "fill-rule": "evenodd" }));
    save.append(picture);
    save.addEventListener("click", () => this.save());
    this.element.append(this.svg, save, this.tip);
  }

  draw(data, height, theme) {
    const width = this.element.clientWidth;
    const size = theme.size;
    const [above, beside, below, before] = ["top", "right", "bottom", "left"].map((side) => PADDING[side] * size);
    const inner = Math.max(1, width - before - beside);
    const tall = height - above - below;
    Object.assign(this, { data, width, theme });
    this.unit = inner / (data.bars.length - 1 + 2 * EDGE);
    this.x = (stage) => before + (stage + EDGE) * this.unit;
    this.y = (percent) => above + tall * (1 - percent / TOP);
    this.tip.hidden = true;
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, height, "font-family": theme.font }))
      this.svg.setAttribute(name, value);
    this.svg.setAttribute("aria-label", `${data.title}, forget accuracy: ${this.words()}`);
    const right = before + inner;
    const bars = node("g", { class: "bars" });
    bars.append(...data.bars.flatMap((bar, i) => (bar.value === null ? [] : [this.bar(bar, i)])));
    this.svg.replaceChildren(
      ...TICKS.flatMap((tick) => [
        this.line(before, right, tick, { stroke: theme.grid }),
        this.text(before - size / 2, this.y(tick) + size / 3, String(tick), { anchor: "end" }),
      ]),
      this.axisTitle(above + tall / 2),
      ...data.bars.map((bar, i) => this.text(this.x(i), height - below + 1.75 * size, bar.stage)),
      bars,
      ...data.bars.flatMap((bar, i) => this.whisker(bar, i)),
      ...this.references(),
      ...data.bars.flatMap((bar, i) => this.number(bar, i)), // above lines that would cross it
      ...data.labels.map((label) =>
        this.text(right + 4, this.y(label.y) + size / 3, label.text, { anchor: "start", color: label.color ? `color-mix(in srgb, ${label.color} 65%, ${theme.text})` : undefined })
      ),
      ...this.note(before + inner / 2, above + tall / 2, inner)
    );
  }

  words() {
    return this.data.note || this.data.bars.map((bar) => bar.words).join("; ");
  }

  bar(bar, i) {
    const [zero, top] = [this.y(0), this.y(Math.max(bar.value, 0))];
    const width = BAR_WIDTH * this.unit;
    const point = node("g", { class: "point", role: "img", tabindex: 0, "aria-label": bar.words });
    const box = { x: this.x(i) - width / 2, y: top, width, height: Math.max(zero - top, 0) };
    // an empty bar is found by the pointer all the same: its whole column answers
    const column = { ...box, y: this.y(TOP), height: zero - this.y(TOP), fill: "transparent" };
    point.append(node("rect", column), node("rect", { ...box, fill: bar.color }));
    for (const event of ["pointerenter", "focus"]) point.addEventListener(event, () => this.show(bar, i));
    for (const event of ["pointerleave", "blur"]) point.addEventListener(event, () => { this.tip.hidden = true; });
    return point;
  }

  whisker(bar, i) {
    if (bar.low === null) return [];
    const [x, low, high] = [this.x(i), this.y(bar.low), this.y(bar.high)];
    const d = `M${x} ${low}V${high}M${x - CAP} ${low}h${2 * CAP}M${x - CAP} ${high}h${2 * CAP}`;
    return [node("path", { class: "whisker", d, stroke: this.theme.whisker, "stroke-width": 1.5, "pointer-events": "none" })];
  }

  number(bar, i) {
    if (bar.value === null) return [];
    const text = this.text(this.x(i), this.y(bar.high ?? bar.value) - 3, bar.number, { opacity: 1 });
    const halo = { stroke: this.theme.background, "stroke-width": 3, "stroke-linejoin": "round", "paint-order": "stroke" };
    for (const [name, value] of Object.entries({ class: "textpoint", ...halo })) text.setAttribute(name, value);
    return [text];
  }

  references() {
    const { constant, floor, retrained } = this.data;
    const last = retrained.length - 0.5;
    const dashed = { class: "constant", stroke: this.theme.constant, "stroke-width": 1.5, "stroke-dasharray": "9 9" };
    const dotted = { class: "floor", stroke: this.theme.constant, "stroke-width": 2, "stroke-dasharray": "2 3" };
    return [
      ...(constant === null ? [] : [this.line(this.x(-0.5), this.x(last), constant, dashed)]),
      ...(floor === null ? [] : [this.line(this.x(0.5), this.x(last), floor, dotted)]),
      ...retrained.flatMap((band, i) => (band === null ? [] : [this.band(...band, i)])),
    ];
  }

  // From the lowest to the highest of the retrained models; of one model a line is left.
  band(low, high, i) {
    // a path, since a rectangle without height would not be drawn at all
    const width = 0.9 * this.unit;
    const d = `M${this.x(i - 0.45)} ${this.y(high)}h${width}V${this.y(low)}h${-width}Z`;
    const look = { class: "retrained", fill: this.theme.band, stroke: this.theme.retrained, "stroke-width": 1.5 };
    return node("path", { d, "pointer-events": "none", ...look });
  }

  // A sentence in place of bars, broken to fit.
  note(x, y, room) {
    const lines = [];
    for (const word of this.data.note.split(" ").filter(Boolean)) {
      const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
      if (lines.length && longer.length * this.theme.size * 0.55 <= room) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines.map((line, i) => this.text(x, y + (i - (lines.length - 1) / 2) * 1.33 * this.theme.size, line, { size: this.theme.size * 1.08, opacity: 1 }));
  }

  axisTitle(middle) {
    const x = this.theme.size;
    const title = this.text(x, middle, this.data.axis);
    title.setAttribute("transform", `rotate(-90 ${x} ${middle})`);
    return title;
  }

  text(x, y, words, { anchor = "middle", size = this.theme.size, color = this.theme.text, opacity = color === this.theme.text ? 0.75 : 1 } = {}) {
    const text = node("text", { x, y, "text-anchor": anchor, "font-size": size, fill: color, opacity, "pointer-events": "none" });
    text.textContent = words;
    return text;
  }

  line(x1, x2, percent, look) {
    const y = this.y(percent);
    return node("line", { x1, x2, y1: y, y2: y, "pointer-events": "none", ...look });
  }

  show(bar, i) {
    this.tip.textContent = bar.words;
    this.tip.hidden = false;
    const middle = this.x(i) - this.tip.offsetWidth / 2;
    const left = Math.min(Math.max(middle, 0), Math.max(0, this.width - this.tip.offsetWidth));
    const top = this.y(bar.high ?? bar.value) - this.theme.size - this.tip.offsetHeight - 6;
    this.tip.style.transform = `translate(${left}px, ${top}px)`;
  }

  save() {
    const copy = this.svg.cloneNode(true);
    copy.setAttribute("width", this.width);
    const text = new XMLSerializer().serializeToString(copy);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    link.download = `${this.data.file}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

function node(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export default function ({ parentElement, data }) {
  return mount(parentElement, ".row", (root) => new Row(root), (made) => made.update(data));
}
