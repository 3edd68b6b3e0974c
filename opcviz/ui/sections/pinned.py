"""The pinned sample: what each model answers, and whom each has beside it, in a fixed place."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from ..charts.maps_component import Samples
from ..charts.pictures import png_url, to_rgb
from ..reading.selected import Chosen, Known
from .sentences import percent

__all__ = ["neighbours_html", "slot_html"]

SLOT = "6.4rem"  # whatever is pinned: what stands below must not move
HINT = (
    "Nothing is pinned. Click a sample on a map, or reach it with the arrow keys and press Enter: "
    "its picture and every model's answer stand here."
)


def slot_html(samples: Samples, sample: int | None, models: Sequence[Known]) -> str:
    """A block of fixed height: picture, class and answers of the pinned sample, or what to do.

    Args:
        samples: the probe set.
        sample: the pinned sample's id, or None.
        models: what is known of each model shown.
    """
    place = (
        f'<div data-testid="pinned" style="height:{SLOT};overflow-y:auto;display:flex;gap:1rem;'
        'align-items:center;font-size:.95rem;line-height:1.4" role="status">'
    )
    at = position(samples, sample)
    if at is None:
        return f'{place}<span style="opacity:.85">{HINT}</span></div>'
    names = samples.class_names
    part = "to be forgotten" if samples.forget[at] else "kept"
    told = []
    for model in models:
        if model.answer is None or model.share is None:
            told.append(f"{html.escape(model.label)}: no answer stored")
            continue
        answer, share = names[model.answer[at]], percent(float(model.share[at]))
        told.append(f"{html.escape(model.label)}: <b>{html.escape(str(answer))}</b> ({share})")
    text = (
        f"<div><div>Pinned sample {sample}, class <b>{html.escape(str(names[samples.labels[at]]))}"
        f"</b>, {part}. Answers, with the share each model gives them:</div>"
        f"<div>{' · '.join(told)}</div></div>"
    )
    return f"{place}{_thumbnail(samples, at, 64)}{text.replace(' %', '&nbsp;%')}</div>"


def neighbours_html(chosen: Chosen, sample: int | None) -> str:
    """The samples nearest to the pinned one, in each model's own feature space."""
    at = position(chosen.samples, sample)
    if at is None:
        return (
            '<p style="font-size:.95rem;opacity:.85">Pin a sample to see whom each model puts '
            "beside it.</p>"
        )
    rows = [_beside(chosen, model, at) for model in chosen.models]
    return f'<div data-testid="neighbours" style="font-size:.95rem">{"".join(rows)}</div>'


def _beside(chosen: Chosen, model: Known, at: int) -> str:
    """One model's row: pictures of the neighbours, and how many share the sample's class."""
    name = f'<div style="font-weight:600;margin-top:.55rem">{html.escape(model.label)}</div>'
    if model.neighbours is None:
        return f"{name}<div>no neighbours stored: run the study again</div>"
    near = model.neighbours[at]
    samples = chosen.samples
    same = int((samples.labels[near] == samples.labels[at]).sum())
    forgotten = int(samples.forget[near].sum())
    told = f"{same} of {len(near)} of its class, {forgotten} of {len(near)} to be forgotten"
    if model.distances is not None and len(near) and np.isfinite(model.distances[at, -1]):
        told += f"; the farthest at {model.distances[at, -1]:.2g} class radii"
    pictures = "".join(_thumbnail(samples, int(i), 30) for i in near)
    strip = f'<div style="display:flex;flex-wrap:wrap;gap:3px;margin:.15rem 0">{pictures}</div>'
    return f"{name}{strip}<div>{told}</div>"


def position(samples: Samples, sample: int | None) -> int | None:
    """Where a sample stands in the probe set."""
    found = np.flatnonzero(samples.ids == sample) if sample is not None else np.empty(0, int)
    return int(found[0]) if len(found) else None


def _thumbnail(samples: Samples, at: int, high: int) -> str:
    """A picture about so many pixels high, or the class where there are no pictures."""
    name = f"sample {samples.ids[at]}, class {samples.class_names[samples.labels[at]]}"
    if samples.pictures is None:
        text = html.escape(str(samples.class_names[samples.labels[at]]))
        return f'<span title="{html.escape(name)}">{text}</span>'
    rgb = to_rgb(samples.pictures[at : at + 1])[0]
    wide = round(high * rgb.shape[1] / rgb.shape[0])
    return (
        f'<img src="{png_url(rgb)}" alt="{html.escape(name)}" title="{html.escape(name)}" '
        f'width="{wide}" height="{high}" style="image-rendering:pixelated;border-radius:3px;'
        'flex:none">'
    )
