"""The command line: `opcviz app`, and the same work without a browser."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from ..common.bars import bars
from ..common.config import ConfigError
from ..common.json_types import Json
from ..common.names import shown
from ..common.progress import Cancelled
from ..common.threads import patient_threads
from . import auditing, output, stores
from .destinations import of_the_place
from .options import JsonOption, SetOption, StoreOption
from .output import expected_errors, listing, numbers_table, reading, width_of, without_model
from .plans import changed_settings, chosen, cost_of, kinds_among, with_attacks
from .running import SchedulerOption, Work, WorkersOption

if TYPE_CHECKING:
    from ..study import Plan, Store
    from ..study.table import TableRow

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Unlearn for real, attack the result, keep the evidence.",
)
out, err = Console(), Console(stderr=True)


@app.callback()
def _global_options(
    method_file: Annotated[
        list[Path] | None,
        typer.Option(help="a Python file (or folder) with methods of your own; may repeat"),
    ] = None,
    attack_file: Annotated[
        list[Path] | None,
        typer.Option(help="a Python file (or folder) with attacks of your own; may repeat"),
    ] = None,
    network_file: Annotated[
        list[Path] | None,
        typer.Option(help="a Python file (or folder) with networks of your own; may repeat"),
    ] = None,
) -> None:
    """Unlearn for real, attack the result, keep the evidence."""
    files = [*(method_file or ()), *(attack_file or ()), *(network_file or ())]
    if files:  # through the environment, so that worker processes load them too, by one loader
        from ..common.plugins import add_source

        for path in files:
            add_source(path.absolute())


def _load_plugins() -> None:
    """Register a user's own methods and attacks; what is refused is said and left out."""
    from .. import artefacts, methods  # noqa: F401  (what files may add to)
    from ..common.plugins import loader

    for refused in loader.load():
        _say(str(refused))


def _say(text: str) -> None:
    """A sentence on something that was left out, as it is: paths may hold brackets."""
    err.print(f"! {text}", markup=False, highlight=False)


def _open_store(folder: Path | None) -> Store:
    """The named store alone, or the user's own with the shipped studies below it."""
    from ..study import Store, default_root, shipped_root

    layers = () if folder else (shipped_root(),)
    return Store(folder or default_root(), layers, warn=_say)


def _load(target: str, changes: list[str] | None = None) -> tuple[Plan, ...]:
    """The plans of a preset or a TOML file: one, unless the file varies a setting."""
    from ..study import check_plan, list_presets
    from ..study.spec import load_plans, preset_path

    _load_plugins()
    if target.endswith(".toml") or Path(target).is_file():
        path = Path(target)
    elif target in list_presets():
        path = preset_path(target)
    else:
        raise ConfigError(
            f"'{target}' is neither a TOML file nor a preset; presets: {', '.join(list_presets())}"
        )
    plans = load_plans(path, changed_settings(changes))
    try:
        for plan in plans:
            check_plan(plan)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return plans


