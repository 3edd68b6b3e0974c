// Keys that work anywhere on a page: told to Python by name, and nothing is drawn.
//
// A key that means something where it is typed is left alone: in fields and choices, with Ctrl, Alt
// or Meta, and wherever another part of the page has taken it already.

const TAKEN = "input, textarea, select, [contenteditable=true], [role=slider], [role=radiogroup], [role=tablist], [role=listbox], [role=dialog]";
const listeners = new WeakMap();

function typedInto(event) {
  return event.composedPath().some((node) => node instanceof Element && node.matches(TAKEN));
}

export default function ({ parentElement, data, setTriggerValue }) {
  const before = listeners.get(parentElement);
  if (before) document.removeEventListener("keydown", before.listen);
  if (before && before.at !== data.at) document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  const listen = (event) => {
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (!data.keys.includes(name) || typedInto(event)) return;
    event.preventDefault();
    setTriggerValue("pressed", name);
  };
  document.addEventListener("keydown", listen);
  listeners.set(parentElement, { listen, at: data.at });
  parentElement.querySelector(".keys").dataset.keys = data.keys.join(" ");
  return () => {
    document.removeEventListener("keydown", listen);
    listeners.delete(parentElement);
  };
}
