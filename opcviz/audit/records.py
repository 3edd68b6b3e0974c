"""What an audit says, as records that JSON holds: where it comes from, and the whole report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..common.config import ConfigError
from ..common.json_types import Plain
from ..common.records import Record
from ..common.statistics import Interval
from ..verdict import Verdict

__all__ = ["FORMAT", "Attacker", "Figure", "Input", "Provenance", "Range", "Report"]

FORMAT = 1
"""Of a report's JSON: raised when older programs can no longer read it."""

MOST_SAID = 500  # characters of a fault, which may quote a report from anywhere


@dataclass(frozen=True)
class Input(Record):
    """One thing that was brought.

    Attributes:
        role: `original`, `unlearned`, `retrained`, `data` or `forget`.
        name: as whoever brought it calls it; a file name without its folder, never trusted.
        sha256: of its bytes, 64 hexadecimal digits; of a folder over the names and contents of its
            files in order.
        bytes: its size.
        format: as in "safetensors", "PyTorch state dict (zip)", "folder of pictures".
    """

    role: str
    name: str
    sha256: str
    bytes: int
    format: str


@dataclass(frozen=True)
class Provenance(Record):
    """Where a report comes from: all that the study itself does not say.

    Attributes:
        command: the line that repeats the audit.
        inputs: what was brought.
        environment: versions, machine and device by name, as `this_environment` has them.
        warnings: what whoever reads the figures must know, a sentence each.
        seconds: the audit took.
        spec: the settings of the audit, as JSON; `verify` runs them again.
        model: name of the audited model inside the study; None for the one that was brought.
    """

    command: str
    inputs: tuple[Input, ...]
    environment: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    spec: Mapping[str, Plain] | None = None
    model: str | None = None


@dataclass(frozen=True)
class Range(Record):
    """From the least to the greatest of a figure over `count` models."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Figure(Record):
    """One figure about the audited model, and what it must be read beside.

    Attributes:
        kind: of artefact, as in `strongest`.
        name: what it is, in words.
        unit: `%`, `AUC` or `dB`.
        value: of the audited model.
        interval: 95 % of it.
        samples: that it was taken over.
        original: the same of the original model.
        retrained: the same over the retrained models.
        floor: the same without any model, from the pixels.
        constant: what the best constant answer scores.
        place: the block that it is about, where it is about one.
        holds: what the attacker was given, a key of `opcviz.results.HOLDS`.
        budget: the rest of what the attacker spent, in words.
        margin: how far beyond its line it lies by the verdict's rule, in widths of the line; above
            0 it counts as a difference from the retrained models.
        decides: whether it is one of the figures that decided the verdict.

    What there is none of is None.
    """

    kind: str
    name: str
    unit: str
    value: float
    interval: Interval | None = None
    samples: int | None = None
    original: float | None = None
    retrained: Range | None = None
    floor: float | None = None
    constant: float | None = None
    place: str | None = None
    holds: str | None = None
    budget: str | None = None
    margin: float | None = None
    decides: bool = False


@dataclass(frozen=True)
class Attacker(Record):
    """One attacker that the audited model was under.

    Attributes:
        name: of the kind of artefact.
        title: on screen.
        does: what is attacked, in a line.
        threat: what the attacker holds and may do.
        budget: what the attacker spends.
        settings: all of them, by table.
        seconds: it took on the audited model; None where that is not known.
    """

    name: str
    title: str
    does: str
    threat: str
    budget: str
    settings: Mapping[str, Plain]
    seconds: float | None = None


@dataclass(frozen=True)
class Report(Record):
    """An audit as it is handed on; `to_html` draws it, `differences` compares two.

    Attributes:
        version: `FORMAT` of the program that wrote it.
        made: when, ISO 8601 in UTC.
        command, inputs, environment, warnings, seconds, spec: as of `Provenance`.
        question: the study's spec.
        data: class names, classes to forget, and samples by part of the data.
        model: name of the audited model among `models`.
        profile: the verdict on it, as `Verdict.to_dict` has it.
        words: the same in one line.
        figures: every figure about it beside original, retrained models and floors.
        models: it, the originals and the retrained ones, as `show --json` has them.
        attackers: that it was under.
        not_tested: what was not, and why; a sentence each.
        stronger: what attackers who spend more might do, a sentence each.
    """

    version: int
    made: str
    command: str
    question: Mapping[str, Plain]
    data: Mapping[str, Plain]
    inputs: tuple[Input, ...]
    environment: Mapping[str, str]
    warnings: tuple[str, ...]
    model: str
    profile: Mapping[str, Plain]
    words: str
    figures: tuple[Figure, ...]
    models: tuple[Mapping[str, Plain], ...]
    attackers: tuple[Attacker, ...]
    not_tested: tuple[str, ...]
    stronger: tuple[str, ...]
    seconds: float
    spec: Mapping[str, Plain] | None = None

    @property
    def verdict(self) -> Verdict:
        """The profile as a record."""
        return Verdict.from_dict(dict(self.profile))

    def to_json(self) -> str:
        """The whole report as JSON text, every number at full precision."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)

    def to_file(self) -> bytes:
        """The JSON file: the same bytes wherever it is written, so that its hash names it."""
        return f"{self.to_json()}\n".encode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Report:
        """Read what `to_json` wrote.

        Raises:
            ConfigError: for anything else, saying what is wrong with it.
        """
        try:
            told = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"the report is not readable as JSON ({error})") from error
        return cls.of_content(told)

    @classmethod
    def of_content(cls, told: object) -> Report:
        """The same of JSON that was parsed already.

        Raises:
            ConfigError: as `from_json`.
        """
        if not isinstance(told, dict) or not isinstance(told.get("version"), int):
            raise ConfigError("this is no report of an audit: it has no 'version'")
        if told["version"] > FORMAT:
            raise ConfigError(
                f"the report is of format {told['version']}, and this program reads up to "
                f"{FORMAT}: install the version that wrote it, named under 'environment'"
            )
        try:
            return cls.from_dict(told)
        except ValueError as error:
            raise ConfigError(f"the report does not fit: {str(error)[:MOST_SAID]}") from error
