"""U-LiRA: does a model answer the forget data like models that the attacker unlearned himself?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...attacks.membership import ShadowAttack
from ...common.progress import Step
from ...common.records import Undefined, defined
from ...results import GameScore, ShadowResult
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row, of_auc, rare_text
from ..shadow import Arrays, Shadow
from ..threat import Threat
from .subject import Context, population

if TYPE_CHECKING:
    from torch import Tensor

    from ...attacks.membership import Shadows

__all__ = ["ShadowModels"]

WHOLE_CLASSES = (
    "shadow unlearned models want forget sets that could have been others: of a whole class there "
    "is one, and without it no model of the attacker's has samples of the class to compare"
)
SEES = "confidence"  # of all train and test samples; the pool and the population are chosen later


def _cell(value: Callable[[ShadowResult], str | None]) -> Cell:
    """A `Row.value` of what the attack found; None where it was not made."""

    def text(model: ModelResults, _: ModelResults) -> str | None:
        found = model.get(ShadowResult)
        return value(found) if defined(found) else None

    return text


def _of(part: Callable[[ShadowResult], Mapping[str, GameScore]], statistic: str) -> Cell:
    def value(found: ShadowResult) -> str | None:
        score = part(found).get(statistic)
        if score is None:
            return None
        rare = rare_text(score.tpr_at_fpr)
        return of_auc(score.auc, score.auc_interval) + (f", TPR {rare}" if rare else "")

    return _cell(value)


def _method(found: ShadowResult) -> str | None:
    score = found.method.get("likelihood_ratio")
    if score is None:
        return None
    folds = score.folds or ()
    spread = f" ({min(folds):.2f} to {max(folds):.2f})" if folds else ""
    return of_auc(score.auc, score.auc_interval) + spread


def _epsilon(found: ShadowResult) -> str:
    told = found.epsilon
    if isinstance(told, Undefined):
        return told.reason or "undefined"
    return (
        f"{told.median:.2f} (floor {told.floor_median:.2f}); {told.beyond:.0f} % of "
        f"samples beyond chance (by chance {told.beyond_by_chance:.0f} %)"
    )


@register_kind(
    "shadows",
    title="Shadow unlearned models",
    stage="attacking with shadow models of",
    summary="U-LiRA: likelihood ratios and RMIA from models that the attacker unlearned himself",
    version=2,
    task="classification",
)
class ShadowModels(Kind[Context]):
    """Originals, retrained and unlearned models of the attacker, over forget sets of a pool.

    Each is trained once in a study and kept, so a run that was cancelled goes on where it was.
    """

    settings = {"shadows": ShadowAttack}
    order = 95
    shares = True  # the attacker's originals and retrained models
    quick = None
    result = ShadowResult
    threat = Threat(
        holds="the answers of the model, data like its own, and the unlearning method",
        spends="training of {shadows.originals} further originals, and unlearning of "
        "{shadows.sets} forget sets from each",
        more="train more than {shadows.originals} originals with {shadows.sets} forget sets each",
    )
    fields = {
        "shadows": (
            "U-LiRA and RMIA from shadow unlearned models, AUC by statistic: of this model "
            "(`target`), of its `method` on other forget sets, on `vulnerable` and on `retained` "
            "samples; `epsilon` of single samples beside its floor"
        )
    }
    rows = (
        Row(
            "Membership",
            "U-LiRA, shadow unlearned models",
            "AUC of this model against retrained ones on the forget data, 95 %, TPR at 1 % FPR; "
            "0.5: alike",
            _of(lambda found: found.target, "likelihood_ratio"),
        ),
        Row(
            "Membership",
            "U-LiRA, the method",
            "AUC of the attacker's own unlearned models, over forget sets (and range)",
            _cell(_method),
        ),
        Row(
            "Membership",
            "U-LiRA, calibrated",
            "AUC beyond how sure the model is of data nobody saw: about these samples alone",
            _of(lambda found: found.target, "calibrated"),
        ),
        Row(
            "Membership",
            "RMIA, shadow models",
            "AUC by pairwise ratios; below 0.5: less sure than a model that never saw them",
            _of(lambda found: found.target, "rmia"),
        ),
        Row(
            "Membership",
            "U-LiRA, vulnerable samples",
            "AUC on the most memorised part of the forget data",
            _of(lambda found: found.vulnerable, "likelihood_ratio"),
        ),
        Row(
            "Membership",
            "RMIA, retained samples",
            "retained samples told from unseen ones; the retrained model's figure is the baseline",
            _of(lambda found: found.retained, "rmia"),
        ),
        Row(
            "Membership",
            "per-sample ε",
            "median over samples of how far unlearned and retrained models are apart",
            _cell(_epsilon),
        ),
    )

    def measure(self, context: Context) -> Made:
        """Train what is missing, and attack."""
        import torch

        from ...attacks.membership import Answers, forget_sets, shadow_attack

        if context.split.classes:
            return Made({"reason": WHOLE_CLASSES})
        config = context.settings(ShadowAttack)
        labels, forgotten = context.data.y_train.cpu(), context.split.forget_train.cpu()
        pool, inside = forget_sets(labels.numpy(), forgotten.numpy(), config.sets)
        trained = _Trained(context, pool, inside)
        models, failed = trained.models(config.originals)
        outputs = context.subject.outputs
        target = _confidence(outputs.train), _confidence(outputs.test)
        result = shadow_attack(
            Answers(*(torch.from_numpy(part) for part in trained.asked(*target))),
            torch.from_numpy(np.isin(pool, forgotten.numpy())),
            models,
            config,
            progress=context.progress,
        )
        counts = replace(result.counts, sets=config.sets, failed=failed)
        return Made(replace(result, counts=counts))


class _Seen(NamedTuple):
    """What one shadow model answers, its forget set within the pool, and its original's seed."""

    pool: np.ndarray
    population: np.ndarray
    inside: np.ndarray
    parent: int


