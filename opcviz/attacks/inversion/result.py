"""What gradient inversion found, and its summary for the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor

from ...common.statistics import mean_interval
from ...results import (
    ConfidenceInterval,
    InversionSummary,
    PictureValues,
    RandomGradientScores,
)
from .labels import labels_right
from .scores import mean, plain

__all__ = ["NO_BODY_GRADIENT", "InversionResult", "counted"]

NO_BODY_GRADIENT = "no gradient reaches the body"


def counted(reasons: Sequence[str]) -> str | None:
    """How many of the pictures have which reason; None where none has."""
    counts = {reason: reasons.count(reason) for reason in dict.fromkeys(reasons) if reason}
    told = (f"{n} of {len(reasons)} pictures: {why}" for why, n in counts.items())
    return "; ".join(told) or None


@dataclass(frozen=True, eq=False)
class InversionResult:
    """What M models gave away of P pictures. All tensors lie on the CPU.

    Attributes:
        reconstructions: (M, P, C, H, W) in [0, 1]; NaN where the attack has no target.
        cost: (M, P), final cost of the best restart without total variation; NaN as above.
        gradient_norm, body_gradient_norm: (M, P), ‖g‖ of the target, and of its part in the body.
        steps: (M, P) int64, steps of the search.
        settled: (M, P) bool, whether the search ended because more steps would not help; where it
            ran out of rounds or stalled, the score is a lower bound.
        psnr, ssim: (M, P) against the true pictures; NaN wherever there is a reason.
        reasons: M lists of P strings, empty where all is well.
        frames: (M, F, P, C, H, W), the best restart on its way, F as asked (0: none).
        labels: (M, P) int64, the labels that the search assumed: told or inferred.
        true_labels: (P,) int64.
        batches: (K, batch) positions of the pictures that shared a gradient.
        random: what the attack on R random gradients found, `psnr` and `ssim` (M, R·batch) against
            the pictures and `cost` (M, R); None where none was asked for.
        inferred: whether the labels were read off the gradient.
        frame_steps: after how many steps of the start that led to it each frame was taken; the
            last frame is the reconstruction.
        seconds: wall time of the whole.
    """

    reconstructions: Tensor
    cost: Tensor
    gradient_norm: Tensor
    body_gradient_norm: Tensor
    steps: Tensor
    settled: Tensor
    psnr: Tensor
    ssim: Tensor
    reasons: list[list[str]]
    frames: Tensor
    labels: Tensor
    true_labels: Tensor
    batches: Tensor
    random: dict[str, Tensor] | None = None
    inferred: bool = False
    frame_steps: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def summary(self) -> list[InversionSummary]:
        """One record a model: means over pictures that have a score, and each picture."""
        return [self._of_model(m) for m in range(len(self.reasons))]

    def _of_model(self, m: int) -> InversionSummary:
        reasons = self.reasons[m]
        interval = mean_interval(self.psnr[m].numpy())
        return InversionSummary(
            psnr=mean(self.psnr[m]),
            ssim=mean(self.ssim[m]),
            cost=mean(self.cost[m]),
            gradient_norm=mean(self.gradient_norm[m]),
            psnr_interval=ConfidenceInterval(*interval, "bootstrap") if interval else None,
            per_picture=PictureValues(
                psnr=plain(self.psnr[m]),
                ssim=plain(self.ssim[m]),
                cost=plain(self.cost[m]),
                gradient_norm=plain(self.gradient_norm[m]),
                label=tuple(self.labels[m].tolist()),
                reason=tuple(reason or None for reason in reasons),
                body_gradient_norm=plain(self.body_gradient_norm[m]),
                steps=tuple(self.steps[m].tolist()),
                settled=tuple(self.settled[m].tolist()),
            ),
            reason=counted(reasons),
            random_gradient=self._baseline(m),
            labels_right=self._labels_right(m),
            body_gradient_norm=mean(self.body_gradient_norm[m]),
            without_body_gradient=reasons.count(NO_BODY_GRADIENT),
        )

    def _baseline(self, m: int) -> RandomGradientScores | None:
        if self.random is None:
            return None
        scores = {name: mean(self.random[name][m]) for name in ("psnr", "ssim", "cost")}
        pictures = int(self.random["psnr"][m].isfinite().sum())
        return RandomGradientScores(**scores, pictures=pictures)

    def _labels_right(self, m: int) -> float | None:
        """Over the batches whose gradient could be read."""
        batches = self.batches[self.cost[m][self.batches].isfinite().all(1)]
        if not self.inferred or not len(batches):
            return None
        at = batches.flatten()
        return labels_right(self.labels[m][at], self.true_labels[at], batches.shape[1])
