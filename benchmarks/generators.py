"""The figures about generators: makes what is missing, and writes the tables of docs/generators.md.

    OMP_NUM_THREADS=1 python -m benchmarks.generators [--store FOLDER] [--seeds 0,1,2]
        [--methods NAMES] [--only KINDS]
    python -m benchmarks.generators --tables [--others] [--store checkpoints] [--seeds 0]
        [--docs docs/generators.md]

The first trains and attacks what the preset `digits-generator` names, over the seeds. The second
reads what a store has of the seeds, the shipped one if none is named, and writes it between the
document's marks: means over seeds, and the least and the most beside them where seeds differ. With
`--others` it writes the tables about other seeds, and without it all but those.
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
from opcviz.common.text import percent
from opcviz.results import (
    AddressResult,
    AddressSearch,
    DoseResult,
    DrawnPictures,
    GenerationResult,
    RegenerationResult,
    Regrowth,
    RelearnedPictures,
    ReopenedResult,
)
from opcviz.study import (
    ModelResult,
    Store,
    StudyRunner,
    default_root,
    open_study,
    preset,
    run,
    shipped_root,
)
from opcviz.verdict.places import Attacked, places

from .generator_lines import Line, held
from .readme_tables import TABLE, with_tables

DOCS = Path(__file__).parents[1] / "docs" / "generators.md"
PRESET = "digits-generator"
OTHERS = "others-"
"""How the names of the tables about other seeds begin."""
R = TypeVar("R", bound=Record)

FURTHER = (
    Line(
        "retained, the further goal",
        "opc_any_address",
        GenerationResult,
        lambda r: r.retained.accuracy,
        low=98.0,
    ),
    Line(
        "light as first promised (30 steps), judged at the worst of DiMRA",
        "rl_diffusion",
        DoseResult,
        lambda r: max(
            max(point.judged for point in row.curve) for row in r.rows if row.unlearned >= 30
        ),
        low=60.0,
    ),
)
"""A goal beyond what was promised, and a promise whose dose the line of today has changed."""


def main() -> None:
    """Make the answers, or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, help="the user's; of --tables the shipped one")
    parser.add_argument("--seeds", default="0", help="as in 0,1,2")
    parser.add_argument("--methods", default="", help="of the preset's; all of them, if none")
    parser.add_argument("--only", default="", help="kinds of artefact; all of them, if none")
    parser.add_argument("--tables", action="store_true", help="write the document's tables")
    parser.add_argument("--others", action="store_true", help="those about other seeds")
    parser.add_argument("--docs", type=Path, default=DOCS)
    asked = parser.parse_args()
    seeds = [int(seed) for seed in asked.seeds.split(",")]
    if asked.tables:
        found = Found.read(Store(asked.store or shipped_root()), seeds)
        if not found.models:
            parser.error(f"the store has no finished model of the preset's of seeds {asked.seeds}")
        text = rewritten(asked.docs.read_text("utf-8"), found, others=asked.others)
        asked.docs.write_text(text, "utf-8")
        return
    make(asked.store or default_root(), seeds, _words(asked.methods), _words(asked.only))


