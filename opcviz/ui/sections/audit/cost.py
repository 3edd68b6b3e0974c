"""What an audit will do, and about how long it takes."""

from __future__ import annotations

from ....audit.estimate import expected, in_words
from ....audit.page_job import FirstLook, PageJob
from ....audit.spec import AuditSpec
from ...reading import audit as reading
from ...reading import store_reader as library

__all__ = ["SUITES", "cost", "lasts"]

SUITES = {"quick": "Quick", "full": "Full"}


def cost(job: PageJob, look: FirstLook) -> str:
    """What will be done, and about how long it takes; two sentences."""
    count = len(job.files) + job.retrain
    trained = f"trains {job.retrain} models, then " if job.retrain else ""
    told = f"{trained}{SUITES[job.suite].lower()} attacks on {count} models"
    return f"{told[:1].upper()}{told[1:]}. {lasts(job, look)}"


def lasts(
    job: PageJob, look: FirstLook, by: str = "by the speed of one pass of pictures just now"
) -> str:
    """About how long an audit takes, and by what that is known; a sentence.

    Args:
        job: what would be run.
        look: what was recognised, with the speed that was measured then.
        by: how that speed is known.
    """
    seconds = reading.past_seconds(library.engine(), job)
    if seconds is not None:
        told = in_words(seconds / 1.3, seconds * 1.3)
        return f"{told[:1].upper()}{told[1:]}, as past audits of such data took."
    if not look.picture_seconds:
        return "How long it takes is told as soon as what you gave was looked at."
    usual = AuditSpec(unlearned="-")
    told = in_words(
        *expected(
            look.picture_seconds,
            look.pictures,
            len(job.files) + job.retrain,
            job.suite,
            usual.evidence,
            retrain=job.retrain,
            epochs=usual.training.epochs,
        )
    )
    return f"{told[:1].upper()}{told[1:]}, {by}."
