"""Plain sentences on what the numbers of a model say. Each states its numbers, none a verdict."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from ...artefacts import ModelResults
from ...common.records import Undefined, defined, known
from ...common.text import percent
from ...results import CoincidentGroup, Collapse, EvidenceResult, MapReadOut
from ...verdict import Verdict
from ..reading.scores import score_of
from ..reading.store_reader import fit_of
from .verdicts import deciding

__all__ = [
    "HOW_TO_READ",
    "INTRODUCED",
    "collapse_line",
    "collapse_numbers",
    "headline",
    "how_recovery_reads",
    "introduced",
    "no_retrained",
    "percent",
    "title",
]

HOW_TO_READ = {
    "umap": "UMAP keeps neighbours together and evens out density: every cluster is spread until "
    "it is about as large as the others, and samples on one spot are drawn as one mark. Look here "
    "for groups that mix, and not for how large they are.",
    "densmap": "densMAP also keeps density: a contracted set is drawn as a small dot. Distances "
    "between clusters still mean little.",
    "pca": "Two straight directions of feature space, seen from its origin, the cross. A "
    "contracted set lies on the cross.",
    "recovery": "A linear map is fitted from the unlearned features to the original's features "
    "(FM), whose head then answers, or straight to the labels (HR); no weight is trained. Bars "
    "show how many forgotten pictures it answers right that it was not fitted on, whiskers the "
    "95 % interval. Dashed: what one constant answer scores. Dotted: what the best map gets from "
    "raw pixels with the same data, without the unlearned model. Shaded: the retrained models of "
    "all seeds, which never saw the data.",
    "inversion": "An auditor who holds a forgotten picture computes the gradient that it causes in "
    "the unlearned network, and searches for a picture that causes the same one. This probes the "
    "network; it is no attack by somebody who lacks the picture. A high PSNR (likeness to the true "
    "picture) says that a gradient flows, not that the picture was remembered: the retrained "
    "model, which never saw it, scores as high. Where no gradient reaches the body there is no "
    "PSNR. Then it may only be masked, so the search goes on with a slope given to dead units, and "
    "with the activations of every block. By default a picture gets at most 4 starts and 1,040 "
    "steps. Which gradient the OPC paper inverts is not known. The change of the weights is "
    "inverted only where a single sample was forgotten: after many it mixes them all.",
}

NO_LABEL = (
    "Whoever holds retained data alone has no label for a forgotten class, so HR gets "
    "nothing there."
)
TOO_LARGE = {
    "umap": "UMAP evens out size",
    "densmap": "densMAP keeps sizes only roughly",
    "pca": "PCA shows two directions only",
}
"""Why a kind of map shows a set larger than its features are."""
TOO_SMALL = {**TOO_LARGE, "umap": "UMAP does not keep distances between clusters"}
"""Why it shows one smaller."""
FEW = 3  # classes that are named one by one
ALIKE = 1.25  # widths that differ by less are about the same
FAR = 10  # times too large
INTRODUCED = {
    "original": "Before unlearning: it was trained on all the data.",
    "retrain": "It never saw the forgotten data. If an attacker with labelled examples can still "
    "sort them, it is because they resemble other classes, not because it remembers them.",
}
"""What the two references are, in place of what a verdict would say of them."""
NEW_TO_IT = (
    "It never saw the forgotten data. It answers them as it answers new pictures: that is "
    "generalisation, not memory."
)
"""The same of a retrained model where single samples were forgotten: no class is new to it."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def title(words: str, how: str) -> None:
    """The name of a row, with how to read it."""
    st.header(words, anchor=False, help=how)


def how_recovery_reads(models: Sequence[ModelResults]) -> str:
    """How to read recovery attacks; of missing labels only where classes were forgotten."""
    single = any(_single(results.get(EvidenceResult)) for results in models)
    return HOW_TO_READ["recovery"] if single else f"{HOW_TO_READ['recovery']} {NO_LABEL}"


def introduced(method: str, results: ModelResults) -> str:
    """What a reference is, in place of what a verdict would say; empty of any other method."""
    if method == "retrain" and _single(results.get(EvidenceResult)):
        return NEW_TO_IT
    return INTRODUCED.get(method, "")


def _single(evidence: EvidenceResult | Undefined) -> bool:
    """Whether single samples were forgotten: then no test data belong to the forgotten."""
    return defined(evidence) and isinstance(evidence.accuracy.forget_test, Undefined)


def headline(method: str, results: ModelResults, verdict: Verdict | None = None) -> str:
    """What answers and features of one model, made by a method, say in one or two sentences.

    Args:
        method: its registered name.
        results: what is known of the model.
        verdict: on the model; where it says what is gone, the sentence quotes what decided that.
    """
    training, evidence = results.training, results.get(EvidenceResult)
    if training.status == "diverged":
        return f"Training {training.reason}: there is no model to examine."
    if training.status in ("refused", "failed"):
        return f"There is no model: {training.reason}."
    if verdict is not None and (told := deciding(verdict)):
        return " ".join(filter(None, (introduced(method, results), told)))
    forget = known(evidence.accuracy.forget_train) if defined(evidence) else None
    fit = score_of(fit_of(results, "fm", "all"), "all")
    after, constant = fit.value, fit.constant
    if forget is None or after is None or constant is None:
        return "The evidence is not complete yet."
    if method == "original":
        return "Before unlearning: it answers all data, the forget data included."
    says = f"It still answers {percent(forget)} of the forget data"
    if forget <= constant + 1:
        says = f"The answers are gone ({percent(forget)})"
    if method == "retrain" and _single(evidence):
        return f"{says}. {NEW_TO_IT}"
    if method == "retrain":
        return (
            f"{says}. It never saw the forgotten data. An attacker with labelled examples still "
            f"sorts {percent(after)} of them: likeness to other classes, not memory."
        )
    if after <= constant + 1:
        return f"{says}, and a linear map restores no more than a constant answer would."
    seen = " of what it was fitted on" if fit.in_sample else ""
    return f"{says}; a linear map of the features restores {percent(after)}{seen}."


