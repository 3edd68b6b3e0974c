"""Functions that return records, with their JSON in place of the record."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from opcviz.common.records import Record


def as_json(function: Callable[..., Record]) -> Callable[..., dict[str, Any]]:
    """The same function, returning what is stored and shown: the record's JSON."""

    @wraps(function)
    def told(*args: Any, **kwargs: Any) -> dict[str, Any]:
        record = function(*args, **kwargs)
        found = record.to_dict()
        assert type(record).from_dict(found, strict=True).to_dict() == found
        return found

    return told
