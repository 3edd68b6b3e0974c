"""The report as one HTML file: nothing is fetched, nothing from outside is run or drawn as HTML.

A policy in the file itself (Content-Security-Policy) holds the browser to it: of the scripts only
those run whose hash stands there, and no address but those of the pictures inside is opened.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..artefacts import kinds
from ..common.json_types import Json
from ..results import HOLDS
from ..study import StudyResult
from ..verdict import GONE, KEPT, NOTICEABLE, Check, Verdict, rules
from .exhibit import Table, band, called, number, table_of
from .exhibits import exhibits
from .figures import cast
from .records import Figure, Input, Report

__all__ = ["to_html"]

TEMPLATES = Path(__file__).parent / "templates"

ABOUT = {
    "answers left": 0,
    "membership left": 0,
    "recovered beyond the retrained models": 0,
    "less than from every retrained model": 0,
    "AUC beyond the retrained models'": 1,
    "tighter than in the retrained models": 1,
    "answers below the retrained models'": 1,
    "retain test accuracy lost": 2,
    "test recall lost by one retained class": 2,
}
"""Which of the three questions a check of the verdict answers."""

MOST_NAMES = 12  # of classes to forget that the first page lists
ASKED = "one query to the model for each picture"
QUICK = (
    "This is a quick audit: its attackers try less than those of the full suite, as section 1 "
    "says. What they found is found; what they did not find, the full suite may."
)
UNANSWERED = "quick attacks found nothing, and only the full suite can say that there is nothing"


@dataclass(frozen=True)
class Answer:
    """One question of the verdict.

    Attributes:
        question: in a word.
        word: the answer; "no answer" where there is none.
        meaning: in a sentence.
        tone: `bad`, `good` or `open`, for its colour.
        checks: the figures that decided, or came nearest.
    """

    question: str
    word: str
    meaning: str
    tone: str
    checks: tuple[Check, ...]


def to_html(report: Report, study: StudyResult) -> str:
    """The whole report, readable without network and, but for the charts, without a program.

    Args:
        report: of this study.
        study: where its pictures and maps lie.

    Raises:
        ConfigError: when the study has no such model.
    """
    who = cast(study, report.model)
    shown = list(exhibits(report, study, who))
    charts = [each.chart for each in shown if each.chart]
    library = _plotly() if charts else None
    scripts = [library, (TEMPLATES / "report.js").read_text("utf-8")] if library else []
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "band": band,
        "called": called,
        "short": _short,
        "size": _size,
        "tidy": _tidy,
        "date": _date,
        "plainly": _plainly,
    }
    verdict = report.verdict
    return environment.get_template("report.html").render(
        report=report,
        verdict=verdict,
        title=report.question.get("title") or report.question.get("name") or "",
        headline=_headline(verdict),
        answers=list(_answers(verdict)),
        key_figures=_key_figures(report, verdict),
        furthest=_furthest(report, verdict),
        exhibits=shown,
        appendix=_appendix(report),
        holds=HOLDS,
        rules=_rules(),
        digest=hashlib.sha256(report.to_file()).hexdigest(),
        style=(TEMPLATES / "report.css").read_text("utf-8"),
        policy=_policy(scripts),
        scripts=scripts,
        data=[_embedded(each) for each in charts],
        forget=_forget(report),
        brought=_by_role(report),
        quick=QUICK if _suite(report) == "quick" else "",
    )


def _plotly() -> str | None:
    """The program that draws the charts, from the package that brings it; None without it.

    Asked for by its place, since importing plotly takes half a second.
    """
    found = find_spec("plotly")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / "package_data" / "plotly.min.js"
        if path.is_file():
            return path.read_text("utf-8").replace("</script", "<\\/script")
    return None


def _policy(scripts: Sequence[str]) -> str:
    """What the browser may do with the file: run these scripts, show pictures that are inside."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'"
        for each in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes or repr('none')}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _embedded(value: Json) -> str:
    """JSON inside a script element, which ends at the first `</script`, whatever quotes it."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    table = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
    return "".join(table.get(each, each) for each in text)


def _suite(report: Report) -> str:
    """The suite of attacks that the audited model was under."""
    (audited,) = (each for each in report.models if each["key"] == report.model)
    return str(audited["suite"])


def _headline(verdict: Verdict) -> str:
    words = verdict.words
    return "No verdict" if words == "none" else words[0].upper() + words[1:]


def _answers(verdict: Verdict) -> Iterator[Answer]:
    tones = {"no": "bad", "hidden": "bad", "as in retrained models": "good", "beyond": "good"}
    seen = {"yes": "bad", "as in retrained models": "good", "no": "good"}
    kept = {"yes": "good", "one class harmed": "bad", "no": "bad"}
    for i, (question, word, meanings, tone) in enumerate(
        (
            ("Gone?", verdict.gone, GONE, tones),
            ("Noticeable?", verdict.noticeable, NOTICEABLE, seen),
            ("Kept?", verdict.kept, KEPT, kept),
        )
    ):
        checks = tuple(each for each in verdict.checks if ABOUT.get(each.name) == i)[:2]
        if word is None:
            missing = "; ".join(verdict.missing)
            why = f"missing: {missing}" if missing else UNANSWERED
            yield Answer(question, "no answer", why, "open", checks)
        else:
            yield Answer(question, word, meanings[word], tone[word], checks)


def _key_figures(report: Report, verdict: Verdict) -> list[Figure]:
    """What the first page shows beside floors and band: the furthest attacker, the answers, the
    clearest sign, what was kept."""
    furthest = verdict.furthest.words if verdict.furthest else None
    found = [
        next((f for f in report.figures if f.place == "forget_test"), None)
        or next((f for f in report.figures if f.place == "forget_train"), None),
        next((f for f in report.figures if f.holds and f.name == furthest), None)
        or max((f for f in report.figures if f.holds), key=_above_floor, default=None),
        max((f for f in report.figures if f.unit == "AUC"), key=_stands_out, default=None),
        next((f for f in report.figures if f.place == "retain_test"), None),
    ]
    return [each for each in found if each]


def _above_floor(attempt: Figure) -> float:
    """How far an attacker came beyond what needs no model, where there is no band."""
    return attempt.value - max(attempt.floor or 0.0, attempt.constant or 0.0)


def _stands_out(sign: Figure) -> tuple[bool, float]:
    """How far an AUC lies beyond its line by the verdict's rule; without a band, from guessing."""
    if sign.margin is not None:
        return True, sign.margin
    return False, abs(sign.value - 0.5)


