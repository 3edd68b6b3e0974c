"""Each number and picture of a report is that of the model under whose name it stands.

What is expected is read from the store's results themselves, not through the report's own code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from reported import model_of, opened, reported

from opcviz.audit.exhibits import exhibits
from opcviz.audit.figures import Cast, cast
from opcviz.audit.records import Figure, Report
from opcviz.audit.seen import feature_map, png, rebuilt
from opcviz.results import EvidenceResult, InversionSummary, Sign, SignsResult
from opcviz.study import ModelResult, StudyResult


@dataclass(frozen=True)
class Told:
    """A report, and the models of its study, found by their methods alone."""

    report: Report
    study: StudyResult
    original: ModelResult
    retrained: tuple[ModelResult, ...]
    audited: ModelResult
    who: Cast

    def of_kind(self, kind: str) -> list[Figure]:
        return [each for each in self.report.figures if each.kind == kind]


@pytest.fixture(scope="module")
def told() -> Told:
    report, study = reported()
    key = model_of(study, "opc")
    audited = study.model(key)
    assert audited is not None
    of = {
        name: [m for m in study.models if m.method.info.name == name]
        for name in ("original", "retrain")
    }
    (original,) = [model for model in of["original"] if model.seed == audited.seed]
    assert len(of["original"]) == len(of["retrain"]) == 5, "others to be mistaken for it"
    return Told(report, study, original, tuple(of["retrain"]), audited, cast(opened(), key))


def beside(figure: Figure) -> tuple[float | None, ...]:
    """A figure's numbers: audited, original, least and greatest of the retrained."""
    assert figure.retrained is not None
    return figure.value, figure.original, figure.retrained.low, figure.retrained.high


def expected(mine: float, original: float, retrained: list[float]) -> tuple[float, ...]:
    return mine, original, min(retrained), max(retrained)


def test_what_each_model_answers(told: Told) -> None:
    def answer(model: ModelResult, part: str) -> float:
        return getattr(model.results.get(EvidenceResult).accuracy, part)

    figures = [each for each in told.of_kind("evidence") if each.holds is None]
    assert {each.place for each in figures} == {
        f"{what}_{side}" for what in ("forget", "retain") for side in ("train", "test")
    }
    for each in figures:
        of = [answer(model, str(each.place)) for model in told.retrained]
        mine, first = (answer(m, str(each.place)) for m in (told.audited, told.original))
        assert beside(each) == expected(mine, first, of), each.name
    assert len({beside(each) for each in figures}) > 2


def signs_of(model: ModelResult) -> dict[tuple[str, str], Sign]:
    return {sign.key: sign for sign in model.results.get(SignsResult).signs()}


def test_how_far_the_forgotten_stand_out_in_each_model(told: Told) -> None:
    mine, first = signs_of(told.audited), signs_of(told.original)
    band = [signs_of(model) for model in told.retrained]
    wanted = {
        f"{sign.judge} on {sign.place}": (
            expected(sign.auc, first[key].auc, [each[key].auc for each in band]),
            (sign.low, sign.high),
        )
        for key, sign in mine.items()
    }
    figures = told.of_kind("signs")
    assert {each.name: (beside(each), each.interval) for each in figures} == wanted
    assert any(each.value != each.original for each in figures)


def test_how_close_each_models_pictures_come(told: Told) -> None:
    def by_block(model: ModelResult) -> dict[str, float]:
        found = model.results.get(InversionSummary).activations
        return {f"the output of {each.block}": each.psnr for each in found}

    mine, first = by_block(told.audited), by_block(told.original)
    band = [by_block(model) for model in told.retrained]
    figures = {str(each.place): each for each in told.of_kind("inversion")}
    told_of = {source: value for source, value in mine.items() if isinstance(value, float)}
    assert len(told_of) > 2
    for source, value in told_of.items():
        of = [each[source] for each in band]
        assert beside(figures[source]) == expected(value, first[source], of), source
        assert first[source] not in (value, *of), "models that are not alike"


def test_the_curves_of_separability_bear_their_own_names(told: Told) -> None:
    mine, first = signs_of(told.audited), signs_of(told.original)
    band = [signs_of(model) for model in told.retrained]
    places = list(dict.fromkeys(place for _, place in mine))
    # the clearest judge of the audited model, whom the others are asked about, too
    keys = [max((k for k in mine if k[1] == place), key=lambda k: mine[k].auc) for place in places]
    (found,) = [
        each
        for each in exhibits(told.report, told.study, told.who)
        if each.title == "Whether the forgotten pictures stand out"
    ]
    assert found.chart is not None
    low, high, original, audited = found.chart["data"]
    assert [each["x"] for each in found.chart["data"]] == [places] * 4
    assert audited["name"] == "audited model"
    assert audited["y"] == [mine[key].auc for key in keys]
    assert original["name"] == "original by the same judge"
    assert original["y"] == [first[key].auc for key in keys]
    assert high["name"] == "retrained by the same judge"
    assert low["y"] == [min(each[key].auc for each in band) for key in keys]
    assert high["y"] == [max(each[key].auc for each in band) for key in keys]
    assert original["y"] != audited["y"]


def test_rebuilt_pictures_stand_in_the_row_of_their_model(told: Told) -> None:
    rows = {row.name: row for row in rebuilt(told.who)}
    assert [*rows] == ["true pictures", "original", "retrained", "audited"]
    for name, model in (
        ("original", told.original),
        ("retrained", told.retrained[0]),
        ("audited", told.audited),
    ):
        arrays = model.arrays("inversion", "inversion.npz")
        assert rows[name].pictures == tuple(
            png(picture) if there else None
            for picture, there in zip(arrays["reconstructions"][:8], arrays["found"], strict=False)
        )
        assert len(rows[name].pictures) == 8
    assert len({row.pictures for row in rows.values()}) == 4, "no row is that of another"


def test_each_map_is_of_the_model_above_it(told: Told) -> None:
    chart = feature_map(told.study, told.who, "pca")
    assert chart is not None
    titles = [each["text"] for each in chart["layout"]["annotations"]]
    assert titles == ["original", "retrained", "audited"]
    drawn = [
        sorted(
            point
            for trace in chart["data"]
            if trace["xaxis"] == axis
            for point in zip(trace["x"], trace["y"], strict=True)
        )
        for axis in ("x", "x2", "x3")
    ]
    for points, model in zip(drawn, (told.original, told.retrained[0], told.audited), strict=True):
        stored = np.round(model.arrays("maps", "maps.npz")["pca"].astype(float), 4)
        assert points == sorted(map(tuple, stored.tolist()))
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]


def test_an_attacks_seconds_are_those_spent_on_the_audited_model(told: Told) -> None:
    def seconds(model: ModelResult, kind: str) -> float:
        artefact = model.artefact(kind)
        assert artefact is not None
        return artefact.json()["seconds"]

    spent = {each.name: each.seconds for each in told.report.attackers}
    assert spent == {name: seconds(told.audited, name) for name in spent}
    assert spent != {name: seconds(told.original, name) for name in spent}
