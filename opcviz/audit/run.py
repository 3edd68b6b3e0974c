"""Does an audit: what was brought becomes a study, which is attacked, judged and reported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..common.progress import Progress
from ..study import Store, StudyResult
from .spec import AuditSpec

if TYPE_CHECKING:
    import torch

    from .checks import Checked
    from .records import Report

__all__ = ["AuditResult", "audit", "check"]


@dataclass(frozen=True)
class AuditResult:
    """A finished audit.

    Attributes:
        study: the study that it was kept as: `original`, `retrain` and `brought` models.
        report: what is handed on.
    """

    study: StudyResult
    report: Report


def check(
    spec: AuditSpec,
    store: Store,
    device: torch.device,
    progress: Progress | None = None,
    *,
    data_root: Path | None = None,
) -> Checked:
    """Look at what was brought; nothing is attacked, trained or kept.

    Raises:
        ConfigError: (and of these `IntakeError`) for a file or a setting that cannot be used.
        DataError: for data, or a forget list, that cannot be used.
    """
    raise NotImplementedError


def audit(
    spec: AuditSpec,
    store: Store,
    device: torch.device,
    progress: Progress | None = None,
    *,
    data_root: Path | None = None,
    command: str = "",
) -> AuditResult:
    """Audit a model; what is in the store already is not done again.

    Raises:
        ConfigError: (and of these `IntakeError`) for a file or a setting that cannot be used.
        DataError: for data, or a forget list, that cannot be used.
        Cancelled: when asked to stop; what was finished stays, and the same audit goes on there.
    """
    raise NotImplementedError
