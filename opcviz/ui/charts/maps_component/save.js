// Taking maps away: PNG at twice the size, SVG with one real shape a sample.

const SAVED_GAP = 18; // px
const SAVED_TITLE = 26; // px above each map

function saveMaps(row, views, kind) {
  const drawn = views.filter((view) => view.now);
  if (!drawn.length) return;
  const name = drawn.length === 1 ? drawn[0].panel.title : row.data.file;
  const file = `${name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "")}.${kind}`;
  const svg = svgOf(row, drawn);
  const blob = new Blob([svg], { type: "image/svg+xml" });
  if (kind === "svg") return download(blob, file);
  const image = new Image();
  const url = URL.createObjectURL(blob);
  image.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = 2 * image.width;
    canvas.height = 2 * image.height;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(url);
    canvas.toBlob((made) => download(made, file), "image/png");
  };
  image.src = url;
}

function download(blob, file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function svgOf(row, views) {
  const { ink } = row;
  const perRow = Math.min(views.length, row.big === null ? row.data.perRow : 1);
  const wide = Math.max(...views.map((view) => view.width)) + SAVED_GAP;
  const high = Math.max(...views.map((view) => view.height)) + SAVED_GAP + SAVED_TITLE;
  const lines = Math.ceil(views.length / perRow);
  const width = Math.round(perRow * wide + SAVED_GAP);
  const legend = svgLegend(row, width, SAVED_GAP + lines * high);
  const height = Math.round(SAVED_GAP + lines * high + legend.height);
  const panels = views.map((view, j) => {
    const x = SAVED_GAP + (j % perRow) * wide;
    const y = SAVED_GAP + Math.floor(j / perRow) * high;
    return (
      `<text x="${x}" y="${y + 15}" font-weight="600">${escaped(view.title.textContent)}</text>` +
      `<svg x="${x}" y="${y + SAVED_TITLE}" width="${view.width}" height="${view.height}" class="map">` +
      `<rect width="100%" height="100%" fill="${ink.background}" stroke="${ink.border}"/>${svgPoints(row, view)}</svg>`
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="sans-serif" font-size="14" fill="${ink.text}">` +
    `<rect width="100%" height="100%" fill="${ink.background}"/>${panels.join("")}${legend.svg}</svg>`
  );
}

function svgPoints(row, view) {
  const { marks, which } = marksFor(row, view);
  const active = row.active();
  const parts = [];
  for (const pass of active ? [0, 1] : [1]) {
    for (const i of row.order) {
      if (active && active[i] !== pass) continue;
      if (view.groups && view.groups[i] >= 0) continue; // they are one mark, below
      const at = view.place(i);
      if (!at || at[0] < -20 || at[1] < -20 || at[0] > view.width + 20 || at[1] > view.height + 20) continue;
      parts.push(svgMark(marks[which[i]].spec, at, pass ? 1 : DIMMED_OPACITY));
    }
  }
  return parts.join("") + svgGroups(row, view);
}

function svgMark({ shape, color, rim, radius }, [x, y], opacity) {
  const paint = `fill="${color}"${rim ? ` stroke="${rim}" stroke-width=".7"` : ""}${opacity < 1 ? ` opacity="${opacity}"` : ""}`;
  let path = "";
  const pen = {
    moveTo: (a, b) => (path += `M${(x + a).toFixed(1)} ${(y + b).toFixed(1)}`),
    lineTo: (a, b) => (path += `L${(x + a).toFixed(1)} ${(y + b).toFixed(1)}`),
    closePath: () => (path += "Z"),
    arc: () => {},
  };
  tracePath(pen, shape, radius);
  if (path) return `<path d="${path}" ${paint}/>`;
  return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(2)}" ${paint}/>`;
}

// Samples that coincide in feature space: one pie of their classes at their centroid, with the count.
function svgGroups(row, view) {
  const members = new Map();
  (view.groups || []).forEach((g, i) => g >= 0 && view.place(i) && members.set(g, [...(members.get(g) || []), i]));
  return [...members.values()].map((all) => {
    const places = all.map((i) => view.place(i));
    const mean = (axis) => places.reduce((sum, at) => sum + at[axis], 0) / places.length;
    const [x, y, r] = [mean(0), mean(1), 7];
    const set = row.data.colors[row.theme];
    const counts = new Map();
    all.forEach((i) => counts.set(row.labels[i], (counts.get(row.labels[i]) || 0) + 1));
    let turn = 0;
    const point = (t) => `${(x + r * Math.sin(2 * Math.PI * t)).toFixed(2)} ${(y - r * Math.cos(2 * Math.PI * t)).toFixed(2)}`;
    const slices = [...counts].map(([c, n]) => {
      const [from, to] = [turn, (turn += n / all.length)];
      const color = (row.forget[all[0]] ? set.vivid : set.muted)[c];
      if (counts.size === 1) return `<circle cx="${x}" cy="${y}" r="${r}" fill="${color}"/>`;
      return `<path d="M${x} ${y}L${point(from)}A${r} ${r} 0 ${to - from > 0.5 ? 1 : 0} 1 ${point(to)}Z" fill="${color}"/>`;
    });
    return `<g>${slices.join("")}<text x="${x + r + 3}" y="${y + 5}">${all.length}</text></g>`;
  }).join("");
}

function svgLegend(row, width, top) {
  const { names, colors, shapes } = row.data;
  const set = colors[row.theme];
  const present = [...new Set(row.labels)].sort((a, b) => a - b).slice(0, 24);
  const [words, entries] =
    row.colour === "class"
      ? ["colour: class", present.map((c) => [row.forgotten.has(c) ? set.vivid[c] : set.muted[c], names[c] + (row.forgotten.has(c) ? " (forget)" : ""), row.forgotten.has(c) ? shapes[c] : "circle"])]
      : legendOfColours(row);
  let [x, y] = [SAVED_GAP, top + 12];
  const step = (text) => 7.4 * text.length + 26;
  let svg = `<text x="${x}" y="${y}">${escaped(words)}</text>`;
  x += step(words);
  for (const [color, name, shape] of entries) {
    if (x + step(name) > width) [x, y] = [SAVED_GAP, y + 22];
    svg += svgMark({ shape: shape || "circle", color, rim: null, radius: 5 }, [x + 6, y - 5], 1);
    svg += `<text x="${x + 16}" y="${y}">${escaped(name)}</text>`;
    x += step(name);
  }
  return { svg, height: y - top + 14 };
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
}
