// The player: films on one clock, Play, a scrubber, and what is told of the moment shown.
//
// Streamlit calls the default export again whenever data or theme change, always with the same
// `parentElement`; the player lives on between calls, so that a live film glides on.

const RUN_SECONDS = 7; // of a whole run at speed 1
const GLIDE_MS = 280; // of a live film to its newest epoch
const LARGER = 1.35; // the mark of a forgotten sample than that of a kept one
const RIM = 10; // px below a part that has a screen of its own
const SPEEDS = [0.5, 1, 2, 4];
const ICONS = { play: "M3 1l11 7-11 7z", pause: "M2 1h4v14H2zM10 1h4v14h-4z" };

class Player {
  constructor(root) {
    this.root = root;
    this.t = 1; // of the run, 0 to 1
    this.playing = false;
    this.frames = 0; // drawn so far
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.build();
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(root);
    this.fitter = new ResizeObserver(() => this.fit());
    this.place = new Place(root, () => this.resize());
  }

  build() {
    this.root.replaceChildren();
    this.grid = element(this.root, "div", "films");
    const controls = (this.controls = element(this.root, "div", "controls"));
    this.button = element(controls, "button");
    this.button.type = "button";
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.range = element(controls, "input");
    this.range.type = "range";
    this.range.min = "0";
    this.range.max = "1";
    this.range.step = "any";
    this.range.setAttribute("aria-label", "Epoch");
    this.range.addEventListener("input", () => { this.pause(); this.seek(Number(this.range.value)); });
    this.range.addEventListener("keydown", (event) => this.key(event));
    this.speed = element(controls, "select");
    this.speed.setAttribute("aria-label", "Speed");
    for (const value of SPEEDS) element(this.speed, "option", "", `${value}×`).value = String(value);
    this.speed.value = "1";
    const foot = element(this.root, "div", "foot");
    this.legend = element(foot, "span", "legend");
    this.note = element(foot, "span", "note");
    this.levels = element(foot, "span", "levels");
    this.explained = element(this.root, "div", "explained");
    this.explained.dataset.testid = "player-explained";
    this.told = element(this.root, "div", "hidden-text");
    this.told.setAttribute("aria-live", "polite");
  }

  update(data) {
    const fresh = data !== this.data;
    const before = this.data;
    this.restyle(data);
    if (fresh) this.take(data);
    this.resize();
    if (!fresh) return;
    if (data.live) return this.glide();
    const first = !before || before.live !== data.live || before.films.map((f) => f.xy).join() !== data.films.map((f) => f.xy).join();
    if (!first) return this.seek(this.t);
    this.pause();
    this.seek(1);
    if (data.autoplay && !(before && before.live) && !this.still.matches) this.play();
  }

  take(data) {
    const was = this.views || [];
    this.data = data;
    this.labels = decode(data.labels, Uint16Array);
    this.forget = decode(data.forget, Uint8Array);
    const all = [...this.labels.keys()];
    this.order = [...all.filter((i) => !this.forget[i]), ...this.inTurn(all.filter((i) => this.forget[i]))];
    this.root.style.setProperty("--films", data.films.length);
    this.root.dataset.films = data.films.length;
    this.root.dataset.controls = data.height ? "above" : "below"; // a tall page: in sight of the maps
    this.root.dataset.part = data.part;
    this.root.dataset.fills = data.height ? "no" : "yes";
    if (data.height) this.root.style.setProperty("--stage", `${data.height}px`);
    this.explained.textContent = data.explain;
    this.explained.hidden = !data.explain;
    this.root.dataset.explains = data.explain ? "yes" : "no";
    this.controls.hidden = data.live;
    this.longest = Math.max(1, ...data.films.map((film) => film.last));
    this.fitter.disconnect();
    this.grid.replaceChildren();
    this.views = data.films.map((film, i) => this.view(film, was[i]));
    this.drawLegend();
  }

  // One sample of each class after the other: where classes lie on each other none covers the rest.
  inTurn(samples) {
    const seen = new Map();
    const turn = new Map(samples.map((i) => [i, seen.set(this.labels[i], (seen.get(this.labels[i]) ?? 0) + 1).get(this.labels[i])]));
    return samples.sort((i, j) => turn.get(i) - turn.get(j));
  }