def rewritten(text: str, found: Found, others: bool = False) -> str:
    """The document with its tables made anew, as far as they are about these seeds.

    Args:
        text: of the document.
        found: what the tables are made of.
        others: write the tables about other seeds and leave the rest, or the other way round.
    """
    present = {each["name"]: each["text"] for each in TABLE.finditer(text)}

    def made(name: str) -> str:
        if name.startswith(OTHERS) != others:
            return present[name]
        return found.table(name.removeprefix(OTHERS))

    return with_tables(text, made)


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
        models: by method, those of all seeds that were asked for.
    """

    models: dict[str, list[ModelResult]]

    @classmethod
    def read(cls, store: Store, seeds: Sequence[int]) -> Found:
        """The seeds' finished models of the preset's study that have the preset's settings."""
        plan = preset(PRESET)
        asked = {method.info.name: method.to_dict() for method in plan.methods}
        found: dict[str, list[ModelResult]] = {}
        for model in open_study(store, plan.study.place).models:
            settings = asked.get(model.method.info.name)
            wanted = model.has_model and model.seed in seeds
            if wanted and model.method.to_dict() == settings:
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
            "lines": self._lines,
            "missed": self._missed,
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
        """Where the forgetting of a method lives; of seeds that differ all, in their order."""
        found = [self._place(model) for model in sorted(models, key=lambda each: each.seed)]
        return found[0] if len(set(found)) == 1 else "; ".join(found)

    def _place(self, model: ModelResult) -> str:
        if model.method.info.name == "retrain":
            return "never saw it"
        none = Undefined("not attacked")
        theirs = Attacked(
            self.records("retrain", AddressResult).get(model.seed, none),
            self.records("retrain", RelearnedPictures).get(model.seed, none),
            self.records("retrain", ReopenedResult).get(model.seed, none),
        )
        get = model.results.get
        mine = Attacked(get(AddressResult), get(RelearnedPictures), get(ReopenedResult))
        found = places(get(GenerationResult), get(RegenerationResult), mine, theirs)
        word = "open" if isinstance(found.place, Undefined) else found.place
        odd = word != "nowhere" and found.conspicuous is True
        return f"{word}, conspicuous" if odd else word

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
            after = [each.strong for each in self.records(method, ReopenedResult).values()]
            if not found:
                continue
            strong = [each.strong for each in found]
            rows.append(
                [
                    method,
                    _both([each.quick for each in found]),
                    _both(strong),
                    _span((each.loss for each in strong), ".3f"),
                    ", ".join(dict.fromkeys(f"{each.best} {each.kept}" for each in strong)),
                    _both(after) if after else "–",
                    " · ".join(_both(points) for points in zip(*shots, strict=True)) or "–",
                ]
            )
        head = "method, quick, strong, loss, kept from, DiMRA first, ten pictures: 0 · 10 · 20 · 40"
        return [head.split(", "), *rows]

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

    def _lines(self) -> list[list[str]]:
        further = (line.row(self.records(line.method, line.record)) for line in FURTHER)
        return [*held(self.records), *further]

    def _missed(self) -> list[list[str]]:
        """The lines that do not hold, and how many do of those that were measured."""
        head, *rows = self._lines()
        kept = sum(row[-1] == "yes" for row in rows)
        missed = [row for row in rows if row[-1] == "**no**"]
        last = [f"{kept} other lines that were measured", "", "", "", "yes"]
        return [head, *missed, last]

    def _judge(self) -> list[list[str]]:
        found = [*self.records("original", GenerationResult).values()][:1]
        rows = []
        for judge, unseen in ((each.judge, each.retained.frechet_unseen) for each in found):
            genuine = judge.genuine.values()
            fooled = ", ".join(f"{name} {most:.1f}" for name, most in judge.fooled.items())
            mean = f"{sum(genuine) / len(genuine):.1f} ({min(genuine):.0f} to {max(genuine):.0f})"
            rows.append([f"{judge.accuracy:.1f}", mean, fooled, f"{unseen:.3f}"])
        head = ["right, %", "genuine, % (by class)", "empty pictures called genuine, %"]
        return [[*head, "FD of real test pictures"], *rows]


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


def _span(values: Iterable[float], form: str = "") -> str:
    """The mean, and the least and the most where they are written otherwise.

    Args:
        values: of all seeds.
        form: of one; none is a percentage, which is written as on the page.
    """
    found = list(values)
    least, mean, most = (
        format(each, form) if form else percent(each).removesuffix(" %")
        for each in (min(found), sum(found) / len(found), max(found))
    )
    return mean if least == most else f"{mean} ({least}–{most})"


if __name__ == "__main__":
    main()
