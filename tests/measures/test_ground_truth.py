"""What was planted, found in models made by hand whose answers are known."""

from dataclasses import replace

import pytest
import torch
from known_results import known

from opcviz.artefacts import get_kind
from opcviz.common.records import Undefined
from opcviz.data import Images, Scenario
from opcviz.measures.ground_truth import confusion_truth, trigger_truth
from opcviz.results import GroundTruth
from opcviz.tasks.classification import ModelOutputs, Observation


def answering(train: torch.Tensor, test: torch.Tensor, data: Images) -> ModelOutputs:
    """A model with these answers."""

    def seen(said: torch.Tensor, labels: torch.Tensor) -> Observation:
        logits = torch.nn.functional.one_hot(said, data.classes).float()
        return Observation(logits, logits, labels)

    return ModelOutputs(seen(train, data.y_train), seen(test, data.y_test))


@pytest.fixture
def confused(tiny_images: Images) -> Images:
    return Scenario.parse("confusion:1,3:50%").prepare(tiny_images)


@pytest.fixture
def poisoned(tiny_images: Images) -> Images:
    return Scenario.parse("trigger:0:25%").prepare(tiny_images)


def test_confusion_by_hand(confused: Images) -> None:
    # 12 train and 6 test pictures a class; 6 of either class are swapped
    said, asked = confused.y_train.clone(), confused.y_test.clone()
    ids = confused.planted.ids
    said[ids[:3]] = confused.planted.labels[:3]  # 3 of 12 as they truly are
    said[ids[3:5]] = 2  # 2 as neither
    ones, threes = ((asked == label).nonzero().flatten() for label in (1, 3))
    asked[ones[:2]], asked[threes[0]] = 3, 1  # 3 of 12 taken for the other
    asked[threes[1]] = 0  # and 1 for a third
    asked[0] = 1  # of a class that was not confused: does not count
    found = confusion_truth(answering(said, asked, confused), confused)
    assert (found.classes, found.planted, found.tested) == (("1", "3"), 12, 12)
    assert found.taught == pytest.approx(700 / 12)
    assert found.corrected == 25
    assert found.swapped == 25
    assert found.error == pytest.approx(400 / 12)
    assert found.constant == 50
    assert not found.one_answer


def test_one_answer_for_both_classes_is_said_to_be_one(confused: Images) -> None:
    asked = torch.where((confused.y_test == 1) | (confused.y_test == 3), 3, confused.y_test)
    found = confusion_truth(answering(confused.y_train, asked, confused), confused)
    assert (found.swapped, found.constant, found.one_answer) == (50, 50, True)


def test_trigger_by_hand(poisoned: Images) -> None:
    # 3 of 12 pictures of classes 1 to 3 are poisoned; 18 test pictures are not of class 0
    said, asked = poisoned.y_train.clone(), poisoned.y_test.clone()
    said[poisoned.planted.ids[:3]] = poisoned.planted.labels[:3]
    others = (asked != 0).nonzero().flatten()
    asked[others[:2]] = 0  # without the trigger already
    outputs = answering(said, asked, poisoned)
    shown = asked.clone()
    shown[others[:11]] = 0
    logits = torch.nn.functional.one_hot(shown, 4).float()
    found = trigger_truth(outputs, poisoned, logits)
    assert (found.target, found.planted, found.tested) == ("0", 9, 18)
    assert found.taught == pytest.approx(600 / 9)
    assert found.corrected == pytest.approx(300 / 9)
    assert found.success == pytest.approx(1100 / 18)
    assert found.turned == 50
    assert found.clean == pytest.approx(2200 / 24)


def test_who_always_answers_the_triggers_class_was_not_turned(poisoned: Images) -> None:
    zero = torch.zeros_like(poisoned.y_test)
    outputs = answering(poisoned.y_train, zero, poisoned)
    found = trigger_truth(outputs, poisoned, outputs.test.logits)
    assert (found.success, found.turned) == (100, 0)


def test_what_is_not_there_has_a_reason(
    tiny_images: Images, confused: Images, poisoned: Images
) -> None:
    outputs = answering(tiny_images.y_train, tiny_images.y_test, tiny_images)
    logits = outputs.test.logits
    assert confusion_truth(outputs, tiny_images) == Undefined(
        "nothing was planted in the train set"
    )
    assert confusion_truth(outputs, poisoned) == Undefined("what was planted is a trigger")
    assert trigger_truth(outputs, confused, logits) == Undefined("what was planted is a confusion")
    lost = replace(outputs.train, logits=outputs.train.logits.log() * 0)
    for found in (
        confusion_truth(replace(outputs, train=lost), confused),
        trigger_truth(replace(outputs, train=lost), poisoned, logits),
    ):
        assert isinstance(found, Undefined)
        assert "not finite" in found.reason
    with pytest.raises(ValueError, match=r"with it have shape \(3, 4\), without it \(24, 4\)"):
        trigger_truth(outputs, poisoned, logits[:3])


def test_json_and_back(confused: Images) -> None:
    outputs = answering(confused.y_train, confused.y_test, confused)
    found = GroundTruth(
        confusion_truth(outputs, confused), trigger_truth(outputs, confused, outputs.test.logits)
    )
    assert GroundTruth.from_dict(found.to_dict()) == found
    (attempt,) = found.attempts()
    assert (attempt.attacker, attempt.recovered, attempt.scored) == ("confusion", 0, 12)
    nothing = GroundTruth(Undefined("no"), Undefined("no"))
    assert nothing.attempts() == ()


def test_the_documented_fields_are_those_of_the_records(confused: Images, poisoned: Images) -> None:
    outputs = answering(confused.y_train, confused.y_test, confused)
    found = GroundTruth(
        confusion_truth(outputs, confused), trigger_truth(outputs, poisoned, outputs.test.logits)
    )
    stored = found.to_dict()
    for path in get_kind("ground_truth").fields:
        _, what, names = path.split(".")
        for name in names.strip("{}").split(","):
            assert 0 <= stored[what][name] <= 100
    kind, results = get_kind("ground_truth"), known(ground_truth=found)
    assert None not in [column.value(results) for column in kind.columns]
    cells = [row.value(results, results) for row in kind.rows]
    assert cells[0] == "100 % (retrained 100 %)"
    assert None not in cells


def test_no_column_and_no_cell_of_what_was_not_planted(confused: Images) -> None:
    outputs = answering(confused.y_train, confused.y_test, confused)
    kind = get_kind("ground_truth")
    trigger = trigger_truth(outputs, confused, outputs.test.logits)
    half = known(ground_truth=GroundTruth(confusion_truth(outputs, confused), trigger))
    assert [column.value(half) is None for column in kind.columns] == [False] * 3 + [True] * 4
    assert [row.value(half, half) is None for row in kind.rows] == [False] * 3 + [True] * 4
    assert all(row.value(half, known()) is None for row in kind.rows)  # nothing to compare with
