// What the colour of a point says: its class, the model's answer, how sure that is, or what an
// attacker restored. Shape and size say the same always: forgotten samples are larger, by class.

const RAMP = { // from unsure to sure, from faint to strong on either background
  light: ["#C6D3E4", "#A9BFDA", "#88A7CD", "#648DBE", "#4373AC", "#2A5A96", "#17427A", "#08295A"],
  dark: ["#2A3B52", "#34506F", "#41678F", "#5280AE", "#6B9ACA", "#8CB4E0", "#B3D0F1", "#E2EFFF"],
};
const OUTCOME = { // of the attacker, on a forgotten sample
  light: { yes: "#C2410C", no: "#5B7C99", kept: "#D3D9E0", unknown: "#E4E8ED" },
  dark: { yes: "#FF9A57", no: "#7FA3C4", kept: "#3A4454", unknown: "#2A323E" },
};

// Marks and, of each sample, which of them; made once a theme, size and mode.
function marksFor(row, view) {
  const by = row.colour;
  const whose = by === "class" ? row : view;
  if (whose.painted && whose.painted.style === row.style) return whose.painted;
  const made = new Map();
  const marks = [];
  const which = new Uint16Array(row.ids.length);
  const { shapes } = row.data;
  for (let i = 0; i < which.length; i++) {
    const c = row.labels[i];
    const gone = row.forget[i];
    const color = colourOf(row, view, i);
    const shape = gone ? shapes[c] : "circle";
    const key = `${shape} ${color} ${gone}`;
    if (!made.has(key)) {
      made.set(key, marks.length);
      const spec = { shape, color, rim: gone ? row.ink.background : null, radius: row.radius * (gone ? 1.3 : 1) };
      marks.push(Object.assign(makeMark(spec.shape, spec.color, spec.rim, spec.radius, row.ratio), { spec }));
    }
    which[i] = made.get(key);
  }
  return (whose.painted = { style: row.style, marks, which });
}

function colourOf(row, view, i) {
  const { colour } = row;
  const { colors } = row.data;
  const set = colors[row.theme];
  const gone = row.forget[i];
  if (colour === "class") return (gone ? set.vivid : set.muted)[row.labels[i]];
  const outcome = OUTCOME[row.theme];
  if (colour === "restored") {
    if (!gone) return outcome.kept;
    if (!view.restored) return outcome.unknown;
    return view.restored[i] === row.labels[i] ? outcome.yes : outcome.no;
  }
  if (!view.best) return outcome.unknown;
  const k = view.panel.top;
  if (colour === "confidence") return RAMP[row.theme][Math.min(7, Math.floor(view.share[i * k] / 12.5))];
  const answer = view.best[i * k];
  return (row.forgotten.has(answer) ? set.vivid : set.muted)[answer];
}

// What a legend shows where colour is not the class: [words, entries], an entry a colour and a name.
function legendOfColours(row) {
  const { colour } = row;
  const { colors, names } = row.data;
  const set = colors[row.theme];
  if (colour === "confidence") {
    const ramp = RAMP[row.theme].map((color, j) => [color, j === 0 ? "0 %" : j === 7 ? "100 %" : ""]);
    return ["colour: share that the model gives to its answer", ramp];
  }
  if (colour === "restored") {
    const { yes, no, kept } = OUTCOME[row.theme];
    const entries = [[yes, "forgotten, its class restored"], [no, "forgotten, another class"], [kept, "kept"]];
    if (row.views.some((view) => view.to && !view.restored)) entries.push([OUTCOME[row.theme].unknown, "not measured"]);
    return ["colour: what the attacker who holds retained data restores", entries];
  }
  const given = new Set(row.views.flatMap((v) => (v.best ? [...row.ids.keys()].map((i) => v.best[i * v.panel.top]) : [])));
  const some = [...given].sort((a, b) => a - b);
  const listed = some.length > MAX_LEGEND_CLASSES ? some.filter((c) => row.forgotten.has(c)).slice(0, MAX_LEGEND_CLASSES) : some;
  const entries = listed.map((c) => [(row.forgotten.has(c) ? set.vivid : set.muted)[c], names[c]]);
  if (listed.length < some.length) entries.push([set.muted[0], `${some.length - listed.length} other classes`]);
  return ["colour: the class that the model answers", entries];
}
