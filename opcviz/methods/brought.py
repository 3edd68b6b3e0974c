"""A model that somebody else made: it is only ever examined, never made here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from ..common.config import setting
from ..training import Outcome
from .base import Method, NotDefined, Request, register
from .declaration import ANYWHERE

__all__ = ["Brought"]


@register(
    "brought",
    title="Audited model",
    paper="whatever its makers did",
    family="brought",
    needs="forget retain original",
    summary="weights that were brought to be audited; how they were made is not known",
)
@dataclass(frozen=True)
class Brought(Method[nn.Module]):
    """Weights from outside, by their hash; an audit puts them into the store as they are.

    What their owner calls them is no setting: the same weights under another file name are the same
    model.
    """

    scenarios = ANYWHERE
    limits: ClassVar[str] = "it is examined and never made"

    digest: str = setting("", "SHA-256 of the weights, the first 16 hexadecimal digits")

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Refuse.

        Raises:
            NotDefined: always: weights that were brought cannot be made anew.
        """
        raise NotDefined(
            f"the weights {self.digest} were brought, and cannot be made here: run "
            "the audit again with their file"
        )
