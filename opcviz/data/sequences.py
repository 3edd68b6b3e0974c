"""Requests to forget that come one after the other, and the same data asked for at once.

`classes:0 then random:2%` is two requests: the second draws from what the first left. What was
forgotten earlier is neither forget nor retain data of a later request, for it is gone. As one
request the same data are `classes:0 and random:2%`.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from ..common.config import ConfigError
from . import choosing
from .base import Data, DataError
from .split import Chosen, Split

if TYPE_CHECKING:
    from torch import Tensor

    from .scenarios import Scenario

__all__ = ["at_once", "each", "first", "parts", "pinned", "settle", "split"]

IN_ROW = ("classes", "random", "indices", "subclass", "memorised")
"""Kinds of request that may follow each other: nothing is planted for them, and no client left."""


def settle(scenario: Scenario) -> None:
    """Check the requests of a scenario that has several, and bring it into its one form.

    A sequence of one request that keeps its retained data is that request; a union of classes is
    `classes`. So equal questions are equal.

    Raises:
        ConfigError: for no request, or one that cannot stand in a row.
    """
    if not scenario.requests:
        raise ConfigError("Scenario.requests: name at least one, as in ['classes:0', 'random:2%']")
    requests = [type(scenario).parse(text) for text in scenario.requests]
    for request in requests:
        if request.kind not in IN_ROW:
            raise ConfigError(
                f"Scenario.requests: {request} cannot stand in a sequence; there may be "
                f"{', '.join(IN_ROW)}"
            )
    _set(scenario, requests=tuple(str(request) for request in requests))
    whole = all(request.kind == "classes" for request in requests)
    tokens = [token for request in requests for token in request.classes]
    if whole and len(set(tokens)) < len(tokens):
        raise ConfigError(f"Scenario.requests: a class is named twice in {', '.join(tokens)}")
    if len(requests) == 1 and scenario.keeps == "retain":
        only = each(scenario)[0]
        _set(scenario, **{field.name: getattr(only, field.name) for field in fields(only)})
    elif whole and scenario.kind == "union" and scenario.keeps == "retain":
        _set(scenario, kind="classes", classes=tuple(tokens), requests=())
    elif whole:
        _set(scenario, classes=tuple(tokens))


def _set(scenario: Scenario, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(scenario, name, value)


def each(scenario: Scenario) -> tuple[Scenario, ...]:
    """The requests of a sequence or a union; a file of ids with its fingerprint, if it has one."""
    digests = iter(scenario.digest.split(",") if scenario.digest else ())
    found = []
    for text in scenario.requests:
        request = type(scenario).parse(text)
        if request.kind == "indices":
            request = request.replace(digest=next(digests, ""))
        found.append(request)
    return tuple(found)


def first(scenario: Scenario, count: int) -> Scenario:
    """The sequence of its first `count` requests."""
    digests = [request.digest for request in each(scenario)[:count] if request.digest]
    return type(scenario)(
        kind="sequence",
        requests=scenario.requests[:count],
        keeps=scenario.keeps,
        digest=",".join(digests),
    )


def at_once(scenario: Scenario) -> Scenario:
    """The same data as one request; of one request alone itself."""
    if scenario.kind != "sequence":
        return scenario
    return scenario.replace(kind="union")


def pinned(scenario: Scenario) -> Scenario:
    """With the fingerprints of all files of ids as they are now, see `Scenario.pinned`."""
    digests = [request.pinned().digest for request in each(scenario)]
    return scenario.replace(digest=",".join(digest for digest in digests if digest))


def parts(data: Data, chosen: Chosen) -> Split:
    """The split by one request."""
    train, test = chosen.train, chosen.test
    return Split(
        _ids(data, train),
        _ids(data, ~train),
        _ids(data, test),
        _ids(data, ~test),
        chosen.classes,
        box=chosen.box,
        clients=chosen.clients,
    )


def split(scenario: Scenario, data: Data, seed: int) -> Split:
    """All that was asked for so far, what each request added, and the newest request alone.

    Raises:
        DataError: for a request that names nothing new, and when nothing is left.
    """
    left, left_test = np.ones(len(data.y_train), bool), np.ones(len(data.y_test), bool)
    asked: list[Chosen] = []
    for request in each(scenario):
        chosen = choosing.chosen(request, data, seed, left)
        chosen = replace(chosen, test=chosen.test & left_test)
        if not chosen.train.any():
            raise DataError(f"{scenario}: {request} names nothing that was not forgotten before it")
        asked.append(chosen)
        left, left_test = left & ~chosen.train, left_test & ~chosen.test
    if not left.any():
        raise DataError(f"{scenario} leaves no retain data of {data.name}; forget less")
    classes = tuple(sorted(c for chosen in asked for c in chosen.classes))
    whole = classes if scenario.forgets == "classes" else ()
    all_of_it = parts(data, Chosen(~left, ~left_test, whole))
    requests = tuple((_ids(data, part.train), _ids(data, part.test)) for part in asked)
    newest = asked[-1] if scenario.kind == "sequence" else Chosen(~left, ~left_test, whole)
    last = Split(
        _ids(data, newest.train),
        _ids(data, left if scenario.keeps == "retain" else np.zeros_like(left)),
        _ids(data, newest.test),
        all_of_it.retain_test,
        newest.classes,
    )
    return replace(all_of_it, requests=requests, last=last)


def _ids(data: Data, mask: np.ndarray) -> Tensor:
    import torch

    return torch.from_numpy(np.flatnonzero(mask)).to(data.device)
