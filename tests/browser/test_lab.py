"""Runs in the lab as a person sees them: live, cancelled, found again, killed, shared."""

import os
import re
import signal

import pytest
from visitor import (
    WAIT,
    canvases,
    drawn_maps,
    idle,
    live_map,
    params,
    recovery_bars,
    set_epochs,
    settled,
    start,
    start_button,
    until,
)

from opcviz.study import Job, Plan
from opcviz.study.spec import model_place

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
LONG = 900  # epochs: no test waits for their end
# Which states the live view was seen in: map updates, and epochs of the curves.
WATCH = """() => {
    window.seen = { map: new Set(), recovery: new Set() };
    const host = (name) => document.querySelector(`[class*=st-key-live-${name}]`);
    const deep = (node, css) => {
        if (!node) return null;
        const found = node.querySelector(css);
        if (found) return found;
        for (const inner of node.querySelectorAll("*")) {
            const hit = inner.shadowRoot && deep(inner.shadowRoot, css);
            if (hit) return hit;
        }
        return null;
    };
    setInterval(() => {
        const maps = deep(host("map"), "[data-testid=linked-maps]");
        if (maps) window.seen.map.add(maps.dataset.updates);
        const curves = deep(host("curves"), "[data-testid=run-curves]");
        if (curves) window.seen.recovery.add(curves.dataset.epochs);
    }, 60);
}"""


@pytest.fixture
def lab(app, visit):
    """The page, for somebody who wants no motion: between its epochs a map does not glide."""
    page = visit(f"{app.url}/lab", watch=without_motion)
    ready(page)
    return page


def without_motion(page) -> None:
    page.emulate_media(reduced_motion="reduce")


@pytest.fixture(scope="module")
def stopped(app) -> tuple[str, str]:
    """Two runs that somebody asked for and cancelled."""
    return cancelled(app, "first"), cancelled(app, "second")


@pytest.fixture(autouse=True)
def nothing_left_running(app):
    yield
    for run in app.runs.list():
        app.runs.cancel(run.id)
    until(lambda: not any(run.active for run in app.runs.list()))


def ready(page) -> None:
    expect(start_button(page)).to_be_enabled(timeout=WAIT)
    idle(page)


def cancel(page):
    return page.get_by_role("button", name="Cancel")


def settles(page) -> None:
    """A run has ended and the page, which renews itself once more then, is at rest."""
    settled(page, frames=30)  # less than the pause after which it looks again


def cancelled(app, label: str) -> str:
    """The id of a run that somebody asked for and cancelled."""
    plan = {
        "name": "waits",
        "forget": "classes:5",
        "methods": ["original", {"method": "opc", "epochs": LONG}],
        "data": {"name": "digits"},
        "architecture": {"name": "resnet8", "width": 0.25},
        "training": {"epochs": LONG},
    }
    run = app.runs.submit(Job(Plan.from_dict(plan).to_dict()).to_dict(), label)
    app.runs.cancel(run)
    until(lambda: not app.runs.status(run).active)
    return run


def is_followed(page, run: str) -> None:
    """An ended run stands in the address and above the list of runs."""
    expect(page.locator(f"[class*=st-key-live-resume-{run}]")).to_be_visible(timeout=WAIT)
    until(lambda: params(page).get("run") == run)


def starts_long_run(page) -> None:
    set_epochs(page, LONG)
    start(page)


def is_live(page) -> None:
    """Its map and its curves have begun to move."""
    several = re.compile(r"^([2-9]|\d\d+)$")
    expect(live_map(page)).to_have_attribute("data-updates", several, timeout=WAIT)
    expect(page.get_by_test_id("stMetricValue")).to_have_count(4)
    expect(page.get_by_test_id("stProgress")).to_contain_text(f"of {LONG}", timeout=WAIT)


def test_opc_runs_before_your_eyes_and_joins_the_study(app, visit):
    lab = visit(f"{app.url}/lab")
    ready(lab)
    lab.evaluate(WATCH)
    start(lab)
    expect(lab.get_by_text("The model is part of its study now.")).to_be_visible(timeout=3 * WAIT)
    idle(lab)
    run = app.run_of(lab)
    assert run.status == "finished"
    seen = lab.evaluate("() => ({ map: seen.map.size, recovery: seen.recovery.size })")
    epochs = sum(event["kind"] == "epoch" for event in app.runs.events(run.id)[0])
    assert min(seen.values()) >= 10, f"{seen} seen of {epochs} epochs"
    lab.reload()  # a finished run is shown to its last epoch
    expect(lab.get_by_text("The model is part of its study now.")).to_be_visible(timeout=WAIT)
    expect(lab.get_by_text(f"OPC on features, epoch {epochs - 1}").first).to_be_visible()
    in_the_end = live_map(lab).get_by_test_id("map-canvas")
    expect(in_the_end).to_have_attribute("data-groups", re.compile(r'^\[{"count":90,[^}]*}]$'))
    lab.set_viewport_size({"width": 1024, "height": 768})
    for words in lab.locator('[data-testid="stMetric"] [data-testid="stMarkdownContainer"]').all():
        room = words.bounding_box()
        told = words.locator("p").bounding_box()  # neither cut nor over its help's sign
        assert told["x"] + told["width"] <= room["x"] + room["width"] + 1, words.inner_text()
    lab.get_by_role("button", name="See it side by side").click()
    expect(recovery_bars(lab)).not_to_have_count(0, timeout=WAIT)
    idle(lab)
    plan = Plan.from_dict(run.job["plan"])
    models = params(lab)["models"].split(",")
    assert model_place(plan.study, plan.methods[-1], 0).rpartition("/")[2] in models
    expect(drawn_maps(lab)).to_have_count(len(models))


