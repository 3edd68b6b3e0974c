"""What is known of selected samples, on numbers made up here."""

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest

from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.charts.maps_component import Samples, Selection
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.selected import (
    Chosen,
    Known,
    Rate,
    filtered,
    original_of,
    positions,
    sorted_by,
)
from opcviz.ui.reading.selection_file import selection_csv
from opcviz.ui.sections.selected_table import _columns
from opcviz.ui.sections.selection_panel import _summary, baseline_words


def known(key: str, answers, **parts) -> Known:
    answers = np.asarray(answers)
    classes = int(answers.max()) + 1
    shares = np.full((len(answers), classes), 0.1)
    shares[np.arange(len(answers)), answers] = np.linspace(0.5, 0.9, len(answers))
    nothing = dict.fromkeys(("groups", "neighbours", "distances", "member", "member_limit"))
    return Known(key, key, shares, **{"restored": {}, **nothing, **parts})


SAMPLES = Samples([10, 11, 12, 13], [0, 0, 1, 1], [True, True, False, False], ["cat", "dog"])
ORIGINAL = known("original", [0, 0, 1, 1], neighbours=np.array([[1, 2], [0, 2], [3, 1], [2, 1]]))
MODEL = known(
    "opc",
    [1, 0, 1, 0],
    neighbours=np.array([[1, 2], [3, 2], [0, 1], [0, 3]]),
    restored={"retain": np.array([0, 1, 1, 1]), "all": np.array([0, 0, 1, 1])},
    member=np.array([-1.0, -3.0, np.nan, -2.0]),
    member_limit=-2.5,
    groups=np.array([0, 0, -1, -1]),
)


def chosen(selection: Selection = Selection()) -> Chosen:
    where = positions(SAMPLES, selection)
    everything = np.arange(4) if where is None else where
    return Chosen(SAMPLES, [ORIGINAL, MODEL], [None, ORIGINAL], everything, where is not None)


def test_a_set_and_classes_are_selected_together():
    assert positions(SAMPLES, Selection(sample=10)) is None
    assert positions(SAMPLES, Selection(samples=(13,), classes=(0,))).tolist() == [0, 1, 3]


@pytest.mark.parametrize(
    ("only", "left"),
    [
        ([], [0, 1, 2, 3]),
        (["forgotten"], [0, 1]),
        (["forgotten", "kept"], [0, 1, 2, 3]),
        (["changed"], [0, 3]),
        (["restored", "forgotten"], [0]),
        (["member"], [0, 3]),
        (["member", "kept", "changed"], [3]),
    ],
)
def test_filters_ask_the_models_shown_except_the_original(only, left):
    assert filtered(chosen(), only).tolist() == left


def test_what_was_not_measured_lets_nothing_through():
    bare = Chosen(SAMPLES, [ORIGINAL], [None], np.arange(4), some=False)
    assert not len(filtered(bare, ["restored"]))


def test_moved_is_the_share_of_neighbours_that_were_lost():
    assert chosen().moved().tolist() == [0, 50, 50, 100]
    assert sorted_by(chosen(), np.arange(4), "moved").tolist() == [3, 1, 2, 0]
    assert sorted_by(chosen(), np.array([2, 0]), "class").tolist() == [0, 2]
    assert sorted_by(chosen(), np.array([3, 1]), "confidence").tolist() == [1, 3]


def test_the_least_sure_answer_of_any_model_comes_first():
    """One model is sure of the third sample alone, the other of the first alone."""
    shares = ([0.6, 0.7, 0.9, 0.8], [0.9, 0.75, 0.55, 0.8])
    models = [
        replace(ORIGINAL, probabilities=np.array([[share, 1 - share] for share in each]))
        for each in shares
    ]
    both = Chosen(SAMPLES, models, [None, None], np.arange(4), some=False)
    assert sorted_by(both, np.arange(4), "confidence").tolist() == [2, 0, 1, 3]


def test_rates_have_wilsons_interval():
    rate = Rate.of(MODEL.comes_back(SAMPLES.labels), np.array([0, 1]))
    assert (rate.hits, rate.count, rate.percent) == (1, 2, 50)
    # by hand: z = 1.96, centre = (0.5 + z²/4) / (1 + z²/2), half = 0.4055
    assert rate.interval == pytest.approx((9.45, 90.55), abs=0.01)
    assert Rate.of(None, np.array([0])) is None
    assert Rate.of(MODEL.accused, np.array([], int)) is None


def test_the_file_holds_the_selected_ids_and_what_each_model_does_with_them():
    some = chosen(Selection(classes=(0,)))
    rows = list(csv.DictReader(io.StringIO(selection_csv(some, some.where))))
    assert [row["sample"] for row in rows] == ["10", "11"]
    assert [row["opc answer"] for row in rows] == ["dog", "cat"]
    assert [row["opc restored"] for row in rows] == ["cat", "dog"]
    assert [row["opc restored all"] for row in rows] == ["cat", "cat"]
    assert [row["opc group"] for row in rows] == ["0", "0"]
    assert [row["opc neighbours lost"] for row in rows] == ["0.00", "0.50"]
    assert not any(name.startswith("original restored") for name in rows[0])
    shares = MODEL.probabilities.max(1)[:2]
    assert [float(row["opc share"]) for row in rows] == pytest.approx(shares, abs=1e-4)
    assert {row["part"] for row in rows} == {"forget"}
    whole = csv.DictReader(io.StringIO(selection_csv(chosen(), chosen().where)))
    assert [row["part"] for row in whole] == ["forget", "forget", "retain", "retain"]


