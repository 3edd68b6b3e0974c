"""Files that are whole to the byte and hold what cannot be drawn: what of them is read."""

from __future__ import annotations

import numpy as np
import pytest

from opcviz.study import Store, open_study, shipped_root
from opcviz.study.shapes import FORMS, fitting, whole

N, K, E, P, CLASSES = 6, 3, 4, 2, 10
PICTURE = (1, 3, 3)


def counted(*shape, of=np.float32):
    return np.zeros(shape, of)


def sound(name: str) -> dict[str, np.ndarray]:
    """Arrays that fit the form of a file, of the lengths above."""
    sizes = {"samples": N, "epochs": E, "pictures": P, "frames": E, "nearest": K}
    sizes |= {"classes": CLASSES, "channels": 1, "height": 3, "width": 3, "looks": E, "drawn": P}
    sizes |= {"shown": P, "measured": N, "time": 9, "sections": 2, "stations": K, "places": E}
    types = {np.integer: np.int64, np.floating: np.float32, np.number: np.uint8}
    found = {}
    for each, form in FORMS[name].arrays.items():
        shape = [sizes.get(axis, axis) for axis in form.axes if axis is not ...]
        found[each] = counted(*shape, of=types.get(form.dtype, form.dtype))
    return found | ({"pca": counted(N, 2)} if name == "maps.npz" else {})


FLOATS = counted(N, K)
FLOATS[0] = np.nan
CASES = [  # file, array, what stands in its place (None: nothing), what is left out
    ("trajectory.npz", "ids", None, "all"),
    ("trajectory.npz", "points", None, "all"),
    ("trajectory.npz", "points", counted(E, N, 3), "all"),
    ("trajectory.npz", "points", counted(0, N, 2), "all"),
    ("trajectory.npz", "points", counted(E, N - 1, 2), "all"),
    ("trajectory.npz", "groups", counted(E + 1, N, of=np.int16), "groups"),
    ("trajectory.npz", "groups", np.full((E, N), N, np.int16), "groups"),
    ("trajectory.npz", "rebuilt", counted(E - 1, P, *PICTURE, of=np.uint8), "rebuilt"),
    ("trajectory.npz", "rebuilt", counted(E, of=np.uint8), "rebuilt"),
    ("trajectory.npz", "rebuilt_psnr", counted(E - 1, P), "rebuilt_psnr"),
    ("trajectory.npz", "rebuilt_psnr", counted(E), "rebuilt_psnr"),
    ("samples.npz", "neighbours", np.full((N, K), N), "neighbours"),
    ("samples.npz", "neighbours", np.full((N, K), -1), "neighbours"),
    ("samples.npz", "neighbours", FLOATS, "neighbours"),
    ("samples.npz", "neighbours", counted(N, of=np.int32), "neighbours"),
    ("samples.npz", "restored", counted(N, 2, of=np.int16), "restored"),
    ("samples.npz", "restored_all", np.full(N, CLASSES), "restored_all"),
    ("samples.npz", "member", counted(N, 2), "member"),
    ("samples.npz", "member", np.array(0.5), "member"),
    ("samples.npz", "groups", np.array(1), "groups"),
    ("maps.npz", "probabilities", counted(N), "probabilities"),
    ("maps.npz", "probabilities", counted(N, CLASSES + 1), "probabilities"),
    ("maps.npz", "pca", np.array(0.0), "pca"),
    ("maps.npz", "pca", counted(N, 3), "pca"),
    ("entropy.npz", "norm", counted(N + 1), "all"),
    ("inversion.npz", "reconstructions", counted(P, 9, of=np.uint8), "all"),
    ("waveforms.npz", "made", counted(P, 9, 1), "all"),
    ("waveforms.npz", "s_shift", counted(N + 1), "all"),
    ("conditions.npz", "shown", np.full(P, N), "all"),
    ("conditions.npz", "another", None, ""),
    ("conditions.npz", "section_s", counted(2, K + 1), "section_s"),
    ("regrown.npz", "section", counted(K), "all"),
    ("inversion.npz", "frames", None, ""),
    ("probe.npz", "labels", np.full(N, CLASSES), "all"),
    ("probe.npz", "forget", None, "all"),
    ("bench.npz", "frames", counted(P, *PICTURE, of=np.uint8), "all"),
    ("bench.npz", "frames", counted(E, P, *PICTURE), "all"),
    ("bench.npz", "frames", counted(E, 1, *PICTURE, of=np.uint8), "all"),
    ("bench.npz", "steps", counted(E - 1, of=np.int32), "all"),
    ("bench.npz", "steps", np.full(E, np.nan), "all"),
    ("bench.npz", "psnr", counted(E), "all"),
    ("means.npz", "pictures", counted(CLASSES, *PICTURE), "all"),
    ("means.npz", "classes", np.array(3), "all"),
    ("means.npz", "classes", counted(CLASSES, 1, of=np.int64), "all"),
]


def lengths(name):
    return {} if name == "means.npz" else {"classes": CLASSES, "pictures": P}


@pytest.mark.parametrize("name", FORMS)
def test_what_fits_is_read_whole(name):
    arrays = sound(name)
    found, wrong = fitting(name, arrays, lengths(name))
    assert (found.keys(), wrong) == (arrays.keys(), [])


@pytest.mark.parametrize(("name", "array", "instead", "lost"), CASES)
def test_what_does_not_fit_is_left_out_and_nothing_else(name, array, instead, lost):
    arrays = {k: v for k, v in sound(name).items() if k != array}
    if instead is not None:
        arrays[array] = instead
    found, wrong = fitting(name, arrays, lengths(name))
    if lost == "all":
        assert not found
    elif lost:
        assert found.keys() == arrays.keys() - {lost}
    else:  # a picture's steps say nothing without its frames
        assert found.keys() == arrays.keys() - {"steps"}
    assert bool(lost) == bool(wrong)
    assert all(said.startswith("'") for said in wrong)  # each names its array
    assert whole(name, lambda: arrays, lengths(name)) == (not wrong)


def test_of_a_file_that_nothing_is_known_of_everything_fits():
    arrays = {"any": counted(2)}
    assert fitting("own.npz", arrays) == (arrays, [])


def test_every_shipped_file_of_a_model_fits():
    study = open_study(Store(shipped_root()), "digits")
    model = next(m for m in study.models if m.method.info.name == "opc")
    seen = set()
    for path in sorted((shipped_root() / "studies" / model.place).glob("*/*.npz")):
        with np.load(path) as file:
            assert fitting(path.name, dict(file), {"classes": 10})[1] == []
        seen.add(path.name)
    assert {"trajectory.npz", "maps.npz", "samples.npz", "inversion.npz"} <= seen
