// Steps that are played, or gone through by a slider: what shows one of them extends this.
//
// Its root has a bar with a button, a slider and a place for words. `what` is said to be played;
// `show()` draws the step at `place`; `moved()` and `paused()` are told of what a person did.
class Steps {
  constructor(root, frameMs, what) {
    this.root = root;
    this.frameMs = frameMs;
    this.what = what;
    this.bar = root.querySelector(".bar");
    this.button = root.querySelector(".play");
    this.scrub = root.querySelector(".scrub");
    this.where = root.querySelector(".where");
    this.updates = 0;
    this.place = this.end = 0;
    this.button.addEventListener("click", () => (this.timer ? this.pause() : this.play()));
    this.scrub.addEventListener("input", () => { this.stop(); this.go(+this.scrub.value); this.moved(); });
    this.watcher = new ResizeObserver(() => this.lay());
    this.watcher.observe(root);
    this.name("Play");
  }

  moved() {}

  paused() {}

  count(steps) {
    this.end = Math.max(0, steps - 1);
    this.scrub.max = String(this.end);
    this.bar.hidden = steps < 2;
    if (this.bar.hidden) this.stop();
  }

  play() {
    if (this.place >= this.end) this.go(0);
    this.timer = setInterval(() => (this.place < this.end ? this.go(this.place + 1) : this.pause()), this.frameMs);
    this.name("Pause");
  }

  pause() {
    this.stop();
    this.paused();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.name("Play");
  }

  name(word) {
    this.button.textContent = word;
    this.button.setAttribute("aria-label", `${word} ${this.what}`);
    this.scrub.setAttribute("aria-label", `Step of ${this.what}`);
  }

  go(place) {
    this.place = place;
    this.show();
  }

  say(words) {
    this.where.textContent = words;
    this.scrub.value = String(this.place);
    this.scrub.setAttribute("aria-valuetext", words);
  }
}
