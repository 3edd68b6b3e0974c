"""Methods marked faithful against a plain rendering of their authors' rule: two epochs by hand.

Both sides take full batches, so that the order of the samples does not matter. The optimisers are
torch's own, each with the settings that the authors' code or paper gives beside the rate.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.common.config import ConfigError
from opcviz.data import Images
from opcviz.methods import Request, create, list_methods
from opcviz.methods.classification import relabelling
from opcviz.models import Classifier

MakeRequest = Callable[..., Request]
Loss = Callable[[Classifier], Tensor]
Optimizer = torch.optim.Optimizer
BIG = {"epochs": 2, "batch_size": 1000}  # one batch of each part an epoch


def parts(request: Request) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pictures and labels: retained, then forgotten."""
    data, split = request.data, request.split
    kept, gone = split.retain_train, split.forget_train
    x = data.x_train.float() / 255
    return x[kept], data.y_train[kept], x[gone], data.y_train[gone]


def sgd(lr: float, momentum: float = 0.9, decay: float = 5e-4) -> Callable[..., Optimizer]:
    return lambda weights: torch.optim.SGD(weights, lr, momentum=momentum, weight_decay=decay)


def adam(lr: float, decay: float = 0.0) -> Callable[..., Optimizer]:
    return lambda weights: torch.optim.Adam(weights, lr, weight_decay=decay)


def by_hand(
    request: Request,
    losses: Iterable[Loss],
    make: Callable[..., Optimizer],
    after: Callable[[nn.Module, Optimizer], None] = lambda model, optimizer: None,
    masks: dict[str, Tensor] | None = None,
) -> Classifier:
    """One step a loss, in train mode, from the original."""
    model = copy.deepcopy(request.original).train()
    optimizer = make(model.parameters())
    for loss in losses:
        optimizer.zero_grad()
        loss(model).backward()
        for name, weight in model.named_parameters():
            if masks and weight.grad is not None:
                weight.grad *= masks[name]
        optimizer.step()
        after(model, optimizer)
    return model.eval()


def assert_same(found: nn.Module, expected: nn.Module) -> None:
    """Weights and statistics agree to rounding; sums over samples may run in another order."""
    wanted = expected.state_dict()
    assert found.state_dict().keys() == wanted.keys()
    for name, value in found.state_dict().items():
        torch.testing.assert_close(value, wanted[name], atol=2e-5, rtol=1e-3, msg=name)


# ---- retain and forget data ------------------------------------------------------------------


