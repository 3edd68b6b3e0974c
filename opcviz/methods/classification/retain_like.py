"""Retain-like contraction: forget features move onto the distribution of retain features."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import setting
from ...models import Classifier
from ..base import Request, register
from .opc import OPC
from .rows import ROWS_ANEW, renew_rows

__all__ = ["RetainLike"]


@register(
    "opc_retain_like",
    title="OPC, retain-like",
    paper="ours, after Jung, Jung, Bae, Lee 2025, arXiv 2507.07754",
    family="contraction",
    needs="forget retain original",
    summary="CE on retain data + λ·sliced Wasserstein distance of forget to retain features",
    fidelity="ours",
    deviations=(
        "There is no point: the forgotten features are matched to the distribution of the retained "
        "ones, which no paper has.",
    ),
)
@dataclass(frozen=True)
class RetainLike(OPC):
    """`opc` with the settings under which the last features of a forgotten class dissolve.

        loss = CE(m(x_r), y_r) + λ · SW(f(x_f), f(x_r))

    A point names what was sent there: one forgotten class, contracted, is recovered in full and
    lies apart. Spread like the retained features, it is not recovered by an affine map from the
    last features, and linear and nearest-neighbour judges hardly tell it apart there. That is all:
    an RBF-SVM recovers part of it from the same features and nearly all of it from the maps before
    pooling, and tells forgotten from retained pictures by either. The distance is matched only
    while training goes on, and on training pictures, so it wants more steps than contraction to a
    point: many small batches at a high rate.

    What is done to features leaves the original's directions in the last layer, which then names
    forgotten pictures behind a map from pixels; `rows_anew` takes them away before training.
    """

    epochs: int = 40
    lr: float = 0.05
    weight: float = 3.0
    target: str = "features"
    point: str = "retain_like"
    rows_anew: bool = setting(False, ROWS_ANEW, advanced=True, elided=True)

    def start(self, request: Request[Classifier]) -> Classifier:
        """The original, but for the last layer's rows of the forgotten classes if so wanted."""
        model = request.copy_of_original()
        if self.rows_anew:
            renew_rows(model, request)
        return model
