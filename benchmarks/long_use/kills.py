"""Random kills over a study that is begun again after each: nothing may be lost, nothing changed.

A deck of kills is dealt by a seed: who dies (the command line, its worker; of the served app the
worker, the engine program, the app itself) and when (at any time, or as soon as the folder of an
answer is being written). What was finished before a kill must be there after it, byte by byte; once
the study is complete, its numbers must be those of a run that nothing happened to.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from opcviz.study import Store
from opcviz.upkeep import check

from .figures import Row
from .stores import FULL, Order, answers, differing, half_written, opcviz
from .systems import Command, Served

__all__ = ["Kill", "Kills", "deck", "kill"]

VICTIMS = {
    ("command", "command"): 5,
    ("command with a worker", "worker"): 6,
    ("command with a worker", "command"): 2,
    ("app", "worker"): 6,
    ("app", "engine"): 3,
    ("app", "app"): 3,
}
"""Who does the study, who of it dies, and how often in a deck of 50, at either moment."""
MOMENTS = ("any", "writing")
IN_A_ROW = 5  # kills before another does the study: a start takes seconds
LATEST = 20.0  # seconds after the work begins, of a kill at any time
PATIENCE = 300.0  # seconds to wait for something to be written
SKIPPED = 3  # most answers that are let through before one is caught
MOST_WRONG = 20  # errors after which it makes no sense to go on
LOOK = 0.002  # seconds between two looks for what is being written
WRITING = 0.02  # most seconds from the sight of a folder to the kill

System = Command | Served


@dataclass(frozen=True)
class Kill:
    """One of the deck.

    Attributes:
        system: who does the study: `command`, `command with a worker`, `app`.
        victim: which of its processes.
        moment: `any` or `writing`.
    """

    system: str
    victim: str
    moment: str


def deck(count: int, seed: int) -> list[Kill]:
    """The kills in their order; a small deck has each kind at least once, as far as it goes."""
    chance = random.Random(seed)
    kinds = [(Kill(*who, moment), often) for who, often in VICTIMS.items() for moment in MOMENTS]
    chance.shuffle(kinds)
    rounds = [[kill for kill, often in kinds if often > n] for n in range(max(VICTIMS.values()))]
    whole = [each for one in rounds for each in one]
    dealt = [whole[index % len(whole)] for index in range(count)]
    rows: list[list[Kill]] = []
    for system in dict.fromkeys(each.system for each in dealt):
        mine = [each for each in dealt if each.system == system]
        chance.shuffle(mine)
        rows += [mine[at : at + IN_A_ROW] for at in range(0, len(mine), IN_A_ROW)]
    chance.shuffle(rows)
    return [each for row in rows for each in row]


@dataclass
class Kills:
    """What came of them.

    Attributes:
        of: how many of each kind were made: system, victim.
        in_the_act: kills that left a half-written answer behind.
        rounds: studies that were completed.
        compared: finished answers that were hashed before a kill and after it, all kills together.
        lost, changed: of those, with what happened.
        wrong: anything else that should not have happened, in words.
        differing: numbers or files of completed studies that are not those of the undisturbed run.
    """

    of: Counter[tuple[str, str]] = field(default_factory=Counter)
    in_the_act: int = 0
    rounds: int = 0
    compared: int = 0
    lost: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Of kills."""
        return sum(self.of.values())

    def rows(self) -> list[Row]:
        """For the table."""
        who = ", ".join(f"{n} × {v} ({s})" for (s, v), n in sorted(self.of.items()))
        return [
            Row("kills (SIGKILL)", f"{self.count}: {who}"),
            Row("in the middle of writing an answer", f"{self.in_the_act}"),
            Row("studies completed in spite of them", f"{self.rounds}"),
            Row(
                "finished answers lost or changed by a kill",
                f"{len(self.lost) + len(self.changed)} of {self.compared} comparisons by SHA-256",
                "none",
                not self.lost and not self.changed,
            ),
            Row(
                "faults by `opcviz store check`, processes left over, other errors",
                f"{len(self.wrong)}",
                "none",
                not self.wrong,
            ),
            Row(
                "numbers, weights and arrays that differ from an undisturbed run",
                f"{len(self.differing)}",
                "none",
                not self.differing,
            ),
        ]


