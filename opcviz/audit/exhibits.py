"""The evidence of a report: what each attack found, as a chart, a table and a line to read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..artefacts import kinds
from ..artefacts.columns import columns_of
from ..study import StudyResult
from .along import information, ladder, relearning
from .charts import AUDITED, ORIGINAL, RETRAINED, Line, dots, lines
from .exhibit import Exhibit, Table, dotted, table_of
from .figures import Cast
from .records import Figure, Report
from .seen import feature_map, rebuilt

__all__ = ["exhibits"]


def exhibits(report: Report, study: StudyResult, cast: Cast) -> Iterator[Exhibit]:
    """All evidence there is, most telling first; what is missing stands among the gaps."""

    def of_kind(kind: str) -> list[Figure]:
        return [each for each in report.figures if each.kind == kind]

    answered = [each for each in of_kind("evidence") if each.holds is None]
    fitted = [each for each in of_kind("evidence") if each.holds is not None]
    yield from dotted(
        answered,
        "What the models answer",
        "Percent of pictures answered right. Of forgotten data a good unlearned model answers what "
        "the retrained ones answer, not necessarily nothing.",
        "answered right (%)",
    )
    yield from ladder(cast, "all")
    yield from ladder(cast, "retain")
    yield from dotted(
        fitted,
        "Answers restored from the features by an affine map (FM, HR)",
        "Percent of unseen forgotten pictures answered right after a map of the features that is "
        "found in closed form. No weight of the model is changed.",
        "recovered (%)",
    )
    yield from dotted(
        of_kind("masked"),
        "Answers among the forgotten classes alone",
        "Percent of unseen forgotten pictures whose class comes first, or last, among the "
        "forgotten ones, as it is or less the mean of each class. Nothing is fitted.",
        "recovered (%)",
    )
    yield from dotted(
        of_kind("few_shot"),
        "What a few pictures are enough for",
        "Percent of unseen forgotten pictures named right by the nearest class mean, where the "
        "attacker holds a few pictures of each forgotten class. A retrained model keeps classes "
        "that it never saw somewhat apart, too: what counts is what lies beyond the band.",
        "recovered (%)",
    )
    yield from dotted(
        of_kind("relearned"),
        "What relearning brings back",
        "Percent of unseen forgotten pictures answered right by the best of many trainings from "
        "the model's weights. A retrained model learns from the pictures, too: what counts is what "
        "lies beyond the band.",
        "recovered (%)",
    )
    yield from relearning(cast)
    yield from _separability(report)
    members = [each for kind in ("shadows", "reference", "membership") for each in of_kind(kind)]
    yield from dotted(
        members,
        "Membership",
        "Whether forgotten samples are told from samples that no model saw: the AUC is 0.5 for "
        "guessing; above it they look trained on, below it over-forgotten.",
        "AUC",
        (0.0, 1.0),
    )
    yield from _rebuilt(cast, of_kind("inversion"))
    yield from _mapped(study, cast)
    yield from information(cast)
    yield from dotted(
        of_kind("ground_truth"),
        "What was planted in the train set",
        "A flaw was planted in the data to be forgotten. Percent of unseen pictures on which the "
        "model still shows it.",
        "shows it (%)",
    )
    yield from _own(study, cast)


def _separability(report: Report) -> Iterator[Exhibit]:
    """The clearest judge at each place."""
    signs = [each for each in report.figures if each.kind == "signs" and each.place]
    places = list(dict.fromkeys(str(each.place) for each in signs))
    if not places:
        return
    best = [max((s for s in signs if s.place == p), key=lambda s: s.value) for p in places]
    low = [each.retrained.low if each.retrained else None for each in best]
    high = [each.retrained.high if each.retrained else None for each in best]
    curves = [
        Line("retrained by the same judge", low, RETRAINED, high=high),
        Line("original by the same judge", [each.original for each in best], ORIGINAL),
        Line("audited model", [each.value for each in best], AUDITED),
    ]
    drawn = [c for c in curves if any(v is not None for v in c.values)]
    yield Exhibit(
        "Whether the forgotten pictures stand out",
        "AUC of telling forgotten from retained test pictures by what the model computes, by the "
        "clearest judge at each place; 0.5 is guessing. A class that a model never saw stands out, "
        "too: what counts is what lies beyond the band.",
        lines(places, drawn, title="AUC", span=(0.45, 1.02), height=270),
        table_of(best),
    )


def _rebuilt(cast: Cast, figures: Sequence[Figure]) -> Iterator[Exhibit]:
    """Pictures searched for in the models, and how close they came."""
    pictures = rebuilt(cast)
    if not figures and not pictures:
        return
    yield Exhibit(
        "Forgotten pictures, rebuilt from the models",
        "Each picture is searched for by the gradient that it leaves in a model. That a picture "
        "can be rebuilt says that the model still computes something on it, not that it remembers "
        "it: the retrained models never saw it. The floor is the mean picture of the class; more "
        "dB are closer.",
        dots(figures, title="PSNR (dB)", span=None) if figures else None,
        table_of(figures) if figures else None,
        pictures,
    )


def _mapped(study: StudyResult, cast: Cast) -> Iterator[Exhibit]:
    for kind in study.study.evidence.maps:
        if chart := feature_map(study, cast, kind):
            yield Exhibit(
                f"Where the forgotten samples lie ({kind.upper()})",
                "Each dot is a sample of the probe set, placed by the features that the model "
                "gives it: forgotten ones large, retained ones small and faint, a colour a class. "
                "Maps tear and stretch: they show what to look for, the figures above "
                "decide.",
                chart,
            )
            return  # one is enough on paper; the app has the others


def _own(study: StudyResult, cast: Cast) -> Iterator[Exhibit]:
    """Numbers of attacks that users brought themselves."""
    ours = {kind.name for kind in kinds(study.study.task) if not kind.own}
    for name, about in study.own_kinds.items():
        if name in ours:
            continue
        rows = tuple(
            (column.name, column.help, *(_cell(column.value(m.results)) for m in cast.all))
            for column in columns_of(about)
        )
        if rows:
            heads = ("number", "what it is", *(f"{m.title}, seed {m.seed}" for m in cast.all))
            yield Exhibit(
                f"{about.title} (an attack of your own)",
                about.summary,
                table=Table(heads, rows, "Numbers of this attack, as it names them."),
            )


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
