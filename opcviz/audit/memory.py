"""The audit of networks in memory: a notebook's path, `opcviz.audit(...)`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..common.progress import Progress
from ..data import Images, Split

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Tensor, nn

    from .run import AuditResult

__all__ = ["audit_modules"]


def audit_modules(
    original: nn.Module | None,
    unlearned: nn.Module,
    data: Images,
    forget: Split | str | ArrayLike,
    *,
    retrained: nn.Module | Sequence[nn.Module] = (),
    mean: Tensor | Sequence[float] | None = None,
    std: Tensor | Sequence[float] | None = None,
    quick: bool = False,
    without: Sequence[str] = (),
    seed: int = 0,
    store: str | Path | None = None,
    progress: bool | Progress = True,
) -> AuditResult:
    """Audit an unlearned network: attack it, judge it, report; nothing is trained but by attackers.

    Args:
        original: the network before unlearning; None: what wants it says so, the rest runs.
        unlearned: the network that should have forgotten.
        data: the data set, as `opcviz.load_data` or `opcviz.data_from_arrays` give it.
        forget: what `opcviz.split` gave, or what it takes: a text or positions in the train set.
        retrained: networks trained without the forget data; three or more make a band, without
            which nobody can say how much of what is found any model would give away.
        mean, std: (channels,) that samples in [0, 1] are normalised with before they reach the
            networks; none: they are not.
        quick: the attacks of the quick suite alone.
        without: names of attacks to leave out, as in ("inversion",).
        seed: of everything random.
        store: a folder to keep the study in, to be seen in the app; none: it lasts as long as the
            result.
        progress: a progress bar; False for none.

    Returns:
        `study`, as `opcviz.open_study` gives it, and `report`; `opcviz.plot(result.study)` draws.

    Raises:
        ConfigError: for networks that do not fit the data or each other.
        DataError: for a split of another data set.
    """
    raise NotImplementedError
