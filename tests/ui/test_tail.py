import json

import pytest

from opcviz.artefacts import MODEL, kinds
from opcviz.common.progress import Epoch, Message, Stage, Step
from opcviz.engine import Runs
from opcviz.engine.events import EventLog
from opcviz.ui.sections.follower import CATCH_UP, Tail


@pytest.fixture
def runs(tmp_path) -> Runs:
    return Runs(tmp_path)


@pytest.fixture
def run(runs) -> str:
    return runs.submit({})


def say(runs, run, *events):
    with EventLog(runs.path(run, "events.jsonl")) as log:
        for event in events:
            log(event)


def epochs(first, last, of=20):
    return [Epoch(i, of, {"forget_accuracy": float(i)}) for i in range(first, last + 1)]


def shown(tail):
    return [event["epoch"] for event in tail.epochs]


def test_nothing_said_is_nothing_shown(runs, run):
    tail = Tail(run)
    tail.poll(runs, runs.status(run))
    assert not tail.behind
    assert tail.saying == "starting"
    assert (tail.epochs, tail.losses, tail.messages) == ([], [], [])


def test_each_event_is_taken_once_and_in_order(runs, run):
    tail = Tail(run)
    seen = []
    for i in range(5):
        say(runs, run, *epochs(i, i))
        tail.poll(runs, runs.status(run))
        seen.append(shown(tail))
    assert seen == [list(range(i + 1)) for i in range(5)]


def test_a_backlog_is_shown_over_a_few_polls_and_nothing_is_left_out(runs, run):
    say(runs, run, Stage("model", 0, 1, "OPC"), *epochs(0, 20))
    tail, lengths = Tail(run), []
    while not lengths or tail.behind:
        tail.poll(runs, runs.status(run))
        lengths.append(len(tail.epochs))
    assert shown(tail) == list(range(21))
    assert lengths[0] <= 21 // CATCH_UP + 1
    assert len(set(lengths)) == len(lengths) >= 10  # every poll moves something


def test_what_does_not_draw_is_not_waited_for(runs, run):
    more = [Stage("evidence", 1, 2, "OPC"), Message("one"), Message("two")]
    say(runs, run, Stage("model", 0, 2, "OPC"), *epochs(0, 0), *more)
    tail = Tail(run)
    tail.poll(runs, runs.status(run))
    assert not tail.behind
    assert [message["text"] for message in tail.messages] == ["one", "two"]
    assert tail.saying == "attacking OPC (step 2 of 2)"


def test_losses_stand_at_their_place_in_the_run(runs, run):
    begun = [Stage("model", 0, 1, "OPC"), *epochs(0, 0, of=10)]
    say(runs, run, *begun, Step(50, 100, loss=2.0))
    say(runs, run, Step(100, 100, loss=None))  # not finite: a gap, not a number
    tail = Tail(run)
    tail.poll(runs, runs.status(run))
    assert tail.losses == [(5.0, 2.0)]
    assert tail.step["step"] == 100
    assert tail.saying == "training OPC, epoch 0 of 10 (step 1 of 1)"


def test_the_next_model_begins_a_new_picture(runs, run):
    say(runs, run, Stage("model", 0, 2, "Original"), *epochs(0, 0), Step(5, 5, loss=1.0))
    tail = Tail(run)
    tail.poll(runs, runs.status(run))
    assert tail.epochs
    assert tail.losses
    say(runs, run, Stage("model", 1, 2, "OPC"), Message("still here"))
    tail.poll(runs, runs.status(run))
    assert (tail.epochs, tail.losses) == ([], [])
    say(runs, run, Stage("maps", 1, 2, "OPC"))
    tail.poll(runs, runs.status(run))
    assert [message["text"] for message in tail.messages] == ["still here"]


def test_a_resumed_run_is_followed_from_its_new_start(runs, run):
    with runs.claim(run):
        say(runs, run, Stage("model", 0, 1, "OPC"), *epochs(0, 0), Message("first attempt"))
        runs.end(run, "failed", "the power went")
    tail = Tail(run)
    tail.poll(runs, runs.status(run))
    assert tail.messages
    runs.resume(run)
    with runs.claim(run):
        say(runs, run, Stage("model", 0, 1, "OPC"), *epochs(7, 7))
        tail.poll(runs, runs.status(run))
    assert shown(tail) == [7]
    assert tail.messages == []


