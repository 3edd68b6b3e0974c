// What stands in words beside the maps: the tooltip of a sample and the legend of the classes.

const MAX_LEGEND_CLASSES = 14; // more kept classes than this share one legend entry
const MAX_TIP_PICTURES = 18;

function drawTip(row) {
  const i = row.hovered;
  row.tip.hidden = i === null;
  if (i === null) return;
  const { names, atlas } = row.data;
  const truth = names[row.labels[i]];
  const kind = row.forget[i] ? "forget" : "retain";
  const head = make("div", "head");
  if (atlas) head.append(thumbnail(atlas, i));
  const words = make("div", "");
  words.append(make("div", "name", `class ${truth}`), make("span", "kind", kind), ` sample ${row.ids[i]}`);
  head.append(words);
  const table = make("table", "");
  const answers = row.views.filter((view) => view.best).map((view) => answerRow(row, view, i));
  table.append(...answers.flat());
  row.tip.replaceChildren(head, ...groupOf(row, i), table);
  row.said.textContent =
    `Sample ${row.ids[i]}, class ${truth}, ${kind}. ` +
    row.views.filter((v) => v.best).map((v) => `${v.panel.title}: ${answersOf(v, i, names).map(([name, p]) => `${name} ${p}`).join(", ")}`).join(". ");
  placeTip(row, i);
}

// The samples that coincide with this one in the hovered model: how many of each class, a few pictures.
function groupOf(row, i) {
  const groups = row.over.groups;
  if (!groups || groups[i] < 0) return [];
  const all = [...row.order].filter((j) => groups[j] === groups[i]);
  const { names, atlas } = row.data;
  const counts = new Map();
  all.forEach((j) => counts.set(row.labels[j], (counts.get(row.labels[j]) || 0) + 1));
  const told = [...counts].map(([c, n]) => `${n} of class ${names[c]}`).join(", ");
  const box = make("div", "together", `${all.length} samples at one place: ${told}`);
  if (!atlas) return [box];
  const strip = make("div", "strip");
  const shown = all.length > MAX_TIP_PICTURES ? all.filter((_, j) => j % Math.ceil(all.length / MAX_TIP_PICTURES) === 0) : all;
  strip.append(...shown.map((j) => thumbnail(atlas, j, 20)));
  box.append(strip);
  return [box];
}

function answerRow(row, view, i) {
  const [[name, chance, share], ...others] = answersOf(view, i, row.data.names);
  const k = view.panel.top;
  const line = make("tr", view === row.over ? "here" : "");
  const right = view.best[i * k] === row.labels[i];
  const cell = make("td", "share", chance);
  const bar = cell.appendChild(make("div", "bar"));
  bar.style.width = `${share}%`;
  line.append(make("td", "model", view.panel.title), make("td", "answer", name + (right ? " ✓" : "")), cell);
  if (!others.length) return [line];
  const more = make("tr", "");
  const then = more.appendChild(make("td", "more", `then ${others.map(([o, p]) => `${o} ${p}`).join(", ")}`));
  then.colSpan = 3;
  return view === row.over ? [line, more] : [line];
}

function placeTip(row, i) {
  const at = row.over.place(i);
  if (!at) return void (row.tip.hidden = true);
  const frame = row.over.stage.getBoundingClientRect();
  const home = row.root.getBoundingClientRect();
  const x = frame.left - home.left + at[0];
  const y = frame.top - home.top + at[1];
  const wide = row.tip.offsetWidth;
  const left = x + 24 + wide <= home.width ? x + 24 : x - 24 - wide;
  // below the point: its own answer stands beside it
  const low = y + 22 + row.tip.offsetHeight;
  const top = home.top + low <= innerHeight ? y + 22 : Math.max(-home.top, y - 22 - row.tip.offsetHeight);
  row.tip.style.transform = `translate(${Math.max(0, left)}px, ${top}px)`;
}

function drawLegend(row) {
  const { names, compact, legend } = row.data;
  row.legend.hidden = !legend;
  if (!legend) return;
  const has = (c, gone) => row.labels.some((label, i) => label === c && !!row.forget[i] === gone);
  const forgotten = [...names.keys()].filter((c) => has(c, true));
  const kept = [...names.keys()].filter((c) => !forgotten.includes(c) && has(c, false));
  const parts = [];
  if (row.colour !== "class") {
    const [words, entries] = legendOfColours(row);
    parts.push(make("span", "group", words), ...entries.map(([color, name]) => swatch(color, name)));
    parts.push(make("span", "group", "shape: class"));
  }
  if (forgotten.length) parts.push(make("span", "group", "forget"), ...forgotten.map((c) => legendEntry(row, [c], names[c], true)));
  if (kept.length) parts.push(make("span", "group", "retain"));
  else if (row.forget.includes(0)) parts.push(make("span", "group", "retained samples are muted"));
  if (kept.length > MAX_LEGEND_CLASSES) parts.push(legendEntry(row, kept, `${kept.length} classes`, false));
  else parts.push(...kept.map((c) => legendEntry(row, [c], names[c], false)));
  const hall = getComputedStyle(document.documentElement).getPropertyValue("--least-text").trim(); // nobody drags there
  if (!compact && !hall) parts.push(make("span", "hint", "hover: trace · click: pin · drag: select (Shift adds, Alt removes) · Esc: clear"));
  const focus = [...row.legend.children].indexOf(row.legend.getRootNode().activeElement);
  row.legend.replaceChildren(...parts);
  if (focus >= 0) parts[focus]?.focus();
}

function swatch(color, name) {
  const node = make("span", "swatch");
  const box = node.appendChild(make("span", "colour"));
  box.style.background = color;
  node.append(name);
  return node;
}

function legendEntry(row, classes, name, gone) {
  const button = make("button", "");
  button.type = "button";
  const pressed = classes.every((c) => row.classes.has(c));
  button.setAttribute("aria-pressed", String(pressed));
  button.setAttribute("aria-label", `${gone ? "forgotten" : "kept"} class ${name}: ${pressed ? "show all" : "show only this"}`);
  const set = row.data.colors[row.theme];
  const [c] = classes;
  const ratio = window.devicePixelRatio || 1;
  const plain = row.colour === "class" ? null : row.ink.text; // colour says something else
  const mark = gone
    ? makeMark(row.data.shapes[c], plain ?? set.vivid[c], null, 4.2, ratio)
    : makeMark("circle", plain ?? set.muted[c], null, 4.2, ratio);
  button.append(mark, name);
  button.addEventListener("click", (event) => row.toggle(classes, event.shiftKey));
  return button;
}

// [name, "97 %", 97] of the most probable classes, down to 1 %.
function answersOf(view, i, names) {
  const k = view.panel.top;
  const all = [...Array(k).keys()].map((j) => [names[view.best[i * k + j]], percent(view.share[i * k + j]), view.share[i * k + j]]);
  return all.filter(([, , p], j) => !j || p >= 1);
}

function make(tag, kind, text) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
}

function thumbnail(atlas, i, size = 48) {
  const scale = Math.max(1, Math.round(size / atlas.height));
  const node = make("div", "thumb");
  const [w, h] = [atlas.width * scale, atlas.height * scale];
  node.style.cssText =
    `width:${w}px;height:${h}px;background-image:url(${atlas.url});` +
    `background-size:${atlas.columns * w}px auto;` +
    `background-position:${-(i % atlas.columns) * w}px ${-Math.floor(i / atlas.columns) * h}px`;
  return node;
}
