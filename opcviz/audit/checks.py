"""What was brought, looked at before anything is attacked: does it fit, and is it what it is said
to be?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Record

__all__ = ["Checked", "CheckedModel"]


@dataclass(frozen=True)
class CheckedModel(Record):
    """One model that was brought.

    Attributes:
        role: `original`, `unlearned` or `retrained`.
        name: of its file, without its folder.
        architecture: name of the network that the weights fit.
        title: of the network, for people.
        sha256, bytes, format: of the file.
        accuracy: percent by part of the data, for the parts that are not empty.
    """

    role: str
    name: str
    architecture: str
    title: str
    sha256: str
    bytes: int
    format: str
    accuracy: Mapping[str, float]


@dataclass(frozen=True)
class Checked(Record):
    """What a first look at everything that was brought says; no attack was made.

    Attributes:
        models: in the order original, unlearned, retrained.
        data: name of the data set.
        sizes: samples by part of the data.
        forgotten: names of the forgotten classes; empty where samples are forgotten.
        warnings: what looks wrong and the likely cause, a sentence each.
        missing: what is not there and what its absence leaves open, a sentence each.
        study: place of the study that the audit is, or will be, kept in.
        done: whether every answer is there already.
    """

    models: tuple[CheckedModel, ...]
    data: str
    sizes: Mapping[str, int]
    forgotten: tuple[str, ...]
    warnings: tuple[str, ...]
    missing: tuple[str, ...]
    study: str
    done: bool = False