def collapse_line(
    collapse: Collapse | Undefined,
    drawn: MapReadOut | None,
    *,
    kind: str = "umap",
    together: Sequence[CoincidentGroup] = (),
    classes: Sequence[str] = (),
    gone: Collection[int] = (),
) -> str:
    """The read-out below a map: how wide the forgotten samples are in truth, and how drawn.

    Args:
        collapse: sizes in feature space.
        drawn: size in the map, None where it is not known.
        kind: of map, a key of `TOO_LARGE`.
        together: groups of coincident samples, each drawn as one mark.
        classes: names of all classes.
        gone: numbers of the forgotten classes; without them no class of kept samples is named.
    """
    if isinstance(collapse, Undefined):
        return f"no numbers: {collapse.reason}"
    true = known(collapse.radius_ratio)
    if true is None:
        why = collapse.radius_ratio
        return f"No width: {why.reason if isinstance(why, Undefined) else 'it is not known'}."
    told = f"The forgotten samples are **{_width(true)}**{_as_drawn(true, drawn, kind, together)}."
    return " ".join([told, *_on_one_spot(together, classes, gone)])


def collapse_numbers(
    collapse: Collapse | Undefined,
    drawn: MapReadOut | None,
    together: Sequence[CoincidentGroup] = (),
) -> str:
    """The figures that the line below a map is made of; empty without them.

    The width as drawn is left out where forgotten samples are one mark, which has none.
    """
    if isinstance(collapse, Undefined):
        return ""
    rank = known(collapse.effective_rank)
    merged = any(group.forgotten for group in together)
    shown = "" if merged else f" (as drawn {_ratio(known(drawn.radius_ratio) if drawn else None)})"
    return (
        f"radius ratio **{_ratio(known(collapse.radius_ratio))}**{shown} · "
        f"norm ratio **{_ratio(known(collapse.norm_ratio))}** · "
        f"effective rank **{'none: a point' if rank is None else f'{rank:.1f}'}**"
    )


def _ratio(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if value >= 0.01 or value == 0 else power_of_ten(value)


def _width(ratio: float) -> str:
    """`8,000 times narrower than the kept data`, from widths, forgotten over kept."""
    if ratio == 0:
        return "all at the very same point"
    times, way = (1 / ratio, "narrower") if ratio < 1 else (ratio, "wider")
    if times < ALIKE:
        return "about as wide as the kept data"
    return f"{_times(times)} times {way} than the kept data"


def _times(factor: float) -> str:
    """Two significant digits, as one says them: 1.7, 23, 8,000; powers of ten beyond a million."""
    if factor >= 1e6:
        return power_of_ten(factor)
    rounded = float(f"{factor:.2g}")
    return f"{rounded:.1f}" if rounded < 10 else f"{rounded:,.0f}"


def _as_drawn(
    true: float, drawn: MapReadOut | None, kind: str, together: Sequence[CoincidentGroup]
) -> str:
    """In brackets, where the picture shows another size by a factor of two or more."""
    if any(group.forgotten for group in together):
        return " (the mark is far larger: at their true size they could not be seen)"
    shown = known(drawn.radius_ratio) if drawn else None
    if shown is None or true == 0 or 0.5 < shown / true < 2:
        return ""
    factor = shown / true
    size = f"{_times(max(factor, 1 / factor))} times too {'large' if factor > 1 else 'small'}"
    why = (TOO_LARGE if factor > 1 else TOO_SMALL)[kind]
    return f" (drawn {'far too large' if factor >= FAR else size}: {why})"


def _on_one_spot(
    together: Sequence[CoincidentGroup], classes: Sequence[str], gone: Collection[int]
) -> list[str]:
    """Who is drawn as one mark; of many small groups only how many there are."""
    if not together:
        return []
    if len(together) > 1:
        count = sum(group.count for group in together)
        return [f"{count} samples lie on {len(together)} spots, each drawn as one mark."]
    (group,) = together
    kept = group.count - group.forgotten
    if not kept:
        return [f"{group.count} of them lie on one spot, drawn as one mark."]
    of = _of_classes(group, classes, gone)
    if not group.forgotten:
        return [f"{kept} kept samples{of} lie on one spot, drawn as one mark."]
    return [f"With **{kept} kept** samples{of} they lie on one spot, drawn as one mark."]


def _of_classes(group: CoincidentGroup, classes: Sequence[str], gone: Collection[int]) -> str:
    """Of which classes the kept samples of a group are, in commas; not where samples were
    forgotten, for there the shares do not tell whose are kept."""
    numbers = sorted(c for c in map(int, group.shares) if c not in gone)
    if not gone or not numbers or numbers[-1] >= len(classes):
        return ""
    names = [classes[c] for c in numbers]
    if len(names) == 1:
        return f", all of class {names[0]},"
    if len(names) > FEW:
        return f", of {len(names)} classes,"
    return f", of classes {', '.join(names[:-1])} and {names[-1]},"


def no_retrained(seed: int) -> str:
    """What is missing where a model has nothing to be compared with."""
    return f"no retrained model of seed {seed}"


def power_of_ten(value: float) -> str:
    """One digit and its power: `7·10⁻⁶`."""
    digit, power = f"{value:.0e}".split("e")
    return f"{digit}·10{str(int(power)).translate(SUPERSCRIPTS)}"
