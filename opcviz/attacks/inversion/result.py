"""What gradient inversion found, and its summary for the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from ...common.statistics import mean_interval
from .labels import labels_right
from .scores import mean, plain

__all__ = ["InversionResult"]


@dataclass(frozen=True, eq=False)
class InversionResult:
    """What M models gave away of P pictures. All tensors lie on the CPU.

    Attributes:
        reconstructions: (M, P, C, H, W) in [0, 1]; NaN where the attack has no target.
        cost: (M, P), final cost of the best restart without total variation; NaN as above.
        gradient_norm: (M, P), ‖g‖ of the target.
        psnr, ssim: (M, P) against the true pictures; NaN wherever there is a reason.
        reasons: M lists of P strings, empty where all is well.
        frames: (M, F, P, C, H, W), the best restart on its way, F as asked (0: none).
        labels: (M, P) int64, the labels that the search assumed: told or inferred.
        true_labels: (P,) int64.
        batches: (K, batch) positions of the pictures that shared a gradient.
        random: what the attack on R random gradients found, `psnr` and `ssim` (M, R·batch) against
            the pictures and `cost` (M, R); None where none was asked for.
        inferred: whether the labels were read off the gradient.
        frame_steps: after how many steps each frame was taken.
        seconds: wall time of the whole.
    """

    reconstructions: Tensor
    cost: Tensor
    gradient_norm: Tensor
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

    def summary(self) -> list[dict[str, Any]]:
        """One JSON-ready dict a model: means over pictures that have a score, and each picture.

        Keys "psnr" (dB), "ssim", "cost", "gradient_norm" (numbers or None), "psnr_interval"
        (`low`, `high`, `method`: 95 % bootstrap over pictures; None below two), "per_picture" (the
        same four as lists, "label" and "reason"), "reason" (what stands behind a None or a mean
        over fewer pictures, or None), "random_gradient" (the baseline: "psnr", "ssim", "cost" and
        "pictures", how many; or None), "labels_right" (percent of the labels inferred rightly, or
        None where they were told or nothing could be read).
        """
        rows = []
        for m, reasons in enumerate(self.reasons):
            values = {n: getattr(self, n)[m] for n in ("psnr", "ssim", "cost", "gradient_norm")}
            counts = {reason: reasons.count(reason) for reason in dict.fromkeys(reasons) if reason}
            told = "; ".join(f"{n} of {len(reasons)} pictures: {why}" for why, n in counts.items())
            each = {**{n: plain(v) for n, v in values.items()}}
            rows.append(
                {
                    **{n: mean(v) for n, v in values.items()},
                    "psnr_interval": mean_interval(self.psnr[m].numpy()),
                    "per_picture": {
                        **each,
                        "label": self.labels[m].tolist(),
                        "reason": [reason or None for reason in reasons],
                    },
                    "reason": told or None,
                    "random_gradient": self._baseline(m),
                    "labels_right": self._labels_right(m),
                }
            )
        return rows

    def _baseline(self, m: int) -> dict[str, Any] | None:
        if self.random is None:
            return None
        scores = {name: mean(values[m]) for name, values in self.random.items()}
        return {**scores, "pictures": int(self.random["psnr"][m].isfinite().sum())}

    def _labels_right(self, m: int) -> float | None:
        """Over the batches whose gradient could be read."""
        batches = self.batches[self.cost[m][self.batches].isfinite().all(1)]
        if not self.inferred or not len(batches):
            return None
        at = batches.flatten()
        return labels_right(self.labels[m][at], self.true_labels[at], batches.shape[1])
