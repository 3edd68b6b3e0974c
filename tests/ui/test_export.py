import csv
import io

import numpy as np
import pytest

from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.export import samples_csv


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
