"""The sentences of the tour, with the figures of the studies that they speak of."""

from __future__ import annotations

import math

from ....common.records import defined
from ....common.text import percent
from ....results import Rung
from ...charts.bands import Band
from .facts import Facts, Library

__all__ = [
    "entropy",
    "entropy_answer",
    "floors",
    "floors_answer",
    "hidden",
    "hidden_answer",
    "inversion",
    "inversion_answer",
    "one_class",
    "one_class_answer",
    "umap",
    "umap_answer",
    "without_one",
    "without_one_answer",
]


def hidden(studies: Library) -> list[str]:
    """Sentences of "Hidden or gone?"."""
    digits = studies("digits")
    delete, opc = digits.title("delete"), digits.title("opc")
    furthest = digits.worst("opc", "retain").attempt
    band = digits.worst_retrained("retain", furthest.place)
    return [
        f"A network learnt {len(digits.classes)} classes and was told to forget "
        f"{digits.forgotten}. Before, it named {percent(digits.answered('original'))} of their "
        f"training pictures right.",
        f"Two methods were tried. After {delete} it names "
        f"{percent(digits.answered('delete'))} of them right, after {opc} "
        f"{percent(digits.answered('opc'))}.",
        f"Now an auditor who has the original network and kept pictures, but no forgotten "
        f"picture, puts one linear map on the last features, what is computed just before the "
        f"answer. From {delete} they get "
        f"{percent(digits.recovered('delete', 'retain'))} of the unseen forgotten pictures right "
        f"again, from {opc} "
        f"{percent(digits.recovered('opc', 'retain'))}. {_over_seeds(digits)}",
        f"And gone from one place is not gone from everywhere: from what is computed at "
        f"'{furthest.place}' the best map of that same auditor gets "
        f"{percent(furthest.recovered)} from {opc}, and {_range(band.low, band.high)} from "
        "networks that never saw these classes.",
    ]


def _over_seeds(digits: Facts) -> str:
    """Which seed that was, and what the others give where they give something else."""
    told, varied = [], False
    for method in ("delete", "opc"):
        band = digits.over_seeds(method, "retain")
        told.append(f"{_range(band.low, band.high)} from {digits.title(method)}")
        varied = varied or percent(band.low) != percent(band.high)
    one = f"All this is of {digits.seed('opc')}, one start of the random numbers"
    return f"{one}; over all seeds it is {' and '.join(told)}." if varied else f"{one}."


def hidden_answer(studies: Library) -> str:
    """Answer to the question of "Hidden or gone?"."""
    digits = studies("digits")
    return (
        "Not by asking: silence looks the same. Attack both, and attack networks that never saw "
        f"the data, too. There the same map gets {_band(digits, 'retain')}; what lies far above "
        "was hidden and not forgotten."
    )


def umap(studies: Library) -> list[str]:
    """Sentences of "What UMAP hides"."""
    digits = studies("digits")
    opc = digits.title("opc")
    return [
        "A feature map places each picture by what the network computes of it, just before it "
        "answers. Nearby marks look alike to the network.",
        "UMAP keeps who is near whom, neither sizes nor distances between clusters: left to "
        "itself it would spread a tight cluster until it looks like any other. This page draws "
        "samples on one spot as one mark.",
        f"The forgotten features of {opc} ({digits.seed('opc')}) are "
        f"{_times(digits.narrower('opc'))} times narrower than "
        f"the kept ones. As UMAP placed them, they are "
        f"{_times(digits.narrower('opc', 'umap'))} times narrower.",
        "So read a UMAP for what is mixed with what, and the line below it for size.",
    ]


def umap_answer(studies: Library) -> str:
    """Answer to the question of "What UMAP hides"."""
    digits = studies("digits")
    told = ", ".join(
        f"{name} drew them {_times(digits.narrower('opc', kind))} times narrower"
        for kind, name in (("pca", "PCA"), ("densmap", "densMAP"), ("umap", "UMAP"))
    )
    return (
        f"In none for certain, so read the line below the map. Compare with the truth, "
        f"{_times(digits.narrower('opc'))} times: {told}. PCA is linear: what lies on one point "
        "stays on one, but it leaves out all but two directions, and a set may look wider or "
        "narrower than it is. The cross in it is the origin of feature space."
    )


