"""The rows: what was claimed, who overturned it, and where this project measures the same.

"Reported" are the figures of an independent review of the first release, made on that release's
models; "measured" those of the stored studies, made by this project's declared attackers. The one
is cited, the other read or computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from opcviz.artefacts.columns import HEADLINE
from opcviz.common.records import defined
from opcviz.results import InversionSummary
from opcviz.study.table import columns

from . import readings as read
from .claim import Claim, Figure, Measured, Shown, Studies, of, per_seed, shown
from .protocol import bootstrap, in_sample, one_statistic, ridges, tuned_for_classes
from .remade import Remade

__all__ = ["AS_RETRAINED", "rows"]

AS_RETRAINED = ("as in retrained models", "beyond")
LAST = ("stage3", "features", "logits")  # of resnet8


def rows(
    studies: Studies,
    ridge: Mapping[int, Measured] | None = None,
    rl: Mapping[str, Remade] | None = None,
) -> Iterator[Claim]:
    """Every claim.

    Args:
        studies: as stored.
        ridge: by seed, what `scaling.ridge_change` measured; None leaves the figure out.
        rl: what `remade.rl_with` measured with the settings for `classes` and with those
            `reported`; what is missing leaves its figures out.
    """
    made = rl or {}
    for_classes, reported = (made.get(name, Remade()) for name in ("classes", "reported"))
    yield gradient(studies)
    yield nothing_left(studies)
    yield linear_judge(studies)
    yield floors(studies)
    yield in_sample(studies, for_classes)
    yield ridges(ridge or {})
    yield tuned_for_classes(studies, for_classes, reported)
    yield one_statistic(studies)
    yield unconverged(studies)
    yield bootstrap()


def gradient(s: Studies) -> Claim:
    """Gradient masking."""
    at = partial(per_seed, s.classes)
    seeds = {}
    for model in of(s.classes, "opc"):
        found = model.results.get(InversionSummary)
        if defined(found):
            by = ", ".join(found.rebuilt_by) or "nothing"
            score = "no PSNR" if found.psnr is None else f"PSNR {found.psnr:.1f}"
            masked = found.psnr is None and found.masked is True
            seeds[model.seed] = f"{score}, rebuilt by {by}", masked
    slope = "slope 0.1 in every ReLU, the review's in the last"
    return Claim(
        "Inverting OPC's gradient gives what a random gradient gives",
        "Is there a gradient at all? Inversion with a surrogate slope for dead units; inversion of "
        "every block's activations (kind `inversion`)",
        (
            Figure(
                "OPC, pictures whose gradient does not reach the body, %",
                (100.0, 100.0),
                at("opc", read.unreached()),
            ),
            Figure("OPC, surrogate, dB", (45.0, 45.0), at("opc", read.surrogate()), note=slope),
            Figure("retrained, plain search, dB", (42.8, 42.8), at("retrain", read.psnr())),
            Figure(
                "OPC, from the activations of stage2, dB",
                (72.0, 73.0),
                at("opc", read.activations("stage2")),
                "at least",
                note="a fifth of the steps of a gradient search, which is what a study affords",
            ),
        ),
        (
            Shown("inversion of opc should have no PSNR and be called masked", seeds),
            shown(s.classes, "opc", "hidden", lambda v: v.gone == "hidden"),
        ),
    )


def nothing_left(s: Studies) -> Claim:
    """One block earlier, and fresh last blocks."""
    at = partial(per_seed, s.classes)
    fitted = "on pictures that the map was not fitted on"
    grid = "SGD and relative steps, one rate each, two draws"
    return Claim(
        "OPC leaves nothing",
        "FM one block earlier (kind `blocks`); relearning with the last block and the head "
        "started afresh, 10 pictures a class, 60 steps (kind `relearned`)",
        (
            Figure("OPC, FM on stage2, %", (95.1, 95.1), at("opc", read.fm("stage2")), note=fitted),
            Figure("retrained, FM on stage2, %", (89.7, 89.7), at("retrain", read.fm("stage2"))),
            Figure(
                "OPC, relearned, last 1 anew, %",
                (96.3, 98.1),
                at("opc", read.relearned(1, 10)),
                "at least",
                note=grid,
            ),
            Figure(
                "retrained, relearned, last 1 anew, %",
                (87.9, 87.9),
                at("retrain", read.relearned(1, 10)),
            ),
        ),
        (
            shown(
                s.classes,
                "opc",
                "hidden, and deep in the last features alone",
                lambda v: v.gone == "hidden" and v.depth in LAST,
            ),
        ),
    )


def linear_judge(s: Studies) -> Claim:
    """Other judges and maps, on unseen pictures."""
    at = partial(per_seed, s.one)
    (column,) = [column for column in columns(HEADLINE) if column.name == "separability"]
    table = {
        model.seed: (f"AUC {value:.2f} ({column.who(model.results)})", value >= 0.85)
        for model in of(s.one, "opc_retain_like")
        if column.who and (value := column.value(model.results)) is not None
    }
    name = "opc_retain_like"
    return Claim(
        "Contraction onto retained features leaves nothing of one class and is not noticed",
        "RBF maps and judges on unseen pictures, before and after pooling, on the logits too "
        "(kinds `strongest`, `signs`)",
        (
            Figure(
                "recovered, RBF on features, %",
                (42.0, 42.0),
                at(name, read.ladder("rbf", "features", None)),
                "at least",
            ),
            Figure(
                "recovered, RBF on stage3 unpooled, %",
                (91.0, 91.0),
                at(name, read.ladder("rbf", "stage3", "unpooled")),
                "at least",
            ),
            *(
                Figure(
                    f"AUC, {who} on {where}",
                    (told, told),
                    at(name, read.auc(judge, where)),
                    sense,
                    ".2f",
                )
                for who, judge, where, told, sense in (
                    ("RBF", "rbf", "features", 0.93, "at least"),
                    ("RBF", "rbf", "stage3, unpooled", 1.0, "at least"),
                    ("line", "linear", "features", 0.73, "about"),
                    ("k-NN", "knn", "features", 0.75, "about"),
                    ("best judge", None, "logits", 0.87, "at least"),
                )
            ),
        ),
        (Shown("the separability in the table should be at least 0.85, by its best judge", table),),
    )


def floors(s: Studies) -> Claim:
    """Pixels and an untrained network."""
    at = partial(per_seed, s.classes)
    return Claim(
        "An FM accuracy of 95 to 100 % shows knowledge",
        "The same maps on raw pixels and on an untrained network (kinds `strongest`, `evidence`)",
        (
            Figure(
                "affine map of the pixels, %",
                (91.9, 96.7),
                at("original", read.pixels("affine")),
                note="fitted on train, scored on test pictures",
            ),
            Figure("untrained network, FM, %", (89.0, 89.0), at("untrained", read.fm())),
            Figure("retrained, FM, %", None, at("retrain", read.fm())),
        ),
        (
            shown(
                s.classes,
                "retrain",
                "as in retrained models",
                lambda v: v.gone == "as in retrained models",
            ),
        ),
    )


def unconverged(s: Studies) -> Claim:
    """A search that has converged, and what its score means."""
    at = partial(per_seed, s.classes)
    return Claim(
        "Inversion separates shallow methods (29 to 45 dB) from deep ones",
        "The search until more steps gain less than 1 dB, several starts (kind `inversion`)",
        (
            Figure("retain-like, dB", (47.7, 47.7), at("opc_retain_like", read.psnr()), "at least"),
            Figure("FT, dB", (43.0, 43.0), at("ft", read.psnr()), "at least"),
            Figure(
                "retrained, which never saw the pictures, dB",
                (40.8, 40.8),
                at("retrain", read.psnr()),
            ),
        ),
    )
