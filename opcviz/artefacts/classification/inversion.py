"""Gradient inversion: pictures from the gradients they leave in a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...attacks.inversion import Inversion
from ...common.json_types import Json, Plain
from ...common.records import defined
from ...results import InversionSummary
from ..columns import Column, figure
from ..evidence_settings import EvidenceSettings
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Row
from ..threat import Threat
from .subject import Context

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["GradientInversion"]

_psnr = figure(InversionSummary, lambda found: found.psnr)
_ssim = figure(InversionSummary, lambda found: found.ssim)
_gradient_norm = figure(InversionSummary, lambda found: found.gradient_norm)
_body_gradient_norm = figure(InversionSummary, lambda found: found.body_gradient_norm)
_random_gradient = figure(
    InversionSummary, lambda found: found.random_gradient.psnr if found.random_gradient else None
)
_class_mean = figure(
    InversionSummary, lambda found: found.class_mean.psnr if found.class_mean else None
)
_surrogate = figure(
    InversionSummary, lambda found: found.surrogate.psnr if defined(found.surrogate) else None
)


def _by_block(model: ModelResults, _: ModelResults) -> str | None:
    """PSNR of each block's inversion, from input to head."""
    found = model.get(InversionSummary)
    if not defined(found) or not found.activations:
        return None
    return " · ".join(
        f"{each.block} {'–' if each.psnr is None else format(each.psnr, '.0f')}"
        for each in found.activations
    )


def _masked(model: ModelResults, _: ModelResults) -> str | None:
    """Whether the gradient is masked, and what rebuilt the pictures."""
    found = model.get(InversionSummary)
    if not defined(found) or found.masked is None:
        return None
    if found.without_body_gradient == 0:
        return "no: a gradient reaches the body"
    if not found.masked:
        return "no: nothing rebuilds the pictures"
    return f"yes: rebuilt by {', '.join(found.rebuilt_by)}"


@register_kind(
    "inversion",
    title="Gradient inversion",
    stage="inverting gradients of",
    summary="reconstruct forget pictures from their gradients and from every block",
    version=3,
    task="classification",
    optional=False,
)
class GradientInversion(Kind[Context]):
    """A few forget pictures of the probe set, searched for in all models of a seed at once."""

    settings = {"inversion": Inversion}
    needs = frozenset({"together"})
    order = 80
    # a look instead of a measurement: most searches run out of steps, so scores are lower bounds
    quick = {"inversion": {"iterations": 90, "rounds": 1, "restarts": 2, "scout": 30}}
    result = InversionSummary
    threat = Threat(
        holds="the weights of the model, and the gradient of a forgotten picture in it, or what a "
        "block computes on the picture",
        spends="a search of at most {inversion.most_steps} steps for each of "
        "{evidence.pictures} pictures; starting points for each search: {inversion.restarts}",
        does="Forgotten pictures are rebuilt from their gradients and from what every block "
        "computes on them.",
        more="search longer than {inversion.most_steps} steps a picture, invert others than the "
        "{evidence.pictures} tried, or bring a model of what such pictures look like",
    )
    fields = {
        "inversion.{psnr,ssim}": "means over the attacked pictures (dB; 1 is identical); null "
        "where no gradient reaches the body",
        "inversion.body_gradient_norm": "mean length of the gradient's part in the body; "
        "`gradient_norm` has the head's part too",
        "inversion.surrogate": "the same search with a slope for ReLU units that are off, where no "
        "gradient reaches the body: `slope`, `units`, `psnr`, ...; else `reason`",
        "inversion.activations[]": "`block` and `psnr` of pictures rebuilt from its activations",
        "inversion.difference": "the search in the weight difference, where one sample was "
        "forgotten; else `reason`",
        "inversion.masked": "whether a picture without a gradient in the body is rebuilt all the "
        "same; `rebuilt_by` names what did it",
    }
    columns = (
        Column("PSNR", _psnr, ".1f", ("inversion", "show"), "dB"),
        Column("SSIM", _ssim, ".2f", ("inversion",)),
        Column("random gradient", _random_gradient, ".1f", ("inversion",)),
        Column("class mean", _class_mean, ".1f", ("inversion",)),
        Column("gradient norm", _gradient_norm, ".3f", ("inversion",)),
        Column("body gradient norm", _body_gradient_norm, ".3f", ("inversion", "show")),
        Column("PSNR, surrogate", _surrogate, ".1f", ("inversion",)),
    )
    rows = (
        Row(
            "Features",
            "inverted activations, by block",
            "PSNR in dB of pictures rebuilt from what each block computes; read beside the "
            "original and the retrained model",
            _by_block,
        ),
        Row(
            "Features",
            "gradient masked",
            "whether pictures that leave no gradient in the body are rebuilt all the same",
            _masked,
        ),
    )

    def question(self, evidence: EvidenceSettings) -> Mapping[str, Plain]:
        """The attack, and which pictures it is made on."""
        return {
            "attack": evidence.settings(Inversion).to_dict(),
            "pictures": evidence.pictures,
            "probe": evidence.probe,
            "version": self.version,
        }

    def measure(self, context: Context) -> Made:
        """One model alone."""
        return self.measure_all([context])[0]

    def measure_all(self, contexts: Sequence[Context]) -> list[Made]:
        """All models in one batch."""
        from ...attacks.inversion import class_mean_scores, examine

        context = contexts[0]
        data, ids = context.data, chosen_pictures(context)
        pictures, labels = data.batch(ids), data.y_train[ids]
        result, records = examine(
            [each.subject.network for each in contexts],
            pictures,
            labels,
            context.settings(Inversion),
            class_mean=class_mean_scores(data.x_train, data.y_train, pictures, labels),
            forgotten=len(context.split.forget_train),
            originals=[each.original.network for each in contexts]
            if context.has_original
            else None,
            seed=context.seed,
            progress=context.progress,
        )
        shared = {
            "ids": ids.cpu().numpy(),
            "pictures": _bytes(pictures),
            "steps": np.asarray(result.frame_steps, np.int32),
        }
        made = []
        drawings = zip(result.reconstructions, result.frames, strict=True)
        for about, (drawn, frames) in zip(records, drawings, strict=True):
            found = drawn.isfinite().flatten(1).all(1)  # of a masked gradient there is none
            own = {
                "reconstructions": _bytes(drawn),
                "frames": _bytes(frames),
                "found": found.cpu().numpy(),
            }
            arrays = {"inversion.npz": {**shared, **own}}
            made.append(Made(about, arrays))
        return made

    def show(self, result: Json | None, reason: str) -> Json:
        """Scores, or null with a reason."""
        if result is None or "psnr" not in result:
            return {"inversion": {"psnr": None, "ssim": None, "reason": reason}}
        return {"inversion": result}


def chosen_pictures(context: Context) -> Tensor:
    """Positions of forget samples of the probe set to attack, spread over its classes."""
    import torch

    forget = context.probe[torch.isin(context.probe, context.split.forget_train)]
    count = min(context.evidence.pictures, len(forget))
    at = torch.linspace(0, len(forget) - 1, count, device=forget.device).round().long()
    return forget[at]


def _bytes(pictures: Tensor) -> np.ndarray:
    """Pictures in [0, 1] as uint8; what was not found is grey."""
    return (pictures.nan_to_num(0.5).clamp(0, 1) * 255).round().byte().cpu().numpy()
