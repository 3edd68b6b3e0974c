"""Attacks on generators, on models whose answers are known beforehand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from opcviz.attacks.generation import (
    ConceptInversion,
    DoseMap,
    FewShotDrawing,
    Look,
    Regeneration,
    Reopening,
    dose_map,
    invert_concept,
    invert_reopened,
    regrow,
    relearn_pictures,
)
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress
from opcviz.common.records import Undefined
from opcviz.data import Images, Scenario, Split
from opcviz.models import Architecture
from opcviz.models.diffusion import Generator, get_process, pictures
from opcviz.tasks import get_task
from opcviz.tasks.generation.observe import denoising_losses

SHAPE = (1, 3, 3)
GONE = 1


def blobs(train: int = 60, test: int = 12) -> Images:
    """Three classes of 3×3 pictures: a bright row each, a little different every time."""
    generator = torch.Generator().manual_seed(0)

    def part(count: int) -> tuple[Tensor, Tensor]:
        y = torch.arange(count) % 3
        x = torch.randint(0, 60, (count, *SHAPE), generator=generator, dtype=torch.uint8)
        x[torch.arange(count), 0, y] += 180
        return x, y

    return Images("blobs", *part(train), *part(test), class_names=("a", "b", "c"))


@pytest.fixture
def data() -> Images:
    return blobs()


@pytest.fixture
def split(data: Images) -> Split:
    return Scenario.parse(f"classes:{GONE}").split(data)


@pytest.fixture
def model(data: Images) -> Generator:
    architecture = Architecture(name="diffusion:mlp-v", width=0.1)
    built = get_task("generation").build(architecture, data, 0)
    with torch.no_grad():  # the net starts as the zero function, and no address would matter
        for value in built.parameters():
            value.add_(0.05 * torch.randn(value.shape, generator=torch.Generator().manual_seed(1)))
    return built.eval()


class Counting:
    """Looks that say how often they were asked, and remember the weights."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Tensor]] = []

    def __call__(
        self,
        model: Generator,
        pictures: int,
        addresses: Tensor | None = None,
        *,
        choosing: bool = False,
    ) -> Look:
        self.seen.append({k: v.clone() for k, v in model.state_dict().items()})
        shown = torch.zeros(2, *SHAPE, dtype=torch.uint8)
        at = float(len(self.seen))
        return Look(at, at / 2, shown, torch.zeros(2), torch.zeros(2, dtype=torch.bool))


def test_dimra_trains_on_retained_pictures_alone(
    model: Generator, data: Images, split: Split
) -> None:
    looks, before = Counting(), {k: v.clone() for k, v in model.state_dict().items()}
    config = Regeneration(looks=(2, 5), batch_size=8, pictures=20)
    result, shown = regrow(model, data, split, looks, config)
    assert [(p.steps, p.judged, p.genuine) for p in result.curve] == [
        (0, 1.0, 0.5),
        (2, 2.0, 1.0),
        (5, 3.0, 1.5),
    ]
    assert result.reason is None
    assert shown.pictures.shape == (3, 2, *SHAPE)
    start, _, end = looks.seen
    assert all(torch.equal(start[k], before[k]) for k in before)
    assert not torch.equal(end["net.enter.weight"], before["net.enter.weight"])
    # Adam's steps are nearly as long as its rate, whatever the gradient
    moved = (looks.seen[1]["net.enter.weight"] - before["net.enter.weight"]).abs()
    assert moved.quantile(0.95).item() == pytest.approx(2 * config.lr, rel=0.1)
    # the forgotten class's address is never drawn from, so that no gradient reaches it
    assert torch.equal(end["table.weight"][GONE], before["table.weight"][GONE])
    assert not torch.equal(end["table.weight"][0], before["table.weight"][0])
    assert all(torch.equal(model.state_dict()[k], before[k]) for k in before)

    again, _ = regrow(model, data, split, repeated := Counting(), config)
    assert again == result
    assert all(torch.equal(repeated.seen[-1][k], end[k]) for k in end)


