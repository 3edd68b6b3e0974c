"""How long a study takes by one worker, and by several: wall-clock side by side in one run.

    python -m benchmarks.workers [PRESET] [--workers 1,2] [--set training.epochs=2] ...

Everything is made anew in folders that are removed afterwards. Ratios are of the first number.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Measure and print one line for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("preset", nargs="?", default="digits-all")
    parser.add_argument("--workers", default="1,2", help="as in 1,2,4")
    known, options = parser.parse_known_args()
    first = None
    for count in map(int, known.workers.split(",")):
        with tempfile.TemporaryDirectory(prefix="opcviz-") as folder:
            seconds = _seconds(known.preset, count, Path(folder), options)
        first = first or seconds
        print(f"{known.preset}, {count} worker(s): {seconds:.0f} s, {first / seconds:.2f} times")


def _seconds(preset: str, workers: int, store: Path, options: list[str]) -> float:
    """Seconds of wall-clock of a whole run, with the start of its processes."""
    command = [sys.executable, "-m", "opcviz", "run", preset, "--workers", str(workers)]
    began = time.perf_counter()
    subprocess.run([*command, "--store", str(store), *options], check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
