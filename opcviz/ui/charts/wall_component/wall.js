// What several models draw from the same noise: columns of pictures and one scrubber for all.
//
// Streamlit calls the default export again whenever data or theme change, always with the same
// `parentElement`; the wall lives on, so pictures change in place and Play goes on.

const FRAME_MS = 140; // of a step while it plays
const EDGES = ["", "judged", "genuine"];

class Wall extends Steps {
  constructor(root) {
    super(root, FRAME_MS, "the steps");
    this.late = root.querySelector(".late");
  }

  update(data) {
    if (data === this.data) return;
    this.data = data;
    const before = this.end;
    this.what = data.what;
    this.count(data.steps.length);
    if (!this.updates || this.end !== before) this.place = this.end;
    this.size = data.shape[0] * data.shape[1] * data.shape[2];
    this.late.hidden = !data.columns.some((column) => column.length > 1 && column.told.length === 1);
    this.name(this.timer ? "Pause" : "Play");
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
    const [, across] = this.data.across.find(([least]) => width >= least);
    this.root.style.setProperty("--across", across);
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
      this.late.style.visibility = this.place < this.end ? "visible" : "hidden"; // nothing moves
      this.say(data.steps[this.place]);
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
