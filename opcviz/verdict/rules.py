"""The thresholds of the verdict, the rule in words, and one comparison with its margin.

Everything is said relative to two references: the retrained model, which is what exact unlearning
would have given, and the best constant answer, which needs no information at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..common.config import Config, setting
from ..common.records import Record
from ..common.statistics import Interval

__all__ = ["VERDICTS", "Check", "Thresholds", "rules"]

VERDICTS = {
    "damaged": "the model lost what it should have kept",
    "not forgotten": "it answers the forget data more like the original than like the retrained",
    "over-forgotten": "it does worse than a model that never saw the data, on them or beside them",
    "shallow": "the answers are gone, but an affine map brings back more than retraining leaves",
    "deep": "nothing more is left than in a model that never saw the data",
    "deep but conspicuous": "nothing more is left, but the features betray what was unlearned",
}


@dataclass(frozen=True)
class Thresholds(Config):
    """Where the verdict draws its lines; our choices, not the literature's."""

    damage: float = setting(
        5.0, "retain test accuracy lost that counts as damage", low=0, high=100, unit="points"
    )
    neighbour: float = setting(
        20.0, "test recall that one retained class may lose", low=0, high=100, unit="points"
    )
    left: float = setting(
        50.0,
        "share of the original's lead over the retrained model that may be left",
        low=0,
        high=100,
        unit="%",
    )
    points: float = setting(
        10.0, "forget accuracy that counts as a difference", low=0, high=50, unit="points"
    )
    apart: float = setting(
        0.1, "AUC (separability, membership) that counts as a difference", low=0, high=0.5
    )
    tighter: float = setting(
        10.0, "contraction of the forget features relative to the retrained model's", low=1
    )
    visible: float = setting(
        0.75, "AUC from which a contracted set can be pointed at", low=0.5, high=1
    )


def rules(t: Thresholds | None = None) -> str:
    """The whole rule as Markdown, as it stands on screen."""
    t = t or Thresholds()
    return f"""\
The first line that applies is the verdict. *Lost* is against the worse of the original and the
retrained model; *recovered* is the best that FM or HR gets of the forget data.

1. **damaged**: retain test accuracy lost is above {t.damage:g} points. (If it is one class alone
   that lost more than {t.neighbour:g} and the others on average no more than {t.damage:g}, line 3.)
2. **not forgotten**: of the original's lead over the retrained model in forget accuracy (or in
   membership AUC, where it was measured) more than {t.left:g} % is left.
3. **over-forgotten**: forget accuracy is more than {t.points:g} points below the retrained model's,
   or one retained class lost more than {t.neighbour:g} points of test recall, or the membership AUC
   (where it was measured) is more than {t.apart:g} below the retrained model's: the forget data are
   treated worse than data never seen, and stand out by it.
4. **shallow**: recovered forget accuracy is more than {t.points:g} points above the retrained
   model's; or the model's own is, and as far above chance.
   Maps fitted on data with forget samples (*all*, *held-out*, *forget*) must also be as far above
   the best constant answer. A map fitted on *retain* data alone never saw a forget sample: it shows
   what is left of the original itself, and only where it gives one constant answer must it beat
   the constant. A fit counts only where the original is recovered at least {2 * t.points:g} points
   better than the retrained model: else it cannot tell them apart. If samples, not classes, were
   forgotten, a difference beyond its interval is enough, and half of it is the line where that is
   less.
5. **deep but conspicuous**: none of the above, and a separability AUC (linear or k-NN) is more than
   {t.apart:g} above the retrained model's; or the forget features are more than {t.tighter:g} times
   tighter than the retrained model's (radius ratio) while an AUC of at least {t.visible:g} lets one
   point at them: no model that merely never saw the data looks like that.
6. **deep**: none of the above. *Like retraining*: recovered as well as from the retrained model,
   whose features, learnt from other data, may tell the forgotten classes apart as well. *Beyond
   retraining*: by every fit that holds forget samples (*forget* data alone included, where it was
   made) more than {t.points:g} points less is recovered than from the retrained model.

Deep is relative on purpose. The retrained model is exact unlearning; its own verdict is *deep, like
retraining*, however much of it an attacker with labelled forget data can rebuild.

Confidence is that of the closest call on the way. *High*: at least half a threshold's width from
the line; *medium*: a fifth; *low*: nearer, or a 95 % interval (where there is one) reaches the
line. Intervals speak of the samples scored; how far another seed moves a figure, only seeds tell.
Where evidence is missing that the lines up to the verdict need, there is none."""


@dataclass(frozen=True)
class Check(Record):
    """One comparison: it holds when the value is above the threshold.

    Attributes:
        name: what is compared.
        value, threshold: in the unit.
        unit: "points", "%", "AUC" or "times".
        margin: signed distance to the threshold in widths of the threshold; > 0 when it holds.
        interval: 95 % of the value, or None.
        says: the figures in words.
    """

    name: str
    value: float
    threshold: float
    unit: str
    margin: float
    says: str
    interval: Interval | None

    @classmethod
    def above(
        cls,
        name: str,
        value: float,
        threshold: float,
        says: str,
        *,
        unit: str = "points",
        width: float | None = None,
        interval: Interval | None = None,
    ) -> Check:
        """A check whose margin counts in `width` (default: the threshold itself)."""
        margin = (value - threshold) / (width or threshold or 1.0)
        return cls(name, value, threshold, unit, margin, says, interval)

    @classmethod
    def times(cls, name: str, value: float, threshold: float, says: str) -> Check:
        """A check of a ratio, whose margin counts in powers of the threshold."""
        margin = math.log(value / threshold) / math.log(max(threshold, 2.0))
        return cls(name, value, threshold, "times", margin, says, None)

    @property
    def holds(self) -> bool:
        """Whether the value is above the threshold."""
        return self.margin > 0

    @property
    def confidence(self) -> int:
        """2: high, 1: medium, 0: low confidence."""
        if self.interval and self.interval[0] <= self.threshold <= self.interval[1]:
            return 0
        return (abs(self.margin) >= 0.2) + (abs(self.margin) >= 0.5)
