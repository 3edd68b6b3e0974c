"""The figures about generators: makes what is missing, and writes the tables of docs/generators.md.

    OMP_NUM_THREADS=1 python -m benchmarks.generators [--store FOLDER] [--seeds 0,1,2]
        [--methods NAMES] [--only KINDS]
    python -m benchmarks.generators --tables [--store FOLDER] [--docs docs/generators.md]

The first trains and attacks what the preset `digits-generator` names, over the seeds. The second
reads what is there, and writes it between the document's marks: means over seeds, and the least and
the most beside them where seeds differ.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch

from opcviz.common.progress import Event, Progress, Stage
from opcviz.common.records import Record, Undefined
from opcviz.results import (
    AddressResult,
    AddressSearch,
    DoseResult,
    DrawnPictures,
    GenerationResult,
    RegenerationResult,
    Regrowth,
    RelearnedPictures,
)
from opcviz.study import ModelResult, Store, StudyRunner, default_root, open_study, preset, run
from opcviz.verdict.places import places

from .generator_lines import held
from .readme_tables import with_tables

DOCS = Path(__file__).parents[1] / "docs" / "generators.md"
PRESET = "digits-generator"
R = TypeVar("R", bound=Record)


def main() -> None:
    """Make the answers, or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=default_root())
    parser.add_argument("--seeds", default="0", help="as in 0,1,2")
    parser.add_argument("--methods", default="", help="of the preset's; all of them, if none")
    parser.add_argument("--only", default="", help="kinds of artefact; all of them, if none")
    parser.add_argument("--tables", action="store_true", help="write the document's tables")
    parser.add_argument("--docs", type=Path, default=DOCS)
    asked = parser.parse_args()
    if asked.tables:
        found = Found.read(Store(asked.store))
        text = asked.docs.read_text("utf-8")
        asked.docs.write_text(with_tables(text, found.table), "utf-8")
        return
    seeds = [int(seed) for seed in asked.seeds.split(",")]
    make(asked.store, seeds, _words(asked.methods), _words(asked.only))


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def make(
    root: Path, seeds: Sequence[int], methods: Sequence[str] = (), only: Sequence[str] = ()
) -> None:
    """Train and attack, and print what each answer cost in CPU seconds."""
    whole = preset(PRESET)
    chosen = tuple(m for m in whole.methods if not methods or m.info.name in methods)
    plan = replace(whole, seeds=tuple(seeds), methods=chosen)
    began, at = "", time.process_time()

    def tell(event: Event) -> None:
        nonlocal began, at
        if isinstance(event, Stage):
            now = time.process_time()
            if began:
                print(f"{now - at:7.1f}  {began}", flush=True)
            began, at = f"{event.name} {event.model or ''}", now

    runner = StudyRunner(
        plan.study, Store(root), torch.device("cpu"), seeds=plan.seeds, progress=Progress(tell)
    )
    done = run(plan, runner, only=tuple(only))
    print(f"{time.process_time() - at:7.1f}  {began}\n{done.made} answers made")


