"""The README's tables of the shipped studies, written between their marks.

    python -m benchmarks.readme_tables [--check] [--store checkpoints] [--readme README.md]

What stands between `<!-- table: NAME -->` and `<!-- end of table -->` becomes what
`opcviz table NAME` prints of the store. `--check` writes nothing and ends with status 1 where a
table is another one.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from opcviz.study import Store, open_study, shipped_root
from opcviz.study.headline import headline, to_markdown

README = Path(__file__).parents[1] / "README.md"
TABLE = re.compile(
    r"(<!-- table: (?P<name>[\w-]+) -->\n)(?P<text>.*?)(\n<!-- end of table -->)", re.S
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--store", type=Path, default=shipped_root(), help="folder of results")
    parser.add_argument("--readme", type=Path, default=README)
    asked = parser.parse_args()
    store, text = Store(asked.store), asked.readme.read_text("utf-8")
    written = with_tables(text, lambda name: table(store, name))
    if asked.check:
        sys.exit(0 if written == text else f"{asked.readme}: its tables are not those of the store")
    asked.readme.write_text(written, "utf-8")


def table(store: Store, name: str) -> str:
    """What `opcviz table NAME` prints.

    Raises:
        StoreError: when the store has no such study.
    """
    return to_markdown(headline(open_study(store, name)))


def with_tables(text: str, made: Callable[[str], str]) -> str:
    """A text whose marked tables are made anew.

    Args:
        text: of the README.
        made: the table of a study, by its name.

    Raises:
        ValueError: when nothing in it is marked.
    """
    if not TABLE.search(text):
        raise ValueError("there is no '<!-- table: NAME -->' with its '<!-- end of table -->'")
    return TABLE.sub(lambda found: f"{found[1]}{made(found['name'])}{found[4]}", text)


if __name__ == "__main__":
    main()
