"""Trains shadow models of a study, and keeps what was seen of each.

    ROOT/studies/<study>/shadows/<method>-<hash>-<forget set>-s<seed>/shadow-<hash>/

They lie beside the study's models and are none of them: no listing shows them. Of an original the
weights are kept, since every method starts from them; of the others only what was asked.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..artefacts.shadow import Arrays, Look, Shadow
from ..common.config import fingerprint
from ..common.json_types import Plain
from ..common.progress import Progress
from ..common.records import Undefined
from ..data import Split
from ..methods import Method, NotDefined, Request
from ..models import load_weights, save_weights
from .failures import OwnFailed, OwnMethodFailed, is_own, unlearn_own
from .store import Artefact, StoreError, write_arrays, write_json

if TYPE_CHECKING:
    from .work import StudyWork

__all__ = ["Shadows"]

SHADOW_VERSION = 1  # raised when an answer changes although its question does not
KIND, ARRAYS, WEIGHTS = "shadow", "seen.npz", "weights.safetensors"
# shadow models share no seed, and so neither start nor order, with the study's own or each other
FIRST_SEED = {"original": 20_000, "retrained": 1_000_000, "unlearned": 2_000_000}
PER_SEED = 1_000


@dataclass(frozen=True)
class Shadows:
    """The shadow models of a study by one method; called, it is a `ShadowTrainer`.

    Attributes:
        runner: the study at work.
        retrained: the method of retrained models.
        method: that made the model under examination.
    """

    runner: StudyWork
    retrained: Method
    method: Method

    def __call__(self, which: Shadow, look: Look, sees: str) -> Arrays | Undefined:
        """What was seen of one model, see `opcviz.artefacts.shadow.ShadowTrainer`."""
        if which.role == "unlearned" and self.runner.study.before is not None:
            return Undefined("shadow models of requests in a row would have to go through all")
        found = self._made(which, look, sees)
        reason: str | None = found.json()["reason"]
        return Undefined(reason) if reason else found.arrays(ARRAYS)

    def _made(self, which: Shadow, look: Look, sees: str) -> Artefact:
        """The stored answer, trained first if it is missing."""
        store, is_original = self.runner.store, which.role == "original"
        by_role = {"original": self.runner.original, "retrained": self.retrained}
        method = by_role.get(which.role, self.method)
        seed = FIRST_SEED[which.role] + which.seed * (1 if is_original else PER_SEED) + which.index
        forgotten = "all" if is_original else _digest(which.forget)
        settings = fingerprint(method.to_dict())[:8]
        name = f"{method.info.name}-{settings}-{forgotten[:8]}-s{seed}"
        place = f"{self.runner.study.place}/shadows/{name}"
        question: dict[str, Plain] = {
            "method": method.info.name,
            "settings": method.to_dict(),
            "forget": forgotten,
            "seed": seed,
            "sees": sees,
            "version": SHADOW_VERSION,
        }
        if found := store.find(place, KIND, question):
            return found
        original = None if is_original else self._original(which, look, sees)
        self._train(method, original, which.forget, seed, place, question, look)
        if found := store.find(place, KIND, question):
            return found
        raise StoreError(f"'{KIND}' of {place} could not be stored")

    def _original(self, which: Shadow, look: Look, sees: str) -> nn.Module:
        found = self._made(Shadow("original", which.forget, which.seed), look, sees)
        if reason := found.json()["reason"]:
            raise StoreError(f"{found.folder}: there is no shadow original: {reason}")
        model = self.runner.build(seed=0)
        load_weights(model, found.path(WEIGHTS))
        return model.eval()

    def _train(
        self,
        method: Method,
        original: nn.Module | None,
        forget: Tensor,
        seed: int,
        place: str,
        question: Mapping[str, Plain],
        look: Look,
    ) -> None:
        """Train one model and keep what is seen of it.

        Raises:
            OwnFailed: when a user's own method raised an error; nothing is kept.
        """
        runner = self.runner
        resume_dir = runner.store.root / "work" / fingerprint([place, question])
        request = Request(
            task=runner.task,
            data=runner.data,
            split=_split(runner.split, forget),
            original=original,
            fresh=lambda: runner.build(seed),
            training=runner.study.training,
            seed=seed,
            progress=_quiet(runner.progress),
            resume_dir=resume_dir,
        )
        model, reason, seconds = None, "", 0.0
        try:
            made = unlearn_own(method, request) if is_own(method) else method.unlearn(request)
            model, outcome = made
            reason, seconds = outcome.reason, outcome.seconds
        except NotDefined as error:
            reason = f"refused: {error}"
        except OwnMethodFailed as error:  # of another forget set: the model itself is there
            cause = error.__cause__ or error
            raise OwnFailed(method.info.name, type(method), cause) from cause
        with runner.store.writing(place, KIND, question) as folder:
            if model is not None and not reason:
                write_arrays(folder / ARRAYS, look(model.eval()))
                if original is None:
                    save_weights(folder / WEIGHTS, model.state_dict(), question)
            result = {"reason": reason or None, "seconds": round(seconds, 3)}
            write_json(folder / "result.json", result)
        shutil.rmtree(resume_dir, ignore_errors=True)


def _digest(forget: Tensor) -> str:
    return hashlib.sha256(forget.cpu().numpy().astype("<i8").tobytes()).hexdigest()[:16]


def _split(of: Split, forget: Tensor) -> Split:
    """Another forget set of samples; all of the test set stays retained."""
    everything = torch.arange(len(of.forget_train) + len(of.retain_train), device=forget.device)
    return replace(
        of, forget_train=forget, retain_train=everything[~torch.isin(everything, forget)]
    )


def _quiet(told: Progress) -> Progress:
    """Asked whether to stop, and tells nothing: the curves on screen are the model's own."""

    def stop() -> bool:
        told.check()
        return False

    return Progress(stop=stop)