def without_one(studies: Library) -> list[str]:
    """Sentences of "The attacker without a forgotten picture"."""
    digits = studies("digits")
    delete, opc = digits.title("delete"), digits.title("opc")
    band = digits.worst_retrained("retain")
    return [
        "Who attacks? One who holds labelled examples of everything gets, by one linear map on "
        f"the last features, {percent(digits.recovered('delete', 'all'))} from {delete}, but also "
        f"{percent(digits.recovered('retrain', 'all'))} from the retrained network, which never "
        "saw the forgotten classes. Those examples taught the map; the network need not remember.",
        "The attacker on this page has kept pictures and the original network, but no forgotten "
        "picture. They need the original to read the answer; asked itself, it names "
        f"{percent(digits.asked('original'))}. What is tested is whether the unlearned features "
        "still fit it.",
        f"By that map they get, at {digits.seed('opc')}, "
        f"{percent(digits.recovered('retrain', 'retain'))} from the retrained network, "
        f"{percent(digits.recovered('delete', 'retain'))} from {delete}, "
        f"{percent(digits.recovered('opc', 'retain'))} from {opc}. By the best map at any block: "
        f"{_range(band.low, band.high)} from retrained networks, "
        f"{percent(digits.worst('delete', 'retain').attempt.recovered)} from {delete}, "
        f"{percent(digits.worst('opc', 'retain').attempt.recovered)} from {opc}.",
        "From bare pixels, read by the original's last layer, the best map gets "
        f"{percent(digits.pixels('delete', 'retain'))} (dotted). Only what stands above that line "
        "and above the green retrained networks speaks of memory.",
    ]


def without_one_answer(studies: Library) -> str:
    """Answer to the question of "The attacker without a forgotten picture"."""
    digits = studies("digits")
    return (
        "Features learnt from other classes, strokes and loops, sort the new ones as well. That is "
        "likeness and not memory: by one linear map on the last features "
        f"{percent(digits.recovered('retrain', 'all'))} with examples of every class, "
        f"{percent(digits.recovered('retrain', 'retain'))} without."
    )


def floors(studies: Library) -> list[str]:
    """Sentences of "Floors and the constant answer"."""
    digits = studies("digits")
    at_features = digits.worst("delete", "all", "features").attempt.recovered
    untrained = digits.worst("untrained", "all", "features").attempt.recovered
    band = digits.worst_retrained("all", "features")
    return [
        "A number means nothing before you know what costs nothing. Always answering the "
        f"commonest forgotten class is right in {percent(digits.constant('delete', 'all'))}: the "
        "dashed line, the constant answer.",
        "From the pixels alone, with no network at all, the best map gets "
        f"{percent(digits.pixels('delete', 'all'))}, given examples of every class. From the last "
        f"features of a network that nobody trained ({digits.seed('untrained')}) the best map gets "
        f"{percent(untrained)}.",
        f"From {digits.title('delete')} ({digits.seed('delete')}) it gets "
        f"{percent(at_features)} there, from networks that never saw the data "
        f"{_range(band.low, band.high)}. Only what an attacker gets beyond all of these speaks of "
        "the network that is attacked.",
    ]


def floors_answer(studies: Library) -> str:
    """Answer to the question of "Floors and the constant answer"."""
    digits = studies("digits")
    return (
        f"Not by that figure. The pixels give {percent(digits.pixels('delete', 'all'))} to an "
        "attacker with examples of every class. Ask what the same attacker gets from pixels, from "
        "an untrained network and from retrained ones; only the rest counts."
    )


def one_class(studies: Library) -> list[str]:
    """Sentences of "One class against three"."""
    digits, one = studies("digits"), studies("digits-one")
    spread, opc = one.title("opc_retain_like"), one.title("opc")
    earlier = one.before_last("opc")
    counts = one.worst("opc", "retain", earlier)
    there = one.worst_retrained("retain", earlier)
    strongest = one.worst("opc_retain_like", "all").attempt
    band = one.worst_retrained("all", strongest.place)
    return [
        f"{opc} moves all forgotten features to one point. In the chapters before, "
        f"{digits.forgotten} lie on it: one linear map on the last features, even with examples of "
        "everything, gets "
        f"{percent(digits.recovered('opc', 'all'))}{_earlier(digits)}; one answer for all is right "
        f"in {percent(digits.constant('opc', 'all'))}.",
        f"Here only class {one.forgotten} was forgotten ({one.seed('opc')}). "
        f"With the original network and kept pictures, but no forgotten one, that map "
        f"gets {percent(one.recovered('opc', 'retain'))}, from "
        f"retrained networks {_band(one, 'retain')}. One answer for all gets "
        f"{percent(one.constant('opc', 'retain'))}, so this figure alone proves nothing.",
        f"At '{earlier}', before the last block, the best map of that attacker gets "
        f"{percent(counts.attempt.recovered)}, from retrained networks "
        f"{_range(there.low, there.high)}. {_what_counts(counts, there)}",
        f"{spread} moves the class among the kept ones instead: the map on the last features gets "
        f"{percent(one.recovered('opc_retain_like', 'retain'))}. The best one with examples of "
        f"everything gets {percent(strongest.recovered)} at '{strongest.place}', from "
        f"retrained networks {_range(band.low, band.high)}.",
    ]


def _earlier(digits: Facts) -> str:
    """Where in the network the best map still gets more than one answer for all."""
    rung = digits.last_open("opc", "all")
    if rung is None:
        return ""
    return f" (the best map {percent(rung.attempt.recovered)} from '{rung.attempt.place}')"


def _what_counts(rung: Rung, retrained: Band) -> str:
    """What a figure beside the retrained networks' is worth, if the map does more than one word."""
    if rung.attempt.recovered <= retrained.high or not defined(rung.retain_accuracy):
        return "That is no difference."
    kept = percent(rung.retain_accuracy)
    return f"The same map answers {kept} of the kept pictures right: that difference counts."


