"""Federated averaging: clients train on their own data, a server averages what they send.

FedAvg (McMahan et al. 2017, arXiv 1602.05629) with momentum: a client continues with the server's
weights *and* momentum, and both are averaged (Yu, Jin, Yang 2019, arXiv 1905.03817, Algorithm 1),
which doubles what is sent. The learning rate, the order and the augmentation of a client are those
that the same epochs of one training on its data alone would have. So one client is ordinary
training, bit for bit, and identical clients are one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ..common.config import ConfigError
from ..common.progress import Progress, Step
from ..results import Exchange
from .batches import Batches
from .callbacks import EpochCallback
from .loop import ModelT, Objective, Optimizer, Outcome, make_optimizer, train
from .resume import ResumeFile
from .settings import Training
from .updates import Updates

__all__ = ["RoundLog", "State", "average", "megabytes", "train_rounds"]

State = dict[str, Tensor]
"""The weights and statistics of a model, and the numbers of its optimiser, by name."""
SLOT = "optimizer."  # the names of the optimiser's numbers begin with it


@dataclass
class RoundLog:
    """What a server keeps of the rounds, so that a client can be removed later.

    FedEraser (Liu et al. 2021) keeps every client's update of some rounds. Of all but the first
    its rule reads only how long they are, weight by weight: that alone is kept of those.

    Attributes:
        start: weights and statistics before the first round.
        first, last: each client's, after the first round and after the last so far.
        sums: each client's updates of the weights, added up over all rounds.
        lengths: (clients, weights) float64 a round, the lengths of the updates, 0 of a client who
            took no part.
    """

    clients: int
    start: State = field(default_factory=dict)
    first: dict[int, State] = field(default_factory=dict)
    last: dict[int, State] = field(default_factory=dict)
    sums: dict[int, State] = field(default_factory=dict)
    lengths: list[Tensor] = field(default_factory=list)

    def take(self, weights: list[str], before: State, after: Mapping[int, State]) -> None:
        """Look at a round.

        Args:
            weights: names of what is trained, without statistics.
            before: what was sent to the clients.
            after: what each of them sent back.
        """
        if not self.lengths:
            self.start = _floats(before)
            self.first = {client: _floats(state) for client, state in after.items()}
        # copies: a resume file takes no tensor under two names
        self.last = {client: _copied(state) for client, state in after.items()}
        lengths = torch.zeros(self.clients, len(weights), dtype=torch.float64)
        for client, state in after.items():
            updates = {name: state[name] - before[name] for name in weights}
            lengths[client] = torch.stack([u.double().norm().cpu() for u in updates.values()])
            known = self.sums.setdefault(client, {})
            for name, update in updates.items():
                known[name] = known[name] + update if name in known else update
        self.lengths.append(lengths)

    def state(self) -> State:
        """Everything kept, as tensors."""
        kept = {f"start.{name}": value for name, value in self.start.items()}
        for word, by_client in self._by_client().items():
            for client, state in by_client.items():
                kept |= {f"{word}.{client}.{name}": value for name, value in state.items()}
        if self.lengths:
            kept["lengths"] = torch.stack(self.lengths)
        return {name: value.contiguous() for name, value in kept.items()}

    def load(self, state: State) -> None:
        """Inverse of `state`."""
        self.start, self.first, self.last, self.sums = {}, {}, {}, {}
        self.lengths = list(state.get("lengths", ()))
        for key, value in state.items():
            word, _, name = key.partition(".")
            if word == "start":
                self.start[name] = value
            elif word != "lengths":
                client, _, name = name.partition(".")
                self._by_client()[word].setdefault(int(client), {})[name] = value

    def _by_client(self) -> dict[str, dict[int, State]]:
        return {"first": self.first, "last": self.last, "sum": self.sums}


def train_rounds(
    model: ModelT,
    shards: Mapping[int, Batches],
    objective: Objective[ModelT],
    spec: Training,
    *,
    local_epochs: int = 1,
    leaver: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    watch: EpochCallback[ModelT] | None = None,
    resume_dir: Path | None = None,
    continued: bool = False,
    log: RoundLog | None = None,
) -> Outcome:
    """Train in rounds, in place: each client from the same weights, then the weighted mean.

    A client weighs as much as it has samples. The mean is taken of everything in the model:
    weights, the running statistics of batch norms, and momentum.

    Args:
        model: changed in place, left in eval mode.
        shards: where each client's batches come from; all have the same batch size.
        objective: (model, batch) -> scalar, the same for all clients.
        spec: optimiser and schedule; `epochs` is the number of rounds.
        local_epochs: a client's passes over its data in a round.
        leaver: the client who leaves, for what the exchanges say.
        seed, progress, watch, resume_dir, continued: as of `train`; `watch` is called with the mean
            after every round, and a run that is stopped continues after its last saved round.
        log: looks at every round.

    Returns:
        The outcome, with an exchange for every round.

    Raises:
        Cancelled: when asked to stop; the resume file stays.
        ConfigError: for settings that average weights over steps, too.
    """
    if spec.ema:
        raise ConfigError("Training.ema: clients keep no average of the steps; set it to 0")
    progress = progress or Progress()
    optimizer = make_optimizer(spec, model.parameters())
    file = ResumeFile(resume_dir, model, optimizer, watch, log)
    start, done, gradients, seconds, first = file.load()
    whole = spec.replace(epochs=spec.epochs * local_epochs)
    total = sum(b.steps(e) for b in shards.values() for e in range(whole.epochs))
    sizes = {client: len(b.retain) + len(b.forget) for client, b in shards.items()}
    weights = [name for name, p in model.named_parameters() if p.requires_grad]
    tally = Outcome(step=done, gradients=gradients, seconds=seconds)
    if watch and start == 0 and not continued:
        _look(watch, model, 0)
    state = _state(model, optimizer)
    each = Exchange(leaver in shards, len(shards.keys() - {leaver}), 0.0)
    for number in range(start, spec.epochs):
        sent, after = state, {}
        for client, batches in shards.items():
            _load(model, optimizer, sent)
            span = range(number * local_epochs, (number + 1) * local_epochs)
            past = sum(map(batches.steps, range(span.start)))
            made = train(
                model,
                batches,
                objective,
                whole,
                seed=seed,
                progress=_told(progress, tally.step - past, total),
                optimizer=optimizer,
                span=span,
            )
            if made.status != "finished":
                return tally.then(replace(made, step=made.step - past))
            tally = tally.then(replace(made, step=made.step - past))
            after[client] = _state(model, optimizer)
        state = average(after, sizes)
        _load(model, optimizer, state)
        if log:
            log.take(weights, sent, after)
        if watch:
            _look(watch, model, number + 1)
        file.save(number + 1, tally.step, tally.gradients, tally.seconds, first)
    file.clear()
    model.eval()
    each = replace(each, megabytes=round(2 * len(shards) * megabytes(state), 4))
    return replace(tally, exchanges=(each,) * spec.epochs, kept=log.state() if log else {})


def average(states: Mapping[int, State], sizes: Mapping[int, int]) -> State:
    """The mean of clients' states, each weighing as much as it has samples.

    In float64: identical states give themselves back, bit for bit. Counters are rounded.
    """
    total = sum(sizes[client] for client in states)
    mean: State = {}
    for name, like in next(iter(states.values())).items():
        value = torch.zeros_like(like, dtype=torch.float64)
        for client, state in states.items():
            value += sizes[client] / total * state[name].double()
        mean[name] = (value if like.is_floating_point() else value.round()).to(like.dtype)
    return mean


def megabytes(state: State) -> float:
    """How much is sent when a state is sent once, in 10⁶ bytes."""
    return sum(value.numel() * value.element_size() for value in state.values()) / 1e6


def _state(model: nn.Module, optimizer: Optimizer) -> State:
    """Copies of everything that a client is sent and sends back."""
    state = {name: value.detach().clone() for name, value in model.state_dict().items()}
    for index, slots in optimizer.state_dict()["state"].items():
        for name, value in slots.items():
            if value is not None:
                state[f"{SLOT}{index}.{name}"] = torch.as_tensor(value).detach().clone()
    return state


def _load(model: nn.Module, optimizer: Optimizer, state: State) -> None:
    """Inverse of `_state`; what is given stays as it is."""
    model.load_state_dict({k: v for k, v in state.items() if not k.startswith(SLOT)})
    slots: dict[int, State] = {}
    for key, value in state.items():
        if key.startswith(SLOT):
            index, _, name = key.removeprefix(SLOT).partition(".")
            slots.setdefault(int(index), {})[name] = value.clone()
    if isinstance(optimizer, Updates):
        optimizer.load_state_dict({**optimizer.state_dict(), "state": slots})
    else:
        optimizer.load_state_dict({**optimizer.state_dict(), "state": slots})


def _floats(state: State) -> State:
    """Weights and statistics alone."""
    return {k: v for k, v in state.items() if v.is_floating_point() and not k.startswith(SLOT)}


def _copied(state: State) -> State:
    return {name: value.clone() for name, value in _floats(state).items()}


def _told(progress: Progress, before: int, total: int) -> Progress:
    """A client's steps, told as steps of all clients'."""

    def listen(event: object) -> None:
        if isinstance(event, Step):
            progress(Step(before + event.step, total, event.loss))

    def stop() -> bool:
        progress.check()
        return False

    return Progress(listen, stop=stop)


def _look(watch: EpochCallback[ModelT], model: ModelT, number: int) -> None:
    model.eval()
    with torch.no_grad():
        watch(model, number)
