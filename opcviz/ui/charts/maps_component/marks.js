// Marks and rings: the small shapes that points are drawn with, and the unpacking of numbers.

function decode(text, Kind) {
  if (!text) return null;
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Kind(bytes.buffer);
}

// A small picture of a mark, made once and stamped for every point.
function makeMark(shape, color, rim, radius, ratio) {
  const size = Math.ceil((radius + 1.5) * 2 * ratio);
  const mark = document.createElement("canvas");
  mark.width = mark.height = size;
  const g = mark.getContext("2d", { willReadFrequently: true });
  g.translate(size / 2, size / 2);
  g.scale(ratio, ratio);
  g.beginPath();
  tracePath(g, shape, radius);
  if (rim) {
    g.lineWidth = 1.4;
    g.lineJoin = "round";
    g.strokeStyle = rim;
    g.stroke();
  }
  g.fillStyle = color;
  g.fill();
  mark.pixels = g.getImageData(0, 0, size, size).data;
  return mark;
}

// Blend a mark over opaque pixels, its top left corner at (left, top). Thousands a frame: what lies
// wholly inside goes over a list of the pixels that the mark covers, the solid ones first.
function stamp(pixels, width, height, mark, left, top, alpha) {
  const size = mark.width;
  if (left < 0 || top < 0 || left + size > width || top + size > height) {
    return stampCut(pixels, width, height, mark, left, top, alpha);
  }
  const { at, color, red, green, blue, opacity, solid } = coverOf(mark, width);
  const words = (pixels.words ??= new Uint32Array(pixels.buffer));
  const from = top * width + left;
  let j = 0;
  if (alpha * 255 > 0.999) for (; j < solid; j++) words[from + at[j]] = color[j];
  for (; j < at.length; j++) {
    const to = (from + at[j]) * 4;
    const a = opacity[j] * alpha;
    pixels[to] += (red[j] - pixels[to]) * a;
    pixels[to + 1] += (green[j] - pixels[to + 1]) * a;
    pixels[to + 2] += (blue[j] - pixels[to + 2]) * a;
  }
}

// The pixels of a mark that are not clear, as offsets in a picture of some width.
function coverOf(mark, width) {
  if (mark.cover && mark.cover.width === width) return mark.cover;
  const source = mark.pixels;
  const seen = [...Array(mark.width * mark.width).keys()].filter((p) => source[4 * p + 3]);
  const listed = seen.sort((p, q) => (source[4 * q + 3] === 255) - (source[4 * p + 3] === 255));
  const channel = (c) => Uint8Array.from(listed, (p) => source[4 * p + c]);
  const [red, green, blue, opacity] = [0, 1, 2, 3].map(channel);
  return (mark.cover = {
    width,
    at: Int32Array.from(listed, (p) => Math.floor(p / mark.width) * width + (p % mark.width)),
    color: Uint32Array.from(listed, (_, j) => (255 << 24) | (blue[j] << 16) | (green[j] << 8) | red[j]), // little-endian RGBA
    red, green, blue, opacity,
    solid: opacity.findLastIndex((a) => a === 255) + 1,
  });
}

// The same for a mark that hangs over the edge.
function stampCut(pixels, width, height, mark, left, top, alpha) {
  const size = mark.width;
  if (left + size <= 0 || top + size <= 0 || left >= width || top >= height) return;
  const source = mark.pixels;
  const x0 = Math.max(0, -left);
  const x1 = Math.min(size, width - left);
  const y1 = Math.min(size, height - top);
  for (let y = Math.max(0, -top); y < y1; y++) {
    let from = (y * size + x0) * 4;
    let to = ((top + y) * width + left + x0) * 4;
    for (let x = x0; x < x1; x++, from += 4, to += 4) {
      const a = source[from + 3] * alpha;
      if (a === 0) continue;
      pixels[to] += (source[from] - pixels[to]) * a;
      pixels[to + 1] += (source[from + 1] - pixels[to + 1]) * a;
      pixels[to + 2] += (source[from + 2] - pixels[to + 2]) * a;
    }
  }
}

function percent(p) {
  return `${p.toFixed(p > 99 && p < 99.95 ? 1 : 0)} %`;
}

function tracePath(g, shape, r) {
  const corners = {
    triangle: [[0, -1.25], [1.15, 0.8], [-1.15, 0.8]],
    square: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
    diamond: [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
    cross: [[-0.4, -1.15], [0.4, -1.15], [0.4, -0.4], [1.15, -0.4], [1.15, 0.4], [0.4, 0.4],
      [0.4, 1.15], [-0.4, 1.15], [-0.4, 0.4], [-1.15, 0.4], [-1.15, -0.4], [-0.4, -0.4]],
  }[shape];
  if (!corners) return g.arc(0, 0, r, 0, 7);
  corners.forEach(([x, y], i) => (i ? g.lineTo(x * r, y * r) : g.moveTo(x * r, y * r)));
  g.closePath();
}

function ring(g, [x, y], radius, width, color, rim) {
  for (const [stroke, wide] of [[rim, width + 2.5], [color, width]]) {
    g.beginPath();
    g.arc(x, y, radius, 0, 7);
    g.lineWidth = wide;
    g.strokeStyle = stroke;
    g.stroke();
  }
}
