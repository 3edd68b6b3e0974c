"""What tells models of one method apart: the settings that differ, and the suite of attacks."""

from __future__ import annotations

from collections.abc import Sequence

from ..common.json_types import Plain
from ..methods import MethodSettings
from .model_result import ModelResult

__all__ = ["QUICK", "apart", "apart_models"]

QUICK = "quick attacks"


def apart(methods: Sequence[MethodSettings]) -> list[str]:
    """For each of some methods' settings, what tells them from the others of the same method.

    As few settings as do it, in the order in which the method declares them: `lr 0.02, epochs 3`;
    nothing where a method is there with one set of settings only.
    """
    listed = [method.all_values() for method in methods]
    said = []
    for method, mine in zip(methods, listed, strict=True):
        alike = [
            each
            for other, each in zip(methods, listed, strict=True)
            if other.info.name == method.info.name
        ]
        said.append(", ".join(f"{name} {_word(mine[name])}" for name in _telling(alike)))
    return said


def _telling(alike: Sequence[dict[str, Plain]]) -> list[str]:
    """Names of settings by which no two different ones of these are the same."""
    chosen: list[str] = []
    wanted = _different(alike, alike[0])
    for name in alike[0]:
        if _different(alike, chosen) == wanted:
            break
        if _different(alike, [*chosen, name]) > _different(alike, chosen):
            chosen.append(name)
    return chosen


def _different(alike: Sequence[dict[str, Plain]], names: Sequence[str] | dict[str, Plain]) -> int:
    return len({repr([each[name] for name in names]) for each in alike})


def _word(value: Plain) -> str:
    if isinstance(value, list):
        return "/".join(map(_word, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def apart_models(models: Sequence[ModelResult]) -> dict[str, str]:
    """The same for models by their key, and which of them were attacked quickly; seeds apart."""
    found = zip(models, apart([model.method for model in models]), strict=True)
    return {
        model.key: ", ".join(filter(None, (said, QUICK if model.suite == "quick" else "")))
        for model, said in found
    }