def one_class_answer(studies: Library) -> str:
    """Answer to the question of "One class against three"."""
    digits = studies("digits")
    return (
        "Whoever finds the point knows what lies on it when only one class does. With "
        f"{digits.forgotten} on it, the point says 'one of these', and the best constant guess is "
        f"right in {percent(digits.constant('opc', 'all'))}."
    )


def entropy(studies: Library) -> list[str]:
    """Sentences of "Entropy and norm"."""
    digits = studies("digits")
    count = len(digits.classes)
    (before, sure), (after, unsure) = digits.entropy("original"), digits.entropy("opc")
    return [
        "The last layer gives each class a score, called a logit. The norm of these scores, their "
        "length as one vector, limits how sure an answer can be.",
        f"Entropy measures doubt. With {count} classes it is at most log {count} = "
        f"{math.log(count):.2f} nats (natural logarithm), where all are equally likely.",
        f"For the forgotten pictures {digits.title('opc')} ({digits.seed('opc')}) "
        f"takes the median norm from {before:.1f} "
        f"to {after:.2g}, and the median entropy from {sure:.2g} to {unsure:.2f}.",
        "Drag the norm of a stored answer down and watch the doubt rise.",
    ]


def entropy_answer(studies: Library) -> str:
    """Answer to the question of "Entropy and norm"."""
    digits = studies("digits")
    norm, nats = digits.entropy("delete")
    return (
        "No. Two highest scores that tie, however long they are, leave a doubt of at least log 2 = "
        f"{math.log(2):.2f}. For {digits.title('delete')} the median norm is "
        f"{norm:.1f} and the median entropy {nats:.2f}. So look at both, as the panels do."
    )


def inversion(studies: Library) -> list[str]:
    """Sentences of "Inversion and dead gradients"."""
    digits = studies("digits")
    never, opc = digits.inversion("retrain"), digits.inversion("opc")
    count, dead = len(opc.per_picture.psnr), opc.without_body_gradient or 0
    mean = never.class_mean.psnr if never.class_mean else None
    return [
        "A picture leaves a gradient: the direction in which it would move the weights. Gradient "
        "inversion searches for a picture that leaves the same one.",
        f"The retrained network ({digits.seed('retrain')}), which never saw these pictures, "
        f"gives them back at "
        f"{_db(never.psnr)}; the average picture of the class comes to {_db(mean)} (PSNR; more is "
        "closer). So a sharp picture is no proof of memory.",
        f"From {digits.title('opc')}, {dead} of {count} pictures leave no gradient below the last "
        "layer, so nothing comes out.",
        *_unmasked(digits),
    ]


def _unmasked(digits: Facts) -> list[str]:
    """What a slope for dead units brings back, and others' figures beside; nothing unmasked."""
    found = digits.inversion("opc")
    bent = found.surrogate
    if not found.masked or not defined(bent) or bent.psnr is None:
        return []
    told = (
        f"Let units that are off pass {percent(100 * bent.slope)} of the gradient and the pictures "
        f"are back, at {_db(bent.psnr)}."
    )
    rebuilt = [block for block in found.activations if block.rebuilt and block.psnr is not None]
    if rebuilt:
        last = rebuilt[-1]
        told += (
            f" A search in the activations of '{last.block}', what that block computes, gives "
            f"{_db(last.psnr)}, in those of the retrained network "
            f"{_db(digits.from_block('retrain', last.block))}, of an untrained one "
            f"{_db(digits.from_block('untrained', last.block))}."
        )
    return [f"{told} So a missing gradient is evidence neither of forgetting nor of memory."]


def inversion_answer(studies: Library) -> str:
    """Answer to the question of "Inversion and dead gradients"."""
    digits = studies("digits")
    found = digits.inversion("opc")
    blocks = [b for b in found.activations if b.rebuilt]
    if not blocks:
        return "Not by that alone: the gradient may only be masked. Try the activations as well."
    first, last = blocks[0], blocks[-1]
    return (
        "Not by that. It may only be masked: from the activations of "
        f"'{first.block}' to '{last.block}' {last.rebuilt} of {len(last.per_picture)} pictures "
        f"are rebuilt all the same. But '{last.block}' of the retrained network, which never saw "
        f"them, gives {_db(digits.from_block('retrain', last.block))}: no sign of memory."
    )


def _db(value: float | None) -> str:
    return "no score" if value is None else f"{value:.1f} dB"


def _times(value: float) -> str:
    """`8,700`, `14`, `1.3`: as precise as the line below a map."""
    return f"{float(f'{value:.2g}'):,.0f}" if value >= 10 else f"{value:.1f}"


def _range(low: float, high: float) -> str:
    return percent(low) if percent(low) == percent(high) else f"{percent(low)} to {percent(high)}"


def _band(facts: Facts, fit: str) -> str:
    band = facts.retrained(fit)
    return _range(band.low, band.high)
