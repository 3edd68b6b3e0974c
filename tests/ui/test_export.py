import csv
import io
import json

import numpy as np
import pytest

from opcviz.study import Store, open_study, shipped_root
from opcviz.study.table import columns as table_columns
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.export import numbers_csv, numbers_json, samples_csv


@pytest.fixture(scope="module")
def study():
    return open_study(Store(shipped_root()), "digits")


def rows_of(study, kind, shown):
    return list(csv.DictReader(io.StringIO(samples_csv(study, kind, shown))))


@pytest.fixture(scope="module")
def shown(study):
    return library.columns(study, tuple(model.key for model in study.models[-2:]))


@pytest.mark.parametrize("kind", ["umap", "pca"])
def test_each_sample_is_a_row_with_every_models_place_and_answer(study, shown, kind):
    rows = rows_of(study, kind, shown)
    arrays, about = study.probe()
    assert [int(row["sample"]) for row in rows] == arrays["ids"].tolist()
    assert [row["class"] for row in rows] == [about.class_names[i] for i in arrays["labels"]]
    assert [row["part"] == "forget" for row in rows] == arrays["forget"].tolist()
    for model in study.models[-2:]:
        stored = model.arrays("maps", "maps.npz")
        places = np.array([[row[f"{model.key} {axis}"] for axis in "xy"] for row in rows], float)
        np.testing.assert_allclose(places, stored[kind], rtol=1e-4, atol=1e-12)
        best = stored["probabilities"].astype(float)
        answers = [about.class_names[i] for i in best.argmax(1)]
        assert [row[f"{model.key} answer"] for row in rows] == answers
        sure = [float(row[f"{model.key} probability"]) for row in rows]
        np.testing.assert_allclose(sure, best.max(1), atol=6e-5)


def test_a_model_without_a_map_has_no_columns(study, shown):
    class Mapless(library.Column):
        def arrays(self, kind, name):
            return {}

    without = Mapless(shown[0].model, "without a map", shown[0].verdict, shown[0].consensus)
    (row, *_) = rows_of(study, "umap", [without, shown[1]])
    assert not any(name.startswith(without.model.key) for name in row)
    assert f"{shown[1].model.key} x" in row


def test_numbers_are_those_of_the_models_shown_alone(study, shown):
    told = json.loads(numbers_json(study, shown))
    assert [model["key"] for model in told["models"]] == [column.model.key for column in shown]
    whole = study.to_dict([shown[0].model.key])["models"]
    assert told["models"][:1] == whole
    rows = list(csv.DictReader(io.StringIO(numbers_csv(study, shown))))
    assert [row["model"] for row in rows] == [column.model.key for column in shown]
    for row, column in zip(rows, shown, strict=True):
        assert row["verdict"] == column.verdict.words
        for about in ("unlearning", "inversion"):
            for each in table_columns(about):
                value = each.value(column.results)
                assert row[each.name] == ("" if value is None else str(value)), each.name


@pytest.mark.slow
def test_each_row_has_the_seed_and_the_method_of_its_own_model(study):
    other = [m for m in study.models if m.method.info.name == "retrain"][1:]
    keys = (study.models[0].key, *(model.key for model in other))
    shown = library.columns(study, keys)
    rows = list(csv.DictReader(io.StringIO(numbers_csv(study, shown))))
    told = [(row["model"], row["method"], int(row["seed"])) for row in rows]
    assert told == [(c.model.key, c.model.method.info.name, c.model.seed) for c in shown]
    assert {seed for _, _, seed in told} == {0, 1, 2, 3, 4}