def test_each_rate_is_of_its_own_flags_and_of_the_forgotten_alone():
    """Of five forgotten of eight selected: 1 right, 2 and 3 restored, 4 taken for training data."""
    labels, gone = np.array([0, 0, 0, 1, 1, 0, 1, 1]), np.arange(8) < 5
    samples = Samples(np.arange(8), labels, gone, ["cat", "dog"])

    def right(count: int) -> np.ndarray:
        """Answers of which so many of the forgotten are right, and all of the kept."""
        return np.where((np.arange(8) < count) | ~gone, labels, 1 - labels)

    model = known(
        "opc",
        right(1),
        restored={"retain": right(2), "all": right(3)},
        member=np.array([1.0, 1, 1, 1, 0, 1, 1, 1]),
        member_limit=0.5,
    )
    mixed = Chosen(samples, [model], [None], np.arange(8), some=True)
    table = _summary(mixed)
    heads = re.findall(r'<th scope="col">(.*?)</th>', table)
    cells = re.findall(r"<td>(.*?)</td>", table)
    told = dict(zip(heads, cells, strict=True))
    for head, hits in (
        ("forgotten samples it answers right", 1),
        ("restored by whoever holds retained data alone", 2),
        ("restored by whoever holds all data", 3),
        ("taken for training data", 4),
    ):
        assert f"({hits} of 5;" in told[head], head


def test_neighbours_lost_are_a_mean_over_all_selected():
    """Of the forgotten 0 and 50 % are lost, of the kept 50 and 100 %."""
    lost = re.findall(r"<td>([^<]*)</td></tr>", _summary(chosen()))
    assert lost == ["–", "50&nbsp;%"]  # an original has lost none
    some = re.findall(r"<td>([^<]*)</td></tr>", _summary(chosen(Selection(samples=(12, 13)))))
    assert some[-1] == "75&nbsp;%"


def test_rates_stand_beside_the_best_constant_answer_to_the_forgotten():
    """Of five forgotten samples three are of one class; of the kept most are of another."""
    labels = np.array([0, 0, 0, 1, 2, 1, 1, 1, 1])
    samples = Samples(np.arange(9), labels, np.arange(9) < 5, ["cat", "dog", "cow"])
    mixed = Chosen(samples, [], [], np.arange(9), some=True)
    assert baseline_words(mixed).startswith(
        "Of the 5 forgotten samples here. Who answers one class for everything gets 60 % of them."
    )
    kept = Chosen(samples, [], [], np.arange(5, 9), some=True)
    assert baseline_words(kept).startswith("None of these samples is to be forgotten")


def test_the_table_has_each_models_own_answers():
    columns, _ = _columns(chosen(), np.array([3, 0]))
    names = SAMPLES.class_names
    for model in (ORIGINAL, MODEL):
        shares = model.probabilities[[3, 0]]
        for text, row in zip(columns[model.label], shares, strict=True):
            assert text.startswith(f"{names[row.argmax()]}  {100 * row.max():.0f} %")
    assert [text.endswith("↩") for text in columns["opc"]] == [False, True]


@pytest.mark.slow
def test_a_model_is_compared_with_the_original_of_its_seed():
    study = open_study(Store(shipped_root()), "digits")
    originals = {m.seed: m for m in study.models if m.method.info.name == "original"}
    stored = {
        seed: m.artefact("maps").arrays("maps.npz")["probabilities"]
        for seed, m in originals.items()
    }
    assert len({each.tobytes() for each in stored.values()}) == 5
    models = [m for m in study.models if m.method.info.name == "opc"]
    assert {m.seed for m in models} < originals.keys()
    for model in models:
        found = original_of(study, model, len(stored[model.seed]))
        np.testing.assert_array_equal(found.probabilities, stored[model.seed])
        assert found.key == originals[model.seed].key
    assert original_of(study, originals[0], 1) is None
    shown = library.columns(study, tuple(m.key for m in models))
    both = Chosen.of(study, library.samples(study)[0], shown, Selection())
    assert [m.key for m in both.models] == [m.key for m in models]
    assert [o.key for o in both.originals] == [originals[m.seed].key for m in models]
    apart = 0
    for each, model in zip(both.models, models, strict=True):
        arrays = model.artefact("samples").arrays("samples.npz")
        np.testing.assert_array_equal(each.restored["retain"], arrays["restored"])
        np.testing.assert_array_equal(each.restored["all"], arrays["restored_all"])
        apart += not np.array_equal(arrays["restored"], arrays["restored_all"])
    assert apart


@pytest.mark.parametrize("classes", [1, 2, 100])
def test_any_number_of_classes(classes):
    labels = np.arange(200) % classes
    samples = Samples(np.arange(200), labels, labels == 0, [f"c{i}" for i in range(classes)])
    where = positions(samples, Selection(classes=(0,)))
    one = Chosen(samples, [known("m", labels)], [None], where, some=True)
    assert len(one.forgotten) == len(where) == (labels == 0).sum()
    assert selection_csv(one, where).count("\n") == 1 + len(where)
