// Samples that coincide in feature space, drawn as one mark: a pie of their classes with the count.
//
// Python sends their points at one place already; while points glide, members are drawn one by one
// until they have come together.

const PIE_RADIUS = 9; // px, at most
const RIM = 2.6; // px around it, at most
const RIM_SHARE = 0.3; // of a small mark
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

// Half the width of the median kept class as drawn, px, points included: no mark is larger. Classes
// that are one mark themselves say nothing of it.
function keptRadius(view, order, k, point) {
  const { labels, forget, now } = view;
  const boxes = new Map();
  for (const i of order) {
    const [x, y] = [now[2 * i], now[2 * i + 1]];
    if (forget[i] || !Number.isFinite(x + y)) continue;
    const [x0, x1, y0, y1] = boxes.get(labels[i]) ?? [x, x, y, y];
    boxes.set(labels[i], [Math.min(x0, x), Math.max(x1, x), Math.min(y0, y), Math.max(y1, y)]);
  }
  const radii = [...boxes.values()]
    .map(([x0, x1, y0, y1]) => (k * Math.max(x1 - x0, y1 - y0)) / 2)
    .filter((radius) => radius > 0)
    .sort((a, b) => a - b);
  return radii.length ? point + radii[(radii.length - 1) >> 1] : Infinity;
}

// Find what is drawn as one mark: {members, x, y, r, rim}, the largest first; its members by position.
function gatherMarks(view, order, point) {
  view.pies = [];
  view.pieOf = new Map();
  const groups = groupsOf(view, order);
  if (!groups.length) return;
  const [k, dx, dy] = view.scale();
  const whole = Math.min(PIE_RADIUS + RIM, keptRadius(view, order, k, point));
  const rim = Math.min(RIM, RIM_SHARE * whole);
  const r = whole - rim;
  for (const members of groups) {
    let [x, y] = [0, 0];
    for (const i of members) {
      x += (dx + k * view.now[2 * i]) / members.length;
      y += (dy - k * view.now[2 * i + 1]) / members.length;
    }
    const apart = (i) => Math.hypot(dx + k * view.now[2 * i] - x, dy - k * view.now[2 * i + 1] - y);
    if (members.some((i) => apart(i) > TOGETHER)) continue;
    const pie = { members, x, y, r, rim };
    view.pies.push(pie);
    members.forEach((i) => view.pieOf.set(i, pie));
  }
  view.pies.sort((a, b) => b.members.length - a.members.length);
}

// Pies and their counts, on top of the points; counts that would cover another's are left out.
function paintPies(view, g, marks, marksOf, active, ink) {
  const said = [];
  for (const pie of view.pies) {
    const { members, x, y, r, rim } = pie;
    g.globalAlpha = active && !members.some((i) => active[i]) ? DIMMED_OPACITY : 1;
    g.beginPath();
    g.arc(x, y, r + rim, 0, 7);
    g.fillStyle = ink.text;
    g.fill();
    g.beginPath();
    g.arc(x, y, r + 0.54 * rim, 0, 7);
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
    view.pies.map(({ members, x, y, r, rim }) => ({ count: members.length, x: Math.round(x), y: Math.round(y), r, rim })),
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
  const possible = places.filter((place) => fits(place) && free(place));
  if (!possible.length) return;
  // where it covers least: what lies behind the words is hidden, or it would run through them
  const tall = ink.size + COUNT_LARGER + 4;
  const behind = ([left, top]) => pointsWithin(view, left - 2, top - tall / 2, left + wide + 2, top + tall / 2);
  const covered = possible.map(behind);
  const at = possible[covered.indexOf(Math.min(...covered))];
  g.fillStyle = ink.background;
  g.beginPath();
  g.roundRect(at[0] - 3, at[1] - tall / 2, wide + 6, tall, 4);
  g.fill();
  said.push([...at, wide]);
  g.textBaseline = "middle";
  g.fillStyle = ink.text;
  g.fillText(words, ...at);
}

function pointsWithin(view, left, top, right, bottom) {
  const [k, dx, dy] = view.scale();
  let count = 0;
  for (let i = 0; i < view.now.length / 2; i++) {
    const [x, y] = [dx + k * view.now[2 * i], dy - k * view.now[2 * i + 1]];
    if (x > left && x < right && y > top && y < bottom) count += 1; // members of a mark, too
  }
  return count;
}
