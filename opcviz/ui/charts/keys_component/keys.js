// Keys that work anywhere on a page: told to Python by name, and nothing is drawn.
//
// A key that means something where it is typed is left alone: in fields and choices, with Ctrl, Alt
// or Meta, and wherever another part of the page has taken it already.

const TAKEN = "input, textarea, select, [contenteditable=true], [role=slider], [role=radiogroup], [role=tablist], [role=listbox], [role=dialog]";
const PRESSED = "button, a, summary, [role=button]"; // by a space
const SCROLLS = { ArrowDown: 0.2, ArrowUp: -0.2, " ": 0.85 }; // by so much of the window
const listeners = new WeakMap();

function within(event, what) {
  return event.composedPath().some((node) => node instanceof Element && node.matches(what));
}

// The page lies in a part of the window that a browser scrolls by keys only once it was clicked.
function scroll(event) {
  const share = SCROLLS[event.key] * (event.shiftKey ? -1 : 1);
  const main = document.querySelector('[data-testid="stMain"]');
  if (!share || !main || (event.key === " " && within(event, PRESSED))) return;
  event.preventDefault();
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  const what = goesOn(main) ? main : table(main) ?? main;
  const head = what.querySelector("thead")?.offsetHeight ?? 0; // lies over what is scrolled
  what.scrollBy({ top: share * (what.clientHeight - (what === main ? 0 : head)), behavior });
}

function goesOn(element) {
  return element.scrollHeight - element.clientHeight > 1;
}

// On a page as high as its window a table may be what goes on below its edge.
function table(main) {
  const roots = [main, ...[...main.querySelectorAll("*")].map((each) => each.shadowRoot)];
  return roots.flatMap((root) => [...(root?.querySelectorAll(".board .wrap") ?? [])]).find(goesOn);
}

export default function ({ parentElement, data, setTriggerValue }) {
  const before = listeners.get(parentElement);
  if (before) document.removeEventListener("keydown", before.listen);
  if (before && before.at !== data.at) document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  const listen = (event) => {
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (within(event, TAKEN)) return;
    if (data.scrolls && event.key in SCROLLS) return scroll(event);
    if (event.repeat || !data.keys.includes(name)) return;
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
