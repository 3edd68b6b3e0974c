"""The one training loop, against hand-made steps and counted batches."""

from __future__ import annotations

import copy
from collections import Counter
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.common.config import ConfigError
from opcviz.common.devices import Pace
from opcviz.common.progress import Cancelled, Progress, Step
from opcviz.data import Images
from opcviz.models import Architecture, Classifier, build_classifier
from opcviz.training import Batch, Batches, Outcome, Training, learning_rate, train
from opcviz.training import loop as training


def flat_images(count: int) -> Images:
    """`count` one-pixel pictures, each with its own grey level."""
    x = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1)
    y = torch.arange(count) % 2
    return Images("flat", x, y, x[:2], y[:2], ("even", "odd"))


def cross_entropy(model: Classifier, batch: Batch) -> Tensor:
    return F.cross_entropy(model(batch.x), batch.y)


def everything(images: Images, spec: Training) -> Batches:
    ids = torch.arange(len(images.y_train))
    return Batches(images, ids, ids[:0], spec.batch_size, spec.augment)


# ---- batches ------------------------------------------------------------------------------


@pytest.mark.slow
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 25), st.integers(0, 5))
def test_a_joint_epoch_passes_retain_once_and_cycles_forget(
    retain: int, forget: int, size: int, seed: int
) -> None:
    images = flat_images(retain + forget)
    batches = Batches(images, torch.arange(retain), torch.arange(retain, retain + forget), size)
    drawn = list(batches.epoch(0, torch.Generator().manual_seed(seed)))
    assert len(drawn) == batches.steps(0)
    kept = Counter(i for b in drawn for i in b.index[b.retain].tolist())
    gone = Counter(i for b in drawn for i in b.index[b.forget].tolist())
    assert kept == Counter(range(retain))
    assert set(gone) <= set(range(retain, retain + forget))
    counts = [gone[i] for i in range(retain, retain + forget)]
    assert max(counts) - min(counts) <= 1  # whole passes, but for the last
    for batch in drawn:
        assert 1 <= int(batch.retain.sum()) <= size
        assert int(batch.forget.sum()) == min(size, forget)
        assert torch.equal(batch.y, images.y_train[batch.index])
        assert torch.equal(batch.x.flatten(), batch.index / 255)


@given(st.integers(1, 80), st.integers(1, 30), st.booleans())
def test_a_single_part_is_passed_once_in_even_hands(count: int, size: int, forget: bool) -> None:
    ids, none = torch.arange(count), torch.arange(0)
    batches = Batches(flat_images(count), *((none, ids) if forget else (ids, none)), size)
    drawn = list(batches.epoch(0, torch.Generator().manual_seed(0)))
    assert sorted(i for b in drawn for i in b.index.tolist()) == list(range(count))
    sizes = [len(b.y) for b in drawn]
    assert max(sizes) <= size
    assert max(sizes) - min(sizes) <= 1
    assert len(drawn) == batches.steps(0) == -(-count // size)
    assert all(bool(b.forget.all()) is forget for b in drawn)
    assert all(bool(b.retain.any()) is not forget for b in drawn)


@pytest.mark.slow
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 15), st.none() | st.integers(0, 2))
def test_in_sequence_forget_batches_come_first(
    retain: int, forget: int, size: int, forget_epochs: int | None
) -> None:
    kept, gone = torch.arange(retain), torch.arange(retain, retain + forget)
    batches = Batches(
        flat_images(retain + forget), kept, gone, size, "none", "sequence", forget_epochs
    )
    for epoch in range(3):
        drawn = list(batches.epoch(epoch, torch.Generator().manual_seed(epoch)))
        assert len(drawn) == batches.steps(epoch)
        order = [bool(b.forget.any()) for b in drawn]
        assert order == sorted(order, reverse=True)
        assert all(bool(b.forget.all()) or not bool(b.forget.any()) for b in drawn)
        passed = sorted(i for b in drawn for i in b.index.tolist())
        with_forget = forget_epochs is None or epoch < forget_epochs
        assert passed == list(range(retain + forget if with_forget else retain))
        assert all(epoch <= b.epochs_done < epoch + 1 for b in drawn)


