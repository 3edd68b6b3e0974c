"""docs/audit.md: what it shows can be typed."""

from __future__ import annotations

import ast
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
from audited import FAST

from opcviz.audit import audit_modules
from opcviz.audit.judging import FAILURES
from opcviz.cli import commands

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")


def options_of(command: str) -> set[str]:
    import typer

    group = typer.main.get_command(commands.app)
    return {opt for param in group.commands[command].params for opt in param.opts}  # type: ignore[attr-defined]


def test_every_option_is_one_of_the_command() -> None:
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", GUIDE))
    assert len(shown) > 15
    assert shown <= options_of("audit") | options_of("verify")
    words = set(re.findall(r"`([a-z-]+)`", GUIDE.split("## In a pipeline")[1]))
    assert words & FAILURES.keys() == FAILURES.keys() - {"hidden"}


def test_the_options_are_all_explained() -> None:
    table = GUIDE.split("| option | what it says |")[1].split("\n\n")[0]
    explained = set(re.findall(r"--[a-z][a-z-]+", table))
    rest = {"--store", "--data-root", "--set", "--seed", "--name"}  # as of every command
    assert options_of("audit") - explained - rest <= {"--no-quick", "--no-check"}


def python_code() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    return code


def test_the_python_code_calls_what_there_is() -> None:
    tree = ast.parse(python_code())
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "opcviz.audit"
    ]
    named = {keyword.arg: None for keyword in call.keywords}
    inspect.signature(audit_modules).bind(*call.args, **named)


@pytest.mark.slow
def test_the_python_code_runs_and_leaves_its_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code = python_code().replace("epochs=15", "epochs=1")
    code = code.replace("quick=True,", f"quick=True, without={list(FAST)},")
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["found"].report.verdict.band == 3
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["words"] == names["found"].report.words
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "samples.csv").read_text(encoding="utf-8").startswith("sample,class,part")
    assert list((tmp_path / "audits" / "studies").iterdir())


def test_the_workflow_names_no_registry_and_pins_its_actions() -> None:
    workflow = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL).group(1)
    assert "http" not in workflow
    uses = re.findall(r"uses: (\S+)", workflow)
    assert len(uses) >= 4
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", each) for each in uses)
    assert "--fail-on hidden" in workflow
    assert "if: always()" in workflow
