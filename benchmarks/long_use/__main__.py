"""What a laboratory runs for a term: many visitors, kills, a full disk, a store of many studies.

    OMP_NUM_THREADS=1 python -m benchmarks.long_use [soak] [kills] [full-disk] [large-store]
        [--visitors 8] [--minutes 30] [--kills 50] [--seed 0] [--studies 200] [--answers 5000]
        [--runs 3] [--work FOLDER] [--tables] [--docs docs/long_use.md]

Each part prints a table of what it found and what is asked; with `--tables` it is also written
between the document's marks. All four, if none is named: about an hour and a half, most of it the
soak and the kills. `--work` keeps the stores and logs, to look into what went wrong; it must be
empty, but for the folder `undisturbed` of an earlier call, which need not be made again. Ends with
status 1 where something is not as asked.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..readme_tables import TABLE
from .figures import Row, table
from .full_disk import fill
from .kills import deck, kill
from .large_store import large
from .soak import soak
from .stores import ROOT, undisturbed

DOCS = ROOT / "docs" / "long_use.md"


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--visitors", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of visitors and kills")
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--answers", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3, help="measured of each store")
    parser.add_argument("--work", type=Path, help="folder for stores and logs, kept")
    parser.add_argument("--tables", action="store_true", help="write the document's tables")
    parser.add_argument("--docs", type=Path, default=DOCS)
    asked = parser.parse_args()
    # what a shell starts in the background ignores Ctrl-C, and so would all commands it is sent to
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}; parts: {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as fresh:
        work = (asked.work or Path(fresh)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        met = [_part(name, asked, work) for name in asked.parts or PARTS]
    sys.exit(0 if all(met) else 1)


def _part(name: str, asked: argparse.Namespace, work: Path) -> bool:
    """Run a part, print its table and write it; whether all is as asked."""
    rows = PARTS[name](asked, work)
    text = table(rows)
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"\n{name}, {machine}\n\n{text}\n", flush=True)
    if asked.tables:
        document = asked.docs.read_text("utf-8")
        asked.docs.write_text(rewritten(document, name, text), "utf-8")
    return all(row.met is not False for row in rows)


def rewritten(document: str, name: str, text: str) -> str:
    """A document with one of its marked tables made anew.

    Raises:
        ValueError: when it has no such mark.
    """
    if name not in {found["name"] for found in TABLE.finditer(document)}:
        raise ValueError(f"there is no '<!-- table: {name} -->' with its '<!-- end of table -->'")
    return TABLE.sub(
        lambda found: _anew(found, text) if found["name"] == name else str(found[0]), document
    )


def _anew(found: re.Match[str], text: str) -> str:
    return f"{found[1]}{text}{found[4]}"


def _soak(asked: argparse.Namespace, work: Path) -> list[Row]:
    return soak(asked.visitors, asked.minutes, asked.seed, work).rows()


def _kills(asked: argparse.Namespace, work: Path) -> list[Row]:
    dealt = deck(asked.kills, asked.seed)
    return kill(dealt, asked.seed, work, undisturbed(work)).rows()


def _full_disk(asked: argparse.Namespace, work: Path) -> list[Row]:
    return fill(work, undisturbed(work)).rows()


def _large_store(asked: argparse.Namespace, work: Path) -> list[Row]:
    return large(work, asked.studies, asked.answers, asked.runs).rows()


PARTS: dict[str, Callable[[argparse.Namespace, Path], list[Row]]] = {
    "soak": _soak,
    "kills": _kills,
    "full-disk": _full_disk,
    "large-store": _large_store,
}


if __name__ == "__main__":
    main()
