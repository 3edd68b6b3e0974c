import base64
import io

import numpy as np
import pytest
from PIL import Image

from opcviz.ui.charts.maps_component import Panel, Samples, extent_of, linked_maps
from opcviz.ui.charts.maps_component.payload import build_payload

RNG = np.random.default_rng(0)
N, C = 7, 4


def samples(**changes):
    fields = {
        "ids": np.arange(N) * 10,
        "labels": np.array([0, 1, 2, 3, 0, 1, 2]),
        "forget": np.isin([0, 1, 2, 3, 0, 1, 2], [0, 1]),
        "class_names": ["zero", "one", "two", "three"],
        "pictures": RNG.integers(0, 256, (N, 1, 8, 6), np.uint8),
    }
    return Samples(**{**fields, **changes})


def unpack(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_coordinates_and_answers_arrive_as_they_are():
    points = RNG.normal(size=(N, 2)).astype(np.float32)
    p = RNG.dirichlet(np.ones(C), N)
    payload = build_payload([Panel("OPC", points, p, origin=(9.0, 9.0))], samples())
    panel = payload["panels"][0]
    assert np.array_equal(unpack(panel["xy"], "<f4").reshape(N, 2), points)
    best = unpack(panel["best"], "<u2").reshape(N, 3)
    assert np.array_equal(best, np.argsort(-p, 1)[:, :3])
    share = unpack(panel["share"], "<u2").reshape(N, 3) / 10_000
    assert np.allclose(share, -np.sort(-p, 1)[:, :3], atol=1e-4)
    assert panel["extent"][1] == panel["extent"][3] == 9.0  # the origin is kept in view
    assert unpack(payload["ids"], "<i4").tolist() == [0, 10, 20, 30, 40, 50, 60]


def test_atlas_holds_every_thumbnail_at_its_place():
    probe = samples()
    atlas = build_payload([Panel("a", reason="r")], probe)["atlas"]
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(atlas["url"].split(",")[1]))))
    assert (atlas["width"], atlas["height"]) == (6, 8)
    for i, picture in enumerate(probe.pictures[:, 0]):
        y, x = divmod(i, atlas["columns"])
        assert np.array_equal(sheet[y * 8 : y * 8 + 8, x * 6 : x * 6 + 6], picture)


def test_forgotten_classes_against_forgotten_samples():
    assert samples().forgotten_classes == {0, 1}
    single = samples(forget=np.arange(N) == 0)
    assert single.forgotten_classes == frozenset()


def test_extent_modes():
    a, b = np.array([[0, 0], [1, 2.0]]), np.array([[5, 5], [np.nan, 9]])
    probe = samples(ids=[0, 1], labels=[0, 1], forget=[True, False], pictures=None)
    own = build_payload([Panel("a", a), Panel("b", b)], probe)["panels"]
    assert [p["extent"] for p in own] == [[0, 1, 0, 2], [4, 6, 4, 6]]
    shared = build_payload([Panel("a", a), Panel("b", b)], probe, extent="shared")["panels"]
    assert [p["extent"] for p in shared] == [[0, 5, 0, 5]] * 2
    fixed = build_payload([Panel("a", a)], probe, extent=(-1, 1, -1, 1))["panels"]
    assert fixed[0]["extent"] == [-1, 1, -1, 1]
    assert extent_of() == (-1, 1, -1, 1)


def test_a_map_without_finite_points_becomes_its_reason():
    panel = Panel("GA", np.full((N, 2), np.nan), reason="diverged at step 120")
    assert panel.points is None
    assert build_payload([panel], samples())["panels"][0]["reason"] == "diverged at step 120"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: samples(labels=np.zeros(3)), "7 ids but 3 labels"),
        (lambda: samples(pictures=np.zeros((2, 8, 8), np.uint8)), "7 ids but 2 pictures"),
        (lambda: samples(ids=np.zeros(N)), "ids repeat"),
        (lambda: samples(class_names=["a"]), "there are 1 class names"),
        (lambda: Panel("x"), "needs a reason"),
        (lambda: Panel("x", np.zeros((N, 3))), r"not \(N, 2\)"),
        (lambda: build_payload([Panel("x", np.zeros((3, 2)))], samples()), r"not \(7, 2\)"),
        (
            lambda: build_payload([Panel("x", np.zeros((N, 2)), np.zeros((N, 2)))], samples()),
            r"probabilities are \(7, 2\), not \(7, 4\)",
        ),
        (lambda: linked_maps([], samples(), key="m"), "at least one panel"),
    ],
)
def test_what_does_not_fit_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_coincident_samples_are_sent_at_one_place_and_named():
    probe = samples()
    n = len(probe.ids)
    rng = np.random.default_rng(0)
    points = rng.normal(size=(n, 2)).astype(np.float32)
    groups = np.full(n, -1, np.int16)
    groups[:3] = 0
    points[2] = np.nan  # it has no place
    (panel,) = build_payload([Panel("a", points, groups=groups)], probe)["panels"]
    sent = unpack(panel["xy"], "<f4").reshape(-1, 2)
    middle = points[:2].astype(float).mean(0)
    assert sent[0] == pytest.approx(middle)
    assert np.array_equal(sent[0], sent[1])
    assert np.isnan(sent[2]).all()
    assert np.array_equal(sent[3:], points[3:])
    assert np.array_equal(unpack(panel["groups"], "<i2"), groups)


def test_frames_have_groups_of_their_own():
    probe = samples()
    n = len(probe.ids)
    frames = np.random.default_rng(1).normal(size=(2, n, 2)).astype(np.float32)
    groups = np.full((2, n), -1, np.int16)
    groups[1, :2] = 0
    panel = Panel("a", frames[-1], frames=frames, epochs=(0, 1), groups=groups)
    (sent,) = build_payload([panel], probe)["panels"]
    drawn = unpack(sent["frames"], "<u2").reshape(2, n, 2)
    assert not np.array_equal(drawn[0, 0], drawn[0, 1])
    assert np.array_equal(drawn[1, 0], drawn[1, 1])
    assert np.array_equal(unpack(sent["groups"], "<i2"), groups.ravel())


def test_groups_of_another_number_of_samples_are_refused():
    probe = samples()
    panel = Panel("a", np.zeros((len(probe.ids), 2)), groups=np.zeros(2, np.int16))
    with pytest.raises(ValueError, match=r"Panel 'a': groups are \(2,\)"):
        build_payload([panel], probe)
