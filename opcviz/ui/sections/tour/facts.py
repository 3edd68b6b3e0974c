"""What the chapters of the tour say of a study: every figure from the store, none typed in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NoReturn, TypeVar

import numpy as np

from ....common.records import defined, known
from ....methods import MethodSettings
from ....results import (
    PIXELS,
    AddressResult,
    EvidenceResult,
    GenerationResult,
    InversionSummary,
    MapsResult,
    RegenerationResult,
    Rung,
    StrongestResult,
)
from ....study import ModelResult, StudyResult, list_presets, preset
from ...charts.bands import Band
from ...reading import store_reader as library
from ...reading.contrast import pair_of
from ...reading.references import References
from ...reading.scores import Score, score_of
from ...reading.state import Choices

__all__ = ["Facts", "Lacking", "Library"]

T = TypeVar("T")
CLEARLY = 5.0  # points above one answer for all


class Lacking(Exception):
    """A chapter needs what the store does not hold.

    Args:
        what: is missing, as the end of "This chapter needs".
        study: name of the study that it belongs to.
    """

    def __init__(self, what: str, study: str) -> None:
        super().__init__(what)
        self.what, self.study = what, study


class Library:
    """The studies by the name of their spec, whatever their folders are called.

    Args:
        studies: what there is, by place.
    """

    def __init__(self, studies: dict[str, Choices]) -> None:
        self._places: dict[str, str] = {}
        self._studies = studies
        for place in studies:
            self._places.setdefault(library.study_of(place).study.name, place)
        self._known: dict[str, Facts] = {}

    def __call__(self, name: str) -> Facts:
        """What is known of a study.

        Raises:
            Lacking: when there is none of this name.
        """
        if name not in self._places:
            raise Lacking(f"the study '{name}'", name)
        if name not in self._known:
            place = self._places[name]
            first = self._studies[place].shown
            self._known[name] = Facts(name, library.study_of(place), first)
        return self._known[name]


class Facts:
    """Figures of one study, of each method's model with the lowest seed.

    Visitors add models to a study: what its preset declares comes before what they made, and full
    attacks come before quick ones.

    Every getter raises `Lacking` where the store does not hold the figure.

    Args:
        name: of the study's spec.
        study: as it is stored.
        first: keys of the models that pages open with.
    """

    def __init__(self, name: str, study: StudyResult, first: Sequence[str] = ()) -> None:
        self.name, self.study, self.first = name, study, first
        self.references = References.of(study)

    def model(self, method: str) -> ModelResult:
        """The model that a method made."""
        found = [m for m in self.study.models if m.method.info.name == method]
        return min(found, key=self._rank) if found else self._lack(f"a model of '{method}'")

    def _rank(self, model: ModelResult) -> tuple[bool, bool, int]:
        """The model with the least is the one that the chapters were written of."""
        return model.method not in self._declared, model.suite != "full", model.seed

    @cached_property
    def _declared(self) -> Sequence[MethodSettings]:
        """The settings that the study's preset asks for; none where it has no preset."""
        return preset(self.name).methods if self.name in list_presets() else ()

    def seed(self, method: str) -> str:
        """Which of a method's models the figures are of, as in `seed 0`."""
        return f"seed {self.model(method).seed}"

    def over_seeds(self, method: str, fit: str) -> Band:
        """What a linear map on the last features gets from a method's models of all seeds."""
        made = [m.results for m in self.study.models if m.method.info.name == method]
        scores = [score_of(library.fit_of(results, "fm", fit), fit).value for results in made]
        return Band.of(scores) or self._lack("recovery attacks")

    def title(self, method: str) -> str:
        """How a method is called on the screen."""
        return str(self.model(method).title)

    def keys(self, methods: Sequence[str]) -> tuple[str, ...]:
        """The models that methods made, in the study's order."""
        wanted = {self.model(method).key for method in methods}
        return tuple(m.key for m in self.study.models if m.key in wanted)

    @cached_property
    def deepest(self) -> ModelResult:
        """The model of OPC's family that Start plays, whose verdict goes furthest."""
        key = pair_of(self.study, self.first).right
        return self._have(self.study.model(key) if key else None, "a method of OPC's family")

    @property
    def classes(self) -> Sequence[str]:
        """Names of all classes."""
        return library.samples(self.study)[1].class_names

    @property
    def forgotten(self) -> str:
        """Names of the forgotten classes: `0, 1 and 2`."""
        probe, _ = library.samples(self.study)
        names = [self.classes[c] for c in sorted(probe.forgotten_classes)]
        if not names:
            return "some of the pictures"
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

    def answered(self, method: str) -> float:
        """Percent of the forgotten train pictures that a model names rightly."""
        evidence = self._evidence(method)
        return self._have(known(evidence.accuracy.forget_train), "how the models answer")

    def asked(self, method: str) -> float:
        """Percent of the unseen forgotten pictures that a model names, asked as it is."""
        own = known(self._strongest(method).answers)
        return self._have(own, "how the models answer").recovered

    def score(self, method: str, fit: str) -> Score:
        """What a linear map on the last features gets, fitted on `retain` or on `all`."""
        found = score_of(library.fit_of(self.model(method).results, "fm", fit), fit)
        return found if found.value is not None else self._lack("recovery attacks")

    def recovered(self, method: str, fit: str) -> float:
        """Percent of unseen forgotten pictures that this map gets right."""
        return self._have(self.score(method, fit).value, "recovery attacks")

    def constant(self, method: str, fit: str) -> float:
        """Percent that the best constant answer scores on the same pictures."""
        return self._have(self.score(method, fit).constant, "the constant answer")

    def retrained(self, fit: str) -> Band:
        """What the same map gets from the networks that never saw the data, over all seeds."""
        scores = [
            score_of(library.fit_of(r, "fm", fit), fit).value for r in self.references.retrained
        ]
        return Band.of(scores) or self._lack("a retrained model")

    def pixels(self, method: str, holds: str) -> float:
        """Percent that the best map gets from the pixels, without any network."""
        rung = self._strongest(method).floor(holds)
        return self._have(rung, "attacks on the pixels").attempt.recovered

    def worst(self, method: str, holds: str, place: str | None = None) -> Rung:
        """The attacker who got most, at one place or anywhere in the network."""
        return self._have(self._strongest(method).worst(holds, place), "attacks at every stage")

    def before_last(self, method: str) -> str:
        """The block before the last one, whose output is the last features but for the pooling."""
        places = self._strongest(method).places()
        at = places.index("features") if "features" in places else 0
        return places[at - 2] if at > 2 else self._lack("attacks at every stage")

    def last_open(self, method: str, holds: str) -> Rung | None:
        """The best attacker at the last place where they get clearly more than one answer for all;
        None where they do so nowhere."""
        found = self._strongest(method)
        floor = self._have(known(found.constant), "the constant answer") + CLEARLY
        rungs = [found.worst(holds, place) for place in found.places() if place != PIXELS]
        above = [rung for rung in rungs if rung is not None and rung.attempt.recovered > floor]
        return above[-1] if above else None

    def worst_retrained(self, holds: str, place: str | None = None) -> Band:
        """What the best attackers get from the retrained networks, at one place or anywhere."""

        def most(found: StrongestResult) -> float | None:
            rung = found.worst(holds, place)
            return None if rung is None else rung.attempt.recovered

        found = self.references.band(StrongestResult, most)
        return found or self._lack("attacks on retrained models")

    def narrower(self, method: str, kind: str = "") -> float:
        """How many times narrower the forgotten set is than the kept one.

        Args:
            method: whose model.
            kind: of map; in feature space where empty.
        """
        if not kind:
            ratio = known(self._evidence(method).collapse.radius_ratio)
        else:
            about = self.model(method).results.get(MapsResult)
            drawn = about.maps.get(kind) if defined(about) else None
            ratio = known(drawn.radius_ratio) if drawn else None
        return 1 / ratio if ratio else self._lack("the size of the sets")

    def inversion(self, method: str) -> InversionSummary:
        """What gradient inversion found."""
        about = self.model(method).results.get(InversionSummary)
        return about if defined(about) else self._lack("gradient inversion")

    def from_block(self, method: str, block: str) -> float:
        """How close pictures rebuilt from one block's activations come, dB."""
        found = [b.psnr for b in self.inversion(method).activations if b.block == block]
        return self._have(found[0] if found else None, f"activations of '{block}' inverted")

    def entropy(self, method: str) -> tuple[float, float]:
        """Medians over the forgotten pictures: norm of the logits, and entropy in nats."""
        arrays = self.model(method).arrays("evidence", "entropy.npz")
        if not arrays or not arrays["forget"].any():
            return self._lack("the entropy of every picture")
        part = arrays["forget"]
        norm, nats = (float(np.median(arrays[k][part].astype(float))) for k in ("norm", "entropy"))
        return norm, nats

    def drawn(self, method: str) -> GenerationResult:
        """What a generator draws."""
        about = self.model(method).results.get(GenerationResult)
        return about if defined(about) else self._lack("what its models draw")

    def regrown(self, method: str) -> RegenerationResult:
        """What training on without the forgotten class brings back."""
        about = self.model(method).results.get(RegenerationResult)
        return about if defined(about) else self._lack("attacks that train on")

    def address(self, method: str) -> AddressResult:
        """What a search for another condition brings back."""
        about = self.model(method).results.get(AddressResult)
        return about if defined(about) else self._lack("searches for other conditions")

    def _strongest(self, method: str) -> StrongestResult:
        found = self.model(method).results.get(StrongestResult)
        return found if defined(found) else self._lack("attacks at every stage of the network")

    def _evidence(self, method: str) -> EvidenceResult:
        found = self.model(method).results.get(EvidenceResult)
        return found if defined(found) else self._lack("the evidence of every model")

    def _have(self, value: T | None, what: str) -> T:
        return self._lack(what) if value is None else value

    def _lack(self, what: str) -> NoReturn:
        raise Lacking(what, self.name)
