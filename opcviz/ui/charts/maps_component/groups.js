// Samples that coincide in feature space, drawn as one mark: a pie of their classes with the count.
//
// Python sends their points at one place already; while points glide, members are drawn one by one
// until they have come together.

const PIE_RADIUS = 9; // px, at most
const LEAST_PIE = 6; // px: smaller, the shares cannot be told
const TOGETHER = 2; // px from their middle: then they are one mark
const COUNT_LARGER = 2; // px than other text
const WIDE_PANEL = 300; // px from which the count is said in words

// The members of each group, by its number; the drawn place, size and count once they are together.
function groupsOf(view, order) {
  const found = new Map();
  if (!view.groups || !view.now) return [];
  for (const i of order) {
    const g = view.groups[i];
    if (g < 0 || !Number.isFinite(view.now[2 * i] + view.now[2 * i + 1])) continue;
    if (!found.has(g)) found.set(g, []);
    found.get(g).push(i);
  }
  return [...found.values()].filter((members) => members.length > 1);
}

// Half the width of the median kept class as drawn, px: no group is drawn larger than one.
function keptRadius(view, order, k) {
  const { labels, forget } = view;
  const sums = new Map();
  for (const i of order) {
    const [x, y] = [view.now[2 * i], view.now[2 * i + 1]];
    if (forget[i] || !Number.isFinite(x + y)) continue;
    if (!sums.has(labels[i])) sums.set(labels[i], [0, 0, 0, 0]);
    const s = sums.get(labels[i]);
    s[0] += 1;
    s[1] += x;
    s[2] += y;
    s[3] += x * x + y * y;
  }
  const radii = [...sums.values()]
    .filter((s) => s[0] > 1)
    .map(([n, x, y, q]) => Math.sqrt(Math.max(0, q / n - (x / n) ** 2 - (y / n) ** 2)))
    .sort((a, b) => a - b);
  return radii.length ? k * radii[radii.length >> 1] : Infinity;
}

// Find what is drawn as one mark: {members, x, y, r}, the largest first; its members by position.
function gatherMarks(view, order) {
  view.pies = [];
  view.pieOf = new Map();
  const groups = groupsOf(view, order);
  if (!groups.length) return;
  const [k, dx, dy] = view.scale();
  const most = Math.min(PIE_RADIUS, keptRadius(view, order, k));
  const r = Math.max(LEAST_PIE, most);
  for (const members of groups) {
    let [x, y] = [0, 0];
    for (const i of members) {
      x += (dx + k * view.now[2 * i]) / members.length;
      y += (dy - k * view.now[2 * i + 1]) / members.length;
    }
    const apart = (i) => Math.hypot(dx + k * view.now[2 * i] - x, dy - k * view.now[2 * i + 1] - y);
    if (members.some((i) => apart(i) > TOGETHER)) continue;
    const pie = { members, x, y, r };
    view.pies.push(pie);
    members.forEach((i) => view.pieOf.set(i, pie));
  }
  view.pies.sort((a, b) => b.members.length - a.members.length);
}

// Pies and their counts, on top of the points; counts that would cover another's are left out.
function paintPies(view, g, marks, marksOf, active, ink) {
  const said = [];
  for (const pie of view.pies) {
    const { members, x, y, r } = pie;
    g.globalAlpha = active && !members.some((i) => active[i]) ? DIMMED_OPACITY : 1;
    g.beginPath();
    g.arc(x, y, r + 2.6, 0, 7);
    g.fillStyle = ink.text;
    g.fill();
    g.beginPath();
    g.arc(x, y, r + 1.4, 0, 7);
    g.fillStyle = ink.background;
    g.fill();
    let turn = -Math.PI / 2;
    for (const [color, count] of sharesOf(members, marks, marksOf)) {
      const end = turn + (2 * Math.PI * count) / members.length;
      g.beginPath();
      g.moveTo(x, y);
      g.arc(x, y, r, turn, end);
      g.closePath();
      g.fillStyle = color;
      g.fill();
      turn = end;
    }
    sayCount(view, g, pie, said, ink);
    g.globalAlpha = 1;
  }
  view.canvas.dataset.groups = JSON.stringify(
    view.pies.map(({ members, x, y, r }) => ({ count: members.length, x: Math.round(x), y: Math.round(y), r })),
  );
}

// [color, members] of each share, the largest class first; equal ones in the order of their colours.
function sharesOf(members, marks, marksOf) {
  const counts = new Map();
  for (const i of members) {
    const { color } = marks[marksOf[i]].spec;
    counts.set(color, (counts.get(color) || 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function sayCount(view, g, { members, x, y, r }, said, ink) {
  g.font = `600 ${ink.size + COUNT_LARGER}px ${ink.font}`;
  const words = view.width >= WIDE_PANEL ? `${members.length} on one spot` : String(members.length);
  const wide = g.measureText(words).width;
  const away = view.atOrigin(x, y) ? r + 15 : r + 6; // clear of the cross
  const places = [[x + away, y], [x - away - wide, y], [x - wide / 2, y - r - 14], [x - wide / 2, y + r + 14]];
  const fits = ([left, top]) => left >= 2 && left + wide <= view.width - 2 && top >= 9 && top <= view.height - 9;
  const free = ([left, top]) => !said.some(([a, b, w]) => left < a + w + 4 && a < left + wide + 4 && Math.abs(top - b) < 17);
  const at = places.find((place) => fits(place) && free(place));
  if (!at) return;
  said.push([...at, wide]);
  g.textBaseline = "middle";
  g.lineJoin = "round";
  g.lineWidth = 4;
  g.strokeStyle = ink.background;
  g.strokeText(words, ...at);
  g.fillStyle = ink.text;
  g.fillText(words, ...at);
}
