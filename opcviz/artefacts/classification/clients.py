"""A client who left: is its data still known, and does what it planted come back?"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...common.config import Config, setting
from ...common.progress import Progress
from ...common.records import Undefined
from ...common.text import percent
from ...results import ClientShare, ClientsResult
from ..columns import Column, figure
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Row
from ..subject import NotGiven
from ..threat import Threat
from .subject import Context

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ...training import Batch

__all__ = ["Leaver", "LeaverSettings"]

Share = Callable[[ClientsResult], float | Undefined]


@dataclass(frozen=True)
class LeaverSettings(Config):
    """How hard is tried to bring back what a client planted."""

    rounds: int = setting(4, "further rounds of the others", low=1, high=100)
    lr: float = setting(0.05, "their learning rate", low=1e-8, high=10, log=True)
    shots: int = setting(10, "poisoned pictures that an attacker has", low=1, high=10_000)
    steps: int = setting(20, "steps that he trains with them", low=1, high=10_000)
    relearning_lr: float = setting(0.01, "his learning rate", low=1e-8, high=10, log=True)


def _of(share: Share) -> Callable[[ModelResults], float | None]:
    return figure(ClientsResult, share)


ACCURACY = _of(lambda found: found.accuracy)
AUC = _of(lambda found: found.auc)
RETURNED = _of(lambda found: found.returned)
RELEARNED = _of(lambda found: found.relearned)


def _row(name: str, read: str, look_up: Callable[[ModelResults], float | None]) -> Row:
    def value(model: ModelResults, retrained: ModelResults) -> str | None:
        mine, theirs = look_up(model), look_up(retrained)
        if mine is None or theirs is None:
            return None
        if look_up is AUC:
            return f"{mine:.2f} (retrained {theirs:.2f})"
        return f"{percent(mine)} (retrained {percent(theirs)})"

    return Row("Clients", name, read, value, compares=True)


@register_kind(
    "clients",
    title="Client who left",
    stage="looking for the client who left in",
    summary="what is still known of a client's pictures, and whether its trigger comes back",
    task="classification",
)
class Leaver(Kind[Context]):
    """The leaver's clean pictures, further rounds of the others, and a few poisoned pictures."""

    order = 33
    settings = {"clients": LeaverSettings}
    result = ClientsResult
    threat = Threat(
        holds="the weights of the model, {clients.shots} pictures with the trigger and the data of "
        "the clients who stay",
        spends="{clients.rounds} rounds of the others, and {clients.steps} training steps with the "
        "poisoned pictures among as many others",
        does="The others train on, and the trigger is tried after each round; apart from that the "
        "model is trained on a few poisoned pictures.",
    )
    family = "clients"
    scenarios = ("client",)
    fields = {
        "clients.clients": "who holds what: `leaves`, `classes` (pictures by class), `poisoned`",
        "clients.{accuracy,auc}": (
            "percent of the leaver's clean pictures answered rightly, and AUC of telling them from "
            "unseen ones of their class"
        ),
        "clients.{test,backdoor}": (
            "test accuracy, and percent of other classes' test pictures turned by the trigger, now "
            "and after each further round of the others"
        ),
        "clients.{shots,relearned}": "poisoned pictures trained on, and `backdoor` after that",
    }
    columns = (
        Column("leaver acc", ACCURACY, tables=("clients",), help="its clean pictures, percent"),
        Column("leaver AUC", AUC, ".2f", ("clients",), "those from unseen ones of their class"),
        Column("turned later", RETURNED, tables=("clients",), help="after further rounds"),
        Column("turned again", RELEARNED, tables=("clients",), help="after a few pictures"),
    )
    rows = (
        _row("leaver's clean pictures", "of them answered rightly", ACCURACY),
        _row("leaver told from strangers", "AUC by class; 0.5: as strangers", AUC),
        _row("trigger after further rounds", "the most after any of them", RETURNED),
        _row("trigger after relearning", "after training on a few poisoned pictures", RELEARNED),
    )

    def measure(self, context: Context) -> Made:
        """All of it; a model that answers no number has none of it but the shares."""
        from ...measures.leaver import LeaverNumbers

        if context.split.clients is None:
            raise NotGiven("the data lie in one place: no client left")
        how = context.settings(LeaverSettings)
        look = LeaverNumbers(context.data, context.split)
        network = context.subject.network
        now = look(network)
        later = [now]
        relearned = math.nan
        if not math.isnan(now["test_accuracy"]):
            later += self._others_train_on(context, how, look)
            relearned = self._relearned(context, how, look)
        return Made(
            ClientsResult(
                clients=_shares(context),
                accuracy=_known(now["leaver_accuracy"]),
                auc=_known(now["leaver_auc"]),
                test=_all_known([each["test_accuracy"] for each in later]),
                backdoor=_all_known([each["backdoor"] for each in later]),
                shots=how.shots,
                relearned=_known(relearned),
            )
        )

    def _others_train_on(
        self, context: Context, how: LeaverSettings, look: Callable[[nn.Module], dict[str, float]]
    ) -> list[dict[str, float]]:
        """The numbers after each further round."""
        from ...training import Batches, Training, train_rounds

        held, data = context.split.held, context.data
        spec = Training(epochs=how.rounds, lr=how.lr, schedule="constant")
        shards = {
            client: Batches(data, ids, ids[:0], spec.batch_size)
            for client, ids in held.shards(context.split.retain_train).items()
        }
        watch = _Watch(look)
        train_rounds(
            copy.deepcopy(context.subject.network).requires_grad_(True),
            shards,
            _loss,
            spec,
            local_epochs=held.local_epochs,
            seed=context.seed + 77,
            progress=_quiet(context),
            watch=watch,
            continued=True,
        )
        return watch.seen

    def _relearned(
        self, context: Context, how: LeaverSettings, look: Callable[[nn.Module], dict[str, float]]
    ) -> float:
        """The trigger's success after training on a few poisoned pictures among the others'."""
        import torch

        from ...training import Batches, Training, train

        planted, retain = context.data.planted, context.split.retain_train
        if planted is None:
            return math.nan
        generator = torch.Generator().manual_seed(context.seed)
        drawn = torch.randperm(len(planted.ids), generator=generator)[: how.shots]
        few = planted.ids[drawn.to(planted.ids.device)]
        beside = torch.randperm(len(retain), generator=generator)[: len(few)]
        batches = Batches(context.data, retain[beside.to(retain.device)], few, len(few))
        model = copy.deepcopy(context.subject.network).requires_grad_(True)
        spec = Training(epochs=how.steps, lr=how.relearning_lr, schedule="constant")
        train(model, batches, _loss, spec, seed=context.seed, progress=_quiet(context))
        return look(model)["backdoor"]


