"""Is the rest kept? One of the three questions of the verdict; see `questions`."""

from __future__ import annotations

from ..common.statistics import difference
from .check import Check
from .dossier import Band, Dossier, Missing
from .words import Thresholds

__all__ = ["KeptQuestions"]


class KeptQuestions:
    """What the model lost of what it should have kept, beside the original and the band."""

    model: Dossier
    original: Dossier | None
    band: Band
    t: Thresholds

    def lost(self) -> Check:
        """Retain test accuracy against the worst of the original and the band.

        A planted flaw may have cost the original some: then the band alone is the measure.
        """
        ours, of_ours = self.model.part("retain_test")
        references, who = self.band.accuracy("retain_test"), "retrained"
        if self._sound is not None:
            references = [self._sound.part("retain_test"), *references]
            who = "original and retrained" if self.band.models else "original"
        if not references:
            raise Missing("a retrained model: the original is flawed itself")
        theirs, of_theirs = min(references, key=lambda found: found[0])
        return Check.above(
            "retain test accuracy lost",
            theirs - ours,
            self.t.damage,
            (
                f"{ours:.1f} % of the retained test data are right",
                f"{who if who == 'original' else f'the worst of {who}'} has {theirs:.1f} %",
            ),
            interval=difference(theirs, ours, of_theirs, of_ours),
        )

    @property
    def _sound(self) -> Dossier | None:
        """The original, where it can be a measure of the rest."""
        return None if self.original is None or self.original.flawed else self.original

    def neighbour(self) -> Check | None:
        """The class that lost most; None where recall by class is not known."""
        losses = self._losses()
        if not losses:
            return None
        name = max(losses, key=lambda each: losses[each])
        return Check.above(
            "test recall lost by one retained class",
            losses[name],
            self.t.neighbour,
            f"class '{name}' lost most, {losses[name]:.1f} points of test recall",
        )

    def one_class_alone(self, neighbour: Check | None) -> bool:
        """Whether the harm is one class's: it lost too much, the others on average did not."""
        if neighbour is None or not neighbour.holds:
            return False
        kept = self.band.models[0].recalls()
        others = sorted(loss for name, loss in self._losses().items() if kept[name] > 0)[:-1]
        return not others or sum(others) / len(others) <= self.t.damage

    def _losses(self) -> dict[str, float]:
        """Test recall lost by class, against the worst reference: forgotten classes lose none.

        They would without a band: then there is nothing to say.
        """
        if not self.band.models:
            return {}
        first = [self._sound] if self._sound else []
        references = [model.recalls() for model in (*first, *self.band.models)]
        return {
            name: min(each[name] for each in references) - value
            for name, value in self.model.recalls().items()
            if all(name in each for each in references)
        }