def kill(
    dealt: Sequence[Kill], seed: int, work: Path, reference: Path, order: Order = FULL
) -> Kills:
    """Make kills over studies that are begun again after each.

    Args:
        dealt: the kills, in their order; see `deck`.
        seed: of their moments.
        work: folder of the benchmark.
        reference: the store of an undisturbed run.
        order: what is run.
    """
    chance, found = random.Random(seed), Kills()
    store = work / "round-0"
    system: System | None = None
    try:
        for number, asked in enumerate(dealt, 1):
            while True:
                if system is None or _kind(system) != asked.system:
                    if system is not None:
                        _note(found, system.end())
                    system = _system(asked.system, store, order)
                if struck := _strike(asked, system, store, chance, found):
                    break
                complete = system.finished
                _note(found, system.end())
                system = None
                if complete:  # another is begun
                    _completed(store, reference, found)
                    store = work / f"round-{found.rounds}"
                elif len(found.wrong) > MOST_WRONG:
                    raise SystemExit(f"the study cannot be begun again: {found.wrong[-1]}")
            print(f"{number}/{len(dealt)} {asked.system}: {asked.victim}, {struck}", flush=True)
    except KeyboardInterrupt:  # what was made so far is reported
        print(f"stopped after {found.count} kills", flush=True)
    if system is not None:
        _note(found, system.end())
    ended = opcviz(*order.words, store=store)
    _note(found, "" if ended.returncode == 0 else f"the last run: {ended.stderr[-300:]}")
    _completed(store, reference, found)
    return found


def _kind(system: System) -> str:
    if isinstance(system, Served):
        return "app"
    return "command with a worker" if system.workers else "command"


def _system(kind: str, store: Path, order: Order) -> System:
    if kind == "app":
        return Served(store, order)
    return Command(store, order, workers=1 if "worker" in kind else 0)


def _strike(
    asked: Kill, system: System, store: Path, chance: random.Random, found: Kills
) -> str | None:
    """Begin the study again, kill at the moment, compare; None when it was complete before that."""
    if isinstance(system, Served) or system.done:
        system.begin()
    before = answers(store)
    half = half_written(store)
    if not _moment(asked, system, store, chance):
        _note(found, system.wrong())
        return None
    pid = system.pid(asked.victim)
    if pid is None:  # it ended by itself just now
        _note(found, system.wrong())
        return None
    at = answers(store) if asked.moment == "any" else {}
    os.kill(pid, signal.SIGKILL)
    _note(found, system.killed(asked.victim))
    caught = bool(half_written(store) - half) and asked.victim != "app"
    found.in_the_act += caught
    found.of[asked.system, asked.victim] += 1
    known = {**before, **at}
    now = answers(store)
    found.compared += len(known)
    found.lost += [place for place in known if place not in now]
    found.changed += [place for place in known if now.get(place, known[place]) != known[place]]
    faults = check(Store(store)).faults if now else ()
    for fault in faults:
        _note(found, f"{fault.place}: {fault.reason}")
    lost = len(found.lost) + len(found.changed)
    print(f"{found.compared} compared, {lost} lost or changed", flush=True)
    return f"{'in the act, ' if caught else ''}{len(known)} answers before, {len(now)} after"


def _moment(asked: Kill, system: System, store: Path, chance: random.Random) -> bool:
    """Wait until it is time; False when the study ended before that."""
    if asked.moment == "any":
        until = time.monotonic() + chance.uniform(0.5, LATEST)
        while time.monotonic() < until or system.pid(asked.victim) is None:
            if system.done:
                return False
            time.sleep(0.05)
        return True
    skipped, seen = chance.randrange(SKIPPED + 1), half_written(store)
    deadline, looked = time.monotonic() + PATIENCE, time.monotonic()
    while time.monotonic() < deadline:
        new = half_written(store) - seen if system.pid(asked.victim) else set()
        if new and skipped:
            skipped -= 1
            seen |= new
        elif new:
            time.sleep(chance.uniform(0, WRITING))
            return True
        if time.monotonic() - looked > 0.2:
            looked = time.monotonic()
            if system.done:
                return False
        time.sleep(LOOK)
    return not system.done


def _completed(store: Path, reference: Path, found: Kills) -> None:
    """Hold a completed study against the undisturbed one, and let `store check` look at it."""
    said = opcviz("store", "check", store=store)
    _note(found, "" if said.returncode == 0 else f"store check: {said.stdout}{said.stderr}")
    found.differing += differing(store, reference)
    found.rounds += 1
    print(f"round {found.rounds}: complete, {len(found.differing)} differing", flush=True)
    if not (found.differing or found.wrong):
        shutil.rmtree(store)


def _note(found: Kills, wrong: str) -> None:
    if wrong:
        print(f"! {wrong}", flush=True)
        found.wrong.append(wrong)