class _Watch:
    """Remembers the numbers of each round."""

    def __init__(self, look: Callable[[nn.Module], dict[str, float]]) -> None:
        self.look = look
        self.seen: list[dict[str, float]] = []

    def __call__(self, model: nn.Module, epoch: int) -> None:
        self.seen.append(self.look(model))

    def state(self) -> dict[str, Tensor]:
        return {}

    def load(self, state: dict[str, Tensor]) -> None:
        """Nothing is resumed here."""


def _loss(model: nn.Module, batch: Batch) -> Tensor:
    from torch.nn import functional as F

    return F.cross_entropy(model(batch.x), batch.y)


def _shares(context: Context) -> tuple[ClientShare, ...]:
    import torch

    from ...data import true_labels

    held, data = context.split.held, context.data
    labels = torch.from_numpy(true_labels(data))
    planted = torch.zeros(len(labels), dtype=torch.bool)
    if data.planted is not None:
        planted[data.planted.ids.cpu()] = True
    shares = []
    for client in range(held.count):
        ids = held.shard(client).cpu()
        counts = labels[ids].bincount(minlength=data.classes).tolist()
        shares.append(ClientShare(client == held.leaver, tuple(counts), int(planted[ids].sum())))
    return tuple(shares)


def _known(value: float) -> float | Undefined:
    return Undefined("the model's answers are no numbers") if math.isnan(value) else value


def _all_known(values: list[float]) -> tuple[float, ...] | Undefined:
    bad = any(map(math.isnan, values)) or len(values) < 2
    return Undefined("the model's answers are no numbers") if bad else tuple(values)


def _quiet(context: Context) -> Progress:
    """Asked whether to stop, and tells nothing of these steps."""

    def stop() -> bool:
        context.progress.check()
        return False

    return Progress(stop=stop)
