"""How a study measures, as kinds of artefact and their contexts see it."""

from __future__ import annotations

from typing import Protocol, TypeVar

from ..common.config import Config

__all__ = ["EvidenceSettings"]

C = TypeVar("C", bound=Config)


class EvidenceSettings(Protocol):
    """Settings to be read; `opcviz.artefacts.settings.Evidence` is the one class that has them."""

    @property
    def probe(self) -> int:
        """Samples of the probe set."""

    @property
    def pictures(self) -> int:
        """Forget pictures under gradient inversion."""

    @property
    def maps(self) -> tuple[str, ...]:
        """Kinds of feature map."""

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the optional kinds of artefact to make."""

    @property
    def keep_features(self) -> bool:
        """Whether all features are stored."""

    def table(self, name: str) -> Config:
        """The settings in one table."""

    def settings(self, cls: type[C]) -> C:
        """The settings of one class."""
