"""The figures about clients: makes what is missing, and writes the tables of docs/clients.md.

    OMP_NUM_THREADS=1 python -m benchmarks.clients [--store FOLDER] [--seeds 0,1,2]
        [--alphas inf,1,0.1] [--docs docs/clients.md] [--tables]

Trains and examines what the preset `digits-clients` names, over the seeds and over how unlike the
clients are, and writes it between the document's marks: means over the seeds, and the least and the
most beside them where seeds differ. With `--tables` nothing is made: what a store has is written.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from opcviz.artefacts import MODEL
from opcviz.common.progress import Event, Progress, Stage
from opcviz.common.records import Undefined
from opcviz.results import ClientsResult, Exchange, GroundTruth, TriggerTruth
from opcviz.study import (
    ModelResult,
    Plan,
    Store,
    StoreError,
    StudyRunner,
    default_root,
    open_study,
    preset,
    run,
)

from .readme_tables import with_tables

DOCS = Path(__file__).parents[1] / "docs" / "clients.md"
PRESET = "digits-clients"
KINDS = (MODEL, "ground_truth", "clients")
ALPHAS = ("inf", "1", "0.1")
LINE = {"start": 70.0, "left": 2.0, "test": 95.0}
"""What is held against the figures: the trigger before, after, and test accuracy; percent."""
PROMISED = (("fed_pga", ""), ("fed_active", ""), ("fed_leaver", "opc"))

Value = Callable[["Measured"], float | None]


@dataclass(frozen=True)
class Measured:
    """One model's figures.

    Attributes:
        seed: of it.
        truth: of its trigger.
        left: what is left of the client; None where that was not made.
        exchanges: of its making.
        seconds: of its making.
    """

    seed: int
    truth: TriggerTruth
    left: ClientsResult | None
    exchanges: tuple[Exchange, ...]
    seconds: float | None

    @classmethod
    def of(cls, model: ModelResult) -> Measured | None:
        """Those of a stored model; None where something is missing."""
        truth, left = model.results.get(GroundTruth), model.results.get(ClientsResult)
        if isinstance(truth, Undefined) or isinstance(truth.trigger, Undefined):
            return None
        training = model.training
        known = None if isinstance(left, Undefined) else left
        return cls(model.seed, truth.trigger, known, training.exchanges, training.seconds)


Models = Mapping[tuple[str, str], Sequence[Measured]]
"""By method and its inner one the models of all seeds."""


def main() -> None:
    """Make what is missing and write the document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=default_root())
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--alphas", default=",".join(ALPHAS))
    parser.add_argument("--docs", type=Path, default=DOCS)
    parser.add_argument("--tables", action="store_true", help="make nothing")
    asked = parser.parse_args()
    store, seeds = Store(asked.store), [int(seed) for seed in asked.seeds.split(",")]
    plans = {alpha: plan_of(alpha, seeds) for alpha in asked.alphas.split(",")}
    if not asked.tables:
        for plan in plans.values():
            _make(plan, store)
    found = {alpha: read(store, plan, seeds) for alpha, plan in plans.items()}
    text = asked.docs.read_text("utf-8")
    asked.docs.write_text(with_tables(text, tables(found).__getitem__), "utf-8")


def plan_of(alpha: str, seeds: Sequence[int]) -> Plan:
    """The preset with clients who are so unlike each other."""
    plan = preset(PRESET)
    name = PRESET if alpha == "1" else f"{PRESET}-{word_of(alpha)}"
    study = plan.study.replace(name=name, forget=f"client:0/5:{alpha}")
    return Plan(study, plan.methods, tuple(seeds))


def word_of(alpha: str) -> str:
    """α in names of studies and tables, which have no dots."""
    return alpha.replace(".", "_")


def _make(plan: Plan, store: Store) -> None:
    began = time.perf_counter()

    def told(event: Event) -> None:
        if isinstance(event, Stage):
            print(f"  {event.index + 1} of {event.count}: {event.name} {event.model}", flush=True)

    runner = StudyRunner(
        plan.study, store, torch.device("cpu"), seeds=plan.seeds, progress=Progress(told)
    )
    made = run(plan, runner, only=KINDS).made
    print(f"{plan.study.place}: {made} answers in {time.perf_counter() - began:.0f} s")


def read(store: Store, plan: Plan, seeds: Sequence[int]) -> Models:
    """What a store has of these seeds."""
    try:
        models = open_study(store, plan.study.place).models
    except StoreError:
        return {}
    found: dict[tuple[str, str], list[Measured]] = {}
    for model in models:
        measured = Measured.of(model) if model.seed in seeds else None
        if measured is not None:
            name = model.method.info.name
            inner = str(model.method.to_dict().get("inner", ""))
            found.setdefault((name, inner), []).append(measured)
    return found


