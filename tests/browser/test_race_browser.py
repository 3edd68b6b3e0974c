"""A race that is run for real, watched to its end."""

import re

import pytest
from visitor import WAIT, idle, until

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


def test_two_methods_run_beside_each_other_and_are_seen_moving(app, visit, begun):
    page = visit(f"{app.url}/race")
    canvases = page.get_by_test_id("player-canvas")
    expect(canvases).to_have_count(2, timeout=WAIT)
    idle(page)
    # states of the maps, small, and of the restored curve, from the click on
    page.evaluate(
        """() => {
            window.states = [new Set(), new Set(), new Set(), new Set()];
            const find = (name, root = document) => {
                const found = [...root.querySelectorAll(name)];
                if (found.length) return found;
                return [...root.querySelectorAll('*')]
                    .flatMap((each) => (each.shadowRoot ? find(name, each.shadowRoot) : []));
            };
            const small = Object.assign(document.createElement('canvas'), {width: 64, height: 64});
            const copy = small.getContext('2d', {willReadFrequently: true});
            setInterval(() => {
                find('[data-testid=player-canvas]').slice(0, 2).forEach((canvas, i) => {
                    if (canvas.dataset.epoch === 'null') return;
                    copy.clearRect(0, 0, 64, 64);
                    copy.drawImage(canvas, 0, 0, 64, 64);
                    states[i].add(copy.getImageData(0, 0, 64, 64).data.join());
                });
                find('[data-testid=player-curves]').slice(0, 2).forEach((svg, i) => {
                    const path = svg.querySelector('path');
                    if (path) states[2 + i].add(path.getAttribute('d'));
                });
            }, 100);
        }"""
    )
    words = page.locator(".stage .label")
    expect(words).to_have_text(["each mark: one picture", re.compile("or all on one spot$")])
    page.get_by_role("button", name="Run").click()
    until(lambda: any(run.active for run in begun()))
    expect(page.get_by_text("Finished after")).to_be_visible(timeout=5 * WAIT)
    assert min(page.evaluate("states.map((each) => each.size)")) >= 10
    (run,) = begun()
    assert run.status == "finished"
    compared = page.get_by_text(re.compile("bit for bit|weights differ"))
    expect(compared).to_have_count(2, timeout=WAIT)
    slider = page.get_by_role("slider", name="Epoch")
    expect(slider).to_be_visible()  # what ran can be played
    assert "epoch 20 of 20" in slider.get_attribute("aria-valuetext")
