"""Rows on how things are fitted, set and counted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from opcviz.common.json_types import Plain
from opcviz.common.statistics import rate_interval
from opcviz.study import StudyResult
from opcviz.study.table import columns

from . import readings as read
from .claim import NO_SEED, Claim, Figure, Measured, Shown, Studies, of, per_seed, shown
from .remade import Remade

__all__ = [
    "REPORTED_RL",
    "bootstrap",
    "in_sample",
    "one_statistic",
    "ridges",
    "tuned_for_classes",
]

ALL, CHANCE = (100.0, 100.0), 0.5
REPORTED_RL: dict[str, Plain] = {"lr": 0.005, "epochs": 3, "batch_size": 64}  # of the review
REFERENCES = "with originals and retrained models of four seeds"


def in_sample(s: Studies, remade: Remade) -> Claim:
    """Fit and score on different pictures."""
    same, others = read.in_sample("forget")
    at = partial(per_seed, s.samples)
    (column,) = [column for column in columns("unlearning") if column.name == "FM"]
    fm = read.fm()
    table = {
        m.seed: (f"FM {value:.1f}", (unseen := fm(m.results)) is not None and value == unseen.value)
        for m in of(s.samples, "rl")
        if (value := column.value(m.results)) is not None
    }
    return Claim(
        "FM fitted on the forget data recovers all of it (RL, random tenth)",
        "The same map, cross-fitted (kind `evidence`, fit set `forget`)",
        (
            Figure("RL with the settings for classes, in-sample, %", ALL, remade.in_sample),
            Figure(
                "RL with the settings for classes, cross-fitted, %",
                (80.6, 80.6),
                remade.cross_fitted,
                "at most",
                note="since then RL draws and orders its labels as its authors do",
            ),
            Figure("RL with the settings for samples, in-sample, %", None, at("rl", same)),
            Figure("RL with the settings for samples, cross-fitted, %", None, at("rl", others)),
        ),
        (Shown("FM in the table should be of samples that it was not fitted on", table),),
    )


def ridges(measured: Mapping[int, Measured]) -> Claim:
    """A penalty relative to the features' size."""
    return Claim(
        "The ridge sweep shows how robust a recovery is",
        "The same features times 0.1 and 10 (`opcviz.attacks.recovery.recover`); the ridge is "
        "relative to the features' size",
        (
            Figure(
                "retrained, greatest change at any ridge, points",
                None,
                measured,
                note="reported: 96.5 to 42.3 at an absolute ridge of 10; to be at most 0.5",
            ),
        ),
        (
            Shown(
                "no recovered figure should change by more than 0.5 points",
                {s: (f"{m.value:.2f} points", m.value <= 0.5) for s, m in measured.items()},
            ),
        ),
    )


def tuned_for_classes(s: Studies, for_classes: Remade, reported: Remade) -> Claim:
    """Settings of the scenario."""
    at = partial(per_seed, s.samples)
    return Claim(
        "RL points at the forgotten tenth (LiRA 0.07)",
        f"Settings tuned for samples, not for classes; LiRA {REFERENCES} (kind `reference`)",
        (
            Figure(
                "RL with the settings for classes, LiRA, AUC",
                (0.07, 0.07),
                for_classes.lira,
                form=".2f",
            ),
            Figure(
                "RL with the settings reported, LiRA, AUC",
                (0.43, 0.43),
                reported.lira,
                form=".2f",
                note=_said(REPORTED_RL),
            ),
            Figure(
                "RL of the study, LiRA, AUC",
                None,
                at("rl", read.lira("online")),
                form=".2f",
                note=_settings(s.samples),
            ),
            Figure("RL, TA, %", (98.3, 98.3), at("rl", read.accuracy("retain_test"))),
        ),
        (
            shown(
                s.samples,
                "rl",
                "as in retrained models",
                lambda v: v.gone == "as in retrained models",
            ),
        ),
    )


def _settings(study: StudyResult | None) -> str:
    """Of RL in a study, in words."""
    told = [model.method.to_dict() for model in of(study, "rl")]
    return _said(told[0]) if told else ""


def _said(settings: Mapping[str, Plain]) -> str:
    return f"lr {settings['lr']}, {settings['epochs']} epochs"


def one_statistic(s: Studies) -> Claim:
    """Several statistics, each with its interval."""
    at = partial(per_seed, s.samples)
    return Claim(
        "NegGrad+ remembers: online LiRA 0.61",
        f"Offline LiRA, RMIA and a two-sided distance {REFERENCES} (kind `reference`); shadow "
        "unlearned models on request (kind `shadows`)",
        tuple(
            Figure(f"NegGrad+, {name}, AUC", told, at("neggrad_plus", read.lira(name)), form=".2f")
            for name, told in (
                ("online", (0.61, 0.61)),
                ("offline", (0.42, 0.42)),
                ("rmia", None),
                ("distance", None),
            )
        ),
        (_several(s.samples),),
    )


def _several(study: StudyResult | None) -> Shown:
    """Whether RMIA, too, finds more than chance in what the verdict calls not gone."""
    rmia = per_seed(study, "neggrad_plus", read.lira("rmia"))
    seeds = {}
    for model in of(study, "neggrad_plus"):
        words = study.verdict(model).words if study else ""
        if (found := rmia.get(model.seed)) is not None:
            told = f"{words}; RMIA {found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
            seeds[model.seed] = told, not words.startswith("not gone") or found.low > CHANCE
    return Shown("neggrad_plus should be called not gone only if RMIA says so too", seeds)


def bootstrap() -> Claim:
    """Intervals of rates near 0."""
    none, one = rate_interval(0, 430), rate_interval(1, 430)
    exact = rate_interval(0, 430, method="exact")

    def upper(ends: tuple[float, float]) -> dict[int, Measured]:
        return {NO_SEED: Measured(ends[1], ends[1] - 0.005, ends[1] + 0.005)}  # two decimals

    growing = f"{none[1]:.2f} of 0, {one[1]:.2f} of 1"
    return Claim(
        "One bootstrap interval fits every rate",
        "Wilson's interval (`opcviz.common.statistics.rate_interval`); paired statistics for two "
        "models on the same pictures",
        (
            Figure("0 of 430, upper end, exact, %", (0.85, 0.85), upper(exact), form=".2f"),
            Figure("0 of 430, upper end, Wilson, %", None, upper(none), form=".2f"),
            Figure(
                "1 of 430, upper end, Wilson, %",
                (0.70, 0.70),
                upper(one),
                "at least",
                ".2f",
                note="reported is the bootstrap's end, below that of 0 hits",
            ),
        ),
        (Shown("the upper end should grow with the hits", {NO_SEED: (growing, one[1] > none[1])}),),
    )
