// A map of epicentres; beside it what each model makes of the one that is chosen, and its spectrum
// over time.
//
// Streamlit calls the default export again whenever data or theme change, always with the same
// `parentElement`; the board lives on, so the choice stays.

const MAP = 236; // px
const REACH = 16; // px around a mark in which it is chosen
const TOGETHER = 4; // px by which marks are told apart with a pointer
const HIGH = 58; // px of a record
const WINDOW = 32, HOP = 8; // samples of a spectrogram, as where spectra are measured
const RANGE = 3.5; // decades below the strongest that a spectrogram shows
const INKS = [[0, 0, 4], [59, 15, 112], [140, 41, 129], [222, 73, 104], [254, 159, 109], [252, 253, 191]]; // magma

class Records {
  constructor(root) {
    this.root = root;
    this.updates = 0;
    this.at = null;
    this.watcher = new ResizeObserver(() => this.lay());
    this.watcher.observe(root);
  }

  update(data) {
    if (data === this.data) return;
    this.data = data;
    this.records = data.tracks.map((track) => decoded(track.records));
    this.at = Math.min(this.at ?? data.at, data.sources.length - 1);
    this.build();
    this.root.dataset.updates = String(++this.updates);
  }

  build() {
    const { data } = this;
    this.size = parseFloat(getComputedStyle(this.root).fontSize) * 0.85;
    const ground = new Ground(data, MAP, "", this.size, true);
    ground.svg.setAttribute("role", "radiogroup");
    ground.svg.setAttribute("aria-label", "Epicentres: choose one with the arrow keys");
    ground.box(data.box, "box");
    ground.stations(data.stations);
    this.ground = ground;
    this.station = ground.station(0, 0, 6, "station chosen");
    this.path = shape("line", { class: "path" });
    ground.svg.append(this.path);
    this.marks = data.sources.map(([x, y], i) => {
      const mark = shape("circle", { cx: ground.x(x), cy: ground.y(y), r: 6, role: "radio", class: data.forgotten[i] ? "source gone" : "source", "aria-label": data.told[i] });
      mark.addEventListener("keydown", (event) => this.walk(event, i));
      return mark;
    });
    this.ring = shape("circle", { r: 11, class: "ring" }); // seen where another mark covers the chosen one
    ground.svg.append(...this.marks, this.ring);
    ground.svg.addEventListener("click", (event) => this.nearest(event));
    this.said = node("div", "said");
    this.said.setAttribute("aria-live", "polite");
    const left = node("div", "left");
    left.append(ground.svg, legend(["gone", "forgotten"], ["kept", "kept"], ["station", "station"]), this.said);
    this.rows = data.tracks.map((track) => {
      const row = node("div", "row");
      const head = node("div", "head");
      const told = node("div", "told");
      head.append(name(track.label, track.color), told);
      const wave = node("div", "wave", track.reason);
      const spectrum = node("div", "spectrum");
      const canvas = node("canvas");
      if (!track.reason) spectrum.append(canvas);
      row.append(head);
      if (data.parts.includes("records")) row.append(wave);
      if (data.parts.includes("spectrograms")) row.append(spectrum);
      return { row, told, wave, canvas };
    });
    const heads = node("div", "row heads");
    heads.append(node("div"));
    if (data.parts.includes("records")) heads.append(legend(["p", "P arrives"], ["s", "S arrives"]));
    if (data.parts.includes("spectrograms")) heads.append(node("div", "", `Spectrogram, 0 to ${data.rate / 2} Hz`));
    const foot = node("div", "row foot");
    this.wide = 0;
    this.axes = data.parts.map(() => node("div"));
    foot.append(node("div", "", "Seconds after the origin time"), ...this.axes);
    const right = node("div", `right parts-${data.parts.length}`);
    right.append(heads, ...this.rows.map((each) => each.row), foot);
    this.root.replaceChildren(left, right);
    this.lay();
    this.go(this.at);
  }

  // Marks may lie on each other: the one whose middle is nearest to the pointer is chosen, and by
  // the next press there the next of those that nobody could tell apart.
  nearest(event) {
    const { data, ground } = this, frame = ground.svg.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    const away = data.sources.map(([a, b]) => Math.hypot(ground.x(a) - x, ground.y(b) - y));
    const least = Math.min(...away), pressed = this.marks.indexOf(event.target);
    if (event.detail ? least > REACH : pressed < 0) return;
    const here = [...away.keys()].filter((i) => away[i] <= least + TOGETHER), turn = here.indexOf(this.at);
    const chosen = turn < 0 ? away.indexOf(least) : here[(turn + 1) % here.length];
    this.go(event.detail ? chosen : pressed); // a press without a pointer has no place
    this.marks[this.at].focus();
  }

  walk(event, i) {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const count = this.marks.length;
    this.go((i + by + count) % count);
    this.marks[this.at].focus();
  }

