"""Which samples of a data set one request names, and what is planted for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..common.config import fingerprint
from . import draws
from .base import Data, DataError, strata
from .bounds import Box, box_of, within
from .class_tokens import resolve
from .indices import named_ids
from .scenario_text import BOUNDED
from .split import Chosen

if TYPE_CHECKING:
    from .clients import Clients
    from .images import Images
    from .planting import Planted
    from .scenarios import Scenario

__all__ = ["chosen", "class_numbers", "prepared"]

DataT = TypeVar("DataT", bound=Data)


def class_numbers(request: Scenario, class_names: Sequence[str], called: str) -> tuple[int, ...]:
    """The numbers of a request's classes, ascending; those to forget may not be all there are.

    Raises:
        DataError: for a class that the data set does not have, or when none would be retained.
    """
    found = resolve(request.classes, class_names, called, str(request))
    if request.kind == "classes" and len(found) == len(class_names):
        raise DataError(
            f"{request} forgets all {len(class_names)} classes of {called}; "
            "leave at least one to retain"
        )
    return found


def prepared(request: Scenario, data: DataT, seed: int) -> DataT | Images:
    """See `Scenario.prepare`."""
    if not request.plants or _is_planted_in(request, data, seed):
        return data
    from .planting import confuse, poison, poison_some

    classes = class_numbers(request, data.class_names, data.name)
    share, seed, question = request.percent / 100, request.seed or seed, _question(request, seed)
    if request.kind == "confusion":
        return confuse(data, classes, share, seed, question)
    if request.kind == "client":
        mine = _held(request, data, seed).shard(request.client)
        share = request.poisoned / 100
        return poison_some(data, mine, classes[0], share, request.side, seed, question)
    return poison(data, classes[0], share, request.side, seed, question)


def chosen(request: Scenario, data: Data, seed: int, left: np.ndarray | None = None) -> Chosen:
    """What one request asks to forget.

    Args:
        request: one alone.
        data: the data set, as `prepared` gives it.
        seed: of the draw, if the request has none of its own.
        left: (N,) bool, train samples that no earlier request named; None for all.

    Raises:
        DataError: see `Scenario.split`.
    """
    left = np.ones(len(data.y_train), bool) if left is None else left
    forget, forget_test = np.zeros(len(data.y_train), bool), np.zeros(len(data.y_test), bool)
    classes: tuple[int, ...] = ()
    box: Box = ()
    held: Clients | None = None
    seed = request.seed or seed
    if request.kind == "client":
        _samples(request, data, seed)  # or it is not the data of this request
        held = _held(request, data, seed)
        forget[held.shard(request.client).cpu().numpy()] = True
    elif request.kind in BOUNDED:
        box = box_of(request.kind, request.bounds)
        forget, forget_test = within(data, box, str(request))
    elif request.kind == "classes":
        classes = class_numbers(request, data.class_names, data.name)
        forget = np.isin(data.y_train.cpu().numpy(), classes)
        forget_test = np.isin(data.y_test.cpu().numpy(), classes)
    elif request.kind == "random":
        ids = np.flatnonzero(left)
        forget[ids[draws.draw(strata(data)[ids], request.percent / 100, seed)]] = True
    else:
        forget[_samples(request, data, seed)] = True
    return Chosen(forget & left, forget_test, classes, box, held)


def _samples(request: Scenario, data: Data, seed: int) -> np.ndarray:
    if request.plants:
        from .planting import planted_ids

        return planted_ids(data, _question(request, seed), str(request))
    if request.kind == "memorised":
        return draws.memorised(data, request.percent / 100, seed)
    if request.kind == "subclass":
        label = class_numbers(request, data.class_names, data.name)[0]
        return draws.cluster(data, label, request.cluster, request.clusters, seed)
    return named_ids(request.path, request.digest, len(data.y_train))


def _held(request: Scenario, data: Data, seed: int) -> Clients:
    from .clients import held_by

    about = request.client, request.clients, request.alpha, request.local_epochs
    return held_by(data, *about, seed)


def _question(request: Scenario, seed: int) -> str:
    return fingerprint([request.replace(seed=0).identity(), request.seed or seed])


def _is_planted_in(request: Scenario, data: Data, seed: int) -> bool:
    planted: Planted | None = getattr(data, "planted", None)
    return planted is not None and planted.question == _question(request, seed)
