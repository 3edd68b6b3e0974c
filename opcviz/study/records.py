"""What the record of a study says, where it is this study's."""

from __future__ import annotations

from ..common.config import ConfigError
from ..common.json_types import Json
from .spec import Study
from .store import Store, StoreError

__all__ = ["describes", "recorded_digest"]


def describes(record: Json, study: Study) -> bool:
    """Whether a study's record describes this study."""
    about = {k: v for k, v in record.items() if k not in ("evidence", "data_digest")}
    try:
        same = Study.from_dict(about).place == study.place
    except ConfigError:
        return False
    return same and isinstance(record.get("data_digest"), str)


def recorded_digest(study: Study, store: Store) -> str | None:
    """The digest of the data that the study began with; None where no record can tell."""
    try:
        record = store.read_study(study.place)
    except StoreError:
        return None  # a new study, or a damaged record: the runner sets that aside, and says so
    return record.get("data_digest") if describes(record, study) else None
