import pytest
import torch
from json_form import as_json
from sklearn.metrics import accuracy_score, recall_score

from opcviz.data import Split
from opcviz.measures import accuracy, accuracy_report, per_class_accuracy
from opcviz.tasks.classification import ModelOutputs, Observation

accuracy_report = as_json(accuracy_report)


@pytest.fixture
def answers():
    g = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 4, (300,), generator=g)
    labels[labels == 2] = 3  # a class of five without samples, besides class 4
    logits = torch.randn(300, 5, generator=g) + 1.5 * torch.nn.functional.one_hot(labels, 5)
    return logits, labels


def test_agrees_with_scikit_learn(answers):
    logits, labels = answers
    guess = logits.argmax(1)
    assert accuracy(logits, labels) == pytest.approx(100 * accuracy_score(labels, guess))
    recalls = 100 * recall_score(labels, guess, labels=[0, 1, 3], average=None)
    ours = per_class_accuracy(logits, labels)
    assert [ours[0], ours[1], ours[3]] == pytest.approx(recalls.tolist())
    assert ours[2] is None
    assert ours[4] is None


def test_report_by_part_and_class(answers):
    logits, labels = answers
    side = Observation(logits, logits, labels)
    forgotten = (labels == 0).nonzero().flatten()
    retained = (labels != 0).nonzero().flatten()
    split = Split(
        forget_train=forgotten,
        retain_train=retained,
        forget_test=forgotten[:0],
        retain_test=torch.arange(300),
    )
    names = ["a", "b", "c", "d", "e"]
    report = accuracy_report(ModelOutputs(side, side), split, names)
    assert report["forget_train"] == report["per_class"]["train"]["a"]
    assert report["retain_train"] == accuracy(logits[retained], labels[retained])
    assert report["retain_test"] == accuracy(logits, labels)
    assert report["forget_test"] is None
    assert report["reason"] == {"forget_test": "there are no such samples"}

    broken = Observation(logits, logits * float("nan"), labels)
    report = accuracy_report(ModelOutputs(broken, side), split, names)
    assert report["forget_train"] is None
    assert "diverged" in report["reason"]["forget_train"]
    assert set(report["per_class"]["train"].values()) == {None}


def test_bad_input_is_named(answers):
    logits, labels = answers
    with pytest.raises(ValueError, match="no samples"):
        accuracy(logits[:0], labels[:0])
    with pytest.raises(ValueError, match="got"):
        accuracy(logits, labels[1:])
    with pytest.raises(ValueError, match="not finite"):
        accuracy(logits.index_fill(1, torch.tensor([2]), float("inf")), labels)