def test_a_killed_worker_fails_its_run_with_a_reason_and_the_next_one_works(app, lab):
    starts_long_run(lab)
    is_live(lab)
    os.kill(app.run_of(lab).worker["pid"], signal.SIGKILL)
    said = lab.get_by_test_id("stAlert").filter(has_text="Failed after")
    expect(said).to_be_visible(timeout=WAIT)
    expect(said).to_contain_text("the worker process died (killed or out of memory) at stage")
    failed = app.run_of(lab)
    assert failed.status == "failed"
    settles(lab)
    lab.get_by_role("button", name="Resume").click()
    is_live(lab)
    assert app.run_of(lab).attempt == 2
    cancel(lab).click()
    expect(lab.get_by_text(re.compile("^Cancelled after"))).to_be_visible(timeout=WAIT)
    settles(lab)
    start(lab)
    lab.wait_for_url(lambda url: failed.id not in url, timeout=WAIT)
    is_live(lab)


def test_two_visitors_see_one_queue_and_a_reload_finds_the_run_again(app, lab, visit):
    starts_long_run(lab)
    is_live(lab)
    running = params(lab)["run"]
    epochs = len(app.runs.events(running)[0])
    lab.reload()
    is_live(lab)
    assert params(lab)["run"] == running
    until(lambda: len(app.runs.events(running)[0]) > epochs)  # it went on meanwhile
    other = visit(f"{app.url}/lab", watch=without_motion)
    ready(other)
    is_live(other)
    assert params(other)["run"] == running
    start(other)
    other.wait_for_url(lambda url: running not in url, timeout=WAIT)
    expect(other.get_by_test_id("stProgress")).to_contain_text("Queued, next.", timeout=WAIT)
    for page in (lab, other):
        expect(page.get_by_text(re.compile("^running · ")).first).to_be_visible(timeout=WAIT)
        expect(page.get_by_text("queued · next", exact=True)).to_be_visible(timeout=WAIT)
    cancel(lab).click()
    stops_before_another_epoch_is_done(app, lab)
    first, second = app.run_of(lab), app.waits(other, "running")
    assert second.started >= first.started
    expect(other.get_by_test_id("stProgress")).not_to_contain_text("Queued", timeout=WAIT)
    cancel(other).click()
    expect(other.get_by_text(re.compile("^Cancelled after"))).to_be_visible(timeout=WAIT)
    settles(other)
    other.locator(f"[class*=st-key-queue-{first.id}] button").click()
    other.wait_for_url(lambda url: first.id in url, timeout=WAIT)
    shown = other.locator(f"[class*=st-key-live-resume-{first.id}]")
    expect(shown).to_be_visible(timeout=WAIT)


def stops_before_another_epoch_is_done(app, page) -> None:
    """Cancel was pressed on a page; it says so and offers to go on."""
    expect(page.get_by_text(re.compile("^Cancelled after"))).to_be_visible()
    run = app.run_of(page)
    assert run.status == "cancelled"
    asked = app.runs.path(run.id, "cancel").stat().st_mtime
    epochs = [each for each in app.runs.events(run.id)[0] if each["kind"] == "epoch"]
    later = [each for each in epochs if each["time"] > asked]
    assert len(later) <= 1, "the one that was being measured when the flag was set"
    expect(page.get_by_role("button", name="Resume")).to_be_enabled()


def test_a_run_that_is_resumed_elsewhere_is_seen_to_go_on(app, visit, stopped):
    run, _ = stopped
    here, other = (visit(f"{app.url}/lab?run={run}", watch=without_motion) for _ in range(2))
    for page in (here, other):
        is_followed(page, run)
        idle(page)
    here.get_by_role("button", name="Resume").click()
    for page in (here, other):
        expect(cancel(page)).to_be_visible(timeout=WAIT)
        expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    cancel(here).click()
    for page in (here, other):
        is_followed(page, run)


def test_forward_comes_back_to_the_run_that_followed(app, visit, stopped):
    """After Back to another run, and after that page was loaded again."""
    first, second = stopped
    page = visit(f"{app.url}/lab", watch=without_motion)
    ready(page)
    for run in (first, second):
        page.locator(f"[class*=st-key-queue-{run}] button").click()
        is_followed(page, run)
        settled(page)
    page.go_back()
    is_followed(page, first)
    page.reload()
    is_followed(page, first)
    settled(page)
    page.go_forward()
    is_followed(page, second)
    page.go_back()
    is_followed(page, first)


def test_any_epoch_can_be_replayed(lab):
    maps = lab.locator("[class*=st-key-replay-map]").get_by_test_id("linked-maps")
    expect(maps).to_have_attribute("data-updates", "1", timeout=WAIT)
    last = canvases(lab).last.screenshot()
    lab.get_by_role("slider", name="Epoch").press("Home")
    expect(lab.get_by_text(re.compile(", epoch 0$"))).to_be_visible(timeout=WAIT)
    expect(maps).to_have_attribute("data-moving", "no", timeout=WAIT)
    assert canvases(lab).last.screenshot() != last


def test_settings_that_cannot_be_used_are_named_and_not_started(app, lab):
    forget = lab.locator("[class*=st-key-lab-study][class*=forget] input")
    lab.get_by_text("Study: data, what to forget, network").click()
    forget.fill("every second picture")
    forget.press("Enter")
    expect(lab.get_by_text(re.compile("^This study cannot be used"))).to_be_visible(timeout=WAIT)
    expect(start_button(lab)).to_be_disabled(timeout=WAIT)
    forget.fill("classes:5")
    forget.press("Enter")
    expect(start_button(lab)).to_be_enabled(timeout=WAIT)
    expect(lab.get_by_text(re.compile("^Will train: Original, Retrain"))).to_be_visible()
