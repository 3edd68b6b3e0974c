"""Entropy panels, recovery in detail, the seeds' line, and cells that need a reason."""

from dataclasses import replace

import known_results
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from opcviz.common.records import Record, Undefined
from opcviz.measures.entropy import entropy_view
from opcviz.results import RelearningResult, SizeCurve, SizeSweep
from opcviz.ui.charts.entropy import MIN_NORM, Points, entropy_figure
from opcviz.ui.sections import measures_table
from opcviz.ui.sections.recovery_detail import confusion_figure, sizes_figure
from opcviz.ui.sections.verdicts import seeds_line
from opcviz.verdict import Consensus


def points_of(scale: float, count: int = 40) -> Points:
    logits = scale * torch.randn(count, 10, generator=torch.Generator().manual_seed(0))
    view = entropy_view(logits)
    kept = (v.numpy().astype(np.float16) for v in (view.norm, view.entropy))
    return Points(*kept, np.arange(count) < count // 2)


def test_every_sample_is_in_its_panel_above_the_line():
    models = {"sharp": points_of(3.0), "contracted": points_of(1e-3)}
    figure = entropy_figure(models, 10)
    clouds = [t for t in figure.data if t.type == "scattergl"]
    assert [(t.name, len(t.x)) for t in clouds] == [("retain", 20), ("forget", 20)] * 2
    assert {t.xaxis for t in clouds} == {"x", "x2"}
    lines = [t for t in figure.data if t.type == "scatter"]
    for cloud in clouds:
        bound = np.interp(cloud.x, lines[0].x, lines[0].y)
        assert (np.asarray(cloud.y) >= bound - 0.01).all()
    contracted = clouds[3]
    assert (np.asarray(contracted.x) == np.float32(MIN_NORM)).all()  # the axis says ≤ there
    assert np.array_equal(contracted.customdata, models["contracted"].norm[:20])
    assert min(contracted.y) > 2.29
    assert figure.layout.xaxis.ticktext[0] == "≤0.1"


def test_forgotten_samples_on_one_spot_are_one_mark_with_their_count():
    apart, shrunk = points_of(3.0), points_of(1e-3)
    entropy = np.where(np.arange(40) == 3, 1.5, shrunk.entropy)  # one stands aside
    models = {
        "apart": replace(apart, together=True),
        "opc": replace(shrunk, entropy=entropy, together=True),
        "unknown": shrunk,
    }
    figure = entropy_figure(models, 10)
    (mark,) = [t for t in figure.data if t.mode == "markers+text"]
    assert mark.xaxis == "x2"
    assert mark.text == ("<b>19 on one spot</b>",)
    assert list(mark.x) == [MIN_NORM]
    clouds = [len(t.x) for t in figure.data if t.name == "forget"]
    assert clouds == [20, 1, 20]


def test_the_mark_stands_at_the_medians_of_what_lies_there():
    """Three forgotten samples on a spot; a fourth stands aside, as the kept one does."""
    norm = np.array([0.5, 0.502, 0.504, 25.0, 30.0])
    entropy = np.array([2.0, 2.002, 2.01, 0.2, 0.1])
    points = Points(norm, entropy, np.arange(5) < 4, together=True)
    (mark,) = [t for t in entropy_figure({"m": points}, 10).data if t.mode == "markers+text"]
    assert (mark.x[0], mark.y[0]) == pytest.approx((0.502, 2.002))
    assert "3 forgotten samples on one spot: norm 0.502, 2.002 nats" in mark.hovertemplate
    below = replace(points, norm=np.where(norm < 1, 0.01 * norm, norm))
    (mark,) = [t for t in entropy_figure({"m": below}, 10).data if t.mode == "markers+text"]
    assert mark.x[0] == MIN_NORM  # the axis says ≤ there, the words say what it is
    assert "norm 0.00502," in mark.hovertemplate


def test_panels_say_the_medians_of_the_forgotten():
    norm, entropy = np.array([0.5, 0.7, 0.6, 30.0]), np.array([2.0, 1.0, 1.5, 0.1])
    figure = entropy_figure({"m": Points(norm, entropy, np.arange(4) < 3)}, 10)
    assert figure.layout.annotations[0].text.endswith("norm 0.6, 1.50 nats")


def test_panels_say_the_medians_and_break_long_names():
    long = "OPC, retain-like, weight 3 and a very long setting, seed 0"
    figure = entropy_figure(dict.fromkeys([long, "b", "c", "d"], points_of(1.0)), 10)
    title = figure.layout.annotations[0].text
    assert title.count("<br>") >= 2
    assert title.endswith("nats")
    assert figure.layout.margin.t > 44


def test_a_model_whose_norms_are_huge_widens_the_axis():
    small, large = (entropy_figure({"m": points_of(s)}, 10) for s in (1.0, 100.0))
    assert large.layout.xaxis.range[1] > small.layout.xaxis.range[1]


def test_no_model_is_no_figure():
    with pytest.raises(ValueError, match="no model"):
        entropy_figure({}, 10)


labels = st.integers(0, 4).map(str)
tables = st.dictionaries(
    labels, st.dictionaries(labels, st.integers(1, 50), min_size=1), min_size=1
)


@pytest.mark.slow
@given(tables)
def test_confusion_rows_are_percent_of_their_class(counts):
    names = ["plane", "car", "bird", "cat", "deer"]
    figure = confusion_figure(counts, names)
    true = sorted(counts, key=int)
    assert list(figure.layout.yaxis.ticktext) == [names[int(label)] for label in true]
    for label, row in zip(true, figure.data[0].z, strict=True):
        total = sum(counts[label].values())
        assert sum(row) == pytest.approx(100)
        for answer, count in counts[label].items():
            assert row[int(answer)] == pytest.approx(100 * count / total)
    shares = [100 * counts[label].get(label, 0) / sum(counts[label].values()) for label in true]
    assert [note.text for note in figure.layout.annotations] == [f"{s:.0f} %" for s in shares]


def test_sizes_are_lines_with_their_own_ticks():
    two = (30.0, 40.0)
    curve = SizeCurve(two, two, two, two, (0.0, 0.0))
    sweep = SizeSweep("heldout", 3, (10, 20), (30, 60), 100, None, fm=curve)
    figure = sizes_figure({"a": sweep, "b": replace(sweep, per_class=(20, 50))}, constant=33)
    assert list(figure.layout.xaxis.tickvals) == [10, 20, 50]
    assert list(figure.data[0].y) == [30.0, 40.0]


def test_seeds_are_told_only_where_there_are_several():
    agreed = Consensus("hidden", {"hidden": 3}, (0, 1, 2), "high")
    assert seeds_line(agreed) == "Seeds 0, 1, 2: hidden × 3; high confidence"
    apart = Consensus(Undefined("they disagree"), {"deep": 2, "none": 1}, (2, 0, 1))
    assert seeds_line(apart) == "Seeds 0, 1, 2 disagree: deep × 2, no verdict × 1; low confidence"
    assert seeds_line(replace(agreed, seeds=())) == seeds_line(replace(agreed, seeds=(0,))) == ""


def cell(name: str, **answers: Record | Undefined) -> str | None:
    row = next(row for row in measures_table.declared() if row.name == name)
    model = known_results.known(**answers)
    return row.value(model, model)


def likelihood(**changes) -> Record:
    """LiRA's answer with two references outside."""
    told = {"variant": "offline", "variance": "global", "game": "models", "auc": None}
    told |= {"references": {"inside": 2, "outside": 2}, "tpr_at_fpr": None, "roc": None}
    return known_results.read("reference", {**told, **changes})


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        (None, "needs 3 seeds"),
        (Undefined("it has 2 reference models outside it"), "needs 3 seeds"),
        (Undefined("diverged at step 3"), "diverged at step 3"),
        (likelihood(reason={"auc": "12 samples are fewer"}), "12 samples are fewer"),
        (likelihood(reason={"auc": "wants at least 3 seeds"}), "needs 3 seeds"),
        (
            likelihood(
                references={"inside": 3, "outside": 2},
                reason={"auc": "a sample has 2 reference models outside it; 3 are the least"},
            ),
            "needs 4 seeds",
        ),
        (
            likelihood(auc=0.5, folds=[0.4, 0.6], tpr_at_fpr={"0.01": 0.034}),
            "0.50 (0.40 to 0.60), TPR 3.4 %",
        ),
        (likelihood(auc=0.5, tpr_at_fpr={"0.01": None}), "0.50"),
    ],
)
def test_the_likelihood_attack_says_what_it_lacks(reference, says):
    answers = {} if reference is None else {"reference": reference}
    assert cell("LiRA, retrained models", **answers) == says


