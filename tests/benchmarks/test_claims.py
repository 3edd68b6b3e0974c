"""The table of overturned claims: its rules and its rows, on constructed figures and models."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from constructed import World
from scipy.stats import binomtest

from benchmarks.claims import readings as read
from benchmarks.claims.__main__ import summary, to_markdown
from benchmarks.claims.claim import (
    NO_SEED,
    Claim,
    Figure,
    Measured,
    Shown,
    Studies,
    per_seed,
    shown,
)
from benchmarks.claims.deep import deep_rows
from benchmarks.claims.protocol import bootstrap, one_statistic, ridges, tuned_for_classes
from benchmarks.claims.remade import Remade
from benchmarks.claims.rows import nothing_left, rows
from benchmarks.claims.scaling import greatest_change
from opcviz.artefacts import ModelResults
from opcviz.common.records import Undefined
from opcviz.methods import method_settings
from opcviz.results import (
    Attempt,
    GameScore,
    LiraResult,
    ReferenceCounts,
    RelearnedResult,
    RelearningAttack,
    Rung,
    Sign,
    SignsResult,
    StrongestResult,
    TrainingResult,
)
from opcviz.verdict.words import in_words

NOTHING = Studies(None, None, None)


def figure(sense: str = "about", *values: Measured) -> Figure:
    return Figure("x", (90.0, 92.0), dict(enumerate(values)), sense)


@pytest.mark.parametrize(
    ("sense", "low", "high", "reached"),
    [
        ("about", 80, 89, False),
        ("about", 80, 90, True),
        ("about", 93, 99, False),
        ("at least", 93, 99, True),
        ("at least", 80, 89, False),
        ("at most", 93, 99, False),
        ("at most", 10, 20, True),
    ],
)
def test_reached_is_where_the_intervals_meet(sense, low, high, reached):
    assert figure(sense, Measured((low + high) / 2, low, high)).reached is reached


def test_the_spread_is_over_all_seeds():
    apart = Measured(70, 65, 75), Measured(99, 98, 100)
    assert figure("about", *apart).reached
    assert not any(figure("about", each).reached for each in apart)


def test_without_figures_nothing_is_reached():
    assert figure().reached is None
    assert "not in the store" in figure().told
    assert replace(figure("about", Measured.exact(1)), reported=None).reached is None


def test_a_figure_in_words():
    two = figure("about", Measured.exact(90), Measured.exact(91))
    assert two.told == "x: reported 90.0 to 92.0, measured 90.5 (90.0 to 91.0, 2 seeds): reached"
    other = Figure("y", (1.0, 1.0), {3: Measured.exact(5)}, note="why")
    assert other.told == "y: reported 1.0, measured 5.0 (seed 3): differs (why)"
    assert Figure("z", None, {NO_SEED: Measured.exact(5)}).told == "z, measured 5.0"


def test_what_is_shown_must_be_so_on_every_seed():
    words = Shown("opc should be hidden", {0: ("hidden", True), 1: ("beyond", False)})
    assert words.agrees is False
    assert words.told == "opc should be hidden: “hidden” (seed 0); “beyond” (seed 1): differs"
    assert Shown("x", {}).agrees is None
    assert Shown("x", {0: ("a", True), 2: ("a", True)}).told == "x: “a” (seeds 0, 2): agrees"


def model(method: str, seed: int, **answers: Any) -> SimpleNamespace:
    results = ModelResults(TrainingResult("finished"), answers)
    return SimpleNamespace(method=method_settings(method), seed=seed, results=results)


def study(*models: SimpleNamespace, verdict: Any = None) -> Any:
    return SimpleNamespace(models=list(models), verdict=lambda m: verdict)


def climbed(recovered: float, place: str = "stage2", view: str = "unpooled") -> StrongestResult:
    attempt = Attempt("rbf", place, view, "all", 99, recovered, 107, 34.0)
    rung = Rung(attempt, recovered, {}, 99.0, 0.0, 100.0, 8, 100)
    return StrongestResult(Undefined("not asked"), (rung,), "forget_test", 34.0)


def relearned(recovered: float, anew: int = 1, shots: int = 10) -> RelearnedResult:
    attack = RelearningAttack(anew, shots, recovered, (recovered,), "SGD", 99.0)
    return RelearnedResult((attack,), "forget_test", 107, 34.0, 1)


def verdict(gone: str, *, furthest: str = "rbf on stage2", why: str = "", depth: str = "stage3"):
    return SimpleNamespace(
        gone=gone,
        words=gone,
        furthest=SimpleNamespace(words=furthest),
        why=why,
        depth=depth,
        kept="yes",
    )


def test_hidden_must_name_its_attacker():
    for why, agrees in (("rbf on stage2 gets 99 %", True), ("an attacker gets 99 %", False)):
        made = study(model("opc", 0), verdict=verdict("hidden", why=why))
        said = shown(made, "opc", "hidden", lambda v: v.gone == "hidden")
        assert said.agrees is agrees
    assert shown(made, "rl", "hidden", lambda v: True).agrees is None


def test_a_rung_is_read_with_wilsons_interval():
    made = study(*(model("opc", s, strongest=climbed(v)) for s, v in enumerate((50.0, 60.0))))
    found = per_seed(made, "opc", read.ladder("rbf", "stage2", "unpooled"))
    assert [each.value for each in found.values()] == [50.0, 60.0]
    ends = binomtest(round(0.6 * 107), 107).proportion_ci(method="wilson")
    assert (found[1].low, found[1].high) == pytest.approx((100 * ends.low, 100 * ends.high))
    for other in (("mlp", "stage2", "unpooled"), ("rbf", "stage1", "unpooled")):
        assert not per_seed(made, "opc", read.ladder(*other))
    assert not per_seed(made, "opc", read.ladder("rbf", "stage2", "unpooled", "retain"))


def test_relearning_and_judges_are_read_by_name():
    signs = SignsResult((Sign("rbf", "logits", 0.9, 0.8, 1.0),), "test", (9, 9))
    made = study(model("opc", 0, relearned=relearned(96.0), signs=signs))
    assert per_seed(made, "opc", read.relearned(1, 10))[0].value == 96.0
    assert not per_seed(made, "opc", read.relearned(2, 10))
    assert not per_seed(made, "opc", read.relearned(1, 1))
    assert per_seed(made, "opc", read.auc(None, "logits"))[0] == Measured(0.9, 0.8, 1.0)
    assert not per_seed(made, "opc", read.auc("knn", "logits"))


def test_the_row_of_fresh_blocks():
    judged = verdict("hidden", why="rbf on stage2 gets 99 %")
    strong = study(model("opc", 0, relearned=relearned(97.2)), verdict=judged)
    weak = study(model("opc", 0, relearned=relearned(33.0)), verdict=judged)
    for made, reached in ((strong, True), (weak, False)):
        claim = nothing_left(replace(NOTHING, classes=made))
        (line,) = [f for f in claim.figures if f.what == "OPC, relearned, last 1 anew, %"]
        assert line.reached is reached
        assert claim.shown[0].agrees is True
    early = study(model("opc", 0), verdict=verdict("hidden", why="rbf on stage2", depth="stem"))
    assert nothing_left(replace(NOTHING, classes=early)).shown[0].agrees is False


def test_deep_rows_take_what_is_less_for_as_deep():
    kept = verdict("beyond")
    for value, reached in ((20.0, True), (99.0, False)):
        made = study(model("opc_deep", 0, strongest=climbed(value, "stage1")), verdict=kept)
        (claim,) = [c for c in deep_rows(replace(NOTHING, classes=made)) if "opc_deep:" in c.claim]
        (line,) = [f for f in claim.figures if f.what == "RBF on stage1, %"]
        assert line.reached is reached
        assert claim.shown[0].agrees is True


def test_rates_near_nothing():
    claim = bootstrap()
    assert [f.reached for f in claim.figures] == [True, None, True]
    assert claim.shown[0].agrees is True


def test_ridges_hold_to_half_a_point():
    assert ridges({0: Measured.exact(0.4)}).shown[0].agrees is True
    assert ridges({0: Measured.exact(0.6)}).shown[0].agrees is False


def test_the_size_of_features_changes_no_recovered_figure():
    torch.manual_seed(0)
    home = World(3)
    views = home.views(home.retrained)
    head = (
        torch.randn(home.classes, home.original.features["train"].shape[1]),
        torch.zeros(home.classes),
    )
    assert greatest_change(home.views(home.original), views, head, home.split) <= 0.5


def test_an_empty_store_is_told_row_by_row():
    found: list[Claim] = [*rows(NOTHING), *deep_rows(NOTHING)]
    text = to_markdown(found)
    assert len(text.splitlines()) == len(found) + 2
    assert all(line.count("|") == 5 for line in text.splitlines())
    assert "measured" not in text.split("Wilson's interval")[0]
    assert summary(found).startswith("2 figures reached, 0 differ")


def played(online: float, rmia: float, low: float) -> LiraResult:
    def score(auc: float, interval: tuple[float, float]) -> GameScore:
        return GameScore(auc, interval, None, None, 9)

    return LiraResult(
        variant="online",
        variance="global",
        game="models",
        references=ReferenceCounts(3, 3),
        auc=online,
        tpr_at_fpr=None,
        roc=None,
        statistics={"online": score(online, (0.5, 0.8)), "rmia": score(rmia, (low, 0.9))},
    )


@pytest.mark.parametrize(
    ("gone", "low", "agrees"),
    [("no", 0.45, False), ("no", 0.55, True), ("as in retrained models", 0.45, True)],
)
def test_one_statistic_alone_does_not_say_not_gone(gone, low, agrees):
    said = verdict(gone)
    said.words = in_words(gone, "no", "yes")
    made = study(model("neggrad_plus", 0, reference=played(0.61, 0.6, low)), verdict=said)
    claim = one_statistic(replace(NOTHING, samples=made))
    assert claim.shown[0].agrees is agrees
    assert claim.figures[0].reached is True


def test_settings_of_rl_are_told():
    made = study(model("rl", 0, reference=played(0.15, 0.2, 0.1)), verdict=verdict("hidden"))
    remade = Remade(lira={0: Measured.exact(0.42), 1: Measured.exact(0.44)})
    figures = {
        f.what: f
        for f in tuned_for_classes(replace(NOTHING, samples=made), Remade(), remade).figures
    }
    assert figures["RL with the settings reported, LiRA, AUC"].reached is True
    assert figures["RL with the settings for classes, LiRA, AUC"].reached is None
    assert "lr " in figures["RL of the study, LiRA, AUC"].told
