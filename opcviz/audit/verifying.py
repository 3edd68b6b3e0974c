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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..common.config import ConfigError
from ..common.json_types import Json, Plain
from ..common.progress import Progress
from ..common.untrusted import check_file, sha256
from ..data import DataError
from ..study import Store
from .comparison import Compared, Difference, compare
from .helper import helped
from .opening import LISTS, open_case
from .records import Input, Report
from .run import audit_case
from .spec import AuditSpec

__all__ = ["Told", "Verified", "changes_in", "read_report", "spec_of", "verify"]

LARGEST = 512 * 2**20  # bytes of a report
MOST_FILES = 20_000  # in a folder in which a report's files are looked for


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
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"{path.name}: is too large for a report ({LARGEST} bytes at most)")
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read ({error.strerror})") from error
    try:
        return Told(Report.from_json(text), json.loads(text, object_pairs_hook=_once))
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}") from error


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
    by_size: dict[int, list[Path]] = {}
    by_name: dict[str, Path] = {}
    for path in _below(root):
        by_name.setdefault(path.name, path)
        if path.is_file() and not path.is_symlink():
            by_size.setdefault(path.stat().st_size, []).append(path)

    def found(given: Input) -> str:
        for path in by_size.get(given.bytes, ()):
            if sha256(path) == given.sha256:
                return str(path)
        raise ConfigError(
            f"no file in {root} has the SHA-256 of '{given.name}' ({given.role}): "
            f"{given.sha256[:16]}…; name the folder that holds it"
        )

    changes: dict[str, Plain] = {}
    models = [found(given) for given in report.inputs[: len(spec.models)]]
    if spec.original:
        changes["original"] = models.pop(0)
    changes |= {"unlearned": models[0], "retrained": models[1:]}
    if spec.data.path:
        name = report.inputs[-2].name
        if name not in by_name:
            raise ConfigError(f"there are no data called '{name}' in {root}; say --data")
        changes["data"] = spec.data.replace(path=str(by_name[name])).to_dict()
    if spec.forget.path:
        changes["forget"] = spec.forget.replace(path=found(report.inputs[-1])).to_dict()
    return changes


def _below(root: Path) -> Iterator[Path]:
    """Everything in a folder; links to other folders are not followed.

    Raises:
        ConfigError: where that is too much, or no folder.
    """
    if not root.is_dir():
        raise ConfigError(f"--root: there is no folder {root}; name the one that holds the files")
    count = 0
    for where, folders, files in os.walk(root):
        folders.sort()
        for name in (*folders, *sorted(files)):
            count += 1
            if count > MOST_FILES:
                raise ConfigError(
                    f"--root: {root} holds over {MOST_FILES} files; name a smaller one"
                )
            yield Path(where) / name


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
    if changed := tuple(_other_files(spec, inputs)):
        return Verified(None, changed, notes)
    theirs = bool(spec.data.path) and spec.data == spec_of(told.report).data
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
            if changed := tuple(_other_inputs(inputs, case.inputs)):
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


def _other_files(spec: AuditSpec, inputs: Sequence[Input]) -> Iterator[Difference]:
    """Files whose hash is not the one in the report; nothing else of them is read."""
    lists = [("forget", spec.forget.path)] if spec.forget.path else []
    places = [*enumerate(spec.models), *((len(inputs) - 1, each) for each in lists)]
    for i, (role, path) in places:
        place = Path(os.path.expanduser(path))
        if place.is_dir():  # weights of several files: what is read of them is checked later
            continue
        try:
            now = sha256(check_file(place))
        except ConfigError as error:
            raise ConfigError(
                f"{error} (as the {role} of the report). Say where it lies with --{role}, or name "
                "with --root the folder that holds the files of the report"
            ) from error
        if now != inputs[i].sha256:
            yield Difference(f"inputs[{i}, {role}].sha256", inputs[i].sha256, now)


def _other_inputs(before: Sequence[Input], now: Sequence[Input]) -> Iterator[Difference]:
    """What was brought and is not what the report was made of."""
    for i, (then, given) in enumerate(zip(before, now, strict=True)):
        if then.sha256 != given.sha256:
            yield Difference(f"inputs[{i}, {then.role}].sha256", then.sha256, given.sha256)
