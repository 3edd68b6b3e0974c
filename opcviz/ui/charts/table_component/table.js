// A table with a head and a first column that stay in sight. One cell at a time can be reached with
// Tab, the others with the arrow keys; Enter presses a head or opens a row, Space ticks it.
//
// Streamlit calls the default export again whenever data or theme change, always with the same
// `parentElement`; the rows are then drawn anew, and the cell that had the focus has it again.

const MOVES = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0], PageDown: [10, 0], PageUp: [-10, 0] };
const LONG = 22; // characters of a second line that is broken
const GAP = 6; // px between a cell and what is told of it

class Sheet {
  constructor(root) {
    this.root = root;
    this.wrap = root.querySelector(".wrap");
    this.table = root.querySelector("table");
    this.tip = root.querySelector(".tip");
    this.at = { row: "", column: "" }; // keys of the cell that Tab reaches; the head's row has none
    this.table.addEventListener("keydown", (event) => this.key(event));
    this.table.addEventListener("click", (event) => this.click(event));
    this.table.addEventListener("focusin", (event) => this.entered(cellOf(event)));
    this.table.addEventListener("focusout", () => this.hide());
    this.table.addEventListener("pointerover", (event) => this.tell(cellOf(event)));
    this.table.addEventListener("pointerleave", () => this.hide());
    this.wrap.addEventListener("scroll", () => { this.hide(); this.edge(); });
    this.watcher = new ResizeObserver(() => this.edge());
    this.watcher.observe(this.wrap);
  }

  update(data, send) {
    Object.assign(this, { data, send });
    const had = this.focused();
    const columns = [data.corner, ...data.heads];
    this.columns = columns;
    this.table.setAttribute("aria-label", data.label);
    this.table.setAttribute("aria-rowcount", String(data.rows.length + 1));
    this.starts = new Set();
    let place = 1;
    for (const group of data.groups) this.starts.add(place), (place += group.span);
    this.table.tHead.replaceChildren(...this.groups(), this.heads(columns));
    this.table.tBodies[0].replaceChildren(...data.rows.map((row, i) => this.row(row, data.rows[i + 1])), ...this.nothing());
    this.hide();
    const cell = this.find(this.at) ?? this.find({ row: "", column: columns[0].key });
    this.reach(cell);
    if (had) cell.focus({ preventScroll: true });
    this.edge();
    this.root.dataset.rows = data.rows.length;
    this.root.dataset.sort = `${data.down ? "-" : ""}${data.sort}`;
  }

  // Whether columns lie beyond the right edge.
  edge() {
    const { scrollWidth, scrollLeft, clientWidth } = this.wrap;
    this.root.dataset.more = scrollWidth - scrollLeft - clientWidth > 2 ? "yes" : "no";
  }

  groups() {
    if (!this.data.groups.length) return [];
    const row = make("tr", "groups");
    row.append(make("th", "first"), ...this.data.groups.map((group) => {
      const head = make("th", "", group.name);
      head.colSpan = group.span;
      return head;
    }));
    for (const cell of row.children) cell.setAttribute("role", "columnheader");
    return [row];
  }

  heads(columns) {
    const row = make("tr", "heads");
    row.append(...columns.map((column, i) => {
      const sorted = this.data.sort === column.key;
      const head = make("th", `${i ? "" : "first"} ${column.words ? "words" : ""} ${column.sorts ? "sorts" : ""} ${this.starts.has(i) ? "start" : ""}`);
      const [, before, end] = column.text.match(/^(.*?)(\S*)$/); // the arrow stays beside the last word
      const last = make("span", "last", end);
      if (column.sign) last.append(make("span", "sign", column.sign));
      if (sorted) last.append(make("span", "order", this.data.down ? "▼" : "▲"));
      head.append(before, last);
      head.setAttribute("role", "columnheader");
      if (column.sorts) head.setAttribute("aria-sort", !sorted ? "none" : this.data.down ? "descending" : "ascending");
      return this.place(head, "", column, column.help);
    }));
    return row;
  }

  row(data, next) {
    const row = make("tr", `${data.fixed ? "fixed" : ""} ${data.fixed && next && !next.fixed ? "lastfixed" : ""} ${data.opens ? "opens" : ""} ${data.marked ? "marked" : ""}`);
    row.dataset.row = data.key;
    row.append(...data.cells.map((cell, i) => {
      const column = this.columns[i];
      const box = make(i ? "td" : "th", `${i ? "" : "first"} ${column.words ? "words" : ""} ${this.starts.has(i) ? "start" : ""}`);
      box.setAttribute("role", i ? "gridcell" : "rowheader");
      if (cell.heat) {
        box.classList.add("hot");
        box.style.setProperty("--tone", `var(--${cell.heat > 0 ? "worse" : "better"})`);
        box.style.setProperty("--heat", Math.abs(cell.heat).toFixed(3));
        box.dataset.heat = cell.heat.toFixed(2);
      }
      box.append(...(i ? this.words(cell) : [this.first(data, cell)]));
      return this.place(box, data.key, column, cell.help ? [cell.help] : []);
    }));
    return row;
  }