  go(at) {
    this.at = at;
    const { data, ground } = this;
    this.marks.forEach((mark, i) => {
      mark.setAttribute("aria-checked", String(i === at));
      mark.setAttribute("tabindex", i === at ? 0 : -1);
    });
    this.said.textContent = data.told[at];
    const [[x, y], [u, v]] = [data.sources[at], data.ofStation[at]];
    for (const [key, value] of Object.entries({ x1: ground.x(x), y1: ground.y(y), x2: ground.x(u), y2: ground.y(v) })) this.path.setAttribute(key, value);
    this.ring.setAttribute("cx", ground.x(x));
    this.ring.setAttribute("cy", ground.y(y));
    this.station.setAttribute("transform", `translate(${ground.x(u) - ground.x(0)} ${ground.y(v) - ground.y(0)})`);
    this.draw();
    this.root.dataset.at = String(at);
  }

  lay() {
    if (!this.data || !this.rows) return;
    const width = this.rows[0].wave.clientWidth, wide = this.axes[0].clientWidth;
    if (width && width !== this.width) { this.width = width; this.draw(); }
    if (wide && wide !== this.wide) { this.wide = wide; this.scale(); }
  }

  // Times below records and spectrograms: these begin and end half a window inside of those.
  scale() {
    const { data, size } = this, { samples, rate, onset } = data, last = samples / rate - onset;
    const columns = Math.floor((samples - WINDOW) / HOP) + 1, begins = (WINDOW - HOP) / 2;
    data.parts.forEach((part, i) => {
      const place = this.axes[i], width = place.clientWidth;
      const x = { records: (s) => (s + onset) * rate / samples * width, spectrograms: (s) => ((s + onset) * rate - begins) / (columns * HOP) * width }[part];
      place.replaceChildren(seconds_axis(width, size, -onset, last, x));
    });
  }

  draw() {
    const { data, at, width } = this;
    const [start, every] = [-data.onset, 1 / data.rate];
    this.rows.forEach(({ told, wave, canvas }, i) => {
      const track = data.tracks[i];
      if (track.reason) return;
      const peak = `Peak ${track.peaks[at].toPrecision(2)} cm/s²`;
      told.replaceChildren(...[peak, track.told[at]].filter(Boolean).map((line) => node("div", "", line)));
      const from = at * data.samples;
      if (width) {
        const x = (k) => k / data.samples * width;
        const svg = picture(width, HIGH, `${track.label}: record. ${peak}. ${track.told[at] ?? ""}`);
        svg.append(trace(this.records[i], from, data.samples, x, HIGH / 2, HIGH / 2 - 2));
        for (const kind of ["p", "s"]) if (data[kind][at] !== null) svg.append(arrival(kind, x((data[kind][at] - start) / every), 1, HIGH - 1));
        wave.replaceChildren(svg);
      }
      spectrogram(canvas, this.records[i].subarray(from, from + data.samples));
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${track.label}: spectrogram`);
    });
  }
}

// log10 |windowed Fourier transform|, the lowest frequency below, onto a canvas of its own size.
function spectrogram(canvas, record) {
  const high = WINDOW / 2 + 1, wide = Math.floor((record.length - WINDOW) / HOP) + 1;
  const levels = new Float32Array(high * wide);
  let most = -Infinity;
  for (let t = 0; t < wide; t++) {
    for (let f = 0; f < high; f++) {
      let a = 0, b = 0;
      for (let k = 0; k < WINDOW; k++) {
        const v = record[t * HOP + k] * HANN[k], turn = (f * k) % WINDOW;
        a += v * COS[turn];
        b += v * SIN[turn];
      }
      levels[f * wide + t] = Math.log10(Math.hypot(a, b) + 1e-9);
      most = Math.max(most, levels[f * wide + t]);
    }
  }
  [canvas.width, canvas.height] = [wide, high];
  const image = new ImageData(wide, high);
  levels.forEach((level, i) => {
    const at = Math.max(0, Math.min(0.9999, 1 + (level - most) / RANGE)) * (INKS.length - 1);
    const [low, next, part] = [INKS[Math.floor(at)], INKS[Math.floor(at) + 1], at % 1];
    const place = 4 * ((high - 1 - Math.floor(i / wide)) * wide + (i % wide));
    for (let c = 0; c < 3; c++) image.data[place + c] = low[c] + part * (next[c] - low[c]);
    image.data[place + 3] = 255;
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const turns = Array.from({ length: WINDOW }, (_, k) => 2 * Math.PI * k / WINDOW);
const HANN = turns.map((turn) => 0.5 - 0.5 * Math.cos(turn)), COS = turns.map(Math.cos), SIN = turns.map(Math.sin);

export default function ({ parentElement, data }) {
  return mount(parentElement, ".wave_records", (root) => new Records(root), (made) => made.update(data));
}
