// Probabilities and entropy of stored logits, times what the slider says.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 13; // of a picture, in heights of text
const CURVE = 60; // steps of a curve

function softmax(logits, scale) {
  const top = Math.max(...logits) * scale;
  const raised = logits.map((z) => Math.exp(z * scale - top));
  const sum = raised.reduce((a, b) => a + b, 0);
  return raised.map((value) => value / sum);
}

function entropy(shares) {
  return -shares.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
}

class Board {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("input");
    this.panels = root.querySelector(".panels");
    this.input.addEventListener("input", () => this.draw());
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(root);
  }

  update(data) {
    this.data = data;
    this.svgs = [...data.answers, null].map(() => node("svg", { role: "img" }));
    this.panels.replaceChildren(
      ...this.svgs.map((svg, i) => {
        const panel = document.createElement("div");
        panel.append(this.head(data.answers[i]), svg);
        return panel;
      })
    );
    this.draw();
  }

  head(answer) {
    const head = document.createElement("div");
    head.className = "head";
    const words = document.createElement("span");
    words.textContent = answer ? answer.title : "doubt (entropy) against the norm";
    if (answer) {
      const picture = document.createElement("img");
      Object.assign(picture, { src: answer.picture, alt: answer.title });
      head.append(picture);
    }
    head.append(words);
    return head;
  }

  draw() {
    if (!this.data || !this.root.clientWidth) return;
    const css = getComputedStyle(this.root);
    this.ink = css.getPropertyValue("--st-text-color").trim() || css.color;
    this.grid = css.getPropertyValue("--st-border-color").trim() || "#ccc";
    const { answers, text } = this.data;
    this.scale = this.input.value / 100;
    this.width = this.svgs[0].clientWidth || this.root.clientWidth / 3;
    this.height = HEIGHT * text;
    const norms = answers.map((answer) => this.scale * Math.hypot(...answer.logits));
    const said = answers.map((answer) => entropy(softmax(answer.logits, this.scale)));
    this.root.querySelector("output").textContent = `${norms.map((n) => n.toFixed(1)).join(" and ")} (${this.input.value} %)`;
    this.root.dataset.entropy = said.map((h) => h.toFixed(4)).join(" ");
    for (const svg of this.svgs) {
      svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
      svg.setAttribute("height", this.height);
    }
    answers.forEach((answer, i) => this.bars(this.svgs[i], answer, said[i], this.data.colors[i]));
    this.curves(this.svgs[answers.length], said);
  }

  bars(svg, answer, nats, color) {
    const { names, text } = this.data;
    const shares = softmax(answer.logits, this.scale);
    const [top, foot] = [1.9 * text, this.height - 1.6 * text];
    const room = this.width / shares.length;
    const each = Math.max(1, Math.ceil((2.2 * text) / room));
    svg.setAttribute("aria-label", `${answer.title}: entropy ${nats.toFixed(2)}`);
    svg.replaceChildren(
      this.text(0, text, `entropy ${nats.toFixed(2)}`, { "font-weight": 600 }),
      this.line(0, foot, this.width, foot, this.grid),
      ...shares.map((p, k) => {
        const tall = (foot - top) * p;
        return node("rect", { x: k * room + 0.15 * room, y: foot - tall, width: 0.7 * room, height: tall, fill: color });
      }),
      ...names.flatMap((name, k) => (k % each ? [] : [this.text((k + 0.5) * room, foot + 1.2 * text, name, { "text-anchor": "middle" })]))
    );
  }

  curves(svg, said) {
    const { answers, text, colors, names, reference } = this.data;
    const most = Math.log(names.length);
    const [left, right, top, foot] = [2.6 * text, this.width - 0.8 * text, 1.9 * text, this.height - 1.6 * text];
    const x = (scale) => left + (right - left) * scale;
    const y = (nats) => foot - ((foot - top) * nats) / (1.05 * most);
    const path = (answer) => {
      const points = [...Array(CURVE + 1).keys()].map((i) => i / CURVE);
      return points.map((s, i) => `${i ? "L" : "M"}${x(s).toFixed(1)} ${y(entropy(softmax(answer.logits, s))).toFixed(1)}`).join("");
    };
    svg.setAttribute("aria-label", `Entropy against the norm; at most log ${names.length} = ${most.toFixed(2)}`);
    svg.replaceChildren(
      this.line(left, foot, right, foot, this.grid),
      this.line(left, y(most), right, y(most), reference, "9 9"),
      this.text(right, y(most) - 0.4 * text, `log ${names.length} = ${most.toFixed(2)}`, { "text-anchor": "end" }),
      ...[0, 1, 2, 3, 4].filter((t) => t < most).map((t) => this.text(left - 0.6 * text, y(t) + text / 3, String(t), { "text-anchor": "end" })),
      this.text(left, foot + 1.2 * text, "0 %"),
      this.text(right, foot + 1.2 * text, "100 %", { "text-anchor": "end" }),
      ...answers.map((answer, i) => node("path", { d: path(answer), fill: "none", stroke: colors[i], "stroke-width": 2.4 })),
      ...answers.map((_, i) => node("circle", { cx: x(this.scale), cy: y(said[i]), r: text / 2, fill: colors[i] }))
    );
  }

  text(x, y, words, look = {}) {
    const found = node("text", { x, y, "font-size": this.data.text, fill: this.ink, ...look });
    found.textContent = words;
    return found;
  }

  line(x1, y1, x2, y2, stroke, dash = "none") {
    return node("line", { x1, y1, x2, y2, stroke, "stroke-width": 1.5, "stroke-dasharray": dash });
  }
}

function node(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export default function ({ parentElement, data }) {
  return mount(parentElement, ".dragger", (root) => new Board(root), (made) => made.update(data));
}
