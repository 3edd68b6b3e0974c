"""The maps' JavaScript by itself: what becomes of a row that is stopped and begun again."""

import pytest

from opcviz.ui.charts import maps_component
from opcviz.ui.charts.maps_component import Panel, Samples
from opcviz.ui.charts.maps_component.payload import build_payload
from opcviz.ui.charts.shared import script

pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

# As Streamlit does it: `draw` calls the module with an epoch's data, `stop` what it returned.
HOST = """async ([html, code, payloads]) => {
    document.body.innerHTML = `<div id="host">${html}</div>`;
    const blob = new Blob([code], { type: "text/javascript" });
    const module = await import(URL.createObjectURL(blob));
    const parentElement = document.getElementById("host");
    const draw = (epoch) =>
        module.default({ parentElement, data: payloads[epoch], setStateValue: () => {} });
    const titles = () => [...document.querySelectorAll("figure")].map((f) => f.innerText.trim());
    const seen = [];
    const first = draw(0);
    seen.push(titles());
    first();
    const second = draw(1);
    seen.push(titles());
    const third = draw(2);
    seen.push(titles());
    second();
    draw(3);
    seen.push(titles());
    return seen;
}"""


def epoch(number: int) -> dict:
    samples = Samples([1, 2, 3], [0, 1, 1], [True, False, False], ["a", "b"])
    panel = Panel(f"OPC, epoch {number}", [[0, 0], [1, number], [2, 1]])
    layout = {"height": 200, "perRow": 1, "compact": False, "legend": False, "glide": 0, "seq": 0}
    nothing = {"sample": None, "samples": [], "classes": []}
    data = build_payload([panel], samples, selected=nothing, **layout)
    data["panels"][0]["showTitle"] = True
    return data


def test_a_row_begun_again_draws_one_map_and_its_newest_epoch(browser):
    page = browser.new_page()
    code = script(*maps_component._JS)
    seen = page.evaluate(HOST, [maps_component._HTML, code, [epoch(i) for i in range(4)]])
    page.close()
    assert [len(titles) for titles in seen] == [1, 1, 1, 1]
    assert [titles[0].splitlines()[0] for titles in seen] == [f"OPC, epoch {i}" for i in range(4)]
