"""The rows of deeper contraction: what each attacker gets, place by place.

Reported are an independent review's prototypes (seeds 0 and 1); where the stored study has no such
model the figure says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from opcviz.study import StudyResult

from . import readings as read
from .claim import Claim, Figure, Sense, Shown, Studies, per_seed, shown
from .rows import AS_RETRAINED

__all__ = ["deep_rows"]

Range = tuple[float, float]
PLACES = ("stem", "stage1", "stage2", "stage3", "features")
BUDGET = (
    "RBF maps of every block, unpooled, scored on forget test pictures (kind `strongest`); "
    "relearning with fresh last blocks, 10 pictures a class, by SGD and by steps in proportion to "
    "each weight (kind `relearned`; reported: SGD alone, three rates)"
)


def deep_rows(s: Studies) -> Iterator[Claim]:
    """Retrained, OPC on features, and the deep members."""
    yield _member(
        s.classes,
        "retrain",
        "What never saw the classes gives nothing away",
        (99.2, 99.6),
        ((100, 100), (100, 100), (100, 100), (99, 99), (100, 100)),
        ((89, 90), (83, 85)),
        "about",
        shown(
            s.classes,
            "retrain",
            "as in retrained models",
            lambda v: v.gone == "as in retrained models",
        ),
    )
    yield _member(
        s.classes,
        "opc",
        "OPC on features is deep",
        (99.2, 99.6),
        ((98, 98), (99, 99), (99, 99), (32, 32), (31, 31)),
        ((98, 98), (90, 94)),
        "about",
        shown(s.classes, "opc", "hidden", lambda v: v.gone == "hidden"),
    )
    yield _member(
        s.classes,
        "opc_deep",
        "Contraction of every block lies below the retrained model (three classes; reported of a "
        "prototype with another recipe: OPC on blocks, 120 epochs, lr 0.1)",
        (97.2, 98.0),
        ((97, 97), (71, 71), (34, 34), (35, 35), (35, 35)),
        ((32, 34), (46, 77)),
        "at most",
        _kept(s.classes, "opc_deep"),
    )
    yield _member(
        s.one,
        "opc_retain_like",
        "Retain-like contraction of the features is deep (one class)",
        None,
        (None, None, None, None, None),
        ((70, 78), (81, 87)),
        "about",
        None,
    )
    yield _member(
        s.one,
        "opc_deep_retain_like",
        "Retain-like contraction of every block lies below the retrained model (one class; "
        "reported of a prototype with another recipe)",
        (97.2, 98.1),
        (None, None, None, (54, 60), (38, 49)),
        ((22, 24), (35, 35)),
        "at most",
        _kept(s.one, "opc_deep_retain_like"),
    )


def _kept(study: StudyResult | None, method: str) -> Shown:
    return shown(
        study,
        method,
        "as in retrained models or beyond, and undamaged",
        lambda v: v.gone in AS_RETRAINED and v.kept == "yes",
    )


def _member(
    study: StudyResult | None,
    method: str,
    claim: str,
    ta: Range | None,
    rbf: tuple[Range | None, ...],
    anew: tuple[Range, ...],
    sense: Sense,
    says: Shown | None,
) -> Claim:
    at = partial(per_seed, study, method)
    found = [Figure("TA, %", ta, at(read.accuracy("retain_test")), "at least")]
    found += [
        Figure(f"RBF on {place}, %", told, at(read.ladder("rbf", place, _view(place))), sense)
        for place, told in zip(PLACES, rbf, strict=True)
    ]
    found += [
        Figure(f"relearned, last {k} anew, %", told, at(read.relearned(k, 10)), sense)
        for k, told in enumerate(anew, 1)
    ]
    return Claim(f"{method}: {claim}", BUDGET, tuple(found), (says,) if says else ())


def _view(place: str) -> str | None:
    return None if place == "features" else "unpooled"