def test_the_generator_alone_decides_the_order() -> None:
    batches = Batches(flat_images(40), torch.arange(30), torch.arange(30, 40), 8)

    def order(seed: int) -> list[int]:
        return [i for b in batches.epoch(0, torch.Generator().manual_seed(seed)) for i in b.index]

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_an_empty_task_is_refused() -> None:
    none = torch.arange(0)
    with pytest.raises(ValueError, match="both the retain and the forget part are empty"):
        Batches(flat_images(3), none, none, 4)


# ---- schedule -------------------------------------------------------------------------------


def test_the_schedules_have_their_closed_forms() -> None:
    cosine = Training(lr=0.4)
    assert [learning_rate(cosine, s, 100) for s in (0, 50)] == pytest.approx([0.4, 0.2])
    assert learning_rate(cosine, 25, 100) == pytest.approx(0.4 * (0.5 + 0.5**1.5))
    step = cosine.replace(schedule="step")
    rates = [learning_rate(step, s, 100) for s in (0, 49, 50, 74, 75, 99)]
    assert rates == pytest.approx([0.4, 0.4, 0.04, 0.04, 0.004, 0.004])
    constant = cosine.replace(schedule="constant", warmup=0.1)
    rates = [learning_rate(constant, s, 40) for s in (0, 1, 2, 3, 4, 39)]
    assert rates == pytest.approx([0.08, 0.16, 0.24, 0.32, 0.4, 0.4])


@given(
    st.sampled_from(["cosine", "step", "constant"]),
    st.floats(0, 0.9),
    st.integers(1, 300),
    st.data(),
)
def test_a_rate_is_positive_and_never_above_the_peak(
    schedule: str, warmup: float, steps: int, data: st.DataObject
) -> None:
    spec = Training(lr=0.7, schedule=schedule, warmup=warmup)
    rate = learning_rate(spec, data.draw(st.integers(0, steps - 1)), steps)
    assert 0 < rate <= 0.7


# ---- the loop -------------------------------------------------------------------------------


class Line(nn.Module):
    """A net that hands can differentiate: pixels times a matrix."""

    def __init__(self, pixels: int, classes: int) -> None:
        super().__init__()
        self.out = nn.Linear(pixels, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(x.flatten(1))


def line(images: Images) -> Classifier:
    torch.manual_seed(3)
    net = Line(images.x_train[0].numel(), images.classes)
    return Classifier(net, torch.zeros(1), torch.ones(1), images.shape)


def test_sgd_steps_equal_those_made_by_hand(tiny_images: Images) -> None:
    spec = Training(
        epochs=3, lr=0.5, batch_size=1000, momentum=0.7, weight_decay=0.01, schedule="step"
    )
    model = line(tiny_images)
    weight, bias = (p.detach().clone().double() for p in model.parameters())
    x = tiny_images.x_train.double().flatten(1) / 255
    truth = F.one_hot(tiny_images.y_train, tiny_images.classes).double()
    velocity = [torch.zeros_like(weight), torch.zeros_like(bias)]
    for rate in (0.5, 0.5, 0.05):  # ×0.1 from half the steps on: step 2 of 3 lies beyond it
        error = ((x @ weight.T + bias).softmax(1) - truth) / len(x)
        gradient = [error.T @ x, error.sum(0)]
        for i, parameter in enumerate((weight, bias)):
            velocity[i] = 0.7 * velocity[i] + gradient[i] + 0.01 * parameter
            parameter -= rate * velocity[i]
    outcome = train(model, everything(tiny_images, spec), cross_entropy, spec)
    ours = list(model.parameters())
    torch.testing.assert_close(ours[0].double(), weight, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours[1].double(), bias, atol=1e-5, rtol=1e-5)
    assert (outcome.status, outcome.step, outcome.reason) == ("finished", 3, "")
    assert outcome.gradients == 3 * len(x)
    assert outcome.seconds > 0
    assert not model.training


def test_the_same_seed_gives_the_same_weights(tiny_images: Images, same_weights) -> None:
    spec = Training(epochs=2, batch_size=16, augment="crop")

    def run(seed: int) -> Classifier:
        torch.rand(seed + 3)  # whatever was drawn before must not matter
        model = build_classifier(Architecture(width=0.25), tiny_images, 0)
        train(model, everything(tiny_images, spec), cross_entropy, spec, seed=seed)
        return model

    assert same_weights(run(1), run(1))
    assert not same_weights(run(1), run(2))


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_every_optimiser_learns(tiny_images: Images, optimizer: str) -> None:
    spec = Training(epochs=4, lr=0.03, batch_size=16, optimizer=optimizer)
    model = build_classifier(Architecture(width=0.25), tiny_images, 0)
    losses: list[float] = []
    steps: list[Step] = []
    progress = Progress(lambda event: (losses.append(event.loss), steps.append(event)))
    train(model, everything(tiny_images, spec), cross_entropy, spec, progress=progress)
    assert losses[-1] < 0.8 * losses[0]
    assert [(s.step, s.steps) for s in steps] == [(i, 12) for i in range(1, 13)]


def test_a_stop_ends_the_run_within_the_step(tiny_images: Images) -> None:
    spec = Training(epochs=5, batch_size=16)
    seen: list[Step] = []
    progress = Progress(seen.append, stop=lambda: len(seen) >= 4)
    with pytest.raises(Cancelled):
        train(
            line(tiny_images),
            everything(tiny_images, spec),
            cross_entropy,
            spec,
            progress=progress,
        )
    assert len(seen) == 4


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 2e4, -2e4])
def test_divergence_is_a_result_with_the_step_named(tiny_images: Images, bad: float) -> None:
    spec = Training(epochs=5, batch_size=16)  # 3 steps an epoch
    steps = iter(range(1, 99))

    def objective(model: Classifier, batch: Batch) -> Tensor:
        return cross_entropy(model, batch) * 0 + (bad if next(steps) == 5 else 1.0)

    model = line(tiny_images)
    outcome = train(model, everything(tiny_images, spec), objective, spec)
    assert (outcome.status, outcome.step) == ("diverged", 5)
    assert outcome.reason == "diverged at step 5"
    assert not model.training


