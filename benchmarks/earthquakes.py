"""The figures about earthquakes: the tables of docs/earthquakes.md, from stores.

    python -m opcviz run earthquakes --store FOLDER --seeds 0,1,2
    python -m benchmarks.earthquakes [--store checkpoints] [--docs docs/earthquakes.md]
    OMP_NUM_THREADS=1 python -m benchmarks.earthquakes --seeds-of FOLDER FOLDER … [--docs …]

The second writes the tables about one seed, from the shipped study. The third writes those about
several seeds and those of `earthquake_answers`, from stores that have the models' weights.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from opcviz.common.records import Record, Undefined
from opcviz.results import (
    ForgettingIndex,
    ForgettingResult,
    WaveformRegrowthResult,
    WaveformResult,
    WaveformScores,
)
from opcviz.study import ModelResult, Store, open_study, preset, shipped_root

from .earthquake_answers import ANSWERS, Answers
from .generator_lines import Line
from .readme_tables import TABLE, with_tables

DOCS = Path(__file__).parents[1] / "docs" / "earthquakes.md"
PRESET = "earthquakes"
SEVERAL = ("lines", "seeds", "statistics", *ANSWERS)
"""The tables that are about several seeds, or need weights."""
BORDER = 5.0  # km from the region that count as near it
NEAR_BY = f"S within {BORDER:g} km of it, s"
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
            "statistics": self._statistics,
        }
        answers = Answers(self.models)
        head, *rows = answers.rows(name) if name in ANSWERS else made[name]()
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
        yield [
            "model",
            *("S, s", "P, s", "envelope", "PGA", "S elsewhere, s", "P elsewhere, s"),
            NEAR_BY,
        ]
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
                self._near(model),
            ]

    def _near(self, model: ModelResult) -> str:
        """The S error outside the region and within `BORDER` of it."""
        asked, made = self._asked(), model.artefact("waveforms")
        box = model.study.forget.bounds
        if asked is None or made is None:
            return "–"
        west, east, south, north = box
        x, y = asked["conditions"][:, 0], asked["conditions"][:, 1]
        away = np.hypot(
            np.maximum(0, np.maximum(west - x, x - east)),
            np.maximum(0, np.maximum(south - y, y - north)),
        )
        chosen = ~asked["forgotten"] & (away < BORDER)
        shift = made.arrays("waveforms.npz")["s_shift"][chosen].astype(np.float64)
        return f"{np.abs(shift).mean():.2f}"

    def _asked(self) -> Mapping[str, np.ndarray] | None:
        """What all models of the study were asked for."""
        first = next((each.artefact("waveforms") for each in self.models["original"]), None)
        return None if first is None else first.arrays("conditions.npz")

    def _spectra(self) -> Iterator[list[str]]:
        first = next(self.each(WaveformResult))[1].forgotten
        yield ["model", *(f"{band} Hz" for band in first.spectrum), "0.5 s, 5 %"]
        for model, found in self.each(WaveformResult):
            gone = found.forgotten
            told = [f"{each:+.2f}" for each in gone.spectrum.values()]
            swing = f"{gone.response_bias:+.2f} ± {gone.response_deviation:.2f}"
            yield [_called(model), *told, swing]

    def _forgetting(self) -> Iterator[list[str]]:
        measures = "S arrival", "P arrival", "envelope", "size of PGA's residual"
        yield ["model", *measures, "in a word, by S", "the most"]
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
        heads = (f"{n} steps" if n else "before" for n in steps)
        yield ["model", *heads, "least F after", "S elsewhere"]
        for model, found in self.each(WaveformRegrowthResult):
            told = [
                f"{point.s_error:.2f} · {point.envelope:.2f} · {_told(point.index)}"
                for point in found.curve
            ]
            least = found.least
            lowest = "–" if least is None else f"{_told(least.index)}, {least.steps} steps"
            yield [_called(model), *told, lowest, f"{found.curve[-1].s_retained:.2f}"]

    def _floors(self) -> Iterator[list[str]]:
        bands = "0.5–1 Hz", "4–8 Hz"
        kept_too = "S elsewhere, s", "0.5–1 Hz elsewhere"
        yield ["who", "S, s", "P, s", "envelope", "PGA", *bands, *kept_too]
        original = next(self.each(WaveformResult))[1]
        if not isinstance(original.picker, Undefined):
            picker = original.picker
            both = f"{picker.s_error:.2f}", f"{picker.p_error:.2f}"
            yield ["the pickers on held-out records, everywhere", *both, "1", *("–",) * 5]
        gone, kept = original.floor_forgotten, original.floor_retained
        if not isinstance(gone, Undefined) and not isinstance(kept, Undefined):
            yield ["another simulation of the same source", *_floor(gone, kept)]
        for model, found in self.each(WaveformResult):
            if model.method.info.name in ("original", "retrain"):
                told = _floor(found.codec_forgotten, found.codec_retained)
                yield [f"the autoencoder of {_called(model)}", *told]
        for name, each in original.baselines.items():
            yield [name, f"{each.forgotten:.2f}", *("–",) * 5, f"{each.retained:.2f}", "–"]

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
            "F of PGA's size",
            f"F of S after {self._steps()} steps of DiMRA",
            "least F of S under it",
        ]
        for model, found in self.each(ForgettingResult):
            after = model.results.get(WaveformRegrowthResult)
            last = least = "–"
            if not isinstance(after, Undefined):
                last = _told(after.curve[-1].index)
                least = "–" if after.least is None else _told(after.least.index)
            told = map(_index, found.measures.values())
            if model.method.info.name in ("original", "retrain"):
                told = map(str, "–" * len(found.measures))  # 0 and 1 by what F is
            yield [_called(model), str(model.seed), *told, last, least]

    def _steps(self) -> int:
        """Of the whole attack."""
        return next(self.each(WaveformRegrowthResult))[1].curve[-1].steps

    def _statistics(self) -> Iterator[list[str]]:
        """F of S by other statistics of the same shifts."""
        yield ["model", "seed", *STATISTICS]
        asked, shifts = self._asked(), {}
        for name, models in self.models.items():
            for model in models:
                made = model.artefact("waveforms")
                if asked is not None and made is not None:
                    shift = made.arrays("waveforms.npz")["s_shift"].astype(np.float64)
                    shifts[name, model.seed] = shift[asked["forgotten"]]
        for (name, seed), shift in shifts.items():
            ends = [shifts.get((each, seed)) for each in ("original", "retrain")]
            if name in ("original", "retrain") or ends[0] is None or ends[1] is None:
                continue
            by = [(of(ends[0]), of(ends[1]), of(shift)) for of in STATISTICS.values()]
            told = [f"{(m - a) / (b - a):.2f}" for a, b, m in by]
            yield [name.removesuffix("_waveforms"), str(seed), *told]


STATISTICS: Mapping[str, Callable[[np.ndarray], float]] = {
    "mean error": lambda shift: float(np.abs(shift).mean()),
    "signed bias": lambda shift: float(shift.mean()),
    "median error": lambda shift: float(np.median(np.abs(shift))),
    "root mean square": lambda shift: float(np.sqrt((shift**2).mean())),
}
"""Of the shifts (N,) of S, s; F is (model − original) / (retrained − original) of each."""


def _called(model: ModelResult) -> str:
    return model.method.info.name.removesuffix("_waveforms")


def _told(index: float | Undefined | None) -> str:
    return "–" if index is None or isinstance(index, Undefined) else f"{index:z.2f}"


def _index(found: ForgettingIndex) -> str:
    if isinstance(found.low, Undefined) or isinstance(found.high, Undefined):
        return "–"
    return f"{_told(found.index)} [{found.low:z.2f}, {found.high:z.2f}]"


def _floor(gone: WaveformScores, kept: WaveformScores) -> list[str]:
    told = [f"{gone.s_error:.2f}", f"{gone.p_error:.2f}", f"{gone.envelope:.2f}"]
    strong = gone.pga_bias, gone.spectrum["0.5–1"], gone.spectrum["4–8"]
    kept_too = f"{kept.s_error:.2f}", f"{kept.spectrum['0.5–1']:+.3f}"
    return [*told, *(f"{each:+.3f}" for each in strong), *kept_too]


if __name__ == "__main__":
    main()
