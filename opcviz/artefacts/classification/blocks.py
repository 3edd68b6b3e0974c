"""How deep it goes: recovery, probes, separability, collapse and CKA at every block."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...attacks.probing_settings import Probing
from ...attacks.recovery import Recovery
from ...common.json_types import Json
from ...common.records import Undefined, defined, known
from ...common.text import percent
from ...common.threads import side_by_side
from ...results import ATTACKS, Block, BlocksResult, ProbeScores, ProbesResult, RecoveryResult
from ..evidence_settings import EvidenceSettings
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row
from ..threat import Threat
from .core import references_of_recovery
from .subject import BLOCKS, Context

if TYPE_CHECKING:
    from ...tasks.classification import ModelOutputs, Observation

__all__ = ["Blocks"]


def _probe(probe: Callable[[ProbesResult], ProbeScores]) -> Cell:
    """Forget accuracy of one probe on the last block."""

    def value(model: ModelResults, _: ModelResults) -> str | None:
        found = model.get(BlocksResult)
        if not defined(found) or not found.blocks:
            return None
        return percent(known(probe(found.blocks[-1].probes).forget_accuracy))

    return value


@register_kind(
    "blocks",
    title="Depth",
    stage="attacking every block of",
    summary="recovery, probes, separability, collapse and CKA at every block",
    version=6,
    task="classification",
    default=True,
)
class Blocks(Kind[Context]):
    """The same attacks at every block.

    The attacker maps a block's pooled output to the original's penultimate features (FM) or logits
    (HR); the original's own figures at the same block say how much that block ever gave away.
    """

    settings = {"recovery": Recovery, "probing": Probing}
    order = 40
    quick = None
    result = BlocksResult
    threat = Threat(
        holds="the pooled output of every block, labelled pictures, and the features and answers "
        "of the original, where there is one",
        spends="for each block one affine map, found in one step by least squares, and small "
        "networks of {probing.hidden} hidden units, trained for {probing.steps} steps",
        does="Recovery, small networks (probes), separability and likeness to the original (CKA), "
        "at every block.",
    )
    fields = {"blocks[]": "`name`, and the same recovery, separability and collapse at every block"}
    rows = (
        Row(
            "Features",
            "linear probe, last block",
            "forget accuracy on held-out data, cross-validated; constant: 1 ÷ forget classes",
            _probe(lambda probes: probes.linear),
        ),
        Row(
            "Features",
            "k-NN probe, last block",
            "forget accuracy on held-out data by neighbours; constant: 1 ÷ forget classes",
            _probe(lambda probes: probes.knn),
        ),
    )

    def looks(self, evidence: EvidenceSettings) -> Sequence[Hashable]:
        """Every block's pooled output, of the original too."""
        return (BLOCKS,)

    looks_beside = looks

    def measure(self, context: Context) -> Made:
        """What one pass shows of either model, then closed forms and probes block by block."""
        from ...attacks.probes import QUIET
        from ...attacks.recovery import recover
        from ...measures import collapse, separability
        from ...measures.similarity import feature_similarity

        split = context.split
        before, head, attack = references_of_recovery(context)
        attack = attack.replace(sizes=())  # they are swept at the last features
        reference = context.original.blocks if context.has_original else None

        def attacked(block: tuple[str, ModelOutputs]) -> Block:
            name, outputs = block
            features = outputs.train.features
            forget, retain = features[split.forget_train], features[split.retain_train]
            recovered = recover(before, outputs, head, split, attack)
            return Block(
                name=name,
                collapse=collapse(forget, retain),
                separability=separability(forget, retain, progress=context.progress),
                recovery=_without_flips(recovered),
                probes=_probes(context, outputs),
                cka_original=feature_similarity(features, reference[name].train.features, split)
                if reference
                else Undefined("there is no original model to compare with"),
            )

        blocks = side_by_side(attacked, context.subject.blocks.items(), QUIET)
        return Made(BlocksResult(tuple(blocks)))

    def show(self, result: Json | None, reason: str) -> Json:
        """The list of blocks, empty where there is none."""
        return {"blocks": (result or {}).get("blocks") or []}


def _without_flips(recovered: RecoveryResult) -> RecoveryResult:
    """Which samples flip is told at the last features alone."""
    fm, hr, hr_labels = (
        {name: replace(fit, flips=None) for name, fit in recovered.attack(attack).items()}
        for attack in ATTACKS
    )
    return replace(recovered, fm=fm, hr=hr, hr_labels=hr_labels)


def _probes(context: Context, outputs: ModelOutputs) -> ProbesResult:
    """Cross-validated probes on held-out data; on train data where samples are forgotten."""
    import torch

    from ...attacks.probes import probes

    split = context.split
    seen: Observation = outputs.test if split.classes else outputs.train
    everything = torch.arange(len(seen), device=split.forget_train.device)
    return probes(
        seen.features,
        seen.labels,
        split.classes or torch.isin(everything, split.forget_train),
        context.settings(Probing),
        seed=context.seed,
        progress=context.progress,
    )
