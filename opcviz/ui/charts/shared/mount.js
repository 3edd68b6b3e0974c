// What a component shows lives on between Streamlit's calls.
//
// Streamlit calls a component's default export again whenever data or theme change, always with the
// same `parentElement`, and what that returned when the component goes; so hovers survive, pictures
// change in place, and what was begun is stopped.

const mounted = new WeakMap();

// `make(root)` for the element that a selector finds, unless it is there; then `update(made)`. What
// was made knows its `root`, may have a `watcher` of its size, and a `stop` for all else that goes on.
function mount(parentElement, selector, make, update) {
  const root = parentElement.querySelector(selector);
  let made = mounted.get(parentElement);
  if (!made || made.root !== root) {
    if (made) end(made);
    made = make(root);
    mounted.set(parentElement, made);
  }
  update(made);
  (parentElement.host ?? parentElement).toggleAttribute("data-drawn", true); // what keeps its place can go
  return () => {
    end(made);
    if (mounted.get(parentElement) === made) mounted.delete(parentElement); // not one that took its place
  };
}

function end(made) {
  made.watcher?.disconnect();
  made.stop?.();
}
