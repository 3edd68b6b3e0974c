"""docs/audit.md: what it shows can be typed."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path

import opcviz
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


def test_the_python_code_calls_what_there_is() -> None:
    (code,) = [
        textwrap.dedent(block)
        for block in re.findall(r"(?:^    .*\n|^\n)+", GUIDE, re.MULTILINE)
        if "import opcviz" in block
    ]
    tree = ast.parse(code)
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "opcviz.audit"
    ]
    named = {keyword.arg: None for keyword in call.keywords}
    inspect.signature(audit_modules).bind(*call.args, **named)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("opcviz"):
            module = __import__(node.module, fromlist=["_"])
            assert all(hasattr(module, alias.name) for alias in node.names)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "opcviz":
            assert hasattr(opcviz, node.attr) or node.attr == "audit"


def test_the_workflow_names_no_registry_and_pins_its_actions() -> None:
    workflow = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL).group(1)
    assert "http" not in workflow
    uses = re.findall(r"uses: (\S+)", workflow)
    assert len(uses) >= 4
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", each) for each in uses)
    assert "--fail-on hidden" in workflow
    assert "if: always()" in workflow
