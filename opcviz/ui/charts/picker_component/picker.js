// Thumbnails by class, chosen by a click; Python keeps which ones.

class Picker {
  constructor(root) {
    this.root = root;
    this.seq = 0; // of the last choice made here; Python echoes it
    this.chosen = [];
    this.buttons = new Map();
    root.addEventListener("click", (e) => {
      const button = e.target.closest("button");
      if (button) this.toggle(+button.dataset.id);
    });
  }

  update(data, send) {
    this.send = send;
    if (data === this.data) return;
    const shelves = JSON.stringify(data.shelves.map((s) => [s.label, s.ids]));
    this.data = data;
    this.root.style.setProperty("--picker-height", `${data.height}px`);
    if (shelves !== this.shelves) {
      this.shelves = shelves;
      this.buttons.clear();
      this.root.replaceChildren(...data.shelves.map((shelf) => this.shelf(shelf)));
      this.seq = Math.min(this.seq, data.seq);
    }
    // an older choice of Python's is the echo of one that was changed here since
    if (data.seq >= this.seq) this.chosen = [...data.chosen];
    this.seq = Math.max(this.seq, data.seq);
    this.show();
  }

  shelf(shelf) {
    const all = shelf.forget.every(Boolean), none = !shelf.forget.some(Boolean);
    const box = node("div", "shelf");
    const head = node("div", "");
    const name = node("span", "name"), kind = node("span", "kind");
    name.textContent = shelf.label;
    kind.textContent = all ? "forgotten" : none ? "kept" : "forgotten first";
    head.append(name, kind);
    const pictures = node("div", "pictures");
    const from = bytes(shelf.pictures);
    const [channels, height, width] = this.data.shape;
    shelf.ids.forEach((id, i) => {
      const part = shelf.forget[i] ? "forgotten" : "kept";
      const button = node("button", part);
      button.type = "button";
      button.dataset.id = String(id);
      button.title = `sample ${id}, class ${shelf.label}, ${part}`;
      button.setAttribute("aria-label", button.title);
      const canvas = node("canvas", "");
      paint(canvas, from, i * channels * height * width, this.data.shape);
      button.append(canvas);
      this.buttons.set(id, button);
      pictures.append(button);
    });
    if (shelf.more) {
      const more = node("span", "more");
      more.textContent = `and ${shelf.more} more`;
      pictures.append(more);
    }
    box.append(head, pictures);
    return box;
  }

  toggle(id) {
    this.chosen = this.chosen.includes(id) ? this.chosen.filter((each) => each !== id) : [...this.chosen, id];
    this.show();
    this.send("chosen", { ids: this.chosen, seq: ++this.seq });
  }

  show() {
    for (const [id, button] of this.buttons) {
      const place = this.chosen.indexOf(id);
      button.setAttribute("aria-pressed", String(place >= 0));
      button.dataset.number = place >= 0 ? String(place + 1) : "";
    }
    this.root.dataset.chosen = this.chosen.join(",");
  }
}

function node(tag, kind) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  return made;
}

export default function ({ parentElement, data, setStateValue }) {
  return mount(parentElement, ".picker", (root) => new Picker(root), (made) => made.update(data, setStateValue));
}
