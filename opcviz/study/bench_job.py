"""What the inversion bench asks: which pictures, of which models, searched for in which way.

Nothing here runs a model. The page writes a `BenchJob`, the engine executes it (`bench.execute`),
and both name an answer by the same question, so that none is ever computed twice.

    ROOT/studies/<study>/bench/<model>/bench-<hash>/      what one search found in one model
    ROOT/studies/<study>/means-<hash>/means.npz           the mean training picture of each class
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np

from ..attacks.inversion import Inversion
from ..common.config import Config, ConfigError, setting
from ..common.json_types import Json, Plain
from ..common.records import Record
from .artefact import Artefact, StoreError
from .shapes import fitting

__all__ = [
    "BENCH",
    "BLOCK_ROUNDS",
    "FRAMES",
    "MAX_MODELS",
    "MAX_PICTURES",
    "MEANS",
    "NO_BODY_GRADIENT",
    "RUNNER",
    "SLOPE",
    "BenchJob",
    "Search",
    "bench_arrays",
    "bench_place",
    "means_question",
    "weights_of",
]

RUNNER = "opcviz.study.bench:execute"
"""The function that executes these jobs."""
BENCH, MEANS = "bench", "means"
"""Kinds of artefact: what a search found in a model, and the mean picture of each class."""
MAX_MODELS, MAX_PICTURES = 4, 8
"""At once: what fits into one grid on a projector."""
SLOPE = 0.1
"""What backward lets through of a unit that is off, where that is asked for."""
FRAMES = 24
"""Pictures kept of a search, to be scrubbed through."""
NO_BODY_GRADIENT = "no gradient reaches the body"
"""The reason of a picture that a masked gradient does not give; see `attacks.inversion.result`."""
BLOCK_ROUNDS = 4
"""How often a search from activations goes on at most; see `attacks.inversion.activations`."""
VERSION = 1  # raised when an answer changes although its question does not


@dataclass(frozen=True)
class Search(Config):
    """One way of searching; `block` empty: in the picture's gradient."""

    block: str = setting("", "invert what this block computes instead of the gradient")
    objective: str = setting(
        "cosine",
        "distance of gradients that the search makes small: the angle, or the relative square",
        choices=("cosine", "euclidean"),
    )
    steps: int = setting(
        200, "of the search; of a block up to four times as many", low=1, high=20_000
    )
    restarts: int = setting(2, "starts a picture at most; the best by cost goes on", low=1, high=16)
    start: str = setting(
        "grey", "first start from mid-grey, or all from noise", choices=("grey", "noise")
    )
    slope: bool = setting(
        False, f"where no gradient reaches the body, search once more with slope {SLOPE:g}"
    )
    seed: int = setting(0, "of the noise that searches start from", low=0, high=2**31 - 1)

    @property
    def most_steps(self) -> int:
        """How many steps a picture takes at most."""
        return BLOCK_ROUNDS * self.steps if self.block else self.attack.most_steps

    @property
    def attack(self) -> Inversion:
        """The same as settings of the attack: one round, so that steps are what they say."""
        return Inversion(
            iterations=self.steps,
            rounds=1,
            restarts=self.restarts,
            objective=self.objective,
            start=self.start,
            frames=FRAMES,
            surrogate=0.0,
            activations=False,
        )


