"""A study of generators in which every figure differs, by model and place; its pictures, too."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from opcviz.artefacts.kind import get_kind
from opcviz.common.records import Undefined
from opcviz.methods import method_settings
from opcviz.results import (
    AddressResult,
    AddressSearch,
    AddressStart,
    Dose,
    DoseResult,
    DrawnPictures,
    GenerationResult,
    HeldOutLoss,
    JudgeReport,
    MatchedDose,
    PictureQuality,
    RegenerationResult,
    Regrowth,
    RelearnedPictures,
    RelearnedShots,
    ReopenedResult,
)
from opcviz.study import Store, preset
from opcviz.study.spec import model_place

__all__ = ["NAMES", "DrawnStudy", "write_drawn_study"]

NAMES = ("original", "retrain", "address_swap", "rl_diffusion", "opc_any_address")
FORGOTTEN, SHAPE, SHOWN, STEPS = 3, (1, 8, 8), 16, 25
ATTACK, DOSES, LOOKS = (0, 25, 100, 400), (30, 80, 300), (0, 60, 120, 180, 240, 300)


@dataclass(frozen=True)
class DrawnStudy:
    """What was written, and where.

    Attributes:
        place: of the study.
        keys: of the models, by method.
        records: by method and kind.
    """

    place: str
    keys: dict[str, str] = field(default_factory=dict)
    records: dict[tuple[str, str], object] = field(default_factory=dict)


def write_drawn_study(root: Path) -> DrawnStudy:
    """Write it into a store.

    Args:
        root: of the store.
    """
    plan, store = preset("digits-generator"), Store(root)
    study = plan.study.replace(name="drawn")  # not the shipped one
    made = DrawnStudy(study.place)
    store.write_study(study.place, study.to_dict() | {"data_digest": "none"})
    labels = np.arange(50) % 10
    with store.writing(study.place, "probe", {"probe": study.evidence.probe}) as folder:
        np.savez_compressed(
            folder / "probe.npz",
            ids=np.arange(50),
            labels=labels,
            forget=labels == FORGOTTEN,
            pictures=_pictures(_random("probe"), 50),
        )
        about = {"class_names": [str(c) for c in range(10)], "forget_classes": [FORGOTTEN]}
        (folder / "result.json").write_text(json.dumps(about | {"sizes": {"forget_train": 140}}))
    for name in NAMES:
        method = method_settings(name)
        place = model_place(study, method, 0)
        made.keys[name] = place.rpartition("/")[2]
        question = {"method": name, "seed": 0, "settings": method.to_dict()}
        with store.writing(place, "model", question) as folder:
            trained = {"status": "finished", "history": [], "seconds": 1.0}
            (folder / "result.json").write_text(json.dumps(trained))
            points = _random(f"{name} points").random((2, 50, 2), np.float32)
            np.savez_compressed(folder / "trajectory.npz", ids=np.arange(50), points=points)
        for kind, (record, arrays) in _answers(_random(name), name).items():
            asked = get_kind(kind).question(study.evidence)
            with store.writing(place, kind, asked) as folder:
                (folder / "result.json").write_text(json.dumps(record.to_dict()))
                np.savez_compressed(folder / "pictures.npz", **arrays)
            made.records[name, kind] = record
    return made


def _random(text: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(text.encode()))


def _pictures(draw: np.random.Generator, *count: int) -> np.ndarray:
    """Pictures whose every step and place differs."""
    return draw.integers(0, 256, (*count, *SHAPE), dtype=np.uint8)


def _judged(draw: np.random.Generator, *count: int, name: str = "") -> dict[str, np.ndarray]:
    return {
        f"{name}judged": draw.integers(0, 11, count),
        f"{name}genuine": draw.random(count) < 0.5,
    }


def _answers(draw: np.random.Generator, name: str) -> dict[str, tuple[object, dict]]:
    def share(high: float = 100.0) -> float:
        return round(float(draw.uniform(0, high)), 1)

    def curve(steps: tuple[int, ...]) -> tuple[Regrowth, ...]:
        points = ((step, share()) for step in steps)
        return tuple(Regrowth(step, judged, round(judged / 3, 1)) for step, judged in points)

    def drawn() -> DrawnPictures:
        judged = share()
        return DrawnPictures(judged, judged / 2, share(20), share(), share(2), {"3": judged}, 400)

    def search(starts: tuple[str, ...]) -> AddressSearch:
        tried = tuple(AddressStart(start, tuple(draw.random(len(LOOKS)))) for start in starts)
        course = curve(LOOKS)
        found = course[-1].judged, course[-1].genuine, share(1)
        return AddressSearch(*found, starts[-1], LOOKS, course, tried, 36, 200)

    distances = share(2), share(2)
    quality = PictureQuality(share(), {}, *distances, share(1), share(1), share(3), share(3), 450)
    judge = JudgeReport(99.0, {"3": 90.0}, {"gaussian": 0.5}, 0)
    generation = GenerationResult(
        drawn(), drawn(), quality, share(9), HeldOutLoss(share(1), share(1), 36), judge,
        name == "retrain", STEPS, 1.0,
    )  # fmt: skip
    shown = (len(ATTACK), SHOWN)
    answers: dict[str, tuple[object, dict]] = {
        "generation": (
            generation,
            {
                "path": _pictures(draw, STEPS, SHOWN),
                "asked": _pictures(draw, 64),
                **_judged(draw, 64, name="asked_"),
                "unconditional": _pictures(draw, 64),
                **_judged(draw, 64, name="unconditional_"),
                "grid": _pictures(draw, 10, 10),
            },
        ),
        "regeneration": (
            RegenerationResult(curve(ATTACK), 200),
            {"pictures": _pictures(draw, *shown), **_judged(draw, *shown)},
        ),
        "concept_inversion": (
            AddressResult(search(("mean",)), search(("mean", "own", "null"))),
            {
                "quick": _pictures(draw, len(LOOKS), SHOWN),
                **_judged(draw, len(LOOKS), SHOWN, name="quick_"),
                "strong": _pictures(draw, len(LOOKS), SHOWN),
                **_judged(draw, len(LOOKS), SHOWN, name="strong_"),
            },
        ),
        "reopened_address": (
            ReopenedResult(100, search(("mean", "own", "null"))),
            {
                "strong": _pictures(draw, len(LOOKS), SHOWN),
                **_judged(draw, len(LOOKS), SHOWN, name="strong_"),
            },
        ),
        "relearned_pictures": (
            RelearnedPictures((RelearnedShots(10, curve(ATTACK)),), 200),
            {"pictures": _pictures(draw, 1, *shown), **_judged(draw, 1, *shown)},
        ),
    }
    if name not in ("original", "retrain"):
        rows = tuple(Dose(dose, curve(ATTACK)) for dose in DOSES)
        matched: MatchedDose | Undefined = MatchedDose(80, 0.5, curve(ATTACK))
        if name == "address_swap":
            matched = Undefined("it is one step")
        every = (len(DOSES), *shown)
        answers["dose"] = (
            DoseResult(rows, matched, 2e-4, 200),
            {"pictures": _pictures(draw, *every), **_judged(draw, *every)}
            | {"matched": _pictures(draw, *shown), **_judged(draw, *shown, name="matched_")},
        )
    return answers
