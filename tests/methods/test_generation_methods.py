"""Methods for generators: one step of each loss by hand, SalUn's mask, and what each may not do."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from opcviz.common.config import ConfigError
from opcviz.data import Images, Scenario
from opcviz.methods import Iterative, Method, NotDefined, Request, create, list_methods
from opcviz.methods.generation.dimum import DiMUM
from opcviz.methods.generation.opc_any_address import any_addresses
from opcviz.methods.generation.redirection import next_retained
from opcviz.methods.generation.seekers import Seekers
from opcviz.models import Architecture
from opcviz.models.diffusion import Generator, pictures
from opcviz.models.diffusion.process import stratified
from opcviz.tasks import get_task
from opcviz.training import Batch, Training

TASK = get_task("generation")
TINY = {"epochs": 2, "batch_size": 16, "lr": 1e-3}
OURS = [cls for cls in list_methods("generation") if cls.tasks is not None]
STEPPING = [cls for cls in OURS if issubclass(cls, Iterative)]
FORGOTTEN = 1

MakeRequest = Callable[..., Request[Generator]]


@pytest.fixture
def make_request(tiny_images: Images, one_thread: None) -> MakeRequest:
    """Of an original with weights that are not zero anywhere, so that every term counts."""
    original = TASK.build(Architecture("diffusion:mlp-v", width=0.1), tiny_images, 0)
    torch.manual_seed(3)
    for weight in original.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    split = Scenario.parse(f"classes:{FORGOTTEN}").split(tiny_images)

    def make(**changes: Any) -> Request[Generator]:
        request = Request(TASK, tiny_images, split, original, lambda: original, Training())
        return replace(request, **changes)

    return make


def tiny(cls: type[Method], **settings: Any) -> Method:
    steps = TINY if issubclass(cls, Iterative) else {}
    return cls.from_dict({**steps, **settings})


@pytest.mark.parametrize("cls", OURS, ids=lambda cls: cls.info.name)
def test_a_method_makes_another_model_the_same_for_the_same_seed(
    cls: type[Method], make_request: MakeRequest, same_weights
) -> None:
    request = make_request()
    before = copy.deepcopy(request.original)
    model, outcome = tiny(cls).unlearn(request)
    again, _ = tiny(cls).unlearn(request)
    assert outcome.status == "finished"
    assert same_weights(model, again)
    assert same_weights(request.original, before)
    assert not same_weights(model, before)
    assert not model.training


@pytest.mark.parametrize("cls", OURS, ids=lambda cls: cls.info.name)
def test_a_single_picture_cannot_be_forgotten(
    cls: type[Method], tiny_images: Images, make_request: MakeRequest
) -> None:
    split = Scenario.parse("random:25%").split(tiny_images)
    with pytest.raises(NotDefined, match=r"cannot forget samples.* a single picture has none"):
        tiny(cls).unlearn(make_request(split=split))


@pytest.mark.parametrize("cls", OURS, ids=lambda cls: cls.info.name)
def test_no_classifier_is_offered_it(cls: type[Method]) -> None:
    assert cls not in list_methods("classification")
    assert create("opc").__class__ not in list_methods("generation")


# ---- one step by hand ---------------------------------------------------------------------------


def step(request: Request[Generator]) -> tuple[Batch, list[Tensor]]:
    """A joint batch, and what is drawn in the order in which a step draws it, from one seed."""
    data, split = request.data, request.split
    index = torch.cat([split.retain_train[:6], split.forget_train[:4]])
    forget = torch.arange(10) >= 6
    batch = Batch(data.batch(index), data.y_train[index], index, forget)
    torch.manual_seed(9)
    dropped, t_r, noise_r = torch.rand(6) < 0.1, stratified(6), torch.randn(6, 1, 8, 8)
    t_f, noise_f = stratified(4), torch.randn(4, 1, 8, 8)
    return batch, [dropped, t_r, noise_r, t_f, noise_f]


def v_loss(model: Generator, x: Tensor, e: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """Of each picture in [-1, 1]: ‖m(αx + σε, t, e) − (αε − σx)‖², mean over pixels."""
    alpha, sigma = (f(math.pi / 2 * t).view(-1, 1, 1, 1) for f in (torch.cos, torch.sin))
    answer = model(alpha * x + sigma * noise, t, e)
    return (answer - (alpha * noise - sigma * x)).square().mean((1, 2, 3))


def by_hand(cls: type[Method], request: Request[Generator], model: Generator) -> Tensor:
    """The whole loss of a step, written once more."""
    batch, (dropped, t_r, noise_r, t, noise) = step(request)
    x, y, original = 2 * batch.x - 1, batch.y, request.original
    labels = torch.where(dropped, 4, y[:6])
    keep = v_loss(model, x[:6], model.table.weight[labels], t_r, noise_r).mean()
    x = x[6:]
    alpha, sigma = (f(math.pi / 2 * t).view(-1, 1, 1, 1) for f in (torch.cos, torch.sin))
    x_t = alpha * x + sigma * noise
    own = model.table.weight[FORGOTTEN].expand(4, -1)
    answer = model(x_t, t, own)
    match cls.info.name:
        case "rl_diffusion" | "salun_diffusion":
            other = model(x_t, t, model.table.weight[FORGOTTEN + 1].expand(4, -1)).detach()
            return 3 * keep + (answer - other).square().mean()
        case "esd":
            null, row = (original.table.weight[c].expand(4, -1) for c in (4, FORGOTTEN))
            free, given = original(x_t, t, null), original(x_t, t, row)
            return 3 * keep + (answer - (2 * free - given)).square().mean()
        case "selective_amnesia":
            random = 2 * torch.rand(4, 1, 8, 8) - 1
            t, noise = stratified(4), torch.randn(4, 1, 8, 8)
            return keep + v_loss(model, random, own, t, noise).mean()
        case "dimum":
            memory = DiMUM().remembered(request)
            chosen = memory[torch.randint(len(memory), (4,))]
            t, noise = stratified(4), torch.randn(4, 1, 8, 8)
            return keep + 3 * v_loss(model, chosen, own, t, noise).mean()
        case "opc_output":
            return keep + answer.flatten(1).norm(dim=1).mean() / 8
    raise AssertionError(f"{cls.info.name} has no loss written by hand")


@pytest.mark.parametrize(
    "cls",
    [cls for cls in STEPPING if cls.info.name != "opc_any_address"],
    ids=lambda cls: cls.info.name,
)
def test_one_step_of_the_loss_by_hand(cls: type[Iterative], make_request: MakeRequest) -> None:
    request = make_request()
    model = request.copy_of_original().train()
    with torch.no_grad():  # a little away from the original, so that pulls to it would show
        model.table.weight += 0.05
    objective = tiny(cls, **({"hold": 0.0} if "hold" in vars(cls()) else {})).objective(
        request, model
    )
    wanted = by_hand(cls, request, model)
    batch, _ = step(request)
    torch.manual_seed(9)
    found = objective(model, batch)
    torch.testing.assert_close(found, wanted)
    for name, ours in zip(
        dict(model.named_parameters()),
        torch.autograd.grad(found, list(model.parameters())),
        strict=True,
    ):
        theirs = dict(zip(dict(model.named_parameters()), _gradients(wanted, model), strict=True))
        torch.testing.assert_close(ours, theirs[name], msg=name)


def _gradients(loss: Tensor, model: Generator) -> tuple[Tensor, ...]:
    return torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)


def test_selective_amnesia_holds_weights_by_their_squared_gradients(
    make_request: MakeRequest,
) -> None:
    """λ Σ F (θ − θo)², F from one picture at a time."""
    request = make_request()
    original = request.copy_of_original().eval()
    ids = request.split.retain_train
    fisher = [torch.zeros_like(p) for p in original.parameters()]
    for i in ids:
        loss = TASK.losses(original, request.data.batch(i[None]), request.data.y_train[i[None]])
        for total, gradient in zip(fisher, _gradients(loss.sum(), original), strict=True):
            total += gradient.square() / len(ids)
    model = request.copy_of_original()
    torch.manual_seed(0)
    wanted = torch.zeros(())
    with torch.no_grad():
        for weight, f in zip(model.parameters(), fisher, strict=True):
            moved = 0.1 * torch.randn_like(weight)
            weight += moved
            wanted += 7 * (f * moved.square()).sum()
    pull = create("selective_amnesia", hold=7.0).penalty(request)
    torch.testing.assert_close(pull(model).detach(), wanted, rtol=1e-3, atol=1e-6)


def test_saluns_mask_by_brute_force(make_request: MakeRequest) -> None:
    """Weights outside the half with the greatest summed gradient stay bit for bit."""
    request = make_request()
    original = request.copy_of_original().eval()
    total = [torch.zeros_like(p, dtype=torch.float64) for p in original.parameters()]
    for i in request.split.forget_train:
        loss = TASK.losses(original, request.data.batch(i[None]), request.data.y_train[i[None]])
        for each, gradient in zip(total, _gradients(loss.sum(), original), strict=True):
            each += gradient
    flat = torch.cat([each.abs().flatten() for each in total])
    least = flat.sort(descending=True).values[len(flat) // 2]
    model, _ = create("salun_diffusion", **TINY).unlearn(request)
    moved = torch.cat(
        [
            (new - old).flatten() != 0
            for new, old in zip(model.parameters(), request.original.parameters(), strict=True)
        ]
    )
    sure = (flat - least).abs() > 1e-3 * least  # about the border sums in another order may differ
    assert not moved[sure & (flat < least)].any()
    assert moved[sure & (flat > least)].float().mean() > 0.99


# ---- details ------------------------------------------------------------------------------------


def test_dimums_alternatives(make_request: MakeRequest) -> None:
    request = make_request()
    data, kept = request.data, request.split.retain_train
    real = {k: pictures(data, kept[data.y_train[kept] == k]).flatten(1) for k in (0, 2, 3)}

    def memory(**settings: Any) -> Tensor:
        return create("dimum", **settings).remembered(request).flatten(1)

    def inside(found: Tensor, pool: Tensor) -> bool:
        return bool((found[:, None] == pool).all(2).any(1).all())

    mixed = memory(memory=20)
    assert len(mixed) == 20
    assert inside(mixed, torch.cat([*real.values()]))
    assert not any(inside(mixed, pool) for pool in real.values())
    assert inside(memory(alternative="class"), real[FORGOTTEN + 1])
    assert inside(memory(alternative="class", other=3), real[3])
    assert len(memory(alternative="one")) == 1
    noise = memory(alternative="noise", memory=200)
    assert noise.abs().max() <= 1
    assert noise.var() == pytest.approx(1 / 3, abs=0.02)
    with pytest.raises(ConfigError, match="no retained picture can be memorised"):
        memory(alternative="class", other=FORGOTTEN)


def test_an_address_is_swapped_and_nothing_else(make_request: MakeRequest) -> None:
    request = make_request()
    model, outcome = create("address_swap").unlearn(request)
    before = dict(request.original.named_parameters())
    changed = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert changed == {"table.weight"}
    rows, old = model.table.weight, request.original.table.weight
    assert torch.equal(rows[FORGOTTEN], old[FORGOTTEN + 1])
    others = torch.arange(5) != FORGOTTEN
    assert torch.equal(rows[others], old[others])
    assert outcome.step == 0


def test_the_next_retained_class(tiny_images: Images, make_request: MakeRequest) -> None:
    split = Scenario.parse("classes:0,3").split(tiny_images)
    assert next_retained(make_request(split=split)).tolist() == [1, 2, 1, 1]
    everything = replace(split, forget_train=torch.arange(len(tiny_images.y_train)))
    with pytest.raises(ConfigError, match="a class must be retained"):
        next_retained(make_request(split=everything))


def test_any_addresses_are_rows_mixtures_and_others(make_request: MakeRequest) -> None:
    model = make_request().copy_of_original()
    torch.manual_seed(0)
    found, rows = any_addresses(model, 3000).detach(), model.table.weight.detach()
    same = (found[:, None] == rows).all(2)
    assert same.any(1).float().mean() == pytest.approx(1 / 3, abs=0.03)
    assert same.float().mean(0) == pytest.approx([1 / 15] * 5, abs=0.02)  # the null row, too
    coordinates = torch.linalg.lstsq(rows.T, found.T).solution
    flat = ((rows.T @ coordinates).T - found).norm(dim=1) < 1e-4 * found.norm(dim=1)
    assert flat.float().mean() == pytest.approx(2 / 3, abs=0.03)  # rows, and mixtures of them
    between = coordinates[:, flat & ~same.any(1)]
    torch.testing.assert_close(between.sum(0), torch.ones(between.shape[1]))
    assert between.min() > -1e-4
    assert found[~flat].std(0).mean() == pytest.approx(float(rows.std(0).mean()), rel=0.1)


def test_seekers_follow_the_loss_down_and_begin_anew(make_request: MakeRequest) -> None:
    """Adam's first step is the rate against the slope's sign; each class has its own."""
    model = make_request().copy_of_original()
    gone = torch.tensor([1, 3])
    torch.manual_seed(0)
    seekers = Seekers(model, gone, 3)
    y = torch.tensor([3, 1, 3, 1, 1])
    before = seekers.vectors.detach().clone()
    seekers.move(model)
    assert torch.equal(seekers.vectors, before)  # nothing was learnt yet
    e = seekers.addresses(y)
    for one, c in zip(e, y, strict=True):
        assert (one == before[(gone == c).nonzero()[0, 0]]).all(1).any()
    seekers.learn(e.square().sum(1))
    (e.sum() * 1e6).backward()  # what else goes back through them is not followed
    seekers.move(model)
    moved = seekers.vectors.detach() - before
    shown = (before[:, :, None] == e.detach()).all(3).any(2)
    assert not moved[~shown].any()
    torch.testing.assert_close(moved[shown], -0.05 * before[shown].sign(), atol=1e-3, rtol=0)
    for _ in range(59):
        seekers.learn(seekers.addresses(y).square().sum(1))
        seekers.move(model)
    assert seekers.steps == 60
    starts = model.table.weight.detach()
    assert seekers.vectors[:, 1].norm(dim=1).min() > 0.3 * starts.norm(dim=1).min()
    assert seekers.vectors[:, 0].norm(dim=1).max() < before.norm(dim=2).max()


def test_a_step_under_any_address_by_hand(make_request: MakeRequest) -> None:
    """Without seekers and chance: own addresses alone are OPC on the output."""
    request = make_request()
    model = request.copy_of_original().train()
    batch, _ = step(request)
    losses = []
    for name, settings in (("opc_any_address", {"own": 1.0}), ("opc_output", {})):
        method = create(name, **TINY, retain_weight=2.0, **settings)
        objective = method.objective(request, model)
        torch.manual_seed(9)
        losses.append(objective(model, batch))
    torch.testing.assert_close(*losses)
    one = create("opc_any_address", **TINY, own=0.0, fade=2.0, retain_weight=0.0)
    torch.manual_seed(9)
    found = one.objective(request, model)(model, batch)
    _, (_, _, _, t, noise) = step(request)
    x = 2 * batch.x[6:] - 1
    alpha, sigma = (f(math.pi / 2 * t).view(-1, 1, 1, 1) for f in (torch.cos, torch.sin))
    seekers = Seekers(model, torch.tensor([FORGOTTEN]), one.seekers)
    torch.rand(8)  # who is shown under which kind of address
    any_addresses(model, 4)
    e = seekers.addresses(batch.y[6:])
    lengths = model(alpha * x + sigma * noise, t, e).flatten(1).norm(dim=1) / 8
    torch.testing.assert_close(found, ((1 - t) ** 2 * lengths).mean())
