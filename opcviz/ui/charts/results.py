"""One figure for each kind of result, for notebooks: `opcviz.plot`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...common.records import Record, Undefined, known
from ...results import (
    BeforeAttack,
    EvidenceResult,
    FitResult,
    MembershipResult,
    RecoveryResult,
    RelearningResult,
    RelearningVariant,
    RocReport,
)
from .bands import Band
from .curves import Roc, relearning_figure, roc_figure
from .drawing import apply_layout
from .figures import recovery_figure, ridge_figure
from .lines import DASHES
from .pictures import to_rgb
from .theme import SHAPES, class_colors, ink, text_size

if TYPE_CHECKING:
    from ...artefacts import Made
    from ...audit import AuditResult
    from ...data import Split
    from ...library.attacks import Inverted
    from ...study import StudyResult
    from ...tasks.classification import ModelOutputs

__all__ = ["plot"]

R = TypeVar("R", bound=Record)

Attacked: TypeAlias = "RecoveryResult | RelearningResult | MembershipResult | EvidenceResult | Made"
Drawn: TypeAlias = (
    "Attacked | Mapping[str, Attacked] | Inverted | ModelOutputs | StudyResult | AuditResult"
)
MAP_POINTS = 1000  # points of either part in a map
SYMBOLS = tuple("triangle-up" if shape == "triangle" else shape for shape in SHAPES)


def plot(
    result: Drawn,
    about: str = "",
    *,
    split: Split | None = None,
    retrained: Attacked | None = None,
) -> go.Figure:
    """A figure of a result; needs plotly.

    Args:
        result: what one of these returned; of several models' relearning or membership a dict by
            name, to be drawn together:

            * `recover`: bars before and after FM and HR, on the forget data that they were fitted
              on (`result.fm["all"].unseen` has others), dashed what a constant answer scores;
              with `about="ridge"` recovered accuracy against the attacker's ridge;
            * `relearn`: a line for each way of training on; `about` is the variant drawn of
              several models, `retain` unless given;
            * `membership`: ROC curve; `about` is the score, `loss` unless given;
            * `invert`: true pictures above what was found;
            * `observe`: a map of the train features; `about` is `pca` unless given, `umap`,
              `densmap`, or `entropy` for every sample's entropy over the norm of its logits;
            * `measure` of `evidence`: its recovery;
            * `open_study`, `audit`: forget accuracy after FM of every model.
        about: which figure, where there are several.
        split: what was to be forgotten; wanted for what `observe` returned.
        retrained: what `recover` returned of the retrained model, drawn as a line over each bar.

    Raises:
        ValueError: for what has no figure, or no figure of this name.
        ImportError: without plotly.

    Example:
        >>> result = opcviz.recover(unlearned, data, split, original=original, progress=False)
        >>> figure = opcviz.plot(result)
        >>> figure.layout.yaxis.title.text
        'in-sample accuracy (%)'
        >>> figure = opcviz.plot(opcviz.observe(unlearned, data), split=split)
        >>> [part.name for part in figure.data]
        ['retain', 'forget']
    """
    from ...audit import AuditResult
    from ...library.attacks import Inverted
    from ...study import StudyResult
    from ...tasks.classification import ModelOutputs

    if isinstance(result, AuditResult):
        result = result.study
    if isinstance(result, Inverted):
        return _strip(result)
    if isinstance(result, StudyResult):
        return _study(result)
    if isinstance(result, ModelOutputs):
        if split is None:
            raise ValueError("plot: which samples are forget data is told by split=")
        return _entropy(result, split) if about == "entropy" else _map(result, about, split)
    several = result if isinstance(result, Mapping) else {"": result}
    found = {name: _record(one) for name, one in several.items()}
    if (recovered := _all(found, RecoveryResult)) and "" in recovered:
        band = None if retrained is None else _record(retrained)
        return _recovery(recovered[""], about, band if isinstance(band, RecoveryResult) else None)
    if relearned := _all(found, RelearningResult):
        return _relearning(relearned, about)
    if tested := _all(found, MembershipResult):
        return _roc(tested, about or "loss")
    kinds = {type(one).__name__ for one in found.values()}
    raise ValueError(f"plot: there is no figure of {', '.join(sorted(kinds)) or 'nothing'}")


def _all(found: Mapping[str, object], record: type[R]) -> dict[str, R]:
    """The results, where all are of one class; else none."""
    same = {name: one for name, one in found.items() if isinstance(one, record)}
    return same if len(same) == len(found) else {}


def _record(result: object) -> object:
    """The record in what a kind of artefact made; the recovery in the core of the evidence."""
    from ...artefacts import Made

    if isinstance(result, Made):
        result = result.result
    return result.recovery if isinstance(result, EvidenceResult) else result


def _recovery(found: RecoveryResult, about: str, retrained: RecoveryResult | None) -> go.Figure:
    constant = found.constant_predictor
    if about == "ridge":
        sweeps = {"FM": found.fm["all"].sweep, "HR": found.hr["all"].sweep}
        swept = {name: sweep for name, sweep in sweeps.items() if sweep}
        if not swept:
            raise ValueError("plot: the attack swept no ridges")
        ridges = next(iter(swept.values())).ridge
        curves = {name: sweep.forget_accuracy for name, sweep in swept.items()}
        return ridge_figure(ridges, curves, constant=constant, chosen=found.ridge)
    if about not in ("", "bars"):
        raise ValueError(f"plot: recovery is drawn as bars or ridge, not '{about}'")
    stages = _stages(found)
    reasons = (one.forget_accuracy for one in stages.values())
    return recovery_figure(
        {stage: known(one.forget_accuracy) for stage, one in stages.items()},
        intervals={
            stage: (one.interval.low, one.interval.high) if one.interval else None
            for stage, one in stages.items()
        },
        constant=constant,
        retrained={
            stage: band
            for stage, one in ({} if retrained is None else _stages(retrained)).items()
            if (band := Band.of([known(one.forget_accuracy)]))
        },
        in_sample=True,
        reason=next((each.reason for each in reasons if isinstance(each, Undefined)), ""),
        height=300,
    )


def _stages(found: RecoveryResult) -> dict[str, BeforeAttack | FitResult]:
    return {"before": found.before, "FM": found.fm["all"], "HR": found.hr["all"]}


def _relearning(models: Mapping[str, RelearningResult], about: str) -> go.Figure:
    """Lines by variant of one model, by model of one variant."""
    if list(models) == [""]:
        found = dict(models[""].variants)
        found = {about: _variant(found, about)} if about else found
    else:
        found = {name: _variant(one.variants, about or "retain") for name, one in models.items()}
    curves = {
        name: (one.steps or (), one.forget_train.accuracy or ()) for name, one in found.items()
    }
    constants = [one.forget_train.constant_predictor for one in found.values()]
    return relearning_figure(curves, constant=max(filter(None, constants), default=None))


def _variant(variants: Mapping[str, RelearningVariant], name: str) -> RelearningVariant:
    if name not in variants:
        raise ValueError(f"plot: there is no variant '{name}'; there are: {', '.join(variants)}")
    return variants[name]


def _roc(models: Mapping[str, MembershipResult], score: str) -> go.Figure:
    curves = {}
    for name, one in models.items():
        reports = {k: v for k, v in vars(one.thresholds).items() if isinstance(v, RocReport)}
        if score not in reports:
            raise ValueError(f"plot: there is no score '{score}'; there are: {', '.join(reports)}")
        if curve := Roc.of(reports[score]):
            curves[name or score] = curve
    if not curves:
        raise ValueError(f"plot: no ROC curve of '{score}' was kept")
    return roc_figure(curves)


def _strip(found: Inverted) -> go.Figure:
    scores = found.summary.per_picture.psnr
    titles = ["–" if score is None else f"{score:.1f} dB" for score in scores]
    count = len(found.pictures)
    figure = make_subplots(
        rows=2,
        cols=count,
        subplot_titles=[*[""] * count, *titles],
        horizontal_spacing=0.01,
        vertical_spacing=0.14,
    )
    drawn = (found.pictures, found.reconstructions.nan_to_num(0.5))
    for row, pictures in enumerate(drawn, 1):
        for col, picture in enumerate(to_rgb(pictures.numpy()), 1):
            figure.add_trace(go.Image(z=picture, hoverinfo="skip"), row=row, col=col)
    apply_layout(figure, 260, top=16, bottom=12)
    figure.update_annotations(font_size=text_size())
    figure.update_xaxes(showticklabels=False, showgrid=False)
    figure.update_yaxes(showticklabels=False, showgrid=False)
    for row, name in enumerate(("true", "found"), 1):
        figure.update_yaxes(title=name, row=row, col=1)
    return figure


def _map(outputs: ModelOutputs, kind: str, split: Split) -> go.Figure:
    import torch

    from ...maps import draw

    parts = {"retain": split.retain_train.cpu(), "forget": split.forget_train.cpu()}
    kept = {
        name: rows[torch.linspace(0, len(rows) - 1, min(MAP_POINTS, len(rows))).round().long()]
        for name, rows in parts.items()
    }
    rows = torch.cat(list(kept.values()))
    layout = draw(outputs.train.features.cpu()[rows], kind or "pca")
    classes = class_colors(outputs.train.logits.shape[1], split.classes, "light")
    labels = outputs.train.labels.cpu()[rows].numpy()
    gone = np.arange(len(rows)) >= len(kept["retain"])
    figure = go.Figure()
    for name, part in (("retain", ~gone), ("forget", gone)):
        colors = classes.vivid if name == "forget" else classes.muted
        marks = [SYMBOLS[classes.shape[c]] if name == "forget" else "circle" for c in labels[part]]
        figure.add_trace(
            go.Scattergl(
                x=layout.points[part, 0].numpy(),
                y=layout.points[part, 1].numpy(),
                mode="markers",
                name=name,
                text=[f"{name}, class {c}" for c in labels[part]],
                hovertemplate="%{text}<extra></extra>",
                marker={
                    "color": [colors[c] for c in labels[part]],
                    "symbol": marks,
                    "size": 6 if name == "forget" else 4,
                },
            )
        )
    apply_layout(figure, 420)
    figure.update_xaxes(showticklabels=False, title=layout.note or None)
    return figure.update_yaxes(showticklabels=False, scaleanchor="x")


def _entropy(outputs: ModelOutputs, split: Split) -> go.Figure:
    from ...artefacts.classification.entropy_points import entropy_points
    from ...common.records import Undefined
    from .entropy import Points, entropy_figure

    about, points = entropy_points(outputs.train.logits, split)
    if isinstance(about, Undefined):
        raise ValueError(f"plot: {about.reason}")
    drawn = Points(points["norm"], points["entropy"], points["forget"])
    return entropy_figure({"model": drawn}, about.classes)


def _study(study: StudyResult) -> go.Figure:
    """Bars of forget accuracy after FM, one a model."""
    several = len({model.seed for model in study.models}) > 1
    names, values, constant = [], [], None
    for model in study.models:
        evidence = model.results.get(EvidenceResult)
        if isinstance(evidence, Undefined):
            attack = FitResult.undefined(evidence.reason)
        else:
            attack = evidence.recovery.fm["all"]
        names.append(f"{model.title}, seed {model.seed}" if several else model.title)
        values.append(known(attack.forget_accuracy))
        constant = attack.constant_predictor if constant is None else constant
    rows = list(range(len(names)))  # one method may stand here with several settings
    figure = go.Figure(
        go.Bar(
            x=values,
            y=rows,
            orientation="h",
            marker_color=ink.fm,
            customdata=names,
            hovertemplate="%{customdata}: %{x:.1f} %<extra></extra>",
        )
    )
    if constant is not None:
        figure.add_vline(
            x=constant, line=DASHES, annotation_text="constant", annotation_position="top"
        )
    apply_layout(figure, 90 + 20 * len(rows), top=28)
    figure.update_xaxes(range=[0, 105], title="forget accuracy after FM (%)")
    return figure.update_yaxes(
        tickvals=rows, ticktext=names, autorange="reversed", automargin=True, showgrid=False
    )
