"""A store of many studies: does the app open as soon as with two?

The studies are the shipped ones under other names: each has its own record, whose identity is that
of its folder, and answers that are hard links to the shipped ones where the file system has them.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from playwright.sync_api import Browser, sync_playwright

from opcviz.study import Store, open_study, shipped_root
from opcviz.study.spec import Study
from opcviz.upkeep.holdings import answers_of

from ..pages import cpu_seconds, opened
from ..serving import CHROMIUM, CHROMIUM_OPTIONS, app
from .figures import Row
from .stores import ROOT, opcviz

__all__ = ["LargeStore", "large", "populate"]

SOURCES = ("digits", "digits-one", "digits-random")
METHODS = ("original", "retrain", "opc", "rl", "ft")
"""Whose models are taken, as far as a study has them; of the first seed."""
KINDS = ("model", "evidence", "maps", "samples", "inversion", "membership", "masked")
"""Which of their answers, the first ones first."""
FEW = 2
MORE = 1.0  # seconds that many studies may take more than a few


@dataclass
class LargeStore:
    """What was measured, in seconds; least of the runs, as others use the machine, too.

    Attributes:
        studies, answers: in the large store and in the small one.
        seconds: by what was waited for, of the large store and of the small one, every run.
        checked: what is wrong with the large store, by `opcviz store check`.
    """

    studies: tuple[int, int]
    answers: tuple[int, int]
    seconds: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    checked: str = ""

    def rows(self) -> list[Row]:
        """For the table."""
        (many, few), (answers, fewer) = self.studies, self.answers
        rows = [
            Row("stores", f"{many} studies with {answers:,} answers; {few} with {fewer}"),
            Row(
                "faults by `opcviz store check` in the large one",
                self.checked or "0",
                "none",
                not self.checked,
            ),
        ]
        for what, (large, small) in self.seconds.items():
            wall = "CPU" not in what
            more = min(large) - min(small)
            rows.append(
                Row(
                    what,
                    f"{min(large):.1f} s against {min(small):.1f} s (median "
                    f"{statistics.median(large):.1f} and {statistics.median(small):.1f})",
                    f"at most {MORE:g} s more" if wall else "",
                    more <= MORE if wall else None,
                )
            )
        return rows


def populate(root: Path, studies: int, answers: int) -> None:
    """Fill a store with shipped studies under other names.

    Args:
        root: an empty folder.
        studies: how many.
        answers: in all studies together, evenly.
    """
    shipped, store = Store(shipped_root()), Store(root)
    taken = [_taken(shipped, name) for name in SOURCES]
    for number in range(studies):
        place, folders = taken[number % len(taken)]
        share = answers * (number + 1) // studies - answers * number // studies
        record = {
            **shipped.read_study(place),
            "name": f"term-{number:03}",
            "title": f"Exercise {number} of the term",
        }
        record["training"] = {**record["training"], "epochs": 100 + number}  # none is like another
        about = {k: v for k, v in record.items() if k != "data_digest"}
        own = Study.from_dict(about).place
        store.write_study(own, record)
        if share > len(folders):
            raise ValueError(f"{place} has no {share} answers to copy")
        for folder in folders[:share]:
            source = shipped_root() / "studies" / place / folder
            shutil.copytree(source, root / "studies" / own / folder, copy_function=_link)


def _taken(shipped: Store, name: str) -> tuple[str, list[Path]]:
    """A shipped study's place, and answers of it below that: shared ones, then model by model."""
    study = open_study(shipped, name)
    home = shipped_root() / "studies" / study.place
    found = [each.relative_to(home) for each in answers_of(shipped_root(), study.place)]
    shared = [each for each in found if len(each.parts) == 1]
    models = [
        next((m.key for m in study.models if m.method.info.name == method and m.seed == 0), "")
        for method in METHODS
    ]
    of_models = [
        each
        for model in models
        for kind in KINDS
        for each in found
        if each.parts[:2] == ("models", model) and each.name.startswith(f"{kind}-")
    ]
    return study.place, [*shared, *of_models]


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without
        shutil.copyfile(source, target)


def large(work: Path, studies: int, answers: int, runs: int) -> LargeStore:
    """Measure both stores in turn.

    Args:
        work: folder of the benchmark.
        studies, answers: of the large store.
        runs: of each store.
    """
    many, few = work / "many", work / "few"
    shares = (studies, FEW), (answers, FEW * answers // studies)
    for root, count, folders in zip((many, few), *shares, strict=True):
        populate(root, count, folders)
    found = LargeStore(*shares)
    said = opcviz("store", "check", store=many)
    found.checked = f"{said.stdout}{said.stderr}" if said.returncode else ""
    taken: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        for _ in range(runs):
            for side, root in enumerate((many, few)):
                for what, seconds in (*_listed(root), *_visited(browser, root)):
                    taken[what][side].append(seconds)
                    print(f"{root.name}: {what} {seconds:.2f} s", flush=True)
        browser.close()
    found.seconds = dict(taken)
    return found


def _listed(root: Path) -> Sequence[tuple[str, float]]:
    began = time.perf_counter()
    before = os.times()
    ended = opcviz("list", "studies", store=root)
    if ended.returncode:
        raise SystemExit(f"list studies: {ended.stderr}")
    now = os.times()
    spent = now.children_user + now.children_system
    spent -= before.children_user + before.children_system
    return (
        ("`opcviz list studies`", time.perf_counter() - began),
        ("its CPU time", spent),
    )


def _visited(browser: Browser, root: Path) -> Sequence[tuple[str, float]]:
    """First visitor and second, from the address to a page at rest."""
    taken: list[tuple[str, float]] = []
    with app(ROOT, store=root, OMP_NUM_THREADS="1") as (url, server):
        for who in ("first page, first visitor", "first page, second visitor"):
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            spent, began = cpu_seconds(server), time.perf_counter()
            page.goto(url)
            opened(page)
            taken.append((who, time.perf_counter() - began))
            taken.append((f"CPU time of the server for the {who}", _since(server, spent)))
            page.context.close()
    return taken


def _since(server: psutil.Process, spent: float) -> float:
    return float(cpu_seconds(server)) - spent