def test_fine_tuning(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    x, y, _, _ = parts(request)
    model, _ = create("ft", **BIG).unlearn(request)
    assert_same(model, by_hand(request, [lambda m: F.cross_entropy(m(x), y)] * 2, sgd(0.01)))


def test_gradient_ascent(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    _, _, x, y = parts(request)
    model, _ = create("ga", **BIG, lr=0.01).unlearn(request)
    assert_same(model, by_hand(request, [lambda m: -F.cross_entropy(m(x), y)] * 2, sgd(0.01)))


def test_l1_sparse(tiny_request: MakeRequest) -> None:
    """α falls by 1/E each epoch, starting at itself."""
    request = tiny_request()
    x, y, _, _ = parts(request)

    def loss(alpha: float) -> Loss:
        return lambda m: (
            F.cross_entropy(m(x), y) + alpha * sum(p.abs().sum() for p in m.parameters())
        )

    model, _ = create("l1_sparse", **BIG, alpha=0.01).unlearn(request)
    assert_same(model, by_hand(request, [loss(0.01), loss(0.005)], sgd(0.01)))


def test_ct(tiny_request: MakeRequest) -> None:
    """Kernels mirrored across their diagonal; with a step an epoch the cosine is the authors'."""
    request = tiny_request()
    x, y, _, _ = parts(request)
    mirrored = request.copy_of_original()
    with torch.no_grad():
        for module in mirrored.modules():
            if isinstance(module, nn.Conv2d):
                old = module.weight.clone()
                for row in range(old.shape[2]):
                    for column in range(old.shape[3]):
                        module.weight[:, :, row, column] = old[:, :, column, row]
    rates = iter([0.5 * 0.02, 0.0])  # the cosine of a half, and its end, after each of two steps

    def anneal(model: nn.Module, optimizer: Optimizer) -> None:
        optimizer.param_groups[0]["lr"] = next(rates)

    loss = [lambda m: F.cross_entropy(m(x), y)] * 2
    expected = by_hand(replace(request, original=mirrored), loss, sgd(0.02), anneal)
    model, _ = create("ct", **BIG, lr=0.02).unlearn(request)
    assert_same(model, expected)


def test_ct_needs_a_kernel(tiny_request: MakeRequest, tiny_images: Images) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
    flat = Classifier(net, *tiny_images.mean_std(), tiny_images.shape)
    with pytest.raises(
        ConfigError, match=r"'ct' transposes the kernels .* has none; choose a conv"
    ):
        create("ct").unlearn(tiny_request(original=flat))


def test_neggrad_plus(tiny_request: MakeRequest) -> None:
    """Two forward passes, each normalised by itself; plain SGD without momentum and decay."""
    request = tiny_request()
    x, y, gone, labels = parts(request)

    def loss(model: Classifier) -> Tensor:
        kept = F.cross_entropy(model(x), y)
        lost = F.cross_entropy(model(gone), labels)
        return 0.7 * kept - 0.3 * lost

    model, outcome = create("neggrad_plus", **BIG, alpha=0.7).unlearn(request)
    assert outcome.step == 2
    assert_same(model, by_hand(request, [loss, loss], sgd(0.01, momentum=0, decay=0)))


# ---- labels ----------------------------------------------------------------------------------


@pytest.fixture
def labels_used(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """Targets of every cross-entropy that the relabelling methods take, in order."""
    seen: list[Tensor] = []

    class Recorded:
        @staticmethod
        def cross_entropy(logits: Tensor, target: Tensor, **options: str) -> Tensor:
            seen.append(target.clone())
            return F.cross_entropy(logits, target, **options)

    monkeypatch.setattr(relabelling, "F", Recorded)
    return seen


def shuffled(request: Request, epochs: int, parts: str) -> list[Tensor]:
    """Positions of the batches that the loop makes, in order."""
    from opcviz.training import Batches
    from opcviz.training.loop import _epoch_seed

    split = request.split
    batches = Batches(
        request.data, split.retain_train, split.forget_train, 1000, "none", parts, None
    )
    return [
        batch.index
        for epoch in range(epochs)
        for batch in batches.epoch(
            epoch, torch.Generator().manual_seed(_epoch_seed(request.seed, epoch))
        )
    ]


def relabelled(request: Request, used: list[Tensor], parts: str) -> list[Loss]:
    x = request.data.x_train.float() / 255
    chunks = shuffled(request, 2, parts)
    assert len(chunks) == len(used)

    def loss(index: Tensor, target: Tensor) -> Loss:
        return lambda model: F.cross_entropy(model(x[index]), target)

    return [loss(index, target) for index, target in zip(chunks, used, strict=True)]


def test_random_labels(tiny_request: MakeRequest, labels_used: list[Tensor]) -> None:
    """Each epoch D_f under labels drawn at that step, then D_r under its own."""
    request = tiny_request()
    model, outcome = create("rl", **BIG, lr=0.02).unlearn(request)
    assert outcome.step == 4
    chunks = shuffled(request, 2, "sequence")
    forget = set(request.split.forget_train.tolist())
    for at, part in ((0, forget), (2, forget)):
        assert set(chunks[at].tolist()) == part
    for at in (1, 3):
        assert torch.equal(labels_used[at], request.data.y_train[chunks[at]])
    drawn = [dict(zip(chunks[i].tolist(), labels_used[i].tolist(), strict=True)) for i in (0, 2)]
    assert drawn[0] != drawn[1]
    assert any(drawn[0][i] == int(request.data.y_train[i]) for i in forget)  # the true one, too
    assert_same(model, by_hand(request, relabelled(request, labels_used, "sequence"), sgd(0.02)))


def test_amnesiac(tiny_request: MakeRequest, labels_used: list[Tensor]) -> None:
    """Everything in one pile; forgotten pictures have one wrong label for good."""
    request = tiny_request()
    model, _ = create("amnesiac", **BIG).unlearn(request)
    everything = torch.arange(len(request.data.y_train))
    split = replace(request.split, retain_train=everything, forget_train=everything[:0])
    piled = tiny_request(split=split)
    chunks = shuffled(piled, 2, "joint")
    first, second = (
        torch.zeros_like(request.data.y_train).scatter(0, index, target)
        for index, target in zip(chunks, labels_used, strict=True)
    )
    assert torch.equal(first, second)
    gone = request.split.forget_train
    assert (first[gone] != request.data.y_train[gone]).all()
    kept = request.split.retain_train
    assert torch.equal(first[kept], request.data.y_train[kept])
    assert_same(model, by_hand(request, relabelled(piled, labels_used, "joint"), adam(1e-4)))


def test_salun(tiny_request: MakeRequest, labels_used: list[Tensor]) -> None:
    """Gradients masked, weights and momentum outside the mask reset; batch norm as ever."""
    request = tiny_request()
    model, _ = create("salun", **BIG, lr=0.02).unlearn(request)
    _, _, x, y = parts(request)
    original = copy.deepcopy(request.original).eval()
    (-F.cross_entropy(original(x), y)).backward()
    scores = {name: p.grad.abs() for name, p in original.named_parameters()}
    every = torch.cat([score.flatten() for score in scores.values()])
    edge = every.sort(descending=True).values[round(0.5 * len(every)) - 1]
    masks = {name: (score >= edge).float() for name, score in scores.items()}
    start = {name: p.detach().clone() for name, p in original.named_parameters()}

    @torch.no_grad()
    def restore(net: nn.Module, optimizer: Optimizer) -> None:
        for name, weight in net.named_parameters():
            weight.copy_(weight * masks[name] + start[name] * (1 - masks[name]))
            optimizer.state[weight]["momentum_buffer"] *= masks[name]

    losses = relabelled(request, labels_used, "sequence")
    assert_same(model, by_hand(request, losses, sgd(0.02), restore, masks))
    norm = "net.stem.1.running_mean"
    assert not torch.equal(model.state_dict()[norm], request.original.state_dict()[norm])


def test_boundary_expanding(tiny_request: MakeRequest) -> None:
    """A head of C + 1 rows; the last is the target, and is cut off afterwards."""
    request = tiny_request()
    _, _, x, y = parts(request)
    start = request.copy_of_original()
    create("be").objective(request, start)
    hand = request.copy_of_original().train()
    narrow = hand.head
    wide = nn.Linear(narrow.in_features, hand.classes + 1)
    with torch.no_grad():
        wide.weight.copy_(torch.cat([narrow.weight, start.shadow.weight]))
        wide.bias.copy_(torch.cat([narrow.bias, start.shadow.bias]))
    hand.net.head = wide
    optimizer = torch.optim.SGD(hand.parameters(), 0.01, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        F.cross_entropy(hand(x), torch.full_like(y, 4)).backward()
        optimizer.step()
    pruned = nn.Linear(narrow.in_features, 4)
    with torch.no_grad():
        pruned.weight.copy_(wide.weight[:4])
        pruned.bias.copy_(wide.bias[:4])
    hand.net.head = pruned
    model, _ = create("be", **BIG, lr=0.01).unlearn(request)
    assert_same(model, hand)


# ---- teachers --------------------------------------------------------------------------------


def kl(teacher: Tensor, student: Tensor, temperature: float = 1.0) -> Tensor:
    """Mean over samples of Σ p (log p − log q), written out."""
    p = (teacher / temperature).softmax(1)
    q = (student / temperature).softmax(1)
    return (p * (p.clamp(min=1e-30).log() - q.log())).sum(1).mean()


def test_scrub(tiny_request: MakeRequest) -> None:
    """Two epochs of two steps, the rate falling tenfold half-way; Adam with L2 decay of 0.1."""
    request = tiny_request()
    x, y, gone, _ = parts(request)
    teacher = copy.deepcopy(request.original).eval().requires_grad_(False)

    def away(model: Classifier) -> Tensor:
        return -4 * kl(teacher(gone), model(gone), 2.0)

    def along(model: Classifier) -> Tensor:
        logits = model(x)
        return 0.5 * 4 * kl(teacher(x), logits, 2.0) + F.cross_entropy(logits, y)

    seen = iter(range(10))

    def decay(model: nn.Module, optimizer: Optimizer) -> None:
        if next(seen) == 1:
            optimizer.param_groups[0]["lr"] *= 0.1

    losses = [away, along, away, along]
    model, outcome = create("scrub", **BIG).unlearn(request)
    assert outcome.step == 4
    assert_same(model, by_hand(request, losses, adam(5e-4, decay=0.1), decay))


def test_delete(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    _, _, x, y = parts(request)
    teacher = copy.deepcopy(request.original).eval().requires_grad_(False)
    target = teacher(x)
    target[torch.arange(len(y)), y] = -torch.inf

    model, _ = create("delete", **BIG, lr=0.01).unlearn(request)
    hand = by_hand(request, [lambda m: kl(target, m(x))] * 2, sgd(0.01, decay=0))
    assert_same(model, hand)


def test_bad_teacher(tiny_request: MakeRequest) -> None:
    """All of D_r and D_f in one batch, each sample under its own teacher."""
    request = tiny_request()
    kept, _, gone, _ = parts(request)
    good = copy.deepcopy(request.original).eval().requires_grad_(False)
    bad = request.fresh().eval().requires_grad_(False)
    x, target = torch.cat([kept, gone]), torch.cat([good(kept), bad(gone)])
    model, _ = create("bt", **BIG, share=100.0).unlearn(request)
    assert_same(model, by_hand(request, [lambda m: kl(target, m(x))] * 2, adam(1e-4)))


# ---- contraction -----------------------------------------------------------------------------


def test_published_contraction(tiny_request: MakeRequest) -> None:
    """CE of the retained plus the plain length of the forgotten logits, no weight between them."""
    request = tiny_request()
    kept, y, gone, _ = parts(request)
    x = torch.cat([kept, gone])

    def loss(model: Classifier) -> Tensor:
        logits = model(x)
        lengths = logits[len(kept) :].square().sum(1).sqrt()
        return F.cross_entropy(logits[: len(kept)], y) + lengths.mean()

    model, outcome = create("opc_logits", **BIG, lr=0.01, schedule="constant").unlearn(request)
    assert outcome.step == 2
    assert_same(model, by_hand(request, [loss, loss], sgd(0.01)))


# ---- all of them -----------------------------------------------------------------------------

ELSEWHERE = {"original", "retrain", "fisher", "ssd"}  # test_baselines, test_second_order


def test_every_faithful_method_has_its_parity_test() -> None:
    titles = {"ft": "fine_tuning", "ga": "gradient_ascent", "rl": "random_labels"}
    titles |= {"be": "boundary_expanding", "bt": "bad_teacher"}
    titles |= {"opc_logits": "published_contraction"}
    faithful = {cls.info.name for cls in list_methods() if cls.info.fidelity.mark == "faithful"}
    for name in faithful - ELSEWHERE:
        assert f"test_{titles.get(name, name)}" in globals(), name
