"""What the chapters of the tour show and say; the figures come from the store."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ....common.text import percent
from ....results import FIT_SETS
from .facts import Facts, Library

__all__ = ["CHAPTERS", "Chapter", "Scene"]


@dataclass(frozen=True)
class Scene:
    """What is on the stage.

    Attributes:
        study: name of a study's spec, not of its folder.
        methods: whose models are shown, those of the lowest seed.
        map: kind of map.
        fit: what the attacker holds, by the name of a fit set.
    """

    study: str
    methods: tuple[str, ...] = ("retrain", "delete", "opc")
    map: str = "umap"
    fit: str = "retain"


@dataclass(frozen=True)
class Chapter:
    """One stop of the tour, about forty seconds long.

    Attributes:
        scene: what is shown.
        evidence: names of the rows that are drawn, see `stage.EVIDENCE`.
        says: three or four plain sentences.
        task: one thing to try on the real page.
        opens: that page, by the name of its file.
        then: the scene that it opens with.
        question: to think about.
        answer: to it.
    """

    scene: Scene
    evidence: tuple[str, ...]
    says: Callable[[Library], list[str]]
    task: str
    opens: str
    then: Scene
    question: str
    answer: Callable[[Library], str]


def _hidden(studies: Library) -> list[str]:
    digits = studies("digits")
    delete, opc = digits.title("delete"), digits.title("opc")
    furthest = digits.worst("opc", "retain").attempt
    band = digits.worst_retrained("retain", furthest.place)
    return [
        f"A network learnt {len(digits.classes)} classes and was told to forget "
        f"{digits.forgotten}. Before, it named {percent(digits.answered('original'))} of their "
        f"pictures rightly.",
        f"Two methods were asked to make it forget. {delete} now "
        f"answers {percent(digits.answered('delete'))} of them rightly, {opc} "
        f"{percent(digits.answered('opc'))}.",
        f"Now an attacker who holds only the other classes puts one linear map on the last "
        f"features. From {delete} they get {percent(digits.recovered('delete', 'retain'))} of the "
        f"unseen forgotten pictures right again, from {opc} "
        f"{percent(digits.recovered('opc', 'retain'))}.",
        f"And gone from one place is not gone from everywhere: at '{furthest.place}' the best "
        f"attacker gets {percent(furthest.recovered)} from {opc}, and "
        f"{_range(band.low, band.high)} from networks that never saw these classes.",
    ]


def _hidden_answer(studies: Library) -> str:
    digits = studies("digits")
    return (
        "Not by asking: silence looks the same. Attack both, and attack networks that never saw "
        f"the data, too. There the same map gets {_band(digits, 'retain')}; what lies far above "
        "was hidden and not forgotten."
    )


def _umap(studies: Library) -> list[str]:
    digits = studies("digits")
    opc = digits.title("opc")
    return [
        "A feature map places each picture by what the network computes of it, just before it "
        "answers. Nearby marks look alike to the network.",
        "UMAP keeps who is near whom and evens out size: a tight cluster is spread until it looks "
        "like any other.",
        f"The forgotten features of {opc} are {_times(digits.narrower('opc'))} times narrower than "
        f"the kept ones. As UMAP placed them, they are "
        f"{_times(digits.narrower('opc', 'umap'))} times narrower.",
        "So read a UMAP for what is mixed with what, and the number below it for size.",
    ]


def _umap_answer(studies: Library) -> str:
    digits = studies("digits")
    told = ", ".join(
        f"{name} drew them {_times(digits.narrower('opc', kind))} times narrower"
        for kind, name in (("pca", "PCA"), ("densmap", "densMAP"), ("umap", "UMAP"))
    )
    return (
        f"Compare with the truth, {_times(digits.narrower('opc'))} times: {told}. PCA is linear "
        "and shows size best; the cross in it is the origin of feature space."
    )


def _holds_nothing(studies: Library) -> list[str]:
    digits = studies("digits")
    delete, opc = digits.title("delete"), digits.title("opc")
    return [
        "Who attacks? One who holds labelled examples of everything, the forgotten classes "
        f"included, gets {percent(digits.recovered('delete', 'all'))} from {delete}, but also "
        f"{percent(digits.recovered('retrain', 'all'))} from the retrained network, which never "
        "saw them. Those examples taught the map; the network need not remember.",
        "The attacker on this page never holds a forgotten picture. From the retrained network "
        f"they get {percent(digits.recovered('retrain', 'retain'))}, from {delete} "
        f"{percent(digits.recovered('delete', 'retain'))}, from {opc} "
        f"{percent(digits.recovered('opc', 'retain'))}.",
        f"The pixels alone give them {percent(digits.pixels('delete', 'retain'))} (dotted). Only "
        "what stands above that line and above the green retrained networks speaks of memory.",
    ]


def _holds_nothing_answer(studies: Library) -> str:
    digits = studies("digits")
    return (
        "Features learnt from other classes, strokes and loops, sort the new ones as well. That is "
        f"likeness and not memory: {percent(digits.recovered('retrain', 'all'))} with examples of "
        f"every class, {percent(digits.recovered('retrain', 'retain'))} without."
    )


def _floors(studies: Library) -> list[str]:
    digits = studies("digits")
    at_features = digits.worst("delete", "all", "features").attempt.recovered
    band = digits.worst_retrained("all", "features")
    return [
        "A number means nothing before you know what costs nothing. Always answering the "
        f"commonest forgotten class is right in {percent(digits.constant('delete', 'all'))}: the "
        "dashed line, the constant answer.",
        "From the pixels alone, with no network at all, the best map gets "
        f"{percent(digits.pixels('delete', 'all'))}, given examples of every class. From a "
        f"network that nobody trained, a linear map gets "
        f"{percent(digits.recovered('untrained', 'all'))}.",
        f"{digits.title('delete')} gives {percent(at_features)} at its last features; networks "
        f"that never saw the data give {_range(band.low, band.high)}.",
    ]


def _floors_answer(studies: Library) -> str:
    digits = studies("digits")
    return (
        f"Not by that figure. The pixels give {percent(digits.pixels('delete', 'all'))} to an "
        "attacker with examples of every class. Ask what the same attacker gets from pixels, from "
        "an untrained network and from retrained ones; only the rest counts."
    )


def _one_class(studies: Library) -> list[str]:
    digits, one = studies("digits"), studies("digits-one")
    spread, opc = one.title("opc_retain_like"), one.title("opc")
    strongest = one.worst("opc_retain_like", "all").attempt
    band = one.worst_retrained("all", strongest.place)
    return [
        f"{opc} moves all forgotten features to one point. With {digits.forgotten} on it, even an "
        f"attacker with examples of everything gets {percent(digits.recovered('opc', 'all'))}; a "
        f"constant answer is right in {percent(digits.constant('opc', 'all'))}.",
        f"Here only {one.forgotten} was forgotten, and the point gives it away: an attacker "
        f"without a single forgotten picture gets {percent(one.recovered('opc', 'retain'))}, from "
        f"retrained networks {_band(one, 'retain')}.",
        f"{spread} hides the class among the kept ones instead of on a point: the same map gets "
        f"{percent(one.recovered('opc_retain_like', 'retain'))}.",
        f"That holds for this attacker. The best one with examples of everything gets "
        f"{percent(strongest.recovered)} at '{strongest.place}', and from retrained networks "
        f"{_range(band.low, band.high)} there.",
    ]


def _one_class_answer(studies: Library) -> str:
    digits = studies("digits")
    return (
        "Whoever finds the point knows what lies on it when only one class does. With "
        f"{digits.forgotten} on it, the point says 'one of these', and the best constant guess is "
        f"right in {percent(digits.constant('opc', 'all'))}."
    )


def _entropy(studies: Library) -> list[str]:
    digits = studies("digits")
    count = len(digits.classes)
    (before, sure), (after, unsure) = digits.entropy("original"), digits.entropy("opc")
    return [
        "The last layer gives each class a score, the logits. How long that list of scores is, its "
        "norm, decides how sure an answer can be.",
        f"Entropy measures doubt. With {count} classes it is at most log {count} = "
        f"{math.log(count):.2f}, where all are equally likely.",
        f"For the forgotten pictures {digits.title('opc')} takes the median norm from {before:.1f} "
        f"to {after:.2g}, and the median entropy from {sure:.2g} to {unsure:.2f}.",
        "Drag the norm of a stored answer down and watch the doubt rise.",
    ]


def _entropy_answer(studies: Library) -> str:
    digits = studies("digits")
    norm, nats = digits.entropy("delete")
    return (
        "No. Two long scores that tie leave as much doubt as log 2 = "
        f"{math.log(2):.2f}, at any norm. For {digits.title('delete')} the median norm is "
        f"{norm:.1f} and the median entropy {nats:.2f}. So look at both, as the panels do."
    )


def _inversion(studies: Library) -> list[str]:
    digits = studies("digits")
    never, opc = digits.inversion("retrain"), digits.inversion("opc")
    count, dead = len(opc.per_picture.psnr), opc.without_body_gradient or 0
    mean = never.class_mean.psnr if never.class_mean else None
    return [
        "A picture leaves a gradient: the direction in which it would move the weights. Gradient "
        "inversion searches for a picture that leaves the same one.",
        f"The retrained network, which never saw these pictures, gives them back at "
        f"{_db(never.psnr)}; the average picture of the class comes to {_db(mean)} (PSNR; more is "
        "closer). So a sharp picture is no proof of memory.",
        f"From {digits.title('opc')}, {dead} of {count} pictures leave no gradient below the last "
        "layer, so nothing comes out.",
        *_unmasked(digits),
    ]


def _unmasked(digits: Facts) -> list[str]:
    """What a slope for dead units brings back; nothing where no picture was masked."""
    found = digits.inversion("opc")
    bent = found.surrogate
    psnr, slope = getattr(bent, "psnr", None), getattr(bent, "slope", None)
    if not found.masked or psnr is None:
        return []
    told = f"Units that are off pass no gradient. Let them pass {percent(100 * slope)} of it and the pictures "
    rebuilt = [block for block in found.activations if block.rebuilt and block.psnr is not None]
    last = f"; the activations of '{rebuilt[-1].block}' give {_db(rebuilt[-1].psnr)}"
    return [f"{told}are back, at {_db(psnr)}{last if rebuilt else ''}. Masked is not gone."]


def _inversion_answer(studies: Library) -> str:
    found = studies("digits").inversion("opc")
    blocks = [b for b in found.activations if b.rebuilt]
    if not blocks:
        return "Not by that alone: the gradient may only be masked. Try the activations as well."
    first, last = blocks[0], blocks[-1]
    return (
        "Not by that. It may only be masked: from the activations of "
        f"'{first.block}' to '{last.block}' {last.rebuilt} of {len(last.per_picture)} pictures "
        "are rebuilt all the same. Only the later layers let nothing through."
    )


def _db(value: float | None) -> str:
    return "no score" if value is None else f"{value:.1f} dB"


def _times(value: float) -> str:
    """`8,663`, `14`, `1.3`."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _range(low: float, high: float) -> str:
    return percent(low) if percent(low) == percent(high) else f"{percent(low)} to {percent(high)}"


