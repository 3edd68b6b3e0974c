// Epoch by epoch: all frames were sent at once; a slider and Play move every map of the row.

const EPOCH_MS = 450; // of play
const LONGEST_PLAY = 14_000; // ms

class Player {
  constructor(row) {
    this.row = row;
    this.at = 0; // epoch, fractions between two
    this.last = 0;
    this.playing = false;
  }

  // After the views have loaded: how far there is to go, and where to stand.
  take(data) {
    const ends = this.row.views.map((view) => (view.frames ? view.epochs.at(-1) : 0));
    const before = this.last;
    this.last = Math.max(0, ...ends);
    this.offered = this.row.views.some((view) => view.frames);
    if (!this.offered) return this.pause();
    if (before !== this.last || data.epoch !== this.sent) this.at = Math.min(data.epoch ?? this.last, this.last);
    this.sent = data.epoch;
    this.place();
  }

  play() {
    if (this.at >= this.last) this.at = 0;
    this.playing = true;
    const step = Math.max(EPOCH_MS * 0.1, Math.min(EPOCH_MS, LONGEST_PLAY / Math.max(1, this.last)));
    const jump = matchMedia("(prefers-reduced-motion: reduce)").matches; // epoch by epoch, no motion
    let before = performance.now();
    let passed = this.at;
    const tick = (now) => {
      passed = Math.min(this.last, passed + Math.max(0, now - before) / step);
      before = now;
      this.at = jump ? Math.floor(passed) : passed;
      this.place();
      this.row.paint();
      if (passed >= this.last) return this.pause();
      this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
    this.row.tools.refresh();
  }

  pause() {
    cancelAnimationFrame(this.frame);
    const was = this.playing;
    this.playing = false;
    if (was) this.settle();
  }

  go(epoch) {
    this.pause();
    this.at = Math.min(this.last, Math.max(0, epoch));
    this.place();
    this.row.paint();
  }

  // Tell Python where it stands, so that a link does.
  settle() {
    this.at = Math.round(this.at);
    this.sent = this.at === this.last ? null : this.at;
    this.place();
    this.row.paint();
    this.row.send("epoch", this.sent ?? -1);
  }

  place() {
    for (const view of this.row.views) if (view.frames) placeFrame(view, this.at);
    this.row.tools.refresh();
  }
}

// (E, N, 2) whole numbers over the extent; the greatest stands for `no place`.
function takeFrames(view, panel) {
  view.frames = decode(panel.frames, Uint16Array);
  view.epochs = panel.epochs || [];
  view.frameGroups = view.frames && view.groups; // (E, N)
}

function placeFrame(view, at) {
  const { epochs, frames } = view;
  const n = view.now.length;
  const [x0, x1, y0, y1] = view.extent;
  let a = 0;
  while (a + 1 < epochs.length && epochs[a + 1] <= at) a++;
  const b = Math.min(a + 1, epochs.length - 1);
  const t = b === a ? 0 : Math.max(0, (at - epochs[a]) / (epochs[b] - epochs[a]));
  const [kx, ky] = [(x1 - x0) / 65534, (y1 - y0) / 65534];
  for (let i = 0; i < n; i++) {
    const [u, v] = [frames[a * n + i], frames[b * n + i]];
    if (u === 65535) view.now[i] = NaN;
    else view.now[i] = (i % 2 ? y0 : x0) + (v === 65535 ? u : u + (v - u) * t) * (i % 2 ? ky : kx);
  }
  if (view.frameGroups) view.groups = view.frameGroups.subarray((a * n) / 2, ((a + 1) * n) / 2);
  const end = epochs.at(-1);
  view.title.textContent = `${view.panel.title}, epoch ${Math.min(Math.floor(at), end)}${at > end ? " (its last)" : ""}`;
}