@app.command()
def run(
    target: Annotated[str, typer.Argument(help="a preset, or a SPEC.toml")],
    methods: Annotated[str, typer.Option(help="only these, as in opc,rl")] = "",
    seeds: Annotated[str, typer.Option(help="as in 0,1,2")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    store: StoreOption = None,
    data: Annotated[Path | None, typer.Option(help="folder of data sets")] = None,
    download: Annotated[bool, typer.Option(help="fetch a missing data set")] = False,
    only: Annotated[str, typer.Option(help="only these answers, as in model,evidence")] = "",
    attacks: Annotated[str, typer.Option(help="optional ones too, as in relearning,margin")] = "",
    quick: Annotated[bool, typer.Option(help="quick attacks, as in the lab")] = False,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    change: SetOption = None,
) -> None:
    """Do a whole study: train, unlearn, attack, map. What is there already is not done again."""
    from ..common.devices import pick_device
    from ..study import StudyRunner, check_methods, missing

    work = Work(device, workers, scheduler)
    plans, where, kinds = _load(target, change), _open_store(store), kinds_among(only)
    if said := cost_of(target):
        out.print(said, markup=False, highlight=False)
    failed = 0
    for each in plans:
        plan = with_attacks(chosen(each, methods, seeds), attacks, quick=quick)
        check_methods(plan)
        runner = StudyRunner(
            plan.study,
            where,
            pick_device(work.here),
            seeds=plan.seeds,
            data_root=data,
            download=download,
        )
        if not (todo := len(missing(plan, runner, kinds))):
            runner.prepare()  # what was asked last is what the study shows
            out.print(f"{plan.study.place}: everything is there already, nothing was computed")
            continue
        done = work.do(plan, runner, kinds, todo, err)
        lost = f", {todo - done.made} could not be" if done.failures else ""
        out.print(f"{plan.study.place}: {done.made} answers made{lost}, kept in {where.root}")
        failed += len(done.failures)
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def show(
    study: Annotated[str, typer.Argument(help="a study's name; see `list studies`")],
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """The numbers of a finished study."""
    from ..study import open_study

    _load_plugins()
    result = open_study(_open_store(store), study)
    if as_json:
        print(json.dumps(result.to_dict(), indent=1, ensure_ascii=False, allow_nan=False))
        return
    numbers = numbers_table(result)
    # no column is left out, however narrow the window: a line without its name says nothing
    numbers.width = width_of(numbers, out.width)
    out.print(numbers, crop=False)
    for line in without_model(result):
        out.print(line, markup=False, highlight=False)
    if result.study.task == "classification":
        out.print(reading(result))


@app.command()
def table(
    studies: Annotated[list[str], typer.Argument(help="names of studies; see `list studies`")],
    about: Annotated[
        str,
        typer.Option(
            help="headline (the narrow one), unlearning (every number), inversion, sequence "
            "(requests in a row), or an attack of your own"
        ),
    ] = "headline",
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """One line a method, mean ± standard deviation over seeds, as Markdown.

    The headline table has the worst case of every method beside floors and retrained models.
    """
    from ..artefacts.columns import HEADLINE
    from ..study import headline, open_study
    from ..study.table import rows, to_markdown

    _load_plugins()
    where = _open_store(store)
    opened = [open_study(where, name) for name in studies]
    if about == "sequence":
        print(output.in_a_row(opened, as_json))
        return
    if about == HEADLINE:
        told = [
            line
            for study in opened
            for line in headline.headline(study, study.study.name if len(studies) > 1 else "")
        ]
        if as_json:
            print(json.dumps([line.to_dict() for line in told], indent=1, ensure_ascii=False))
        else:
            print(headline.to_markdown(told))
        return
    own = {name: said for study in opened for name, said in study.own_kinds.items()}
    lines: list[TableRow] = []
    for study in opened:
        name = study.study.name if len(studies) > 1 else ""
        lines += rows(study.models, about, own, study=name)
    if as_json:
        print(json.dumps([row.to_dict() for row in lines], indent=1, ensure_ascii=False))
    else:
        print(to_markdown(lines, about, own))


@app.command()
def sweep(
    target: Annotated[str, typer.Argument(help="a preset, or a SPEC.toml")],
    methods: Annotated[str, typer.Option(help="only these, as in opc,rl; or all")] = "",
    seeds: Annotated[str, typer.Option(help="of the final models, as in 0,1,2")] = "",
    trials: Annotated[int, typer.Option(help="settings tried of each method")] = 8,
    budget: Annotated[int, typer.Option(help="sample gradients a trial may evaluate")] = 40_000,
    workers: Annotated[int, typer.Option(help="processes at once; 0: the machine's cores")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    store: StoreOption = None,
    data: Annotated[Path | None, typer.Option(help="folder of data sets")] = None,
    change: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare methods fairly: equal trials and compute, settings chosen on validation data."""
    from ..study.table import to_markdown
    from ..sweep.compare import compare
    from ..sweep.search import Sweep

    limits = Sweep(trials=trials, budget=budget)
    for plan in (chosen(each, methods, seeds) for each in _load(target, change)):
        with bars(err, 1) as progress:
            found = compare(
                plan,
                limits,
                _open_store(store).root,
                workers=workers or os.cpu_count() or 1,
                device=device,
                data_root=data,
                progress=progress,
            )
        if as_json:
            print(json.dumps(found.to_dict(), indent=1, ensure_ascii=False))
        else:
            print(to_markdown(found.table))


@app.command("list")
def list_(
    what: Annotated[
        str,
        typer.Argument(
            help="datasets, architectures, methods, attacks, kinds, fields, presets, studies"
        ),
    ],
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """What can be chosen."""
    from . import listings

    _load_plugins()
    known: dict[str, Callable[[], list[Json]]] = {
        "datasets": listings.datasets,
        "architectures": listings.architectures,
        "methods": listings.methods,
        "attacks": listings.attacks,
        "kinds": listings.artefact_kinds,
        "fields": listings.json_fields,
        "presets": listings.presets,
        "studies": lambda: listings.studies(_open_store(store)),
    }
    if what not in known:
        raise ConfigError(f"'{what}' cannot be listed; there are: {', '.join(known)}")
    rows = known[what]()
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        out.print(listing(rows))
        for said in dict.fromkeys(said for row in rows for said in row.get("missing", ())):
            out.print(said, markup=False, highlight=False)


@app.command("app", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def app_(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(help="of the app's address; default: 8501")] = None,
) -> None:
    """Open the laboratory in the browser. Further options are those of `streamlit run`."""
    from ..ui.serve import main as serve

    serve([*([f"--server.port={port}"] if port is not None else []), *context.args])


auditing.add_to(app)
stores.add_to(app)

STOPPED = 130  # exit status after Ctrl-C
FAILED = 1  # of a run in which something of the user's own failed; the rest was done


def main() -> None:
    """Entry point: errors a person can act on are printed as one sentence, exit status 2."""
    patient_threads()
    try:
        status = app(standalone_mode=False)
        if status == STOPPED:  # typer answers Ctrl-C with a status instead of the exception
            raise KeyboardInterrupt
        if status == FAILED:
            sys.exit(FAILED)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except (Cancelled, KeyboardInterrupt, typer.Abort):
        err.print("opcviz: stopped; what was finished is kept, run the same again to go on")
        sys.exit(STOPPED)
    except Exception as error:
        if isinstance(error, expected_errors()):
            _stop(str(error))
        if isinstance(error, OSError) and (why := of_the_place(error)):
            _stop(why)
        if format_message := getattr(error, "format_message", None):  # typer's: an unknown option
            _stop(format_message())
        raise


def _stop(why: str) -> NoReturn:
    """End with status 2 and a sentence, if there is one."""
    if why:
        err.print(shown(f"opcviz: {why}"), style="bold", markup=False, highlight=False)
    sys.exit(2)
