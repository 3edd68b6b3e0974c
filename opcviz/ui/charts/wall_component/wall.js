// What several models draw from the same noise: columns of pictures and one scrubber for all.
//
// Streamlit calls the default export again whenever data or theme change, always with the same
// `parentElement`; the wall lives on, so pictures change in place and Play goes on.

const FRAME_MS = 140; // of a step while it plays
const ACROSS = [[380, 8], [0, 4]]; // least px of a column, pictures across it
const EDGES = ["", "judged", "genuine"];

class Wall {
  constructor(root) {
    this.root = root;
    this.bar = root.querySelector(".bar");
    this.button = root.querySelector(".play");
    this.scrub = root.querySelector(".scrub");
    this.where = root.querySelector(".where");
    this.late = root.querySelector(".late");
    this.place = Infinity;
    this.updates = 0;
    this.button.addEventListener("click", () => (this.timer ? this.pause() : this.play()));
    this.scrub.addEventListener("input", () => { this.pause(); this.go(+this.scrub.value); });
    this.watcher = new ResizeObserver(() => this.lay());
    this.watcher.observe(root);
  }

  update(data) {
    if (data === this.data) return;
    this.data = data;
    const end = Math.max(0, data.steps.length - 1);
    if (this.end !== end) this.place = end;
    this.end = end;
    this.size = data.shape[0] * data.shape[1] * data.shape[2];
    this.bar.hidden = data.steps.length < 2;
    this.late.hidden = !data.columns.some((column) => column.length > 1 && column.told.length === 1);
    if (this.bar.hidden) this.pause();
    this.scrub.max = String(end);
    this.name(this.timer ? "Pause" : "Play");
    this.scrub.setAttribute("aria-label", `Step of ${data.what}`);
    this.root.style.setProperty("--mark", `light-dark(${data.mark.join(", ")})`);
    this.build();
    this.root.dataset.updates = String(++this.updates);
  }

  build() {
    const grid = this.root.querySelector(".columns");
    grid.style.setProperty("--columns", this.data.columns.length);
    this.frames = this.data.columns.map((column) => bytes(column.frames));
    this.drawn = this.data.columns.map((column) => {
      const box = node("div", "column");
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", column.label);
      const name = node("div", "name");
      const dot = node("i");
      dot.style.background = column.color;
      name.append(dot, column.label);
      box.append(name);
      const canvases = Array.from({ length: column.count }, () => node("canvas"));
      const pictures = node("div", canvases.length ? "pictures" : "reason");
      if (canvases.length) pictures.setAttribute("role", "img");
      pictures.append(...(canvases.length ? canvases : [column.reason]));
      box.append(pictures);
      const told = node("div", "told");
      box.append(told);
      return { box, canvases, told };
    });
    grid.replaceChildren(...this.drawn.map((each) => each.box));
    this.lay();
    this.show();
  }

  lay() {
    if (!this.data || !this.root.clientWidth) return;
    const width = this.root.clientWidth / this.data.columns.length;
    const [, across] = ACROSS.find(([least]) => width >= least);
    this.root.style.setProperty("--across", across);
  }

  // ---- playing --------------------------------------------------------------------------------

  play() {
    if (this.place >= this.end) this.go(0);
    this.timer = setInterval(() => (this.place < this.end ? this.go(this.place + 1) : this.pause()), FRAME_MS);
    this.name("Pause");
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.data) this.name("Play");
  }

  stop() {
    this.pause();
  }

  name(word) {
    this.button.textContent = word;
    this.button.setAttribute("aria-label", `${word} ${this.data.what}`);
  }

  go(place) {
    this.place = place;
    this.show();
  }

  show() {
    const { data } = this;
    data.columns.forEach((column, i) => {
      const { box, canvases, told } = this.drawn[i];
      const frame = Math.min(this.place, column.length - 1);
      const once = column.marks.length < column.length; // then they are of the last step
      const marks = once ? (frame === column.length - 1 ? column.marks[0] : null) : column.marks[frame];
      canvases.forEach((canvas, p) => {
        paint(canvas, this.frames[i], (frame * column.count + p) * this.size, data.shape);
        canvas.className = EDGES[(marks || [])[p] || 0];
      });
      const line = column.told.length > 1 ? column.told[this.place] : column.told[0];
      told.textContent = line || "";
      const pictures = box.querySelector(".pictures");
      if (pictures) pictures.setAttribute("aria-label", `${column.count} pictures of ${column.label}. ${line || ""}`);
    });
    if (data.steps.length) {
      const words = data.steps[this.place];
      this.where.textContent = words;
      this.late.style.visibility = this.place < this.end ? "visible" : "hidden"; // nothing moves
      this.scrub.value = String(this.place);
      this.scrub.setAttribute("aria-valuetext", words);
    }
    this.root.dataset.step = String(this.place);
  }
}

function node(tag, kind = "") {
  const made = document.createElement(tag);
  made.className = kind;
  return made;
}

export default function ({ parentElement, data }) {
  return mount(parentElement, ".wall", (root) => new Wall(root), (made) => made.update(data));
}
