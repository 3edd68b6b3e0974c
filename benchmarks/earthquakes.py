"""The figures about earthquakes: the tables of docs/earthquakes.md, from stores.

    python -m opcviz run earthquakes --store FOLDER --seeds 0,1,2
    python -m benchmarks.earthquakes [--store checkpoints] [--docs docs/earthquakes.md]
    OMP_NUM_THREADS=1 python -m benchmarks.earthquakes --seeds-of FOLDER FOLDER … [--docs …]

The second writes the tables about one seed, from the shipped study. The third writes those about
several seeds and about objections, from stores that have the models' weights.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from opcviz.artefacts.waveforms.subject import made_at
from opcviz.common.records import Record, Undefined
from opcviz.data import load
from opcviz.data.earthquakes import Earthquakes, as_conditions
from opcviz.measures.waveforms import pick_s
from opcviz.models import load_weights
from opcviz.models.waveforms import WaveformGenerator
from opcviz.results import (
    ForgettingIndex,
    ForgettingResult,
    WaveformRegrowthResult,
    WaveformResult,
    WaveformScores,
)
from opcviz.study import ModelResult, Store, open_study, preset, shipped_root
from opcviz.study.trainer import WEIGHTS
from opcviz.tasks import get_task

from .generator_lines import Line
from .readme_tables import TABLE, with_tables

DOCS = Path(__file__).parents[1] / "docs" / "earthquakes.md"
PRESET = "earthquakes"
SEVERAL = ("lines", "seeds", "objections")
"""The tables that are about several seeds."""
R = TypeVar("R", bound=Record)

LINES = (
    Line(
        "pickers on simulations, P, s",
        "original",
        WaveformResult,
        lambda r: r.picker.p_error,
        high=0.3,
    ),
    Line(
        "pickers on simulations, S, s",
        "original",
        WaveformResult,
        lambda r: r.picker.s_error,
        high=0.3,
    ),
    Line(
        "S error in the region, s",
        "original",
        WaveformResult,
        lambda r: r.forgotten.s_error,
        high=0.6,
    ),
    Line(
        "S error elsewhere, s", "original", WaveformResult, lambda r: r.retained.s_error, high=0.6
    ),
    Line(
        "S error in the region, s",
        "retrain",
        WaveformResult,
        lambda r: r.forgotten.s_error,
        low=1.1,
    ),
    Line("S error elsewhere, s", "retrain", WaveformResult, lambda r: r.retained.s_error, high=0.6),
    Line("F of S", "dimum_waveforms", ForgettingResult, lambda r: r.s_error.index, low=0.7),
    Line("F of S", "dimum_waveforms", ForgettingResult, lambda r: r.s_error.index, high=1.4),
    Line("F of S", "rl_waveforms", ForgettingResult, lambda r: r.s_error.index, low=2.0),
    Line("F of S", "opc_waveforms", ForgettingResult, lambda r: r.s_error.index, low=2.0),
    Line(
        "P error everywhere, s (a goal beyond)",
        "original",
        WaveformResult,
        lambda r: r.everywhere.p_error,
        high=0.3,
    ),
)


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=shipped_root(), help="of one seed")
    parser.add_argument("--seeds-of", type=Path, nargs="+", help="stores of several seeds")
    parser.add_argument("--docs", type=Path, default=DOCS)
    asked = parser.parse_args()
    stores = [Store(each) for each in asked.seeds_of or [asked.store]]
    found = Found.read(stores)
    text = rewritten(asked.docs.read_text("utf-8"), found, several=bool(asked.seeds_of))
    asked.docs.write_text(text, "utf-8")


def rewritten(text: str, found: Found, several: bool) -> str:
    """The document with its tables made anew, as far as they are about one seed or several."""
    present = {each["name"]: each["text"] for each in TABLE.finditer(text)}

    def made(name: str) -> str:
        return found.table(name) if (name in SEVERAL) == several else present[name]

    return with_tables(text, made)


@dataclass(frozen=True)
class Found:
    """What stores have of the study.

    Attributes:
        models: by method, those of all seeds, ascending.
    """

    models: Mapping[str, Sequence[ModelResult]]

    @classmethod
    def read(cls, stores: Sequence[Store]) -> Found:
        """The finished models of the preset's study that have the preset's settings."""
        plan = preset(PRESET)
        found: dict[str, list[ModelResult]] = {each.info.name: [] for each in plan.methods}
        asked = {each.info.name: each.to_dict() for each in plan.methods}
        for store in stores:
            for model in open_study(store, plan.study.place).models:
                name = model.method.info.name
                if model.has_model and model.method.to_dict() == asked.get(name):
                    found[name].append(model)
        return cls({name: sorted(each, key=lambda m: m.seed) for name, each in found.items()})

    def table(self, name: str) -> str:
        """A table of the document by its name, as Markdown."""
        made: dict[str, Callable[[], Iterator[list[str]]]] = {
            "made": self._made,
            "forgetting": self._forgetting,
            "dimra": self._dimra,
            "floors": self._floors,
            "spectra": self._spectra,
            "lines": self._lines,
            "seeds": self._seeds,
            "objections": self._objections,
        }
        head, *rows = made[name]()
        lines = [head, ["---"] * len(head), *rows]
        text = "\n".join("| " + " | ".join(row) + " |" for row in lines)
        return re.sub(r"(?<=[ (\[])-(?=\d)", "−", text)

    def each(self, record: type[R]) -> Iterator[tuple[ModelResult, R]]:
        """Models with a record, by method and seed."""
        for models in self.models.values():
            for model in models:
                found = model.results.get(record)
                if not isinstance(found, Undefined):
                    yield model, found

    # ---- one seed -----------------------------------------------------------------------------

    def _made(self) -> Iterator[list[str]]:
        yield ["model", *("S, s", "P, s", "envelope", "PGA", "S elsewhere, s", "P elsewhere, s")]
        for model, found in self.each(WaveformResult):
            gone, kept = found.forgotten, found.retained
            yield [
                _called(model),
                f"{gone.s_error:.2f} ({gone.s_bias:+.2f})",
                f"{gone.p_error:.2f} ({gone.p_bias:+.2f})",
                f"{gone.envelope:.2f}",
                f"{gone.pga_bias:+.2f} ± {gone.pga_deviation:.2f}",
                f"{kept.s_error:.2f}",
                f"{kept.p_error:.2f}",
            ]

    def _spectra(self) -> Iterator[list[str]]:
        first = next(self.each(WaveformResult))[1].forgotten
        yield ["model", *(f"{band} Hz" for band in first.spectrum), "0.5 s, 5 %"]
        for model, found in self.each(WaveformResult):
            gone = found.forgotten
            told = [f"{each:+.2f}" for each in gone.spectrum.values()]
            swing = f"{gone.response_bias:+.2f} ± {gone.response_deviation:.2f}"
            yield [_called(model), *told, swing]

    def _forgetting(self) -> Iterator[list[str]]:
        yield ["model", "S arrival", "P arrival", "envelope", "PGA", "in a word, by S", "the most"]
        for model, found in self.each(ForgettingResult):
            worst = found.worst
            told = "–" if worst is None else f"{_told(worst[1].index)}, {worst[0]}"
            word = found.s_error.word
            yield [
                _called(model),
                *map(_index, found.measures.values()),
                "–" if isinstance(word, Undefined) else word,
                told,
            ]

    def _dimra(self) -> Iterator[list[str]]:
        steps = [point.steps for point in next(self.each(WaveformRegrowthResult))[1].curve]
        yield ["model", *(f"{n} steps" if n else "before" for n in steps), "S elsewhere"]
        for model, found in self.each(WaveformRegrowthResult):
            told = [
                f"{point.s_error:.2f} · {point.envelope:.2f} · {_told(point.index)}"
                for point in found.curve
            ]
            yield [_called(model), *told, f"{found.curve[-1].s_retained:.2f}"]

    def _floors(self) -> Iterator[list[str]]:
        yield ["who", "S, s", "P, s", "envelope", "S elsewhere, s"]
        original = next(self.each(WaveformResult))[1]
        if not isinstance(original.picker, Undefined):
            picker = original.picker
            both = f"{picker.s_error:.2f}", f"{picker.p_error:.2f}"
            yield ["the pickers on held-out records, everywhere", *both, "1", "–"]
        gone, kept = original.floor_forgotten, original.floor_retained
        if not isinstance(gone, Undefined) and not isinstance(kept, Undefined):
            yield ["another simulation of the same source", *_four(gone, kept)]
        for model, found in self.each(WaveformResult):
            if model.method.info.name in ("original", "retrain"):
                told = _four(found.codec_forgotten, found.codec_retained)
                yield [f"the autoencoder of {_called(model)}", *told]
        for name, each in original.baselines.items():
            yield [name, f"{each.forgotten:.2f}", "–", "–", f"{each.retained:.2f}"]

    # ---- several seeds ------------------------------------------------------------------------

    def _lines(self) -> Iterator[list[str]]:
        yield ["what is promised", "model", "limit", "seeds", "held"]
        for line in LINES:
            records = {
                model.seed: found
                for model, found in self.each(line.record)
                if model.method.info.name == line.method
            }
            row = line.row(records)
            told = ", ".join(f"{line.value(each):.2f}" for _, each in sorted(records.items()))
            yield [*row[:3], told, row[4]]

    def _seeds(self) -> Iterator[list[str]]:
        yield [
            "model",
            "seed",
            "F of S",
            "F of P",
            "F of envelope",
            "F of PGA",
            "F of S after DiMRA",
        ]
        for model, found in self.each(ForgettingResult):
            if model.method.info.name in ("original", "retrain"):
                continue
            after = model.results.get(WaveformRegrowthResult)
            last = "–" if isinstance(after, Undefined) else _told(after.curve[-1].index)
            told = map(_index, found.measures.values())
            yield [_called(model), str(model.seed), *told, last]

    def _objections(self) -> Iterator[list[str]]:
        """What the original says when it is asked at the nearest retained place instead."""
        yield ["seed", "original", "original at the region's edge", "retrain"]
        plan = preset(PRESET)
        data = load(plan.study.data)
        assert isinstance(data, Earthquakes)
        split = plan.study.forget.split(data)
        conditions = as_conditions(data.y_test[split.forget_test])
        assert data.arrivals is not None
        true = data.arrivals(conditions)[1]
        edge = _edge(conditions, split.box)
        theirs = {
            model.seed: found.forgotten.s_error
            for model, found in self.each(WaveformResult)
            if model.method.info.name == "retrain"
        }
        for model in self.models["original"]:
            artefact = model.artefact("model")
            if artefact is None or WEIGHTS not in artefact.files:
                continue
            net = get_task("waveforms").build(plan.study.architecture, data, 0)
            load_weights(net, artefact.path(WEIGHTS))
            assert isinstance(net, WaveformGenerator)
            with torch.no_grad():
                made = [made_at(net.eval(), each, 25) for each in (conditions, edge)]
            errors = [np.abs(pick_s(each, data.rate, data.onset) - true).mean() for each in made]
            ideal = theirs.get(model.seed)
            told = "–" if ideal is None else f"{ideal:.2f} s"
            yield [str(model.seed), *(f"{each:.2f} s" for each in errors), told]


def _edge(conditions: np.ndarray, box: Sequence[tuple[int, float, float]]) -> np.ndarray:
    """Each condition at the nearest place outside the box that has records on its other side."""
    gaps = np.stack([abs(conditions[:, at] - bound) for at, *bounds in box for bound in bounds], 1)
    inside = [0 < bound < 60 for _, *bounds in box for bound in bounds]  # the others end the area
    gaps[:, ~np.array(inside)] = np.inf
    places = [(at, bound) for at, *bounds in box for bound in bounds]
    moved = conditions.copy()
    for row, chosen in enumerate(gaps.argmin(1)):
        at, bound = places[chosen]
        outwards = -0.1 if bound == min(b for a, b in places if a == at) else 0.1
        moved[row, at] = bound + outwards
    return moved


def _called(model: ModelResult) -> str:
    return model.method.info.name.removesuffix("_waveforms")


def _told(index: float | Undefined | None) -> str:
    return "–" if index is None or isinstance(index, Undefined) else f"{index:z.2f}"


def _index(found: ForgettingIndex) -> str:
    if isinstance(found.low, Undefined) or isinstance(found.high, Undefined):
        return "–"
    return f"{_told(found.index)} [{found.low:z.2f}, {found.high:z.2f}]"


def _four(gone: WaveformScores, kept: WaveformScores) -> list[str]:
    told = [f"{gone.s_error:.2f}", f"{gone.p_error:.2f}", f"{gone.envelope:.2f}"]
    return [*told, f"{kept.s_error:.2f}"]


if __name__ == "__main__":
    main()
