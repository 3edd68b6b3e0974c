"""What the inversion bench says of a search, on numbers made up here."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

from opcviz.results.bench import BenchResult
from opcviz.study.bench_job import BenchJob, Search
from opcviz.ui.reading.bench import Found, Live, steps_told, steps_within
from opcviz.ui.sections.inversion_bench_found import _how_to_read, _saying, _track

NONE = "no gradient reaches the body"


def told(**about) -> list[str]:
    """What stands below the name of a model in which four pictures were searched for."""
    pictures = np.zeros((4, 1, 8, 8), np.uint8)
    record = BenchResult(**{"reason": (None,) * 4, "settled": (True,) * 4, **about})
    scores = np.ones((1, 4), np.float32)
    made = Found(record, (5,), pictures[None], scores, scores)
    return list(_track("OPC", "#123456", made, pictures).told)


def test_the_gradient_is_the_bodys_mean():
    norms = {"gradient_norm": (8.0, 8.0, 8.0, 8.0), "body_gradient_norm": (0.1, 0.2, None, 0.9)}
    assert told(**norms) == ["gradient in the body 0.4"]
    assert told(gradient_norm=(8.0,) * 4, body_gradient_norm=(None,) * 4) == []


@pytest.mark.parametrize(
    ("settled", "reason", "says"),
    [
        ((True, False, True, True), (None,) * 4, ["1 of 4 stopped short"]),
        ((True, True, True, True), (None,) * 4, []),
        # what has no score was not searched for, and stopped nowhere
        ((False, False, False, True), (None, None, NONE, None), ["2 of 3 stopped short"]),
        ((True, True, False, True), (None, None, NONE, None), []),
    ],
)
def test_searches_that_stopped_short_are_counted_among_those_made(settled, reason, says):
    assert told(settled=settled, reason=reason) == says


def test_a_random_gradient_is_beside_what_was_searched():
    assert told(random_gradient=9.5) == ["random gradient 9.5 dB"]
    assert told(random_gradient=9.5, reason=(NONE,) * 4) == []
    assert told(random_gradient=9.5, reason=(NONE,) * 3 + (None,)) == ["random gradient 9.5 dB"]


def figures(text: str) -> list[int]:
    """The numbers in a sentence, in their order."""
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)]


@pytest.mark.parametrize("steps", [1, 4, 59, 60, 200, 20_000])
@pytest.mark.parametrize("restarts", [1, 2, 16])
def test_the_steps_that_are_told_add_up_to_those_that_are_counted(steps, restarts):
    """The setting is of the last search alone; what chooses its start comes before."""
    search = Search(steps=steps, restarts=restarts)
    parts = figures(steps_within(search))
    starts, scouting, rest = (1, *parts) if restarts == 1 else parts
    assert (starts, rest) == (restarts, steps)
    assert starts * scouting + rest == search.most_steps
    assert figures(steps_told(search)) == [search.most_steps, *parts]
    shown = figures(_how_to_read(search))  # along the slider
    assert shown == [scouting, rest]
    assert sum(shown) == search.attack.frame_steps[-1]


def test_the_steps_of_a_block_are_those_of_all_its_rounds():
    search = Search(block="stem", steps=50, slope=True)
    most, rounds, each = figures(steps_told(search))
    assert (rounds * each, each) == (most, 50)
    assert most == search.most_steps
    assert "masked" not in steps_told(search)  # a slope is for gradients
    assert "as many again where its gradient is masked" in steps_told(Search(slope=True))


@pytest.mark.parametrize(("batches", "says"), [(1, ""), (3, " (3 batches of 320)")])
def test_a_search_under_way_counts_to_what_was_announced(batches, says):
    search = Search(steps=200, restarts=2)
    run = SimpleNamespace(cancelling=False, job=BenchJob("s", ("m",), (1,), search).to_dict())
    assert search.most_steps == 320
    live = Live("r", models="OPC", step=70, steps=320 * batches)
    assert _saying(run, live) == (
        f"Searching in OPC, step 70 of at most {320 * batches}{says}: "
        "up to 2 starts of 60 steps each to choose from, then 200 from the best"
    )
    assert "step 0" not in _saying(run, Live("r", models="OPC"))
