"""A plan's missing answers in parcels: each is made by one process, some only after others.

What is asked of one model stays together, so that one pass over the data serves all its answers.
What comes first is a matter of cost alone: an answer that is missing where it is needed is made
there, so that the numbers are the same in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ..artefacts import MODEL, get_kind
from ..methods import REFERENCES, Method
from .pipeline import Item

__all__ = ["Parcel", "parcels"]

TOGETHER, EVIDENCE, SHARED, SEEDS, OWN = "together", "evidence", "shared", "seeds", "own"
ORDER = (MODEL, TOGETHER, EVIDENCE, SHARED, SEEDS, OWN)  # within a seed; the longest work early


@dataclass(frozen=True)
class Parcel:
    """Answers that one process makes, in this order.

    Attributes:
        name: which.
        part: what kind of work, of `ORDER`.
        items: the answers; all of one seed, and of one model unless they are made together.
        after: names of the parcels that come first.
    """

    name: str
    part: str
    items: tuple[Item, ...]
    after: frozenset[str] = frozenset()

    @property
    def seed(self) -> int:
        """The seed of its models."""
        return self.items[0].seed

    @property
    def method(self) -> str:
        """The method of its first model."""
        return self.items[0].method.info.name

    @property
    def kind(self) -> str:
        """The kind of its first answer."""
        return self.items[0].kind

    @property
    def models(self) -> frozenset[tuple[Method, int]]:
        """Method and seed of its models."""
        return frozenset((item.method, item.seed) for item in self.items)


def parcels(items: Iterable[Item], place: Callable[[Method, int], str]) -> list[Parcel]:
    """The parcels of a plan, in the order in which free workers should take them.

    Args:
        items: what is missing, in the order in which one process would make it.
        place: the folder of a model, by method and seed.
    """
    sorted_out: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        part = _part(item)
        if part == TOGETHER:
            name = f"{item.kind}, seed {item.seed}"
        else:
            which = item.kind if part == SHARED else part
            name = f"{which}, {place(item.method, item.seed)}"
        sorted_out.setdefault((name, part), []).append(item)
    found = [Parcel(name, part, tuple(of)) for (name, part), of in sorted_out.items()]
    return sorted((replace(each, after=_before(each, found)) for each in found), key=_rank)


def _part(item: Item) -> str:
    if item.kind == MODEL:
        return MODEL
    kind = get_kind(item.kind)
    if kind.own:
        return OWN
    if "together" in kind.needs:
        return TOGETHER
    if kind.shares:
        return SHARED
    return SEEDS if "seeds" in kind.needs else EVIDENCE


def _before(parcel: Parcel, found: Sequence[Parcel]) -> frozenset[str]:
    """Names of what comes before a parcel: its models, and whatever they are compared with."""
    comes = {MODEL: _before_model, OWN: _before_own}.get(parcel.part, _before_answers)
    before = {other.name for other in found if other is not parcel and comes(other, parcel)}
    if parcel.part == SHARED:
        alike = [p for p in found if (p.kind, p.seed) == (parcel.kind, parcel.seed)]
        before |= {alike[0].name} - {parcel.name}
    return frozenset(before)


def _before_model(other: Parcel, parcel: Parcel) -> bool:
    """Unlearning begins with the original; the references begin with nothing."""
    begins = other.part == MODEL and other.method == "original" and other.seed == parcel.seed
    return begins and parcel.method not in REFERENCES


def _before_own(other: Parcel, parcel: Parcel) -> bool:
    """Whatever a user's kind does to a model in memory, no other answer is made from it."""
    return other.part != OWN


def _before_answers(other: Parcel, parcel: Parcel) -> bool:
    if other.seed != parcel.seed and parcel.part != SEEDS:
        return False
    own = bool(other.models & parcel.models)
    if other.part == MODEL:
        return own or other.method in REFERENCES
    if other.part != EVIDENCE or parcel.part == TOGETHER:
        return False
    if other.method in REFERENCES and parcel.part == EVIDENCE:
        return _depth(other.method) < _depth(parcel.method)
    return other.method in REFERENCES or (own and parcel.part == SEEDS)


def _depth(method: str) -> int:
    """How many of the references come before a method's models."""
    return REFERENCES.index(method) if method in REFERENCES else len(REFERENCES)


def _rank(parcel: Parcel) -> tuple[bool, int, int]:
    """References of all seeds first, since everything waits for them; then seed by seed."""
    stage = ORDER.index(parcel.part)
    if parcel.part in (MODEL, EVIDENCE) and parcel.method in REFERENCES:
        return False, stage, parcel.seed
    return True, parcel.seed, stage
