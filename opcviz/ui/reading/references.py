"""What every model of a study is drawn beside: retrained models of all seeds, untrained ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ...artefacts import ModelResults
from ...common.records import Record, defined
from ...study import StudyResult
from ..charts.bands import Band

__all__ = ["References"]

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class References:
    """The models that make the band and the floor.

    Attributes:
        retrained: results of the retrained models of every seed.
        untrained: the same of the networks nobody trained.
    """

    retrained: Sequence[ModelResults] = ()
    untrained: Sequence[ModelResults] = ()

    @classmethod
    def of(cls, study: StudyResult) -> References:
        """Those of a study, whichever models are shown: the band is the verdict's."""
        named: dict[str, list[ModelResults]] = {"retrain": [], "untrained": []}
        for model in study.models:
            if (name := model.method.info.name) in named:
                named[name].append(model.results)
        return cls(tuple(named["retrain"]), tuple(named["untrained"]))

    def band(self, record: type[R], value: Callable[[R], float | None]) -> Band | None:
        """The band of one figure of a record over the retrained models that have it."""
        return Band.of(_figures(self.retrained, record, value))

    def floor(self, record: type[R], value: Callable[[R], float | None]) -> float | None:
        """The highest that an untrained network has of it; None where none was measured."""
        known = [v for v in _figures(self.untrained, record, value) if v is not None]
        return max(known, default=None)

    def along(
        self, record: type[R], places: Sequence[str], value: Callable[[R, str], float | None]
    ) -> tuple[list[Band | None], list[float | None]]:
        """Band and floor at each place of an axis.

        Args:
            record: that the figures are read from.
            places: on the axis.
            value: the figure of a record at a place.
        """
        at: list[Callable[[R], float | None]] = [partial(_at, value, place) for place in places]
        bands = [self.band(record, each) for each in at]
        return bands, [self.floor(record, each) for each in at]


def _at(value: Callable[[R, str], float | None], place: str, found: R) -> float | None:
    return value(found, place)


def _figures(
    models: Sequence[ModelResults], record: type[R], value: Callable[[R], float | None]
) -> list[float | None]:
    found = [model.get(record) for model in models]
    return [value(each) if defined(each) else None for each in found]
