"""A disk that is full in the middle of a study: a sentence, an intact store, and on it goes.

The store lies in a small file system of its own (tmpfs, where this may be mounted), which is made
larger step by step; the same command goes on each time. Where nothing may be mounted, a limit on
the size of a file stands for it (`RLIMIT_FSIZE`): what is larger cannot be written.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .figures import Row
from .stores import FULL, ROOT, Order, answers, differing, environment, opcviz
from .systems import Served

__all__ = ["FullDisk", "fill", "may_mount"]

KIB = 1024
SIZES = ((64, "command"), (256, "worker"), (512, "app"), (1024, "command"), (1536, "worker"))
"""KiB of the file system, and who does the study until that is full."""
LIMITS = (2, 40)
"""KiB of the largest file, where nothing may be mounted; weights have 100."""
ROOM = 64 * KIB
SENTENCE = "what was finished is kept: make room"
REFUSED = 2  # exit status of a command that says in a sentence what is wrong
ENDS = 600.0  # seconds


@dataclass
class FullDisk:
    """What came of it.

    Attributes:
        means: `tmpfs`, or the limit that stands for it.
        told: what each run ended with, by size and by who did it.
        wrong: runs that did not end so, stores that were not intact, answers that were lost.
        differing: of the completed study and the undisturbed one.
    """

    means: str
    told: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    def rows(self) -> list[Row]:
        """For the table."""
        ran = ", ".join(each for each, _ in self.told)
        said = "; ".join(dict.fromkeys(text for _, text in self.told))
        return [
            Row("full in the middle of a run", f"{len(self.told)} ({self.means}): {ran}"),
            Row("what they say", said),
            Row(
                "runs that end otherwise, faults by `opcviz store check`, answers lost or changed",
                str(len(self.wrong)),
                "none",
                not self.wrong,
            ),
            Row(
                "the same command with room: numbers and arrays that differ from an undisturbed "
                "run",
                str(len(self.differing)),
                "none",
                not self.differing,
            ),
        ]


def fill(
    work: Path,
    reference: Path,
    sizes: Sequence[tuple[int, str]] = SIZES,
    order: Order = FULL,
) -> FullDisk:
    """Do a study on a disk that is too small, again and again, and once with room.

    Args:
        work: folder of the benchmark.
        reference: the store of an undisturbed run.
        sizes: KiB of the file system, and who does the study until that is full.
        order: what is run.
    """
    store = work / "small"
    store.mkdir()
    if not may_mount(work):
        return _limited(store, reference, order)
    found = FullDisk("tmpfs")
    with _mounted(store, sizes[0][0]):
        for size, who in sizes:
            _resize(store, size)
            before = answers(store)
            said = _served(store, order) if who == "app" else _run(store, who, order)
            _take(found, f"{size:,} KiB by the {who}", said, store, before)
        _resize(store, ROOM)
        _complete(found, store, reference, order)
    return found


def _limited(store: Path, reference: Path, order: Order) -> FullDisk:
    found = FullDisk("RLIMIT_FSIZE")
    for size in LIMITS:
        before = answers(store)
        said = _run(store, "command", order, size * KIB)
        _take(found, f"files of {size} KiB by the command", said, store, before)
    _complete(found, store, reference, order)
    return found


def may_mount(work: Path) -> bool:
    """Whether this process may mount a small file system below a folder."""
    try:
        probe = work / "probe"
        probe.mkdir(exist_ok=True)
        with _mounted(probe, 4):
            return True
    except OSError:
        return False


@contextmanager
def _mounted(folder: Path, size: int) -> Iterator[None]:
    """A tmpfs of so many KiB over a folder.

    Raises:
        OSError: when it cannot be mounted.
    """
    try:
        _mount("-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        raise OSError(f"a tmpfs cannot be mounted here: {error}") from error
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)


def _resize(folder: Path, size: int) -> None:
    _mount("-o", f"remount,size={size}k", str(folder))


def _run(store: Path, who: str, order: Order, limit: int | None = None) -> str:
    """What the command line ends with; what is wrong about that begins with `!`."""
    words = [sys.executable, "-m", "opcviz", *order.words, "--store", str(store)]
    words += ["--workers", "1"] if who == "worker" else []

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    ended = subprocess.run(
        words,
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        preexec_fn=limited,
        check=False,
    )
    said = [line for line in ended.stderr.splitlines() if line.startswith("opcviz: ")]
    if ended.returncode != REFUSED or len(said) != 1 or "Traceback" in ended.stderr:
        return f"! status {ended.returncode}: {ended.stderr[-500:]}"
    return said[0].removeprefix("opcviz: ")


def _served(store: Path, order: Order) -> str:
    """What the lab says of a run by the app's engine; what is wrong about that begins with `!`."""
    system = Served(store, order)
    wrong = ""
    try:
        system.begin()
        if not system.ends(ENDS):
            return "! the run does not end"
        run, wrong = system.runs.status(system.run), system.wrong()
        if "Traceback" in system.log.read_text("utf-8", "replace"):
            wrong = wrong or "the app's log has a traceback"
    finally:
        wrong = wrong or system.end()
    if run.status != "failed" or wrong:
        return f"! {run.status}: {run.cause} {wrong}"
    return run.cause


def _take(found: FullDisk, what: str, said: str, store: Path, before: dict[str, str]) -> None:
    """Hold the end of a run, and the store after it, against what is asked."""
    print(f"{what}: {said}", flush=True)
    why = said.partition("; ")[0].rpartition(": ")[2]
    found.told.append((what, f"{why}; {SENTENCE} …" if SENTENCE in said else said))
    if said.startswith("!") or SENTENCE not in said:
        found.wrong.append(f"{what}: {said}")
    checked = opcviz("store", "check", store=store)
    if checked.returncode and os.listdir(store):
        found.wrong.append(f"{what}: store check: {checked.stdout}{checked.stderr}")
    now = answers(store)
    found.wrong += [f"{what}: {each}" for each in before if now.get(each) != before[each]]


def _complete(found: FullDisk, store: Path, reference: Path, order: Order) -> None:
    ended = opcviz(*order.words, store=store)
    checked = opcviz("store", "check", store=store)
    for each in (ended, checked):
        if each.returncode:
            found.wrong.append(f"with room: {each.stdout[-300:]}{each.stderr[-500:]}")
    found.differing += differing(store, reference) if not ended.returncode else []
    for said in (*found.wrong, *found.differing):
        print(f"! {said}", flush=True)