def whole_run(phases=((20, 3),)):
    """What a run tells whose method trains in phases of (epochs, steps an epoch)."""
    yield Stage("model", 0, 3, "OPC")
    longest, before = phases[0][0], 0
    yield Epoch(0, longest, {})
    for epochs_of, steps in phases:
        for step in range(1, epochs_of * steps + 1):
            yield Step(step, epochs_of * steps, loss=1.0)
            if step % steps == 0:
                epoch = before + step // steps
                yield Epoch(epoch, max(longest, epoch), {})
        before += epochs_of
    yield Stage("relearning", 1, 3, "OPC")
    yield from (Step(step, 40, loss=9.0) for step in range(1, 41))
    yield Stage("inversion", 2, 3, "Original, Retrained, OPC")
    yield from (Step(step, 40, loss=9.0) for step in range(1, 41))


@pytest.mark.parametrize("phases", [((20, 3),), ((1, 5), (3, 4)), ((2, 1), (1, 1))])
def test_only_training_is_on_the_loss_chart_from_left_to_right(runs, run, phases):
    last = sum(number for number, _ in phases)
    tail = Tail(run)
    log = runs.path(run, "events.jsonl")
    with log.open("a") as file:
        for event in whole_run(phases):  # past the log, which would thin the steps
            file.write(f"{json.dumps({**event.to_dict(), 'time': 0.0})}\n")
            file.flush()
            tail.poll(runs, runs.status(run))
            places = [x for x, _ in tail.losses]
            assert places == sorted(places)
            assert all(0 < x <= last for x in places)
    assert {loss for _, loss in tail.losses} == {1.0}
    assert len(tail.losses) == sum(number * steps for number, steps in phases)
    assert tail.losses[-1][0] == tail.epochs[-1]["epoch"] == last
    assert tail.model == "OPC"  # not the three that are inverted together


WORDS = {
    "model": "training OPC",
    "evidence": "attacking OPC",
    "membership": "testing membership in OPC",
    "reference": "testing membership against retrained models in OPC",
    "shadows": "attacking with shadow models of OPC",
    "similarity": "comparing OPC",
    "strongest": "climbing the ladder of attackers on OPC",
    "masked": "reading the masked answers of OPC",
    "few_shot": "naming forgotten classes from a few pictures by OPC",
    "transfer": "probing downstream classes with OPC",
    "ground_truth": "looking for what was planted in OPC",
    "clients": "looking for the client who left in OPC",
    "signs": "judging OPC",
    "information": "measuring the information of OPC",
    "idi": "comparing the information of OPC",
    "blocks": "attacking every block of OPC",
    "relearning": "relearning from OPC",
    "relearned": "relearning with every effort from OPC",
    "features": "keeping features of OPC",
    "maps": "drawing maps of OPC",
    "samples": "looking at each sample of OPC",
    "inversion": "inverting gradients of OPC",
    "generation": "drawing with OPC",
    "regeneration": "bringing the class back by training OPC",
    "concept_inversion": "looking for an address in OPC",
    "reopened_address": "training on the rest, then looking for an address in OPC",
    "relearned_pictures": "showing a few forgotten pictures to OPC",
    "dose": "unlearning step by step with OPC",
    "waveforms": "making records with OPC",
    "forgetting": "comparing with original and retrained OPC",
    "waveform_dimra": "bringing knowledge back by training OPC",
}


def test_every_kind_of_artefact_has_its_words(runs, run):
    assert set(WORDS) == {MODEL, *(kind.name for kind in kinds() if not kind.own)}
    tail = Tail(run)
    for index, (kind, words) in enumerate(WORDS.items()):
        say(runs, run, Stage(kind, index, len(WORDS), "OPC"))
        tail.poll(runs, runs.status(run))
        assert tail.saying == f"{words} (step {index + 1} of {len(WORDS)})"
