"""Does the work of one study: makes what the store does not have yet.

`Laboratory` holds the data of a study and answers for any model of it: its weights, what it
computes, the evidence on it. Each answer is looked up first and computed only when it is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..attacks.membership import scaled_confidence
from ..common.config import fingerprint
from ..common.devices import fitting_threads, flush_denormals
from ..common.memory import PeakMemory
from ..common.progress import Message, Progress
from ..data import Images, Split, digest, load, photo_patches, probe
from ..methods import Iterative, Method, NotDefined, Request, create
from ..models import Classifier, build_classifier, load_weights, save_weights
from ..tasks import get_task
from ..tasks.classification import ModelOutputs, observe
from ..training import Outcome
from .evidence import MAKERS
from .instruments import block_views
from .questions import VERSIONS, question
from .spec import Study, model_place
from .store import Artefact, Store, StoreError, write_json
from .watch import ProbeWatch

__all__ = ["Laboratory"]


class Laboratory:
    """One study at work.

    Args:
        study: the question.
        store: where answers are looked up and kept.
        device: where tensors live.
        seeds: of the plan, for what is learnt from several seeds' models.
        data_root, download: where data sets lie and whether to fetch a missing one, see
            `opcviz.data.load`.
        progress: told what happens, asked whether to stop.
    """

    def __init__(
        self,
        study: Study,
        store: Store,
        device: torch.device,
        *,
        seeds: Sequence[int] = (),
        data_root: Path | None = None,
        download: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.study, self.store, self.device = study, store, device
        self.data_root, self.download = data_root, download
        self.progress = progress or Progress()
        self.original, self.retrained = create("original"), create("retrain")
        self.reference_seeds = tuple(sorted({*seeds, *study.evidence.reference.seeds}))
        flush_denormals()
        self._views: dict[str, ModelOutputs] = {}
        self._blocks: dict[str, dict[str, ModelOutputs]] = {}
        self._models: dict[str, Classifier] = {}
        self._confidence: dict[str, Tensor] = {}

    # ---- data -----------------------------------------------------------------------------

    @cached_property
    def images(self) -> Images:
        """The data set on the device; it must be the one the study began with.

        Raises:
            StoreError: when a file's contents changed since the study's first model.
        """
        images = load(self.study.data, root=self.data_root, download=self.download)
        now = digest(images)
        self.store.write_study(self.study.place, {**self.study.to_dict(), "data_digest": now})
        then = self.store.read_study(self.study.place)["data_digest"]
        if now != then:
            raise StoreError(
                f"the data of study '{self.study.place}' changed since it began (digest {then}, "
                f"now {now}); put the old file back, or give the study another name"
            )
        return images.to(self.device)

    @cached_property
    def split(self) -> Split:
        """Forget and retain positions of the train and the test set."""
        return self.study.forget.split(self.images)

    @cached_property
    def photographs(self) -> Images:
        """Pictures of something else, in the shape of the study's own."""
        return photo_patches(self.images.shape)

    @cached_property
    def probe(self) -> Tensor:
        """Positions of the probe set in the train set; stored with pictures for the screen."""
        size = self.study.evidence.probe
        ids = probe(self.images, self.split, size)
        asked = {"probe": size, "version": VERSIONS["probe"]}
        if not self.store.find(self.study.place, "probe", asked):
            with self.store.writing(self.study.place, "probe", asked) as folder:
                self._write_probe(folder, ids)
        return ids

    def _write_probe(self, folder: Path, ids: Tensor) -> None:
        parts = ("forget_train", "retain_train", "forget_test", "retain_test")
        np.savez_compressed(
            folder / "probe.npz",
            ids=ids.cpu().numpy(),
            pictures=self.images.x_train[ids].cpu().numpy(),
            labels=self.images.y_train[ids].cpu().numpy(),
            forget=torch.isin(ids, self.split.forget_train).cpu().numpy(),
        )
        about = {
            "class_names": list(self.images.class_names),
            "forget_classes": list(self.split.classes),
            "sizes": {part: len(getattr(self.split, part)) for part in parts},
        }
        write_json(folder / "result.json", about)

    @cached_property
    def live(self) -> Tensor:
        """Positions of the samples watched during training; contains the probe set."""
        more = probe(self.images, self.split, self.study.evidence.live)
        return torch.cat([self.probe, more]).unique()

    def threads(self) -> AbstractContextManager[None]:
        """While it lasts, as many threads as this study's network can use."""
        model = build_classifier(self.study.architecture, self.images, seed=0)
        _, height, width = self.images.shape
        return fitting_threads(model, max(height * width, self.study.architecture.resize**2))

    # ---- answers --------------------------------------------------------------------------

    def place(self, method: Method, seed: int) -> str:
        """The model's folder in the store."""
        return model_place(self.study, method, seed)

    def question(self, kind: str, method: Method, seed: int) -> dict[str, Any]:
        """What an artefact answers, beyond the study and the model whose folder it lies in."""
        return question(kind, self.study.evidence, method, seed, self.reference_seeds)

    def find(self, kind: str, method: Method, seed: int) -> Artefact | None:
        """The stored answer, or None."""
        return self.store.find(self.place(method, seed), kind, self.question(kind, method, seed))

    def writing(self, kind: str, method: Method, seed: int) -> AbstractContextManager[Path]:
        """A folder to fill with the answer; see `Store.writing`."""
        place, question = self.place(method, seed), self.question(kind, method, seed)
        return self.store.writing(place, kind, question)

    def make(self, kind: str, method: Method, seed: int) -> Artefact:
        """The stored answer, computed first if it is missing.

        A model that diverged, or was refused, has no evidence: its artefacts say so instead.

        Raises:
            Cancelled: when asked to stop.
            StoreError: when the original diverged, or the answer cannot be kept.
        """
        if found := self.find(kind, method, seed):
            return found
        if kind == "model":
            self._train(method, seed)
        elif not self.refuse(kind, method, seed):
            MAKERS[kind](self, method, seed)
        if found := self.find(kind, method, seed):
            return found
        raise StoreError(f"'{kind}' of {self.place(method, seed)} could not be stored")

    def refuse(self, kind: str, method: Method, seed: int) -> bool:
        """Store an answer that says why there is none, if there is no model."""
        reason = self.refuse_reason(method, seed)
        if reason:
            with self.writing(kind, method, seed) as folder:
                write_json(folder / "result.json", {"reason": reason})
        return bool(reason)

    def refuse_reason(self, method: Method, seed: int) -> str | None:
        """Why there is no model, or None."""
        return self.make("model", method, seed).json()["reason"]

    def classifier(self, method: Method, seed: int) -> Classifier:
        """The trained model in eval mode.

        Raises:
            StoreError: if it diverged, so that there is none.
        """
        key = self.place(method, seed)
        if key not in self._models:
            artefact = self.make("model", method, seed)
            if reason := artefact.json()["reason"]:
                raise StoreError(f"{key}: there is no model: {reason}")
            model = build_classifier(self.study.architecture, self.images, seed=0)
            load_weights(model, artefact.path("weights.safetensors"))
            self._models[key] = model.eval()
        return self._models[key]

    def views(self, method: Method, seed: int) -> ModelOutputs:
        """What the model computes on all train and test pictures.

        Kept for the two references of the seed and for the model asked for last: those of a whole
        study of large networks would not fit into memory.
        """
        key = self.place(method, seed)
        if key not in self._views:
            kept = {self.place(reference, seed) for reference in (self.original, self.retrained)}
            self._views = {place: seen for place, seen in self._views.items() if place in kept}
            model, images = self.classifier(method, seed), self.images
            self._views[key] = ModelOutputs(
                observe(model, images.x_train, images.y_train, progress=self.progress),
                observe(model, images.x_test, images.y_test, progress=self.progress),
            )
        return self._views[key]

    def confidence(self, method: Method, seed: int) -> Tensor:
        """(|D_f|,) scaled confidence of the model on the forget part of the train set."""
        key = self.place(method, seed)
        if key not in self._confidence:
            rows, images = self.split.forget_train, self.images
            model, labels = self.classifier(method, seed), images.y_train[rows]
            seen = observe(model, images.x_train[rows], labels, progress=self.progress)
            self._confidence[key] = scaled_confidence(seen.logits.cpu(), labels.cpu())
        return self._confidence[key]

    def block_views(self, method: Method, seed: int) -> dict[str, ModelOutputs]:
        """The same of every block; the original's are kept, every model is compared with them."""
        key = f"{self.place(method, seed)} blocks"
        if method.info.name != "original":
            return block_views(self, method, seed)
        if key not in self._blocks:
            self._blocks[key] = block_views(self, method, seed)
        return self._blocks[key]

    # ---- training -------------------------------------------------------------------------

    def _train(self, method: Method, seed: int) -> None:
        watched = [self.study.evidence.probe, self.study.evidence.live]  # kept in the file too
        run = [self.place(method, seed), self.question("model", method, seed), watched]
        work = self.store.root / "work" / fingerprint(run)
        memory = PeakMemory(self.device)
        try:
            model, outcome, watch = self._trained(method, seed, work)
        except NotDefined as error:
            with self.writing("model", method, seed) as folder:
                write_json(folder / "result.json", {"status": "refused", "reason": str(error)})
            return
        peak = memory.megabytes
        with self.writing("model", method, seed) as folder:
            if outcome.status == "finished":
                about = self.question("model", method, seed)
                save_weights(folder / "weights.safetensors", model.state_dict(), about)
            trajectory = {k: v.numpy() for k, v in watch.state().items() if k != "values"}
            np.savez_compressed(
                folder / "trajectory.npz", ids=self.probe.cpu().numpy(), **trajectory
            )
            result = {
                "status": outcome.status,
                "reason": outcome.reason or None,
                "seconds": round(outcome.seconds, 3),
                "gradients": outcome.gradients,
                "steps": outcome.step,
                "peak_memory_mb": None if peak is None else round(peak, 1),
                "device": self.device.type,
                "history": watch.history(),
            }
            write_json(folder / "result.json", result, compact=True)
        shutil.rmtree(work, ignore_errors=True)  # the run has its result

    def repeat(self, method: Method, seed: int) -> None:
        """Train a stored model once more, for whoever watches, and say whether it is the same."""
        model, outcome, _ = self._trained(method, seed, None)
        stored = self.make("model", method, seed).json()
        if stored["status"] != outcome.status:
            self._say(f"Trained again: {outcome.status}, the stored run {stored['status']}.")
        elif outcome.status == "finished":
            then = self.classifier(method, seed).state_dict()
            now = model.state_dict()
            apart = max((now[k].double() - then[k].double()).abs().max().item() for k in then)
            self._say(
                "Trained again: every weight equals the stored model's, bit for bit."
                if apart == 0
                else f"Trained again: weights differ from the stored model's by up to {apart:.2g}, "
                "as on other hardware or library versions. The stored model was kept."
            )

    def _say(self, text: str) -> None:
        self.progress(Message(text))

    def _trained(
        self, method: Method, seed: int, work: Path | None
    ) -> tuple[Classifier, Outcome, ProbeWatch]:
        is_original = method.info.name == "original"
        original = None if is_original else self.classifier(self.original, seed)
        epochs = (method if isinstance(method, Iterative) else self.study.training).epochs
        watch = self._watch(original, epochs)
        # the retrained model starts elsewhere: it never knew the original's weights
        start = seed if is_original else seed + 10_007
        request = Request(
            task=get_task("classification"),
            data=self.images,
            split=self.split,
            original=original,
            fresh=lambda: build_classifier(self.study.architecture, self.images, start),
            training=self.study.training,
            seed=seed,
            progress=self.progress,
            watch=watch,
            work=work,
        )
        model, outcome = method.unlearn(request)
        if not watch.values:  # a method without a loop: before and after is all there is to see
            watch(original, 0)
            watch(model, 1)
        return model, outcome, watch

    def _watch(self, original: Classifier | None, epochs: int) -> ProbeWatch:
        reference = None
        if original is not None:
            seen = observe(original, self.images.x_train[self.live], self.images.y_train[self.live])
            reference = (seen, (original.head.weight.detach(), original.head.bias.detach()))
        return ProbeWatch(
            self.images, self.split, self.live, self.probe, reference, self.progress, epochs
        )
