"""The report in a real browser: without a network, dark and light, and on A4 paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reported import reported

from opcviz.audit.html import to_html

pytestmark = pytest.mark.browser

POINT = 0.75  # of a CSS pixel
MARKED = """() => {
  const links = document.createElement("p");
  document.body.append(links);
  const marked = [...document.querySelectorAll(".chart, .pictures, .answer, .signed")];
  marked.forEach((part, i) => {
    const ends = ["first", "last"].map(name => {
      const end = Object.assign(document.createElement("span"), { id: `${name}-${i}` });
      links.append(Object.assign(document.createElement("a"), { href: `#${end.id}` }));
      links.lastChild.textContent = end.id;
      return end;
    });
    part.before(ends[0]);
    part.after(ends[1]);
  });
  return marked.map(part => [part.className, part.getBoundingClientRect().height]);
}"""
"""Marks where each part begins and ends; a link to a mark brings its page and height into a PDF."""


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    report, study = reported()
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(to_html(report, study), encoding="utf-8")
    return path


@pytest.fixture
def page(visit, file):
    asked: list[str] = []
    found = visit(file.as_uri(), watch=lambda p: p.on("request", lambda r: asked.append(r.url)))
    found.wait_for_selector(".drawn", state="attached")
    found.asked = asked
    return found


def colours(page) -> list[str]:
    """Of the paper and of a chart's text."""
    return page.evaluate(
        """() => [document.documentElement, document.querySelector(".chart .xtick text")].map(
          (it, i) => getComputedStyle(it)[i ? "fill" : "backgroundColor"])"""
    )


def test_it_opens_without_a_network_draws_every_chart_and_is_dark_where_wanted(page, file) -> None:
    assert [url for url in page.asked if not url.startswith("data:")] == [file.as_uri()]
    charts = page.locator("[data-chart]").count()
    assert charts >= 8
    assert page.locator("[data-chart] .main-svg").count() >= charts
    assert page.locator(".needs-program:visible").count() == 0
    assert all(page.evaluate("[...document.images].map(i => i.complete && i.naturalWidth > 0)"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    light = ["rgb(255, 255, 255)", "rgb(27, 31, 36)"]
    assert colours(page) == light
    page.emulate_media(color_scheme="dark")
    assert colours(page) == ["rgb(20, 24, 29)", "rgb(232, 235, 238)"]
    page.emulate_media(media="print", color_scheme="dark")
    assert colours(page) == light, "on paper it is always light"


def test_no_chart_is_cut_on_paper(page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    parts = page.evaluate(MARKED)
    kinds = {name.split()[0] for name, _ in parts}
    assert kinds == {"chart", "pictures", "answer", "signed"}
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[(.*?)\]", pdf)}
    ((_, _, width, height),) = boxes
    assert (round(width), round(height)) == (595, 842)  # A4 in points
    marks = {
        (name.decode(), int(i)): (int(sheet), float(y))
        for name, i, sheet, y in re.findall(
            rb"/(first|last)-(\d+) \[(\d+) 0 R /XYZ [\d.]+ ([\d.]+)", pdf
        )
    }
    assert len(marks) == 2 * len(parts)
    sheets = [marks["first", i][0] for i in range(len(parts))]
    for i, (name, tall) in enumerate(parts):
        (sheet, top), (last, bottom) = marks["first", i], marks["last", i]
        assert sheet == last, f"{name} {i} goes over two pages"
        # not shrunk either, as a page that is too wide would be
        assert abs(top - bottom - tall * POINT) < 40, f"{name} {i}"
    front = [sheet for sheet, (name, _) in zip(sheets, parts, strict=True) if "chart" not in name]
    assert len({*front[:3], sheets[[name for name, _ in parts].index("signed")]}) == 1
