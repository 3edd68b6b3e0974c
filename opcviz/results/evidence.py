"""Results that kinds of artefact put together from several attacks and measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Record, Undefined
from .attempts import Attempt
from .measures import AccuracyReport, Collapse, FeatureSimilarity, Separability
from .probes import ProbesResult
from .recovery import RecoveryResult

__all__ = [
    "Block",
    "BlocksResult",
    "EntropySummary",
    "EvidenceResult",
    "MapReadOut",
    "MapsResult",
]


@dataclass(frozen=True)
class EntropySummary(Record):
    """How many samples' entropies are kept as arrays.

    Attributes:
        classes: C of the logits.
        forget, retain: how many are kept, of how many.
    """

    classes: int
    forget: tuple[int, int]
    retain: tuple[int, int]


@dataclass(frozen=True)
class EvidenceResult(Record):
    """The core of the evidence about one model."""

    accuracy: AccuracyReport
    collapse: Collapse
    separability: Separability
    recovery: RecoveryResult
    entropy: EntropySummary | Undefined | None = None

    def attempts(self) -> tuple[Attempt, ...]:
        """What FM and HR got from the features, on samples that they were not given."""
        return self.recovery.attempts("features")


@dataclass(frozen=True)
class Block(Record):
    """The attacks at one block of the model.

    Attributes:
        name: of the block.
        cka_original: of its features with the original model's at the same block; undefined
            where there is no original.
    """

    name: str
    collapse: Collapse
    separability: Separability
    recovery: RecoveryResult
    probes: ProbesResult
    cka_original: FeatureSimilarity | Undefined


@dataclass(frozen=True)
class BlocksResult(Record):
    """All blocks from input to head."""

    blocks: tuple[Block, ...]

    def attempts(self) -> tuple[Attempt, ...]:
        """What FM and HR got from every block's pooled output, on samples not given to them."""
        return tuple(a for block in self.blocks for a in block.recovery.attempts(block.name))


@dataclass(frozen=True)
class MapReadOut(Record):
    """What a map shows of contraction.

    Attributes:
        radius_ratio: of the forget over the retain points.
        note: about how it was drawn, if there is one.
    """

    radius_ratio: float | Undefined
    note: str | None


@dataclass(frozen=True)
class MapsResult(Record):
    """Read-outs by kind of map."""

    maps: Mapping[str, MapReadOut]
