import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opcviz.common.config import ConfigError, fingerprint
from opcviz.data import DataError, DataSpec, Images, Scenario, assemble, load, probe_set


def toy(labels, names=None) -> Images:
    labels = np.asarray(labels)
    x = np.zeros((len(labels), 1, 4, 4), np.uint8)
    every = np.unique(labels)
    return assemble("toy", (x, labels), (x[: len(every)], every), names)


@pytest.fixture(scope="module")
def digits() -> Images:
    return load(DataSpec())


def check_partition(split, images):
    for part, y in (("train", images.y_train), ("test", images.y_test)):
        forget, retain = getattr(split, f"forget_{part}"), getattr(split, f"retain_{part}")
        assert forget.dtype == retain.dtype == torch.int64
        assert sorted([*forget.tolist(), *retain.tolist()]) == list(range(len(y)))
        assert forget.tolist() == sorted(forget.tolist())


@pytest.mark.parametrize(
    "text",
    ["classes:0,1,2", "classes:3", "classes:cat,maple tree", "random:10%", "random:0.25%"],
)
def test_text_round_trip(text):
    assert str(Scenario.parse(text)) == text
    assert Scenario.parse(str(Scenario.parse(text))) == Scenario.parse(text)


@given(st.floats(0, 100, exclude_min=True, exclude_max=True))
def test_every_share_survives_as_text(percent):
    scenario = Scenario("random", percent=percent)
    assert Scenario.parse(str(scenario)).percent == percent


def test_equal_questions_are_equal():
    assert Scenario.parse("classes: 2, dog,0,1,cat") == Scenario.parse("classes:0,1,2,cat,dog")
    assert Scenario.from_dict({"classes": [2, 1]}) == Scenario.parse("classes:1,2")
    assert Scenario.from_dict("random:5%") == Scenario("random", percent=5)
    assert Scenario("random", classes=("7",), percent=5) == Scenario("random", percent=5)
    for text in ("classes:1,cat", "random:5%"):
        scenario = Scenario.parse(text)
        assert Scenario.from_dict(scenario.to_dict()) == scenario


def test_identity_tells_questions_apart():
    texts = ("classes:0", "classes:0,1", "random:10%", "random:11%")
    assert len({fingerprint(Scenario.parse(text).identity()) for text in texts}) == 4
    assert Scenario.parse("classes:1,0").identity() == {"kind": "classes", "value": ["0", "1"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no valid choice"),
        ("0,1", "is no valid choice"),
        ("half:50%", "is no valid choice"),
        ("classes:", "is no valid choice"),
        ("classes:1,,2", "at least one class"),
        ("classes:1,1", "named twice"),
        ("random:10", "% sign"),
        ("random:ten%", "% sign"),
        ("random:0%", "between 0 and 100"),
        ("random:100%", "between 0 and 100"),
        ("random:-5%", "below the least"),
        ("random:101%", "above the greatest"),
        ("random:nan%", "finite"),
    ],
)
def test_unusable_text_is_refused(text, said):
    with pytest.raises(ConfigError, match=said):
        Scenario.parse(text)


class TestClasses:
    def test_split(self, digits):
        split = Scenario.parse("classes:2,0").split(digits)
        check_partition(split, digits)
        assert split.classes == (0, 2)
        for part, y in (("train", digits.y_train), ("test", digits.y_test)):
            assert set(y[getattr(split, f"forget_{part}")].tolist()) == {0, 2}
            assert set(y[getattr(split, f"retain_{part}")].tolist()) == {1, *range(3, 10)}

    def test_names(self):
        images = toy([0, 1, 2, 1], ("Ant", "maple tree", "bee"))
        for text in ("classes:maple tree", "classes:MAPLE TREE", "classes:1", "classes:#1"):
            assert Scenario.parse(text).split(images).forget_train.tolist() == [1, 3]
        assert Scenario.parse("classes:bee,0").split(images).classes == (0, 2)

    def test_a_number_that_is_also_another_class_name_must_be_made_plain(self):
        images = toy([0, 1, 2], ("1", "2", "ant"))
        with pytest.raises(DataError, match="write #0 or #1"):
            Scenario.parse("classes:1").split(images)
        assert Scenario.parse("classes:#1").split(images).classes == (1,)
        padded = toy([0, 1, 2], ("00", "01", "02"))
        assert Scenario.parse("classes:01").split(padded).classes == (1,)
        assert Scenario.parse("classes:2").split(padded).classes == (2,)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("classes:10", "has no class '10'; it has 0 to 9"),
            ("classes:cat", "has no class 'cat'"),
            ("classes:-1", "has no class '-1'"),
            ("classes:1,#1", "twice"),
            ("classes:0,1,2,3,4,5,6,7,8,9", "all 10 classes"),
        ],
    )
    def test_refused(self, digits, text, said):
        with pytest.raises(DataError, match=said):
            Scenario.parse(text).split(digits)