def test_two_phases_count_as_one_run() -> None:
    both = Outcome("finished", 3, 2, 1.5, "bf16").then(Outcome("diverged", 4, 7, 0.25, "fp32"))
    assert both == Outcome("diverged", 7, 9, 1.75, "fp32")


def losses_of(images: Images, losses: list[float]) -> Outcome:
    """The outcome of a run in which each step sees the next of these losses."""
    spec = Training(epochs=1, batch_size=-(-len(images.y_train) // len(losses)))
    given = iter(losses)

    def objective(model: Classifier, batch: Batch) -> Tensor:
        return cross_entropy(model, batch) * 0 + next(given)

    return train(line(images), everything(images, spec), objective, spec)


@pytest.mark.parametrize(
    ("losses", "diverged_at"),
    [
        ([2e5, 1e5, 3e5, 1e2], None),  # a heavy penalty: large from the start, and falling
        ([1e-9, 1e-3, 10.0, 900.0], None),  # 12 powers of ten above its start, and sound
        ([2.0, 2e3, 3e4, 1.0], 3),
        ([2e5, 1e8, 3e9, 1.0], 3),
        ([-1e-9, -2.0, -2e4, -1e5], 3),  # gradient ascent without bound
        ([float("nan"), 1.0, 1.0, 1.0], 1),
    ],
)
def test_a_loss_explodes_relative_to_where_it_began(
    tiny_images: Images, losses: list[float], diverged_at: int | None
) -> None:
    outcome = losses_of(tiny_images, losses)
    expected = ("finished", 4) if diverged_at is None else ("diverged", diverged_at)
    assert (outcome.status, outcome.step) == expected


def test_a_last_update_that_overflows_is_no_finished_model(tiny_images: Images) -> None:
    spec = Training(epochs=1, batch_size=1000)
    model = line(tiny_images)
    model.head.weight.register_hook(lambda gradient: gradient + float("inf"))
    outcome = train(model, everything(tiny_images, spec), cross_entropy, spec)
    assert outcome.reason == "diverged at step 1"


@pytest.mark.parametrize("bad_step", [2, 5, 16, 17])
def test_on_an_accelerator_losses_are_read_rarely_but_all(
    monkeypatch: pytest.MonkeyPatch, tiny_images: Images, bad_step: int
) -> None:
    """A GPU's losses are read in batches; none may be dropped where an epoch ends between."""

    class Remote(Batches):
        def epoch(self, number, generator):
            self.data = tiny_images
            yield from super().epoch(number, generator)

    cpu = Pace(torch.device("cpu"), "fp32", torch.contiguous_format)
    monkeypatch.setattr(training, "pace", lambda *_: cpu)
    monkeypatch.setattr(training, "synchronize", lambda _: None)
    spec = Training(epochs=9, batch_size=16)  # 3 steps an epoch
    ids = torch.arange(len(tiny_images.y_train))
    batches = Remote(tiny_images, ids, ids[:0], 16)
    batches.data = SimpleNamespace(device=SimpleNamespace(type="cuda"))
    steps = iter(range(1, 99))
    seen: list[Step] = []

    def objective(model: Classifier, batch: Batch) -> Tensor:
        spike = 2e4 if next(steps) == bad_step else 1.0  # passes: only its own loss shows it
        return cross_entropy(model, batch) * 0 + spike

    outcome = train(line(tiny_images), batches, objective, spec, progress=Progress(seen.append))
    assert (outcome.status, outcome.step) == ("diverged", bad_step)
    assert all(event.step < bad_step for event in seen)


def test_frozen_parts_keep_weights_and_statistics(tiny_images: Images) -> None:
    spec = Training(epochs=1, batch_size=16)
    model = build_classifier(Architecture(width=0.25), tiny_images, 0)
    for parameter in model.net.stem.parameters():
        parameter.requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    train(model, everything(tiny_images, spec), cross_entropy, spec)
    after = model.state_dict()
    frozen = [name for name in after if name.startswith("net.stem.")]
    assert "net.stem.1.running_mean" in frozen
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    assert not torch.equal(
        before["net.stage1.0.norm1.running_mean"], after["net.stage1.0.norm1.running_mean"]
    )


def test_a_constraint_is_applied_after_every_step(tiny_images: Images) -> None:
    spec = Training(epochs=2, batch_size=16)
    calls: list[float] = []

    def constrain(model: Classifier) -> None:
        calls.append(float(model.head.bias.detach().abs().max()))
        model.head.bias.data.zero_()

    model = line(tiny_images)
    train(model, everything(tiny_images, spec), cross_entropy, spec, constrain=constrain)
    assert len(calls) == 6
    assert min(calls[1:]) > 0  # the step before had moved it
    assert not model.head.bias.any()


def test_the_watch_sees_every_epoch_in_eval_mode(tiny_images: Images) -> None:
    seen: list[tuple[int, bool, bool]] = []

    class EpochCallback:
        def __call__(self, model, epoch):
            seen.append((epoch, model.training, torch.is_grad_enabled()))

        def state(self):
            return {}

        def load(self, state):
            raise AssertionError("nothing to load")

    spec = Training(epochs=3, batch_size=16)
    train(
        line(tiny_images), everything(tiny_images, spec), cross_entropy, spec, watch=EpochCallback()
    )
    assert seen == [(epoch, False, False) for epoch in range(4)]


def test_the_average_is_kept_and_watched_while_training_goes_on_from_the_last_weights(
    tiny_images: Images,
) -> None:
    """By hand from the weights after each step, with the decay that rises to its limit."""
    steps: list[Tensor] = []

    class Watch:
        seen: list[Tensor] = []

        def __call__(self, model, epoch):
            self.seen.append(model.head.weight.detach().clone())

        def state(self):
            return {}

    spec, watch = Training(epochs=3, batch_size=16, ema=0.3, clip=0.05), Watch()
    model = line(tiny_images)
    mean = model.head.weight.detach().clone()
    before = mean
    train(
        model,
        everything(tiny_images, spec),
        cross_entropy,
        spec.replace(momentum=0.0, weight_decay=0.0, schedule="constant", lr=0.5),
        watch=watch,
        constrain=lambda model: steps.append(model.head.weight.detach().clone()),
    )
    for n, weight in enumerate(steps, 1):
        assert 0 < (weight - before).norm() <= 0.5 * 0.05 * 1.001  # no step is longer
        before, decay = weight, min(0.3, (1 + n) / (10 + n))
        mean = decay * mean + (1 - decay) * weight
    assert len(watch.seen) == 4
    torch.testing.assert_close(model.head.weight.detach(), mean)
    assert torch.equal(model.head.weight, watch.seen[-1])
    assert not torch.equal(steps[-1], watch.seen[-1])


@pytest.mark.parametrize(
    ("setting", "value"),
    [("epochs", 0), ("lr", 0.0), ("batch_size", 0), ("optimizer", "lion"), ("augment", "mix")],
)
def test_bad_settings_are_named(setting: str, value) -> None:
    with pytest.raises(ConfigError, match=rf"Training\.{setting}: "):
        Training(**{setting: value})