@dataclass(frozen=True)
class BenchJob(Record):
    """One run of the bench; `from_dict` raises `ConfigError` for what is no such job.

    Attributes:
        study: its place.
        models: their keys, in the order of rows.
        samples: positions of the pictures in the train set, in the order of columns.
        search: how.
        device: auto, cpu, cuda, cuda:1, mps.
        data_root: where data sets lie, or None for the usual places.
    """

    study: str
    models: tuple[str, ...]
    samples: tuple[int, ...]
    search: Search = field(default_factory=Search)
    device: str = "auto"
    data_root: str | None = None

    def problems(self) -> list[str]:
        """Why it cannot be done, in sentences; what only the models can tell is not among it."""
        found = []
        if not self.samples:
            found.append("No picture is chosen: choose at least one.")
        if len(self.samples) > MAX_PICTURES:
            found.append(
                f"{len(self.samples)} pictures are chosen, and at most {MAX_PICTURES} are searched "
                "for at once."
            )
        if len(set(self.samples)) < len(self.samples):
            found.append("A picture is chosen twice.")
        if not self.models:
            found.append("No model is chosen: choose at least one.")
        if len(set(self.models)) < len(self.models):
            found.append("A model is chosen twice.")
        if len(self.models) > MAX_MODELS:
            found.append(
                f"{len(self.models)} models are chosen, and at most {MAX_MODELS} are searched at "
                "once: take some away."
            )
        return found

    def question(self, weights: str, slope: float = 0.0) -> Mapping[str, Plain]:
        """What is asked of one model.

        Args:
            weights: SHA-256 of its weights file.
            slope: that backward gives to ReLU units that are off.
        """
        search = self.search
        way: Json = {"block": search.block, "steps": search.steps, "frames": FRAMES}
        if not search.block:
            way = {"attack": search.attack.to_dict(), "slope": slope, "seed": search.seed}
        return {"weights": weights, "samples": list(self.samples), **way, "version": VERSION}

    def _written(self) -> Json:
        return {
            "study": self.study,
            "models": list(self.models),
            "samples": list(self.samples),
            "search": self.search.to_dict(),
            "device": self.device,
            "data_root": self.data_root,
        }

    @classmethod
    def _parsed(cls, values: object, strict: bool, where: str) -> Self:
        if not isinstance(values, dict):
            raise ConfigError(f"a job of the bench wants a table, got {values!r}")
        known = [f.name for f in fields(cls)]
        if unknown := [name for name in values if name not in known]:
            raise ConfigError(f"a job of the bench has no '{unknown[0]}'; it has: {known}")
        if not isinstance(values.get("study"), str):
            raise ConfigError("a job of the bench wants a study, by its place")
        models, samples = (values.get(name) for name in ("models", "samples"))
        if not isinstance(models, list) or not all(isinstance(m, str) for m in models):
            raise ConfigError(f"models: wants a list of names, got {models!r}")
        if not isinstance(samples, list) or not all(type(s) is int and s >= 0 for s in samples):
            raise ConfigError(f"samples: wants a list of positions from 0 on, got {samples!r}")
        search = values.get("search") or {}
        if not isinstance(search, dict):
            raise ConfigError(f"search: wants a table of settings, got {search!r}")
        rest = {name: values[name] for name in ("device", "data_root") if name in values}
        return cls(values["study"], tuple(models), tuple(samples), Search.from_dict(search), **rest)


def bench_place(study: str, model: str) -> str:
    """Where what was found in a model lies in the store."""
    return f"{study}/{BENCH}/{model}"


def bench_arrays(kept: Artefact, shape: Sequence[int]) -> dict[str, np.ndarray]:
    """What one search drew: `steps`, `frames`, `psnr`, `ssim`, see `BenchResult`.

    Args:
        kept: the answer.
        shape: (P, C, H, W) of the pictures that were searched for; P alone of no pictures.

    Raises:
        StoreError: when the file is damaged, or its arrays are not of such pictures.
    """
    lengths = dict(zip(("pictures", "channels", "height", "width"), shape, strict=False))
    found, wrong = fitting("bench.npz", kept.arrays("bench.npz"), lengths)
    if wrong:
        path = kept.path("bench.npz")
        raise StoreError(f"{path} is damaged ({'; '.join(wrong)}); a new search makes it anew")
    return found


def weights_of(model: Artefact) -> str:
    """What names a model's weights: the recorded hash of their file; empty where it has none."""
    return str(model.files.get("weights.safetensors", {}).get("sha256", ""))


def means_question(digest: str) -> Mapping[str, Plain]:
    """Of which data the mean pictures are, by their digest."""
    return {"data": digest, "version": VERSION}
