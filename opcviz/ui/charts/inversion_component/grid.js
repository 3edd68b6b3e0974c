// True pictures as columns, what was rebuilt of them as rows, and the search played step by step.
//
// Streamlit calls the default export again whenever data or theme change, always with the same
// `parentElement`; the board lives on, so pictures change in place and Play goes on.

const FRAME_MS = 160; // of a frame while it plays
const REST_MS = 350; // after which a slider that does not move has come to rest
const LABEL = 200; // px of the column of names
const LEAST = 62; // px that a picture with its score needs
const MINUS = "–";

class Board extends Steps {
  constructor(root) {
    super(root, FRAME_MS, "the search");
    this.grids = root.querySelector(".grids");
    this.told = undefined; // the step that Python knows
  }

  update(data, send) {
    this.send = send;
    if (data === this.data) return;
    const last = !this.data || this.place >= this.data.steps.length - 1;
    this.data = data;
    const [channels, height, width] = data.shape;
    this.size = channels * height * width;
    this.targets = bytes(data.targets);
    this.frames = data.tracks.map((track) => bytes(track.frames));
    this.count(data.steps.length);
    // Python's step is taken over unless it is the echo of one that was sent from here
    if (data.at !== this.told) {
      this.told = data.at;
      if (!this.timer) this.place = data.at === null ? this.end : this.at(data.at);
    } else if (last && !this.timer) this.place = this.end;
    this.place = Math.min(this.place, this.end);
    this.columns = 0; // what is drawn may have other rows
    this.lay();
    this.root.dataset.updates = String(++this.updates);
  }

  at(step) {
    let place = 0;
    this.data.steps.forEach((each, i) => { if (each <= step) place = i; });
    return place;
  }

  // ---- what Python is told --------------------------------------------------------------------

