"""What an audit found: the verdict in words, every attack beside its floor and band, the report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ....artefacts.classification.verdict import QUICK
from ....audit.page_job import ROLES, PageJob
from ....audit.records import Report
from ....common.config import ConfigError
from ....common.text import capital
from ....engine import Run
from ....study import StoreError
from ...reading import audit as reading
from ...reading import audit_form as forms
from ...reading import state
from ...reading import store_reader as library
from ...reading.asking import queue
from ...reading.audit import Audited
from ...reading.followed import AUDIT
from ...reading.references import References
from ..page_rows import Row, show_rows
from ..presentation import leave, presenting
from ..worst_case import worst_case
from .answers import answers, notes
from .evidence import attacks
from .following import to_the_top, when
from .found import plain
from .steps import begin, start_over

__all__ = ["result"]

PAGES = {
    "pages/side_by_side.py": ("Side by side", ":material/view_column:"),
    "pages/feature_space.py": ("Feature space", ":material/scatter_plot:"),
}
QUICK_AND_FULL = (
    "These were quick attacks: a study's verdict on the same model by the full ones may differ for "
    "that reason alone."
)
FILES = (
    ("Report (HTML)", "report.html", "text/html"),
    ("Numbers (JSON)", "report.json", "application/json"),
    ("Samples (CSV)", "samples.csv", "text/csv"),
)


def result(run: Run) -> None:
    """Draw what a finished run found, or say what is missing of it."""
    try:
        found = reading.audited(run)
        shown = library.columns(found.study, found.models)
    except (StoreError, ConfigError) as error:
        if presenting():
            leave()
        st.error(plain(str(error)))
        _again(run)
        return
    to_the_top(run)
    job = PageJob.from_dict(run.job)
    show_rows(
        [
            Row(
                "audit-verdict",
                lambda: _verdict(found, run, job),
                "Three questions about the unlearned model: is it gone, does it show that "
                "something was removed, and is the rest kept?",
            ),
            Row(
                "audit-attacks",
                lambda: attacks(found.report),
                "One line an attacker. What stands above every retrained model, which never saw "
                "the data, and above the floor, which needs no unlearned model, was left behind.",
            ),
            Row(
                "audit-worst",
                lambda: _worst(found, shown),
                "At each stage of the network, the most that any attacker tried here gets right.",
            ),
            Row("audit-open", lambda: _open_questions(found.report)),
            Row("audit-where-from", lambda: _provenance(found.report)),
        ]
    )


# ---- the verdict --------------------------------------------------------------------------------


def _verdict(found: Audited, run: Run, job: PageJob) -> None:
    verdict = found.report.verdict
    st.header("Verdict", anchor=False)
    st.html(answers(verdict))
    st.markdown(f"{plain(run.label.removeprefix('Audit · '))}  \n:small[{when(run)}]")
    if QUICK in verdict.notes:
        st.caption(QUICK_AND_FULL)
    for text in (*found.report.warnings, *notes(verdict)):
        st.caption(plain(text))
    if not any(each.role == "retrained" for each in found.report.inputs) and not job.retrain:
        _train_the_band(job)
    _ways_on(found, run)


def _train_the_band(job: PageJob) -> None:
    """What the absence of retrained models leaves open, and the button that mends it."""
    said, button = st.columns([3, 1.3], vertical_alignment="center")
    said.info(
        "No model was brought that never saw the forgotten data. Without one nobody can say how "
        "much of what attackers get is memory: a network that never saw the data gives away "
        "some of it, too."
    )
    if button.button(
        f"Train {forms.BAND} retrained models",
        icon=":material/model_training:",
        key="audit.band",
        width="stretch",
        help="The same audit again, with a band: what was found already is not done again. The "
        "files that you gave must still be there.",
    ):
        begin(job.with_band(forms.BAND))


def _ways_on(found: Audited, run: Run) -> None:
    """To the pages that show the models, and everything to take away."""
    name = found.study.place
    with st.container(horizontal=True, gap="small", key="audit-ways"):
        for page, (label, icon) in PAGES.items():
            if st.button(label, icon=icon, key=f"audit.to.{label}"):
                state.update(study=name, models=found.models)
                st.switch_page(page)
        for label, file, mime in FILES:
            ending = file.partition(".")[2]
            st.download_button(
                label,
                partial(reading.kept_file, found.kept, file),
                f"{name}.{ending}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"audit.save.{ending}",
            )
        st.button(
            "New audit",
            icon=":material/restart_alt:",
            key=f"audit.new.{run.id}",
            on_click=start_over,
            help="Files that you uploaded are removed from this server; the audit stays.",
        )


def _again(run: Run) -> None:
    """The way back from a result that cannot be shown."""
    one, two, _ = st.columns([1.2, 1.2, 4])
    pressed = one.button("Run it again", key="audit.rerun", type="primary", width="stretch")
    if pressed and (begun := queue(run.job, run.label, runner=run.runner)):
        AUDIT.show(begun)
        st.rerun()
    two.button("Back", key=f"audit.back.{run.id}", on_click=reading.leave, width="stretch")


# ---- the evidence and what is open ---------------------------------------------------------------


def _worst(found: Audited, shown: Sequence[library.Column]) -> None:
    st.header("Worst case by block", anchor=False, help="The best of all declared attackers.")
    worst_case(shown, References.of(found.study))


def _open_questions(report: Report) -> None:
    """What was not tested, and what a stronger attacker might do."""
    left, right = st.columns(2)
    for place, title, texts, none in (
        (left, "What was not tested", report.not_tested, "Everything that is declared was."),
        (right, "What a stronger attacker might do", report.stronger, "Nothing is said of it."),
    ):
        with place:
            st.header(title, anchor=False)
            st.markdown("\n".join(f"- {plain(each)}" for each in texts) or none)


def _provenance(report: Report) -> None:
    """Where the figures come from: what was brought, in which versions, how to repeat it."""
    st.header("Where this comes from", anchor=False)
    rows = "\n".join(
        f"| {ROLES.get(each.role, capital(each.role))} | {plain(each.name)} | "
        f"{plain(each.format)} | {each.bytes:,} | `{each.sha256}` |"
        for each in report.inputs
    )
    st.markdown(f"| What | Name | Format | Bytes | SHA-256 |\n|---|---|---|---:|---|\n{rows}")
    told = ", ".join(f"{name} {value}" for name, value in report.environment.items())
    st.caption(f"{plain(told)}. It took {report.seconds:.0f} s.")
    with st.expander("The command that repeats it"):
        st.code(report.command, language="bash", wrap_lines=True)