@dataclass(frozen=True)
class Found:
    """What a store has of the study.

    Attributes:
        models: by method, those of all seeds.
    """

    models: dict[str, list[ModelResult]]

    @classmethod
    def read(cls, store: Store) -> Found:
        """All finished models of the preset's study that have the preset's settings."""
        plan = preset(PRESET)
        asked = {method.info.name: method.to_dict() for method in plan.methods}
        found: dict[str, list[ModelResult]] = {}
        for model in open_study(store, plan.study.place).models:
            settings = asked.get(model.method.info.name)
            if model.has_model and model.method.to_dict() == settings:
                found.setdefault(model.method.info.name, []).append(model)
        return cls(found)

    def table(self, name: str) -> str:
        """A table of the document by its name, as Markdown."""
        made: dict[str, Callable[[], list[list[str]]]] = {
            "drawn": self._drawn,
            "dimra": self._dimra,
            "address": self._address,
            "dose": self._dose,
            "judge": self._judge,
            "lines": lambda: held(self.records),
        }
        head, *rows = made[name]()
        lines = [head, ["---"] * len(head), *rows]
        return "\n".join("| " + " | ".join(row) + " |" for row in lines)

    def records(self, method: str, record: type[R]) -> dict[int, R]:
        """The records of a method's models by seed, as far as they are there."""
        found = {model.seed: model.results.get(record) for model in self.models.get(method, [])}
        return {seed: each for seed, each in found.items() if not isinstance(each, Undefined)}

    # ---- tables -------------------------------------------------------------------------------

    def _drawn(self) -> list[list[str]]:
        head = "method, asked, no condition, retained, FD, P / R, diversity, loss own / null, place"
        rows = []
        for method, models in self.models.items():
            seen = list(self.records(method, GenerationResult).values())
            if not seen:
                continue
            losses = [e.held_out for e in seen if not isinstance(e.held_out, Undefined)]
            rows.append(
                [
                    method,
                    _both([each.asked for each in seen]),
                    _both([each.unconditional for each in seen]),
                    _span(each.retained.accuracy for each in seen),
                    _span((each.retained.frechet for each in seen), ".2f"),
                    f"{_span((each.retained.precision for each in seen), '.2f')} / "
                    f"{_span((each.retained.recall for each in seen), '.2f')}",
                    _span((each.diversity for each in seen), ".1f"),
                    f"{_span((each.own for each in losses), '.2f')} / "
                    f"{_span((each.null for each in losses), '.2f')}",
                    self._places(models),
                ]
            )
        return [head.split(", "), *rows]

    def _places(self, models: Sequence[ModelResult]) -> str:
        """Where the forgetting of a method lives; of seeds that differ all, of open ones none."""
        found = dict.fromkeys(self._place(model) for model in models)
        decided = [each for each in found if not each.startswith("open")]
        return " / ".join(decided or found)

    def _place(self, model: ModelResult) -> str:
        retrained = self.records("retrain", AddressResult)
        beside = retrained.get(model.seed, Undefined("not attacked"))
        get = model.results.get
        found = places(get(GenerationResult), get(RegenerationResult), get(AddressResult), beside)
        word = "open" if isinstance(found.place, Undefined) else found.place
        return f"{word}, conspicuous" if found.conspicuous is True else word

    def _dimra(self) -> list[list[str]]:
        return _curves(
            (method, [each.curve for each in self.records(method, RegenerationResult).values()])
            for method in self.models
        )

    def _address(self) -> list[list[str]]:
        rows = []
        for method in self.models:
            found = list(self.records(method, AddressResult).values())
            shots = [each.shots[0].curve for each in self._shots(method)]
            if not found:
                continue
            strong = [each.strong for each in found]
            rows.append(
                [
                    method,
                    _both([each.quick for each in found]),
                    _both(strong),
                    _span((each.loss for each in strong), ".3f"),
                    ", ".join(dict.fromkeys(each.best for each in strong)),
                    " · ".join(_both(points) for points in zip(*shots, strict=True)) or "–",
                ]
            )
        head = ["method", "quick", "strong", "loss", "best start", "ten pictures: 0 · 10 · 20 · 40"]
        return [head, *rows]

    def _shots(self, method: str) -> list[RelearnedPictures]:
        return list(self.records(method, RelearnedPictures).values())

    def _dose(self) -> list[list[str]]:
        listed: list[tuple[str, list[tuple[Regrowth, ...]]]] = []
        for method in self.models:
            found = list(self.records(method, DoseResult).values())
            for rows in zip(*(each.rows for each in found), strict=True):
                listed.append((f"{method}, {rows[0].unlearned}", [row.curve for row in rows]))
            matched = [each.matched for each in found if not isinstance(each.matched, Undefined)]
            if matched:
                when = _span((each.unlearned for each in matched), ".0f")
                listed.append((f"{method}, unseen at {when}", [each.curve for each in matched]))
        return _curves(listed)

    def _judge(self) -> list[list[str]]:
        found = [each.judge for each in self.records("original", GenerationResult).values()][:1]
        rows = []
        for judge in found:
            genuine = judge.genuine.values()
            fooled = ", ".join(f"{name} {most:.1f}" for name, most in judge.fooled.items())
            mean = f"{sum(genuine) / len(genuine):.1f} ({min(genuine):.0f} to {max(genuine):.0f})"
            rows.append([f"{judge.accuracy:.1f}", mean, fooled])
        return [["right, %", "genuine, % (by class)", "empty pictures called genuine, %"], *rows]


def _curves(listed: Iterable[tuple[str, list[tuple[Regrowth, ...]]]]) -> list[list[str]]:
    """A row for every curve, judged / genuine at each look."""
    head: list[str] = []
    rows = []
    for name, curves in listed:
        if curves and curves[0]:
            head = head or ["", *(str(point.steps) for point in curves[0])]
            rows.append([name, *(_both(points) for points in zip(*curves, strict=True))])
    return [head or [""], *rows]


def _both(seen: Sequence[Regrowth | AddressSearch | DrawnPictures]) -> str:
    """Judged / genuine, means over seeds."""
    return f"{_span(each.judged for each in seen)} / {_span(each.genuine for each in seen)}"


def _span(values: Iterable[float], form: str = ".0f") -> str:
    """The mean, and the least and the most where they are written otherwise."""
    found = list(values)
    least, mean, most = (
        format(each, form) for each in (min(found), sum(found) / len(found), max(found))
    )
    return mean if least == most else f"{mean} ({least}–{most})"


if __name__ == "__main__":
    main()
