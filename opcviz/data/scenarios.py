"""Forget scenarios: what is to be forgotten, and the parts of a data set that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

from ..common.config import Config, ConfigError, setting
from ..common.json_types import Json
from ..common.parts import Part
from .base import Data, DataError, DataIdentity, strata
from .indices import indices_digest, read_indices

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = ["Scenario", "Split"]

KINDS = ("classes", "random", "indices")
FORMS = "classes:0,1,2 · random:10% · indices:FILE"


@dataclass(frozen=True, eq=False)
class Split:
    """The four parts of a data set under one scenario.

    Attributes:
        forget_train, retain_train: int64 ids into the train set, ascending; together all of it.
        forget_test, retain_test: the same for the test set. Samples, unlike classes, have no
            counterpart in the test set: then `forget_test` is empty.
        classes: the forgotten classes, ascending; empty when samples are forgotten.
        of: the data set, where whoever made the split said so.
    """

    forget_train: Tensor
    retain_train: Tensor
    forget_test: Tensor
    retain_test: Tensor
    classes: tuple[int, ...] = ()
    of: DataIdentity | None = None

    @property
    def forgets(self) -> str:
        """What is forgotten: whole `classes`, or any `samples`."""
        return "classes" if self.classes else "samples"

    def part(self, name: Part) -> Tensor:
        """The ids of one part."""
        ids: Tensor = getattr(self, name)
        return ids

    def to(self, device: torch.device | str) -> Split:
        """The same parts with their ids on `device`."""
        return Split(
            self.forget_train.to(device),
            self.retain_train.to(device),
            self.forget_test.to(device),
            self.retain_test.to(device),
            self.classes,
            self.of,
        )


@dataclass(frozen=True)
class Scenario(Config):
    """What is forgotten: whole classes, a random share of the train set, or named samples.

    Settings that the kind does not use fall back to their defaults, so equal questions are equal.
    """

    kind: str = setting("classes", "what is forgotten", choices=KINDS)
    classes: tuple[str, ...] = setting(("0", "1", "2"), "classes to forget, by number or name")
    percent: float = setting(
        10.0, "share of the train set to forget, drawn per class", low=0, high=100, unit="%"
    )
    path: str = setting("", "file of ids into the train set (.npy, .txt or .csv)")
    digest: str = setting("", "fingerprint of the ids in that file; see `pinned`", advanced=True)

    def __post_init__(self) -> None:
        """Check the fields, also against each other.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        given: object = self.classes
        if isinstance(given, list | tuple):  # TOML writes [0, 1, 2]
            tokens = tuple(str(c) if type(c) is int else c for c in given)
            object.__setattr__(self, "classes", tokens)
        super().__post_init__()
        used = {"classes": ["classes"], "random": ["percent"], "indices": ["path", "digest"]}
        for field in fields(self):
            if field.name not in ("kind", *used[self.kind]):
                object.__setattr__(self, field.name, field.default)
        if self.kind == "classes":
            object.__setattr__(self, "classes", _tidy(self.classes))
        if self.kind == "random" and not 0 < self.percent < 100:
            raise ConfigError(
                f"Scenario.percent: {self.percent:g} must lie between 0 and 100, both excluded"
            )
        if self.kind == "indices" and not self.path:
            raise ConfigError("Scenario.path: wants the file of ids to forget: indices:FILE")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `classes:0,1,2` (or `classes:cat,dog`), `random:10%` or `indices:FILE`.

        Raises:
            ConfigError: for any other text.
        """
        kind, colon, value = (part.strip() for part in text.partition(":"))
        if not colon or kind not in KINDS or not value:
            raise ConfigError(f"'{text}' is no forget scenario; write one of {FORMS}")
        if kind == "classes":
            return cls(kind, classes=tuple(token.strip() for token in value.split(",")))
        if kind == "indices":
            return cls(kind, path=value)
        try:
            if not value.endswith("%"):
                raise ValueError("no % sign")
            percent = float(value[:-1])
        except ValueError as error:
            raise ConfigError(
                f"'{text}': write the share as a number with a % sign, as in random:10%"
            ) from error
        return cls(kind, percent=percent)

    @classmethod
    def _parsed(cls, values: object) -> Self:
        """From a table of settings, or from the one-line form of `parse`."""
        return cls.parse(values) if isinstance(values, str) else super()._parsed(values)

    def _changed(self, changes: Json) -> Self:
        """Another file has another fingerprint."""
        return super()._changed({"digest": "", **changes} if "path" in changes else changes)

    def __str__(self) -> str:
        if self.kind == "classes":
            return f"classes:{','.join(self.classes)}"
        if self.kind == "random":
            return f"random:{repr(self.percent).removesuffix('.0')}%"
        return f"indices:{self.path}"

    def identity(self) -> Mapping[str, str | float | list[str]]:
        """What makes this question differ from another, JSON-ready: hash this.

        A file of ids counts by its content, not by its place or format. The seed of a random draw
        is the study's and not in here. No file is read for this: see `pinned`.

        Raises:
            ConfigError: for a file of ids whose content is not known yet.
        """
        if self.kind == "indices":
            if not self.digest:
                raise ConfigError(
                    f"{self}: the ids were not read yet, so that the question is not known; take "
                    "`pinned()`, which reads them once"
                )
            return {"kind": self.kind, "value": self.digest}
        value = list(self.classes) if self.kind == "classes" else self.percent
        return {"kind": self.kind, "value": value}

    @property
    def forgets(self) -> str:
        """What is forgotten: whole `classes`, or any `samples`."""
        return "classes" if self.kind == "classes" else "samples"

    def pinned(self) -> Scenario:
        """The same, with the fingerprint of an indices file as it is now.

        From then on a change of the file is noticed, and the identity is known without it.

        Raises:
            DataError: if the file must be read and cannot.
        """
        if self.kind != "indices" or self.digest:
            return self
        return self.replace(digest=self._file()[1])

    def _file(self) -> tuple[np.ndarray, str]:
        """The ids of an indices file and their fingerprint."""
        ids = read_indices(self.path)
        return ids, indices_digest(ids)

    def check(self, class_names: Sequence[str], called: str) -> None:
        """See that a data set has the classes to forget, without its pictures.

        Args:
            class_names: of the data set, in the order of their numbers; none where targets are
                not classes.
            called: its name, for the message.

        Raises:
            DataError: for a class it does not have, or when none would be retained.
        """
        if self.kind == "classes":
            _resolve(self.classes, class_names, called)

    def split(self, data: Data, seed: int = 0) -> Split:
        """Cut a data set into forget and retain parts, on the device of `data`.

        A random share is drawn per class (largest remainders first, so the total is the share of
        the whole train set, rounded), with numpy's frozen `RandomState`: the same `seed` gives the
        same ids in every version and on every device. Targets that are no classes count as one.

        Args:
            data: the data set.
            seed: of the random draw, 0 to 2³²−1; other kinds do not use it.

        Raises:
            DataError: for an unknown class, classes of data that have none, an id outside the
                train set or named twice, a changed file, or when nothing would be forgotten or
                nothing retained.
        """
        import torch

        forget = np.zeros(len(data.y_train), bool)
        forget_test = np.zeros(len(data.y_test), bool)
        classes: tuple[int, ...] = ()
        if self.kind == "classes":
            classes = _resolve(self.classes, data.class_names, data.name)
            forget = np.isin(data.y_train.cpu().numpy(), classes)
            forget_test = np.isin(data.y_test.cpu().numpy(), classes)
        else:
            forget[self._samples(strata(data), seed)] = True
        if forget.all() or not forget.any():
            part = "retain" if forget.all() else "forget"
            raise DataError(
                f"{self} leaves no {part} data of the {len(forget)} train samples of "
                f"{data.name}; forget {'less' if part == 'retain' else 'more'}"
            )

        def ids(part: np.ndarray) -> Tensor:
            return torch.from_numpy(np.flatnonzero(part)).to(data.device)

        return Split(ids(forget), ids(~forget), ids(forget_test), ids(~forget_test), classes)

    def _samples(self, y: np.ndarray, seed: int) -> np.ndarray:
        if self.kind == "random":
            return _draw(y, self.percent / 100, seed)
        ids, now = self._file()
        if self.digest and now != self.digest:
            raise DataError(
                f"{self.path} has changed since this scenario was set up; restore it, or set up a "
                "new scenario (a study's question may not change under its answers)"
            )
        if ids[-1] >= len(y):
            raise DataError(
                f"{self.path}: id {ids[-1]} is outside the train set, whose {len(y)} samples are "
                f"numbered 0 to {len(y) - 1}"
            )
        return ids


def _tidy(tokens: Iterable[str]) -> tuple[str, ...]:
    """Numbers first and ascending, then names: one spelling for one question."""
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


def _resolve(tokens: tuple[str, ...], names: Sequence[str], called: str) -> tuple[int, ...]:
    """Class numbers of the tokens, ascending."""
    if not names:
        raise DataError(
            f"classes:{','.join(tokens)}: the targets of {called} are not classes, so that only "
            "samples can be forgotten: random:10% or indices:FILE"
        )
    found = [_find(token, names, called) for token in tokens]
    if len(set(found)) < len(found):
        raise DataError(f"classes:{','.join(tokens)} names a class of {called} twice")
    if len(found) == len(names):
        raise DataError(
            f"classes:{','.join(tokens)} forgets all {len(names)} classes of {called}; "
            "leave at least one to retain"
        )
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
    raise DataError(
        f"{called} has no class '{token}'; it has {listed}{' ...' if len(names) > 20 else ''}"
    )


def _draw(y: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Ids of a random `fraction`, with every class (of `y`) represented in its proportion."""
    share = np.bincount(y) * fraction
    quota = np.floor(share).astype(int)
    left = int(np.floor(fraction * len(y) + 0.5)) - quota.sum()
    quota[np.argsort(quota - share, kind="stable")[: max(0, left)]] += 1
    random = np.random.RandomState(seed)
    drawn = [random.permutation(np.flatnonzero(y == c))[:n] for c, n in enumerate(quota)]
    return np.sort(np.concatenate(drawn))
