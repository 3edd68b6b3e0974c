"""Repeats the audit that a report tells of, and compares.

A report comes from anywhere, and names files. So that it cannot make this program say what stands
in a file that whoever verifies never meant, a file of weights, or a list, is read only if its
SHA-256 is the one in the report; and what is wrong with data that the report alone names is not
told in detail.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..common.config import ConfigError
from ..common.json_types import Json, Plain
from ..common.progress import Progress
from ..common.untrusted import Limits, check_file, sha256
from ..data import DataError
from ..intake.folders import hash_of
from ..study import Store
from .comparison import Compared, Difference, compare
from .finding import Lookup
from .helper import helped
from .opening import LISTS, open_case
from .records import Input, Report
from .run import audit_case
from .spec import AuditSpec

__all__ = ["Told", "Verified", "changes_in", "read_report", "spec_of", "verify"]

LARGEST = 64 * 2**20
"""Bytes of a report: those of twenty models have a fifth of them."""
MOST_VALUES = 2_000_000
"""Values in a report, of which each takes far more memory than its characters do."""
ANOTHER = "another one"
"""In place of the hash of a file that only the report names: it is nobody's business."""


@dataclass(frozen=True)
class Told:
    """A report, and the JSON that it was read from, which may hold more than a report does."""

    report: Report
    content: Mapping[str, Plain]


@dataclass(frozen=True)
class Verified:
    """What came of a repeated audit.

    Attributes:
        again: the report of the audit made now; None where what was brought is not what the report
            was made of, so that there is nothing to repeat.
        differences: everything in which it differs; hashes of what was brought come first.
        notes: what differs and tells nothing of the findings: versions, names of files.
    """

    again: Report | None
    differences: tuple[Difference, ...]
    notes: tuple[Difference, ...] = ()

    @property
    def same(self) -> bool:
        """Whether every number, word and hash is the same."""
        return not self.differences


def read_report(path: Path) -> Told:
    """A report in a file.

    Raises:
        ConfigError: for a file that cannot be read, or is no report.
    """
    try:
        path = check_file(path, Limits(max_bytes=LARGEST))
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read ({error.strerror})") from error
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error} (as a report)") from error
    try:
        content = _parsed(text)
        return Told(Report.of_content(content), content)
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}") from error


def _parsed(text: bytes) -> Json:
    """The JSON of a report, if it is no more than one may hold."""
    values = sum(text.count(each) for each in (b",", b"[", b"{"))
    if len(text) > LARGEST or values > MOST_VALUES:
        raise ConfigError(
            f"holds about {values:,} values in {len(text):,} bytes, and a report at most "
            f"{MOST_VALUES:,} in {LARGEST:,}; give the JSON of one audit"
        )
    if text[:256].lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise ConfigError(
            "is a web page; give the report's JSON, which lies beside it (--json) and which its "
            "first page names by SHA-256"
        )
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except ConfigError:
        raise
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the report is not readable as JSON ({error})") from error
    if not isinstance(content, dict):
        raise ConfigError("this is no report of an audit: it is no table of JSON")
    return content


