"""Affine least squares from streamed samples, in float64, with memory O((d + k)²).

A Gram matrix FᵀF squares the condition number of F: directions 10⁻⁸ times weaker than the strongest
one drown in rounding, and an unlearned model is exactly where such directions decide. So the
centred second moments are kept as their triangular square root R (RᵀR is the Gram matrix), updated
by QR chunk by chunk ("tall-skinny QR", Demmel et al. 2012, SIAM J. Sci. Comput. 34). It costs what
the Gram matrix would and solves as accurately as a solver that sees all samples at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Affine", "StreamedLeastSquares"]

CHUNK = 8192  # rows factored at once: long enough for BLAS, small beside the data


class Affine(NamedTuple):
    """The map f -> f·weight + bias, in float64.

    Attributes:
        weight: (d, k).
        bias: (k,).
    """

    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """(n, d) -> (n, k), float64."""
        return features.to(self.weight) @ self.weight + self.bias


class StreamedLeastSquares:
    """Means and centred second moments of features and targets, all that least squares needs.

    Two accumulators add up (`a + b`) to the one that has seen both their samples.

    Attributes:
        count: samples seen, or the sum of their weights.
        inputs: d, the number of features.
        outputs: k, the number of targets.
        mean: (d + k,) float64, of features and targets.
        root: (r, d + k) float64 upper triangular, r <= d + k; rootᵀ·root are the second moments
            about the mean, summed over samples.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        self.count: float = 0
        self.inputs, self.outputs = inputs, outputs
        self.mean = torch.zeros(inputs + outputs, dtype=torch.float64)
        self.root = self.mean.new_zeros(0, inputs + outputs)

    def add(
        self, features: Tensor, targets: Tensor, weights: Tensor | None = None
    ) -> StreamedLeastSquares:
        """Take in samples, and return itself.

        Works on the CPU whatever the tensors' device: float64 is missing or slow on others.

        Args:
            features: (n, d).
            targets: (n, k).
            weights: (n,) positive, how often each sample counts; once, unless given.

        Raises:
            ValueError: for shapes that do not fit, or values that are not finite.
        """
        wanted = f"(n, {self.inputs}) features with (n, {self.outputs}) targets"
        given = (tuple(features.shape), tuple(targets.shape))
        if given != ((len(features), self.inputs), (len(features), self.outputs)):
            raise ValueError(f"least squares wants {wanted}, got {given[0]} with {given[1]}")
        d, k = self.inputs, self.outputs
        buffer = self.mean.new_empty(d + k + 1 + min(CHUNK, len(features)), d + k)
        at = 0
        for f, t in zip(features.detach().split(CHUNK), targets.detach().split(CHUNK), strict=True):
            # Written straight below room for what is known already: one float64 copy of the chunk.
            rows = buffer[d + k + 1 : d + k + 1 + len(f)]
            rows[:, :d], rows[:, d:] = f, t
            w = None if weights is None else weights[at : at + len(f)].to(rows)[:, None]
            at += len(f)
            count = len(f) if w is None else w.sum().item()
            mean = rows.mean(0) if w is None else (w * rows).sum(0) / count
            if not mean.isfinite().all():  # one NaN or infinity anywhere shows in its column's mean
                what = "features" if not mean[:d].isfinite().all() else "targets"
                raise ValueError(
                    f"least squares: some {what} are NaN or infinite; a diverged model has none"
                )
            rows -= mean
            if w is not None:
                rows *= w.sqrt()
            self._join(count, mean, buffer[: d + k + 1 + len(f)])
        return self

    def __add__(self, other: StreamedLeastSquares) -> StreamedLeastSquares:
        both = StreamedLeastSquares(self.inputs, self.outputs)
        for part in (self, other):
            room = both.root.new_empty(len(both.mean) + 1, len(both.mean))
            both._join(part.count, part.mean, torch.cat([room, part.root]))
        return both

    def _join(self, count: float, mean: Tensor, rows: Tensor) -> None:
        """Merge samples known by their number, mean and (a square root of) centred moments.

        The step between the two means is one more row, of weight √(nm/(n+m)): the pairwise update
        of Chan, Golub & LeVeque 1983 in square-root form.

        Args:
            count, mean: of the new samples.
            rows: their centred moments' square root, below d + k + 1 free rows for our own.
        """
        if not count:
            return
        total, width = self.count + count, len(mean)
        known = len(self.root)
        rows[width - known : width] = self.root
        rows[width] = (mean - self.mean) * (self.count * count / total) ** 0.5
        # geqrf leaves R on and above the diagonal of its first result.
        self.root = torch.geqrf(rows[width - known :])[0][:width].triu()
        self.mean = self.mean + (mean - self.mean) * (count / total)
        self.count = total

    def solve(self, ridge: float = 0.0, *, intercept: bool = True) -> Affine:
        """argmin over W, b of ‖F·W + b − T‖² + ridge·‖W‖², summed over samples; b is free.

        Without an intercept b is 0, and the moments are taken about 0 instead of the mean.

        At ridge 0 it is the solution of least ‖W‖ where several fit equally well, with
        directions dropped as `numpy.linalg.lstsq` drops them: singular values of the centred
        features below max(n, d)·eps times the greatest.

        Raises:
            ValueError: without samples, or for a negative ridge.
        """
        weights, biases, _ = self.solve_many([ridge], intercept=intercept)
        return Affine(weights[0], biases[0])

    def solve_many(
        self, ridges: Sequence[float], *, intercept: bool = True
    ) -> tuple[Tensor, Tensor, int]:
        """`solve` for every ridge from one singular value decomposition of a d×d matrix.

        Returns:
            Weights (r, d, k), biases (r, k), and the numerical rank of the (centred) features.

        Raises:
            ValueError: without samples, or for a negative or non-finite ridge.
        """
        rho = torch.tensor(list(ridges), dtype=torch.float64)
        if not (rho.isfinite().all() and (rho >= 0).all()):
            raise ValueError(f"least squares: ridges must be finite and not negative: {ridges}")
        d = self.inputs
        root, mean = self._about(intercept)
        top = root[:d]  # below row d the features are zero: rows of pure residual
        u, s, vt = torch.linalg.svd(top[:, :d], full_matrices=False)
        kept = s > max(self.count, d) * torch.finfo(s.dtype).eps * s.max()
        shrunk = s / (s.square() + rho[:, None])  # (r, d)
        filters = torch.where(rho[:, None] > 0, shrunk, torch.where(kept, 1 / s, 0.0))
        weights = vt.T @ (filters[:, :, None] * (u.T @ top[:, d:]))
        biases = mean[d:] - mean[:d] @ weights
        return weights, biases, int(kept.sum())

    def solve_relative(self, ridge: float, *, intercept: bool = True) -> Affine:
        """`solve` for one positive ridge relative to the features' size: ridge·`scale`.

        By orthogonal triangularisation of R over √ridge·I instead of a decomposition of R, at a
        tenth of its cost.

        Raises:
            ValueError: without samples, or for a ridge that is not positive.
        """
        if not ridge > 0:
            raise ValueError(f"least squares: a relative solution wants a ridge above 0: {ridge}")
        d = self.inputs
        root, mean = self._about(intercept)
        # features that do not vary have no scale, and any ridge gives the same map to their mean
        penalty = ridge * self.scale(intercept=intercept) or 1.0
        rows = torch.zeros(len(root) + d, root.shape[1], dtype=root.dtype)
        rows[: len(root)] = root
        rows[len(root) :].fill_diagonal_(penalty**0.5)
        top = torch.geqrf(rows)[0][:d]
        weight = torch.linalg.solve_triangular(top[:, :d].triu(), top[:, d:], upper=True)
        return Affine(weight, mean[d:] - mean[:d] @ weight)

    def scale(self, *, intercept: bool = True) -> float:
        """trace(S)/d of the features' second moments S, about their mean or, without one, about 0.

        A ridge given as a multiple of it means the same whatever unit the features have.
        """
        root, _ = self._about(intercept)
        return root[:, : self.inputs].square().sum().item() / self.inputs

    def _about(self, intercept: bool) -> tuple[Tensor, Tensor]:
        """The square root of the moments about the mean and that mean, or about 0 and 0.

        Raises:
            ValueError: without samples.
        """
        if not self.count:
            raise ValueError("least squares: no samples to fit")
        if intercept:
            return self.root, self.mean
        # moments about 0 are those about the mean and n·mean·meanᵀ
        rows = torch.cat([self.root, self.count**0.5 * self.mean[None]])
        return torch.geqrf(rows)[0][: len(self.mean)].triu(), torch.zeros_like(self.mean)
