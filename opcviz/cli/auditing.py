"""The commands about models that somebody else made: `opcviz audit` and `opcviz verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..common.bars import bars
from ..common.config import ConfigError
from ..common.json_types import Json
from ..common.names import shown
from .destinations import check_destinations, check_store

if TYPE_CHECKING:
    from ..audit import AuditSpec, Checked
    from ..audit.records import Report
    from ..audit.verifying import Verified

__all__ = ["add_to"]

out, err = Console(), Console(stderr=True)

FAILED = 1  # what `--fail-on` names holds, or a repeated audit differs

Weights = typer.Option(help="its weights: .safetensors, .pt, .pth or a folder")
Several = typer.Option(help="weights of a model that never saw the forget data; may repeat")
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")]
DataRoot = Annotated[Path | None, typer.Option(help="folder of data sets")]


def add_to(app: typer.Typer) -> None:
    """Make both commands known."""
    app.command("audit")(_audit)
    app.command("verify")(_verify)


def _audit(
    unlearned: Annotated[str, typer.Option(help="weights of the model that should have forgotten")],
    original: Annotated[str, typer.Option(help="weights of the model before unlearning")] = "",
    retrained: Annotated[list[str] | None, Several] = None,
    data: Annotated[str, typer.Option(help="a data set, a folder, an .npz")] = "digits",
    forget: Annotated[
        str, typer.Option(help="classes:0,1, random:10%, ... or a list: .csv, .txt, .npy")
    ] = "classes:0,1,2",
    architecture: Annotated[str, typer.Option(help="its name; else it is recognised")] = "",
    mean: Annotated[str, typer.Option(help="of the normalisation, as in 0.49,0.48,0.45")] = "",
    std: Annotated[str, typer.Option(help="of the normalisation, as in 0.25,0.24,0.26")] = "",
    quick: Annotated[bool, typer.Option(help="quick attacks, for a first look")] = False,
    without: Annotated[
        list[str] | None, typer.Option(help="an attack to leave out, as in inversion; may repeat")
    ] = None,
    retrain: Annotated[int, typer.Option(help="models to train where none were given")] = 0,
    seed: Annotated[int, typer.Option(help="of everything random")] = 0,
    name: Annotated[str, typer.Option(help="a line that says what this audit is about")] = "",
    report: Annotated[Path | None, typer.Option(help="write the report here, as HTML")] = None,
    json_: Annotated[
        Path | None, typer.Option("--json", help="write every number here, as JSON")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="write every sample here, as CSV")] = None,
    fail_on: Annotated[
        str, typer.Option(help="exit with 1 if one of these holds, as in hidden,damaged")
    ] = "",
    check: Annotated[bool, typer.Option(help="only look at what was brought")] = False,
    device: Device = "auto",
    store: Annotated[
        Path | None, typer.Option(help="folder of results; default: $OPCVIZ_STORE or ~/.opcviz")
    ] = None,
    data_root: DataRoot = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="a setting, as in training.epochs=10")
    ] = None,
) -> None:
    """Audit a model that somebody else made: attack it, judge it, report.

    Exit status 0 when it ran, whatever it found; 1 if --fail-on holds; 2 for bad input.
    """
    from ..audit.judging import failures, read_failures
    from ..audit.spec import AuditSpec, data_of, forget_of, numbers_of
    from .plans import changed_settings

    stops = read_failures(fail_on)
    values: Json = {
        "unlearned": unlearned,
        "original": original,
        "retrained": list(retrained or ()),
        "data": data_of(data).to_dict(),
        "forget": forget_of(forget).to_dict(),
        "architecture": architecture,
        "mean": numbers_of(mean, "--mean"),
        "std": numbers_of(std, "--std"),
        "suite": "quick" if quick else "full",
        "without": list(without or ()),
        "retrain": retrain,
        "seed": seed,
        "name": name,
    }
    for dotted, value in changed_settings(change).items():
        _put(values, dotted, value)
    spec = AuditSpec.from_dict(values)
    read = (*(path for _, path in spec.models), spec.data.path, spec.forget.path)
    check_destinations({"--report": report, "--json": json_, "--csv": csv}, read)
    if check:
        _tell_first_look(_looked(spec, device, store, data_root))
        return
    found = _made(spec, device, store, data_root, [report, json_, csv])
    held = failures(found.verdict, stops)
    if held:
        err.print(f"opcviz: --fail-on: {', '.join(held)}", style="bold")
        raise typer.Exit(FAILED)


def _looked(spec: AuditSpec, device: str, store: Path | None, data_root: Path | None) -> Checked:
    from ..audit import check
    from ..common.devices import pick_device
    from ..study import Store, default_root

    kept = Store(store or default_root())
    return check(spec, kept, pick_device(device), data_root=data_root)


def _made(
    spec: AuditSpec,
    device: str,
    store: Path | None,
    data_root: Path | None,
    files: list[Path | None],
) -> Report:
    """Audit, write the files, and say what was found."""
    from ..audit import audit
    from ..audit.html import to_html
    from ..audit.samples import samples_csv
    from ..common.devices import pick_device
    from ..study import Store, default_root

    kept = Store(store or default_root(), warn=_say)
    check_store(kept.root)
    with bars(err, 1) as progress:
        found = audit(spec, kept, pick_device(device), progress, data_root=data_root)
    page, numbers, samples = files
    if page is not None:
        page.write_text(to_html(found.report, found.study), encoding="utf-8")
    if numbers is not None:
        numbers.write_bytes(found.report.to_file())
    if samples is not None:
        samples.write_text(samples_csv(found.study), encoding="utf-8")
    _tell(found.report, found.study.place)
    return found.report


def _tell(report: Report, place: str) -> None:
    """The profile, and what must be known to read it."""
    verdict = report.verdict
    lines = [
        f"Gone? {verdict.gone or 'no answer'}. Noticeable? {verdict.noticeable or 'no answer'}. "
        f"The rest kept? {verdict.kept or 'no answer'}.",
        verdict.why,
        *(f"! {warning}" for warning in report.warnings),
        f"Kept as study {place}: `opcviz show {place}`, or the app, has every number.",
    ]
    for line in lines:
        out.print(shown(line), markup=False, highlight=False)


def _tell_first_look(found: Checked) -> None:
    """What was brought, as it was understood."""
    for model in found.models:
        told = ", ".join(
            f"{part.replace('_', ' ')} {value:.1f} %" for part, value in model.accuracy.items()
        )
        line = f"{model.role}: {model.name}, {model.title} ({model.architecture}); {told}"
        out.print(shown(line), markup=False, highlight=False)
    for line in (*(f"! {warning}" for warning in found.warnings), *found.missing, found.lasts):
        out.print(shown(line), markup=False, highlight=False)


def _verify(
    report: Annotated[Path, typer.Argument(help="a report as JSON")],
    root: Annotated[
        Path | None, typer.Option(help="folder that holds the report's files, whatever their names")
    ] = None,
    original: Annotated[str, typer.Option(help="where that model lies now")] = "",
    unlearned: Annotated[str, typer.Option(help="where that model lies now")] = "",
    retrained: Annotated[list[str] | None, typer.Option(help="where they lie now")] = None,
    data: Annotated[str, typer.Option(help="where the data lie now")] = "",
    forget: Annotated[str, typer.Option(help="where the list lies now")] = "",
    device: Annotated[str, typer.Option(help="as in the report, unless given")] = "",
    data_root: DataRoot = None,
) -> None:
    """Make an audit again and compare every number, word and hash with its report.

    Files are known by their hashes, whatever they are called now. Exit status 0 when all is the
    same, 1 when something differs, 2 when it cannot be made again.
    """
    from ..audit.verifying import changes_in, read_report, spec_of, verify
    from ..common.devices import pick_device

    told = read_report(report)
    changes = changes_in(told.report, root) if root else {}
    named = (("original", original), ("unlearned", unlearned), ("retrained", retrained))
    changes |= {name: value for name, value in named if value}
    if data:
        changes["data"] = _moved_data(told.report, data)
    if forget:
        changes["forget"] = _moved_list(told.report, forget)
    spec = spec_of(told.report, changes)
    usual = told.report.environment.get("device", "auto").partition(",")[0]
    with bars(err, 1) as progress:
        found = verify(told, spec, pick_device(device or usual), progress, data_root=data_root)
    _tell_compared(found, report.name)
    if not found.same:
        raise typer.Exit(FAILED)


def _moved_data(report: Report, text: str) -> Json:
    """The report's data where they lie now; how they are read stays as it was."""
    from ..audit.spec import data_of
    from ..audit.verifying import spec_of

    now = data_of(text)
    return spec_of(report).data.to_dict() | {"name": now.name, "path": now.path}


