"""Evidence drawn along something: places from input to output, or the steps of an attacker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..common.records import defined
from ..results import (
    HOLDS,
    InformationResult,
    RelearningResult,
    RelearningVariant,
    StrongestResult,
)
from ..study import ModelResult
from .charts import AUDITED, FLOOR, ORIGINAL, RETRAINED, Line, lines
from .exhibit import CAPTIONS, PERCENT, Exhibit, Table, band, called, number
from .figures import BROUGHT, Cast
from .records import Range

__all__ = ["information", "ladder", "relearning"]

ONE_ORIGINAL = (
    "His maps lead to the features of the original and let its last layer answer: in an audit of "
    "the one original that was brought, for the retrained models, too. A study takes for each "
    "retrained model the original of its own seed, so its band and its floor differ for the same "
    "files."
)
"""Why the band of an audit is not that of a study with the same retrained models."""


def ladder(cast: Cast, holds: str) -> Iterator[Exhibit]:
    """The best of all maps at each place, by attackers with the same data."""
    ours = cast.audited.results.get(StrongestResult)
    if not defined(ours) or ours.worst(holds) is None:
        return
    places = [place for place in ours.places() if ours.worst(holds, place)]
    mine = [_best(cast.audited, holds, place) for place in places]
    first = [_best(cast.original, holds, place) for place in places]
    low, high = _span([[_best(m, holds, place) for m in cast.retrained] for place in places])
    lowest = ours.floor(holds)
    floor = lowest.attempt.recovered if lowest else None
    constant = None if not defined(ours.constant) else ours.constant
    curves = [
        Line("retrained, least to greatest", low, RETRAINED, high=high),
        Line("original", first, ORIGINAL),
        Line("audited model", mine, AUDITED),
        Line("floor: pixels without the model", [floor] * len(places), FLOOR, "dash"),
        Line("best constant answer", [constant] * len(places), ORIGINAL, "dot"),
    ]
    who = [called(r.attempt.words) if (r := ours.worst(holds, place)) else "–" for place in places]
    columns = zip(places, mine, first, low, high, who, strict=True)
    rows = tuple(
        (place, number(a), number(b), _ends(c, d), name) for place, a, b, c, d, name in columns
    )
    title = {
        "all": "What the best attacker gets from every place of the model",
        "retain": "The same by attackers who never held a forgotten picture",
    }[holds]
    text = (
        f"The attacker holds {HOLDS[holds]}. Percent of {ours.answers.scored:,} "
        if defined(ours.answers)
        else f"The attacker holds {HOLDS[holds]}. Percent of the "
    ) + (
        "unseen forgotten pictures that the best of his maps answers right, from input to output. "
        "Nothing below the dashed floor needs the model."
    )
    if holds == "retain" and cast.audited.method.info.name == BROUGHT and cast.retrained:
        text += f" {ONE_ORIGINAL}"
    drawn = [c for c in curves if any(v is not None for v in c.values)]
    chart = lines(places, drawn, title="recovered (%)", span=PERCENT)
    heads = ("place", "audited (%)", "original", "retrained", "best attacker on the audited model")
    yield Exhibit(title, text, chart, Table(heads, rows, CAPTIONS["%"]))


def _best(model: ModelResult | None, holds: str, place: str) -> float | None:
    found = model.results.get(StrongestResult) if model else None
    rung = found.worst(holds, place) if defined(found) else None
    return rung.attempt.recovered if rung else None


def _span(
    rows: Sequence[Sequence[float | None]],
) -> tuple[list[float | None], list[float | None]]:
    """Least and greatest of each row; None unless every model has a number."""
    full = [[v for v in row if v is not None] if None not in row else [] for row in rows]
    return [min(r, default=None) for r in full], [max(r, default=None) for r in full]


def _ends(low: float | None, high: float | None, unit: str = "%") -> str:
    return "–" if low is None or high is None else band(Range(low, high, 1), unit)


def relearning(cast: Cast) -> Iterator[Exhibit]:
    """Relearning step by step, by the attacker who holds most forgotten pictures."""
    ours = cast.audited.results.get(RelearningResult)
    if not defined(ours):
        return
    usable = {n: v for n, v in ours.variants.items() if v.steps and _curve(v)}
    if not usable:
        return
    name = max(usable, key=lambda each: usable[each].given)
    steps = usable[name].steps or ()
    theirs = [_variant(each, name, len(steps)) for each in cast.retrained]
    low, high = _span(list(zip(*theirs, strict=True)) if theirs else [[]] * len(steps))
    first = _variant(cast.original, name, len(steps))
    mine = _variant(cast.audited, name, len(steps))
    curves = [
        Line("retrained, least to greatest", low, RETRAINED, high=high),
        Line("original", first, ORIGINAL),
        Line("audited model", mine, AUDITED),
    ]
    drawn = [c for c in curves if any(v is not None for v in c.values)]
    given = usable[name].given
    what = f"{given} forgotten pictures" if given else "no forgotten picture"
    rows = tuple(
        (f"{steps[i]}", number(mine[i]), number(first[i]), _ends(low[i], high[i]))
        for i in sorted({0, len(steps) // 4, len(steps) // 2, len(steps) - 1})
    )
    yield Exhibit(
        "How fast it comes back",
        f"Percent of forgotten pictures answered right while an attacker who holds {what} trains "
        "on at a small rate. What was only covered comes back sooner than what must be learnt.",
        lines(steps, drawn, title="answered right (%)", span=PERCENT, along="step", height=300),
        Table(
            ("training step", "audited (%)", "original", "retrained"),
            rows,
            "Percent of forgotten pictures answered right after so many training steps. Lower is "
            "better, down to the retrained models.",
        ),
    )


def _curve(variant: RelearningVariant) -> tuple[float | None, ...] | None:
    """On unseen forgotten pictures, where there are any."""
    found = variant.forget_test.accuracy or variant.forget_train.accuracy
    return found if found and any(each is not None for each in found) else None


def _variant(model: ModelResult | None, name: str, count: int) -> list[float | None]:
    found = model.results.get(RelearningResult) if model else None
    variant = found.variants.get(name) if defined(found) else None
    curve = _curve(variant) if variant else None
    return list(curve) if curve and len(curve) == count else [None] * count


def information(cast: Cast) -> Iterator[Exhibit]:
    """A lower bound of what every place tells of who is forgotten."""

    def bits(model: ModelResult | None, place: str) -> float | None:
        found = model.results.get(InformationResult) if model else None
        return found.bits.get(place) if defined(found) and defined(found.bits) else None

    ours = cast.audited.results.get(InformationResult)
    if not defined(ours) or not defined(ours.bits):
        return
    places = list(ours.bits)
    low, high = _span([[bits(m, place) for m in cast.retrained] for place in places])
    rows = tuple(
        (p, *(number(v, "AUC") for v in (bits(m, p) for m in (cast.audited, cast.original))),
         _ends(a, b, "AUC"))
        for p, a, b in zip(places, low, high, strict=True)
    )  # fmt: skip
    yield Exhibit(
        "How many bits tell forgotten from retained",
        f"A lower bound, by place; all there is to tell is {ours.most:.2f} bits.",
        table=Table(
            ("place", "audited (bits)", "original", "retrained"),
            rows,
            "Bits about whether a picture is forgotten, at least. The nearer to the retrained "
            "models the better.",
        ),
    )
