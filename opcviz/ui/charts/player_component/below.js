// What stands below a map and moves with the epoch: bars, curves, reconstructions.

const CHART = { height: 150, left: 44, right: 10, top: 8, bottom: 24 };
const PICTURE = 52; // px, about, of a reconstruction

function element(parent, tag, className, text) {
  const made = parent.appendChild(document.createElement(tag));
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function shape(parent, tag, attributes) {
  const made = parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", tag));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function said(value, bar) {
  return `${Number(value.toFixed(bar.digits))}${bar.unit}`;
}

function unbroken(words) {
  return words.replaceAll(" %", "\u00a0%"); // no line begins with the sign
}

class Bars {
  constructor(parent, bars) {
    this.rows = bars.map((bar) => {
      const box = element(parent, "div", "bar");
      box.dataset.testid = "player-bar";
      const line = element(box, "div", "line");
      const number = element(line, "span", "number"); // first: the words flow round it
      const name = element(line, "span", "name", bar.name);
      const on = element(name, "span", "on");
      const told = element(name, "span", "on");
      const track = element(box, "div", "track");
      track.setAttribute("role", "meter");
      track.setAttribute("aria-label", bar.name);
      track.setAttribute("aria-valuemin", "0");
      track.setAttribute("aria-valuemax", String(bar.high));
      const fill = element(track, "div", "fill");
      const percent = (v) => `${Math.max(0, Math.min(100, (100 * v) / bar.high))}%`;
      const band = element(track, "div", "band");
      const marks = bar.marks.map((mark) => {
        const level = element(track, "div", `level ${mark.name}`);
        level.style.left = percent(mark.value);
        return level;
      });
      const seeds = bar.seeds && element(track, "div", "seeds");
      if (seeds) {
        seeds.style.left = percent(bar.seeds[0]);
        seeds.style.width = percent(bar.seeds[1] - bar.seeds[0]);
      }
      if (bar.exactly) line.title = bar.exactly;
      if (bar.explain) element(name, "span", "how", unbroken(bar.explain));
      return { bar, number, on, told, track, band, marks, seeds, fill, percent };
    });
  }

  // What the words above each track take, on the way and in the end, whichever is more.
  heights() {
    this.reserve([]);
    const of = [false, true].map((ended) => {
      this.show(0, ended);
      return this.rows.map(({ number }) => number.parentElement.offsetHeight);
    });
    return of[0].map((height, i) => Math.max(height, of[1][i]));
  }

  // Room for them, so that nothing moves when they change.
  reserve(heights) {
    this.rows.forEach(({ number }, i) => (number.parentElement.style.minHeight = heights[i] ? `${heights[i]}px` : ""));
  }

  show(frame, ended) {
    for (const { bar, number, on, told, track, band, marks, seeds, fill, percent } of this.rows) {
      const value = ended && (bar.final !== null || bar.none) ? bar.final : bar.values[frame] ?? null;
      const words = value !== null ? said(value, bar) : ended ? bar.none || "–" : bar.values.length ? "–" : "measured at the end";
      number.textContent = words;
      number.style.whiteSpace = value === null ? "" : "nowrap";
      const where = bar.on[ended ? 1 : 0];
      on.textContent = where && ` · ${where}`;
      // levels stand beside figures of the same pictures alone
      const stored = ended || !bar.values.length;
      const range = stored ? bar.band : bar.bandNow;
      const comparison = stored ? bar.words : bar.wordsNow;
      told.textContent = comparison && ` · ${unbroken(comparison)}`;
      band.hidden = !range;
      if (range) {
        band.style.left = percent(range[0]);
        band.style.width = percent(range[1] - range[0]);
      }
      for (const mark of marks) mark.hidden = !stored;
      if (seeds) seeds.hidden = !ended;
      fill.style.width = value === null ? "0" : percent(value);
      track.setAttribute("aria-valuenow", String(value ?? 0));
      track.setAttribute("aria-valuetext", `${words}${comparison ? `; ${comparison}` : ""}`);
    }
  }
}

// Curves over the fraction of the run: the same axes in every film.
class Curves {
  constructor(parent, film, ink) {
    this.film = film;
    this.svg = shape(parent, "svg", { height: CHART.height, role: "img" });
    this.svg.dataset.testid = "player-curves";
    this.key = element(parent, "div", "key");
    this.ink = ink;
  }

  draw(position) {
    const { film, svg } = this;
    const width = svg.clientWidth || 300;
    const room = width - CHART.left - CHART.right;
    const tall = CHART.height - CHART.top - CHART.bottom;
    const x = (epoch) => CHART.left + (room * epoch) / Math.max(1, film.last);
    const y = (value) => CHART.top + tall * (1 - value / 100);
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${CHART.height}`);
    const color = this.ink.text;
    const text = (at, words, anchor) => {
      const made = shape(svg, "text", { x: at[0], y: at[1], fill: color, "text-anchor": anchor });
      made.textContent = words;
    };
    for (const level of [0, 50, 100]) {
      shape(svg, "line", { x1: CHART.left, x2: width - CHART.right, y1: y(level), y2: y(level), stroke: this.ink.border });
      text([CHART.left - 6, y(level) + 5], level ? String(level) : "0 %", "end");
    }
    text([CHART.left, CHART.height - 6], "epoch 0", "start");
    text([width - CHART.right, CHART.height - 6], `epoch ${film.last}`, "end");
    if (film.band) {
      const [low, high] = film.band;
      shape(svg, "rect", { x: CHART.left, width: room, y: y(high), height: Math.max(2, y(low) - y(high)), fill: "#1E9273", opacity: 0.3 });
    }
    for (const mark of film.marks) {
      shape(svg, "line", { x1: CHART.left, x2: width - CHART.right, y1: y(mark.value), y2: y(mark.value), stroke: color, "stroke-width": 1.6, "stroke-dasharray": mark.name === "pixels" ? "2 4" : "7 5", opacity: 0.75 });
    }
    this.key.replaceChildren();
    if (film.drawnOn) element(this.key, "span", "", `On ${film.drawnOn}:`);
    for (const line of film.lines) {
      const stroke = line.color || color;
      let path = "";
      line.values.forEach((value, epoch) => {
        if (value === null || value === undefined) return;
        path += `${path && line.values[epoch - 1] !== null ? "L" : "M"}${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`;
      });
      shape(svg, "path", { d: path, fill: "none", stroke, "stroke-width": 2.6, "stroke-linejoin": "round", ...(line.dash ? { "stroke-dasharray": line.dash } : {}) });
      const value = line.values[Math.min(Math.round(position), line.values.length - 1)];
      if (value !== null && value !== undefined) shape(svg, "circle", { cx: x(Math.min(position, line.values.length - 1)), cy: y(value), r: 4.5, fill: stroke });
      const entry = element(this.key, "span");
      const swatch = element(entry, "i");
      swatch.style.borderTopColor = stroke;
      if (line.dash) swatch.style.borderTopStyle = "dashed";
      entry.append(`${line.name} ${value === null || value === undefined ? "–" : `${Number(value.toFixed(1))}\u00a0%`}`);
    }
    if (film.band) {
      const entry = element(this.key, "span");
      element(entry, "i", "area");
      entry.append(film.bandName || "never trained on them");
    }
    // of a single class: the line lies below the curve then, and nobody would see it
    if (film.marks.some((mark) => mark.name === "constant" && mark.value > 99.9)) element(this.key, "span", "", "one answer for all gets 100\u00a0%, too");
    const told = [...this.key.children].map((entry) => entry.textContent).join("; ");
    svg.setAttribute("aria-label", `Curves of ${film.title} at epoch ${Math.round(position)}: ${told}`);
    shape(svg, "line", { x1: x(position), x2: x(position), y1: CHART.top, y2: CHART.top + tall, stroke: color, opacity: 0.5 });
  }
}

class Pictures {
  constructor(parent, rebuilt) {
    this.rebuilt = rebuilt;
    const box = element(parent, "div", "rebuilt");
    box.dataset.testid = "player-rebuilt";
    this.scale = Math.max(1, Math.round(PICTURE / rebuilt.height));
    if (rebuilt.targets) {
      element(box, "span", "", "true");
      this.strip(box, rebuilt.targets, 1).forEach((cell, i) => this.turn(cell, i, 0));
    }
    element(box, "span", "", "rebuilt");
    this.cells = this.strip(box, rebuilt.sheet, rebuilt.frames);
    this.words = element(parent, "div", "words");
  }

  strip(box, url, rows) {
    const { width, height, count } = this.rebuilt;
    const strip = element(box, "div", "strip");
    return Array.from({ length: count }, () => {
      const cell = element(strip, "i");
      cell.setAttribute("role", "img");
      cell.style.width = `${width * this.scale}px`;
      cell.style.height = `${height * this.scale}px`;
      cell.style.backgroundImage = `url(${url})`;
      cell.style.backgroundSize = `${width * count * this.scale}px ${height * rows * this.scale}px`;
      cell.setAttribute("aria-label", "true picture");
      return cell;
    });
  }

  turn(cell, column, row) {
    cell.style.backgroundPosition = `-${column * this.rebuilt.width * this.scale}px -${row * this.rebuilt.height * this.scale}px`;
  }

  show(frame) {
    const psnr = this.rebuilt.psnr[frame];
    this.cells.forEach((cell, i) => {
      this.turn(cell, i, frame);
      cell.setAttribute("aria-label", psnr[i] === null ? "no gradient reaches the body" : `rebuilt, ${psnr[i].toFixed(1)} dB`);
    });
    const known = psnr.filter((v) => v !== null);
    const mean = known.reduce((a, b) => a + b, 0) / known.length;
    this.words.textContent = known.length
      ? `${mean.toFixed(1)} dB on average after a short search${known.length < psnr.length ? `; of ${psnr.length - known.length} no gradient reaches the body` : ""}`
      : "no gradient reaches the body: this search finds nothing";
  }
}
