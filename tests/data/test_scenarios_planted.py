"""Forget sets that are planted in the train set, chosen by their looks, or drawn with a seed."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from opcviz.common.config import ConfigError, fingerprint
from opcviz.data import DataError, DataSpec, Images, Scenario, Tensors, digest, load, triggered
from opcviz.data.clients import LEAST, deal

PLANTED = ("confusion:3,5:50%", "trigger:0:10%")


@pytest.fixture(scope="module")
def digits() -> Images:
    return load(DataSpec())


def prepared(text: str, data: Images) -> tuple[Images, torch.Tensor]:
    scenario = Scenario.parse(text)
    changed = scenario.prepare(data)
    return changed, scenario.split(changed).forget_train


class TestText:
    @pytest.mark.parametrize(
        "text",
        [
            "random:10%@7",
            "subclass:3:1/4",
            "subclass:maple tree:2/3@5",
            "memorised:0.5%",
            "confusion:3,5:50%",
            "confusion:cat,dog:12.5%@9",
            "trigger:0:10%",
            "trigger:a:b:10%",
            "trigger:cat:10%:4@1",
        ],
    )
    def test_round_trip(self, text):
        scenario = Scenario.parse(text)
        assert str(scenario) == text
        assert Scenario.from_dict(scenario.to_dict()) == scenario

    def test_toml_form(self):
        table = {"kind": "trigger", "classes": [0], "percent": 10, "side": 3}
        assert Scenario.from_dict(table) == Scenario.parse("trigger:0:10%")
        assert Scenario.parse("random:10%@0") == Scenario.parse("random:10%")

    def test_every_setting_that_a_kind_uses_is_in_its_identity(self):
        texts = (
            "random:10%",
            "random:10%@7",
            "memorised:10%",
            "subclass:3:1/4",
            "subclass:3:2/4",
            "subclass:3:1/5",
            "confusion:3,5:50%",
            "confusion:3,5:50%@1",
            "confusion:3,6:50%",
            "trigger:0:50%",
            "trigger:0:50%:2",
        )
        assert len({fingerprint(Scenario.parse(t).identity()) for t in texts}) == len(texts)

    def test_what_was_there_keeps_its_identity(self):
        # Stored studies are found by it.
        assert Scenario.parse("random:10%").identity() == {"kind": "random", "value": 10.0}

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("confusion:3:50%", "confusion wants two, as in confusion:3,5:50%; got 3"),
            ("confusion:3,5", "write it as confusion:3,5:50%"),
            ("confusion:3,3:50%", "named twice"),
            ("confusion:3,5:50", "% sign, as in confusion"),
            ("confusion:3,5:100%", "between 0 and 100"),
            ("trigger:0", "write it as trigger:0:10%"),
            ("trigger:0,1:10%", "trigger wants one class"),
            ("trigger:0:10%:0", "below the least"),
            ("subclass:3", "write it as subclass:3:1/4"),
            ("subclass:3:5/4", "5 is above 4"),
            ("memorised:5", "% sign, as in memorised:5%"),
            ("poison:0:10%", r"write one of .*subclass:3:1/4 .* trigger:0:10% .*@SEED"),
            ("random:10%@9999999999", "above the greatest"),
        ],
    )
    def test_unusable_text_is_refused_with_the_right_form(self, text, said):
        with pytest.raises(ConfigError, match=said):
            Scenario.parse(text)


@pytest.mark.parametrize("text", PLANTED)
class TestPlanted:
    def test_the_data_given_are_not_changed(self, digits, text):
        before = digest(digits)
        changed, _ = prepared(text, digits)
        assert digest(digits) == before != digest(changed)
        assert torch.equal(changed.x_test, digits.x_test)
        assert torch.equal(changed.y_test, digits.y_test)

    def test_what_changed_is_the_forget_set_and_nothing_else(self, digits, text):
        changed, forget = prepared(text, digits)
        touched = changed.y_train != digits.y_train
        touched |= (changed.x_train != digits.x_train).flatten(1).any(1)
        assert torch.equal(touched.nonzero().flatten(), forget)
        assert torch.equal(digits.y_train[forget], changed.planted.labels)

    def test_same_seed_same_samples(self, digits, text):
        (a, ids), (b, again) = prepared(text, digits), prepared(text, digits)
        assert digest(a) == digest(b)
        assert torch.equal(ids, again)
        other, ids_of_other = prepared(f"{text}@7", digits)
        assert digest(other) != digest(a)
        assert not torch.equal(ids, ids_of_other)
        asked = Scenario.parse(text).prepare(digits, seed=7)
        assert torch.equal(asked.planted.ids, ids_of_other)

    def test_data_in_which_it_was_not_planted_are_refused(self, digits, text):
        scenario = Scenario.parse(text)
        with pytest.raises(DataError, match=r"holds nothing of it yet.*opcviz\.prepare"):
            scenario.split(digits)
        changed = scenario.prepare(digits)
        with pytest.raises(DataError, match="holds another"):
            Scenario.parse(f"{text}@7").split(changed)
        with pytest.raises(DataError, match="changed already"):
            Scenario.parse(f"{text}@7").prepare(changed)
        assert scenario.prepare(changed) is changed

    def test_moves_with_its_data(self, digits, text):
        moved = prepared(text, digits)[0].to("cpu")
        assert Scenario.parse(text).split(moved).forget_test.tolist() == []

    def test_only_labelled_pictures_can_hold_it(self, text):
        waves = Tensors("waves", *(torch.rand(8, shape) for shape in (5, 1, 5, 1)))
        with pytest.raises(DataError, match="not classes"):
            Scenario.parse(text).prepare(waves)


def test_other_kinds_leave_the_data_as_they_are(digits):
    assert Scenario.parse("classes:0,1,2").prepare(digits) is digits


def test_confusion_swaps_a_share_of_either_class(digits):
    changed, forget = prepared("confusion:3,5:50%", digits)
    for label, other in ((3, 5), (5, 3)):
        mine = forget[digits.y_train[forget] == label]
        assert set(changed.y_train[mine].tolist()) == {other}
        assert abs(len(mine) - int((digits.y_train == label).sum()) / 2) < 1


class TestTrigger:
    def test_poisons_a_share_of_the_other_classes(self, digits):
        changed, forget = prepared("trigger:4:10%", digits)
        assert set(changed.y_train[forget].tolist()) == {4}
        true = digits.y_train[forget].bincount(minlength=10)
        share = digits.y_train.bincount() / 10
        share[4] = 0
        assert ((true - share).abs() < 1).all()

    def test_the_patch_is_a_board_in_the_corner(self, digits):
        changed, forget = prepared("trigger:0:10%:2", digits)
        patch = torch.tensor([[255, 0], [0, 255]], dtype=torch.uint8)
        assert (changed.x_train[forget][..., -2:, -2:] == patch).all()
        rest = torch.ones(8, 8, dtype=torch.bool)
        rest[-2:, -2:] = False
        assert torch.equal(changed.x_train[..., rest], digits.x_train[..., rest])

    def test_test_copies_have_the_same_patch(self, digits):
        changed, forget = prepared("trigger:0:10%", digits)
        before = digits.x_test.clone()
        shown = triggered(changed, digits.x_test)
        assert torch.equal(digits.x_test, before)
        assert (shown[..., -3:, -3:] == changed.x_train[forget[0]][..., -3:, -3:]).all()

    def test_float_pictures_get_their_own_extremes(self, digits):
        floats = Images(
            "floats",
            digits.x_train.float() / 16 - 3,
            digits.y_train,
            digits.x_test.float() / 16 - 3,
            digits.y_test,
            digits.class_names,
        )
        changed, forget = prepared("trigger:0:10%", floats)
        patch = changed.x_train[forget][..., -3:, -3:]
        assert (patch.min(), patch.max()) == (floats.x_train.min(), floats.x_train.max())
        assert (triggered(changed, floats.x_test)[..., -3:, -3:] == patch[0]).all()

    def test_refusals(self, digits):
        with pytest.raises(DataError, match="take at most 4"):
            Scenario.parse("trigger:0:10%:5").prepare(digits)
        with pytest.raises(DataError, match="is none; take more"):
            Scenario.parse("trigger:0:0.01%").prepare(digits)
        with pytest.raises(DataError, match="has no class '10'"):
            Scenario.parse("trigger:10:10%").check(digits.class_names, "digits")
        with pytest.raises(ValueError, match="digits has no trigger"):
            triggered(digits, digits.x_test)


class TestChosenByTheirLooks:
    def test_sub_classes_are_a_partition_of_the_class_largest_first(self, digits):
        parts = [Scenario.parse(f"subclass:3:{i}/3").split(digits).forget_train for i in (1, 2, 3)]
        sizes = [len(part) for part in parts]
        assert sizes == sorted(sizes, reverse=True)
        of_class = (digits.y_train == 3).nonzero().flatten()
        assert torch.equal(torch.cat(parts).sort().values, of_class)

    def test_a_sub_class_lies_closer_together_than_its_class(self, digits):
        x = digits.x_train.flatten(1).double()
        part = x[Scenario.parse("subclass:3:1/4").split(digits).forget_train]
        whole = x[digits.y_train == 3]
        assert part.var(0).sum() < 0.8 * whole.var(0).sum()

    def test_refused_where_there_are_too_few(self, digits):
        few = Images(
            "few",
            digits.x_train[:30],
            digits.y_train[:30],
            digits.x_test,
            digits.y_test,
            digits.class_names,
        )
        with pytest.raises(DataError, match="too few for 30 clusters"):
            Scenario.parse("subclass:3:1/30").split(few)
        with pytest.raises(DataError, match="5 folds"):
            Scenario.parse("memorised:5%").split(few)

    def test_memorised_samples_are_those_that_another_model_misses(self, digits):
        forget = Scenario.parse("memorised:5%").split(digits)
        chance = Scenario.parse("random:5%").split(digits)
        assert len(forget.forget_train) == len(chance.forget_train) == 72

        def missed(split) -> float:  # by a model of another kind that never saw them
            x, y = digits.x_train.flatten(1).numpy(), digits.y_train.numpy()
            rows, rest = split.forget_train.numpy(), split.retain_train.numpy()
            model = KNeighborsClassifier(5).fit(x[rest], y[rest])
            return float(np.mean(model.predict(x[rows]) != y[rows]))

        assert missed(forget) > 0.1 > missed(chance) + 0.05

    def test_the_seed_of_the_draw_is_the_scenarios_own(self, digits):
        own = Scenario.parse("random:10%@7").split(digits, seed=3).forget_train
        assert torch.equal(own, Scenario.parse("random:10%").split(digits, seed=7).forget_train)


class TestClient:
    TEXT = "client:0/5:1"

    @pytest.mark.parametrize(
        "text", [TEXT, "client:1/5x2:0.1:7:30%:2@3", "client:0/3:inf", "client:4/5:1:cat:60%"]
    )
    def test_round_trip(self, text):
        scenario = Scenario.parse(text)
        assert str(scenario) == text
        assert Scenario.from_dict(scenario.to_dict()) == scenario
        assert scenario.forgets == "clients"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("client:5/5:1", "numbered 0 to 4"),
            ("client:0/5", "write it as"),
            ("client:0/5:0", "positive number or inf"),
            ("client:0/5:1:0:100%", "between 0 and 100"),
        ],
    )
    def test_refused(self, text, said):
        with pytest.raises(ConfigError, match=said):
            Scenario.parse(text)

    def test_all_that_the_leaver_holds_is_forgotten_and_some_of_it_is_poisoned(self, digits):
        changed, forget = prepared(self.TEXT, digits)
        split = Scenario.parse(self.TEXT).split(changed)
        held = split.held
        assert split.forgets == "clients"
        assert forget.tolist() == held.shard(0).tolist()
        assert torch.isin(changed.planted.ids, forget).all()
        others = int((digits.y_train[forget] != 0).sum())
        assert len(changed.planted.ids) == round(0.6 * others)
        assert (changed.y_train[changed.planted.ids] == 0).all()
        parts = held.shards(torch.arange(len(digits.y_train)))
        assert sorted(torch.cat(list(parts.values())).tolist()) == list(range(1437))
        assert set(held.shards(split.retain_train)) == {1, 2, 3, 4}
        # the same clients hold the same pictures, whatever is planted in them
        other = Scenario.parse("client:0/5:1:3:20%")
        assert torch.equal(other.split(other.prepare(digits)).held.owner, held.owner)

    def test_equal_shares_are_equal_and_small_alphas_are_not(self):
        y = np.repeat(np.arange(4), 50)
        even = deal(y, 5, 0.0, seed=1)
        assert np.bincount(even).tolist() == [40] * 5
        assert all(np.bincount(even[y == label]).tolist() == [10] * 5 for label in range(4))
        largest = [np.bincount(deal(y, 5, alpha, 1)[y == 0]).max() for alpha in (100.0, 0.1)]
        assert largest[0] < 20 < largest[1]

    def test_everybody_holds_some_or_the_draw_is_refused(self):
        y = np.repeat(np.arange(10), 10)
        for seed in range(20):  # of which many leave somebody with less at first
            assert np.bincount(deal(y, 4, 0.1, seed), minlength=4).min() >= LEAST
        with pytest.raises(DataError, match="too few for 11 clients"):
            deal(y, 11, 1.0, 0)
        with pytest.raises(DataError, match=r"none of 1000 draws with α = 0\.001"):
            deal(np.repeat(np.arange(3), 40), 5, 0.001, 0)

    def test_the_draw_never_changes(self, digits):
        # Ids of stored studies come from this draw.
        _, forget = prepared(self.TEXT, digits)
        assert (len(forget), int(forget.sum())) == (175, 123606)
