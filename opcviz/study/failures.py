"""What goes wrong in a user's own code: told with its file and line, and harming nothing else."""

from __future__ import annotations

import sys
import traceback

import torch
from torch import nn

from ..artefacts import Kind
from ..common.progress import Cancelled
from ..methods import Method, NotDefined, Request
from ..training import Outcome
from .store import StoreError

__all__ = ["OwnFailed", "OwnKindFailed", "OwnMethodFailed", "is_own", "unlearn_own"]

LONGEST = 500  # characters of an error's own text


class OwnFailed(Exception):
    """A user's own code raised an error; the message names its file and line.

    Args:
        name: what failed.
        cls: its class, by which its file is known.
        error: what it raised, or what is wrong with what it returned.
    """

    def __init__(self, name: str, cls: type, error: BaseException) -> None:
        file = getattr(sys.modules.get(cls.__module__), "__file__", None) or "?"
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frames) if f.filename == file), None)
        where = file if line is None else f"{file}, line {line}"
        text = str(error)[:LONGEST]
        super().__init__(f"'{name}' failed: {where}: {type(error).__name__}: {text}")


class OwnKindFailed(OwnFailed):
    """A user's own kind of artefact raised an error, or returned what cannot be stored."""

    def __init__(self, kind: Kind, error: BaseException) -> None:
        super().__init__(kind.name, type(kind), error)


class OwnMethodFailed(OwnFailed):
    """A user's own method raised an error, or returned what is no model of the study."""

    def __init__(self, method: Method, error: BaseException) -> None:
        super().__init__(method.info.name, type(method), error)


def is_own(method: Method) -> bool:
    """Whether a user brought the method."""
    return not type(method).__module__.startswith("opcviz.")


def unlearn_own(method: Method, request: Request) -> tuple[nn.Module, Outcome]:
    """Unlearn by a user's own method; what it returns is checked, the original stays as it was.

    Raises:
        OwnMethodFailed: when it raised, exited, changed the original, or returned something else
            than a model of the study with finite weights, and an outcome.
        NotDefined: when it is not defined for the request.
        Cancelled: when asked to stop.
    """
    original = request.original
    before = {k: v.clone() for k, v in original.state_dict().items()} if original else {}
    try:
        model, outcome = _checked(method.unlearn(request), before)
        if original is not None and not _same(original, before):
            raise ValueError(
                "it changed the original model; work on request.copy_of_original() instead"
            )
    except (Cancelled, StoreError, NotDefined):
        raise
    except (Exception, SystemExit) as error:
        raise OwnMethodFailed(method, error) from error
    finally:
        if original is not None and not _same(original, before):
            original.load_state_dict(before)  # all further evidence is measured against it
    return model, outcome


def _checked(returned: object, wanted: dict[str, torch.Tensor]) -> tuple[nn.Module, Outcome]:
    """What `unlearn` returned.

    Raises:
        TypeError, ValueError: saying what does not fit.
    """
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise TypeError(f"unlearn() must return (model, Outcome), not {type(returned).__name__}")
    model, outcome = returned
    if not isinstance(model, nn.Module) or not isinstance(outcome, Outcome):
        given = f"({type(model).__name__}, {type(outcome).__name__})"
        raise TypeError(f"unlearn() must return (model, Outcome), not {given}")
    state = model.state_dict()
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    if wanted and shapes != {name: tuple(value.shape) for name, value in wanted.items()}:
        raise ValueError("unlearn() returned a model of another architecture than the study's")
    broken = next((name for name, value in state.items() if not value.isfinite().all()), None)
    if broken is not None and outcome.status == "finished":
        raise ValueError(f"unlearn() returned weights that are not finite: {broken}")
    return model, outcome


def _same(model: nn.Module, before: dict[str, torch.Tensor]) -> bool:
    after = model.state_dict()
    return after.keys() == before.keys() and all(torch.equal(after[k], before[k]) for k in before)