def _once(pairs: list[tuple[str, Plain]]) -> Json:
    """A table of JSON in which no name stands twice: programs differ in which one they believe."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigError(f"'{twice[:40]}' stands twice in one table, so that it has two meanings")
    return found


def spec_of(report: Report, changes: Mapping[str, Plain] | None = None) -> AuditSpec:
    """The audit that a report tells of, in which files are called as they are called there.

    Args:
        report: it.
        changes: settings in place of the report's: files that lie elsewhere now.

    Raises:
        ConfigError: for a report of networks in memory, or settings that do not fit.
    """
    if report.spec is None:
        raise ConfigError(
            "the report is of networks in memory, which no file holds: audit them again there"
        )
    spec = AuditSpec.from_dict({**report.spec, **(changes or {})})
    roles = [*(role for role, _ in spec.models), "data", "forget"]
    if roles != [each.role for each in report.inputs]:
        raise ConfigError(
            f"the report says that there were {', '.join(each.role for each in report.inputs)}, "
            f"and its settings, with what was changed in them, name {', '.join(roles)}"
        )
    return spec.replace(called=tuple(each.name for each in report.inputs))


def changes_in(report: Report, root: Path) -> dict[str, Plain]:
    """Where a report's files lie in a folder: weights and lists by their hash, data by their name.

    Args:
        report: it.
        root: the folder; those in it are looked at, too.

    Raises:
        ConfigError: when one is not there.
    """
    spec = spec_of(report)
    there = Lookup(root)

    def found(given: Input) -> str:
        look = there.file if given.role == "forget" else there.model
        if path := look(given.sha256, given.bytes):
            return str(path)
        raise ConfigError(
            f"nothing in {root} has the SHA-256 of '{given.name}' ({given.role}): "
            f"{given.sha256[:16]}…; name the folder that holds it"
        )

    changes: dict[str, Plain] = {}
    models = [found(given) for given in report.inputs[: len(spec.models)]]
    if spec.original:
        changes["original"] = models.pop(0)
    changes |= {"unlearned": models[0], "retrained": models[1:]}
    if spec.data.path:
        name = report.inputs[-2].name
        if name not in there.names:
            raise ConfigError(f"there are no data called '{name}' in {root}; say --data")
        changes["data"] = spec.data.replace(path=str(there.names[name])).to_dict()
    if spec.forget.path:
        changes["forget"] = spec.forget.replace(path=found(report.inputs[-1])).to_dict()
    return changes


def verify(
    told: Told,
    spec: AuditSpec,
    device: torch.device,
    progress: Progress | None = None,
    *,
    data_root: Path | None = None,
) -> Verified:
    """Make the audit again, from nothing, and compare; only what attackers trained is trained anew.

    Args:
        told: what it should come to.
        spec: see `spec_of`.
        device: where it is made; numbers of another kind of device differ.
        progress: gets events, cancels the work.
        data_root: where data sets lie, see `opcviz.data.load`.

    Raises:
        ConfigError, DataError: for files that cannot be used any more.
        Cancelled: when asked to stop.
    """
    inputs = told.report.inputs
    notes = _renamed(spec, inputs)
    named = _named_by(told.report, spec)
    if changed := tuple(_other_files(spec, inputs, named)):
        return Verified(None, changed, notes)
    theirs = len(inputs) - 2 in named
    with tempfile.TemporaryDirectory(prefix="opcviz-verify-") as folder:
        store = Store(Path(folder))
        with helped(spec, store, device, data_root) as helper:
            try:
                case = open_case(
                    spec, device, progress, data_root=data_root, lists=store.root / LISTS
                )
            except (ConfigError, DataError) as error:
                if not theirs:
                    raise
                raise ConfigError(
                    "the data that the report names cannot be used, or do not fit what else it "
                    "names. Say with --data where they lie; of a file that only the report names "
                    "no more is told"
                ) from error
            if changed := tuple(_other_inputs(inputs, case.inputs, named)):
                return Verified(None, changed, notes)
            again = audit_case(case, store, progress, spec=spec, helper=helper).report
    found: Compared = compare(told.content, again)
    return Verified(again, found.differences, (*notes, *found.notes))


def _renamed(spec: AuditSpec, inputs: Sequence[Input]) -> tuple[Difference, ...]:
    """Files that are called otherwise now."""
    now = spec.replace(called=()).names
    return tuple(
        Difference(f"inputs[{i}, {given.role}].name", given.name, name)
        for i, (given, name) in enumerate(zip(inputs, now, strict=True))
        if name and name != given.name
    )


def _named_by(report: Report, spec: AuditSpec) -> frozenset[int]:
    """Which inputs are files that the report alone names, and not whoever verifies it."""
    theirs = spec_of(report)
    paths = [
        [*(path for _, path in each.models), each.data.path, each.forget.path]
        for each in (spec, theirs)
    ]
    pairs = enumerate(zip(*paths, strict=True))
    return frozenset(i for i, (now, before) in pairs if now and now == before)


def _other_files(
    spec: AuditSpec, inputs: Sequence[Input], named: Collection[int]
) -> Iterator[Difference]:
    """Files and folders whose hash is not the one in the report; nothing else of them is read.

    Args:
        spec: which they are now.
        inputs: of the report.
        named: see `_named_by`.
    """
    lists = [("forget", spec.forget.path)] if spec.forget.path else []
    places = [*enumerate(spec.models), *((len(inputs) - 1, each) for each in lists)]
    for i, (role, path) in places:
        place = Path(os.path.expanduser(path))
        whole = role != "forget" and (os.path.isdir(place) or place.suffix.lower() == ".zip")
        try:
            now = hash_of(place) if whole else sha256(check_file(place))
        except (ConfigError, OSError) as error:
            why = f"{place} cannot be read as a model" if whole and i in named else f"{error}"
            raise ConfigError(
                f"{why} (as the {role} of the report). Say where it lies with --{role}, or name "
                "with --root the folder that holds the files of the report"
            ) from error
        if now != inputs[i].sha256:
            told = ANOTHER if i in named else now
            yield Difference(f"inputs[{i}, {role}].sha256", inputs[i].sha256, told)


def _other_inputs(
    before: Sequence[Input], now: Sequence[Input], named: Collection[int]
) -> Iterator[Difference]:
    """What was brought and is not what the report was made of."""
    for i, (then, given) in enumerate(zip(before, now, strict=True)):
        if then.sha256 != given.sha256:
            told = ANOTHER if i in named else given.sha256
            yield Difference(f"inputs[{i}, {then.role}].sha256", then.sha256, told)