class TestRandom:
    def test_same_seed_same_samples(self, digits):
        scenario = Scenario.parse("random:10%")
        a, b, c = (scenario.split(digits, seed) for seed in (0, 0, 1))
        check_partition(a, digits)
        assert torch.equal(a.forget_train, b.forget_train)
        assert not torch.equal(a.forget_train, c.forget_train)
        assert a.classes == ()
        assert len(a.forget_test) == 0
        assert len(a.retain_test) == 360

    def test_draw_never_changes(self, digits):
        # Ids of stored studies come from this draw.
        ids = Scenario.parse("random:10%").split(digits, seed=7).forget_train
        assert (len(ids), int(ids.sum()), ids[:5].tolist()) == (144, 108271, [6, 7, 14, 48, 70])

    @given(
        counts=st.lists(st.integers(1, 60), min_size=2, max_size=8),
        percent=st.floats(1, 99),
        seed=st.integers(0, 2**32 - 1),
    )
    @settings(max_examples=60, deadline=None)
    def test_share_of_the_whole_and_of_every_class(self, counts, percent, seed):
        images = toy(np.repeat(np.arange(len(counts)), counts))
        total = math.floor(percent / 100 * sum(counts) + 0.5)
        scenario = Scenario("random", percent=percent)
        if total in (0, sum(counts)):
            with pytest.raises(DataError, match="leaves no"):
                scenario.split(images, seed)
            return
        split = scenario.split(images, seed)
        check_partition(split, images)
        assert len(split.forget_train) == total
        drawn = images.y_train[split.forget_train].bincount(minlength=len(counts))
        for got, count in zip(drawn.tolist(), counts, strict=True):
            assert abs(got - percent / 100 * count) < 1

    def test_every_sample_has_the_same_chance(self):
        images = toy(np.arange(40) % 2)
        hits = sum(
            torch.bincount(Scenario.parse("random:25%").split(images, s).forget_train, minlength=40)
            for s in range(400)
        )
        # Binomial(400, 1/4): sd 8.7; 40 samples within 4.5 sd
        assert (hits - 100).abs().max() < 39


