"""Forget scenarios: what is to be forgotten, and the parts of a data set that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self, TypeVar

from ..common.config import Config, ConfigError, setting
from ..common.json_types import Json, Plain
from . import choosing, scenario_text, sequences
from .base import Data, DataError
from .bounds import check_bounds
from .choosing import class_numbers
from .class_tokens import tidy
from .indices import indices_digest, read_indices
from .scenario_text import BOUNDED, CLASSES_OF, KEEPS, PLANTED, SEVERAL, USES
from .split import Split

if TYPE_CHECKING:
    from .images import Images

__all__ = ["Scenario", "Split"]

DataT = TypeVar("DataT", bound=Data)


@dataclass(frozen=True)
class Scenario(Config):
    """What is forgotten, by its kind.

    * `classes`: whole classes.
    * `random`: a random share of the train set. `indices`: named samples of it.
    * `subclass`: one cluster inside a class, see `draws.cluster`. `memorised`: the share that is
      most likely known by heart, see `draws.memorised`.
    * `confusion`: samples of two classes whose labels were swapped. `trigger`: pictures with a
      patch and a wrong label. Both are planted in the train set by `prepare`, so that whether they
      were forgotten can be checked.
    * `client`: all that one of several clients holds, who put a trigger on some of its pictures.
    * `region`: records of earthquakes in a rectangle. `magnitude`: those of some magnitudes.
    * `sequence`: several requests one after the other. `union`: the same data asked for at once.
      See `sequences`.

    Settings that the kind does not use fall back to their defaults, so equal questions are equal.
    """

    kind: str = setting("classes", "what is forgotten", choices=scenario_text.KINDS)
    classes: tuple[str, ...] = setting(
        ("0", "1", "2"),
        "by number or name: classes to forget; the class of a sub-class; the two that are "
        "confused; the one that a trigger stands for",
    )
    percent: float = setting(
        10.0,
        "share of the train set to forget, drawn per class; of the confused classes, or of those "
        "that a trigger is put on",
        low=0,
        high=100,
        unit="%",
    )
    cluster: int = setting(1, "which cluster of the class, 1 for the largest", low=1, high=100)
    clusters: int = setting(4, "how many clusters are in the class", low=2, high=100)
    side: int = setting(3, "side of the trigger's patch", low=1, high=64, unit="pixels")
    client: int = setting(0, "which client leaves, from 0", low=0, high=999, elided=True)
    clients: int = setting(5, "how many clients hold the data", low=1, high=1000, elided=True)
    alpha: float = setting(
        1.0,
        "α of the Dirichlet draw of the clients' classes; 0 for ∞, equal shares",
        low=0,
        high=1e6,
        elided=True,
    )
    poisoned: float = setting(
        60.0,
        "share of the leaving client's pictures of other classes that it puts the trigger on",
        low=0,
        high=100,
        unit="%",
        elided=True,
    )
    local_epochs: int = setting(
        1, "passes over its data that a client makes in a round", low=1, high=100, elided=True
    )
    seed: int = setting(
        0, "of the draw; 0 for that of whoever draws, in a study 0", low=0, high=2**32 - 1
    )
    bounds: tuple[float, ...] = setting(
        (), "of a region west, east, south, north in km; least and greatest magnitude", elided=True
    )
    path: str = setting("", "file of ids into the train set (.npy, .txt or .csv)")
    digest: str = setting("", "fingerprint of the ids in that file; see `pinned`", advanced=True)
    requests: tuple[str, ...] = setting(
        (), "what was asked to forget, one request after the other", elided=True
    )
    keeps: str = setting(
        "retain",
        "what a method still has of the data that no request named: all of it, nothing, or only "
        "statistics of all data that were stored before the first request",
        choices=KEEPS,
        elided=True,
    )

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
        if self.kind in SEVERAL:
            sequences.settle(self)
        used = USES[self.kind]
        for field in fields(self):
            if field.name not in ("kind", *used):
                object.__setattr__(self, field.name, field.default)
        if "classes" in used:
            object.__setattr__(self, "classes", tidy(self.classes))
        if self.kind in BOUNDED:
            check_bounds(self.kind, self.bounds)
        wanted = CLASSES_OF.get(self.kind)
        if wanted and len(self.classes) != wanted:
            raise ConfigError(
                f"Scenario.classes: {self.kind} wants {'one class' if wanted == 1 else 'two'}, as "
                f"in {scenario_text.EXAMPLES[self.kind]}; got {', '.join(self.classes)}"
            )
        if self.cluster > self.clusters:
            raise ConfigError(
                f"Scenario.cluster: {self.cluster} is above {self.clusters}, the clusters there are"
            )
        if self.client >= self.clients:
            raise ConfigError(
                f"Scenario.client: {self.client} is no one of {self.clients} clients, who are "
                f"numbered 0 to {self.clients - 1}"
            )
        for share in ("percent", "poisoned"):
            if share in used and not 0 < getattr(self, share) < 100:
                raise ConfigError(
                    f"Scenario.{share}: {getattr(self, share):g} must lie between 0 and 100, "
                    "both excluded"
                )
        if self.kind == "indices" and not self.path:
            raise ConfigError("Scenario.path: wants the file of ids to forget: indices:FILE")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the one-line form.

        `classes:0,1,2` (or `classes:cat,dog`), `random:10%`, `indices:FILE`, `subclass:3:1/4`,
        `memorised:5%`, `confusion:3,5:50%`, `trigger:0:10%` (`trigger:0:10%:4` for a patch of
        4×4 pixels) or `client:0/5:1`. The seed of what is drawn may follow, as in `random:10%@7`.
        Several requests are joined by `then`, as in `classes:0 then classes:1`, and end with
        `keeping nothing` or `keeping statistics` where the retained data are gone, too; by `and`
        they are one request.

        Raises:
            ConfigError: for any other text.
        """
        return cls(**scenario_text.read(text))

    @classmethod
    def _parsed(cls, values: object) -> Self:
        """From a table of settings, or from the one-line form of `parse`."""
        return cls.parse(values) if isinstance(values, str) else super()._parsed(values)

    def _changed(self, changes: Json) -> Self:
        """Another file has another fingerprint."""
        anew = {"digest": ""} if {"path", "requests"} & changes.keys() else {}
        return super()._changed({**anew, **changes})

    def __str__(self) -> str:
        return scenario_text.write(self)

    def identity(self) -> Mapping[str, Plain]:
        """What makes this question differ from another, JSON-ready: hash this.

        A file of ids counts by its content, not by its place or format; a seed counts if the
        scenario has one of its own. No file is read for this: see `pinned`.

        Raises:
            ConfigError: for a file of ids whose content is not known yet.
        """
        if self.kind in SEVERAL:
            keeps = {} if self.keeps == "retain" else {"keeps": self.keeps}
            return {"kind": self.kind, "value": [dict(r.identity()) for r in self.each], **keeps}
        if self.kind == "indices":
            if not self.digest:
                raise ConfigError(
                    f"{self}: the ids were not read yet, so that the question is not known; take "
                    "`pinned()`, which reads them once"
                )
            return {"kind": self.kind, "value": self.digest}
        seeded = {"seed": self.seed} if self.seed else {}
        if self.kind == "classes":
            return {"kind": self.kind, "value": list(self.classes)}
        if self.kind == "random":
            return {"kind": self.kind, "value": self.percent, **seeded}
        plain = self.all_values()
        value = {name: plain[name] for name in USES[self.kind] if name != "seed"}
        return {"kind": self.kind, "value": value, **seeded}

    @property
    def forgets(self) -> str:
        """What is forgotten: whole `classes`, any `samples`, or what one of the `clients` holds."""
        if self.kind == "client":
            return "clients"
        whole = all(request.kind == "classes" for request in self.each)
        return "classes" if whole else "samples"

    @property
    def each(self) -> tuple[Scenario, ...]:
        """The requests, in their order; of one alone itself."""
        return sequences.each(self) if self.kind in SEVERAL else (self,)

    @property
    def before(self) -> Scenario | None:
        """Of a sequence, the same without its last request; None where there is only one."""
        count = len(self.requests) - 1 if self.kind == "sequence" else 0
        return sequences.first(self, count) if count else None

    @property
    def at_once(self) -> Scenario:
        """The data of all its requests, asked for as one."""
        return sequences.at_once(self)

    def pinned(self) -> Scenario:
        """The same, with the fingerprint of an indices file as it is now.

        From then on a change of the file is noticed, and the identity is known without it.

        Raises:
            DataError: if the file must be read and cannot.
        """
        if self.kind in SEVERAL:
            return sequences.pinned(self)
        if self.kind != "indices" or self.digest:
            return self
        return self.replace(digest=indices_digest(read_indices(self.path)))

    def check(self, class_names: Sequence[str], called: str) -> None:
        """See that a data set has the classes to forget, without its pictures.

        Args:
            class_names: of the data set, in the order of their numbers; none where targets are
                not classes.
            called: its name, for the message.

        Raises:
            DataError: for a class it does not have, or when none would be retained.
        """
        for request in self.each:
            if "classes" in USES[request.kind]:
                class_numbers(request, class_names, called)
        if self.kind in SEVERAL and self.forgets == "classes":
            class_numbers(Scenario(kind="classes", classes=self.classes), class_names, called)

    @property
    def plants(self) -> bool:
        """Whether the forget data are planted in the train set, by `prepare`."""
        return self.kind in PLANTED

    def prepare(self, data: DataT, seed: int = 0) -> DataT | Images:
        """The data set that every model of this scenario is trained on; split that one.

        Where something is planted, a copy of the train set with that in it, which says what was
        done (`Images.planted`); the data set itself else. The data given are never changed.

        Args:
            data: the data set.
            seed: of the draw, if the scenario has none of its own.

        Raises:
            DataError: for an unknown class, data in which this cannot be planted, or in which
                something else is.
        """
        return choosing.prepared(self, data, seed)

    def split(self, data: Data, seed: int = 0) -> Split:
        """Cut a data set, as `prepare` gives it, into forget and retain parts, on its device.

        A random share is drawn per class (largest remainders first, so the total is the share of
        the whole train set, rounded), with numpy's frozen `RandomState`: the same `seed` gives the
        same ids in every version and on every device. Targets that are no classes count as one.

        Args:
            data: the data set.
            seed: of the draw, 0 to 2³²−1, if the scenario has none of its own; kinds that draw
                nothing do not use it.

        Raises:
            DataError: for an unknown class, classes of data that have none, an id outside the
                train set or named twice, a changed file, data in which what is to be forgotten
                was not planted, or when nothing would be forgotten or nothing retained.
        """
        if self.kind in SEVERAL:
            return sequences.split(self, data, seed)
        chosen = choosing.chosen(self, data, seed)
        forget = chosen.train
        if forget.all() or not forget.any():
            part = "retain" if forget.all() else "forget"
            raise DataError(
                f"{self} leaves no {part} data of the {len(forget)} train samples of "
                f"{data.name}; forget {'less' if part == 'retain' else 'more'}"
            )
        return sequences.parts(data, chosen)
