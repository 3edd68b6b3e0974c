"""Two rules of the nearest class mean, in a space where retained classes are round.

The space: numbers that do not vary over the retained train pictures beyond rounding are left out,
every other one is divided by its deviation within the retained classes (one that varies only
between them by its deviation over all), and the rest is whitened by S, the covariance within the
retained classes (pooled), shrunk by as much as Ledoit and Wolf (2004) find best:
S_λ = (1 − λ)·S + λ·trace(S)/d·I. So neither the unit of the features nor that of any one of them
changes an answer.

* `nearest`: the class under which a picture z is likeliest when all classes are normal with
  covariance S and their means are known from n pictures each: a new picture then lies around the
  mean of those with covariance (1 + 1/n)·S. That is −½·‖z − m‖²/(1 + 1/n) − ½·ν·ln(1 + 1/n),
  with equal priors, distances in the whitened space, and ν = trace(S_λ⁻¹·S) for the number of
  directions that the noise fills. Without this, a mean of one picture lies ν farther from every
  picture of its class than a true mean does, and a forgotten class loses to retained ones.
* `cosine`: the class whose mean lies in the direction of z, both seen from the mean of the retained
  classes' means. How far a class lies does not count; a noisy mean points where its class lies.

That there are these two was chosen on the study `digits-one`: there `nearest` restores most from
late blocks of most models, and `cosine` sets unlearned models furthest apart from retrained ones.
Fixed shrinkages of 0.01 to 0.3 change little.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..strongest.maps import RESOLUTION

__all__ = ["Whitened"]

LEAST = 1e-6
"""Of the shrinkage: of many pictures it may be found to be 0, and S may have no inverse."""


@dataclass(frozen=True, eq=False)
class Whitened:
    """The whitened space, and the retained classes in it.

    Attributes:
        kept: (d,) which numbers vary.
        mean, deviation: (k,) float64 of those; see the top of this file.
        root: (k, k) lower Cholesky factor of S_λ.
        means: (R, k) of the retained classes, whitened.
        sizes: (R,) pictures that each of them is the mean of.
        noise: ν.
        shrinkage: λ.
    """

    kept: Tensor
    mean: Tensor
    deviation: Tensor
    root: Tensor
    means: Tensor
    sizes: Tensor
    noise: float
    shrinkage: float

    @classmethod
    def by(cls, features: Tensor, labels: Tensor) -> Whitened | None:
        """The space of retained pictures; None where nothing varies among them.

        Args:
            features: (n, d) finite, of retained train pictures.
            labels: (n,) int64 of theirs.
        """
        from sklearn.covariance import ledoit_wolf_shrinkage

        x = features.double()
        mean, total = x.mean(0), x.std(0, correction=0)
        kept = total > RESOLUTION * mean.abs()
        if not kept.any():
            return None
        mean, total = mean[kept], total[kept]
        x = x[:, kept] - mean
        _, place, sizes = labels.unique(return_inverse=True, return_counts=True)
        means = x.new_zeros(len(sizes), x.shape[1]).index_add_(0, place, x) / sizes[:, None]
        x -= means[place]  # what varies within a class
        inside = x.square().mean(0).sqrt()
        rounding = RESOLUTION * torch.maximum(mean.abs(), total)
        deviation = torch.where(inside > rounding, inside, total)
        x /= deviation
        means = means / deviation
        within = x.T @ x / len(x)
        size = within.diagonal().mean()
        one = torch.eye(len(within), dtype=x.dtype)
        if size < RESOLUTION**2:  # all pictures of a class look alike: nothing to whiten by
            within, size, shrinkage = one, one.new_tensor(1.0), 0.0
        else:
            found = ledoit_wolf_shrinkage((x / size.sqrt()).numpy(), assume_centered=True)
            shrinkage = max(float(found), LEAST)
        root = torch.linalg.cholesky((1 - shrinkage) * within + shrinkage * size * one)
        noise = torch.cholesky_solve(within, root).trace().item()
        return cls(kept, mean, deviation, root, _solve(root, means), sizes, noise, shrinkage)

    def __call__(self, features: Tensor) -> Tensor:
        """(m, d) to (m, k) float64, whitened."""
        return _solve(self.root, (features[:, self.kept].double() - self.mean) / self.deviation)

    def answers(self, rule: str, seen: Tensor, given: Tensor, shots: int) -> Tensor:
        """Which class each picture is answered with, for several draws of the pictures given.

        Args:
            rule: `nearest` or `cosine`.
            seen: (m, k) whitened pictures that are asked about.
            given: (draws, F, k) whitened means of the forgotten classes.
            shots: pictures that each of these is the mean of.

        Returns:
            (draws, m): 0 to R − 1 for the retained classes, from R on for the forgotten ones.

        Raises:
            KeyError: for another rule.
        """
        draws, classes, _ = given.shape
        score = {"nearest": self._nearest, "cosine": self._cosine}[rule]
        known = score(seen, self.means, self.sizes.double())
        told = score(seen, given.flatten(0, 1), torch.full((draws * classes,), float(shots)))
        best, first = known.max(1)
        likeliest, which = told.view(len(seen), draws, classes).max(2)
        return torch.where(likeliest > best[:, None], which + len(self.means), first[:, None]).T

    def _nearest(self, seen: Tensor, means: Tensor, sizes: Tensor) -> Tensor:
        """(m, c) log-likelihoods, but for what all classes share."""
        farther = 1 + 1 / sizes
        squares = seen.square().sum(1)[:, None] + means.square().sum(1) - 2 * seen @ means.T
        return -0.5 * (squares / farther + self.noise * farther.log())

    def _cosine(self, seen: Tensor, means: Tensor, sizes: Tensor) -> Tensor:
        """(m, c) cosines; the number of pictures does not count."""
        centre = self.means.mean(0)
        directions = (torch.nn.functional.normalize(each - centre, dim=1) for each in (seen, means))
        pictures, classes = directions
        return pictures @ classes.T


def _solve(root: Tensor, rows: Tensor) -> Tensor:
    """Whiten the (m, k) rows."""
    solved: Tensor = torch.linalg.solve_triangular(root, rows.T, upper=False)
    return solved.T
