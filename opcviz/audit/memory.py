"""The audit of networks in memory: a notebook's path, `opcviz.audit(...)`."""

from __future__ import annotations

import copy
import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ..artefacts import Evidence
from ..common.bars import bar
from ..common.config import ConfigError
from ..common.progress import Progress
from ..data import DataError, DataSpec, Images, Scenario, Split, identify
from ..data.indices import indices_digest
from ..models import Architecture, BlockNet, wrap_network
from ..study import Store
from ..training import Training
from .budget import bounded as within_budget
from .case import (
    Case,
    Opened,
    content_hash,
    evidence_of,
    in_order,
    make_study,
    weights_hash,
)
from .records import Input
from .run import AuditResult, audit_case

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

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
    bounded: bool = True,
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
        bounded: smaller budgets of attacks that train where the network is large.
        without: names of attacks to leave out, as in ("inversion",).
        seed: of everything random.
        store: a folder to keep the study in, to be seen in the app; none: it lasts as long as the
            result.
        progress: a progress bar; False for none.

    Returns:
        `study`, as `opcviz.open_study` gives it, and `report`; `opcviz.plot(result.study)` draws.

    Raises:
        ConfigError: for networks that do not fit the data.
        DataError: for a split of another data set.
        TypeError: for an argument of another type.

    Example:
        >>> net = original.network  # any nn.Module will do
        >>> result = opcviz.audit(net, unlearned.network, data, split, quick=True,
        ...                       without=["inversion"], progress=False)
        >>> result.report.verdict.missing
        ('a retrained model',)
    """
    if not isinstance(data, Images):
        raise TypeError("data: wants a data set that load_data() or data_from_arrays() gives")
    band = [retrained] if isinstance(retrained, nn.Module) else list(retrained)
    named = [("original", original)] if original is not None else []
    named += [("unlearned", unlearned), *(("retrained", each) for each in band)]
    normalised = _statistics("mean", mean), _statistics("std", std)
    opened = in_order([_opened(role, net, data, *normalised) for role, net in named])
    scenario, split = _what(forget, data)
    asked, less = Evidence(), tuple[str, ...]()
    if bounded and not quick:
        asked, less = within_budget(asked, opened[0].model, data)
    study = make_study(
        opened,
        data,
        spec=DataSpec(name="arrays", path=f"{data.name}, in memory"),
        forget=scenario,
        training=Training(),
        evidence=evidence_of(asked, "quick" if quick else "full", without, len(band), seed),
        seed=seed,
        title=f"Audit of a {opened[0].title} in memory",
    )
    bytes_ = sum(t.numel() * t.element_size() for t in (data.x_train, data.x_test))
    chosen = split.forget_train.cpu().numpy().astype("<i8").tobytes()
    case = Case(
        study=study,
        data=data,
        split=split.to(data.device),
        models=tuple(opened),
        fresh=lambda number: copy.deepcopy(opened[0].model),
        inputs=(
            *(each.input for each in opened),
            Input("data", data.name, content_hash(data), bytes_, "arrays in memory"),
            Input(
                "forget",
                str(forget) if isinstance(forget, str) else "positions",
                hashlib.sha256(chosen).hexdigest(),
                len(chosen),
                "positions in the train set",
            ),
        ),
        seed=seed,
        without=frozenset(without),
        notes=less,
    )
    kept = Path(store) if store else Path(tempfile.mkdtemp(prefix="opcviz-audit-"))
    try:
        with bar("audit", progress) as told:
            found = audit_case(case, Store(kept), told, command="opcviz.audit(...)")
    except BaseException:
        if not store:
            _remove(kept)
        raise
    if not store:
        weakref.finalize(found.study, _remove, kept)
    return found


def _opened(
    role: str, net: nn.Module, data: Images, mean: Tensor | None, std: Tensor | None
) -> Opened:
    """A network as a model of an audit; it is copied and never changed."""
    if not isinstance(net, nn.Module):
        raise TypeError(f"{role}: wants a trained network, a torch.nn.Module, got {net!r:.60}")
    copied = copy.deepcopy(net)
    try:
        wrapped = isinstance(copied, BlockNet)
        model = copied.to(data.device) if wrapped else wrap_network(copied, data, mean, std)
    except ConfigError as error:
        raise ConfigError(f"{role}: {error}") from error
    for name, value in model.state_dict().items():
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise ConfigError(f"{role}: '{name}' holds NaN or infinite numbers")
    inner = getattr(model, "net", model)
    kind = type(inner).__name__
    state = model.state_dict()
    size = sum(value.numel() * value.element_size() for value in state.values())
    architecture = Architecture(name=f"{kind} in memory")
    digest = weights_hash(state)
    return Opened(
        role, kind, model.eval().requires_grad_(True), architecture, kind, digest, size, "in memory"
    )


def _what(forget: Split | str | ArrayLike, data: Images) -> tuple[Scenario, Split]:
    """The scenario as a study names it, and its parts."""
    if isinstance(forget, str):
        scenario = Scenario.parse(forget)
        if scenario.plants and scenario.prepare(data) is not data:
            raise DataError(f"{forget}: give the data that opcviz.prepare(data, '{forget}') gives")
        return scenario, scenario.split(data)
    if isinstance(forget, Split):
        if forget.of is not None and forget.of != identify(data):
            raise DataError(f"forget: was made of {forget.of}, and data is {identify(data)}")
        split = forget
    else:
        split = _of_positions(forget, data)
    if split.classes:
        return Scenario(classes=tuple(map(str, split.classes))), split
    digest = indices_digest(split.forget_train.cpu().numpy())
    return Scenario(kind="indices", path="positions in memory", digest=digest), split


def _of_positions(forget: ArrayLike, data: Images) -> Split:
    ids = np.asarray(forget.cpu() if isinstance(forget, Tensor) else forget)
    total = len(data.y_train)
    if ids.ndim != 1 or ids.dtype.kind not in "iu" or not len(ids):
        raise DataError(f"forget: wants positions in the train set, whole numbers, got {ids!r:.60}")
    if ids.min() < 0 or ids.max() >= total or len(np.unique(ids)) < len(ids):
        raise DataError(
            f"forget: wants different positions from 0 to {total - 1}, got {ids.min()} to "
            f"{ids.max()}, {len(np.unique(ids))} of {len(ids)} different"
        )
    gone = torch.zeros(total, dtype=torch.bool)
    gone[torch.from_numpy(ids.astype(np.int64))] = True
    if bool(gone.all()):
        raise DataError(f"forget: names all {total} train samples; leave some to retain")
    rest = torch.arange(len(data.y_test))
    return Split(gone.nonzero().flatten(), (~gone).nonzero().flatten(), rest[:0], rest)


def _statistics(name: str, given: Any) -> Tensor | None:
    try:
        return None if given is None else torch.as_tensor(given, dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name}: wants one number a channel, got {given!r:.60}") from None


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
