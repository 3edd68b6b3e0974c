"""Does the work of one study: makes the artefacts that the store does not have yet.

`StudyRunner` holds a study's data and gives, for any model of it, the weights, what the model
computes and the artefacts about it. Each is looked up first and computed only when missing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from ..artefacts import MODEL, Context, Kind, Made, NotGiven, Subject, get_kind, make_subject
from ..artefacts.own import check_made
from ..common.devices import fitting_threads, flush_denormals, synchronize
from ..common.json_types import Plain
from ..common.parts import PARTS
from ..common.progress import Cancelled, Progress
from ..data import Data, Split, digest, load, probe_set
from ..methods import Method, create
from ..models import load_weights
from ..tasks import Task, get_task
from .again import UnlearnAgain
from .asking import step_before
from .failures import OwnKindFailed, is_own
from .means import keep_means
from .probe import keep_probe
from .records import describes, recorded_digest
from .shadows import Shadows
from .spec import Study, model_place
from .store import Artefact, Store, StoreError, write_arrays, write_json
from .subjects import Subjects
from .trainer import WEIGHTS, stored_file, train_and_store

__all__ = ["PARTS", "StudyRunner"]

MODEL_VERSION = 1  # raised when an answer changes although its question does not


class StudyRunner:
    """One study at work.

    Args:
        study: the question.
        store: where answers are looked up and kept.
        device: where tensors live.
        seeds: of the plan, for what is learnt from several seeds' models.
        data_root, download: where data sets lie and whether to fetch a missing one, see
            `opcviz.data.load`.
        progress: gets events, cancels the work.
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
        self.study, self.store, self.device = study.pinned(), store, device
        self.data_root, self.download = data_root, download
        self.progress = progress or Progress()
        self.original, self.retrained = create("original"), create("retrain")
        self.reference_seeds = tuple(sorted({*seeds, *study.evidence.reference_seeds}))
        self._prepared = False
        self._subjects = Subjects()
        flush_denormals()

    # ---- data -----------------------------------------------------------------------------

    @cached_property
    def data(self) -> Data:
        """The data set on the device; it must be the one the study began with.

        Raises:
            StoreError: when a file's contents changed since the study's first model.
        """
        loaded = self.study.forget.prepare(
            load(self.study.data, root=self.data_root, download=self.download)
        )
        place, now = self.study.place, digest(loaded)
        then = recorded_digest(self.study, self.store)
        if then not in (None, now):
            raise StoreError(
                f"the data of study '{place}' changed since it began (digest {then}, now "
                f"{now}); put the old file back, or give the study another name"
            )
        return loaded.to(self.device)

    @cached_property
    def split(self) -> Split:
        """Forget and retain positions of the train and the test set."""
        return self.study.forget.split(self.data)

    @cached_property
    def before(self) -> StudyRunner | None:
        """The study of the same requests but the last, at work; None where there is none."""
        return step_before(self)

    @cached_property
    def probe(self) -> Tensor:
        """Positions of the probe set in the train set."""
        return probe_set(self.data, self.split, self.study.evidence.probe)

    @cached_property
    def live(self) -> Tensor:
        """Positions of the samples watched during training; contains the probe set."""
        more = probe_set(self.data, self.split, self.study.evidence.live)
        positions: Tensor = torch.cat([self.probe, more]).unique()
        return positions

    def threads(self) -> AbstractContextManager[None]:
        """While it lasts, as many threads as this study's network can use."""
        positions = math.prod(self.data.shape[1:])
        return fitting_threads(
            self.build(seed=0), max(positions, self.study.architecture.resize**2)
        )

    @property
    def task(self) -> Task:
        """What the study's models do."""
        return get_task(self.study.task)

    def build(self, seed: int) -> nn.Module:
        """A freshly initialised model of the study."""
        return self.task.build(self.study.architecture, self.data, seed)

    def prepare(self) -> None:
        """Record the study, its probe set and mean pictures in the store, before the first answer.

        The screen draws a run with them while it trains.
        """
        if self._prepared:
            return
        place = self.study.place
        evidence = self.study.evidence.in_suite("full")  # of which the quick suite is made
        about = self.study.replace(evidence=evidence).to_dict()
        record = {**about, "data_digest": digest(self.data)}
        self.store.write_study(place, record, lambda known: describes(known, self.study))
        keep_probe(self.store, place, self.data, self.split, self.probe, self.study.evidence.probe)
        keep_means(self.store, place, self.data, record["data_digest"])
        self._prepared = True

    # ---- answers --------------------------------------------------------------------------

    def place(self, method: Method, seed: int) -> str:
        """The model's folder in the store."""
        return model_place(self.study, method, seed)

    def question(self, kind: str, method: Method, seed: int) -> Mapping[str, Plain]:
        """What an artefact answers, beyond the study and the model whose folder it lies in."""
        if kind == MODEL:
            return {
                "method": method.info.name,
                "settings": method.to_dict(),
                "seed": seed,
                "version": MODEL_VERSION,
            }
        declared = get_kind(kind)
        seeds = {"seeds": list(self.reference_seeds)} if "seeds" in declared.needs else {}
        return {**declared.question(self.study.evidence), **seeds}

    def find(self, kind: str, method: Method, seed: int) -> Artefact | None:
        """The stored answer, or None; the failure of a user's own method is none, to be retried."""
        question = self.question(kind, method, seed)
        found = self.store.find(self.place(method, seed), kind, question)
        failed = found and kind == MODEL and is_own(method) and found.json()["status"] == "failed"
        return None if failed else found

    def writing(self, kind: str, method: Method, seed: int) -> AbstractContextManager[Path]:
        """A folder to fill with the answer; see `Store.writing`."""
        place, question = self.place(method, seed), self.question(kind, method, seed)
        own = kind != MODEL and get_kind(kind).own
        return self.store.writing(place, kind, question, get_kind(kind).about() if own else None)

    def make(self, kind: str, method: Method, seed: int) -> Artefact:
        """The stored answer, computed first if it is missing.

        A model that diverged, or was refused, has no evidence: its artefacts say so instead.

        Raises:
            Cancelled: when asked to stop.
            StoreError: when the original diverged, or the answer cannot be kept.
            OwnFailed: when a user's own method or kind of artefact raised an error.
        """
        if found := self.find(kind, method, seed):
            return found
        self.prepare()
        if kind == MODEL:
            train_and_store(self, method, seed)
        else:
            self.measure(get_kind(kind), [method], seed)
        if found := self.find(kind, method, seed):
            return found
        raise StoreError(f"'{kind}' of {self.place(method, seed)} could not be stored")

    def measure(self, kind: Kind, methods: Sequence[Method], seed: int) -> None:
        """Make one kind of artefact about several models of a seed, and store each answer."""
        usable = [method for method in methods if not self._store_refusal(kind, method, seed)]
        if not usable:
            return
        began = time.perf_counter()
        contexts = [self.context(kind, method, seed) for method in usable]
        places = [self.place(method, seed) for method in usable]
        try:
            with self._subjects.examining(places):
                made = self._measure_own(kind, contexts) if kind.own else kind.measure_all(contexts)
        except NotGiven as reason:
            for method in usable:
                self._store_reason(kind, method, seed, str(reason))
            return
        synchronize(self.device)
        for context in contexts:
            context.subject.done(kind.name)
        seconds = (time.perf_counter() - began) / len(usable)  # each model's own part
        for method, answer in zip(usable, made, strict=True):
            self._store_answer(kind, method, seed, answer, seconds)

    def _measure_own(self, kind: Kind, contexts: list[Context]) -> list[Made]:
        """Measure with a user's own kind; an error in it is reported with its line.

        Raises:
            OwnKindFailed: when it raised, or returned what cannot be stored.
        """
        try:
            return check_made(kind, kind.measure_all(contexts), len(contexts))
        except (Cancelled, StoreError, NotGiven):
            raise
        except (Exception, SystemExit) as error:
            raise OwnKindFailed(kind, error) from error

    def _store_answer(
        self, kind: Kind, method: Method, seed: int, made: Made, seconds: float
    ) -> None:
        with self.writing(kind.name, method, seed) as folder:
            for name, content in made.arrays.items():
                write_arrays(folder / name, content)
            for name, write in made.files.items():
                write(folder / name)
            result = {**made.record.to_dict(), "seconds": round(seconds, 3)}
            write_json(folder / "result.json", result, compact=True)

    def _store_refusal(self, kind: Kind, method: Method, seed: int) -> bool:
        """If there is no model, store the reason in place of the artefact; whether that was so."""
        if reason := self.failure(method, seed):
            self._store_reason(kind, method, seed, reason)
        return bool(reason)

    def _store_reason(self, kind: Kind, method: Method, seed: int, reason: str) -> None:
        with self.writing(kind.name, method, seed) as folder:
            write_json(folder / "result.json", {"reason": reason})

    def failure(self, method: Method, seed: int) -> str | None:
        """Why training left no model, or None; the model is trained first if it is missing."""
        reason: str | None = self.make(MODEL, method, seed).json()["reason"]
        return reason

    def load_model(self, method: Method, seed: int) -> nn.Module:
        """The trained model in eval mode, made first if it or its weights are missing.

        Raises:
            StoreError: if it diverged, so that there is none.
        """
        if reason := self.failure(method, seed):
            raise StoreError(f"{self.place(method, seed)}: there is no model: {reason}")
        model = self.build(seed=0)
        load_weights(model, stored_file(self, method, seed, WEIGHTS))
        return model.eval()

    def expect(self, asked: Iterable[tuple[str, Method, int]]) -> None:
        """Learn kind, method and seed of answers to come: one pass over the data serves several."""
        evidence = self.study.evidence
        for name, method, seed in asked:
            if name != MODEL:
                kind, first = get_kind(name), self.place(self.original, seed)
                self._subjects.expect(self.place(method, seed), name, kind.looks(evidence))
                self._subjects.expect(first, f"{name}, beside", kind.looks_beside(evidence))

    def subject(self, method: Method, seed: int) -> Subject:
        """A trained model with all that it computes; of others only the seed's references keep it:
        that of all models of a study would not fit into memory."""
        self._subjects.release({self.place(method, seed), *self._kept(seed)})
        return self._subject(method, seed)

    def _subject(self, method: Method, seed: int) -> Subject:
        return self._subject_at(self.place(method, seed), method, seed)

    def _kept(self, seed: int) -> set[str]:
        """Places of the models whose outputs stay in memory while models of a seed are examined."""
        return {self.place(each, seed) for each in (self.original, self.retrained)}

    def _subject_at(self, place: str, method: Method, seed: int) -> Subject:
        if place not in self._subjects:
            made = make_subject(
                self,
                method.info.name,
                seed,
                load=lambda: self.load_model(method, seed),
                stored=lambda kind: self.make(kind, method, seed),
            )
            self._subjects.enter(place, made)
        return self._subjects[place]

    def context(self, kind: Kind, method: Method, seed: int) -> Context:
        """What a kind of artefact is given about one model."""
        with_retrained = "retrained" in kind.needs and self.failure(self.retrained, seed) is None
        return Context(
            subject=self.subject(method, seed),
            original=self._subject(self.original, seed),
            retrained=self._subject(self.retrained, seed) if with_retrained else None,
            references=self._references,
            data=self.data,
            split=self.split,
            probe=self.probe,
            evidence=self.study.evidence,
            seed=seed,
            progress=self.progress,
            shadow=Shadows(self, self.retrained, method),
            again=UnlearnAgain(self, method, seed),
        )

    def _references(self, name: str) -> list[Subject]:
        method = create(name)
        there = [seed for seed in self.reference_seeds if self.failure(method, seed) is None]
        return [self._subject_at(self.place(method, seed), method, seed) for seed in there]