class _Trained:
    """The attacker's models on a pool, as the study trains and keeps them."""

    def __init__(self, context: Context, pool: np.ndarray, inside: np.ndarray) -> None:
        self.context, self.pool, self.inside = context, pool, inside
        self.population = population(context.split).cpu().numpy()

    def asked(self, train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Confidences on the pool and on the population."""
        return train[self.pool], test[self.population]

    def models(self, originals: int) -> tuple[Shadows, int]:
        """All of them, and how many failed."""
        import torch

        from ...attacks.membership import Shadows

        sets = [
            torch.from_numpy(self.pool[inside]).to(self.context.device) for inside in self.inside
        ]
        pairs = [
            (seed, index, forget) for seed in range(originals) for index, forget in enumerate(sets)
        ]
        is_original = self.context.subject.method == "original"
        todo = [(Shadow("retrained", forget, seed, index), index) for seed, index, forget in pairs]
        todo += [
            # the method that does nothing leaves of every forget set the original it began with
            (
                Shadow("original", sets[0], seed)
                if is_original
                else Shadow("unlearned", forget, seed, index),
                index,
            )
            for seed, index, forget in pairs
        ]
        seen: dict[bool, list[_Seen]] = {True: [], False: []}
        for done, (which, index) in enumerate(todo):
            found = self.context.shadow(which, self._look, SEES)
            self.context.progress(Step(done + 1, len(todo)))
            if not isinstance(found, Undefined):
                asked = self.asked(found["train"], found["test"])
                part = seen[which.role == "retrained"]
                part.append(_Seen(*asked, self.inside[index], which.seed))
        sizes = len(self.pool), len(self.population)
        unlearned, unlearned_population, forgot = _stacked(seen[False], *sizes)
        retrained, retrained_population, never_saw = _stacked(seen[True], *sizes)
        models = Shadows(
            unlearned=unlearned,
            retrained=retrained,
            forgot=forgot,
            kept=~forgot,
            never_saw=never_saw,
            unlearned_population=unlearned_population,
            retrained_population=retrained_population,
            parents=torch.tensor([each.parent for each in seen[False]]),
        )
        return models, len(todo) - len(unlearned) - len(retrained)

    def _look(self, model: Any) -> Arrays:
        from ...tasks.classification import observe

        data, told = self.context.data, self.context.progress
        return {
            "train": _confidence(observe(model, data.x_train, data.y_train, progress=told)),
            "test": _confidence(observe(model, data.x_test, data.y_test, progress=told)),
        }


def _stacked(seen: Sequence[_Seen], pool: int, population: int) -> tuple[Tensor, Tensor, Tensor]:
    """Confidences on pool and population, (k, n) and (k, p), and forget sets, (k, n) bool."""
    import torch

    on_pool = np.array([each.pool for each in seen], np.float32).reshape(-1, pool)
    on_population = np.array([each.population for each in seen], np.float32)
    inside = np.array([each.inside for each in seen], bool).reshape(-1, pool)
    return (
        torch.from_numpy(on_pool),
        torch.from_numpy(on_population.reshape(-1, population)),
        torch.from_numpy(inside),
    )


def _confidence(seen: Any) -> np.ndarray:
    """(n,) float32 scaled confidence of every sample, on the CPU."""
    from ...attacks.membership import scaled_confidence

    found: np.ndarray = scaled_confidence(seen.logits.cpu(), seen.labels.cpu()).numpy()
    return found.astype(np.float32)