def _moved_list(report: Report, text: str) -> Json:
    """The report's list where it lies now; what is no list is another question."""
    from ..audit.spec import forget_of
    from ..audit.verifying import spec_of

    now = forget_of(text)
    return spec_of(report).forget.to_dict() | {"path": now.path} if now.path else now.to_dict()


def _tell_compared(found: Verified, name: str) -> None:
    """Each difference in a line, what only informs after them, and what all of it comes to."""
    for difference in found.differences:
        out.print(shown(str(difference)), markup=False, highlight=False)
    for note in found.notes:
        out.print(shown(f"For information, no difference: {note}"), markup=False, highlight=False)
    count = len(found.differences)
    told = f"{count} difference{'' if count == 1 else 's'}"
    if found.again is None:
        told += "; nothing was computed again, as these are not the files of the report"
    if count:
        line = shown(f"opcviz: {name}: {told}")
        err.print(line, style="bold", markup=False, highlight=False)
    else:
        line = shown(f"{name}: every number, word and hash is the same")
        out.print(line, markup=False, highlight=False)


def _put(values: Json, dotted: str, value: object) -> None:
    """Set `a.b.c` in nested tables.

    Raises:
        ConfigError: where a setting stands in the place of a table.
    """
    *path, last = dotted.split(".")
    for name in path:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise ConfigError(f"--set: '{name}' is a setting, not a table of settings")
    values[last] = value


def _say(text: str) -> None:
    err.print(shown(f"! {text}"), markup=False, highlight=False)
