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

// Blend a mark over opaque pixels, its top left corner at (left, top).
function stamp(pixels, width, height, mark, left, top, alpha) {
  const size = mark.width;
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
