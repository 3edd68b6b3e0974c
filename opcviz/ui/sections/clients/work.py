"""Who had to do what, what it cost, and what is left: a table, and a file of every round."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import streamlit as st

from ....common.records import Undefined, defined
from ....common.text import percent
from ....results import ClientsResult, EvidenceResult, GroundTruth
from ....study import StudyResult
from ...charts import table_component as component
from ...charts.table_component import Cell, Head, TableRow
from ...reading.store_reader import Column
from ..paint import paint
from ..sentences import title

__all__ = ["rounds_csv", "work"]

HOW = (
    "A method that needs the leaver is no use once it is gone, and one that needs the others costs "
    "them rounds. Every figure of what is left has its reference in the rows of the original and "
    "the retrained model. What was relearned is read beside the retrained model, too: a few "
    "poisoned pictures teach the trigger to anybody."
)
HEADS = (
    Head("leaver", "The leaver", help=("exchanges that the client who leaves takes part in",)),
    Head("others", "The others", help=("rounds of the clients who stay",)),
    Head("sent", "Megabytes", help=("sent to clients and back, in all",)),
    Head("seconds", "Seconds", help=("of all clients, one after the other",)),
    Head("test", "Test", help=("test accuracy without the trigger",)),
    Head("trigger", "Trigger turns", help=("test pictures of other classes turned to its class",)),
    Head("returned", "After further rounds", help=("the most while others train on",)),
    Head("relearned", "After relearning", help=("turned after a few poisoned pictures",)),
    Head("clean", "Leaver's clean", help=("its clean pictures answered rightly",)),
    Head(
        "auc",
        "Told from strangers",
        help=("AUC of its clean pictures, by class",),
    ),
    Head("fm", "FM", help=("the leaver's pictures answered after feature mapping",)),
)


def work(study: StudyResult, shown: Sequence[Column]) -> None:
    """The table of all models shown.

    Args:
        study: on the page.
        shown: its columns.
    """
    title("Who had to do what", HOW)
    colours = paint(shown)
    component.table(
        HEADS,
        [
            TableRow(
                column.model.key,
                Cell(column.label, _who(column), colour=colours[column.label]),
                tuple(map(Cell, _cells(column))),
                fixed=column.name in ("original", "retrain"),
            )
            for column in shown
        ],
        key=f"clients.work.{study.place}",
        corner=Head("name", "Model", words=True, sorts=False),
        label="Who had to do what, and what is left",
    )
    st.download_button(
        "Rounds (CSV)",
        lambda: rounds_csv(shown),
        f"rounds-{study.place}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="clients.csv",
        help="Every round of every model shown, and the figures of this table.",
    )


def _who(column: Column) -> str:
    """Who must take part, in words."""
    exchanges = column.model.training.exchanges
    leaver, others = any(e.leaver for e in exchanges), any(e.others for e in exchanges)
    if not exchanges:
        return "nobody"
    who = [word for word, here in (("the leaver", leaver), ("the others", others)) if here]
    return " and ".join(who)


def _cells(column: Column) -> list[str]:
    training = column.model.training
    exchanges = training.exchanges
    found = column.results.get(ClientsResult)
    truth, evidence = column.results.get(GroundTruth), column.results.get(EvidenceResult)
    left = None if isinstance(found, Undefined) else found
    trigger = None if isinstance(truth, Undefined) or not defined(truth.trigger) else truth.trigger
    return [
        str(sum(each.leaver for each in exchanges)),
        str(sum(each.others > 0 for each in exchanges)),
        f"{sum(each.megabytes for each in exchanges):.1f}",
        "–" if training.seconds is None else f"{training.seconds:.1f}",
        _percent(trigger.clean if trigger else None),
        _percent(trigger.turned if trigger else None),
        _percent(left.returned if left else None),
        _percent(left.relearned if left else None),
        _percent(left.accuracy if left else None),
        f"{left.auc:.2f}" if left and isinstance(left.auc, float) else "–",
        _percent(_recovered(evidence)),
    ]


def _recovered(evidence: EvidenceResult | Undefined) -> float | Undefined | None:
    """The leaver's pictures that FM was fitted without, answered right after it."""
    if isinstance(evidence, Undefined):
        return evidence
    found = evidence.recovery.attack("fm").get("all")
    unseen = found.unseen if found else None
    return unseen.forget_accuracy if defined(unseen) else None


def _percent(value: float | Undefined | None) -> str:
    return percent(value) if isinstance(value, int | float) else "–"


def rounds_csv(shown: Sequence[Column]) -> str:
    """A line a model and round: figures after it, and what was sent in it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = ("test_accuracy", "backdoor", "leaver_accuracy", "leaver_auc", "forget_accuracy")
    writer.writerow(["model", "seed", "round", *names, "leaver", "others", "megabytes"])
    for column in shown:
        training = column.model.training
        # a method of which the server alone did the first part sends nothing for it
        for number, row in enumerate(training.history):
            sent = training.exchanges[number - 1 : number] if number else ()
            told = [sent[0].leaver, sent[0].others, sent[0].megabytes] if sent else ["", "", ""]
            writer.writerow(
                [column.label, column.model.seed, number, *(row.get(n) for n in names), *told]
            )
    return out.getvalue()
