"""The paths that a job names, held against those that it may name; see `common.access`."""

from __future__ import annotations

from pathlib import Path

from ..common.access import check_path, current
from ..common.json_types import Json
from ..data import data_root
from ..data.sources import own_place
from .spec import Study
from .store import Store, StoreError

__all__ = ["check_paths", "chosen_before"]


def check_paths(study: Study, root: str | None) -> None:
    """See that a job may read what it names, before any of it is opened.

    Args:
        study: its data and what they forget.
        root: the folder of data sets that the job asks for; None: that of the machine.

    Raises:
        IntakeError: naming the path.
    """
    if root is not None:
        check_path(root)
    if study.data.path:
        own_place(study.data, root)
    if study.forget.path:
        check_path(study.forget.path)


def chosen_before(store: Store, study: Study) -> tuple[str, ...]:
    """Paths that the store's own record of a study names, if the study asked for names the same.

    Whoever made that study could name them; who asks for more of it does not choose them anew.
    """
    if current() is None or not (study.data.path or study.forget.path):
        return ()
    try:
        known = store.read_study(study.place)
    except StoreError:
        return ()
    named = [_path(known.get("data")), _path(known.get("forget"))]
    if named != [study.data.path, study.forget.path]:
        return ()
    place = Path(study.data.path)
    return (*named, str(data_root() / place)) if study.data.path else tuple(named)


def _path(table: Json | None) -> str:
    return str(table.get("path", "")) if isinstance(table, dict) else ""
