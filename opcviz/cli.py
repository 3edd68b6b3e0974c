"""The same work without a browser: `python -m opcviz run | show | list`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table

from .config import ConfigError, settings_of
from .progress import Cancelled, Epoch, Event, Message, Progress, Stage, Step

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Unlearn for real, attack the result, keep the evidence.",
)
out, err = Console(), Console(stderr=True)

StoreOption = Annotated[
    Path | None,
    typer.Option("--store", help="folder of results; default: $OPCVIZ_STORE or ~/.opcviz"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="for programs")]


def _open_store(folder: Path | None):
    """The named store alone, or the user's own with the shipped studies below it."""
    from .study import Store, default_root, shipped_root

    layers = () if folder else (shipped_root(),)
    return Store(folder or default_root(), layers, warn=lambda text: err.print(f"! {text}"))


def _load(target: str):
    """A plan from a preset's name, a TOML file, or a stored study's place."""
    from .study import list_presets, load_plan, preset

    if target.endswith(".toml") or Path(target).is_file():
        return load_plan(Path(target))
    if target in list_presets():
        return preset(target)
    raise ConfigError(
        f"'{target}' is neither a TOML file nor a preset; presets: {', '.join(list_presets())}"
    )


@app.command()
def run(
    target: Annotated[str, typer.Argument(help="a preset, or a SPEC.toml")],
    methods: Annotated[str, typer.Option(help="only these, as in opc,rl")] = "",
    seeds: Annotated[str, typer.Option(help="as in 0,1,2")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    store: StoreOption = None,
    data: Annotated[Path | None, typer.Option(help="folder of data sets")] = None,
    download: Annotated[bool, typer.Option(help="fetch a missing data set")] = False,
) -> None:
    """Do a whole study: train, unlearn, attack, map. What is there already is not done again."""
    from dataclasses import replace

    from .devices import pick_device
    from .study import Laboratory, missing, read_method
    from .study import run as do

    plan = _load(target)
    if methods:
        listed = {m.info.name: m for m in plan.methods}
        names = [name.strip() for name in methods.split(",") if name.strip()]
        chosen = (listed.get(n) or read_method(n, plan.study.data.name) for n in names)
        plan = replace(plan, methods=tuple(chosen))
    if seeds:
        plan = replace(plan, seeds=_numbers(seeds, "--seeds"))
    where = _open_store(store)
    lab = Laboratory(plan.study, where, pick_device(device), data_root=data, download=download)
    todo = len(missing(plan, lab))
    if not todo:
        out.print(f"{plan.study.place}: everything is there already, nothing was computed")
        return
    with _bars(todo) as progress:
        lab.progress = progress
        do(plan, lab)
    out.print(f"{plan.study.place}: {todo} answers made, kept in {where.root}")


def _numbers(text: str, name: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise ConfigError(f"{name}: wants whole numbers from 0 with commas, got '{text}'")
    return tuple(dict.fromkeys(map(int, parts)))


@contextmanager
def _bars(count: int) -> Iterator[Progress]:
    """Two bars: answers of the whole study, and steps of the current one."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Bars(*columns, console=err) as bars:
        total = bars.add_task("study", total=count, note="")
        current = bars.add_task("", total=None, note="")

        def listen(event: Event) -> None:
            if isinstance(event, Stage):
                bars.update(total, completed=event.index)
                label = f"{event.name} · {event.model}"
                bars.reset(current, description=label[:48], total=None, note="")
            elif isinstance(event, Step):
                bars.update(current, completed=event.step, total=event.steps)
            elif isinstance(event, Epoch):
                values = event.values
                shown = (("forget", "forget_accuracy"), ("retain", "retain_accuracy"))
                note = " ".join(
                    f"{k} {values[v]:.0f} %" for k, v in shown if values.get(v) is not None
                )
                bars.update(current, note=note)
            elif isinstance(event, Message):
                bars.console.print(event.text)

        yield Progress(listen)
        bars.update(total, completed=count)


@app.command()
def show(
    study: Annotated[str, typer.Argument(help="a study's name; see `list studies`")],
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """The numbers of a finished study."""
    from .study import open_study

    result = open_study(_open_store(store), study).to_dict()
    if as_json:
        print(json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False))
        return
    out.print(_numbers_table(result))
    out.print(
        "Accuracies in percent. Forget after FM/HR: accuracy on forget data that an affine map of "
        "the features restores (fit set all). A constant answer alone scores "
        f"{_percent(_constant(result))}."
    )


def _constant(result: dict[str, Any]) -> float | None:
    for model in result["models"]:
        value = model["recovery"]["fm"]["all"]["constant_predictor"]
        if value is not None:
            return value
    return None


def _numbers_table(result: dict[str, Any]) -> Table:
    table = Table(title=f"{result['study']['title']} ({result['study']['place']})")
    for name in ("model", "seed", "forget", "retain test", "after FM", "after HR", "norm ratio",
                 "inversion PSNR", "train s"):  # fmt: skip
        table.add_column(name, justify="left" if name == "model" else "right")
    for model in result["models"]:
        recovery = model["recovery"]
        psnr = model["inversion"]["psnr"]
        ratio = model["collapse"]["norm_ratio"]
        table.add_row(
            model["method"],
            str(model["seed"]),
            _percent(model["accuracy"]["forget_train"]),
            _percent(model["accuracy"]["retain_test"]),
            _percent(recovery["fm"]["all"]["forget_accuracy"]),
            _percent(recovery["hr"]["all"]["forget_accuracy"]),
            "–" if ratio is None else f"{ratio:.3g}",
            "–" if psnr is None else f"{psnr:.1f} dB",
            "–" if model["seconds"] is None else f"{model['seconds']:.1f}",
        )
    return table


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="datasets|architectures|methods|attacks|studies")],
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """What can be chosen."""
    listings = {
        "datasets": _datasets,
        "architectures": _architectures,
        "methods": _methods,
        "attacks": _attacks,
        "studies": lambda: _studies(store),
    }
    if what not in listings:
        raise ConfigError(f"'{what}' cannot be listed; there are: {', '.join(listings)}")
    rows = listings[what]()
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    table = Table()
    plain = [{k: v for k, v in row.items() if not isinstance(v, dict | list)} for row in rows]
    for name in plain[0] if plain else ("none yet",):
        table.add_column(name)
    for row in plain:
        table.add_row(*(str(value) for value in row.values()))
    out.print(table)


def _datasets() -> list[dict[str, Any]]:
    from dataclasses import asdict

    from .data import list_datasets

    return [asdict(info) for info in list_datasets()]


def _architectures() -> list[dict[str, Any]]:
    from .models import list_architectures

    return [{"name": name} for name in list_architectures()]


def _methods() -> list[dict[str, Any]]:
    from .methods import list_methods

    return [
        {
            "name": cls.info.name,
            "title": cls.info.title,
            "family": cls.info.family,
            "summary": cls.info.summary,
            "paper": cls.info.paper,
            "needs": sorted(cls.info.needs),
            "fields": _fields(cls),
            "tuned": cls.tuned,
        }
        for cls in list_methods()
    ]


def _attacks() -> list[dict[str, Any]]:
    from .attacks.inversion import Inversion
    from .attacks.recovery import Recovery

    named = {"recovery": Recovery, "inversion": Inversion}
    return [
        {"name": name, "summary": (cls.__doc__ or "").splitlines()[0], "fields": _fields(cls)}
        for name, cls in named.items()
    ]


def _fields(cls) -> list[dict[str, Any]]:
    defaults = cls().to_dict()
    return [
        {"name": name, "default": defaults[name], "help": about.help}
        for name, about in settings_of(cls).items()
    ]


def _studies(store: Path | None) -> list[dict[str, Any]]:
    from .study import list_studies, open_study

    where = _open_store(store)
    opened = [open_study(where, place) for place in list_studies(where)]
    return [{"name": s.place, "title": s.study.title, "models": len(s.models)} for s in opened]


def main() -> None:
    """Entry point: errors a person can act on are printed as one sentence, exit status 2."""
    from .data import DataError
    from .models import CheckpointError
    from .study import StoreError

    try:
        app(standalone_mode=False)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except (ConfigError, DataError, StoreError, CheckpointError) as error:
        err.print(f"opcviz: {error}", style="bold", markup=False, highlight=False)
        sys.exit(2)
    except (Cancelled, KeyboardInterrupt, typer.Abort):
        err.print("opcviz: stopped; what was finished is kept, run the same again to go on")
        sys.exit(130)
    except Exception as error:
        if type(error).__module__.startswith("click") or hasattr(error, "format_message"):
            err.print(f"opcviz: {error.format_message()}")
            sys.exit(2)
        raise
