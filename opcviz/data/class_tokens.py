"""Classes as a person writes them, by number or name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..common.config import ConfigError
from .base import DataError

__all__ = ["resolve", "tidy"]


def tidy(tokens: Iterable[str]) -> tuple[str, ...]:
    """Numbers first and ascending, then names: one spelling for one question.

    Raises:
        ConfigError: for no class, one named twice, or a name with a comma.
    """
    tokens = tuple(token.strip() for token in tokens)
    if not tokens or "" in tokens:
        raise ConfigError("Scenario.classes: name at least one class, as in classes:0,1,2")
    if len(set(tokens)) < len(tokens):
        raise ConfigError(f"Scenario.classes: a class is named twice in {', '.join(tokens)}")
    bad = [token for token in tokens if "," in token]
    if bad:
        raise ConfigError(
            f"Scenario.classes: {bad[0]!r} holds a comma; one entry a class, and a class whose "
            "name has a comma goes by its number"
        )
    numbers = sorted((token for token in tokens if token.isdecimal()), key=int)
    return (*numbers, *sorted(token for token in tokens if not token.isdecimal()))


def resolve(
    tokens: tuple[str, ...], names: Sequence[str], called: str, asked: str
) -> tuple[int, ...]:
    """Class numbers of the tokens, ascending.

    Args:
        tokens: as `tidy` gives them.
        names: of the data set's classes, in the order of their numbers; none where targets are
            not classes.
        called: the data set's name, for messages.
        asked: the scenario in one line, for messages.

    Raises:
        DataError: for a class that the data set does not have, or that is named twice.
    """
    if not names:
        raise DataError(
            f"{asked}: the targets of {called} are not classes, so that only "
            "samples can be forgotten: random:10% or indices:FILE"
        )
    found = [_find(token, names, called) for token in tokens]
    if len(set(found)) < len(found):
        raise DataError(f"{asked} names a class of {called} twice")
    return tuple(sorted(found))


def _find(token: str, names: Sequence[str], called: str) -> int:
    """A class number from `3`, `#3` (never a name) or a name, in any case if that is unique."""
    number = token.removeprefix("#")
    index = int(number) if number.isdecimal() and int(number) < len(names) else None
    if token.startswith("#") and index is not None:
        return index
    named = [i for i, name in enumerate(names) if name == token] or [
        i for i, name in enumerate(names) if name.casefold() == token.casefold()
    ]
    if index is not None and named and named != [index]:
        raise DataError(
            f"class {token} of {called} may be the one called '{token}' (#{named[0]}) or the "
            f"one numbered {token} ('{names[index]}'); write #{named[0]} or #{index}"
        )
    if len(named) == 1:
        return named[0]
    if index is not None:
        return index
    listed = ", ".join(f"{i} {name}" for i, name in enumerate(names[:20]))
    if all(name == str(i) for i, name in enumerate(names)):
        listed = f"0 to {len(names) - 1}"
    elif len(names) > 20:
        listed += " ..."
    raise DataError(f"{called} has no class '{token}'; it has {listed}")
