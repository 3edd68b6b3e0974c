"""Results on the information that a model keeps about what was forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Record, Undefined

__all__ = ["IdiBlock", "IdiResult", "InformationResult"]


@dataclass(frozen=True)
class InformationResult(Record):
    """Bits about forgotten or retained, by place of one model.

    Attributes:
        bits: by block, from input to output: lower bounds.
        most: H(Y), what there is to know.
        side: of the pictures: `test`, or `train` where no test picture is forgotten.
    """

    bits: Mapping[str, float] | Undefined
    most: float
    side: str


@dataclass(frozen=True)
class IdiBlock(Record):
    """One block of three models.

    Attributes:
        name: of the block.
        bits, original, retrained: information about forgetting, in bits.
        idi: 0 as in the retrained, 1 as in the original model.
    """

    name: str
    bits: float
    original: float
    retrained: float
    idi: float | Undefined


@dataclass(frozen=True)
class IdiResult(Record):
    """Information difference index.

    Attributes:
        idi: over all blocks: 0 as the retrained model, 1 as the original, below 0 less than either.
        blocks: from input to head.
        most: H(Y) in bits.
    """

    idi: float | Undefined
    blocks: tuple[IdiBlock, ...] | Undefined
    most: float
