"""OPC: its loss by hand, and that it contracts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.data import Images
from opcviz.measures import accuracy
from opcviz.methods import Request, create
from opcviz.methods.classification.contraction import distance_to_point
from opcviz.models import Classifier
from opcviz.tasks.classification import observe
from opcviz.training import Batch

TARGETS = ["logits", "features", "blocks"]


@pytest.fixture
def batch(tiny_images: Images) -> Batch:
    index = torch.tensor([0, 1, 14, 30, 31, 40, 47])
    forget = torch.tensor([True, True, True, False, False, False, False])
    x = tiny_images.x_train[index].float() / 255
    return Batch(x, tiny_images.y_train[index], index, forget)


def by_hand(model: Classifier, batch: Batch, target: str, norm: str, weight: float) -> float:
    """The loss written out sample by sample, in float64, from the modules' own outputs."""
    net, x = model.net, (batch.x - model.mean) / model.std
    with torch.no_grad():
        maps = [net.stem(x)]
        for stage in (net.stage1, net.stage2, net.stage3):
            maps.append(stage(maps[-1]))
        features = maps[-1].mean((2, 3))
        logits = net.head(features)
    kept = [i for i, gone in enumerate(batch.forget.tolist()) if not gone]
    lost = [i for i, gone in enumerate(batch.forget.tolist()) if gone]
    keep = sum(-logits.double()[i].log_softmax(0)[batch.y[i]].item() for i in kept) / len(kept)

    def length(value: Tensor, positions: int) -> float:
        squares = [value[i].double().square().sum().item() / positions for i in lost]
        return sum(s if norm == "squared" else s**0.5 for s in squares) / len(squares)

    of_blocks = [length(m, m.shape[2] * m.shape[3]) for m in maps]
    contraction = {
        "logits": length(logits, 1),
        "features": length(features, 1),
        "blocks": (sum(of_blocks) + length(features, 1)) / 5,
    }[target]
    return keep + weight * contraction


@pytest.mark.parametrize("weight", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("norm", ["l2", "squared"])
@pytest.mark.parametrize("target", TARGETS)
def test_the_loss_is_the_formula(
    tiny_request: Callable[..., Request],
    batch: Batch,
    target: str,
    norm: str,
    weight: float,
) -> None:
    request = tiny_request()
    model = request.original.eval()
    opc = create("opc", target=target, norm=norm, weight=weight)
    loss = opc.objective(request, model)(model, batch)
    expected = by_hand(model, batch, target, norm, weight)
    assert loss.item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("norm", ["l2", "squared"])
def test_at_the_origin_the_gradient_is_finite(norm: str) -> None:
    features = torch.zeros(3, 4, requires_grad=True)
    distance_to_point(features, 0.0, norm).backward()
    assert bool(features.grad.isfinite().all())


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 7), (5, 6, 3, 4)])
def test_a_block_counts_alike_whatever_its_positions(shape: tuple[int, ...]) -> None:
    """Maps (B, C, H, W) and tokens (B, d, T) of equal vectors measure like one such vector."""
    vector = torch.rand(6)
    block = vector.view(6, *[1] * (len(shape) - 2))
    measured = distance_to_point(block.expand(shape), 0.0, "l2")
    assert measured.item() == pytest.approx(vector.norm().item(), rel=1e-5)


@pytest.mark.parametrize("target", TARGETS)
def test_retain_samples_are_not_contracted(
    tiny_request: Callable[..., Request], batch: Batch, target: str
) -> None:
    """The retain part enters through its cross-entropy alone."""
    request = tiny_request()
    model = request.original.eval()
    with_pull, without = (
        create("opc", target=target, weight=w).objective(request, model) for w in (1.0, 0.0)
    )

    def contraction(batch: Batch) -> float:
        return (with_pull(model, batch) - without(model, batch)).item()

    x = batch.x.clone()
    x[batch.retain] = 1 - x[batch.retain]
    other = Batch(x, batch.y, batch.index, batch.forget)
    assert contraction(other) == pytest.approx(contraction(batch), rel=1e-4)
    x[batch.forget] = 1 - x[batch.forget]
    assert contraction(other) != pytest.approx(contraction(batch), rel=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_it_contracts_in_eval_mode_and_keeps_the_rest(
    tiny_request: Callable[..., Request], target: str
) -> None:
    request = tiny_request()
    opc = create("opc", target=target, epochs=40, lr=0.05, batch_size=24)
    model, outcome = opc.unlearn(request)
    assert outcome.status == "finished"
    gone, kept = request.split.forget_train, request.split.retain_train

    def ratio(model: Classifier) -> float:
        seen = observe(model, request.data.x_train, request.data.y_train)
        norms = (seen.logits if target == "logits" else seen.features).norm(dim=1)
        return (norms[gone].mean() / norms[kept].mean()).item()

    assert ratio(request.original) > 0.5
    assert ratio(model) < 0.1
    seen = observe(model, request.data.x_train, request.data.y_train)
    assert accuracy(seen.logits[kept], seen.labels[kept]) >= 95


@pytest.mark.slow
def test_separate_passes_would_not_contract(tiny_request: Callable[..., Request]) -> None:
    """Why the batch is joint: with batch norm fed apart, eval mode undoes the contraction."""
    request = tiny_request()
    opc = create("opc", target="features", epochs=40, lr=0.05, batch_size=24)

    def apart(model: Classifier, batch: Batch) -> Tensor:
        activations = model.activations(batch.x[batch.forget])
        keep = F.cross_entropy(model(batch.x[batch.retain]), batch.y[batch.retain])
        return keep + distance_to_point(activations.features, 0.0, "l2")

    def ratio(objective) -> float:
        model = request.copy_of_original()
        request.train(model, "joint", opc.replace(augment="none"), objective)
        seen = observe(model, request.data.x_train, request.data.y_train)
        norms = seen.features.norm(dim=1)
        return (
            norms[request.split.forget_train].mean() / norms[request.split.retain_train].mean()
        ).item()

    joint = ratio(opc.objective(request, request.original))
    assert ratio(apart) > 3 * joint


def test_logits_come_from_one_pass(tiny_request: Callable[..., Request], batch: Batch) -> None:
    request = tiny_request()
    calls: list[int] = []
    hook = request.original.net.register_forward_hook(lambda *a: calls.append(len(a[1][0])))
    create("opc", target="blocks").objective(request, request.original)(request.original, batch)
    hook.remove()
    assert calls == [len(batch.y)]
    assert isinstance(request.original.head, nn.Linear)
