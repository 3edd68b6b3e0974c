// Dose maps: a table of buttons a model; the chosen cell's pictures stand below, in every model.

const MOST = 16; // pictures of a cell
const EDGES = ["", "judged", "genuine"];

class Maps {
  constructor(root) {
    this.root = root;
    this.chosen = null; // row and column, the same in every map
    this.updates = 0;
  }

  update(data) {
    if (data === this.data) return;
    this.data = data;
    this.size = data.shape[0] * data.shape[1] * data.shape[2];
    this.root.style.setProperty("--mark", `light-dark(${data.mark.join(", ")})`);
    this.chosen ||= first(data.maps);
    this.made = data.maps.map((map) => this.map(map));
    this.root.classList.toggle("alone", data.maps.length === 1);
    this.root.replaceChildren(...this.made.map((each) => each.box));
    this.show();
    this.root.dataset.updates = String(++this.updates);
  }

  map(map) {
    const box = node("div", "map");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", map.label);
    const name = node("div", "name");
    const dot = node("i");
    dot.style.background = map.color;
    name.append(dot, map.label);
    box.append(name);
    if (map.reason) {
      box.append(node("div", "reason", map.reason));
      return { box, map, cells: [] };
    }
    const table = node("table");
    const head = node("tr");
    head.append(node("th", "corner first", "unlearned ↓ attack →"), ...map.steps.map((step) => node("th", "", step.toLocaleString("en"))));
    const top = node("thead");
    top.append(head);
    const body = node("tbody");
    const cells = map.rows.map((row, r) => {
      const line = node("tr");
      line.append(node("th", "", row.label));
      const buttons = map.steps.map((step, c) => {
        const button = node("button");
        button.type = "button";
        button.style.setProperty("--share", row.genuine[c] / 100);
        button.append(node("b", "", row.judged[c].toFixed(0)), node("span", "", row.genuine[c].toFixed(0)));
        button.setAttribute("aria-label", `${map.label}: ${this.words(map, r, c)}`);
        button.addEventListener("click", () => { this.chosen = [r, c]; this.show(); });
        button.addEventListener("keydown", (event) => this.walk(event, map, r, c));
        const cell = node("td");
        cell.append(button);
        line.append(cell);
        return button;
      });
      body.append(line);
      return buttons;
    });
    table.append(top, body);
    const pictures = node("div", "pictures");
    pictures.setAttribute("role", "img");
    const shown = node("div", "shown");
    const beside = node("div", "beside"); // the table, where one map alone has the whole width
    beside.append(pictures, shown);
    if (map.told) beside.append(node("div", "told", map.told));
    box.append(table, beside);
    return { box, map, cells, pictures, shown };
  }

  words(map, r, c) {
    const row = map.rows[r];
    return `unlearned ${row.label}, attacked ${map.steps[c].toLocaleString("en")} steps: ${row.judged[c]} % judged, ${row.genuine[c]} % genuine`;
  }

  // Arrows go from cell to cell, as in a sheet.
  walk(event, map, r, c) {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!by) return;
    event.preventDefault();
    const [row, column] = [r + by[0], c + by[1]];
    if (!map.rows[row] || column < 0 || column >= map.steps.length) return;
    this.chosen = [row, column];
    this.show();
    this.made.find((each) => each.map === map).cells[row][column].focus();
  }

  show() {
    const [r, c] = this.chosen || [0, 0];
    for (const { map, cells, pictures, shown } of this.made) {
      if (!cells.length) continue;
      cells.forEach((row, i) => row.forEach((button, k) => button.setAttribute("aria-pressed", String(i === r && k === c))));
      const row = map.rows[r];
      const there = row && c < map.steps.length;
      shown.textContent = there ? sentence(this.words(map, r, c)) : "This map has no such cell.";
      const count = there ? Math.min(row.count, MOST) : 0;
      if (pictures.children.length !== count) pictures.replaceChildren(...Array.from({ length: count }, () => node("canvas")));
      pictures.setAttribute("aria-label", `${count} pictures, ${shown.textContent}`);
      if (!count) continue;
      const from = (row.decoded ||= bytes(row.pictures));
      const marks = row.marks[c] || [];
      [...pictures.children].forEach((canvas, p) => {
        paint(canvas, from, (c * row.count + p) * this.size, this.data.shape);
        canvas.className = EDGES[marks[p] || 0];
      });
    }
    this.root.dataset.cell = this.chosen ? this.chosen.join(",") : "";
  }
}

// Where the attack on the least unlearning brings back most: an attacker would stop there.
function first(maps) {
  const map = maps.find((each) => each.rows.length);
  return map ? [0, map.rows[0].judged.indexOf(Math.max(...map.rows[0].judged))] : null;
}

function sentence(words) {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
}

function node(tag, kind = "", words = "") {
  const made = document.createElement(tag);
  made.className = kind;
  made.textContent = words;
  return made;
}

export default function ({ parentElement, data }) {
  return mount(parentElement, ".doses", (root) => new Maps(root), (made) => made.update(data));
}
