"""The tests of membership that a verdict looks at: what each is called, and what it can say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["LIRA", "LOSS", "MEMBERSHIP_JUDGE", "MEMBERSHIP_TESTS", "SHADOWS", "MembershipTest"]

MEMBERSHIP_JUDGE = "membership"
"""The judge of every `Sign` of these tests; its place is the test's name."""

Family = Literal["likelihood ratio", "pairwise ratio", "threshold", "other"]


@dataclass(frozen=True)
class MembershipTest:
    """One test of membership.

    Attributes:
        name: in words, as it stands on screen and in sentences.
        kind: tests of one kind err alike, so that only those of two kinds can bear each other out:
            `likelihood ratio` compares answers with those of models on the same samples,
            `pairwise ratio` also with answers to other data, `threshold` with these alone; `other`
            is whatever somebody brings.
        directed: whether above 0.5 is like training data and below it over-forgotten; the others
            say that the model can be told from retrained ones, in whichever direction.
    """

    name: str
    kind: Family
    directed: bool = True

    def told(self, *, above: bool = True) -> str:
        """What its AUC is of, in words that "with AUC 0.61" follows.

        Args:
            above: whether it lies above that of the models that never saw the pictures.
        """
        if not self.directed:
            return "the model is told from retrained ones by the forgotten pictures"
        if above:
            return "forgotten pictures pass for training data"
        return "forgotten pictures look less familiar than to a model that never saw them"


LIRA = {
    "online": MembershipTest("online LiRA", "likelihood ratio"),
    "calibrated": MembershipTest("calibrated LiRA", "likelihood ratio"),
    "rmia": MembershipTest("RMIA", "pairwise ratio"),
    "offline": MembershipTest("offline LiRA", "likelihood ratio"),
    "distance": MembershipTest("two-sided distance", "likelihood ratio", directed=False),
}
"""By statistic of `LiraResult`."""
SHADOWS = {
    "rmia": MembershipTest("RMIA, shadow models", "pairwise ratio"),
    "likelihood_ratio": MembershipTest("U-LiRA", "likelihood ratio", directed=False),
    "calibrated": MembershipTest("U-LiRA, calibrated", "likelihood ratio", directed=False),
    "offline": MembershipTest("U-LiRA, offline", "likelihood ratio"),
    "distance": MembershipTest("distance, shadow models", "likelihood ratio", directed=False),
}
"""By statistic of `ShadowResult`; those with unlearned models inside have no direction."""
LOSS = MembershipTest("loss threshold", "threshold")
MEMBERSHIP_TESTS = {each.name: each for each in (*LIRA.values(), *SHADOWS.values(), LOSS)}
"""By name."""
