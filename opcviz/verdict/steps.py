"""The steps of the verdict: each holds one comparison of a model with its two references."""

from __future__ import annotations

from ..common.statistics import Interval, difference
from ..results import FIT_SETS
from .evidence import OPTIONAL, READ, Missing, Reader, Recovered
from .rules import Check, Thresholds

__all__ = ["Steps"]

MAX_RATIO = 1e6  # a ratio that stands for all above it: JSON has no infinity


class Steps:
    """Three models and the thresholds; a check that lacks a figure raises `Missing`.

    Args:
        model, original, retrained: what is known of them.
        thresholds: where the lines are drawn.
        membership: AUC of the three models, or None.
    """

    def __init__(
        self,
        model: Reader,
        original: Reader,
        retrained: Reader,
        thresholds: Thresholds,
        membership: tuple[float, float, float] | None,
    ) -> None:
        self.model, self.original, self.retrained = model, original, retrained
        self.t, self.membership = thresholds, membership

    @property
    def readers(self) -> tuple[Reader, Reader, Reader]:
        """The model, the original and the retrained."""
        return self.model, self.original, self.retrained

    def lost(self) -> Check:
        """Retain test accuracy against the worse of the two references."""
        ours, of_ours = self.model.accuracy("retain_test")
        references = (r.accuracy("retain_test") for r in (self.original, self.retrained))
        theirs, of_theirs = min(references, key=lambda found: found[0])
        return Check.above(
            "retain test accuracy lost",
            theirs - ours,
            self.t.damage,
            f"{ours:.1f} % of the retained test data are right; the worse of original and "
            f"retrained has {theirs:.1f} %",
            interval=difference(theirs, ours, of_theirs, of_ours),
        )

    def _losses(self) -> dict[str, float]:
        """Test recall lost by class, against the worse reference: forgotten classes lose none."""
        ours, *theirs = (r.recalls() for r in self.readers)
        return {
            name: min(reference[name] for reference in theirs) - value
            for name, value in ours.items()
            if all(name in reference for reference in theirs)
        }

    def neighbour(self) -> Check | None:
        """The class that lost most; None where recall by class is not known."""
        losses = self._losses()
        if not losses:
            return None
        name = max(losses, key=lambda n: losses[n])
        return Check.above(
            "test recall lost by one retained class",
            losses[name],
            self.t.neighbour,
            f"the class that lost most is '{name}', {losses[name]:.1f} points of test recall",
        )

    def one_class_alone(self, neighbour: Check | None) -> bool:
        """Whether the harm is one class's: it lost too much, the others on average did not."""
        if neighbour is None or not neighbour.holds:
            return False
        kept = self.retrained.recalls()
        others = sorted(loss for name, loss in self._losses().items() if kept[name] > 0)[:-1]
        return not others or sum(others) / len(others) <= self.t.damage

    def left(self) -> Check | None:
        """Share of the original's lead that is left; None where there is no lead to speak of."""
        checks = []
        ours, original, retrained = (r.accuracy("forget_train") for r in self.readers)
        lead = original[0] - retrained[0]
        gap = difference(original[0], retrained[0], original[1], retrained[1])
        if self._resolved(lead, gap, self.t.points):
            over = difference(ours[0], retrained[0], ours[1], retrained[1])
            checks.append(
                self._share(
                    "forget accuracy left",
                    ours[0] - retrained[0],
                    lead,
                    f"{ours[0]:.1f} % of the forget data are right; original {original[0]:.1f} %, "
                    f"retrained {retrained[0]:.1f} %",
                    over and (100 * over[0] / lead, 100 * over[1] / lead),
                )
            )
        if self.membership and abs(self.membership[1] - self.membership[2]) >= 0.05:
            mine, first, fresh = self.membership
            checks.append(
                self._share(
                    "membership left",
                    mine - fresh,
                    first - fresh,
                    f"membership AUC {mine:.2f}; original {first:.2f}, retrained {fresh:.2f}",
                    None,
                )
            )
        return max(checks, key=lambda c: c.margin, default=None)

    def _share(
        self, name: str, over: float, lead: float, says: str, interval: Interval | None
    ) -> Check:
        share = 100 * over / lead
        return Check.above(name, share, self.t.left, says, unit="%", interval=interval)

    def _resolved(self, lead: float, interval: Interval | None, least: float) -> bool:
        """Whether the original is far enough from the retrained to place a model between them.

        A model that never saw some samples still answers most of them, so where samples are
        forgotten a small lead counts if it is beyond its interval.
        """
        samples = self.original.of_samples
        return lead >= least or (samples and interval is not None and interval[0] > 0)

    def unresolved(self) -> str:
        """What is missing where the two references answer the forget data alike."""
        original, _ = self.original.accuracy("forget_train")
        retrained, _ = self.retrained.accuracy("forget_train")
        alike = (
            f"the original answers {original:.1f} % of the forget data and the retrained model "
            f"{retrained:.1f} %, too near each other for accuracy to tell"
        )
        if self.membership:
            _, first, fresh = self.membership
            return (
                f"a trace to look for: {alike}, and their membership AUCs are {first:.2f} and "
                f"{fresh:.2f}"
            )
        return f"membership evidence: {alike}"

    def worse(self) -> Check:
        """Forget accuracy below the retrained model's."""
        ours, of_ours = self.model.accuracy("forget_train")
        theirs, of_theirs = self.retrained.accuracy("forget_train")
        return Check.above(
            "forget accuracy below retraining",
            theirs - ours,
            self.t.points,
            f"{ours:.1f} % of the forget data are right; the retrained model, which never saw "
            f"them, has {theirs:.1f} %",
            interval=difference(theirs, ours, of_theirs, of_ours),
        )

    def shunned(self) -> Check | None:
        """Membership AUC below the retrained model's: the forget data look less seen than unseen.

        None where membership was not measured.
        """
        if not self.membership:
            return None
        ours, _, fresh = self.membership
        return Check.above(
            "membership AUC below retraining",
            fresh - ours,
            self.t.apart,
            f"membership AUC {ours:.2f}, retrained {fresh:.2f}: the forget data are treated worse "
            "than data never seen",
            unit="AUC",
        )

    def recovered(self) -> Check:
        """What recovery brings back, by the fit set that comes nearest to showing something.

        Raises:
            Missing: without `all` or `retain`, or where no fit set can tell the references apart.
        """
        checks = [check for fit in (each.name for each in READ) if (check := self._recovery(fit))]
        if not checks:
            raise Missing(
                "evidence behind the answers: recovery attacks get as much from the retrained "
                "model as from the original here, so they cannot tell"
            )
        return max(checks, key=lambda c: c.margin)

    def answers(self) -> Check:
        """What the model itself still answers, above the retrained model and above chance."""
        ours, of_ours = self.model.accuracy("forget_train")
        theirs, of_theirs = self.retrained.accuracy("forget_train")
        original, _ = self.original.accuracy("forget_train")
        chance = 100 / max(len(self.model.recalls()), 2)
        bar, of_bar = (theirs, of_theirs) if theirs > chance else (chance, (chance, chance))
        return Check.above(
            "forget accuracy above retraining and chance",
            ours - bar,
            min(self.t.points, max(original - theirs, 0) / 2),
            f"{ours:.1f} % of the forget data are still right; the retrained model has "
            f"{theirs:.1f} %, chance {chance:.1f} %",
            width=self.t.points,
            interval=difference(ours, bar, of_ours, of_bar),
        )

    def _recovery(self, fit: str) -> Check | None:
        try:
            ours, original, retrained = (r.recovered(fit) for r in self.readers)
        except Missing:
            if fit in OPTIONAL:
                return None
            raise
        lead = original.value - retrained.value
        gap = difference(original.value, retrained.value, original.interval, retrained.interval)
        if not self._resolved(lead, gap, 2 * self.t.points):
            return None
        bar, of_bar = retrained.value, retrained.interval
        beats = f"retrained {retrained.value:.1f} %"
        if fit != "retain" or ours.constant or self._point(ours):
            constant = self.model.constant_predictor()
            beats += f", a constant answer {constant:.1f} %"
            if constant > bar:
                bar, of_bar = constant, (constant, constant)
        return Check.above(
            f"recovered with a map fitted on {FIT_SETS[fit].data}",
            ours.value - bar,
            min(self.t.points, lead / 2),
            f"{ours.value:.1f} % of the forget data are recovered by a map fitted on "
            f"{FIT_SETS[fit].data}; {beats}, original {original.value:.1f} %",
            interval=difference(ours.value, bar, ours.interval, of_bar),
        )

    def _point(self, ours: Recovered) -> bool:
        """Whether one forgotten class is a point: all it can be given is one constant answer."""
        return ours.classes == 1 and self.tighter().holds

    def tighter(self) -> Check:
        """How much tighter the forget features are than the retrained model's."""
        ours = self.model.radius_ratio()
        theirs = self.retrained.radius_ratio()
        return Check.times(
            "tighter than in the retrained model",
            min(max(theirs / ours if ours else MAX_RATIO, 1 / MAX_RATIO), MAX_RATIO),
            self.t.tighter,
            f"forget features are {ours:.2g} times as wide as retain features, in the retrained "
            f"model {theirs:.2g} times",
        )

    def signs(self) -> list[Check]:
        """What betrays the unlearned data: standing apart, or being a point that can be seen."""
        ours, theirs = self.model.aucs(), self.retrained.aucs()
        judges = [judge for judge in ours if judge in theirs]
        if not judges:
            raise Missing("separability of this and the retrained model by the same judge")
        judge = max(judges, key=lambda j: ours[j] - theirs[j])
        apart = Check.above(
            "separability AUC above the retrained model's",
            ours[judge] - theirs[judge],
            self.t.apart,
            f"forget and retain features are told apart with AUC {ours[judge]:.2f} ({judge}), in "
            f"the retrained model with {theirs[judge]:.2f}",
            unit="AUC",
        )
        return [apart, self.tighter()] if max(ours.values()) >= self.t.visible else [apart]

    # ---- how to read a deep verdict -------------------------------------------------------

    def level(self) -> str | None:
        """Whether less is recovered than from the retrained model by every fit on forget data.

        None for one class at a point, where no fit measures anything but the constant answer.
        """
        if self._point(self.model.recovered("all")):
            return None
        beyond = all(
            ours.value < theirs.value - self.t.points for ours, theirs in self._labelled().values()
        )
        return "beyond retraining" if beyond else "like retraining"

    def _labelled(self) -> dict[str, tuple[Recovered, Recovered]]:
        """What this and the retrained model give to attackers who hold labelled forget data.

        Of one class alone a map learns the constant answer, whatever the features are.
        """
        found = {}
        for fit in ("all", *OPTIONAL):
            try:
                ours, theirs = self.model.recovered(fit), self.retrained.recovered(fit)
            except Missing:
                continue
            if fit != "forget" or ours.classes != 1:
                found[fit] = ours, theirs
        return found

    def notes(self) -> list[str]:
        """What else must be known: the attacker with labels, the point that names its class."""
        ours, theirs = self.model.recovered("all"), self.retrained.recovered("all")
        constant = self.model.constant_predictor()
        notes = []
        if ours.classes == 1:
            notes.append(
                "One class is forgotten: a constant answer scores 100 % on it, so only maps fitted "
                "on retained data can tell."
            )
            if self._point(ours) and ours.value > constant / 2:
                notes.append("The forget features are a point, and the point names the class.")
        else:
            notes.append(
                f"With labelled forget data an attacker rebuilds {ours.value:.1f} % here and "
                f"{theirs.value:.1f} % from the retrained model; a constant answer has "
                f"{constant:.1f} %."
            )
            if self.level() == "like retraining" and ours.value > constant + self.t.points:
                notes.append("Features learnt from other data tell these classes apart as well.")
        if self.level() == "beyond retraining":
            if "forget" not in self._labelled() and ours.classes != 1:
                notes.append(
                    "These maps must serve the retained data as well. What an attacker gets who "
                    "knows which data are forgotten, and fits on them alone, was not measured."
                )
            notes += self._earlier_block(ours.value)
        return notes

    def _earlier_block(self, last: float) -> list[str]:
        """What a map still recovers one block before the features."""
        blocks = self.model.model.blocks if self.model.model else ()
        if len(blocks) < 2:
            return []
        block = blocks[-2]
        fit = block.recovery.fm.get("all")
        found = fit.forget_accuracy if fit else None
        if not isinstance(found, float | int) or found <= last + self.t.points:
            return []
        return [
            f"At the block '{block.name}' a map fitted on all train data still recovers "
            f"{found:.1f} %: what is gone is gone from the last features."
        ]
