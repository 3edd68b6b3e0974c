"""What a browser laid out: text that covers other text, and pages wider than the window."""

from __future__ import annotations

OVERLAPS = """
() => {
  const seen = (element, box) => {
    if (box.width < 2 || box.height < 2) return false;
    const style = getComputedStyle(element);
    if (style.visibility !== "visible" || style.opacity === "0") return false;
    for (let at = element; at; at = at.parentElement) {
      const look = getComputedStyle(at);
      if (look.position === "sticky" || look.position === "fixed") return false;
      if (look.display === "none" || look.clipPath === "inset(50%)") return false;
    }
    return true;
  };
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || !parent || parent.closest("style, script, [data-testid=stIconMaterial], [hidden], noscript")) continue;
    range.selectNodeContents(node);
    for (const box of range.getClientRects())
      if (seen(parent, box)) lines.push({ node, parent, box, words: node.data.trim().slice(0, 60) });
  }
  const found = [];
  for (let i = 0; i < lines.length; i++)
    for (let j = i + 1; j < lines.length; j++) {
      const [a, b] = [lines[i], lines[j]];
      if (a.node === b.node) continue;
      const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (wide > 3 && high > 5) found.push(`${a.words} × ${b.words}`);
    }
  return [...new Set(found)];
}
"""
WIDER = "() => { const m = document.querySelector('[data-testid=stMain]') || document.body; return m.scrollWidth - m.clientWidth; }"


def overlaps(page) -> list[str]:
    """Pairs of visible texts whose boxes cover each other, as `one × other`."""
    return list(page.evaluate(OVERLAPS))


def too_wide(page) -> int:
    """Pixels by which the page must be scrolled sideways."""
    return int(page.evaluate(WIDER))
