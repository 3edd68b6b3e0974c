"""The commands that look after a store: `opcviz store list`, `check`, `export` and so on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..common.bars import bar
from ..common.names import shown
from .destinations import check_destinations, check_store
from .options import JsonOption, StoreOption
from .output import listing

if TYPE_CHECKING:
    from ..study import Store

__all__ = ["add_to"]

out, err = Console(), Console(stderr=True)
FAULTY = 1  # exit status of a check that found something

Studies = Annotated[
    list[str] | None, typer.Argument(help="names of studies; none: all", show_default=False)
]


def add_to(app: typer.Typer) -> None:
    """Make the commands known."""
    group = typer.Typer(
        no_args_is_help=True, help="Look after a store: what it holds, checked, moved, cleared out."
    )
    for name, command in (
        ("list", _list),
        ("check", _check),
        ("export", _export),
        ("import", _import),
        ("move", _move),
        ("prune", _prune),
    ):
        group.command(name)(command)
    app.add_typer(group, name="store")


def _list(store: StoreOption = None, json_: JsonOption = False) -> None:
    """The studies in a store, with their sizes."""
    from ..upkeep import inventory

    found = inventory(_own(store))
    if json_:
        print(json.dumps([each.to_dict() for each in found], indent=1))
        return
    rows = [
        {**each.to_dict(), "bytes": _megabytes(each.bytes), "changed": each.changed[:10]}
        for each in found
    ]
    out.print(listing(rows) if rows else f"no study in {_own(store).root}", highlight=False)


def _check(studies: Studies = None, store: StoreOption = None, json_: JsonOption = False) -> None:
    """Compare every file with its recorded hash. Exit status 1 if something is wrong."""
    from ..upkeep import check

    with bar("checking") as progress:
        found = check(_own(store), studies or (), progress)
    if json_:
        print(json.dumps(found.to_dict(), indent=1))
    else:
        for fault in found.faults:
            _tell(f"{fault.place}: {fault.reason}")
        _tell(
            f"{found.answers:,} answers, {_megabytes(found.bytes)}: "
            + (_count(len(found.faults), "fault") if found.faults else "all as they were written")
        )
    if found.faults:
        raise typer.Exit(FAULTY)


def _export(
    file: Annotated[Path, typer.Argument(help="a new file, as in studies.zip")],
    studies: Studies = None,
    store: StoreOption = None,
) -> None:
    """Write studies into one file that `import` reads."""
    from ..upkeep import export

    check_destinations({"FILE": file}, ())
    with bar("exporting") as progress:
        count = export(_own(store), file, studies or (), progress)
    _tell(f"{count:,} answers in {file}, {_megabytes(file.stat().st_size)}")


def _import(
    file: Annotated[Path, typer.Argument(help="what `export` wrote")], store: StoreOption = None
) -> None:
    """Add the studies of a file; what is there already stays as it is."""
    from ..upkeep import import_archive

    kept = _own(store)
    check_store(kept.root)
    with bar("importing") as progress:
        found = import_archive(kept, file, progress)
    _tell(f"{', '.join(found.studies)}: {found.added:,} answers added, {found.known:,} known")


def _move(
    to: Annotated[Path, typer.Option(help="folder of the other store")],
    studies: Studies = None,
    store: StoreOption = None,
) -> None:
    """Move studies to another store. Interrupted, the same command goes on."""
    from ..upkeep import move

    check_store(to)
    with bar("moving") as progress:
        found = move(_own(store), studies or (), to, progress)
    _tell(f"{', '.join(found.studies)}: {found.answers:,} answers are in {to}")
    for left in found.left:
        _tell(f"left where it was: {left}")


def _prune(
    studies: Studies = None,
    store: StoreOption = None,
    days: Annotated[
        float, typer.Option(min=0, help="since when a stopped training is left, to be removed")
    ] = 30,
    yes: Annotated[bool, typer.Option("--yes", help="remove it; otherwise it is listed")] = False,
    json_: JsonOption = False,
) -> None:
    """List what nobody reads any more, and remove it with --yes."""
    from ..upkeep import prune, spare

    kept = _own(store)
    found = spare(kept, studies or (), days)
    if json_:
        print(json.dumps([each.to_dict() for each in found], indent=1))
    else:
        for each in found:
            _tell(f"{each.place}: {each.reason} ({_megabytes(each.bytes)})")
    freed = prune(kept, found) if yes else sum(each.bytes for each in found)
    if not json_:
        said = "removed" if yes else "nothing was removed: the same with --yes does it"
        count = f"{_count(len(found), 'place')}, {_megabytes(freed)}; {said}"
        _tell(count if found else "nothing to prune")


def _own(folder: Path | None) -> Store:
    """The named store, or the user's own; the shipped studies are nobody's to change."""
    from ..study import Store, default_root

    return Store(folder or default_root(), warn=lambda said: _tell(f"! {said}"))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _tell(text: str) -> None:
    out.print(shown(text), markup=False, highlight=False, soft_wrap=True)
