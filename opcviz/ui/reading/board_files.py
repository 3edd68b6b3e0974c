"""The scoreboard to take away: numbers as CSV and JSON, a table for a paper as LaTeX."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence

from ...study.table import Summary
from ...verdict import Consensus
from .board import Board, Line, Measure

__all__ = ["to_csv", "to_json", "to_latex"]

LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "−": "$-$", "≈": r"$\approx$", "↓": r"$\downarrow$", "↑": r"$\uparrow$", "Σ": r"$\Sigma$",
}  # fmt: skip
SIGNS = {"less": "↓", "more": "↑", "same": "≈", "": ""}


def to_csv(
    lines: Sequence[Line], measures: Sequence[Measure], judged: Mapping[str, Consensus]
) -> str:
    """A row a method, and of each measure its mean, standard deviation and number of seeds.

    Numbers have all their digits; what is not there is empty.

    Args:
        lines, measures: what is shown, in order.
        judged: verdicts by line's key.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    parts = ("mean", "sd", "n")
    head = [f"{name} {part}" for name in map(_name, measures) for part in parts]
    about = ["method", "title", "family", "fidelity", "seeds", "settings", "verdict"]
    writer.writerow([*about, *head])
    for line in lines:
        settings = json.dumps(line.row.method.to_dict()) if line.row else ""
        seeds = " ".join(map(str, line.row.seeds)) if line.row else ""
        told = judged.get(line.key)
        row: list[object] = [
            line.method or line.key, line.title, line.family, line.mark, seeds, settings,
            verdict_text(told),
        ]  # fmt: skip
        for measure in measures:
            cell = line.cells.get(measure.key)
            row += [cell.mean, cell.sd, cell.n] if cell else ["", "", ""]
        writer.writerow(["" if value is None else value for value in row])
    return out.getvalue()


def to_json(board: Board) -> str:
    """Every method of the study in the form of `opcviz table --json`, all tables in one."""
    return json.dumps(
        [row.to_dict() for row in board.rows()], indent=1, ensure_ascii=False, allow_nan=False
    )


def to_latex(
    lines: Sequence[Line],
    measures: Sequence[Measure],
    judged: Mapping[str, Consensus],
    caption: str = "",
) -> str:
    """What is shown as a table of LaTeX's package booktabs, mean ± standard deviation.

    Args:
        lines, measures: what is shown, in order.
        judged: verdicts by line's key.
        caption: of the table, as plain text.
    """
    heads = [_escaped(f"{_name(m)} {SIGNS[m.better]}".strip()) for m in measures]
    body = []
    last = next((line for line in reversed(lines) if line.fixed), None)
    for line in lines:
        cells = [_latex_cell(line.cells.get(m.key), m.format) for m in measures]
        first = [_escaped(line.title), _escaped(verdict_text(judged.get(line.key)) or "–")]
        body.append(f"{' & '.join([*first, *cells])} \\\\")
        if line is last:
            body.append(r"\midrule")
    if body and body[-1] == r"\midrule":
        body.pop()
    return "\n".join(
        [
            "% needs \\usepackage{booktabs}",
            r"\begin{table}",
            *([rf"\caption{{{_escaped(caption)}}}"] if caption else []),
            rf"\begin{{tabular}}{{ll{'r' * len(measures)}}}",
            r"\toprule",
            f"{' & '.join(['method', 'verdict', *heads])} \\\\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def verdict_text(consensus: Consensus | None) -> str:
    """The words that all seeds share, or how many say what; nothing without a verdict."""
    if consensus is None:
        return ""
    if isinstance(consensus.verdict, str):
        return consensus.verdict
    told = (f"{n} × {'no verdict' if w == 'none' else w}" for w, n in consensus.counts.items())
    return "; ".join(told)


def _name(measure: Measure) -> str:
    own = measure.group not in ("", measure.words.group)
    return f"{measure.about}: {measure.name}" if own else measure.name


def _latex_cell(cell: Summary | None, form: str) -> str:
    if cell is None:
        return "--"
    plain = form.lstrip(",")
    sd = "" if cell.sd is None else rf" $\pm$ {cell.sd:{plain}}"
    return _escaped(f"{cell.mean:{plain}}".replace("-", "−")) + sd


def _escaped(text: str) -> str:
    return re.sub("|".join(map(re.escape, LATEX)), lambda found: LATEX[found.group()], text)
