"""An auditor's whole way: files through the page, a verdict, and a report that needs no network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from visitor import WAIT, idle

from opcviz.study import Store, open_study, shipped_root

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def brought(tmp_path_factory) -> dict[str, Path]:
    """The weights of an original and an unlearned network, under names of somebody's own."""
    folder = tmp_path_factory.mktemp("brought")
    study = open_study(Store(shipped_root()), "digits")
    files = {}
    for role, method in (("original", "original"), ("unlearned", "delete")):
        model = next(m for m in study.models if m.method.info.name == method and m.seed == 0)
        path = folder / f"our {role} (v2).safetensors"
        path.write_bytes(model.artefact("model").path("weights.safetensors").read_bytes())
        files[role] = path
    return files


def give(page, role: str, path: Path) -> None:
    label = {"original": "The original", "unlearned": "The unlearned model"}[role]
    field = page.get_by_role("region", name=f"Weights: {label}")
    field.locator("input[type=file]").set_input_files(path)
    expect(field).to_have_count(0, timeout=WAIT)  # taken, and its own field is gone


def saved(page, button: str, folder: Path) -> Path:
    with page.expect_download(timeout=WAIT) as waiting:
        page.get_by_role("button", name=button).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_files_become_a_verdict_and_a_report_that_is_read_offline(
    app, visit, browser, brought, tmp_path
):
    page = visit(f"{app.url}/audit")
    expect(page.get_by_role("heading", name="3 · Run")).to_be_visible(timeout=WAIT)
    idle(page)
    for role, path in brought.items():
        give(page, role, path)
    # at once, as somebody in a hurry, while what was given is still looked at
    page.get_by_role("combobox").first.click()
    page.get_by_role("option", name="digits:").click()
    classes = page.get_by_role("textbox", name="Classes, by number or name")
    classes.fill("0,1,2")
    classes.press("Enter")
    expect(page.get_by_role("button", name="Remove")).to_have_count(2, timeout=WAIT)
    expect(page.get_by_text("Forgets 430 of 1,437 training pictures")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("Recognised as")).to_be_visible(timeout=WAIT)
    start = page.get_by_role("button", name="Start the audit")
    expect(start).to_be_enabled(timeout=WAIT)
    start.click()
    expect(page.get_by_test_id("audit-log")).to_contain_text("Attacking", timeout=WAIT)
    verdict = page.get_by_test_id("audit-verdict")
    expect(verdict).to_contain_text("Missing: a retrained model", timeout=3 * WAIT)
    idle(page)

    report = json.loads(saved(page, "Numbers (JSON)", tmp_path).read_text())
    assert [each["name"] for each in report["inputs"][:2]] == [p.name for p in brought.values()]
    furthest = max(
        (f for f in report["figures"] if f["unit"] == "%" and f.get("holds") == "retain"),
        key=lambda f: f["value"],
    )
    table = page.get_by_test_id("table").first
    expect(table).to_contain_text(f"{furthest['value']:.1f}")
    assert saved(page, "Samples (CSV)", tmp_path).read_text().count("\n") > 100

    html = saved(page, "Report (HTML)", tmp_path)
    offline = browser.new_context(offline=True)
    offline.set_default_timeout(WAIT)
    try:
        asked: list[str] = []
        reader = offline.new_page()
        reader.on("request", lambda request: asked.append(request.url))
        reader.goto(html.as_uri())
        for figure in report["figures"]:
            if figure["kind"] == "strongest" and figure["unit"] == "%":
                assert f"{figure['value']:.1f}" in reader.locator("body").inner_text()
        assert report["inputs"][1]["sha256"] in reader.content()
        pictures = reader.locator("img")
        assert pictures.count() > 0
        drawn = pictures.evaluate_all("all => all.every(i => i.complete && i.naturalWidth > 0)")
        assert drawn
        expect(reader.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=WAIT)
        assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    finally:
        offline.close()

    page.get_by_role("button", name="Feature space").click()
    expect(page.get_by_role("heading", name="Feature space")).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("map-canvas")).to_have_count(2, timeout=WAIT)
