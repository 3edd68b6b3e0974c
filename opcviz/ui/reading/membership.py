"""The membership test that is drawn of a model: one of those that its verdict looks at."""

from __future__ import annotations

from collections.abc import Sequence

from ...artefacts import ModelResults
from ...common.records import defined
from ...results import LiraResult, MembershipResult, ShadowResult, Sign, Signs

__all__ = ["membership_of"]


def membership_of(model: ModelResults, retrained: Sequence[ModelResults]) -> list[Sign]:
    """The strongest test that was made of a model and of all the retrained ones.

    Args:
        model: what is known of it.
        retrained: the same of the models that never saw the data.

    Returns:
        Its sign of the model, then of each retrained one; empty where no test was made of all.
    """
    others = [_signs(each) for each in retrained]
    for key, sign in _signs(model).items():
        band = [found[key] for found in others if key in found]
        if band and len(band) == len(others):
            return [sign, *band]
    return []


def _signs(model: ModelResults) -> dict[tuple[str, str], Sign]:
    """Every test's sign by its key, the strongest first, as the verdict takes them."""
    found = (model.get(ShadowResult), model.get(LiraResult), model.get(MembershipResult))
    made = (each for each in found if defined(each) and isinstance(each, Signs))
    return {sign.key: sign for each in made for sign in each.signs()}