  first(data, cell) {
    const line = make("div", "line");
    const words = make("div");
    words.append(...this.words(cell));
    const tick = make(data.ticked === null ? "span" : "input", data.ticked === null ? "notick" : "");
    if (data.ticked !== null)
      Object.assign(tick, { type: "checkbox", checked: data.ticked, tabIndex: -1, ariaLabel: `Collect ${cell.text} for Side by side` });
    const anyBox = this.data.rows.some((row) => row.ticked !== null);
    line.append(...(anyBox ? [tick] : []), words);
    return line;
  }

  words(cell) {
    const found = [];
    if (cell.colour) {
      const mark = make("span", "mark");
      mark.style.background = cell.colour;
      found.push(mark);
    }
    found.push(make("span", "text", cell.text ?? ""));
    if (cell.below) found.push(make("span", cell.below.length > LONG ? "below long" : "below", cell.below));
    return found;
  }

  nothing() {
    if (!this.data.empty) return [];
    const row = make("tr");
    const cell = make("td", "nothing", this.data.empty);
    cell.colSpan = this.columns.length;
    row.append(cell);
    return [row];
  }

  place(cell, row, column, help) {
    Object.assign(cell.dataset, { row, column: column.key });
    cell.tabIndex = -1;
    cell.told = help ?? [];
    return cell;
  }

  find({ row, column }) {
    return [...this.table.querySelectorAll("[data-column]")].find((cell) => cell.dataset.row === row && cell.dataset.column === column);
  }

  focused() {
    const active = this.root.getRootNode().activeElement;
    return Boolean(active && this.table.contains(active));
  }

  reach(cell) {
    this.table.querySelectorAll("[data-column][tabindex='0']").forEach((each) => { each.tabIndex = -1; });
    cell.tabIndex = 0;
    this.at = { row: cell.dataset.row, column: cell.dataset.column };
  }

  entered(cell) {
    if (!cell) return;
    this.reach(cell);
    this.uncover(cell);
    this.tell(cell);
  }

  // The head and the first column lie over what is scrolled below them.
  uncover(cell) {
    if (cell.classList.contains("first") || !cell.dataset.row) return;
    const left = this.table.querySelector("tbody .first")?.offsetWidth ?? 0;
    const top = this.table.tHead.offsetHeight;
    const [box, wrap] = [cell.getBoundingClientRect(), this.wrap.getBoundingClientRect()];
    if (box.left < wrap.left + left) this.wrap.scrollLeft -= wrap.left + left - box.left;
    if (box.top < wrap.top + top) this.wrap.scrollTop -= wrap.top + top - box.top;
  }

  key(event) {
    const cell = cellOf(event);
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (event.key === "Escape") this.hide();
    else if (move) this.move(cell, ...move);
    else if (event.key === "Home" || event.key === "End") this.move(cell, 0, event.key === "Home" ? -Infinity : Infinity);
    else if (event.key === "Enter") this.press(cell);
    else if (event.key === " ") cell.dataset.row ? this.tick(cell.dataset.row) : this.press(cell);
    else return;
    event.preventDefault();
  }

  move(cell, down, right) {
    const rows = [...this.table.querySelectorAll("tr")].filter((row) => row.querySelector("[data-column]"));
    const row = rows.indexOf(cell.parentElement);
    const cells = [...rows[clamp(row + down, rows.length)].querySelectorAll("[data-column]")];
    const column = [...cell.parentElement.querySelectorAll("[data-column]")].indexOf(cell);
    const next = cells[clamp(column + right, cells.length)];
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.uncover(next);
    this.tell(next);
  }

  click(event) {
    const cell = cellOf(event);
    if (!cell) return;
    if (event.target.matches("input")) this.tick(cell.dataset.row);
    else if (String(getSelection()) === "") this.press(cell);
  }

  press(cell) {
    const { row, column } = cell.dataset;
    if (!row && this.columns.find((each) => each.key === column).sorts) this.send("sort", column);
    else if (row && this.data.rows.find((each) => each.key === row).opens) this.send("open", row);
  }

  tick(row) {
    if (this.data.rows.find((each) => each.key === row)?.ticked !== null) this.send("tick", row);
  }

  tell(cell) {
    if (!cell?.told.length) return this.hide();
    this.tip.replaceChildren(...cell.told.map((line) => make("p", "", line)));
    this.tip.hidden = false;
    cell.setAttribute("aria-describedby", "tip");
    const [box, root] = [cell.getBoundingClientRect(), this.root.getBoundingClientRect()];
    const left = clampTo(box.left - root.left, root.width - this.tip.offsetWidth);
    const below = box.bottom - root.top + GAP;
    const fits = box.bottom + GAP + this.tip.offsetHeight < innerHeight;
    const top = fits ? below : box.top - root.top - GAP - this.tip.offsetHeight;
    this.tip.style.transform = `translate(${left}px, ${top}px)`;
  }

  hide() {
    this.tip.hidden = true;
  }
}

function cellOf(event) {
  return event.target.closest("[data-column]");
}

function clamp(place, count) {
  return Math.min(Math.max(place, 0), count - 1);
}

function clampTo(place, most) {
  return Math.max(0, Math.min(place, most));
}

function make(name, looks = "", text = null) {
  const element = document.createElement(name);
  element.className = looks.trim().replace(/\s+/g, " ");
  if (text !== null) element.textContent = text;
  return element;
}

export default function ({ parentElement, data, setTriggerValue }) {
  return mount(parentElement, ".board", (root) => new Sheet(root), (made) => made.update(data, setTriggerValue));
}
