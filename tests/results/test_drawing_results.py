"""Results about models that draw survive JSON."""

from __future__ import annotations

import json

import pytest

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
    Record,
    RegenerationResult,
    Regrowth,
    RelearnedPictures,
    RelearnedShots,
    Undefined,
)

CURVE = (Regrowth(0, 1.0, 0.5), Regrowth(25, 56.0, 35.0), Regrowth(50, 50.0, 40.0))
SHOWN = DrawnPictures(1.0, 0.5, 12.0, 80.0, 0.2, {"3": 1.0, "8": 87.0}, 400)
SEARCH = AddressSearch(
    66.0, 60.0, 0.31, "mean", (0, 150), CURVE, (AddressStart("mean", (0.9, 0.31)),), 36, 200
)
RESULTS = [
    GenerationResult(
        SHOWN,
        SHOWN,
        PictureQuality(
            99.0, {"0": 99.0}, 0.26, 0.15, 0.93, 0.75, 1.86, Undefined("no test pictures"), 450
        ),
        3.4,
        HeldOutLoss(0.27, 0.33, 37),
        JudgeReport(99.7, {"3": 87.0}, {"gaussian": 0.0}, 0),
        untrained=True,
        steps=25,
        guidance=1.0,
    ),
    RegenerationResult(CURVE, 200, "diverged at step 60"),
    DoseResult((Dose(30, CURVE),), MatchedDose(20, 0.5, CURVE), 2e-4, 200),
    DoseResult((Dose(30, CURVE),), Undefined("it never looks forgotten"), 2e-4, 200),
    AddressResult(SEARCH, SEARCH),
    RelearnedPictures((RelearnedShots(10, CURVE),), 200),
]


@pytest.mark.parametrize("result", RESULTS, ids=lambda each: type(each).__name__)
def test_a_result_survives_json(result: Record) -> None:
    written = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert type(result).from_dict(written, strict=True) == result


def test_the_worst_point_of_a_curve_has_the_most_genuine_pictures() -> None:
    assert RegenerationResult(CURVE, 200).worst.steps == 50