def _furthest(report: Report, verdict: Verdict) -> str:
    """What the attacker who came furthest held and spent; empty where none was tried."""
    attempt = verdict.furthest
    if attempt is None:
        return ""
    kind = next((f.kind for f in report.figures if f.holds and f.name == attempt.words), None)
    made = next((each for each in report.attackers if each.name == kind), None)
    if attempt.attacker == "answers":
        spent = f"Spent: {ASKED}."
    elif attempt.settings:
        spent = f"Spent in its best run: {attempt.settings}; section 1 has its whole budget."
    else:
        spent = f"Spent: {made.budget}." if made else ""
    first = next((each.says for each in verdict.numbers), "")
    who = (
        "The first of these attackers came furthest."
        if first.startswith(attempt.words)
        else f"Furthest beyond the retrained models came: {called(attempt.words)}."
    )
    return f"{who} Given: {HOLDS[attempt.holds]}. {spent}".strip()


def _appendix(report: Report) -> list[tuple[str, Table]]:
    """Every figure, by the attack that it is from."""
    titles = {kind.name: kind.title for kind in kinds()}
    runs = groupby(report.figures, key=lambda each: (each.kind, each.unit))
    return [(titles.get(kind, kind), table_of(list(rows))) for (kind, _), rows in runs]


def _by_role(report: Report) -> dict[str, list[Input]]:
    """What was brought, in the order in which it is named."""
    found: dict[str, list[Input]] = {}
    for each in report.inputs:
        found.setdefault(each.role, []).append(each)
    return found


def _forget(report: Report) -> str:
    """What was to be forgotten, in words."""
    data: Json = dict(report.data)
    asked: Json = dict(report.question)
    names, gone = data.get("class_names") or [], data.get("forget_classes") or []
    count = (data.get("sizes") or {}).get("forget_train")
    of = f", {count:,} training samples" if count is not None else ""
    if gone:
        told = ", ".join(f"‘{names[i] if i < len(names) else i}’" for i in gone[:MOST_NAMES])
        told += f" and {len(gone) - MOST_NAMES} more" if len(gone) > MOST_NAMES else ""
        return f"{'class' if len(gone) == 1 else 'classes'} {told}{of}"
    return f"single samples ({asked.get('forget', {}).get('kind', 'chosen')}){of}"


def _rules() -> str:
    """The verdict's rule, of which the Markdown has paragraphs, numbers, bold and italics."""
    blocks = []
    for block in re.split(r"\n\s*\n", rules()):
        text = html.escape(block, quote=False)
        text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text, flags=re.DOTALL)
        text = re.sub(r"\*(.+?)\*", r"<em>\1</em>", text, flags=re.DOTALL)
        items = re.split(r"^\d+\. ", text, flags=re.MULTILINE)
        if len(items) > 1:
            blocks.append("<ol>" + "".join(f"<li>{each}</li>" for each in items[1:]) + "</ol>")
        else:
            blocks.append(f"<p>{text}</p>")
    return "\n".join(blocks)


def _tidy(text: str) -> str:
    """A sentence whose units stay with their numbers."""
    text = re.sub(r"(\d) (%|dB)", "\\1\u00a0\\2", text)
    return f"{text[:1].upper()}{text[1:]}"


def _date(iso: str) -> str:
    """As in "22 November 2026, 01:53 UTC"; what is no date as it stands."""
    try:
        found = datetime.fromisoformat(iso).astimezone(UTC)
    except ValueError:
        return iso
    return f"{found.day} {found:%B %Y, %H:%M} UTC"


def _plainly(value: float) -> str:
    """Three digits of a small number, all before the point of a large one."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _short(digest: str) -> str:
    return f"{digest[:12]}…" if len(digest) > 12 else digest


def _size(count: int) -> str:
    """As in "1.2 MB"."""
    value, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