  moved() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.tell(), REST_MS);
  }

  paused() {
    this.tell();
  }

  tell() {
    const step = this.place >= this.end ? null : this.data.steps[this.place];
    if (step === this.told) return;
    this.told = step;
    this.send("step", step ?? -1);
  }

  // ---- drawing --------------------------------------------------------------------------------

  // As many columns as fit; what does not fit stands in a further grid below, with its own targets.
  lay() {
    if (!this.data || !this.root.clientWidth) return;
    const room = Math.floor((this.root.clientWidth - LABEL) / LEAST);
    const parts = Math.ceil(this.data.count / Math.max(1, Math.min(room, this.data.count)));
    const columns = Math.ceil(this.data.count / parts);
    if (columns !== this.columns) {
      this.columns = columns;
      this.cells = this.data.tracks.map(() => []);
      this.means = this.data.tracks.map(() => []);
      const grids = [];
      for (let from = 0; from < this.data.count; from += columns) grids.push(this.grid(from, Math.min(from + columns, this.data.count)));
      this.grids.replaceChildren(...grids);
    }
    this.show();
  }

  grid(from, to) {
    const grid = node("div", "grid");
    grid.style.setProperty("--columns", this.columns);
    grid.style.setProperty("--label", `${LABEL}px`);
    const top = this.line("targets", this.data.title, "true pictures");
    top.append(this.head(this.data.title, "", []).box);
    for (let p = from; p < to; p++) {
      const { cell, canvas, score } = this.cell(p);
      paint(canvas, this.targets, p * this.size, this.data.shape);
      canvas.setAttribute("aria-label", `true picture: ${this.data.captions[p]}`);
      score.textContent = this.data.captions[p];
      top.append(cell);
    }
    grid.append(top, ...this.data.tracks.map((track, i) => this.row(track, i, from, to)));
    // an unfilled last grid keeps its columns as wide as those above
    return grid;
  }

  line(kind, label, words) {
    const line = node("div", `line ${kind}`);
    line.setAttribute("role", "group");
    line.setAttribute("aria-label", words);
    line.dataset.label = label;
    return line;
  }

  row(track, i, from, to) {
    const model = track.steps.length > 0 || track.color;
    const line = this.line(model ? "model" : "still", track.label, model ? `reconstructions from ${track.label}` : track.label);
    const { box, mean } = this.head(track.label, track.color, track.told);
    line.append(box);
    this.means[i].push(mean);
    const why = track.reasons.slice(from, to);
    if (why.every((each) => each && each === why[0])) {
      const span = node("div", "span");
      span.textContent = sentence(why[0]);
      line.append(span);
      return line;
    }
    for (let p = from; p < to; p++) {
      const made = this.cell(p);
      if (track.reasons[p]) {
        made.canvas.remove();
        made.score.textContent = sentence(track.reasons[p]);
      } else this.cells[i].push({ p, ...made });
      line.append(made.cell);
    }
    for (let p = to; p < from + this.columns; p++) line.append(node("div", "cell"));
    return line;
  }

  head(label, color, told) {
    const box = node("div", "head");
    const name = node("div", "name");
    if (color) {
      const mark = node("i");
      mark.style.background = color;
      name.append(mark);
    }
    name.append(label);
    const mean = node("div", "mean");
    box.append(name, mean, ...told.map((words) => { const line = node("div", "told"); line.textContent = words; return line; }));
    return { box, mean };
  }

  cell() {
    const cell = node("div", "cell");
    const canvas = node("canvas");
    const [, height, width] = this.data.shape;
    canvas.style.aspectRatio = `${width} / ${height}`;
    canvas.setAttribute("role", "img");
    const score = node("div", "score");
    cell.append(canvas, score);
    return { cell, canvas, score };
  }

  show() {
    const { data } = this;
    const step = data.steps[this.place];
    data.tracks.forEach((track, i) => {
      let frame = 0;
      track.steps.forEach((each, k) => { if (each <= step) frame = k; });
      const psnr = track.psnr[frame] || [];
      const ssim = track.ssim[frame] || [];
      for (const { p, canvas, score } of this.cells[i]) {
        paint(canvas, this.frames[i], (frame * data.count + p) * this.size, data.shape);
        const lines = [];
        if (track.psnr.length) lines.push(bold(decibels(psnr[p])));
        if (track.ssim.length) lines.push(plain(`SSIM ${psnr[p] === null || ssim[p] === null ? MINUS : ssim[p].toFixed(2)}`));
        score.replaceChildren(...lines);
        canvas.setAttribute("aria-label", `${track.label}, ${data.captions[p]}: ${track.psnr.length ? decibels(psnr[p]) : "being searched"}`);
      }
      const known = psnr.filter((value) => value !== null);
      const some = known.length < data.count ? ` (${known.length} of ${data.count})` : "";
      const words = known.length ? `PSNR ${decibels(known.reduce((a, b) => a + b, 0) / known.length)}${some}` : "";
      for (const mean of this.means[i]) mean.textContent = words;
    });
    if (data.steps.length) {
      const words = `step ${step.toLocaleString("en")} of ${data.steps[this.end].toLocaleString("en")}`;
      this.say(words);
      this.root.dataset.step = String(step);
    }
  }
}

function node(tag, kind = "") {
  const made = document.createElement(tag);
  made.className = kind;
  return made;
}

function bold(words) {
  const made = document.createElement("b");
  made.textContent = words;
  return made;
}

function plain(words) {
  const made = document.createElement("div");
  made.textContent = words;
  return made;
}

function decibels(value) {
  return value === null || value === undefined ? MINUS : `${value.toFixed(1)} dB`;
}

function sentence(words) {
  return words.slice(0, 1).toUpperCase() + words.slice(1) + (words.endsWith(".") ? "" : ".");
}

export default function ({ parentElement, data, setStateValue }) {
  return mount(parentElement, ".search", (root) => new Board(root), (made) => made.update(data, setStateValue));
}
