// Maps of the area: each cell as strong as the error of the events in it.

const MOST = 240, LEAST = 116; // px of a map

class Errors {
  constructor(root) {
    this.root = root;
    this.updates = 0;
    this.watcher = new ResizeObserver(() => this.lay());
    this.watcher.observe(root);
  }

  update(data) {
    if (data === this.data) return;
    this.data = data;
    this.width = this.root.clientWidth;
    this.draw();
    this.root.dataset.updates = String(++this.updates);
  }

  lay() {
    const width = this.root.clientWidth;
    if (this.data && width && width !== this.width) { this.width = width; this.draw(); }
  }

  draw() {
    const { data, width } = this, count = data.maps.length, gap = 16;
    const across = Math.max(1, Math.min(count, Math.floor((width + gap) / (LEAST + gap))));
    const side = Math.max(LEAST, Math.min(MOST, Math.floor((width - gap * (across - 1)) / across)));
    const maps = node("div", "maps");
    maps.style.gridTemplateColumns = `repeat(${across}, minmax(0, 1fr))`;
    maps.append(...data.maps.map((map) => this.map(map, side)));
    const scale = node("div", "scale");
    scale.append(node("span", "", `0 ${data.unit}`), node("i"), node("span", "", `${data.most} ${data.unit} and more`), legend(...(data.box.length ? [["box", "forgotten"]] : []), ["station", "station"]));
    this.root.replaceChildren(maps, scale);
  }

  map(map, side) {
    const { data } = this, box = node("div", "map");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", map.label);
    box.append(name(map.label, map.color));
    if (map.reason) {
      box.append(node("div", "reason", map.reason));
      return box;
    }
    const ground = new Ground(data, side, `${map.label}: ${map.told}`, parseFloat(getComputedStyle(this.root).fontSize) * 0.85);
    const [west, east, south, north] = data.extent;
    const [wide, high] = [(east - west) / data.across, (north - south) / data.across];
    map.cells.forEach((value, i) => {
      if (value === null) return;
      const [x, y] = [west + wide * (i % data.across), south + high * (Math.floor(i / data.across) + 1)];
      const cell = shape("rect", { x: ground.x(x), y: ground.y(y), width: (side - 2) / data.across - 0.6, height: (side - 2) / data.across - 0.6, class: "cell" });
      cell.style.setProperty("--share", Math.min(1, value / data.most));
      cell.append(shape("title", {}, `${value.toFixed(2)} ${data.unit}, ${data.records[i]} records`));
      ground.svg.append(cell);
    });
    ground.box(data.box, "edge");
    ground.stations(data.stations, 3);
    box.append(ground.svg, node("div", "told", map.told));
    return box;
  }
}

export default function ({ parentElement, data }) {
  return mount(parentElement, ".wave_errors", (root) => new Errors(root), (made) => made.update(data));
}
