"""The lab over a store with a damaged run: it is named in a sentence, and the rest is shown."""

from __future__ import annotations

import json

import pytest
from reading import captions, fine
from streamlit.testing.v1 import AppTest


@pytest.fixture
def two(visit, engine) -> tuple[str, str]:
    """Ids of two runs that wait: the first is to be spoilt."""
    lab = visit("lab")
    fine(lab.button(key="lab.start").click().run())
    (first,) = engine.list()
    return first.id, engine.submit(first.job, "another")


def spoil(engine, run: str, **entries: object) -> None:
    path = engine.runs.path(run, "run.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def listed(lab: AppTest) -> list[str]:
    """The rows of the list of runs that can be shown."""
    return [b.key.removeprefix("queue.") for b in lab.button if (b.key or "").startswith("queue.")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ({"status": "sleeping"}, "status cannot be 'sleeping'"),
        ({"job": None}, "job cannot be"),
        ({"created": "today"}, "created cannot be 'today'"),
    ],
)
def test_it_is_named_in_a_sentence_and_the_rest_is_shown(visit, engine, two, entries, why):
    bad, other = two
    spoil(engine, bad, **entries)
    lab = visit("lab")
    assert set(listed(lab)) == {bad, other}
    assert any(f"Run {bad}" in each.value for each in lab.markdown)
    (said,) = [text for text in captions(lab) if text.startswith("damaged · ")]
    assert why in said
    fine(lab.button(key=f"queue.{bad}").click().run())
    (told,) = [each.value for each in lab.error]
    assert told.startswith(f"Run {bad} cannot be shown: its record run.json cannot be read")
    assert why in told
    assert str(engine.runs.path(bad)) in told
    assert not [b for b in lab.button if (b.key or "").startswith("live.")]  # nothing to go on with


@pytest.mark.parametrize("status", ["failed", "finished", "queued"])
def test_of_what_was_asked_nothing_can_be_read(visit, engine, two, status):
    """As of a run that asks for a method of the user's own, in a file that is not loaded here."""
    bad, other = two
    spoil(engine, bad, job={"plan": {"methods": ["no such method"]}}, status=status)
    lab = visit("lab", run=bad)
    (told,) = [each.value for each in lab.error]
    assert told.startswith(f"Run {bad} ({status}) cannot be shown: what it was asked")
    assert set(listed(lab)) == {bad, other}
    steered = {b.key for b in lab.button if (b.key or "").startswith("live.")}
    wanted = {"failed": {f"live.resume.{bad}"}, "queued": {f"live.cancel.{bad}"}}
    assert steered == wanted.get(status, set())
