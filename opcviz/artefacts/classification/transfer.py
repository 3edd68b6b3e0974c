"""The transfer probe: downstream classes near the forgotten ones, learnt from the model's outputs.

It says nothing to the verdict. The verdict's rule was settled before this measure was made, and it
wants every model of a study measured alike, while a downstream data set is named by whoever has
one; and the figure depends on which it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...attacks.transfer import Transfer
from ...common.json_types import Json
from ...common.records import Undefined, defined
from ...common.text import percent
from ...results import PIXELS, TransferResult, TransferRung
from ..columns import Column
from ..kind import Kind, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row
from ..threat import Threat
from .subject import Context

if TYPE_CHECKING:
    from ...attacks.transfer import Downstream
    from ..evidence_settings import EvidenceSettings

__all__ = ["Transfers"]

GROUP = "Downstream"
NO_DATA = (
    "no downstream data set is named: set evidence.transfer.data to one that the models were not "
    "trained on, as in --set evidence.transfer.data=mnist"
)
NO_ORIGINAL = (
    "which downstream classes are near the forgotten ones is the original model's to say, and it "
    "was not given"
)


def _rung(model: ModelResults, place: str, probe: str = "linear") -> TransferRung | None:
    found = model.get(TransferResult)
    return found.at(place, probe) if defined(found) and defined(found.rungs) else None


def _column(name: str, figure: Callable[[TransferRung], float], help: str) -> Column:
    def value(model: ModelResults) -> float | None:
        rung = _rung(model, "features")
        return None if rung is None else figure(rung)

    return Column(name, value, tables=("unlearning",), help=help)


def _told(place: str, probe: str = "linear") -> Cell:
    def value(model: ModelResults, _: ModelResults) -> str | None:
        rung = _rung(model, place, probe)
        return None if rung is None else _words(rung)

    return value


def _words(rung: TransferRung) -> str:
    return f"{percent(rung.near)} near, {percent(rung.far)} far"


def _floor(model: ModelResults, _: ModelResults) -> str | None:
    rung = _rung(model, PIXELS)
    return None if rung is None else _words(rung)


@register_kind(
    "transfer",
    title="Transfer to near classes",
    stage="probing downstream classes with",
    summary="how well downstream classes near the forgotten ones are learnt from what each block "
    "computes, beside far ones; wants a downstream data set (evidence.transfer.data)",
    task="classification",
)
class Transfers(Kind[Context]):
    """Who learns other classes from the model's outputs: is he served where the forgotten lay?

    Made where a downstream data set is named, or where the kind is chosen; without data it says
    what to set.
    """

    settings = {"transfer": Transfer}
    order = 34
    result = TransferResult
    threat = Threat(
        holds="what every block of the model computes, and labelled pictures of other classes "
        "({transfer.samples} of each), of a data set that the model was not trained on",
        spends="a logistic regression and a search of nearest neighbours at each place in the "
        "network; no weight of the model is changed",
        does="Downstream classes are learnt from what each block computes; those that the original "
        "takes for forgotten ones are scored beside the others.",
        more="train the model on for the downstream classes, or probe with further data sets",
    )
    quick = {"transfer": {"samples": [20], "draws": 1}}
    fields = {
        "transfer.rungs[]": (
            "one probe at one place from so many labelled downstream pictures of each class: "
            "`place`, `probe` (`linear` or `knn`), `given`, `draws`, and in percent of unseen "
            "pictures `recall` by class and its mean over `near` and `far` classes, averaged over "
            "draws; place `pixels` is the floor"
        ),
        "transfer.{near,shares}": (
            "the downstream classes near the forgotten ones, and by class the percent of pictures "
            "that the original model answers with a forgotten class, which decides it"
        ),
        "transfer.{data,digest,scored,left_out}": (
            "the downstream data set and its digest, how many unseen pictures were asked about, "
            "and the numbers of pictures that some class has not"
        ),
    }
    columns = (
        _column(
            "transfer near",
            lambda rung: rung.near,
            "unseen downstream pictures of classes near the forgotten, linear probe of the "
            "features from the fewest labelled ones",
        ),
        _column("transfer far", lambda rung: rung.far, "the same of the other downstream classes"),
    )
    rows = (
        Row(
            GROUP,
            "transfer, linear probe",
            "unseen downstream pictures named right from the features and the fewest labelled "
            "ones, of classes near the forgotten and of others; as a retrained model's for both: "
            "no trace of them there",
            _told("features"),
        ),
        Row(
            GROUP,
            "transfer, k-NN",
            "the same by the nearest neighbours, nearer ones with more weight",
            _told("features", "knn"),
        ),
        Row(
            GROUP,
            "transfer, floor: raw pixels",
            "the linear probe without any model",
            _floor,
        ),
    )

    def wanted(self, evidence: EvidenceSettings, seeds: int) -> bool:
        """Where it is chosen, or where a downstream data set is named."""
        return super().wanted(evidence, seeds) or bool(evidence.settings(Transfer).data)

    def measure(self, context: Context) -> TransferResult:
        """A pass over the downstream pictures, then fits of both probes at each place."""
        from ...attacks.transfer import transfer

        config = context.settings(Transfer)
        if not config.data:
            return TransferResult(Undefined(NO_DATA))
        if not context.has_original:
            return TransferResult(Undefined(NO_ORIGINAL), config.data)
        known = context.original.downstream
        if config not in known:
            known[config] = _downstream(context, config)
        exam = known[config]
        if isinstance(exam, Undefined):
            return TransferResult(exam, config.data)
        return transfer(context.subject.network, exam, config, context.progress)

    def show(self, result: Json | None, reason: str) -> Json:
        """Its documented fields are null with a reason where there is no answer."""
        nothing = dict.fromkeys(("rungs", "near", "shares", "data", "digest", "scored", "left_out"))
        return {"transfer": result or {**nothing, "reason": reason}}


def _downstream(context: Context, config: Transfer) -> Downstream | Undefined:
    """The downstream pictures, read once a seed.

    Raises:
        DataError: when they are not on this machine; the message says how to get them.
    """
    from ...attacks.transfer import downstream_of
    from ...data import DataError, Images, at_hand, how_to_get, load

    bench, data = context.subject.bench, context.data
    root = bench.data_root
    if not (bench.download or at_hand(config.data, root)):
        raise DataError(f"transfer probe: {how_to_get(config.data, root)}")
    found = load(config.spec(max(data.shape[1:], default=0)), root=root, download=bench.download)
    if not isinstance(found, Images):
        return Undefined(f"{found.name} has no classes to be learnt")
    return downstream_of(
        context.original.network, data, context.split.classes, found, config, context.progress
    )