class TestIndices:
    IDS = (5, 0, 1436, 17)

    def files(self, folder):
        np.save(folder / "a.npy", np.array(self.IDS, np.int32))
        (folder / "b.txt").write_text("# chosen by hand\n5\n\n0 # first\n1436\n17\n")
        (folder / "c.csv").write_text("5,x\n0,y\n1436,z\n17,w\n")
        (folder / "d.csv").write_text("label,ID\n3,5\n3,0\n1,1436\n2,17\n")
        (folder / "e.csv").write_text("\ufeffsample\n5\n0\n1436\n17\n", encoding="utf-8")
        (folder / "f.csv").write_text('"index","note"\n"5","a, b"\n0,\n1436,\n17,\n')
        return sorted(folder.iterdir())

    def test_every_format_is_the_same_question(self, tmp_path, digits):
        scenarios = [Scenario.parse(f"indices:{file}") for file in self.files(tmp_path)]
        for scenario in scenarios:
            split = scenario.split(digits)
            check_partition(split, digits)
            assert split.forget_train.tolist() == sorted(self.IDS)
            assert len(split.forget_test) == 0
            assert Scenario.parse(str(scenario)) == scenario
        assert len({fingerprint(s.pinned().identity()) for s in scenarios}) == 1

    def test_content_is_part_of_the_identity(self, tmp_path, digits):
        file = tmp_path / "ids.txt"
        file.write_text("1\n2\n")
        before = Scenario.parse(f"indices:{file}").pinned()
        stored = before.to_dict()
        file.write_text("1\n3\n")
        after = Scenario.parse(f"indices:{file}").pinned()
        assert before.identity() != after.identity()
        assert after.split(digits).forget_train.tolist() == [1, 3]
        assert Scenario.from_dict(stored) == before
        with pytest.raises(DataError, match="has changed"):
            Scenario.from_dict(stored).split(digits)
        file.unlink()
        again = Scenario.from_dict(stored)
        assert again == again.pinned() == before  # a stored study opens without its file
        assert again.identity() == before.identity()

    def test_making_one_touches_no_disk(self, tmp_path, digits):
        file = tmp_path / "ids.txt"
        scenario = Scenario.parse(f"indices:{file}")  # there is no such file yet
        assert Scenario.from_dict(scenario.to_dict()) == scenario
        assert scenario.replace(path=str(tmp_path / "other.txt")).digest == ""
        for ask in (scenario.pinned, lambda: scenario.split(digits)):
            with pytest.raises(DataError, match="no file"):
                ask()
        file.write_text("4\n2\n")
        assert scenario.split(digits).forget_train.tolist() == [2, 4]
        assert scenario.digest == ""
        assert scenario.pinned().digest == scenario.pinned().identity()["value"]

    def test_its_identity_is_known_once_it_is_pinned_and_reads_no_file(self, tmp_path):
        file = tmp_path / "ids.txt"
        file.write_text("4\n2\n")
        scenario = Scenario.parse(f"indices:{file}")
        pinned = scenario.pinned()
        file.unlink()
        with pytest.raises(ConfigError, match=r"indices:.*ids\.txt: .* take `pinned\(\)`"):
            scenario.identity()
        assert pinned.identity() == {"kind": "indices", "value": pinned.digest}

    def test_pinned_ones_are_the_same(self):
        assert Scenario.parse("random:5%").pinned() == Scenario.parse("random:5%")

    def test_replace_reads_the_new_file(self, tmp_path, digits):
        for name, text in (("a.txt", "1"), ("b.txt", "2")):
            (tmp_path / name).write_text(text)
        scenario = Scenario.parse(f"indices:{tmp_path / 'a.txt'}")
        other = scenario.replace(path=str(tmp_path / "b.txt"))
        assert other.split(digits).forget_train.tolist() == [2]

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("a.txt", "", "is empty"),
            ("a.txt", "# nothing\n", "holds no ids"),
            ("a.txt", "1\n-2\n", "id -2 is negative"),
            ("a.txt", "1\n2\n1\n", "id 1 occurs more than once"),
            ("a.txt", "1\n2.5\n", "line 2: '2.5' is no integer"),
            ("a.txt", "1 2\n", "line 1: '1 2' is no integer"),
            ("a.txt", "99999999999999999999\n", "cannot be read"),
            ("a.csv", "id\n1\n\nx\n", "line 4: 'x' is no integer"),
            ("a.csv", "2.5\n3\n", "line 1: '2.5' is no integer"),
            ("a.csv", "note,id\nfirst\n", "line 2: '' is no integer"),
            ("a.npy", "nonsense, not an array", "wrong first bytes"),
            ("a.json", "[1]", r"\.npy, \.txt or \.csv"),
        ],
    )
    def test_refused_files(self, tmp_path, name, content, said):
        (tmp_path / name).write_text(content)
        with pytest.raises(DataError, match=said) as caught:
            Scenario.parse(f"indices:{tmp_path / name}").pinned()
        assert name in str(caught.value)

    @pytest.mark.parametrize(
        "array",
        [np.array([1.0, 2.0]), np.array([[1, 2]]), np.array([True, False]), np.array(3)],
        ids=["float", "2-d", "mask", "scalar"],
    )
    def test_refused_arrays(self, tmp_path, array):
        np.save(tmp_path / "a.npy", array)
        with pytest.raises(DataError, match="wants integers"):
            Scenario.parse(f"indices:{tmp_path / 'a.npy'}").pinned()

    def test_pickled_objects_are_never_loaded(self, tmp_path):
        np.save(tmp_path / "a.npy", np.array([1, None], dtype=object), allow_pickle=True)
        with pytest.raises(DataError, match="without object arrays"):
            Scenario.parse(f"indices:{tmp_path / 'a.npy'}").pinned()

    def test_missing_file(self, tmp_path):
        with pytest.raises(DataError, match="no file"):
            Scenario.parse(f"indices:{tmp_path / 'none.txt'}").pinned()

    def test_ids_must_fit_the_data(self, tmp_path):
        images = toy([0, 1, 0, 1])
        file = tmp_path / "ids.txt"
        file.write_text("4\n")
        with pytest.raises(DataError, match="id 4 is outside the train set"):
            Scenario.parse(f"indices:{file}").split(images)
        file.write_text("0\n1\n2\n3\n")
        with pytest.raises(DataError, match="leaves no retain data"):
            Scenario.parse(f"indices:{file}").split(images)


