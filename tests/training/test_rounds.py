"""Federated averaging: what one client, or equal ones, must come to, and stopping at any round."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress, Step
from opcviz.data import DataSpec, Images, load
from opcviz.models import Architecture, Classifier, build_classifier
from opcviz.training import Batches, RoundLog, Training, train, train_rounds
from opcviz.training.resume import ResumeFile

SPEC = Training(epochs=4, lr=0.1, batch_size=32, augment="crop", momentum=0.9)


@pytest.fixture(scope="module")
def digits() -> Images:
    images = load(DataSpec())
    return replace(images, x_train=images.x_train[:180], y_train=images.y_train[:180])


def fresh(images: Images) -> Classifier:
    return build_classifier(Architecture(width=0.25), images, 3)


def part(images: Images, ids: Tensor) -> Batches:
    return Batches(images, ids, ids[:0], SPEC.batch_size, SPEC.augment)


def loss(model: Classifier, batch) -> Tensor:
    return torch.nn.functional.cross_entropy(model(batch.x), batch.y)


def same(a: Classifier, b: Classifier) -> bool:
    return all(map(torch.equal, a.state_dict().values(), b.state_dict().values()))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("local_epochs", [1, 2])
def test_one_client_is_central_training_bit_for_bit(digits, optimizer, local_epochs):
    spec = SPEC.replace(optimizer=optimizer, lr=0.1 if optimizer == "sgd" else 0.01)
    central, alone = fresh(digits), fresh(digits)
    ids = torch.arange(100)
    whole = train(central, part(digits, ids), loss, spec, seed=5)
    rounds = spec.replace(epochs=spec.epochs // local_epochs)
    made = train_rounds(
        alone, {0: part(digits, ids)}, loss, rounds, local_epochs=local_epochs, seed=5
    )
    assert same(central, alone)
    assert (made.step, made.gradients) == (whole.step, whole.gradients)


def test_identical_clients_are_one_client(digits):
    """Three who hold copies of the same pictures, of which any one could be averaged away."""
    ids = torch.arange(60)
    copies = replace(
        digits,
        x_train=digits.x_train[:60].repeat(3, 1, 1, 1),
        y_train=digits.y_train[:60].repeat(3),
    )
    one, three = fresh(digits), fresh(digits)
    train_rounds(one, {0: part(copies, ids)}, loss, SPEC, seed=1)
    shards = {client: part(copies, ids + 60 * client) for client in range(3)}
    train_rounds(three, shards, loss, SPEC, seed=1)
    assert same(one, three)


def test_a_client_weighs_as_much_as_it_has_samples(digits):
    """One round by hand: each trained alone from the same start, then 1/4 and 3/4 of them."""
    spec = SPEC.replace(epochs=1)
    shards = {0: torch.arange(30), 1: torch.arange(30, 120)}
    alone = []
    for ids in shards.values():
        model = fresh(digits)
        train(model, part(digits, ids), loss, spec, seed=2)
        alone.append(model.state_dict())
    together, log = fresh(digits), RoundLog(2)
    made = train_rounds(
        together,
        {client: part(digits, ids) for client, ids in shards.items()},
        loss,
        spec,
        leaver=1,
        seed=2,
        log=log,
    )
    for name, value in together.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, 0.25 * alone[0][name] + 0.75 * alone[1][name])
    start = fresh(digits).state_dict()
    names = [name for name, _ in together.named_parameters()]
    by_hand = [[(s[n] - start[n]).double().norm() for n in names] for s in alone]
    torch.testing.assert_close(log.lengths[0], torch.tensor(by_hand))
    assert torch.equal(log.first[1][names[0]], alone[1][names[0]])
    weights = sum(p.numel() for p in together.parameters())
    buffers = sum(b.numel() * b.element_size() for b in together.buffers())
    (sent,) = made.exchanges
    assert (sent.leaver, sent.others) == (True, 1)
    # weights and momentum in four bytes, statistics as they are; two clients, there and back
    assert sent.megabytes == pytest.approx(4 * (8 * weights + buffers) / 1e6, abs=1e-4)


class Rounds:
    """Stops after so many rounds were saved, as a person would."""

    def __init__(self, stop: int | None = None) -> None:
        self.stop, self.seen = stop, []

    def __call__(self, model: Classifier, epoch: int) -> None:
        self.seen.append(float(model.head.weight.norm()))

    def asked(self) -> bool:
        return self.stop is not None and len(self.seen) > self.stop

    def state(self) -> dict[str, Tensor]:
        return {"seen": torch.tensor(self.seen, dtype=torch.float64)}

    def load(self, state: dict[str, Tensor]) -> None:
        self.seen = state["seen"].tolist()


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_stopped_at_any_round_it_ends_the_same(digits, tmp_path: Path, monkeypatch, stop: int):
    monkeypatch.setattr(ResumeFile, "every", -1.0)

    def run(folder: Path | None, watch: Rounds) -> tuple[Classifier, RoundLog, list[int]]:
        model, log, steps = fresh(digits), RoundLog(3), []

        def listen(event: object) -> None:
            if isinstance(event, Step):
                steps.append(event.step)

        ids = torch.arange(90).split([20, 30, 40])
        train_rounds(
            model,
            {client: part(digits, part_) for client, part_ in enumerate(ids)},
            loss,
            SPEC,
            seed=8,
            watch=watch,
            log=log,
            resume_dir=folder,
            progress=Progress(listen, stop=watch.asked),
        )
        return model, log, steps

    straight, kept, steps = run(None, seen := Rounds())
    assert steps == list(range(1, len(steps) + 1))  # clients' steps are told as one row
    with pytest.raises(Cancelled):
        run(tmp_path, Rounds(stop))
    assert any(tmp_path.iterdir())
    again, log, _ = run(tmp_path, watch := Rounds())
    assert same(straight, again)
    assert watch.seen == seen.seen
    assert all(torch.equal(value, log.state()[name]) for name, value in kept.state().items())


def test_an_average_over_steps_is_refused(digits):
    with pytest.raises(ConfigError, match="ema"):
        train_rounds(fresh(digits), {0: part(digits, torch.arange(9))}, loss, SPEC.replace(ema=0.9))