  view(film, was) {
    const box = element(this.grid, "article", "film");
    box.dataset.testid = "player-film";
    box.setAttribute("aria-label", film.title);
    if (film.color) box.style.setProperty("--film", film.color);
    const head = element(box, "div", "head");
    element(head, "h2", "", film.title);
    const fills = !this.data.height; // then words stand beside the map, which is as high as it can be
    const side = fills ? document.createElement("div") : box;
    element(fills ? side : head, "span", "chips").innerHTML = film.chips; // our own labels, escaped in Python
    element(side, "div", "words about", film.about);
    const stage = new Stage(box);
    this.fitter.observe(stage.box);
    const epoch = element(fills ? head : stage.box, "span", "epoch");
    if (fills) box.append(side);
    if (fills) side.className = "side";
    if (was && was.stage.now) [stage.now, stage.extent] = [was.stage.now, was.stage.extent];
    stage.load(film, this.labels.length);
    const why = element(side, "div", "why", film.why);
    if (film.whyExactly) Object.assign(why, { title: film.whyExactly, tabIndex: 0 });
    const below = element(box, "div", "below");
    const bars = new Bars(below, film.bars);
    if (film.how) element(below, "div", "how", film.how); // last: what stands level stays so
    return {
      film, stage, epoch, bars,
      curves: film.lines.length ? new Curves(below, film, this.ink) : null,
      pictures: film.rebuilt ? new Pictures(below, film.rebuilt) : null,
    };
  }

  // ---- time -----------------------------------------------------------------------------------

  play() {
    if (this.t >= 1) this.seek(0);
    this.playing = true;
    this.last = null;
    this.sign();
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    if (!this.playing) return;
    const passed = this.last === null ? 0 : Math.min(250, now - this.last) / 1000;
    this.last = now;
    this.seek(Math.min(1, this.t + (passed * Number(this.speed.value)) / RUN_SECONDS));
    if (this.t >= 1) return this.pause();
    this.frame = requestAnimationFrame((next) => this.tick(next));
  }

  pause() {
    const was = this.playing;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.sign();
    if (was) this.told.textContent = this.moment();
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    const end = { Home: 0, End: 1 }[event.key];
    if (event.key === " ") this.playing ? this.pause() : this.play();
    else if (end !== undefined) { this.pause(); this.seek(end); }
    else if (step) { this.pause(); this.seek((Math.round(this.t * this.longest) + step) / this.longest); }
    else return;
    event.preventDefault();
  }

  seek(t) {
    this.t = Math.max(0, Math.min(1, t));
    this.range.value = String(this.t);
    for (const view of this.views) view.stage.place(this.t * view.film.last, this.still.matches);
    this.range.setAttribute("aria-valuetext", this.moment());
    this.paint();
  }

  glide() {
    cancelAnimationFrame(this.frame);
    const from = this.views.map(({ stage }) => [stage.now.slice(), stage.extent && stage.extent.slice()]);
    const began = performance.now();
    const step = (now) => {
      const t = this.still.matches ? 1 : Math.min(1, Math.max(0, (now - began) / GLIDE_MS));
      this.views.forEach(({ stage }, i) => stage.xy && stage.glide(...from[i], t));
      this.paint();
      if (t < 1) this.frame = requestAnimationFrame(step);
    };
    step(this.still.matches ? began + GLIDE_MS : began);
  }

  // ---- what is told ---------------------------------------------------------------------------

  epochOf({ film, stage }) {
    if (this.data.live) return film.at.length ? film.at[film.at.length - 1] : null;
    return film.at.length ? film.at[stage.shown ?? 0] : film.last; // the epoch that is drawn
  }

  moment() {
    return this.views.map((view) => `${view.film.title} ${this.words(view)}`).join("; ");
  }

  words(view) {
    const epoch = this.epochOf(view);
    return epoch === null || view.film.reason ? "" : `epoch ${epoch} of ${view.film.last}`;
  }

