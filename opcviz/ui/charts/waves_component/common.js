// What records, sections and maps of errors have in common: drawing in SVG, which follows the theme.

const SVG = "http://www.w3.org/2000/svg";
const FULL = 127; // what stands for a record's peak

function node(tag, kind = "", words = "") {
  const made = document.createElement(tag);
  made.className = kind;
  made.textContent = words;
  return made;
}

function shape(tag, about, words = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(about)) made.setAttribute(name, value);
  made.textContent = words;
  return made;
}

function picture(width, height, label) {
  return shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
}

// Records as shares of their peaks: the bytes hold the roots.
function decoded(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return Float32Array.from(new Int8Array(bytes.buffer), (v) => Math.sign(v) * (v / FULL) ** 2);
}

// The path of one record: of each pixel's samples the lowest and the highest.
function trace(records, from, samples, x, y, high) {
  const pixels = Math.max(1, Math.floor(x(samples - 1)) - Math.floor(x(0)));
  const each = Math.max(1, Math.floor(samples / pixels / 1.5));
  let path = "";
  for (let i = 0; i < samples; i += each) {
    let low = Infinity, top = -Infinity;
    for (let k = i; k < Math.min(samples, i + each); k++) {
      low = Math.min(low, records[from + k]);
      top = Math.max(top, records[from + k]);
    }
    const at = x(i).toFixed(1);
    path += `${path ? "L" : "M"}${at} ${(y - high * low).toFixed(1)}`;
    if (each > 1) path += `L${at} ${(y - high * top).toFixed(1)}`;
  }
  return shape("path", { d: path, class: "trace" });
}

function arrival(kind, x, from, to) {
  return shape("line", { x1: x, x2: x, y1: from, y2: to, class: kind });
}

function name(label, color) {
  const box = node("div", "name");
  const dot = node("i");
  if (color) dot.style.background = color;
  else dot.className = "none";
  box.append(dot, label);
  return box;
}

// Round values from low to high, with at most so many steps between them.
function ticks(low, high, most) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000].find((s) => (high - low) / s <= most) ?? high - low;
  const found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + 1e-9; v += step) found.push(v);
  return found;
}

// Seconds after the origin time below a row of records; x: pixel of a time.
function seconds_axis(width, size, from, to, x) {
  const svg = picture(width, Math.round(size * 1.4) + 4, "Seconds after the origin time");
  svg.append(shape("line", { x1: 0, x2: width, y1: 1, y2: 1, class: "axis" }));
  for (const s of ticks(from, to, Math.max(1, Math.floor(width / (size * 3))))) {
    if (s < 0) continue;
    svg.append(shape("line", { x1: x(s), x2: x(s), y1: 1, y2: 5, class: "axis" }));
    svg.append(shape("text", { x: x(s), y: 5 + size, "text-anchor": x(s) > width - size ? "end" : "middle" }, s ? `${s}` : "0 s"));
  }
  return svg;
}

// A map's ground: the area with its kilometres, what is forgotten of it, and the stations.
class Ground {
  constructor(data, wide, label, size, both = false) {
    const [west, east, south, north] = data.extent;
    const left = both ? Math.round(size * 1.6) : 0, below = Math.round(size * 1.4), side = wide - left;
    this.side = side;
    this.x = (km) => left + 1 + (km - west) / (east - west) * (side - 2);
    this.y = (km) => 1 + (north - km) / (north - south) * (side - 2);
    this.svg = picture(wide, side + below, label);
    this.svg.append(shape("rect", { x: left + 1, y: 1, width: side - 2, height: side - 2, class: "area" }));
    const most = Math.max(1, Math.floor(side / (size * 3)));
    const across = ticks(west, east, most);
    across.forEach((km, i) => {
      const at = this.x(km), last = i === across.length - 1;
      this.svg.append(shape("line", { x1: at, x2: at, y1: side - 1, y2: side + 3, class: "axis" }));
      this.svg.append(shape("text", { x: at, y: side + 2 + size, "text-anchor": last ? "end" : i ? "middle" : "start" }, last ? `${km} km` : `${km}`));
    });
    if (both) ticks(south, north, most).slice(1).forEach((km) => this.svg.append(shape("text", { x: left - 4, y: Math.max(size * 0.8, this.y(km) + size / 3), "text-anchor": "end" }, `${km}`)));
  }

  box(of, kind) {
    if (of.length !== 4) return;
    const [west, east, south, north] = of;
    const [x, y] = [this.x(west), this.y(north)];
    this.svg.append(shape("rect", { x, y, width: this.x(east) - x, height: this.y(south) - y, class: kind }));
  }

  stations(all, size = 4) {
    for (const [x, y] of all) this.station(x, y, size, "station");
  }

  station(x, y, size, kind) {
    const [a, b] = [this.x(x), this.y(y)];
    const mark = shape("path", { d: `M${a} ${b - size}L${a + size} ${b + size}L${a - size} ${b + size}Z`, class: kind });
    this.svg.append(mark);
    return mark;
  }
}

function seconds(value) {
  return value === null ? "" : `${value.toFixed(1)} s`;
}

function legend(...parts) {
  const box = node("div", "legend");
  for (const [kind, words] of parts) {
    const part = node("span");
    part.append(node("i", kind), words);
    box.append(part);
  }
  return box;
}
