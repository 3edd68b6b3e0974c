"""Few-shot recovery on Instruments: lines, band and floors are the stored figures."""

from __future__ import annotations

import json
import shutil

import pytest
from drawn import levels, lines, near
from reading import captions, charts, fine
from streamlit.testing.v1 import AppTest
from worst_study import BLOCKS, CONSTANT, GIVEN, SEEDS, Worst

from opcviz.common.records import Undefined
from opcviz.results import PIXELS, FewShotResult, FewShotRung
from opcviz.study import Store

SHOWN = (("original", 1), ("retrain", 0), ("ft", 2))
LABELS = ("Original · seed 1", "Retrained · seed 0", "Fine-tuning · seed 2")
PLACES = (PIXELS, *BLOCKS)


@pytest.fixture
def instruments(visit, worst) -> AppTest:
    keys = ",".join(worst.keys[each] for each in SHOWN)
    return visit("instruments", study=worst.place, models=keys)


def best(worst: Worst, who: tuple[str, int], given: int, place: str) -> FewShotRung:
    """Found without the record's own help."""
    made = worst.records[who]["few_shot"].rungs
    found = [r for r in made if (r.attempt.given, r.attempt.place) == (given, place)]
    assert len(found) == 2
    return max(found, key=lambda rung: rung.attempt.recovered)


@pytest.mark.slow
@pytest.mark.parametrize("given", GIVEN)
def test_every_place_from_so_many_pictures_and_whom_it_is_drawn_beside(
    instruments, worst, given
) -> None:
    app = instruments
    if given != GIVEN[0]:
        app.button_group(key="few.given").set_value(given).run()
        fine(app)
    (chart,) = charts(app, "few")
    drawn = lines(chart)

    def share(who: tuple[str, int], place: str) -> float:
        return best(worst, who, given, place).attempt.recovered

    told = {line["name"]: line["customdata"] for line in chart["data"] if "customdata" in line}
    for label, who in zip(LABELS, SHOWN, strict=True):
        assert drawn[label] == near([share(who, place) for place in PLACES])
        for place, words in zip(PLACES, told[label], strict=True):
            rung = best(worst, who, given, place)
            rule = {"few_shot": "distance", "few_shot_cosine": "direction"}[rung.attempt.attacker]
            assert words.startswith(
                f"{rung.attempt.recovered:.1f} % (draws {rung.least:.1f} to {rung.most:.1f}) · by "
                f"{rule}"
            )
            assert words.endswith(f"retained ones right: {rung.retain_accuracy:.1f} %")
    band = [[share(("retrain", seed), place) for seed in SEEDS] for place in PLACES]
    assert drawn["retrained, lowest"] == near([min(each) for each in band])
    assert drawn["retrained, highest"] == near([max(each) for each in band])
    floor = [[share(("untrained", seed), place) for seed in SEEDS] for place in PLACES]
    assert drawn["untrained"] == near([max(each) for each in floor])
    assert drawn["pixels"] == near([max(share(who, PIXELS) for who in SHOWN)] * len(PLACES))
    assert levels(chart, "dash") == [CONSTANT]
    (read,) = [text for text in captions(app) if "whose mean is nearest" in text]
    assert ("one picture of each" if given == 1 else f"{given} pictures of each") in read
    assert "50 draws" in read
    assert "scored on 107 " in read
    assert "The verdict takes what comes back from 1 of each class, each rule by itself." in read


@pytest.mark.slow
def test_where_there_is_no_such_attack_it_is_said_why(visit, worst, store) -> None:
    """Samples were forgotten, not classes: that is no lack of a measurement."""
    why = "here it is samples that were forgotten"
    kept = Store(store)
    for who in worst.keys.values():
        place = f"{worst.place}/models/{who}"
        (folder,) = (store / "studies" / place).glob("few_shot-*")
        question = json.loads((folder / "artefact.json").read_text())["question"]
        shutil.rmtree(folder)
        with kept.writing(place, "few_shot", question) as again:
            nothing = FewShotResult(Undefined(why), 50, ())
            (again / "result.json").write_text(json.dumps(nothing.to_dict()))
    keys = ",".join(worst.keys[each] for each in SHOWN)
    app = visit("instruments", study=worst.place, models=keys)
    assert not charts(app, "few")
    assert f"There is no such attack here: {why}." in captions(app)
