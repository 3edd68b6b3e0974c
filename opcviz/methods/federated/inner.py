"""Central methods by who holds what: the leaver alone, the others alone, both in turn."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn

from ...common.config import ConfigError, setting
from ...training import Outcome
from ..base import Iterative, NotDefined, Request, get_method, register
from .leaving import (
    OTHERS,
    Federated,
    anchored,
    held_gradients,
    joined,
    local,
    look,
    sent,
    tell,
    whole,
)

__all__ = ["InTurn", "LeaverAlone", "OthersAlone"]


@dataclass(frozen=True)
class Wrapper(Federated):
    """A method of one place, used by those who hold the data that it needs."""

    inner: str = setting("opc", "the method that is used, by its name")
    local_epochs: int = setting(10, "passes of the leaver over its data", low=1, high=1000)
    local_lr: float = setting(0.02, "the leaver's rate", low=1e-8, high=10, log=True)

    def method(self, epochs: int, lr: float) -> Iterative[nn.Module]:
        """The inner method with these settings, its others as its class has them.

        Raises:
            NotDefined: when it does not train, or there is none of that name.
        """
        try:
            cls = get_method(self.inner)
        except ConfigError as error:
            raise NotDefined(f"{type(self).__name__}.inner: {error}") from error
        if not issubclass(cls, Iterative) or cls.unlearn is not Iterative.unlearn:
            raise NotDefined(
                f"inner: '{self.inner}' trains no objective over batches, so that clients cannot "
                "share it; take one of the others, such as opc, rl or ga"
            )
        return cls(epochs=epochs, lr=lr, batch_size=self.batch_size)

    def of_leaver(self) -> Iterative[nn.Module]:
        """The inner method as the leaver runs it, who has the forget data and nothing else.

        Raises:
            NotDefined: when it does not use them.
        """
        method = self.method(self.local_epochs, self.local_lr)
        if "forget" not in method.info.needs:
            raise NotDefined(
                f"inner: '{self.inner}' needs retain data alone, which the others hold: take "
                f"fed_others (inner = '{self.inner}')"
            )
        return method


@register(
    "fed_leaver",
    title="The leaver alone",
    paper="ours: a method of one place at the client who leaves",
    family="clients",
    needs="forget retain original",
    summary="an inner method on the leaver's data and elastic weights, then rounds of the others",
)
@dataclass(frozen=True)
class LeaverAlone(Wrapper):
    """The inner method's objective on the leaver's data, whose retain term is empty.

    What holds what the others taught the model is elastic weight consolidation, as in active
    forgetting, for which each of the others sends its Fisher information once: λ/2 · Σ F (θ − θo)²
    is added. Without it (0) nothing does, and it is the others' rounds that bring the rest back.
    """

    hold: float = setting(3000.0, "λ, weight of what the others need", low=0, high=1e6, log=True)

    def leave(self, request: Request[nn.Module], model: nn.Module) -> Outcome:
        """One local run of the inner method."""
        mine = local(request, request.split.forget_train, request.split.retain_train[:0])
        method = self.of_leaver()
        objective, frozen = method.objective(mine, model), method.frozen(mine, model)
        if not self.hold:
            outcome = mine.train(model, "forget", method, objective, frozen=frozen)
            return tell(outcome, sent(model, leaver=True))
        held, cost = anchored(request, model, self.hold)
        outcome = mine.train(
            model, "forget", method, lambda m, b: objective(m, b) + held(m), frozen=frozen
        )
        exchange = joined(cost, sent(model, leaver=True))
        return tell(outcome, exchange, gradients=held_gradients(request))


@register(
    "fed_others",
    title="The others alone",
    paper="ours: a method of one place at the clients who stay",
    family="clients",
    needs="retain original",
    summary="rounds in which the others minimise an inner method's objective on retain data",
)
@dataclass(frozen=True)
class OthersAlone(Wrapper):
    """Federated averaging of the inner method, from where that starts: the leaver does nothing."""

    inner: str = "l1_sparse"

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Rounds of the others.

        Raises:
            NotDefined: when the inner method needs the forget data.
        """
        self.check(request)
        method = self.method(self.epochs, self.lr)
        if "forget" in method.info.needs or method.parts != "retain":
            raise NotDefined(
                f"inner: '{self.inner}' needs the forget data, which the leaver holds: take "
                f"fed_leaver or fed_turns (inner = '{self.inner}')"
            )
        here = local(request, request.split.forget_train[:0], request.split.retain_train)
        model = method.start(here)
        objective, frozen = method.objective(here, model), method.frozen(here, model)
        ids = request.split.retain_train
        return model, request.train_clients(model, ids, self, objective, frozen=frozen)


@register(
    "fed_turns",
    title="In turn",
    paper="ours: both sides of a method of one place take turns",
    family="clients",
    needs="forget retain original",
    summary="each round: the inner method on the leaver's data, then the task on the others'",
)
@dataclass(frozen=True)
class InTurn(Wrapper):
    """Each round has a step of the leaver, and the others' round as its retain term.

    So the leaver must stay until the end, and the last word has the others.
    """

    local_epochs: int = 5

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Rounds of two exchanges each."""
        self.check(request)
        mine = local(request, request.split.forget_train, request.split.retain_train[:0])
        model, method = request.copy_of_original(), self.of_leaver()
        once = self.replace(epochs=1)
        look(request, model, 0)
        outcome = Outcome()
        for turn in range(self.epochs):
            resume_dir = request.resume_dir / f"turn{turn}" if request.resume_dir else None
            here = replace(mine, original=model, resume_dir=resume_dir, seed=request.seed + turn)
            made, leaver = method.unlearn(here)
            outcome = outcome.then(tell(leaver, sent(model, leaver=True)))
            if leaver.status != "finished":
                break
            whole(model, made.state_dict())
            look(request, model, 2 * turn + 1)
            others = request.train_clients(
                model, request.split.retain_train, once, phase=OTHERS + turn
            )
            outcome = outcome.then(others)
            if others.status != "finished":
                break
        return model, outcome