  sign() {
    const icon = this.playing ? "pause" : "play";
    this.root.dataset.playing = this.playing ? "yes" : "no";
    if (this.button.dataset.icon === icon) return;
    this.button.dataset.icon = icon;
    this.button.replaceChildren();
    const svg = shape(this.button, "svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
    shape(svg, "path", { d: ICONS[icon] });
    this.button.append(this.playing ? "Pause" : "Play");
  }

  drawLegend() {
    const { names, gone, films } = this.data;
    this.legend.replaceChildren();
    const entry = (mark, words) => {
      const box = element(this.legend, "span");
      if (mark) box.append(mark);
      box.append(words);
    };
    const ratio = window.devicePixelRatio || 1;
    const picture = (shapeName, color, radius = 5) => {
      const made = makeMark(shapeName, color, null, radius, ratio);
      made.style.width = made.style.height = `${made.width / ratio}px`;
      return made;
    };
    const colors = this.ink.colors;
    if (gone.length && gone.length <= 6) {
      entry(null, "Forgotten:");
      for (const c of gone) entry(picture(this.data.shapes[c], colors.vivid[c]), names[c]);
    } else entry(picture("circle", colors.vivid[gone[0] ?? 0]), "in colour: forgotten");
    entry(picture("circle", colors.muted[0], 5 / LARGER), "small: kept"); // pale, but in a hall dark
    entry(null, `· close: alike to the network${this.data.shared || films.length < 2 ? "" : " · each panel has its own scale"}`);
    const levels = new Set(films.flatMap((film) => [...film.bars, film].flatMap((each) => each.marks.map((mark) => mark.name))));
    const bands = films.some((film) => [...film.bars, film].some((each) => each.band));
    const keys = [];
    if (bands) keys.push("green: never saw them");
    const dashed = [levels.has("guess") && "guessing", levels.has("constant") && "a constant answer or average picture"].filter(Boolean);
    if (dashed.length) keys.push(`dashed: ${dashed.join(", ")}`);
    if (levels.has("pixels")) keys.push("dotted: best map of pixels");
    if (films.some((film) => film.bars.some((bar) => bar.seeds))) keys.push("thin line: all seeds");
    this.levels.textContent = [...keys, "cross: features 0"].join(" · ");
  }

  // ---- what is drawn --------------------------------------------------------------------------

  restyle(data) {
    const css = getComputedStyle(this.root);
    const read = (name) => css.getPropertyValue(`--st-${name}`).trim();
    const background = read("background-color");
    const g = document.createElement("canvas").getContext("2d");
    g.fillStyle = background;
    g.fillRect(0, 0, 1, 1);
    const [r, green, b] = g.getImageData(0, 0, 1, 1).data;
    this.theme = 0.2126 * r + 0.7152 * green + 0.0722 * b < 110 ? "dark" : "light";
    this.root.dataset.theme = this.theme;
    this.ink = { text: read("text-color"), background, border: read("border-color"), font: read("font") || "sans-serif", colors: data.colors[this.theme] };
    for (const view of this.views || []) if (view.curves) view.curves.ink = this.ink;
    this.marks = null;
    if (this.data) this.drawLegend();
  }

  makeMarks() {
    const { shapes, names } = this.data;
    const n = this.labels.length;
    const radius = (n > 1500 ? 1.9 : n > 700 ? 2.3 : 3) * (this.data.height ? 1 : this.zoom());
    const { muted, vivid } = this.ink.colors;
    this.marks = [
      ...names.map((_, c) => makeMark("circle", muted[c], null, radius, this.ratio)),
      ...names.map((_, c) => makeMark(shapes[c], vivid[c], this.ink.background, radius * LARGER, this.ratio)),
    ];
    this.marksOf = Array.from(this.labels, (c, i) => c + (this.forget[i] ? names.length : 0));
  }

  // Marks go with the map: on a small one large marks would cover what lies beside them.
  zoom() {
    const least = Math.min(...this.views.map(({ stage }) => Math.min(stage.width, stage.height)));
    return Math.max(0.7, Math.min(1.5, least / 300));
  }

  resize() {
    if (!this.data) return;
    this.fill();
    this.fit();
  }

  fit() {
    if (!this.views) return;
    this.ratio = window.devicePixelRatio || 1;
    for (const view of this.views) view.stage.fit(this.ratio);
    this.marks = null;
    this.paint();
  }

  // Whether it is as high as the window leaves it: so is the part with the maps, in a hall.
  fills() {
    return this.data && (!this.data.height || this.data.part === "maps");
  }

  // As high as the window leaves it below what stands above; each bar keeps the room of its longer words.
  fill() {
    if (this.fills()) this.place.take(this.data.height ? RIM : this.data.under);
    const heights = this.views.map(({ bars }) => bars.heights());
    for (const view of this.views) {
      view.bars.reserve(heights[0].map((_, i) => Math.max(...heights.map((each) => each[i] ?? 0))));
      view.drawn = null;
    }
  }

  paint() {
    if (!this.marks) this.makeMarks();
    for (const view of this.views) {
      const { film, stage, bars, curves, pictures } = view;
      stage.draw(this.order, this.marks, this.marksOf, this.labels, this.forget, this.ink);
      const epoch = this.epochOf(view);
      const ended = !this.data.live && this.t >= 1; // all at once: films differ in how many epochs they have
      const frame = stage.shown ?? 0;
      view.epoch.textContent = this.words(view);
      if (view.drawn !== `${frame} ${ended}`) {
        bars.show(frame, ended);
        if (pictures) pictures.show(frame);
        view.drawn = `${frame} ${ended}`;
      }
      if (curves) curves.draw(this.data.live ? epoch ?? 0 : this.t * film.last);
      const pies = (stage.pies || []).map((pie) => `; ${pie.words}`).join("");
      stage.canvas.setAttribute("aria-label", film.reason ? `Map of ${film.title}: ${film.reason}` : `Feature map of ${film.title}, ${this.words(view)}: ${this.labels.length} samples${pies}`);
      stage.canvas.dataset.epoch = String(epoch);
      stage.canvas.dataset.marks = (stage.pies || []).map((pie) => pie.count).join(",");
    }
    const text = this.t >= 1 && !this.data.live ? this.data.endNote : this.data.note;
    if (this.note.textContent !== text) this.note.textContent = text;
    this.root.dataset.frames = String(++this.frames);
    this.root.dataset.at = this.t.toFixed(3);
  }

  stop() {
    this.fitter.disconnect();
    this.place.stop();
    this.playing = false;
    cancelAnimationFrame(this.frame);
  }
}

export default function ({ parentElement, data: [data] }) {
  return mount(parentElement, ".player", (root) => new Player(root), (made) => made.update(data));
}
