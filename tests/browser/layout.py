"""What is wrong with how a page stands: small text, text over text, too wide, on the move.

Works on what is drawn: every visible piece of text with its box, in shadow trees and in SVG, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = [
    "GROUND",
    "Text",
    "overlapping",
    "shifted",
    "smaller_than",
    "texts",
    "too_tall",
    "too_wide",
    "watch_shifts",
]

GROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 21, 28)"}
"""What a page is drawn on, by theme."""
# Pixels that boxes may share: boxes of letters are taller than the letters.
SLACK = 3

FIND = """() => {
  const found = [];
  const above = (e) => e.parentElement || e.getRootNode().host;
  const once = (ask) => {  // of each element, whose descendants ask again
    const known = new WeakMap();
    return (e) => { if (!known.has(e)) known.set(e, ask(e)); return known.get(e); };
  };
  const seen = once((e) => {
    const css = getComputedStyle(e);
    const gone = css.visibility === "hidden" || css.display === "none";
    return !gone && +css.opacity >= 0.05 && (!above(e) || seen(above(e)));
  });
  const frame = once((e) => e.getBoundingClientRect());
  const hiding = once((e) => {  // itself and ancestors that hide what sticks out
    const css = getComputedStyle(e), rest = above(e) ? hiding(above(e)) : [];
    return css.overflowX === "visible" && css.overflowY === "visible" ? rest : [e, ...rest];
  });
  const clipped = (element, box) => hiding(element).some((e) => {
    const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    const scrolls = e.matches('[data-testid="stMain"], html, body');  // the page itself
    return x < frame(e).left || x > frame(e).right
      || (!scrolls && (y < frame(e).top || y > frame(e).bottom));
  });
  const fixed = once((e) =>
    /fixed|sticky/.test(getComputedStyle(e).position) || (!!above(e) && fixed(above(e))));
  const take = (node) => {
    const element = node.parentElement || node.getRootNode().host;
    const text = node.textContent.trim();
    const silent = ["STYLE", "SCRIPT", "NOSCRIPT", "TITLE"];
    if (!text || !element || silent.includes(element.tagName)) return;
    if (element.closest("[aria-hidden=true], title") || !seen(element)) return;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 2 || box.height < 2 || clipped(element, box)) continue;
      found.push({ text, fixed: fixed(element),
        size: parseFloat(getComputedStyle(element).fontSize),
        icon: /Material|Symbols/.test(getComputedStyle(element).fontFamily),
        left: box.left, top: box.top, right: box.right, bottom: box.bottom,
        turned: !!element.closest("[transform*=rotate]") });
    }
  };
  const walk = (root) => {
    const all = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = all.nextNode(); node; node = all.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) take(node);
      else if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document.body);
  return found;
}"""


@dataclass(frozen=True)
class Text:
    """One line of text as drawn.

    Attributes:
        text: all of it, even if the line holds a part.
        size: of its letters, pixels.
        left, top, right, bottom: of its box, pixels of the window.
        fixed: whether it stays where it is when the page is scrolled.
        icon: whether its letters stand for a picture.
        turned: whether it is drawn at an angle.
    """

    text: str
    size: float
    left: float
    top: float
    right: float
    bottom: float
    fixed: bool
    icon: bool
    turned: bool

    def shares(self, other: Text) -> bool:
        """Whether both boxes cover a part of the screen."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return wide > SLACK and high > SLACK


def texts(page: Any) -> list[Text]:
    """All visible text of a page, line by line.

    Args:
        page: of Playwright.
    """
    return [Text(**found) for found in page.evaluate(FIND)]


def smaller_than(found: list[Text], pixels: float) -> list[str]:
    """Visible text with letters below a size, each with its own."""
    return sorted({f"{t.size:g} px: {t.text[:60]}" for t in found if t.size < pixels - 0.05})


def overlapping(of: list[Text]) -> list[tuple[str, str]]:
    """Pairs of texts that are drawn over each other.

    What stays while the page is scrolled is compared only with its like: the rest goes below it.
    """
    found = [t for t in of if not t.icon]
    return [
        (a.text[:60], b.text[:60])
        for i, a in enumerate(found)
        for b in found[i + 1 :]
        if a.fixed == b.fixed and a.text != b.text and a.shares(b)
    ]


def too_wide(page: Any) -> float:
    """Pixels by which the page is wider than its window; 0 where it fits."""
    return float(
        page.evaluate(
            """() => Math.max(...[document.documentElement, document.querySelector(
                '[data-testid="stMain"]')].map((e) => e.scrollWidth - e.clientWidth))"""
        )
    )


def too_tall(page: Any) -> float:
    """Pixels by which the page is taller than its window; 0 where it fits."""
    return float(
        page.get_by_test_id("stMain").evaluate(
            """(main) => {
                const block = main.querySelector('[data-testid="stMainBlockContainer"]');
                const below = block.getBoundingClientRect().bottom + main.scrollTop;
                return Math.max(main.scrollHeight, below) - main.clientHeight;
            }"""
        )
    )


WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const from = entry.sources.map(({ node }) => (node?.textContent ?? "").trim().slice(0, 60));
    if (!entry.hadRecentInput) shifts.push([entry.startTime, entry.value, from.join(" | ")]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
WINDOW_MS, GAP_MS = 5000, 1000


def watch_shifts(page: Any, *, slower: float = 1) -> None:
    """Note what moves on a page from its first paint on.

    Args:
        page: of Playwright, before anything is loaded.
        slower: how many times slower its processor is: what comes late then is drawn late.
    """
    page.add_init_script(WATCH)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})


def shifted(page: Any) -> tuple[float, list[str]]:
    """The cumulative layout shift so far, and what moved most, largest first.

    It is the standard measure: the largest sum over a session window, a run of shifts less than one
    second apart that lasts at most five; what follows a person's input within half a second does
    not count (`hadRecentInput`).
    """
    found = page.evaluate("shifts")
    largest = total = 0.0
    first = last = float("-inf")
    for at, value, _ in found:
        if at - last >= GAP_MS or at - first > WINDOW_MS:
            first, total = at, 0.0
        total += value
        last = at
        largest = max(largest, total)
    moved = sorted(found, key=lambda each: -each[1])
    return largest, [f"{value:.3f} at {at:.0f} ms: {what}" for at, value, what in moved[:5]]
