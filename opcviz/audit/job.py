"""An audit as the engine runs it; see `spec.AuditJob`."""

from __future__ import annotations

from pathlib import Path

from ..common.devices import pick_device
from ..common.json_types import Json
from ..common.progress import Progress
from ..study import Store, shipped_root
from .records import Report
from .run import audit, check
from .spec import AuditJob

__all__ = ["REPORTS", "execute", "report_path"]

REPORTS = "reports"


def report_path(store: Path, study: str) -> Path:
    """Where the report of an audit lies: `<store>/reports/<study>.json`."""
    return Path(store) / REPORTS / f"{study}.json"


def execute(job: Json, store: Path, progress: Progress) -> Json:
    """Run a job of the engine; `job` is `AuditJob.to_dict()`.

    Returns:
        Of a first look `checked`, see `checks.Checked`; of an audit the place of the `study` and
        the name of the `report` below the store.

    Raises:
        ConfigError, DataError: for what cannot be used.
        Cancelled: when asked to stop.
    """
    asked = AuditJob.from_dict(job)
    root = Path(asked.data_root) if asked.data_root else None
    kept, device = Store(store, (shipped_root(),)), pick_device(asked.device)
    if asked.check:
        return {"checked": check(asked.asked, kept, device, progress, data_root=root).to_dict()}
    found = audit(asked.asked, kept, device, progress, data_root=root)
    path = report_path(store, found.study.place)
    return {"study": found.study.place, "report": str(keep_report(found.report, path).name)}


def keep_report(report: Report, path: Path) -> Path:
    """Write a report beside its place and rename it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}")
    beside.write_text(report.to_json() + "\n", encoding="utf-8")
    beside.replace(path)
    return path
