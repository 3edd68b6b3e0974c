"""Masked answers against plain loops, and where there is no such attack."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from opcviz.attacks.masked import masked
from opcviz.common.records import Undefined
from opcviz.data import Split
from opcviz.results import MaskedResult

FORGOTTEN = (1, 3, 4)


def split(labels: Tensor, classes: tuple[int, ...] = FORGOTTEN) -> Split:
    gone = torch.isin(labels, torch.tensor(classes))
    forget, retain = gone.nonzero()[:, 0], (~gone).nonzero()[:, 0]
    return Split(forget, retain, forget, retain, classes)


def drawn(seed: int, count: int = 120) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 6, (count,), generator=generator)
    logits = torch.randn(count, 6, generator=generator) + torch.tensor([9.0, 2, 9, 0, -2, 9])
    return logits + torch.eye(6)[labels], labels


def recovered(found: MaskedResult) -> dict[str, float]:
    return {each.attacker: each.recovered for each in found.attempts()}


@pytest.mark.parametrize("seed", range(3))
def test_every_rule_is_a_plain_loop_over_the_forgotten_pictures(seed: int) -> None:
    logits, labels = drawn(seed)
    asked = [(row.tolist(), int(y)) for row, y in zip(logits, labels, strict=True)]
    asked = [(row, y) for row, y in asked if y in FORGOTTEN]
    mean = {c: sum(row[c] for row, _ in asked) / len(asked) for c in FORGOTTEN}
    rules = {
        "masked_greatest": lambda row: max(FORGOTTEN, key=lambda c: row[c]),
        "masked_least": lambda row: min(FORGOTTEN, key=lambda c: row[c]),
        "masked_greatest_centred": lambda row: max(FORGOTTEN, key=lambda c: row[c] - mean[c]),
        "masked_least_centred": lambda row: min(FORGOTTEN, key=lambda c: row[c] - mean[c]),
    }
    found = masked(logits, labels, split(labels))
    wanted = {
        name: 100 * sum(rule(row) == y for row, y in asked) / len(asked)
        for name, rule in rules.items()
    }
    assert recovered(found) == pytest.approx(wanted)
    assert len(set(wanted.values())) == 4, "else two rules could change places unseen"
    sizes = [sum(y == c for _, y in asked) for c in FORGOTTEN]
    for attempt in found.attempts():
        told = [rules[attempt.attacker](row) for row, _ in asked]
        by_luck = sum(told.count(c) * n for c, n in zip(FORGOTTEN, sizes, strict=True))
        assert attempt.luck == pytest.approx(100 * by_luck / len(asked) ** 2)
        assert attempt.constant == pytest.approx(100 * max(sizes) / len(asked))
        assert (attempt.scored, attempt.holds, attempt.given) == (len(asked), "nothing", 0)
        assert (attempt.place, attempt.settings) == ("logits", "among 3 classes")


def test_retained_classes_are_never_an_answer_and_change_nothing() -> None:
    logits, labels = drawn(0)
    raised = logits.clone()
    raised[:, [0, 2, 5]] += 100 * torch.rand(len(logits), 3)
    assert masked(raised, labels, split(labels)) == masked(logits, labels, split(labels))
    right = torch.nn.functional.one_hot(labels, 6).float()
    right[:, 0] = 50.0  # every answer is a retained class
    assert recovered(masked(right, labels, split(labels)))["masked_greatest"] == 100
    assert recovered(masked(-right, labels, split(labels)))["masked_least"] == 100


def test_a_shift_of_whole_classes_changes_no_centred_rule() -> None:
    logits, labels = drawn(1)
    before = recovered(masked(logits, labels, split(labels)))
    after = recovered(masked(logits + 20 * torch.randn(6), labels, split(labels)))
    for rule in ("masked_greatest_centred", "masked_least_centred"):
        assert after[rule] == pytest.approx(before[rule])
    assert after["masked_greatest"] != before["masked_greatest"]


def test_one_point_for_all_is_one_answer() -> None:
    _, labels = drawn(2)
    found = masked(torch.randn(6).expand(len(labels), 6), labels, split(labels))
    assert all(each.one_answer for each in found.attempts())
    assert not any(each.recovered > each.constant for each in found.attempts())


def test_where_there_is_no_such_attack_the_reason_is_told() -> None:
    logits, labels = drawn(0)
    of_samples = Split(*(torch.arange(5),) * 2, torch.arange(0), torch.arange(5))
    unseen = Split(*(torch.arange(5),) * 2, torch.arange(0), torch.arange(5), FORGOTTEN)
    broken, beyond = logits.clone(), logits.clone()
    broken[split(labels).forget_test[0], 3] = float("nan")
    beyond[split(labels).forget_test[-1], 4] = float("inf")
    for found, why in (
        (masked(logits, labels, of_samples), "samples were forgotten"),
        (masked(logits, labels, split(labels, (2,))), "one class was forgotten"),
        (masked(logits, labels, unseen), "no test picture"),
        (masked(broken, labels, split(labels)), "not finite"),
        (masked(beyond, labels, split(labels)), "not finite"),
    ):
        assert isinstance(found.rules, Undefined)
        assert why in found.rules.reason
        assert found.attempts() == ()
        assert found.best() is None
        assert MaskedResult.from_dict(found.to_dict()) == found
