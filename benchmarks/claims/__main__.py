"""Every claim that one stronger attacker overturned, against what this project now measures.

    python -m benchmarks.claims [--store checkpoints] [--read-only]

Prints a Markdown table. Reported figures are those of an independent review of the first release;
measured ones are read from the stored studies `digits`, `digits-one` and `digits-random` (mean, and
least to greatest over the seeds there are), or computed here where that takes seconds. "Reached"
means that the seeds' 95 % intervals meet the reported range, "differs" that they do not. The last
column holds what the pages say now and whether it agrees.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from opcviz.study import Store, StoreError, StudyResult, open_study, shipped_root

from .claim import Claim, Studies
from .deep import deep_rows
from .protocol import REPORTED_RL
from .remade import rl_for_classes, rl_with
from .rows import rows
from .scaling import ridge_change

HEADS = ("claim", "stronger attacker", "figures", "what is shown")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=shipped_root(), help="folder of results")
    parser.add_argument("--read-only", action="store_true", help="compute nothing")
    asked = parser.parse_args()
    store = Store(asked.store)
    studies = Studies(*(_opened(store, name) for name in ("digits", "digits-one", "digits-random")))
    ridge, remade = None, {}
    with tempfile.TemporaryDirectory() as scratch:
        if studies.classes and not asked.read_only:
            ridge = ridge_change(studies.classes, Path(scratch, "ridge"))
        if studies.samples and not asked.read_only:
            wanted = {"classes": rl_for_classes(studies.samples), "reported": REPORTED_RL}
            remade = {
                name: rl_with(studies.samples, Path(scratch, "rl"), settings)
                for name, settings in wanted.items()
            }
    found = [*rows(studies, ridge, remade), *deep_rows(studies)]
    print(to_markdown(found))
    print(f"\n{summary(found)}")


def _opened(store: Store, name: str) -> StudyResult | None:
    """A study, None (and a line on stderr) where the store has none."""
    try:
        return open_study(store, name)
    except StoreError as error:
        print(f"! {error}", file=sys.stderr)
        return None


def to_markdown(claims: Iterable[Claim]) -> str:
    """A row a claim, its figures one below the other."""
    lines = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    for claim in claims:
        figures = "<br>".join(figure.told for figure in claim.figures)
        says = "<br>".join(each.told for each in claim.shown) or "–"
        cells = (claim.claim, claim.attacker, figures, says)
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines)


def summary(claims: Iterable[Claim]) -> str:
    """How many figures are reached and how many words agree."""
    claims = list(claims)
    reached = [figure.reached for claim in claims for figure in claim.figures]
    agrees = [each.agrees for claim in claims for each in claim.shown]
    return (
        f"{reached.count(True)} figures reached, {reached.count(False)} differ, "
        f"{reached.count(None)} without a measured or a reported figure; of what is shown "
        f"{agrees.count(True)} agree, {agrees.count(False)} differ, {agrees.count(None)} missing."
    )


if __name__ == "__main__":
    main()
