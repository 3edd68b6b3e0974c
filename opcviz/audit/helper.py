"""A second process that takes items from the end of an audit's list, on a machine with cores free.

Networks for small pictures compute on one thread (see `common.devices.fitting_threads`); what
another core can do is another item. Both processes write into the same store; whoever claims an
item makes it, so that none is made twice.

    python -m opcviz.audit.helper < question.json
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch
from filelock import FileLock, Timeout

from ..common.progress import Message, Progress
from ..common.threads import limited_threads
from ..study import Store
from ..study.pipeline import Item, make
from .opening import LISTS, open_case
from .runner import AuditRunner
from .spec import AuditSpec

__all__ = ["Helper", "helped"]

LARGEST = 16 * 2**20  # bytes of weights for which a second process is worth its start
PATIENCE = 10.0  # seconds that it has to end
LOOKS = 0.05  # seconds between looks at whether it has ended
SILENCE = 60.0  # seconds without a sign of life after which it counts as stopped
CLAIMS = "opcviz-claims-"  # how a folder of claims is called
LOCK = ".lock"  # in it, held while the audit lives
FRESH = 60.0  # seconds after which a folder of claims without its lock was left behind
TAKEN_OVER = (
    "The helping process has done nothing for {0:.0f} s, as one that was stopped does: it is "
    "ended, and what it left is made here."
)


class Helper:
    """A helping process, or none.

    Args:
        claims: folder in which items are claimed.
        process: it; None where there is none.
    """

    def __init__(self, claims: Path, process: subprocess.Popen[bytes] | None = None) -> None:
        self.claims, self.process = claims, process

    def claim(self, items: Sequence[Item]) -> bool:
        """Whether these items are to be made by this process; always, where no other helps."""
        if self.process is None:
            return True
        return _claim(self.claims, items)

    def wait(self, progress: Progress, silence: float = SILENCE) -> None:
        """Wait until the other process is done; what it did not do is simply still missing.

        Args:
            progress: asked whether to stop; told when the process is given up.
            silence: seconds without a sign of life, a claim or computing time, after which it is.

        Raises:
            Cancelled: when asked to stop.
        """
        before, seen = self._signs(), time.monotonic()
        while self.process is not None and self.process.poll() is None:
            progress.check()
            time.sleep(LOOKS)
            now = self._signs()
            if now != before:
                before, seen = now, time.monotonic()
            elif time.monotonic() - seen > silence:
                progress(Message(TAKEN_OVER.format(silence), "warning"))
                self.end()

    def _signs(self) -> tuple[float, int]:
        """What grows while the other process lives: its computing time, and what is claimed."""
        try:
            times = psutil.Process(self.process.pid).cpu_times() if self.process else None
        except psutil.Error:  # it has just ended
            times = None
        return times.user + times.system if times else -1.0, sum(1 for _ in self.claims.iterdir())

    def end(self) -> None:
        """End the other process; given the time, it takes back what it was writing."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        if sys.platform != "win32":
            self.process.send_signal(signal.SIGCONT)  # one that was stopped hears nothing else
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def helped(
    spec: AuditSpec | None, store: Store, device: torch.device, data_root: Path | None
) -> Iterator[Helper]:
    """A process that helps with an audit of small networks on a CPU; it ends with the block.

    Args:
        spec: what is audited; None of networks in memory, which no other process has.
        store, device, data_root: as of the audit.
    """
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=CLAIMS) as folder, FileLock(Path(folder) / LOCK):
        if spec is None or not _worth_it(spec, device):
            yield Helper(Path(folder))
            return
        helper = Helper(Path(folder), _started(spec, store, data_root, folder))
        try:
            with limited_threads(1):  # its core is not ours
                yield helper
        finally:
            helper.end()


def _sweep(place: Path) -> None:
    """Remove folders of claims that audits left behind which were killed.

    An audit holds the lock in its own, and the system lets it go when the process dies, whatever
    its number is and whichever container it was in.
    """
    for folder in place.glob(f"{CLAIMS}*"):
        try:
            if time.time() - folder.stat().st_mtime < FRESH:
                continue
            FileLock(folder / LOCK, timeout=0).acquire().lock.release()
        except (Timeout, OSError):  # its audit lives; or it has just gone, or is somebody else's
            continue
        shutil.rmtree(folder, ignore_errors=True)


def _started(
    spec: AuditSpec, store: Store, data_root: Path | None, claims: str
) -> subprocess.Popen[bytes]:
    question = {
        "spec": spec.to_dict(),
        "store": str(store.root),
        "data_root": None if data_root is None else str(data_root),
        "claims": claims,
    }
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "opcviz.audit.helper"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
    )
    assert process.stdin is not None  # it is a pipe
    with process.stdin as pipe:
        pipe.write(json.dumps(question).encode())
    return process


def _worth_it(spec: AuditSpec, device: torch.device) -> bool:
    """Whether there is a core free, the networks are small, and nothing has to be trained first."""
    if device.type != "cpu" or torch.get_num_threads() < 2 or spec.retrain:
        return False
    # not Path.expanduser, which raises for an unknown home: the runner has the sentence for it
    files = (Path(os.path.expanduser(path)) for _, path in spec.models)
    return all(file.is_file() and file.stat().st_size < LARGEST for file in files)


def _claim(folder: Path, items: Sequence[Item]) -> bool:
    first = items[0]
    name = f"{first.kind}-{first.method.info.name}-{first.seed}"
    try:
        (folder / name).touch(exist_ok=False)
    except OSError:  # it is claimed already, or the folder is gone: the audit has ended
        return False
    return True


def main(read: Callable[[], str] = sys.stdin.read) -> None:
    """Make items from the end of the list until all are claimed, or nobody waits for them."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parent = os.getppid()
    asked = json.loads(read())
    spec, store = AuditSpec.from_dict(asked["spec"]), Store(Path(asked["store"]))
    root = asked["data_root"] and Path(asked["data_root"])
    case = open_case(spec, torch.device("cpu"), data_root=root, lists=store.root / LISTS)
    runner = AuditRunner(case, store)
    claims = Path(asked["claims"])
    make(
        runner.items(),
        runner,
        claim=lambda items: os.getppid() == parent and _claim(claims, items),
        backwards=True,
    )


if __name__ == "__main__":
    main()
