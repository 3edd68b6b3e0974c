"""A second process that takes items from the end of an audit's list, on a machine with cores free.

Networks for small pictures compute on one thread (see `common.devices.fitting_threads`); what
another core can do is another item. Both processes write into the same store; whoever claims an
item makes it, so that none is made twice.

    python -m opcviz.audit.helper < question.json
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from ..common.progress import Progress
from ..study import Store
from ..study.pipeline import Item, make
from .opening import LISTS, open_case
from .runner import AuditRunner
from .spec import AuditSpec

__all__ = ["Helper", "helped"]

LARGEST = 16 * 2**20  # bytes of weights for which a second process is worth its start
PATIENCE = 10.0  # seconds that it has to end
LOOKS = 0.05  # seconds between looks at whether it has ended


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

    def wait(self, progress: Progress) -> None:
        """Wait until the other process is done; what it did not do is simply still missing.

        Raises:
            Cancelled: when asked to stop.
        """
        while self.process is not None and self.process.poll() is None:
            progress.check()
            time.sleep(LOOKS)


@contextmanager
def helped(
    spec: AuditSpec | None, store: Store, device: torch.device, data_root: Path | None
) -> Iterator[Helper]:
    """A process that helps with an audit of small networks on a CPU; it ends with the block.

    Args:
        spec: what is audited; None of networks in memory, which no other process has.
        store, device, data_root: as of the audit.
    """
    with tempfile.TemporaryDirectory(prefix="opcviz-claims-") as folder:
        if spec is None or not _worth_it(spec, device):
            yield Helper(Path(folder))
            return
        question = {
            "spec": spec.to_dict(),
            "store": str(store.root),
            "data_root": None if data_root is None else str(data_root),
            "claims": folder,
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
        from threadpoolctl import threadpool_limits  # of scikit-learn

        try:
            assert process.stdin is not None  # it is a pipe
            with process.stdin as pipe:
                pipe.write(json.dumps(question).encode())
            with threadpool_limits(1):  # its core is not ours
                yield Helper(Path(folder), process)
        finally:
            process.terminate()  # it takes back what it was writing
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


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