def test_a_rate_that_is_not_resolved_has_no_number():
    found = known_results.record("membership")

    def model(rate):
        loss = replace(found.thresholds.loss, tpr_at_fpr={"0.01": rate})
        return replace(found, thresholds=replace(found.thresholds, loss=loss))

    name = "loss threshold, TPR at 1 % FPR"
    assert cell(name, membership=model(0.0)) == "0 %"
    assert cell(name, membership=model(Undefined())) == "too few unseen samples"


def test_an_attack_that_was_not_asked_for_is_not_measured():
    assert cell("from photographs", relearning=RelearningResult(100.0, {})) == "not measured"
    assert cell("from photographs") is None


def test_an_auc_that_is_not_there_says_why():
    name, reason = "separability, linear", "the features do not vary"
    found = known_results.record("evidence")

    def model(linear):
        return replace(found, separability=replace(found.separability, linear=linear))

    assert cell(name, evidence=model(Undefined(reason))) == reason
    assert cell(name, evidence=Undefined("diverged at step 3")) == "diverged at step 3"
    assert cell(name, evidence=model(Undefined())) == "undefined"
    assert cell(name, evidence=model(0.734)) == "0.73"


def test_outliers_among_forgotten_samples_are_those_of_the_train_set():
    found = known_results.record("membership")

    def model(test, train):
        parts = {"forget_test": test, "forget_train": train}
        changed = {
            part: replace(getattr(found.outliers, part), energy=value)
            for part, value in parts.items()
        }
        return replace(found, outliers=replace(found.outliers, **changed))

    few = Undefined("0 samples are fewer than 20")
    assert cell("outlier, energy", membership=model(0.9, 0.2)) == "0.90"
    assert cell("outlier, energy", membership=model(few, 0.2)) == "0.20 (train)"
    assert cell("outlier, energy", membership=model(few, Undefined())) == few.reason