def _band(facts: Facts, fit: str) -> str:
    band = facts.retrained(fit)
    return _range(band.low, band.high)


DIGITS, ONE = Scene("digits"), Scene("digits-one", ("retrain", "opc", "opc_retain_like"))
CHAPTERS = (
    Chapter(
        DIGITS,
        ("recovery",),
        _hidden,
        "Open these three side by side, put another method beside them, and read its card.",
        "side_by_side",
        DIGITS,
        "Two networks answer nothing. How would you find out which one forgot?",
        _hidden_answer,
    ),
    Chapter(
        DIGITS,
        ("maps",),
        _umap,
        "Open the same maps as PCA, and find the forgotten classes of the third network.",
        "side_by_side",
        Scene("digits", map="pca"),
        "In which kind of map is a small dot a small set?",
        _umap_answer,
    ),
    Chapter(
        DIGITS,
        ("recovery",),
        _holds_nothing,
        f"Give the attacker '{FIT_SETS['all'].label}', and compare the retrained network's bars.",
        "side_by_side",
        Scene("digits", fit="all"),
        "Why can an attacker sort pictures that the retrained network never saw?",
        _holds_nothing_answer,
    ),
    Chapter(
        Scene("digits", fit="all"),
        ("worst_case",),
        _floors,
        "Open Instruments, point at the lines, and find where each network leaves the band.",
        "instruments",
        DIGITS,
        "An attack restores 95 %. Is the network caught?",
        _floors_answer,
    ),
    Chapter(
        ONE,
        ("recovery",),
        _one_class,
        "Open the study with one class as PCA maps, and find the point.",
        "side_by_side",
        Scene("digits-one", ONE.methods, map="pca"),
        "Why does one point betray one class, but not several?",
        _one_class_answer,
    ),
    Chapter(
        Scene("digits", ("original", "delete", "opc")),
        ("norm", "entropy"),
        _entropy,
        "Open Instruments and compare the entropy panels of the three networks.",
        "instruments",
        Scene("digits", ("original", "delete", "opc")),
        "Is every answer full of doubt a short one?",
        _entropy_answer,
    ),
    Chapter(
        DIGITS,
        ("inversion",),
        _inversion,
        "Open the pictures side by side, and move the step of the search.",
        "side_by_side",
        DIGITS,
        "No picture comes out of the gradient. Is the picture gone?",
        _inversion_answer,
    ),
)
"""In the order of `TITLES`."""
