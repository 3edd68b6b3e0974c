"""Pages over a store with damaged files: what is wrong is said, the rest is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath

import numpy as np
import pytest
from stored import borrow, rewrite, rewrite_arrays

from opcviz.study import Store, open_study, shipped_root


@pytest.fixture
def copied(store: Path) -> Callable[..., Path]:
    """Puts the shipped study into the visitor's own store, where it hides the shipped one; the
    folders of these files may be changed."""

    def put(*files: str) -> Path:
        place = open_study(Store(shipped_root()), "digits").place
        folders = {str(PurePath(file).parent) for file in files}
        return borrow(shipped_root() / "studies" / place, store / "studies" / place, *folders)

    return put


def garble(folder: Path, pattern: str) -> Path:
    """Spoil the one file of this name."""
    (path,) = folder.glob(pattern)
    path.write_bytes(b"\xff" * path.stat().st_size)
    return path


SPOILT = {
    "evidence": "models/opc-*-s0/evidence-*/result.json",
    "model": "models/delete-*-s0/model-*/result.json",
    "trajectory": "models/rl-*-s0/model-*/trajectory.npz",
    "maps": "models/ft-*-s0/maps-*/maps.npz",
    "membership": "models/ssd-*-s0/membership-*/result.json",
}
"""Each of another model: of one, a page would look at no more than the first."""

READ = {
    "side_by_side": {"evidence", "model", "maps"},
    "scoreboard": {"evidence", "model", "membership"},
    "instruments": {"evidence", "model", "membership"},
    "lab": set(),
}
"""What each page draws of a shown model at first sight; what it does not read it does not miss."""


@pytest.mark.slow
@pytest.mark.parametrize("page", READ)
def test_a_damaged_file_costs_its_own_numbers_alone(copied, visit, page):
    folder = copied(*SPOILT.values())
    paths = {kind: garble(folder, pattern) for kind, pattern in SPOILT.items()}
    shown = ",".join(path.parents[1].name for path in paths.values())
    app = visit(page, study=folder.name, models=shown)
    assert not app.exception
    assert not app.error
    key = "store.told"
    told = list(app.session_state[key]) if key in app.session_state else []
    said = {
        kind
        for kind, path in paths.items()
        if any(str(path) in each and "`opcviz run`" in each for each in told)
    }
    assert said >= READ[page]
    assert all(path.exists() for path in paths.values())


@pytest.mark.parametrize("file", ["probe.npz", "result.json"])
def test_without_its_probe_set_a_study_is_not_drawn(copied, visit, file):
    folder = copied("probe-*/*")
    path = garble(folder, f"probe-*/{file}")
    app = visit(study=folder.name)
    assert not app.exception
    assert [str(path) in each.value and "`opcviz run`" in each.value for each in app.error] == [
        True
    ]
    assert app.selectbox(key="head.study").options  # another one can be chosen


@pytest.mark.slow
@pytest.mark.parametrize("page", ["side_by_side", "instruments"])
def test_a_number_that_cannot_be_is_damage_though_its_file_is_whole(copied, visit, page):
    study = copied("models/opc-*-s0/evidence-*/*")
    (folder,) = study.glob("models/opc-*-s0/evidence-*")

    def spoil(result):
        result["accuracy"]["forget_test"] = 140.0

    rewrite(folder, spoil)
    app = visit(page, study=study.name)
    assert not app.exception
    said = [each.value for each in (*app.caption, *app.markdown)]
    said += [each.proto.body for each in app.get("html")]
    said += [each.proto.json for each in app.get("bidi_component")]
    assert any("140.0 does not lie in 0 to 100" in text for text in said), said


MISSHAPEN = {
    "models/opc-*-s0/model-*/trajectory.npz": lambda a: a.pop("ids"),
    "models/opc-*-s0/maps-*/maps.npz": lambda a: a.update(probabilities=a["probabilities"][:, 0]),
    "models/opc-*-s0/samples-*/samples.npz": lambda a: a.update(
        neighbours=a["neighbours"] + len(a["neighbours"]), restored=np.array(1)
    ),
    "means-*/means.npz": lambda a: a.update(pictures=a["pictures"] / 255),
}
"""Files whose hash is right and whose arrays cannot be drawn."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "read"),
    [
        ("side_by_side", {"maps.npz", "samples.npz", "means.npz"}),
        ("race", {"trajectory.npz"}),
    ],
)
def test_arrays_that_cannot_be_drawn_cost_their_own_part_alone(copied, visit, page, read):
    folder = copied(*MISSHAPEN)
    for pattern, change in MISSHAPEN.items():
        (path,) = folder.glob(pattern)
        rewrite_arrays(path, change)
    app = visit(page, study=folder.name)
    assert not app.exception
    assert not app.error
    told = app.session_state["store.told"]
    assert all(str(folder) in said and "is damaged ('" in said for said in told)
    assert {said.partition(" is damaged")[0].rpartition("/")[2] for said in told} == read
    assert all("makes it anew" in said for said in told)
