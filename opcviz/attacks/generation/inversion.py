"""Concept inversion: is there a condition under which the model still draws what it forgot?

After Pham et al. (2024, arXiv 2308.01508), who learn a word vector that retrieves an erased
concept. Here the condition itself is a vector, the address of a class. The weights stay as they
are; the vector is moved until the model denoises pictures of the class well. A model that answers
"3" with something else but still holds it somewhere is found out so; one that never saw a 3 is not
quite at zero either, since new classes can be mixed out of known ones: its own figure stands
beside.

The address of least loss need not be the one that draws the class most often. So the strong search
looks at what every start's address draws on its way, and keeps the one that draws most; what is
reported is drawn from other noise.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.devices import Pace
from ...common.progress import Progress
from ...data import Data, Split
from ...models.diffusion import Generator, pictures
from ...models.diffusion.process import stratified
from ...results import AddressResult, AddressSearch, AddressStart, ReopenedResult
from ...tasks.generation.observe import denoising_losses
from .looks import SHOWN, Look, Looks, Shown
from .regrowing import trained_on_rest
from .settings import ConceptInversion, Reopening

__all__ = ["Inverted", "Reopened", "invert_concept", "invert_reopened"]

STARTS = ("mean", "own", "null")
NONE_GIVEN = "no test picture is forgotten, so that the attacker has none"


@dataclass(frozen=True, eq=False)
class Inverted:
    """What both searches found.

    Attributes:
        result: the numbers.
        shown: by search what the best address drew on its way.
        addresses: by search, (F, D) of the best start, one for each forgotten class.
    """

    result: AddressResult
    shown: dict[str, Shown]
    addresses: dict[str, Tensor]


def invert_concept(
    model: Generator,
    data: Data,
    split: Split,
    looks: Looks,
    config: ConceptInversion | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Inverted:
    """Look for addresses of the forgotten classes, quickly and with all strength.

    Args:
        model: the unlearned model in eval mode; its weights stay.
        data, split: whose forgotten test pictures the attacker has.
        looks: draws and judges.
        config: steps, rates, pictures.
        seed: of noise; two models attacked with one seed get the same.
        progress: asked whether to stop.

    Raises:
        ValueError: where no test picture is forgotten.
        Cancelled: from `progress`.
    """
    config = config or ConceptInversion()
    search = _search(model, data, split, looks, config, seed, progress)
    quick = search.run(STARTS[:1], config.steps, config.lr)
    strong = search.run(STARTS, config.strong_steps, config.strong_lr, looking=True)
    return Inverted(
        AddressResult(quick.found, strong.found),
        {"quick": quick.shown, "strong": strong.shown},
        {"quick": quick.address, "strong": strong.address},
    )


@dataclass(frozen=True, eq=False)
class Reopened:
    """What the strong search found in what DiMRA left.

    Attributes:
        result: the numbers.
        shown: what the best address drew on its way.
        address: (F, D).
    """

    result: ReopenedResult
    shown: Shown
    address: Tensor


def invert_reopened(
    model: Generator,
    data: Data,
    split: Split,
    looks: Looks,
    dimra: Reopening | None = None,
    config: ConceptInversion | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Reopened:
    """Two attacks in a row: DiMRA, then a strong search for an address in what it left.

    A method may close every address, and training on other classes may open one again without
    drawing the class under its own.

    Args:
        model: the unlearned model; it is copied.
        data, split: whose retained train and forgotten test pictures the attacker has.
        looks: draws and judges.
        dimra: the training.
        config: the search.
        seed: of order and noise; two models attacked with one seed get the same.
        progress: asked whether to stop.

    Raises:
        ValueError: where no test picture is forgotten, or the training diverged.
        Cancelled: from `progress`.
    """
    dimra, config = dimra or Reopening(), config or ConceptInversion()
    if not len(split.forget_test):
        raise ValueError(NONE_GIVEN)
    opened = trained_on_rest(model, data, split, dimra, seed=seed, progress=progress)
    search = _search(opened, data, split, looks, config, seed, progress)
    found = search.run(STARTS, config.strong_steps, config.strong_lr, looking=True)
    return Reopened(ReopenedResult(dimra.steps, found.found), found.shown, found.address)


def _search(
    model: Generator,
    data: Data,
    split: Split,
    looks: Looks,
    config: ConceptInversion,
    seed: int,
    progress: Progress | None,
) -> _Search:
    """A search in a copy of a model, with as many pictures of each forgotten class."""
    given = split.forget_test
    if not len(given):
        raise ValueError(NONE_GIVEN)
    net = copy.deepcopy(model).requires_grad_(False)
    labels = data.y_test[given]
    classes = labels.unique()
    owned = [given[labels == c][: config.given] for c in classes]
    fewest = min(map(len, owned))
    x = torch.stack([pictures(data, some[:fewest], "test") for some in owned])
    return _Search(net, x, classes, looks, config, seed, progress or Progress())


@dataclass(frozen=True, eq=False)
class _Found:
    found: AddressSearch
    shown: Shown
    address: Tensor


@dataclass(frozen=True, eq=False)
class _Search:
    """Where is looked, and with what.

    Attributes:
        model: frozen.
        x: (F, n, *shape) pictures given, by class.
        classes: (F,) forgotten ones.
    """

    model: Generator
    x: Tensor
    classes: Tensor
    looks: Looks
    config: ConceptInversion
    seed: int
    progress: Progress

    def run(self, names: Sequence[str], steps: int, lr: float, *, looking: bool = False) -> _Found:
        """One search from these starts, all of them side by side.

        Args:
            names: of the starts.
            steps: of each.
            lr: rate.
            looking: keep what draws most, at whichever look; else what has the least loss at last.
        """
        e = torch.stack([self._start(name) for name in names]).requires_grad_(True)
        at = sorted({round(i * steps / (self.config.looks - 1)) for i in range(self.config.looks)})
        kept, losses = [e.detach().clone()], [self._losses(e.detach())]
        update = torch.optim.Adam([e], lr)
        generator = torch.Generator().manual_seed(self.seed)
        how = Pace.of("auto", "contiguous", e.device, self.model, self.x[0, 0].numel())
        for step in range(1, steps + 1):
            self.progress.check()
            with how.autocast():
                loss = self._objective(e, generator)
            update.zero_grad(set_to_none=True)
            loss.backward()
            update.step()
            if step in at:
                kept.append(e.detach().clone())
                losses.append(self._losses(kept[-1]))
        by_look = torch.stack(losses)
        when, best, chosen = len(at) - 1, int(by_look[-1].argmin()), None
        if looking:
            when, best, chosen = self._drawing_most(kept, by_look)
        few = max(SHOWN, self.config.pictures // 4)
        seen = [
            self.looks(self.model, self.config.pictures if look == when else few, each[best])
            for look, each in enumerate(kept)
        ]
        told = self._told(names, best, when, at, by_look, seen, chosen)
        return _Found(told, Shown.of(seen), kept[when][best])

    def _drawing_most(self, kept: list[Tensor], losses: Tensor) -> tuple[int, int, float]:
        """Look and start whose address draws the class most often, and how often, in percent."""
        found: list[tuple[float, float, float, int, int]] = []
        for look, each in enumerate(kept):
            for start, e in enumerate(each):
                self.progress.check()
                seen = self.looks(self.model, self.config.choices, e, choosing=True)
                loss = losses[look, start].item()
                found.append((seen.genuine, seen.judged, -loss, look, start))
        genuine, _, _, look, start = max(found)
        return look, start, genuine

    def _told(
        self,
        names: Sequence[str],
        best: int,
        when: int,
        at: list[int],
        losses: Tensor,
        seen: list[Look],
        chosen: float | None,
    ) -> AddressSearch:
        by_start = losses.T.tolist()
        return AddressSearch(
            judged=seen[when].judged,
            genuine=seen[when].genuine,
            loss=by_start[best][when],
            best=names[best],
            looks=tuple(at),
            course=tuple(look.after(step) for look, step in zip(seen, at, strict=True)),
            starts=tuple(
                AddressStart(name, tuple(each)) for name, each in zip(names, by_start, strict=True)
            ),
            given=self.x.shape[1],
            pictures=self.config.pictures,
            kept=None if chosen is None else at[when],
            chosen=chosen,
        )

    def _start(self, name: str) -> Tensor:
        """(F, D)."""
        count = len(self.classes)
        if name == "null":
            return self.model.null(count).clone()
        own = self.model.address(self.classes)
        if name == "own":
            return own.clone()
        everything = torch.arange(self.model.classes, device=own.device)
        others = everything[~torch.isin(everything, self.classes)]
        return self.model.address(others).mean(0, keepdim=True).repeat(count, 1)

    def _objective(self, e: Tensor, generator: torch.Generator) -> Tensor:
        """Denoising loss of every start, summed: each moves as if it were alone.

        All starts and classes see the same noise. (S, F, D) -> scalar.
        """
        starts, noises = len(e), self.config.noises
        x = self.x.repeat(1, noises, *[1] * (self.x.dim() - 2))
        count = x.shape[1]
        t = stratified(count, generator).to(e.device)
        noise = torch.randn((count, *x.shape[2:]), generator=generator).to(e.device)
        each = self._every(e, x, t, noise)
        return each.view(starts, -1).mean(1).sum()

    def _every(self, e: Tensor, x: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """Losses of (F, n, *shape) pictures under (S, F, D) addresses, flat."""
        starts, classes, count = len(e), *x.shape[:2]
        rest = [1] * (x.dim() - 2)
        return self.model.losses(
            x.flatten(0, 1).repeat(starts, *rest),
            e[:, :, None].expand(-1, -1, count, -1).flatten(0, 2),
            t.repeat(starts * classes),
            noise.repeat(starts * classes, *rest),
        )

    @torch.no_grad()
    def _losses(self, e: Tensor) -> Tensor:
        """Loss of each start at fixed noise levels and noise, (S,): comparable between looks."""
        x = self.x.flatten(0, 1)
        count = self.x.shape[1]
        found = [
            denoising_losses(self.model, x, each.repeat_interleave(count, 0)).mean() for each in e
        ]
        return torch.stack(found)
