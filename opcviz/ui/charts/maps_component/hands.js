// What a person does on a map with pointer and keys, in terms of what a row of maps can do.

const MAX_CLICK_MOVE = 5; // px: a shorter drag is a click

function pressPointer(row, view, at, event) {
  const pan = row.data.tools && (event.button === 1 || (event.button === 0 && (row.hand || row.space)));
  if (event.button && !pan) return;
  if (event.button === 1) event.preventDefault();
  if (row.space) row.space.used = true;
  row.drag = { view, pan, from: at, path: [at] };
  if (!pan) row.lasso = { view, path: row.drag.path };
  if (event.pointerType !== "touch" || pan) view.canvas.setPointerCapture(event.pointerId);
}

function movePointer(row, view, [x, y], event) {
  const { drag } = row;
  if (drag && drag.pan) {
    const [a, b] = drag.path.at(-1);
    drag.path.push([x, y]);
    row.lens.pan((x - a) / view.width, (y - b) / view.height);
    return row.looked();
  }
  if (row.lasso && event.pointerType !== "touch") {
    drag.path.push([x, y]);
    return row.show();
  }
  row.hover(view.nearest(x, y, row.order, row.active()), view);
}

function releasePointer(row, view, [x, y], event) {
  const { drag } = row;
  row.drag = row.lasso = null;
  if (!drag) return;
  const [x0, y0] = drag.from;
  const how = event.shiftKey ? "add" : event.altKey ? "remove" : "";
  if (drag.path.every(([a, b]) => Math.hypot(a - x0, b - y0) < MAX_CLICK_MOVE)) {
    const i = view.nearest(x, y, row.order, row.active()) ?? view.nearest(x, y, row.order, null);
    if (i !== null && how) row.join(row.together(view, [i]), how);
    else if (i !== null) row.pin(i === row.pinned ? null : i);
    return row.show();
  }
  if (!drag.pan) row.join(row.together(view, view.inside(drag.path, row.order)), how);
}

function pressKey(row, view, event) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const plain = !event.ctrlKey && !event.metaKey;
  if (plain && lensKey(row, event)) {
    // done
  } else if (way) {
    const from = row.hovered ?? row.pinned;
    const drawn = () => row.order.findLast((i) => view.place(i)) ?? null;
    const next = from === null ? drawn() : view.towards(from, way, row.order, row.active());
    if (next !== null) reachSample(row, next, view);
  } else if (event.key === "Enter") {
    if (row.hovered !== null) row.pin(row.hovered === row.pinned ? null : row.hovered);
  } else if (event.key === " ") {
    row.space ??= { used: false };
  } else if (plain && event.key.toLowerCase() === "a") {
    const i = row.hovered ?? row.pinned;
    if (i !== null) row.toggle([row.labels[i]], true);
  } else if (event.key === "Escape") {
    row.clear();
    row.hover(null, null);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

// Space, let go without dragging: the current sample into the set, or out of it.
function letKey(row, event) {
  if (event.key !== " " || !row.space) return;
  const { used } = row.space;
  row.space = null;
  event.preventDefault();
  const i = row.hovered ?? row.pinned;
  if (used || i === null) return;
  const all = row.together(row.over ?? row.views[0], [i]);
  row.join(all, all.every((j) => row.chosen.has(j)) ? "remove" : "add");
}

// A sample for the keyboard, brought into sight.
function reachSample(row, i, view) {
  const at = view.place(i);
  if (at && row.lens.reveal(at[0] / view.width, at[1] / view.height)) row.paint();
  row.hover(i, view);
}
