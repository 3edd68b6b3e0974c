// Where on its page a player begins, for one that is as high as the window leaves it.

class Place {
  // `moved` is called when that changes, and when words may have become longer.
  constructor(root, moved) {
    this.root = root;
    this.moved = moved;
    // What stands above may become higher after the player was drawn (a font that comes late, a line
    // that breaks beside a scrollbar): the player's own size then stays, and its place does not.
    this.watcher = new ResizeObserver(() => { if (this.at !== undefined && this.top() !== this.at) moved(); });
    document.fonts.addEventListener("loadingdone", moved);
  }

  // Pixels of the page above it.
  top() {
    const host = this.root.getRootNode().host || this.root;
    const main = host.closest('[data-testid="stMain"]') || document.documentElement;
    const page = host.closest('[data-testid="stMainBlockContainer"]');
    if (page && page !== this.page) this.watcher.observe((this.page = page));
    return Math.round(host.getBoundingClientRect().top + main.scrollTop);
  }

  // Tell the style how much is left between what stands above and `under` pixels below.
  take(under) {
    this.at = this.top();
    this.root.style.setProperty("--top", `${this.at}px`);
    this.root.style.setProperty("--under", `${under}px`);
  }

  stop() {
    this.watcher.disconnect();
    document.fonts.removeEventListener("loadingdone", this.moved);
  }
}
