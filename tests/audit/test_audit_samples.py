"""The CSV of samples: one line each, the stored numbers, text that stays text."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace

import numpy as np
import pytest
from reported import model_of, opened

from opcviz.audit.samples import samples_csv
from opcviz.results import DataResult
from opcviz.study import StudyResult


def rows(study: StudyResult) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(samples_csv(study))))


@pytest.mark.slow
def test_a_line_a_sample_with_what_is_stored_of_it() -> None:
    study = opened()
    probe, about = study.probe()
    found = rows(study)
    assert [int(each["sample"]) for each in found] == probe["ids"].tolist()
    key = model_of(study, "opc")
    model = study.model(key)
    maps = model.arrays("maps", "maps.npz")
    member = model.arrays("samples", "samples.npz")["member"]
    for i in (0, 17, 299):
        p = maps["probabilities"][i].astype(float)
        assert found[i]["class"] == about.class_names[probe["labels"][i]]
        assert (found[i]["part"] == "forget") == probe["forget"][i]
        assert found[i][f"{key} answer"] == about.class_names[p.argmax()]
        assert np.isclose(float(found[i][f"{key} probability of its class"]), p[probe["labels"][i]])
        assert np.isclose(float(found[i][f"{key} umap y"]), maps["umap"][i, 1], rtol=1e-4)
        assert np.isclose(float(found[i][f"{key} membership score"]), member[i], rtol=1e-4)
    for each in study.models:
        assert (f"{each.key} answer" in found[0]) == bool(each.arrays("maps", "maps.npz"))


@dataclass(frozen=True)
class Renamed(StudyResult):
    names: tuple[str, ...] = ()

    def probe(self) -> tuple[dict[str, np.ndarray], DataResult]:
        arrays, about = super().probe()
        return arrays, replace(about, class_names=self.names)


@pytest.mark.slow
def test_a_class_that_is_called_like_a_formula_stays_text() -> None:
    study = opened()
    names = ('=HYPERLINK("http://example.org")', "@x", "+1", "-1", 'a,b\n"c', *"56789")
    found = rows(Renamed(study.store, study.place, study.study, names=names))
    assert {each["class"] for each in found} == {
        *(f"'{name}" for name in names[:4]),
        *names[4:],
    }
