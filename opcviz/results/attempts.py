"""What any attack on a model comes down to, so that a verdict can take the worst of them.

Every kind of artefact that attacks says its results in these two records as well: an `Attempt` got
back some of the forgotten data, a `Sign` told forgotten data from retained. Both are scored on
pictures that the attacker was not given, and say how many those were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args, runtime_checkable

from ..common.records import Percent, Record, Share
from ..common.statistics import Interval, wilson
from .membership_tests import MEMBERSHIP_JUDGE, MEMBERSHIP_TESTS, MembershipTest

__all__ = ["HOLDS", "PLANTED", "Attempt", "Attempts", "Sign", "Signs", "View"]

View = Literal["pooled", "unpooled", "whole"]

HOLDS = {
    "nothing": "the model alone, asked as it is",
    "retain": "labelled pictures of what was retained, never a forgotten one",
    "all": "labelled pictures of every class, the forgotten among them",
    "shots": "a few labelled pictures of each forgotten class, and the retained ones",
    "other": "pictures of another data set",
}

PLANTED = {
    "confusion": "of them taken for the other class",
    "trigger": "of them turned to its class",
}
"""Attackers who look for a flaw that was planted in the train set, and what their share is of."""


@dataclass(frozen=True)
class Attempt(Record):
    """One declared attacker's success on one model.

    Attributes:
        attacker: what he does: `answers` (asks the model as it is), `affine`, `rbf`, `mlp` (fits
            such a map), `masked_greatest` and its kin (takes the forgotten class with that logit),
            `own_head` and its kin (lets the model's last layer answer for a map from pixels),
            `slope_affine`, `slope_rbf` (fits such a map on a model whose dead units have a slope),
            `few_shot`, `few_shot_cosine` (takes the nearest class mean, by distance or
            by direction), `relearning` (trains on); `confusion`, `trigger` (asks the model about
            unseen pictures of what was planted).
        place: what he works on: a block's name, or `last 2` for the blocks that he starts anew.
        view: of a block its output `pooled` over positions or `unpooled`; else the `whole` model.
        holds: what he was given, a key of `HOLDS`.
        given: forgotten pictures of each class that he was given; 0 for none.
        recovered: percent of the forgotten pictures that he answers right, none of them given;
            see `of` for those who ask about others.
        scored: how many pictures those are.
        constant: percent that the best constant answer scores.
        settings: the rest of his budget in words, as in "SGD, lr 0.05, 60 steps".
        one_answer: whether nine in ten of the forgotten pictures get the same answer from him:
            right or wrong, luck may have chosen it.
        luck: percent that would be right if the same answers had nothing to do with the pictures,
            where it is known.
        renamed: `recovered` under orders of the forgotten classes' names, the true one first, where
            a model that never saw these classes could as well have had any other; see
            `opcviz.verdict.spread`.
    """

    attacker: str
    place: str
    view: str
    holds: str
    given: int
    recovered: Percent
    scored: int
    constant: Percent
    settings: str = ""
    one_answer: bool = False
    luck: float = 0.0
    renamed: tuple[Percent, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no table of attackers could hold.

        Raises:
            ValueError: for an unknown view or holding.
        """
        if self.view not in get_args(View):
            raise ValueError(f"Attempt.view: '{self.view}' is not one of {get_args(View)}")
        if self.holds not in HOLDS:
            raise ValueError(f"Attempt.holds: '{self.holds}' is not one of {', '.join(HOLDS)}")

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What makes two attempts on two models the same attack."""
        return self.attacker, self.place, self.view, self.holds, self.given

    @property
    def interval(self) -> Interval:
        """95 % of `recovered`, of the pictures scored (Wilson)."""
        return wilson(self.recovered, self.scored)

    @property
    def words(self) -> str:
        """The attacker in words, as in "rbf on stage2, unpooled"."""
        where = self.place if self.view == "whole" else f"{self.place}, {self.view}"
        standardised = "the model's last layer, standardised, behind"
        how = {
            "answers": "asked as it is",
            "masked_greatest": "the greatest logit among the forgotten classes",
            "masked_least": "the least logit among the forgotten classes",
            "masked_greatest_centred": "the greatest centred logit among the forgotten classes",
            "masked_least_centred": "the least centred logit among the forgotten classes",
            "own_head": "the model's last layer behind a map from pixels",
            "own_head_centred": "the model's last layer, centred, behind a map from pixels",
            "own_head_standardised": f"{standardised} a map from pixels",
            "own_head_rbf": f"{standardised} an RBF map from pixels",
            "slope_affine": f"affine on {where}, with a slope for dead units",
            "slope_rbf": f"rbf on {where}, with a slope for dead units",
            "few_shot": f"the nearest class mean on {where}",
            "few_shot_cosine": f"the class mean of most alike direction on {where}",
            "relearning": f"relearning{self._anew}",
            "confusion": "asking about unseen pictures of the confused classes",
            "trigger": "putting the trigger on unseen pictures",
        }
        pictures = "1 picture" if self.given == 1 else f"{self.given} pictures"
        given = {
            "shots": f", from {pictures} of each class" if self.given else "",
            "retain": ", from retained data alone",
        }
        return how.get(self.attacker, f"{self.attacker} on {where}") + given.get(self.holds, "")

    @property
    def _anew(self) -> str:
        """What relearning starts from fresh weights, in words that follow it."""
        count = self.place.removeprefix("last ")
        blocks = {"0": "", "1": " with the last block anew"}
        return blocks.get(count, f" with the last {count} blocks anew")

    @property
    def of(self) -> str:
        """What `recovered` is a share of, in words that follow a percentage."""
        return PLANTED.get(self.attacker, "of the forgotten pictures")


@dataclass(frozen=True)
class Sign(Record):
    """How well one judge tells forgotten data from retained by what the model computes.

    Attributes:
        judge: as in `linear`, `knn`, `rbf`, `boosted`, `membership`.
        place: a block's name, or `logits`; of membership the name of the test.
        auc: 0 to 1, out of sample; 0.5 for telling nothing.
        low, high: 95 % of it.
    """

    judge: str
    place: str
    auc: Share
    low: Share
    high: Share

    @property
    def key(self) -> tuple[str, str]:
        """What makes two signs of two models the same test."""
        return self.judge, self.place

    @property
    def test(self) -> MembershipTest | None:
        """The test of membership that it is the answer of; None of a judge of features."""
        if self.judge != MEMBERSHIP_JUDGE:
            return None
        return MEMBERSHIP_TESTS.get(self.place) or MembershipTest(self.place, "other")


@runtime_checkable
class Attempts(Protocol):
    """A result that says how far attackers came."""

    def attempts(self) -> tuple[Attempt, ...]:
        """Every attempt that was made, the failed ones too."""


@runtime_checkable
class Signs(Protocol):
    """A result that says how well judges tell forgotten data from retained."""

    def signs(self) -> tuple[Sign, ...]:
        """Every judge's answer."""