class TestProbe:
    @pytest.mark.parametrize("text", ["classes:0,1,2", "classes:3", "random:10%"])
    def test_is_a_fixed_ordered_subset(self, digits, text):
        split = Scenario.parse(text).split(digits, 0)
        ids = probe_set(digits, split, 300, seed=0)
        assert ids.dtype == torch.int64
        assert len(ids) == len(set(ids.tolist())) == 300
        assert torch.equal(ids, probe_set(digits, split, 300, seed=0))
        assert not torch.equal(ids, probe_set(digits, split, 300, seed=1))
        keys = list(zip(digits.y_train[ids].tolist(), ids.tolist(), strict=True))
        assert keys == sorted(keys)

    def test_three_of_ten_classes_are_exactly_balanced(self, digits):
        split = Scenario.parse("classes:0,1,2").split(digits)
        ids = probe_set(digits, split, 500)
        assert digits.y_train[ids].bincount().tolist() == [50] * 10

    @pytest.mark.parametrize("text", ["classes:3", "random:10%"])
    def test_a_small_forget_part_fills_a_third(self, digits, text):
        split = Scenario.parse(text).split(digits, 0)
        ids = probe_set(digits, split, 300)
        forget = torch.isin(ids, split.forget_train)
        assert forget.sum() == 100
        retained = digits.y_train[ids[~forget]].bincount()
        retained = retained[retained > 0]
        assert retained.max() - retained.min() <= 1

    def test_a_small_retain_part_fills_a_third(self, digits):
        split = Scenario.parse("classes:0,1,2,3,4,5,6,7,8").split(digits)
        ids = probe_set(digits, split, 300)
        assert torch.isin(ids, split.retain_train).sum() == 100

    def test_takes_what_there_is(self, digits, tmp_path):
        (tmp_path / "few.txt").write_text("3\n4\n")
        split = Scenario.parse(f"indices:{tmp_path / 'few.txt'}").split(digits)
        ids = probe_set(digits, split, 300)
        assert len(ids) == 300
        assert {3, 4} <= set(ids.tolist())
        assert probe_set(digits, split, 10**6).sort().values.tolist() == list(range(1437))
        with pytest.raises(DataError, match="at least 1"):
            probe_set(digits, split, 0)

    @pytest.mark.slow
    @given(
        counts=st.lists(st.integers(1, 25), min_size=2, max_size=6),
        percent=st.floats(5, 95),
        sizes=st.tuples(st.integers(1, 100), st.integers(1, 100)),
        seed=st.integers(0, 1000),
    )
    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
    def test_smaller_probe_is_inside_the_larger(self, counts, percent, sizes, seed):
        images = toy(np.repeat(np.arange(len(counts)), counts))
        try:
            split = Scenario("random", percent=percent).split(images, seed)
        except DataError:
            return
        small, large = (probe_set(images, split, size, seed) for size in sorted(sizes))
        assert set(small.tolist()) <= set(large.tolist())
        assert len(large) == min(max(sizes), sum(counts))
