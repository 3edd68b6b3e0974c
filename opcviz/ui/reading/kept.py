"""Studies as they are on disk, read once for all visitors while none of their files changes.

A page asks for the numbers and verdicts of its models on every run; reading them and judging takes
longer than everything else that a page does. Looking at the files' sizes and times takes a few
milliseconds, so nobody is ever shown what is no longer there.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...artefacts import kinds
from ...methods import known_methods
from ...study import Store, StudyResult, open_study

__all__ = ["KeptStudies"]


class KeptStudies:
    """The studies that were opened last.

    One that warned while it was read is not kept: every visitor is to be told what is damaged.

    Args:
        most: how many are kept; their numbers take a few MiB each.
    """

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._found: OrderedDict[tuple[Any, ...], tuple[Any, StudyResult]] = OrderedDict()
        self._seen: dict[tuple[Any, ...], tuple[object, tuple[Any, ...]]] = {}
        self._lock = threading.Lock()

    def open(
        self,
        place: str,
        root: Path,
        layers: tuple[Path, ...],
        warn: Callable[[str], None],
        run: object = None,
    ) -> StudyResult:
        """A study with whatever was read of it so far.

        Args:
            place: its folder's name; other names are looked up as `open_study` does.
            root, layers: of the store.
            warn: told of everything damaged.
            run: what the study is drawn in; in one run its files are looked at once.

        Raises:
            StoreError: as `open_study`.
        """
        key = _key(place, root, layers)
        root, *below = key[1:]
        # before it is read: what is written meanwhile makes the next visitor read again
        stamp = self._stamp(key, run)
        with self._lock:
            known = self._found.get(key)
            if known is not None and known[0] == stamp:
                self._found.move_to_end(key)
                return known[1]

        damaged = False

        def told(text: str) -> None:
            nonlocal damaged
            damaged = True
            with self._lock:
                self._found.pop(key, None)
            warn(text)

        study = open_study(Store(root, tuple(below), warn=told), place)
        with self._lock:
            if study.place == place and not damaged:
                self._found[key] = (stamp, study)
                while len(self._found) > self._most:
                    self._found.popitem(last=False)
        return study

    def stamp(
        self, place: str, root: Path, layers: tuple[Path, ...], run: object = None
    ) -> tuple[Any, ...]:
        """What is the same as long as a study is: its files, and how they are read.

        Args:
            place, root, layers, run: as for `open`.
        """
        return self._stamp(_key(place, root, layers), run)

    def keeps(self, place: str, root: Path, layers: tuple[Path, ...]) -> bool:
        """Whether a study is one of those opened last, and nothing of it was found damaged.

        Args:
            place, root, layers: as for `open`.
        """
        with self._lock:
            return _key(place, root, layers) in self._found

    def _stamp(self, key: tuple[Any, ...], run: object) -> tuple[Any, ...]:
        """What must be the same for a study to be the same: its files, and how they are read."""
        seen, stamp = self._seen.get(key, (None, ()))
        if run is None or seen is not run:
            place, *roots = key
            files = (entry for one in roots for entry in _files(one / "studies" / place))
            stamp = tuple(files)
            self._seen[key] = run, stamp
        return stamp, tuple(kinds()), tuple(known_methods())


def _key(place: str, root: Path, layers: tuple[Path, ...]) -> tuple[Any, ...]:
    """What only the shipped studies hold is one study, whoever's store lies over them."""
    roots = tuple(one for one in (root, *layers) if (one / "studies" / place).is_dir())
    return place, *(roots or (root, *layers))


def _files(folder: Path | str) -> Iterator[tuple[str, int, int]]:
    """Path, size and time of change of every file below a folder; none where there is none."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir():
            yield from _files(entry.path)
        else:
            try:
                about = entry.stat()
            except OSError:  # removed since
                continue
            yield entry.path, about.st_size, about.st_mtime_ns
