"""The page of a report: nothing is fetched, run or drawn from outside; the figures of the JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import numpy as np
import plotly.graph_objects as go
import pytest
from reported import HOSTILE, INPUTS, about, opened, reported

from opcviz.audit import charts
from opcviz.audit.html import to_html
from opcviz.audit.report import Report, make_report
from opcviz.results import DataResult
from opcviz.study import StudyResult
from opcviz.ui.charts.palette import METHOD_COLOURS

ADDRESSES = {"src", "href", "data", "action", "poster", "srcset", "background", "formaction"}


@dataclass
class Read(HTMLParser):
    """A page as a browser's parser sees it."""

    tags: Counter[str] = field(default_factory=Counter)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    scripts: list[tuple[str, str]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.inside.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs).get("type") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.inside[-1:] == ["script"]:
            kind, before = self.scripts[-1]
            self.scripts[-1] = (kind, before + data)
        elif "style" not in self.inside:
            self.text.append(data)

    @property
    def programs(self) -> list[str]:
        return [text for kind, text in self.scripts if kind != "application/json"]

    @property
    def charts(self) -> list[dict]:
        return [json.loads(text) for kind, text in self.scripts if kind == "application/json"]


def read(page: str) -> Read:
    found = Read()
    found.feed(page)
    found.close()
    return found


@pytest.fixture(scope="module")
def made() -> tuple[Report, str]:
    report, study = reported()
    return report, to_html(report, study)


@pytest.mark.slow
def test_nothing_is_fetched_and_only_our_programs_run(made: tuple[Report, str]) -> None:
    page = read(made[1])
    opened_ = [value for _, name, value in page.attributes if name in ADDRESSES]
    assert opened_, "there are pictures"
    assert all(value.startswith(("data:image/png;base64,", "#")) for value in opened_)
    handlers = [name for _, name, _ in page.attributes if name.startswith("on")]
    assert handlers == []
    style = re.search(r"<style>(.*?)</style>", made[1], re.DOTALL).group(1)
    assert not re.search(r"url\(|@import|//", style)
    assert page.tags["link"] == page.tags["iframe"] == page.tags["form"] == 0
    beside = re.sub(r"<script.*?</script>", "", made[1], flags=re.DOTALL)
    assert not re.search(r"https?:|ftp:|wss?:", beside, re.IGNORECASE), "no address of a network"
    (policy,) = [v for tag, name, v in page.attributes if tag == "meta" and "default-src" in v]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'"
        for each in page.programs
    }
    assert set(re.search(r"script-src ([^;]*)", policy).group(1).split()) == hashes
    assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "")


def test_the_library_is_inside_once(made: tuple[Report, str]) -> None:
    programs = read(made[1]).programs
    assert len(programs) == 2
    assert [len(each) > 1_000_000 for each in programs] == [True, False]


def test_every_chart_is_one_that_plotly_knows_and_fits_on_paper(made: tuple[Report, str]) -> None:
    page = read(made[1])
    assert len(page.charts) >= 8
    for chart in page.charts:
        figure = go.Figure(chart)  # refuses what it does not know
        assert figure.layout.width == charts.WIDTH <= 680  # 180 mm at 96 dots an inch
        assert figure.layout.height < 900
    places = [value for _, name, value in page.attributes if name == "data-chart"]
    assert len(places) == len(page.charts)


@pytest.mark.slow
def test_the_figures_are_those_of_the_json_and_need_no_program(made: tuple[Report, str]) -> None:
    report, page = made
    text = " ".join(" ".join(read(page).text).split())
    assert "Hidden, noticeable" in text
    for check in report.verdict.numbers:
        assert check.says[1:] in text
    for each in report.inputs:
        assert each.sha256 in text
    written = hashlib.sha256(report.to_file()).hexdigest()
    assert written in text, "who holds both files sees that they belong together"
    for said in (*report.not_tested, *report.stronger, *report.warnings):
        assert said[1:] in text
    shown = Counter(re.findall(r"\d+\.\d", text))
    for figure in report.figures:
        if figure.unit == "%":
            assert shown[f"{figure.value:.1f}"] > 0
    drawn = {
        round(x, 6) for chart in read(page).charts for trace in chart["data"] if "error_x" in trace
        for x in trace["x"]
    }  # fmt: skip
    relearned = {round(f.value, 6) for f in report.figures if f.kind == "relearned"}
    assert relearned
    assert relearned <= drawn


@dataclass(frozen=True)
class Renamed(StudyResult):
    """A study whose classes are called like an attack."""

    def probe(self) -> tuple[dict[str, np.ndarray], DataResult]:
        arrays, about = super().probe()
        return arrays, replace(about, class_names=(HOSTILE,) * len(about.class_names))


@pytest.mark.slow
def test_names_from_outside_are_text_and_nothing_else(made: tuple[Report, str]) -> None:
    plain = opened()
    title = plain.study.replace(title=HOSTILE)
    study = Renamed(plain.store, plain.place, title)
    inputs = tuple(replace(each, name=HOSTILE, format=HOSTILE) for each in INPUTS)
    clean = made[0]
    whence = replace(
        about(clean.model),
        inputs=inputs,
        command=HOSTILE,
        warnings=(HOSTILE,),
        environment={HOSTILE: HOSTILE},
    )
    told = make_report(study, whence)
    page, usual = read(to_html(told, study)), read(made[1])
    assert (page.tags - usual.tags).keys() <= {"tr", "td"}, "no element that was not there"
    assert not any("example.org" in value for _, name, value in page.attributes if name != "alt")
    assert page.programs == usual.programs
    text = "".join(page.text)
    assert text.count(HOSTILE) > 8
    assert "49" not in [each.strip() for each in page.text], "no name is a template"
    labels = json.dumps(page.charts)
    assert "example.org" in labels
    assert "<img" not in labels, "Plotly reads HTML in its labels"


def test_the_models_have_the_colours_of_the_app() -> None:
    assert METHOD_COLOURS["original"] == charts.ORIGINAL
    assert METHOD_COLOURS["retrain"] == charts.RETRAINED


@pytest.mark.slow
def test_without_plotly_the_tables_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opcviz.audit.html.find_spec", lambda name: None)
    report, study = reported()
    page = read(to_html(report, study))
    assert page.programs == []
    assert page.charts == []
    assert "the package ‘plotly’ was not installed" in " ".join(page.text)
    (policy,) = [v for _, name, v in page.attributes if "default-src" in v]
    assert "script-src 'none'" in policy
