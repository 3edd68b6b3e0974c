"""What the evidence adds up to, and studies that are finished."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from ..artefacts import Context, Evidence, Made, get_kind, kinds
from ..artefacts.kind import as_made
from ..artefacts.verdicts import StoredResults, judge_models
from ..common.config import ConfigError
from ..common.json_types import Json
from ..common.progress import Progress
from ..data import Images, Split, probe_set
from ..models import Classifier
from ..study import Store, StudyResult, default_root, shipped_root
from ..study import open_study as open_stored
from ..tasks.classification import ModelOutputs, Observation, observe_blocks
from ..tasks.classification import observe as look
from ..verdict import Verdict
from .models import Model, observe, own_files, working

__all__ = ["judge", "measure", "open_study"]

PARTS = ("forget_train", "retain_train", "forget_test", "retain_test")


def measure(
    model: Model,
    data: Images,
    split: Split,
    kind: str = "evidence",
    *,
    original: Model,
    retrained: Model | None = None,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: Any,
) -> Made:
    """Any kind of artefact of a study, about a model in hand; a kind of your own, too.

    Args:
        model: the model.
        data: the data set.
        split: what was to be forgotten.
        kind: `evidence` (accuracy, collapse, separability, recovery), `blocks` (the same at every
            block), `maps`, `similarity`, `membership`, `relearning`, `inversion`, ...; the command
            `opcviz list attacks` shows them all.
        original: the model before unlearning.
        retrained: the model that never saw the forget data; some kinds compare with it.
        seed: of everything random.
        progress: a progress bar; False for none.
        **settings: of `opcviz.artefacts.Evidence`: `probe`, `maps`, `pictures`, and a dict of
            settings under the name of a kind.

    Returns:
        `result`, the numbers, and `arrays` by file and name.

    Raises:
        ConfigError: for an unknown kind or setting; the known ones are listed.

    Example:
        >>> made = opcviz.measure(unlearned, data, split, original=original, progress=False)
        >>> sorted(made.json())
        ['accuracy', 'collapse', 'entropy', 'recovery', 'separability']
    """
    own_files()
    declared = get_kind(kind)
    if "seeds" in declared.needs:
        raise ConfigError(f"'{kind}' learns from models of several seeds: run it in a study")
    with working(f"{declared.stage} {model.title}", model.network, data, progress) as told:
        bench = _Bench(data, split, Evidence.from_dict(settings), seed, told, original, retrained)
        return bench.made(kind, bench.subject(model))


def judge(
    model: Model,
    data: Images,
    split: Split,
    *,
    original: Model,
    retrained: Model | Sequence[Model],
    seed: int = 0,
    progress: bool | Progress = True,
) -> Verdict:
    """The verdict: is it gone, is that noticeable, is the rest kept?

    Every attack that the rule counts is made on all the models; the rule is `opcviz.verdict`'s, as
    in the laboratory.

    Args:
        model: the unlearned model.
        data: the data set.
        split: what was to be forgotten.
        original: the model before unlearning.
        retrained: models that never saw the forget data, `unlearn(..., "retrain")`: three or more
            of different seeds make a band.
        seed: of everything random.
        progress: a progress bar; False for none.

    Returns:
        `gone`, `noticeable` and `kept`, the `depth` and the `furthest` attacker, `why` in a few
        sentences, the `numbers` that decided, and the `confidence`; without an answer what is
        `missing`; `to_dict()` is JSON-ready.

    Example:
        >>> verdict = opcviz.judge(original, data, split, original=original, retrained=retrained,
        ...                        progress=False)
        >>> verdict.gone
        'no'
    """
    with working(f"judging {model.title}", model.network, data, progress) as told:
        band = [retrained] if isinstance(retrained, Model) else list(retrained)
        if not band:
            raise ValueError(
                "retrained: give at least one retrained model, three or more for a band"
            )
        bench = _Bench(data, split, Evidence(), seed, told, original, band[0])
        mine, first, *anew = (_results(bench, each) for each in (model, original, *band))
    sizes = {part: len(getattr(split, part)) for part in PARTS}
    return judge_models("classification", mine, first, anew, sizes=sizes)


def open_study(name: str, *, store: str | Path | None = None) -> StudyResult:
    """A stored study: yours, or one that comes with the project.

    Args:
        name: its name (`digits`, `digits-random`), or its folder's where several share one.
        store: the folder of results; `$OPCVIZ_STORE` or `~/.opcviz` unless given. Shipped studies
            are found whatever it is.

    Returns:
        `models`, each with `title`, `seed`, `result(kind)` and `arrays(kind, file)`; `to_dict()`
        is what `opcviz show --json` prints.

    Raises:
        StoreError: when there is none of this name, or several; they are listed.

    Example:
        >>> study = opcviz.open_study("digits")
        >>> [model.title for model in study.models][:2]
        ['Original', 'Retrained']
    """
    folder = Path(store) if store else default_root()
    return open_stored(
        Store(folder, (shipped_root(),), warn=lambda text: warnings.warn(text, stacklevel=2)), name
    )


def _results(bench: _Bench, model: Model) -> StoredResults:
    """What the verdict reads of one model."""
    if model.outcome.status != "finished":
        return StoredResults(model.title, model.outcome.status, model.outcome.reason)
    subject = bench.subject(model)
    names = ["evidence"] + [kind.name for kind in kinds("classification") if kind.family]
    if not bench.split.classes:  # of whole classes membership could not tell
        names.append("membership")
    results = {name: bench.made(name, subject).json() for name in names}
    return StoredResults(model.title, "finished", None, results)


class _Bench:
    """The models in hand as kinds of artefact see them; everything is computed once."""

    def __init__(
        self,
        data: Images,
        split: Split,
        evidence: Evidence,
        seed: int,
        progress: Progress,
        original: Model,
        retrained: Model | None,
    ) -> None:
        self.data, self.split, self.evidence = data, split, evidence
        self.seed, self.progress = seed, progress
        self._subjects: dict[int, _Subject] = {}
        self.original = self.subject(original)
        self.retrained = None if retrained is None else self.subject(retrained)
        if self.retrained is not None:
            self.retrained.method = "retrain"
        self.original.method = "original"  # a wrapped network may stand anywhere

    @cached_property
    def probe(self) -> Tensor:
        return probe_set(self.data, self.split, self.evidence.probe)

    def subject(self, model: Model) -> _Subject:
        return self._subjects.setdefault(id(model), _Subject(self, model))

    def made(self, kind: str, subject: _Subject) -> Made:
        declared = get_kind(kind)
        if "retrained" in declared.needs and self.retrained is None:
            raise ConfigError(f"'{kind}' compares with the retrained model: give retrained=")
        context = Context(
            subject=subject,
            original=self.original,
            retrained=self.retrained,
            references=self._references,
            data=self.data,
            split=self.split,
            probe=self.probe,
            evidence=self.evidence,
            seed=self.seed,
            progress=self.progress,
        )
        return as_made(declared, declared.measure(context))

    def _references(self, name: str) -> Sequence[_Subject]:
        known = {"original": self.original, "retrain": self.retrained}[name]
        return [] if known is None else [known]


class _Subject:
    """One of them; see `opcviz.artefacts.Subject`."""

    def __init__(self, bench: _Bench, model: Model) -> None:
        self._bench, self._model, self.seed = bench, model, model.seed
        self.method = model.method

    @property
    def network(self) -> Classifier:
        return self._model.network

    @cached_property
    def outputs(self) -> ModelOutputs:
        return observe(self._model, self._bench.data, progress=self._bench.progress)

    @cached_property
    def blocks(self) -> Mapping[str, ModelOutputs]:
        data, told = self._bench.data, self._bench.progress
        train = observe_blocks(self.network, data.x_train, data.y_train, progress=told)
        test = observe_blocks(self.network, data.x_test, data.y_test, progress=told)
        return {name: ModelOutputs(train[name], test[name]) for name in train}

    @cached_property
    def on_forget_data(self) -> Observation:
        data, rows = self._bench.data, self._bench.split.forget_train
        return look(self.network, data.x_train[rows], data.y_train[rows])

    def stored(self, kind: str) -> _Kept:
        return _Kept(self._bench.made(kind, self))


class _Kept:
    """What was just made, read as if it were stored."""

    def __init__(self, made: Made) -> None:
        self._made = made

    def json(self, name: str = "result.json") -> Json:
        return self._made.json()

    def arrays(self, name: str) -> dict[str, np.ndarray[Any, Any]]:
        return dict(self._made.arrays.get(name, {}))
