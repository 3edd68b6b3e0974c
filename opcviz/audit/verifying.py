"""Repeats the audit that a report tells of, and compares."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from ..common.config import ConfigError
from ..common.json_types import Plain
from ..common.progress import Progress
from ..study import Store
from .comparison import Difference, differences
from .records import Report
from .run import audit
from .spec import AuditSpec

__all__ = ["Verified", "read_report", "spec_of", "verify"]

LARGEST = 512 * 2**20  # bytes of a report


@dataclass(frozen=True)
class Verified:
    """What came of a repeated audit.

    Attributes:
        again: the report of the audit made now.
        differences: everything in which it differs; hashes of what was brought come first.
    """

    again: Report
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether every number and every hash is the same."""
        return not self.differences


def read_report(path: Path) -> Report:
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
        return Report.from_json(text)
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}") from error


def spec_of(report: Report, changes: Mapping[str, Plain] | None = None) -> AuditSpec:
    """The audit that a report tells of.

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
    spec = AuditSpec.from_dict(dict(report.spec))
    return spec.replace(**changes) if changes else spec


def verify(
    report: Report,
    spec: AuditSpec,
    device: torch.device,
    progress: Progress | None = None,
    *,
    data_root: Path | None = None,
) -> Verified:
    """Make the audit again, from nothing, and compare; only what attackers trained is trained anew.

    Args:
        report: what it should come to.
        spec: see `spec_of`.
        device: where it is made; numbers of another kind of device differ.
        progress: gets events, cancels the work.
        data_root: where data sets lie, see `opcviz.data.load`.

    Raises:
        ConfigError, DataError: for files that cannot be used any more.
        Cancelled: when asked to stop.
    """
    with tempfile.TemporaryDirectory(prefix="opcviz-verify-") as folder:
        again = audit(spec, Store(Path(folder)), device, progress, data_root=data_root).report
    return Verified(again, differences(report, again))
