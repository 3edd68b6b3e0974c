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

// A map's ground: the area, what is forgotten of it, and the stations.
class Ground {
  constructor(data, side, label) {
    const [west, east, south, north] = data.extent;
    this.x = (km) => 1 + (km - west) / (east - west) * (side - 2);
    this.y = (km) => 1 + (north - km) / (north - south) * (side - 2);
    this.svg = picture(side, side, label);
    this.svg.append(shape("rect", { x: 1, y: 1, width: side - 2, height: side - 2, class: "area" }));
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
