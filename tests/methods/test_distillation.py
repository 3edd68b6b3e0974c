"""SCRUB, bad teacher, DELETE: their losses against Kullback-Leibler sums written out."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import entropy

from opcviz.common.config import ConfigError
from opcviz.data import Scenario
from opcviz.methods import create
from opcviz.methods.classification.teachers import divergence
from opcviz.training import Batch, learning_rate


def kl(teacher: np.ndarray, student: np.ndarray, temperature: float = 1.0) -> float:
    """Mean KL of softmaxes by scipy, in float64."""
    p = softmax(teacher.astype(float) / temperature, axis=1)
    q = softmax(student.astype(float) / temperature, axis=1)
    return float(np.mean([entropy(a, b) for a, b in zip(p, q, strict=True)]))


def by_hand(teacher: list[float], student: list[float], temperature: float) -> float:
    """Σ p log(p/q), one term after the other."""
    p = [math.exp(z / temperature) for z in teacher]
    q = [math.exp(z / temperature) for z in student]
    p, q = [v / sum(p) for v in p], [v / sum(q) for v in q]
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 4.0])
def test_divergence_is_the_sum_written_out(temperature: float) -> None:
    teacher, student = [[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]], [[0.2, 0.1, -1.0], [2.0, 2.0, -0.5]]
    expected = sum(map(by_hand, teacher, student, [temperature] * 2)) / 2
    got = divergence(torch.tensor(student), torch.tensor(teacher), temperature)
    assert got.item() == pytest.approx(expected, rel=1e-5)
    assert divergence(torch.tensor(student), torch.tensor(student)).item() == pytest.approx(
        0, abs=1e-6
    )


def batch_of(request, ids: torch.Tensor, forget: bool) -> Batch:
    x, y = request.data.x_train[ids].float() / 255, request.data.y_train[ids]
    return Batch(x, y, ids, torch.full((len(ids),), forget))


def logits(model, batch: Batch) -> np.ndarray:
    with torch.no_grad():
        return model.eval()(batch.x).numpy()


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_scrubs_losses(tiny_request, temperature: float) -> None:
    request = tiny_request()
    method = create("scrub", alpha=0.3, gamma=0.7, temperature=temperature)
    student = request.fresh().eval()
    loss = method.objective(request, student)
    forget = batch_of(request, request.split.forget_train, True)
    apart = temperature**2 * kl(
        logits(request.original, forget), logits(student, forget), temperature
    )
    assert loss(student, forget).item() == pytest.approx(-apart, rel=1e-4)

    retain = batch_of(request, request.split.retain_train, False)
    old, new = logits(request.original, retain), logits(student, retain)
    wrong = -np.log(softmax(new, axis=1)[np.arange(len(new)), retain.y]).mean()
    expected = 0.3 * temperature**2 * kl(old, new, temperature) + 0.7 * wrong
    assert loss(student, retain).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("msteps", "epochs"), [(0, 3), (2, 3), (5, 3)])
def test_scrub_has_max_steps_in_the_first_epochs_only(
    tiny_request, msteps: int, epochs: int
) -> None:
    request = tiny_request()
    method = create("scrub", msteps=msteps, epochs=epochs, batch_size=1000)
    _, outcome = method.unlearn(request)
    assert outcome.step == epochs + min(msteps, epochs)
    seen = epochs * len(request.split.retain_train) + min(msteps, epochs) * len(
        request.split.forget_train
    )
    assert outcome.gradients == seen


def test_scrubs_rate_falls_after_five_eight_and_nine_tenths() -> None:
    scrub = create("scrub", lr=1.0)
    rates = [learning_rate(scrub, step, 100) for step in (0, 49, 50, 79, 80, 89, 90, 99)]
    assert rates == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_bad_teachers_loss(tiny_request) -> None:
    """A mixed batch: forget samples against the random teacher, retain samples against θo."""
    request = tiny_request()
    method = create("bt", temperature=1.5)
    student = copy.deepcopy(request.original).eval()
    with torch.no_grad():
        for value in student.parameters():
            value.mul_(0.9)
    loss = method.objective(request, student)
    ids = torch.cat([request.split.forget_train[:5], request.split.retain_train[:7]])
    batch = batch_of(request, ids, False)
    target = np.concatenate(
        [logits(request.fresh(), batch)[:5], logits(request.original, batch)[5:]]
    )
    expected = kl(target, logits(student, batch), 1.5)
    assert loss(student, batch).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("share", [1.0, 30.0, 100.0])
def test_bad_teacher_uses_a_share_of_the_retain_data(tiny_request, share: float) -> None:
    request = tiny_request()
    kept, forgotten = len(request.split.retain_train), len(request.split.forget_train)
    _, outcome = create("bt", share=share, epochs=2).unlearn(request)
    assert outcome.gradients == 2 * (max(1, round(kept * share / 100)) + forgotten)


def test_deletes_loss_is_divergence_without_the_true_class(tiny_request) -> None:
    """Over the other classes p is softmax of their logits; KL has no term for the class itself."""
    request = tiny_request()
    student = request.fresh().eval()
    loss = create("delete").objective(request, student)
    batch = batch_of(request, request.split.forget_train, True)
    old, new = logits(request.original, batch), logits(student, batch)
    terms = []
    for z, s, y in zip(old, new, batch.y.tolist(), strict=True):
        others = [c for c in range(len(z)) if c != y]
        p, q = softmax(z[others].astype(float)), softmax(s.astype(float))[others]
        terms.append(float(np.sum(p * np.log(p / q))))
    value = loss(student, batch)
    assert value.item() == pytest.approx(np.mean(terms), rel=1e-4)
    value.backward()
    assert all(bool(p.grad.isfinite().all()) for p in student.parameters())


@pytest.mark.parametrize("disabled", [True, False])
def test_delete_can_leave_batch_norm_as_it_is(tiny_request, disabled: bool) -> None:
    """Disabled, statistics stay and training is the same function as use; weights move still."""
    request = tiny_request()
    model, _ = create("delete", epochs=2, batch_size=8, lr=0.01, disable_bn=disabled).unlearn(
        request
    )
    before, after = request.original.state_dict(), model.state_dict()
    statistics = [name for name in before if "running" in name]
    assert all(torch.equal(before[n], after[n]) == disabled for n in statistics)
    assert not torch.equal(before["net.stem.0.weight"], after["net.stem.0.weight"])


@pytest.mark.slow
def test_delete_forgets(tiny_request) -> None:
    request = tiny_request()
    model, _ = create("delete", epochs=40, batch_size=64, lr=0.02).unlearn(request)
    forget = batch_of(request, request.split.forget_train, True)
    right = (logits(model, forget).argmax(1) == forget.y.numpy()).mean()
    assert right < 0.2 < (logits(request.original, forget).argmax(1) == forget.y.numpy()).mean()


def test_delete_refuses_single_samples(tiny_request, tiny_images) -> None:
    split = Scenario.parse("random:10%").split(tiny_images)
    with pytest.raises(
        ConfigError, match="'delete' cannot forget samples, only classes: it drives"
    ):
        create("delete").unlearn(tiny_request(split=split))