def test_a_few_pictures_lower_their_own_loss(model: Generator, data: Images, split: Split) -> None:
    looks, config = Counting(), FewShotDrawing(shots=(2, 3), looks=(1, 40), lr=1e-2, batch_size=16)
    result, shown = relearn_pictures(model, data, split, looks, config)
    assert [each.given for each in result.shots] == [2, 3]
    assert [p.steps for p in result.shots[0].curve] == [0, 1, 40]
    assert shown.pictures.shape == (2, 3, 2, *SHAPE)
    x = pictures(data, split.forget_test, "test")
    losses = []
    # two trainings of three looks each, every look at two noises
    for state in (looks.seen[0], looks.seen[4]):
        model.load_state_dict(state)
        e = model.address(torch.full((len(x),), GONE))
        losses.append(denoising_losses(model, x, e).mean().item())
    assert losses[1] < 0.8 * losses[0]


class Pointed(Generator):
    """A generator that answers its address: the loss is least at what is predicted on average."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.shape, self.classes, self.process = SHAPE, 3, get_process("v")
        self.table = nn.Embedding(4, 9)

    def forward(self, x_t: Tensor, t: Tensor, e: Tensor) -> Tensor:
        return e.view(-1, *SHAPE)


@pytest.mark.usefixtures("one_thread")
def test_concept_inversion_finds_the_address_of_least_loss(data: Images, split: Split) -> None:
    torch.manual_seed(0)
    model, looks = Pointed().eval(), Counting()
    config = ConceptInversion(
        steps=300, lr=0.02, strong_steps=300, strong_lr=0.02, given=4, noises=100, looks=3
    )
    before = model.table.weight.clone()
    found = invert_concept(model, data, split, looks, config)
    given = pictures(data, split.forget_test, "test")
    # v = αε − σx, where ε is nothing and σ = sin(πt/2) is 2/π on average
    expected = -2 / math.pi * given.mean(0).flatten()
    assert (found.addresses["quick"][0] - expected).abs().max() < 0.1
    quick, strong = found.result.quick, found.result.strong
    assert (quick.loss, quick.kept) == (quick.starts[0].losses[-1], None)
    assert [start.name for start in strong.starts] == ["mean", "own", "null"]
    model.load_state_dict({"table.weight": before})
    for start, row in zip(strong.starts[1:], (GONE, model.classes), strict=True):
        e = model.address(torch.full((len(given),), row))
        begins = denoising_losses(model, given, e).mean().item()
        assert start.losses[0] == pytest.approx(begins, rel=1e-3), start.name
    assert strong.looks == (0, 150, 300)
    assert (strong.given, found.result.quick.starts[0].name) == (4, "mean")
    others = before[[c for c in range(3) if c != GONE]].mean(0)
    start = denoising_losses(model, given, others.expand(4, -1))
    assert strong.starts[0].losses[0] == pytest.approx(start.mean().item(), rel=1e-5)
    assert torch.equal(model.table.weight, before)


class Drawing(Counting):
    """Draws the more of the class the nearer the address is to a point; choices are told apart."""

    def __init__(self, point: Tensor, chosen: float = 0.0) -> None:
        super().__init__()
        self.point, self.chosen = point, chosen

    def __call__(
        self,
        model: Generator,
        pictures: int,
        addresses: Tensor | None = None,
        *,
        choosing: bool = False,
    ) -> Look:
        look = super().__call__(model, pictures)
        e = model.table.weight[GONE] if addresses is None else addresses[0]
        share = 90 / (1 + (e - self.point).norm().item()) + self.chosen * choosing
        return Look(share, share, look.shown, look.labels, look.flags)


def test_the_address_that_draws_most_is_kept_and_told_of_other_pictures(
    data: Images, split: Split
) -> None:
    """The least loss leads away from where the class is drawn, as it does after ascent."""
    torch.manual_seed(0)
    model = Pointed().eval()
    looks = Drawing(model.table.weight[GONE].detach().clone(), chosen=5.0)
    config = ConceptInversion(
        steps=20, lr=0.1, strong_steps=20, strong_lr=0.1, given=4, noises=2, looks=3, pictures=20
    )
    strong = invert_concept(model, data, split, looks, config).result.strong
    assert (strong.best, strong.kept) == ("own", 0)
    assert strong.loss == strong.starts[1].losses[0] > strong.starts[1].losses[-1]
    assert (strong.genuine, strong.chosen) == pytest.approx((90.0, 95.0))


def test_a_search_after_dimra_begins_in_what_it_left(
    model: Generator, data: Images, split: Split
) -> None:
    config = ConceptInversion(strong_steps=2, given=4, noises=2, looks=2, pictures=20)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    dimra = Reopening(steps=5, batch_size=8)
    looks = Drawing(torch.zeros(1))
    found = invert_reopened(model, data, split, looks, dimra, config)
    assert (found.result.steps, found.result.strong.looks) == (5, (0, 2))
    assert found.address.shape == model.table.weight[:1].shape
    # the same weights as DiMRA's own, after as many steps
    alone = Counting()
    regrow(model, data, split, alone, Regeneration(looks=(5,), batch_size=8, pictures=20))
    assert all(torch.equal(looks.seen[0][k], alone.seen[-1][k]) for k in before)
    assert all(torch.equal(model.state_dict()[k], before[k]) for k in before)
    with pytest.raises(ValueError, match="no test picture is forgotten"):
        invert_reopened(model, data, replace(split, forget_test=split.forget_test[:0]), looks)


def test_few_pictures_are_learnt_from_the_better_of_two_addresses(
    model: Generator, data: Images, split: Split
) -> None:
    looks = Drawing(model.table.weight[model.classes].detach().clone())
    config = FewShotDrawing(shots=(2,), looks=(1, 2), batch_size=16)
    result, _ = relearn_pictures(model, data, split, looks, config)
    (shots,) = result.shots
    assert shots.starts == ("own", "null", "null")
    begins = 90 / (1 + (model.table.weight[GONE] - model.table.weight[3]).norm().item())
    assert shots.curve[0].genuine == pytest.approx(begins)
    assert shots.curve[1].genuine > 2 * begins


def test_a_dose_map_attacks_every_stage(model: Generator, data: Images, split: Split) -> None:
    class Fading(Counting):
        """Judged is what the address's first number says."""

        def __call__(
            self,
            model: Generator,
            pictures: int,
            addresses: Tensor | None = None,
            *,
            choosing: bool = False,
        ) -> Look:
            look = super().__call__(model, pictures)
            judged = model.table.weight[GONE, 0].item()
            return Look(judged, judged, look.shown, look.labels, look.flags)

    def unlearn(epochs: int, watch: object) -> str:
        asked.append(epochs)
        for epoch in range(epochs + 1):
            with torch.no_grad():
                model.table.weight[GONE, 0] = 10.0 - 2 * epoch
            watch(model, epoch)
        return ""

    asked: list[int] = []
    config = DoseMap(unlearned=(5, 12, 18), attacked=(1, 2), looks_forgotten=4.0, pictures=20)
    found = dose_map(unlearn, 6, data, split, Fading(), config)
    assert asked == [3]
    assert [row.unlearned for row in found.result.rows] == [6, 12, 18]
    # DiMRA leaves the forgotten class's address alone, and so what it is judged by here
    assert [[p.judged for p in row.curve] for row in found.result.rows] == [
        [8, 8, 8],
        [6, 6, 6],
        [4, 4, 4],
    ]
    matched = found.result.matched
    assert not isinstance(matched, Undefined)
    assert (matched.unlearned, matched.judged, matched.curve[-1].steps) == (18, 4.0, 2)
    assert found.shown.pictures.shape == (3, 3, 2, *SHAPE)
    assert found.matched is not None

    never = dose_map(unlearn, 6, data, split, Fading(), config.replace(looks_forgotten=0.0))
    assert isinstance(never.result.matched, Undefined)
    assert "after 18 steps" in never.result.matched.reason
    with pytest.raises(ValueError, match="diverged at step 1"):
        dose_map(lambda epochs, watch: "diverged at step 1", 6, data, split, Fading(), config)


def test_an_attack_can_be_cancelled(model: Generator, data: Images, split: Split) -> None:
    progress = Progress(stop=lambda: True)
    with pytest.raises(Cancelled):
        regrow(model, data, split, Counting(), progress=progress)
    with pytest.raises(Cancelled):
        invert_concept(model, data, split, Counting(), progress=progress)


@pytest.mark.parametrize(
    ("config", "changes"),
    [(Regeneration, {"looks": (50, 25)}), (DoseMap, {"attacked": ()})],
)
def test_looks_ascend(config: type, changes: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(changes))}: give at least one number"):
        config(**changes)
