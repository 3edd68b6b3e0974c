"""FM's answers on single samples: each by a map that was fitted without it."""

import pytest
import torch
from recovery_studies import oracle
from test_recovery_details import blurred

from opcviz.attacks.recovery import Recovery, restored_answers
from opcviz.attacks.recovery.each_sample import NO_ANSWER, _parts


def answer(original, unlearned, fitted, asked, ridge):
    """By numpy, from the original's logits: with an intercept they are FM's targets."""
    f, z = unlearned.features[fitted], original.logits[fitted]
    weight, bias = oracle(f, z, ridge, relative=True)
    return (unlearned.features[asked].double().numpy() @ weight + bias).argmax(1).tolist()


@pytest.mark.parametrize("ridge", [0.0, 1e-2])
def test_each_answer_is_that_of_a_map_fitted_without_the_sample(ridge):
    original, unlearned, head, split = blurred(noise=6.0)
    rows = torch.cat([split.forget_train[::7], split.retain_train[::9]])
    found = restored_answers(
        original.train, unlearned.train, head, split, rows, Recovery(ridge=ridge), seed=3
    )
    parts = {"retain": _parts(split.retain_train, 3), "forget": _parts(split.forget_train, 3)}
    for at, row in enumerate(rows):
        fold = next(i for i in range(5) if row in parts["retain"][i] or row in parts["forget"][i])
        kept = torch.cat([p for i, p in enumerate(parts["retain"]) if i != fold])
        gone = torch.cat([p for i, p in enumerate(parts["forget"]) if i != fold])
        alone = split.retain_train if row in split.forget_train else kept
        asked = row[None]
        both = torch.cat([kept, gone])
        assert row not in both
        wanted = answer(original.train, unlearned.train, alone, asked, ridge)
        assert [int(found.retain[at])] == wanted
        wanted = answer(original.train, unlearned.train, both, asked, ridge)
        assert [int(found.everything[at])] == wanted


def test_where_nothing_is_retained_the_retain_map_gives_no_answer():
    original, unlearned, head, split = blurred()
    split.forget_train = torch.arange(len(unlearned.train.features))
    split.retain_train = split.forget_train[:0]
    rows = torch.arange(10)
    found = restored_answers(original.train, unlearned.train, head, split, rows)
    assert found.retain.tolist() == [NO_ANSWER] * 10
    assert (found.everything != NO_ANSWER).all()
