"""What must hold of a user's own kind of artefact, so that it stands in nobody's way."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..common.config import Config, ConfigError
from ..common.json_types import Json
from ..common.plugins import loader
from ..common.records import Record
from ..results import PlainResult, TrainingResult
from .columns import Column, Number
from .kind import CHECKS_OF_OWN, KINDS, Kind, Made, kinds
from .model_results import ModelResults

__all__ = ["check_made", "check_own"]

LARGEST = 2**53  # of whole numbers: beyond it, readers of JSON that use floats change them

# in a model's JSON, beside what the kinds add
TAKEN = {"model", "method", "seed", "key", "settings", "status", "reason", "seconds", "gradients"}
TAKEN |= {"suite", "precision", "peak_memory_mb", "stage_seconds"}
TAKEN |= {"verdict", "consensus", "outdated"}


def check_own(kind: Kind) -> None:
    """What must hold of a kind that a user brought, so that it stands in nobody's way.

    Raises:
        ConfigError: when what it would add to a model's JSON, or its table, is taken.
        TypeError: saying what is missing, or what does not fit.
    """
    cls = type(kind)
    ours = [each for each in kinds() if not each.own]
    taken = TAKEN.union(
        (path.partition(".")[0].removesuffix("[]") for each in ours for path in each.fields),
        (table for each in ours for column in each.columns for table in column.tables),
    )
    if kind.name in taken:
        raise ConfigError(f"'{kind.name}' means something else in results; choose another name")
    if cls.measure is Kind.measure and cls.measure_all is Kind.measure_all:
        raise TypeError(f"{cls.__name__} has no measure(self, context)")
    for table, config in cls.settings.items():
        if not (isinstance(config, type) and issubclass(config, Config)):
            raise TypeError(f"{cls.__name__}.settings['{table}'] is no Config class")
        config()
    _check_quick(cls)
    for column in cls.columns:
        _check_column(kind, column)
    _check_answers(kind)


def _check_quick(cls: type[Kind]) -> None:
    """Raise unless the quick suite can change the settings as the kind says."""
    for table, changes in (cls.quick or {}).items():
        if table not in cls.settings:
            raise TypeError(f"{cls.__name__}.quick names '{table}', which is none of its settings")
        cls.settings[table]().replace(**changes)


def _check_column(kind: Kind, column: Column) -> None:
    """Raise unless a column can be stored and read again without the file that declares it."""
    if not isinstance(column, Column):
        raise TypeError(f"{type(kind).__name__}.columns holds {column!r}, which is no Column")
    path = column.value.path if isinstance(column.value, Number) else ()
    if len(path) < 2 or path[0] != kind.name:
        raise TypeError(f"column '{column.name}': its value must be number('{kind.name}', ...)")
    try:
        format(0.5, column.format)
    except ValueError as error:
        raise TypeError(f"column '{column.name}': {column.format!r} writes no number") from error


def _check_answers(kind: Kind) -> None:
    """Raise what goes wrong in the answers that a plan needs before anything is measured."""
    from .settings import Evidence

    if clash := sorted(set(kind.settings) & set(Evidence.own_fields())):
        raise TypeError(f"{type(kind).__name__}.settings: evidence has a setting '{clash[0]}'")
    evidence = Evidence()
    asked, about = kind.question(evidence), kind.about().to_dict()
    json.dumps({"asked": asked, "about": about}, allow_nan=False)
    if not isinstance(kind.wanted(evidence, 1), bool):
        raise TypeError(f"{type(kind).__name__}.wanted() must return True or False")
    if not all(isinstance(seed, int) for seed in kind.reference_seeds(evidence)):
        raise TypeError(f"{type(kind).__name__}.reference_seeds() must return whole numbers")


def check_made(kind: Kind, made: Sequence[Made], models: int) -> list[Made]:
    """What a user's own kind returned, as it can be stored: numpy's numbers as Python's.

    Raises:
        TypeError, ValueError: saying what does not fit, and under which key of the result.
    """
    if len(made) != models or not all(isinstance(each, Made) for each in made):
        raise TypeError(f"measure_all() must return a list of {models} Made, one a model")
    plain = []
    for each in made:
        if not isinstance(each.result, dict | Record):
            kind_of = type(each.result).__name__
            raise TypeError(f"Made.result must be a dict or a Record, not {kind_of}")
        told = each.result.to_dict() if isinstance(each.result, Record) else each.result
        result = {_key(k): _plain(v, _key(k)) for k, v in told.items()}
        for name, arrays in each.arrays.items():
            if any(np.asarray(array).dtype.hasobject for array in arrays.values()):
                raise TypeError(f"{name} holds Python objects, which are not stored")
        for column in kind.columns if "reason" not in result else ():
            _check_path(kind, column, result)
        plain.append(replace(each, result=result))
    return plain


def _plain(value: Any, path: str) -> Any:
    """A value of the result as JSON holds it.

    Args:
        value: as it was returned.
        path: where in the result, for the message.

    Raises:
        TypeError, ValueError: naming the path.
    """
    if isinstance(value, Record):
        value = value.to_dict()
    if isinstance(value, dict):
        return {_key(k): _plain(entry, f"{path}.{k}") for k, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry, f"{path}[{i}]") for i, entry in enumerate(value)]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"'{path}' is {value}: return None there, and a 'reason' beside it")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError(f"'{path}' is a whole number beyond 2^53: return a float, or its text")
    if value is not None and not isinstance(value, bool | int | float | str):
        hint = "; arrays belong into Made.arrays" if hasattr(value, "shape") else ""
        raise TypeError(f"'{path}' is a {type(value).__name__}, not a number, text or None{hint}")
    return value


def _key(key: object) -> str:
    if not isinstance(key, str | int):
        raise TypeError(f"the key {key!r} is a {type(key).__name__}: keys of a result are texts")
    return str(key)


def _check_path(kind: Kind, column: Column, result: Json) -> None:
    """Raise where a column reads what the result does not have: a name misspelt on either side."""
    told = PlainResult.from_dict(result)
    here: object = {kind.name: result}
    for key in column.value.path if isinstance(column.value, Number) else ():
        if not isinstance(here, dict) or key not in here:
            has = ", ".join(map(str, here)) if isinstance(here, dict) else repr(here)
            raise TypeError(f"column '{column.name}' reads '{key}', and there is only: {has}")
        here = here[key]
    column.value(ModelResults(TrainingResult("finished"), {kind.name: told}))


CHECKS_OF_OWN.append(check_own)
loader.serve(KINDS, check_own)
