// The buttons above the maps: what dragging does, zoom, play, and taking the maps away.

class Tools {
  constructor(row) {
    this.row = row;
    const root = row.root.querySelector(".tools");
    root.replaceChildren();
    this.root = root;
    const button = (words, about, act) => {
      const node = make("button", "", words);
      node.type = "button";
      node.setAttribute("aria-label", about);
      node.title = about;
      node.addEventListener("click", act);
      return node;
    };
    const group = (about, ...nodes) => {
      const node = make("div", "set");
      node.setAttribute("role", "group");
      node.setAttribute("aria-label", about);
      node.append(...nodes);
      root.append(node);
      return node;
    };
    const drag = (hand) => () => { row.hand = hand; this.refresh(); };
    this.lasso = button("Select", "Dragging draws around samples (Shift adds, Alt removes)", drag(false));
    this.hand = button("Move", "Dragging moves the maps (so does holding Space)", drag(true));
    group("Dragging", this.lasso, this.hand);
    const look = (change) => () => { change(row.lens); row.looked(); };
    this.out = button("−", "Zoom out (key −)", look((lens) => lens.zoom(1 / KEY_ZOOM)));
    this.in = button("+", "Zoom in (key +)", look((lens) => lens.zoom(KEY_ZOOM)));
    this.whole = button("Whole map", "Show the whole map again (key 0)", look((lens) => lens.reset()));
    group("Zoom", this.out, this.in, this.whole);
    this.play = button("Play", "Play all epochs", () => (row.player.playing ? row.player.pause() : row.player.play()));
    this.play.className = "strong";
    this.slider = make("input", "");
    Object.assign(this.slider, { type: "range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", "Epoch");
    this.slider.addEventListener("input", () => row.player.go(Number(this.slider.value)));
    this.slider.addEventListener("change", () => row.player.settle());
    this.epoch = make("output", "");
    this.player = group("Epochs", this.play, this.slider, this.epoch);
    this.count = make("span", "count");
    this.clear = button("Clear", "Nothing selected, nothing pinned (key Escape)", () => row.clear());
    group("Selection", this.count, this.clear).classList.add("right", "desk");
    const saves = group("Save all maps", make("span", "", "Save all"),
      button("PNG", "Save all maps as PNG", () => saveMaps(row, row.shownViews(), "png")),
      button("SVG", "Save all maps as SVG", () => saveMaps(row, row.shownViews(), "svg")));
    saves.classList.add("desk");
    this.refresh();
  }

  refresh() {
    const { row } = this;
    const { data, lens, player } = row;
    this.root.hidden = !data || !data.tools;
    if (this.root.hidden) return;
    const pressed = (node, on) => node.setAttribute("aria-pressed", String(on));
    pressed(this.lasso, !row.hand);
    pressed(this.hand, row.hand);
    this.out.disabled = this.whole.disabled = lens.s === 1;
    this.player.hidden = !player.offered;
    if (player.offered) {
      this.slider.max = player.last;
      this.slider.value = Math.round(player.at);
      this.epoch.textContent = `epoch ${Math.floor(player.at)} of ${player.last}`;
      this.play.textContent = player.playing ? "Pause" : "Play";
    }
    const active = row.active();
    const some = active ? active.reduce((sum, on) => sum + on, 0) : 0;
    this.count.textContent = active ? `${some} selected` : "nothing selected";
    this.clear.disabled = !active && row.pinned === null;
  }
}

// Beside a map's title: to full width and back, and saving this map alone.
function panelButtons(row, view) {
  const bar = make("div", "own");
  const add = (words, about, act) => {
    const node = make("button", "", words);
    node.type = "button";
    node.addEventListener("click", act);
    node.about = about;
    bar.append(node);
    return node;
  };
  const big = add("Enlarge", "to full width", () => row.enlarge(row.big === view ? null : view));
  const png = add("PNG", "as PNG", () => saveMaps(row, [view], "png"));
  const svg = add("SVG", "as SVG", () => saveMaps(row, [view], "svg"));
  for (const node of [png, svg]) node.className = "desk";
  view.buttons = () => {
    bar.hidden = !row.data.tools;
    png.hidden = svg.hidden = !view.to;
    big.textContent = row.big === view ? "All maps" : "Enlarge";
    big.setAttribute("aria-label", row.big === view ? "Show all maps again" : `Enlarge ${view.panel.title} ${big.about}`);
    for (const node of [png, svg]) node.setAttribute("aria-label", `Save ${view.panel.title} ${node.about}`);
  };
  return bar;
}
