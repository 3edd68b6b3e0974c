// Zoom and pan of all maps of a row at once: a scale and the place in the frame that it centres on.

const MAX_ZOOM = 80;
const WHEEL_STEP = 1.0016; // factor per pixel of the wheel
const SCROLL_PAUSE = 350; // ms: a wheel that was scrolling the page goes on scrolling it
const KEY_ZOOM = 1.4;
const KEY_PAN = 0.15; // of the frame

class Lens {
  constructor() {
    this.s = 1;
    this.x = this.y = 0.5; // fractions of the frame as it is without a lens
  }

  reset() {
    Object.assign(this, { s: 1, x: 0.5, y: 0.5 });
  }

  // Zoom by a factor; what lies under (px, py), fractions of the frame, stays there.
  zoom(factor, px = 0.5, py = 0.5) {
    const s = Math.min(MAX_ZOOM, Math.max(1, this.s * factor));
    this.x += (px - 0.5) * (1 / this.s - 1 / s);
    this.y += (py - 0.5) * (1 / this.s - 1 / s);
    this.s = s;
    this.hold();
  }

  // Move what is seen by fractions of the frame.
  pan(px, py) {
    this.x -= px / this.s;
    this.y -= py / this.s;
    this.hold();
  }

  // Bring (px, py), fractions of the frame, into sight.
  reveal(px, py) {
    const beyond = (p) => (p < 0.04 || p > 0.96 ? 0.5 - p : 0);
    const [a, b] = [beyond(px), beyond(py)];
    if (a || b) this.pan(a, b);
    return Boolean(a || b);
  }

  hold() {
    const edge = 0.5 / this.s;
    this.x = Math.min(1 - edge, Math.max(edge, this.x));
    this.y = Math.min(1 - edge, Math.max(edge, this.y));
  }
}

// Wheel, with `data.tools`: zoom, unless the page is being scrolled or there is nothing to zoom out.
function listenToWheel(row, view) {
  view.canvas.addEventListener("wheel", (event) => {
    if (!row.data.tools) return;
    const idle = event.timeStamp - row.scrolled > SCROLL_PAUSE;
    const inert = event.deltaY > 0 && row.lens.s === 1;
    if (!event.ctrlKey && (!idle || inert)) return void (row.scrolled = event.timeStamp);
    event.preventDefault();
    event.stopPropagation();
    const lines = event.deltaMode === 1 ? 33 : 1;
    row.lens.zoom(WHEEL_STEP ** (-event.deltaY * lines), event.offsetX / view.width, event.offsetY / view.height);
    row.looked();
  }, { passive: false });
}

// + − 0 and Shift with arrows; whether the key was one of them.
function lensKey(row, event) {
  if (!row.data.tools) return false;
  const way = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (event.key === "+" || event.key === "=") row.lens.zoom(KEY_ZOOM);
  else if (event.key === "-" || event.key === "_") row.lens.zoom(1 / KEY_ZOOM);
  else if (event.key === "0") row.lens.reset();
  else if (way && event.shiftKey) row.lens.pan(way[0] * KEY_PAN, way[1] * KEY_PAN);
  else return false;
  row.looked();
  return true;
}
