"""What models answer record by record, and what ignorance answers: tables that need weights.

Written by `benchmarks.earthquakes --seeds-of`. The mean errors in F say neither why a model errs
nor whether two models err alike; here answers are held against each other and against people who
know something, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from opcviz.artefacts.waveforms.subject import shared_noise
from opcviz.attacks.waveforms import WaveformDimra, train_on_retained
from opcviz.data import load
from opcviz.data.earthquakes import Earthquakes, as_conditions, simulator
from opcviz.measures.waveforms import RecordErrors, errors_of, forgetting_index, pick_s
from opcviz.models import load_weights
from opcviz.models.waveforms import WaveformGenerator
from opcviz.results import ForgettingIndex
from opcviz.study import ModelResult, preset
from opcviz.study.trainer import WEIGHTS
from opcviz.tasks import get_task

__all__ = ["ANSWERS", "Answers", "edge_of", "f_of", "joint_interval", "line_error"]

ANSWERS = ("answers", "told", "few", "draws", "returned", "objections")
"""Tables that this module makes."""
USES = (0, 11, 12, 13, 14)
"""Numbers of the noise; the first is that of the study itself."""
STEPS = 25  # of the sampler, as in the study
NEAR = 3.5  # km/s, the speed of S in the simulator's first region
REGION = 1  # the forgotten one's place in `simulator.REGIONS`
TRIES = 200  # choices of a few records
BOOTSTRAP = 1000
LOOKS = (0, 50, 200)
"""Steps of the attack that are told, of those of the study."""


@dataclass
class Answers:
    """Tables about single answers.

    Attributes:
        models: by method, those of all seeds.
    """

    models: Mapping[str, Sequence[ModelResult]]

    def rows(self, name: str) -> Iterator[list[str]]:
        """A table of `ANSWERS`, its head first."""
        made: dict[str, Callable[[], Iterator[list[str]]]] = {
            "answers": self._answers,
            "told": self._told,
            "few": self._few,
            "draws": self._draws,
            "returned": self._returned,
            "objections": self._objections,
        }
        return made[name]()

    @cached_property
    def data(self) -> Earthquakes:
        """The simulated records."""
        found = load(preset("earthquakes").study.data)
        assert isinstance(found, Earthquakes)
        return found

    @cached_property
    def asked(self) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray], np.ndarray]:
        """Forgotten conditions, held-out records, true P and S, and km to the station."""
        split = preset("earthquakes").study.forget.split(self.data)
        ids = split.forget_test[:300]
        conditions = as_conditions(self.data.y_test[ids])
        assert self.data.arrivals is not None
        away = simulator.distances(conditions.astype(np.float64))
        held_out = self.data.x_test[ids, 0].numpy()
        return conditions, held_out, self.data.arrivals(conditions), away

    @cached_property
    def _kept(self) -> dict[tuple[str, int, int], RecordErrors]:
        return {}

    def nets(self, name: str) -> Iterator[tuple[int, WaveformGenerator]]:
        """Models of a method whose weights are there, with their seeds."""
        for model in self.models[name]:
            artefact = model.artefact("model")
            if artefact is None or WEIGHTS not in artefact.files:
                continue
            study = preset("earthquakes").study
            net = get_task("waveforms").build(study.architecture, self.data, 0)
            load_weights(net, artefact.path(WEIGHTS))
            assert isinstance(net, WaveformGenerator)
            yield model.seed, net.eval()

    def errors(self, name: str) -> dict[int, list[RecordErrors]]:
        """By seed, of each draw of `USES`, in the region."""
        for seed, net in self.nets(name):
            for use in USES:
                if (name, seed, use) not in self._kept:
                    self._kept[name, seed, use] = self._of(net, use)
        seeds = sorted({seed for model, seed, _ in self._kept if model == name})
        return {seed: [self._kept[name, seed, use] for use in USES] for seed in seeds}

    def _of(self, net: WaveformGenerator, use: int = 0) -> RecordErrors:
        conditions, held_out, arrivals, _ = self.asked
        made = self._made(net, conditions, use)
        return errors_of(made, held_out, arrivals, self.data.rate, self.data.onset)

    def _made(self, net: WaveformGenerator, conditions: np.ndarray, use: int = 0) -> np.ndarray:
        # the study asks for the forgotten and the others at once: its noise is as long
        kept = self.models["original"][0].artefact("waveforms")
        count = len(conditions) if kept is None else len(kept.arrays("waveforms.npz")["s_shift"])
        noise, phases = (each[: len(conditions)] for each in shared_noise(net, count, use))
        with torch.no_grad():
            made = net.draw(torch.from_numpy(conditions), noise, phases, STEPS)
        return made.numpy()

    def _answer(self, name: str) -> dict[int, np.ndarray]:
        """By seed, when S arrives by a model: the median of the draws, (N,) s."""
        s = self.asked[2][1]
        return {
            seed: s + np.median([draw.s_shift for draw in draws], axis=0)
            for seed, draws in self.errors(name).items()
        }

    # ---- tables -------------------------------------------------------------------------------

    def _answers(self) -> Iterator[list[str]]:
        yield [
            *("model", "seed", "S, s", "own best line, km/s", "about that line, s"),
            *("from S = R/3.5, s", "from the next seed's, s", "from the retrained, s"),
        ]
        true, away = self.asked[2][1], self.asked[3]
        line, ideal = away / NEAR, self._answer("retrain")
        for name in ("original", "retrain", "dimum_waveforms"):
            found = self._answer(name)
            seeds = list(found)
            for seed, answer in found.items():
                speed, about = line_error(away, answer)
                other = found[seeds[(seeds.index(seed) + 1) % len(seeds)]]
                gaps = (answer - line, answer - other, answer - ideal[seed])
                apart = [f"{np.abs(gap).mean():.2f}" if gap.any() else "–" for gap in gaps]
                error = f"{np.abs(answer - true).mean():.2f}"
                told = [error, f"{speed:.2f}", f"{about:.2f}", *apart]
                yield [name.removesuffix("_waveforms"), str(seed), *told]

    def _told(self) -> Iterator[list[str]]:
        yield ["told that the region is", "S, s", "S arrival", "P arrival", "envelope", "PGA"]
        truth = simulator.REGIONS
        others = [each for place, each in enumerate(truth) if place != REGION]
        mean = simulator.Region(
            float(np.mean([each.velocity for each in others])),
            float(np.exp(np.mean(np.log([each.stress_drop for each in others])))),
            float(np.mean([each.q for each in others])),
        )
        people = {
            "as it is": truth[REGION],
            "like its neighbour in the north-east": truth[3],
            "like the south-west": truth[0],
            "like the mean of the three": mean,
            "like the north-west": truth[2],
        }
        conditions, held_out, arrivals, _ = self.asked
        references = [self.errors(name)[0][0] for name in ("original", "retrain")]
        for who, region in people.items():
            regions = list(truth)
            regions[REGION] = region
            try:
                simulator.REGIONS = tuple(regions)  # type: ignore[assignment]
                made = simulator.simulate(conditions.astype(float), np.random.RandomState(5))
            finally:
                simulator.REGIONS = truth
            found = errors_of(made, held_out, arrivals, self.data.rate, self.data.onset)
            by = [f_of(*map(measure, (*references, found))) for measure in MEASURES]
            told = [f"{each.index:z.2f}" for each in by]
            yield [
                who,
                f"{np.abs(found.s_shift).mean():.2f}",
                f"{told[0]}: {by[0].word}",
                *told[1:],
            ]

    def _few(self) -> Iterator[list[str]]:
        yield ["who", "S in the region, s", "median over choices, s", "S elsewhere, s"]
        conditions, _, (_, true), away = self.asked
        split = preset("earthquakes").study.forget.split(self.data)
        known = as_conditions(self.data.y_train).astype(np.float64)
        far = simulator.distances(known)
        picked = pick_s(self.data.x_train[:, 0].numpy(), self.data.rate, self.data.onset)
        gone, kept = split.forget_train.numpy(), split.retain_train.numpy()
        random = np.random.RandomState(0)
        for count in (1, 10):
            chosen = [random.choice(gone, count, replace=False) for _ in range(TRIES)]
            each = [
                np.abs(np.median(picked[ids] / far[ids]) * away - true).mean() for ids in chosen
            ]
            some = f"{count} forgotten record{'s' if count > 1 else ''}"
            told = f"{np.mean(each):.2f}", f"{np.median(each):.2f}"
            yield [f"a line from {some}", *told, "–"]
        others = as_conditions(self.data.y_test[split.retain_test[:900]]).astype(np.float64)
        assert self.data.arrivals is not None
        asked = (
            (conditions, away, true),
            (
                others,
                simulator.distances(others),
                self.data.arrivals(others)[1],
            ),
        )
        slope, start = np.polyfit(far[kept], picked[kept], 1)
        line = [f"{np.abs(start + slope * r - s).mean():.2f}" for _, r, s in asked]
        yield ["one curve, from picked retained records", line[0], "–", line[1]]
        columns = [0, 1, 2, 4, 5]
        for who, pool in (("retained", kept), ("all", np.concatenate([kept, gone]))):
            places = known[pool][:, columns]
            near = []
            for where, _, s in asked:
                at = [int(((places - each) ** 2).sum(1).argmin()) for each in where[:, columns]]
                near.append(f"{np.abs(picked[pool][at] - s).mean():.2f}")
            yield [f"nearest of {who} train records, picked", near[0], "–", near[1]]

    def _draws(self) -> Iterator[list[str]]:
        yield ["model", "seed", "F of S, draw by draw", "records and draws together"]
        references = [self.errors(name) for name in ("original", "retrain")]
        for seed, draws in self.errors("dimum_waveforms").items():
            by = [
                np.abs([each.s_shift for each in found])
                for found in (references[0][seed], references[1][seed], draws)
            ]
            values = [f_of(*each).index for each in zip(*by, strict=True)]
            middle, low, high = joint_interval(*by)
            told = ", ".join(f"{each:.2f}" for each in values)
            yield ["dimum", str(seed), told, f"{middle:.2f} [{low:.2f}, {high:.2f}]"]

    def _returned(self) -> Iterator[list[str]]:
        yield ["model", *("before" if not n else f"{n} steps" for n in LOOKS)]
        split = preset("earthquakes").study.forget.split(self.data)
        for name in self.models:
            for seed, net in self.nets(name):
                if seed:
                    continue
                seen: list[RecordErrors] = []
                config = WaveformDimra()
                train_on_retained(
                    net, self.data, split, lambda m, s=seen: s.append(self._of(m)), config
                )
                told = [
                    f"{np.abs(each.s_shift).mean():.2f} · {each.envelope.mean():.2f} · "
                    f"{each.pga.mean():+.2f} · {np.abs(each.pga).mean():.2f}"
                    for steps, each in zip((0, *config.looks), seen, strict=True)
                    if steps in LOOKS
                ]
                yield [name.removesuffix("_waveforms"), *told]

    def _objections(self) -> Iterator[list[str]]:
        """What the original says when it is asked at the nearest retained place instead."""
        yield [
            *("seed", "original, s", "original at the region's edge, s", "retrain, s"),
            *("retrain from the original at the edge, s", "the same, distance kept, s"),
        ]
        conditions, _, (_, true), away = self.asked
        split = preset("earthquakes").study.forget.split(self.data)
        edge = edge_of(conditions, split.box)
        nearer = away / simulator.distances(edge.astype(np.float64))
        original, retrain = self.errors("original"), self.errors("retrain")
        for seed, net in self.nets("original"):
            made = self._made(net, edge)
            there = pick_s(made, self.data.rate, self.data.onset)
            here, ideal = (found[seed][0].s_shift + true for found in (original, retrain))
            gaps = (here - true, there - true, ideal - true, ideal - there, ideal - there * nearer)
            yield [str(seed), *(f"{np.abs(gap).mean():.2f}" for gap in gaps)]


MEASURES: tuple[Callable[[RecordErrors], np.ndarray], ...] = (
    lambda found: np.abs(found.s_shift),
    lambda found: np.abs(found.p_shift),
    lambda found: found.envelope,
    lambda found: np.abs(found.pga),
)
"""What F is of: S, P, envelope, peak acceleration."""


def f_of(original: np.ndarray, retrained: np.ndarray, model: np.ndarray) -> ForgettingIndex:
    """F of a measure (N,) of three models."""
    return forgetting_index(original, retrained, model)


def line_error(away: np.ndarray, answer: np.ndarray) -> tuple[float, float]:
    """Speed (km/s) of the line of answers (s) against distance (km), and the mean error about it.

    A model that lacks nothing but the region's speed answers on a line of another speed.
    """
    slope, start = np.polyfit(away, answer, 1)
    return float(1 / slope), float(np.abs(answer - start - slope * away).mean())


def joint_interval(
    original: np.ndarray, retrained: np.ndarray, model: np.ndarray
) -> tuple[float, float, float]:
    """Median and 95 % interval of F where records are drawn again, and noise too.

    Args:
        original, retrained, model: (draws, N) errors of the same records; each model's noise is
            drawn by itself.
    """
    random, found = np.random.RandomState(0), []
    draws, count = model.shape
    for _ in range(BOOTSTRAP):
        ids = random.randint(count, size=count)
        a, b, m = (each[random.randint(draws), ids].mean() for each in (original, retrained, model))
        found.append((m - a) / (b - a))
    low, middle, high = np.percentile(found, [2.5, 50, 97.5])
    return float(middle), float(low), float(high)


def edge_of(conditions: np.ndarray, box: Sequence[tuple[int, float, float]]) -> np.ndarray:
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
