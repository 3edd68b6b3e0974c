"""A study at work whose models were brought: what is there is examined, what is not says so."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from torch import Tensor, nn

from ..artefacts import MODEL, Kind, Subject, not_given
from ..artefacts.classification.subject import ClassifierSubject
from ..artefacts.monitor import MonitorSetup, make_monitor
from ..common.progress import Progress
from ..data import Data, Split
from ..methods import Method, create
from ..study import Plan, Store, StudyRunner, missing
from ..study.pipeline import Item
from ..study.trainer import keep_model
from .budget import spared
from .case import Case, Opened

__all__ = ["NO_ORIGINAL", "NO_RETRAINED", "AuditRunner"]

NO_ORIGINAL = "the original model was not given"
NO_RETRAINED = "no retrained model was given, and none was to be trained"


class AuditRunner(StudyRunner):
    """The study of an audit.

    Args:
        case: what was brought.
        store: where answers are looked up and kept.
        progress: gets events, cancels the work.
    """

    def __init__(self, case: Case, store: Store, progress: Progress | None = None) -> None:
        super().__init__(case.study, store, case.data.device, seeds=case.seeds, progress=progress)
        self.case = case
        self.brought = create("brought", digest=case.unlearned.sha256[:16])
        self._given = {self.place(method, seed): each for method, seed, each in self._models()}
        self._seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}
        self._to_keep: list[tuple[Method, int, Opened]] = []

    @cached_property
    def data(self) -> Data:
        """The data set, on the device."""
        return self.case.data

    @cached_property
    def split(self) -> Split:
        """Forget and retain positions of the train and the test set."""
        return self.case.split

    def build(self, seed: int) -> nn.Module:
        """A freshly initialised network of the kind that was brought."""
        return self.case.fresh(seed)

    def _models(self) -> list[tuple[Method, int, Opened]]:
        """Which of the study's models were brought; the original is each seed's."""
        case = self.case
        found = [(self.brought, case.seed, case.unlearned)]
        if case.original:
            found += [(self.original, seed, case.original) for seed in case.seeds]
        retrained = zip(case.band, case.of("retrained"), strict=False)
        return found + [(self.retrained, seed, each) for seed, each in retrained]

    def places_of_models(self) -> list[str]:
        """Where each model that was brought is examined, in the case's order."""
        at = iter(self.case.band)
        where = {
            "original": lambda: self.place(self.original, self.case.seed),
            "unlearned": lambda: self.place(self.brought, self.case.seed),
            "retrained": lambda: self.place(self.retrained, next(at)),
        }
        return [where[each.role]() for each in self.case.models]

    def keep_models(self) -> None:
        """Put what was brought into the store; what is there already stays.

        What a model computes is taken from its evidence where that was made before.

        Raises:
            Cancelled: when asked to stop.
        """
        self.prepare()
        for method, seed, opened in self._models():
            self.progress.check()
            if not self.find(MODEL, method, seed):
                self._keep(method, seed, opened)

    def keep_as_seen(self) -> None:
        """From now on put each model into the store as soon as its evidence was made."""
        self.prepare()
        self._to_keep = [m for m in self._models() if not self.find(MODEL, m[0], m[1])]

    def measure(self, kind: Kind, methods: Sequence[Method], seed: int) -> None:
        """Make one kind of artefact, and keep the models that were looked at for it."""
        super().measure(kind, methods, seed)
        if not self._to_keep:
            return
        for place, opened in self._given.items():
            subject = self._subjects.get(place)
            # what no evidence asked for is not made for this alone
            if isinstance(subject, ClassifierSubject) and "seen" in vars(subject):
                train = subject.outputs.train
                rows = self.live.to(train.features.device)
                self._seen[opened.model] = train.features[rows], train.logits[rows]
        waiting, self._to_keep = self._to_keep, []
        for method, at, opened in waiting:
            before = self.case.original or opened
            if {before.model, opened.model} <= self._seen.keys():
                self._keep(method, at, opened)
            else:
                self._to_keep.append((method, at, opened))

    def _keep(self, method: Method, seed: int, opened: Opened) -> None:
        watch = make_monitor(
            MonitorSetup(
                task=self.task,
                data=self.data,
                split=self.split,
                live=self.live,
                probe=self.probe,
                original=None,  # nothing is rebuilt or recovered: nobody trains here
                progress=Progress(),
                epochs=1,
                known=self._seen,  # the original is looked at for every model
            )
        )
        before = self.case.original or opened
        watch(before.model, 0)
        watch(opened.model, 1)
        keep_model(self, method, seed, opened.model, None, watch)

    def items(self) -> list[Item]:
        """The answers that the store lacks, the model under audit first."""
        case, study = self.case, self.study
        settings = [self.brought]
        settings += [self.original] if case.original else []
        settings += [self.retrained] if case.band else []
        found = missing(Plan(study, tuple(settings), (case.seed,)), self)
        for seed in case.band[1:]:
            more = missing(Plan(study, (self.retrained,), (seed,)), self)
            found += [item for item in more if item.method == self.retrained]
        return [item for item in dict.fromkeys(found) if self._can(item)]

    def _can(self, item: Item) -> bool:
        if item.kind in self.case.without:
            return False
        if item.kind == MODEL:
            return (
                item.method == self.retrained
                and item.seed in self.case.band[len(self.case.of("retrained")) :]
            )
        if item.method == self.original:
            asked = item.kind not in spared(self.study.evidence) and item.seed == self.case.seed
            return asked and self.case.original is not None
        return item.method != self.retrained or item.seed in self.case.band

    def failure(self, method: Method, seed: int) -> str | None:
        """Why there is no such model, or None; what is to be trained is trained first."""
        if method == self.original and self.case.original is None:
            return NO_ORIGINAL
        if method == self.retrained and seed not in self.case.band:
            return NO_RETRAINED
        if self.place(method, seed) in self._given:
            return None  # it is in memory, whether or not it is stored yet
        return super().failure(method, seed)

    def load_model(self, method: Method, seed: int) -> nn.Module:
        """A model in eval mode: as it was brought, or as it was trained here."""
        opened = self._given.get(self.place(method, seed))
        return opened.model if opened else super().load_model(method, seed)

    def _subject(self, method: Method, seed: int) -> Subject:
        """A model with all that it computes; the original is one for all seeds."""
        if method == self.original:
            if self.case.original is None:
                return not_given(method.info.name, NO_ORIGINAL)
            seed = self.case.seed
        return super()._subject(method, seed)

    def _kept(self, seed: int) -> set[str]:
        return {
            self.place(self.original, self.case.seed),
            self.place(self.retrained, seed),
        }

    def _references(self, name: str) -> list[Subject]:
        if name == self.original.info.name:
            given = self.case.original is not None
            return [self._subject(self.original, self.case.seed)] if given else []
        return super()._references(name)
