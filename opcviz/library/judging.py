"""What the evidence adds up to, and studies that are finished."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from torch import Tensor

from ..artefacts import (
    Context,
    Evidence,
    Made,
    ModelResults,
    NotGiven,
    Subject,
    get_kind,
    kinds,
    make_subject,
)
from ..artefacts.verdicts import Known, judge_models
from ..common.config import ConfigError
from ..common.progress import Progress
from ..common.records import Record
from ..data import Images, Split, probe_set
from ..results import TrainingResult
from ..study import Store, StudyResult, default_root, shipped_root
from ..study import open_study as open_stored
from ..tasks import Classification
from ..verdict import Verdict
from .checks import check_seed
from .model import Model, examining
from .models import own_files

__all__ = ["judge", "measure", "open_study"]

R = TypeVar("R", bound=Record)

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
    **settings: object,
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
        DataError: for a split or a model of another data set.
        TypeError, ValueError: for an argument of another type, or a seed outside 0 to 2³²−1.

    Example:
        >>> made = opcviz.measure(unlearned, data, split, original=original, progress=False)
        >>> sorted(made.record.to_dict())
        ['accuracy', 'collapse', 'entropy', 'recovery', 'separability']
    """
    own_files()
    declared = get_kind(kind)
    if "seeds" in declared.needs:
        raise ConfigError(f"'{kind}' learns from models of several seeds: run it in a study")
    seed, models = check_seed(seed), {"model": model, "original": original}
    if retrained is not None:
        models["retrained"] = retrained
    with examining(declared.stage, data, split, progress, **models) as told:
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
    quick: bool = False,
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
        quick: the attacks of the quick suite alone, in a sixth of the time: what they find is
            found, but that nothing is left, or to be seen, they cannot say.
        progress: a progress bar; False for none.

    Returns:
        `gone`, `noticeable` and `kept`, the `depth` and the `furthest` attacker, `why` in a few
        sentences, the `numbers` that decided, and the `confidence`; without an answer what is
        `missing`; `to_dict()` is JSON-ready.

    Raises:
        DataError: for a split or a model of another data set.
        TypeError, ValueError: for an argument of another type, or a seed outside 0 to 2³²−1.

    Example:
        >>> verdict = opcviz.judge(original, data, split, original=original, retrained=retrained,
        ...                        quick=True, progress=False)
        >>> verdict.gone
        'no'
    """
    seed = check_seed(seed)
    band = [retrained] if isinstance(retrained, Model) else list(retrained)
    if not band:
        raise ValueError("retrained: give at least one retrained model, three or more for a band")
    several = len(band) > 1
    named = {f"retrained[{n}]" if several else "retrained": each for n, each in enumerate(band)}
    models = {"model": model, "original": original, **named}
    with examining("judging", data, split, progress, **models) as told:
        evidence = Evidence().in_suite("quick" if quick else "full")
        bench = _Bench(data, split, evidence, seed, told, original, band[0])
        mine, first, *anew = (_results(bench, each) for each in (model, original, *band))
    anew = [replace(each, who=name) for name, each in zip(named, anew, strict=True)]
    sizes = {part: len(getattr(split, part)) for part in PARTS}
    return judge_models("classification", mine, first, anew, sizes=sizes)


def open_study(name: str, *, store: str | Path | None = None) -> StudyResult:
    """A stored study: yours, or one that comes with the project.

    Args:
        name: its name (`digits`, `digits-random`), or its folder's where several share one.
        store: the folder of results; `$OPCVIZ_STORE` or `~/.opcviz` unless given. Shipped studies
            are found whatever it is.

    Returns:
        `models`, each with `title`, `seed`, `result(kind)`, a record, and `arrays(kind, file)`;
        `to_dict()` is what `opcviz show --json` prints.

    Raises:
        StoreError: when there is none of this name, or several; they are listed.

    Example:
        >>> study = opcviz.open_study("digits")
        >>> [model.title for model in study.models if model.seed == 0][:2]
        ['Original', 'Retrained']
        >>> study.models[0].result("evidence").accuracy.forget_train
        100.0
    """
    folder = Path(store) if store else default_root()
    return open_stored(
        Store(folder, (shipped_root(),), warn=lambda text: warnings.warn(text, stacklevel=2)), name
    )


def _results(bench: _Bench, model: Model) -> Known:
    """What the verdict reads of one model."""
    quick = bench.evidence.suite == "quick"
    if model.outcome.status != "finished":
        training = TrainingResult(model.outcome.status, model.outcome.reason)
        return Known(model.title, ModelResults(training), quick=quick)
    subject = bench.subject(model)
    names = ["evidence"] + [kind.name for kind in kinds("classification") if kind.family]
    if not bench.split.classes:  # of whole classes membership could not tell
        names.append("membership")
    asked = [name for name in names if not bench.evidence.leaves_out(get_kind(name))]
    for name in asked:
        subject.expect(name, get_kind(name).looks(bench.evidence))
    answers = {}
    for name in asked:
        with suppress(NotGiven):  # as whose clients left, where all data lie in one place
            answers[name] = bench.made(name, subject).record
        subject.done(name)
    return Known(model.title, ModelResults(TrainingResult("finished"), answers), quick=quick)


class _Bench:
    """The models in hand as kinds of artefact see them; everything is computed once."""

    task = Classification()
    data_root: Path | None = None
    download = False

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
        self._subjects: dict[int, Subject] = {}
        self.original = self.subject(original)
        self.retrained = None if retrained is None else self.subject(retrained)
        if self.retrained is not None:
            self.retrained.method = "retrain"
        self.original.method = "original"  # a wrapped network may stand anywhere

    @cached_property
    def probe(self) -> Tensor:
        return probe_set(self.data, self.split, self.evidence.probe)

    def subject(self, model: Model) -> Subject:
        if id(model) not in self._subjects:
            made = make_subject(
                self,
                model.method,
                model.seed,
                load=lambda: model.network,
                stored=lambda kind: _Kept(self.made(kind, made)),
            )
            self._subjects[id(model)] = made
        return self._subjects[id(model)]

    def made(self, kind: str, subject: Subject) -> Made:
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
        return declared.measure_all([context])[0]

    def _references(self, name: str) -> Sequence[Subject]:
        known = {"original": self.original, "retrain": self.retrained}[name]
        return [] if known is None else [known]


class _Kept:
    """What was just made, read as if it were stored."""

    def __init__(self, made: Made) -> None:
        self._made = made

    def record(self, cls: type[R]) -> R:
        return cls.from_dict(self._made.record.to_dict())

    def arrays(self, name: str) -> dict[str, np.ndarray[Any, Any]]:
        return dict(self._made.arrays.get(name, {}))