def tables(found: Mapping[str, Models]) -> dict[str, str]:
    """Every table of the document by its name."""
    made = {"lines": _lines(found)}
    for alpha, models in found.items():
        word = word_of(alpha)
        made[f"left-{word}"], made[f"back-{word}"] = _table(models, LEFT), _table(models, BACK)
    made["work"] = _work(found)
    return made


LEFT: Mapping[str, Value] = {
    "test": lambda m: m.truth.clean,
    "trigger turns": lambda m: m.truth.turned,
    "poisoned pictures given its class": lambda m: m.truth.taught,
    "leaver's clean pictures": lambda m: _of(m, lambda left: left.accuracy),
    "told from strangers (AUC × 100)": lambda m: _of(m, lambda left: left.auc, 100),
}
BACK: Mapping[str, Value] = {
    "trigger turns": lambda m: m.truth.turned,
    "most after 1 to 4 further rounds": lambda m: _of(m, lambda left: left.returned),
    "after the 4th": lambda m: _of(m, _last),
    "after ten poisoned pictures": lambda m: _of(m, lambda left: left.relearned),
}


def _of(
    measured: Measured, value: Callable[[ClientsResult], float | Undefined], times: float = 1
) -> float | None:
    """A figure of what is left, where there is one."""
    found = None if measured.left is None else value(measured.left)
    return times * found if isinstance(found, int | float) else None


def _last(left: ClientsResult) -> float | Undefined:
    return left.backdoor if isinstance(left.backdoor, Undefined) else left.backdoor[-1]


def name_of(method: str, inner: str) -> str:
    """As it stands in tables."""
    return f"`{method}`" + (f" ({inner})" if inner else "")


def _table(models: Models, values: Mapping[str, Value]) -> str:
    rows = [["", *values]]
    for (method, inner), measured in models.items():
        cells = [spread([value(each) for each in measured]) for value in values.values()]
        rows.append([name_of(method, inner), *cells])
    return _drawn(rows)


def _lines(found: Mapping[str, Models]) -> str:
    """Whether each seed keeps what was promised."""
    rows = [
        [
            "α",
            "",
            f"before (≥ {LINE['start']:g})",
            f"after (≤ {LINE['left']:g})",
            f"test (≥ {LINE['test']:g})",
            "held",
        ]
    ]
    for alpha, models in found.items():
        before = {each.seed: each.truth.turned for each in models.get(("original", ""), ())}
        for key in (("fed_go_on", ""), ("retrain", ""), *PROMISED):
            made = {each.seed: each.truth for each in models.get(key, ())}
            kept = [
                seed in made
                and turned >= LINE["start"]
                and made[seed].turned <= LINE["left"]
                and made[seed].clean >= LINE["test"]
                for seed, turned in before.items()
            ]
            after = [made[seed].turned if seed in made else None for seed in before]
            test = [made[seed].clean if seed in made else None for seed in before]
            word = f"{sum(kept)} of {len(kept)} seeds" if kept else "–"
            told = (_each(list(before.values())), _each(after), _each(test))
            rows.append([alpha, name_of(*key), *told, word])
    return _drawn(rows)


def _work(found: Mapping[str, Models]) -> str:
    """Who must take part, of the study with α = 1 or the first there is."""
    models = found.get("1") or next(iter(found.values()), {})
    rows = [["", "leaver's exchanges", "others' rounds", "megabytes", "seconds"]]
    for (method, inner), measured in models.items():
        sent = measured[0].exchanges
        seconds = [each.seconds for each in measured]
        rows.append(
            [
                name_of(method, inner),
                str(sum(each.leaver for each in sent)),
                str(sum(each.others > 0 for each in sent)),
                f"{sum(each.megabytes for each in sent):.1f}",
                spread(seconds),
            ]
        )
    return _drawn(rows)


def spread(values: Sequence[float | None]) -> str:
    """Mean, and the least and the most where seeds differ."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    mean = f"{sum(known) / len(known):.1f}"
    low, high = f"{min(known):.1f}", f"{max(known):.1f}"
    return mean if low == high else f"{mean} ({low} to {high})"


def _each(values: Sequence[float | None]) -> str:
    """A figure a seed; where there is none, the training has diverged or was not made."""
    return ", ".join("no model" if value is None else f"{value:.1f}" for value in values) or "–"


def _drawn(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    rule = "|" + "---|" * len(rows[0])
    return "\n".join([head, rule, *body])


if __name__ == "__main__":
    main()
