"""Reads hostile inputs in a process of bounded memory, and says of each what came of it.

python hostile_worker.py < cases.json      [[name, reader, path], ...]  ->  a line of JSON each
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

MEMORY = 3 * 2**30  # of address space: libraries reserve more than they use
STARTS = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "pickle.find_class",
)
_seen: list[str] = []


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Note programs that are started, and files that are opened to be written."""
    if event in STARTS:
        _seen.append(event)
    if event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1]):
        _seen.append(f"writes {arguments[0]}")


def _arrays(path: str) -> object:
    return load(DataSpec("arrays", path))


def _folder(path: str) -> object:
    return load(DataSpec("folder", path, size=8))


def _table(path: str) -> object:
    return load(DataSpec("table", path, size=8))


def _forget(path: str) -> object:
    ids = listed_ids(path, DataSpec("digits"))
    file = Path(path)
    return Scenario.parse(f"indices:{file}").split(load(DataSpec("digits"))), ids


def _weights(path: str) -> object:
    return read_weights(path)


def _audit(spec: str) -> object:
    """All that an audit reads before it attacks anything."""
    return open_case(AuditSpec.from_dict(json.loads(spec)), torch.device("cpu"))


READERS: dict[str, Callable[[str], object]] = {
    "arrays": _arrays,
    "folder": _folder,
    "table": _table,
    "forget": _forget,
    "weights": _weights,
    "audit": _audit,
}


def read(reader: str, path: str) -> tuple[str, str]:
    """(type of the error, its text); both empty if it was read."""
    try:
        READERS[reader](path)
    except Exception as error:
        return type(error).__name__, str(error)
    return "", ""


def peak() -> int:
    """Most bytes of memory so far; on Linux `ru_maxrss` begins with that of the parent."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def main() -> None:
    cases = json.load(sys.stdin)
    READERS["forget"](str(Path(__file__).with_name("two_ids.txt")))  # what is imported late
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    sys.addaudithook(watch)
    for name, reader, path in cases:
        _seen.clear()
        began = time.process_time()
        kind, said = read(reader, path)
        seconds = time.process_time() - began
        print(json.dumps([name, kind, said, seconds, peak(), _seen]), flush=True)


if __name__ == "__main__":
    import torch

    from opcviz.audit.opening import open_case
    from opcviz.audit.spec import AuditSpec
    from opcviz.data import DataSpec, Scenario, load
    from opcviz.intake.lists import listed_ids
    from opcviz.intake.weights import read_weights

    main()
