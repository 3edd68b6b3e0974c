"""The inversion bench at work: any pictures, any models of a study, searched for as asked.

Each model's answer is an artefact of its own, named by its question: what is there is not searched
for again, and a run that was cancelled and resumed makes only what is missing.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..artefacts import MODEL
from ..attacks.inversion import flushed_denormals, frozen_copy, invert
from ..attacks.inversion.activations import blocks_of, frame_steps, invert_activations
from ..attacks.inversion.result import NO_BODY_GRADIENT
from ..attacks.inversion.scores import psnr, ssim
from ..common.access import also
from ..common.config import ConfigError
from ..common.devices import pick_device
from ..common.progress import Pictures, Progress, Stage
from ..data import digest
from ..methods import implementation
from ..models import load_weights
from ..results.bench import BenchResult
from .bench_job import (
    BENCH,
    FRAMES,
    SLOPE,
    BenchJob,
    bench_arrays,
    bench_place,
    weights_of,
)
from .means import keep_means
from .opening import open_study
from .paths import check_paths, chosen_before
from .results import StudyResult
from .runner import StudyRunner
from .store import Artefact, Store, StoreError, shipped_root, write_arrays, write_json

__all__ = ["execute"]

LOOKS = 0.25  # seconds between two pictures of a search that is watched


def execute(job: dict[str, object], store: Path, progress: Progress) -> dict[str, object]:
    """Run a job of the engine; `job` is `BenchJob.to_dict()`.

    Returns:
        The study's place and how many answers were made.

    Raises:
        ConfigError: for a job, a device or a block that cannot be used.
        StoreError: when a model has no sound weights.
        Cancelled: when asked to stop.
    """
    asked = BenchJob.from_dict(job)
    if problems := asked.problems():
        raise ConfigError(" ".join(problems))
    where = Store(store, (shipped_root(),))
    study = open_study(where, asked.study)
    with also(chosen_before(where, study.study)):
        check_paths(study.study, asked.data_root)
        return _answered(asked, study, where, progress)


def _answered(
    asked: BenchJob, study: StudyResult, where: Store, progress: Progress
) -> dict[str, object]:
    runner = StudyRunner(
        study.study,
        where,
        pick_device(asked.device),
        data_root=Path(asked.data_root) if asked.data_root else None,
        progress=progress,
    )
    pictures, labels = _pictures(runner, asked)
    keep_means(where, runner.study.place, runner.data, digest(runner.data))
    subjects = []
    for key in asked.models:
        model = study.model(key)
        if model is None:
            raise ConfigError(f"study '{asked.study}' has no model '{key}'")
        kept = runner.find(MODEL, implementation(model.method), model.seed)
        if kept is None or not weights_of(kept):
            why = model.training.reason or "their file is missing or damaged"
            raise StoreError(f"{model.title}: there are no weights to search in: {why}")
        subjects.append(_Subject(key, model.title, weights_of(kept), kept))
    work = _Work(asked, runner, pictures, labels, progress)
    with runner.threads():
        made = work.of_blocks(subjects) if asked.search.block else work.of_gradients(subjects)
    return {"study": asked.study, "made": made}


@dataclass(frozen=True, eq=False)
class _Subject:
    """One model under search: its key, its title, the hash of its weights, where they lie."""

    key: str
    title: str
    weights: str
    kept: Artefact


def _pictures(runner: StudyRunner, asked: BenchJob) -> tuple[Tensor, Tensor]:
    """The pictures (P, C, H, W) in [0, 1] and their labels (P,).

    Raises:
        ConfigError: for samples that are no pictures, or positions behind the last.
    """
    data = runner.data
    if len(data.shape) != 3:
        raise ConfigError(f"the samples of '{data.name}' are no pictures: nothing to rebuild")
    count = len(data.y_train)
    if beyond := [s for s in asked.samples if s >= count]:
        raise ConfigError(f"samples: there is no {beyond[0]}; '{data.name}' has {count}")
    ids = torch.tensor(asked.samples, device=data.y_train.device)
    return data.batch(ids), data.y_train[ids]


class _Work:
    """The searches of one job."""

    def __init__(
        self,
        asked: BenchJob,
        runner: StudyRunner,
        pictures: Tensor,
        labels: Tensor,
        progress: Progress,
    ) -> None:
        self.asked, self.runner = asked, runner
        self.pictures, self.labels, self.progress = pictures, labels, progress

    def of_gradients(self, subjects: Sequence[_Subject]) -> int:
        """Search in the gradients; where none reaches the body once more with a slope, if asked."""
        count = 2 if self.asked.search.slope else 1
        made = self._gradients(subjects, 0.0, 0, count)
        if count == 2:
            silent = [s for s in subjects if NO_BODY_GRADIENT in self._found(s, 0.0).reason]
            made += self._gradients(silent, SLOPE, 1, count)
        return made

    def _gradients(self, subjects: Sequence[_Subject], slope: float, index: int, count: int) -> int:
        """One batch of all models that lack this answer."""
        lacking = [s for s in subjects if not self._kept(s, slope)]
        if not lacking:
            return 0
        self._begin(lacking, index, count)
        attack, began = self.asked.search.attack, time.perf_counter()
        found = invert(
            [self._load(s) for s in lacking],
            self.pictures,
            self.labels,
            attack if not slope else attack.replace(decoys=0),
            slope=slope,
            seed=self.asked.search.seed,
            progress=self.progress,
            watch=self._watch(lacking),
        )
        seconds = (time.perf_counter() - began) / len(lacking)
        for m, (subject, about) in enumerate(zip(lacking, found.summary(), strict=True)):
            each = about.per_picture
            record = BenchResult(
                reason=each.reason,
                gradient_norm=each.gradient_norm,
                body_gradient_norm=each.body_gradient_norm,
                settled=each.settled,
                random_gradient=about.random_gradient.psnr if about.random_gradient else None,
                picture_steps=self.asked.search.most_steps * len(self.pictures),
                seconds=round(seconds, 3),
            )
            final = (found.psnr[m], found.ssim[m])
            self._store(subject, slope, record, found.frame_steps, found.frames[m], final)
        return len(lacking)

    def of_blocks(self, subjects: Sequence[_Subject]) -> int:
        """Invert a block, model by model."""
        search = self.asked.search
        lacking = [s for s in subjects if not self._kept(s, 0.0)]
        for index, subject in enumerate(lacking):
            self._begin([subject], index, len(lacking))
            network, began = self._load(subject), time.perf_counter()
            if search.block not in blocks_of(network):
                there = ", ".join(blocks_of(network)) or "none"
                raise ConfigError(
                    f"{subject.title} has no block '{search.block}'; there are: {there}"
                )
            with flushed_denormals():
                (found,) = invert_activations(
                    frozen_copy(network),
                    self.pictures,
                    search.steps,
                    blocks=[search.block],
                    frames=FRAMES,
                    progress=self.progress,
                    watch=self._watch([subject]),
                )
            record = BenchResult(
                reason=tuple(why or None for why in found.reasons),
                picture_steps=search.most_steps * len(self.pictures),
                seconds=round(time.perf_counter() - began, 3),
            )
            steps = frame_steps(search.steps, FRAMES)
            self._store(subject, 0.0, record, steps, found.frames, None)
        return len(lacking)

    # ---- one model --------------------------------------------------------------------------

    def _place(self, subject: _Subject) -> str:
        return bench_place(self.asked.study, subject.key)

    def _kept(self, subject: _Subject, slope: float) -> Artefact | None:
        question = self.asked.question(subject.weights, slope)
        store, place = self.runner.store, self._place(subject)
        kept = store.find(place, BENCH, question)
        if kept is None:
            return None
        try:
            bench_arrays(kept, self.pictures.shape)
        except StoreError as error:  # whole to the byte, and yet nothing to show: searched again
            store.warn(str(error))
            store.discard(place, BENCH, question)
            return None
        return kept

    def _found(self, subject: _Subject, slope: float) -> BenchResult:
        kept = self._kept(subject, slope)
        if kept is None:
            raise StoreError(f"what was found in {subject.title} could not be stored")
        return kept.record(BenchResult)

    def _load(self, subject: _Subject) -> nn.Module:
        network = self.runner.build(seed=0)
        load_weights(network, subject.kept.path("weights.safetensors"))
        return network.eval()

    def _store(
        self,
        subject: _Subject,
        slope: float,
        record: BenchResult,
        steps: Sequence[int],
        frames: Tensor,
        final: tuple[Tensor, Tensor] | None,
    ) -> None:
        """Keep what was found, with the closeness of every frame (F, P, C, H, W).

        Args:
            subject, slope, record, steps, frames: what was found.
            final: PSNR and SSIM of the pictures found (P,), which the last frame shows; None: to be
                measured on it.
        """
        true = self.pictures.detach().float().cpu()
        void = torch.tensor([why is not None for why in record.reason])
        scores = {}
        for at, (name, measure) in enumerate((("psnr", psnr), ("ssim", ssim))):
            each = torch.stack([measure(frame.nan_to_num(0.5), true) for frame in frames])
            if final is not None:
                each[-1] = final[at]
            scores[name] = torch.where(void, torch.nan, each).numpy().astype(np.float32)
        question = self.asked.question(subject.weights, slope)
        with self.runner.store.writing(self._place(subject), BENCH, question) as folder:
            drawn: dict[str, np.ndarray] = {
                "steps": np.asarray(steps, np.int32),
                "frames": _bytes(frames),
            }
            write_arrays(folder / "bench.npz", {**drawn, **scores})
            write_json(folder / "result.json", record.to_dict(), compact=True)

    # ---- while it runs ----------------------------------------------------------------------

    def _begin(self, subjects: Sequence[_Subject], index: int, count: int) -> None:
        titles = ", ".join(subject.title for subject in subjects)
        self.progress(Stage(BENCH, index, count, titles))

    def _watch(self, subjects: Sequence[_Subject]) -> Callable[[Tensor], None]:
        """Tells the pictures as they stand, a few times a second: (M, P, C, H, W)."""
        told = -LOOKS
        keys = [subject.key for subject in subjects]

        def watch(seen: Tensor) -> None:
            nonlocal told
            now = time.monotonic()
            if now - told < LOOKS:
                return
            told = now
            data = base64.b64encode(_bytes(seen).tobytes()).decode("ascii")
            self.progress(Pictures(keys, data))

        return watch


def _bytes(pictures: Tensor) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Pictures in [0, 1] as uint8; what was not found is grey."""
    drawn: np.ndarray[Any, np.dtype[np.uint8]] = (
        (pictures.detach().nan_to_num(0.5).clamp(0, 1) * 255).round().byte().cpu().numpy()
    )
    return drawn
