"""The sentences of the tour on models that draw."""

from __future__ import annotations

from ....common.text import percent
from .facts import Library

__all__ = ["STUDY", "drawn", "drawn_answer"]

STUDY = "digits-generator"
RL, OPC = "rl_diffusion", "opc_any_address"
SMALL = 5.0  # percent that come back, up to which a class seems gone


def drawn(studies: Library) -> list[str]:
    """Sentences of "Does it still draw?"."""
    study = studies(STUDY)
    before, after = (study.drawn(method).asked for method in ("original", RL))
    name, rl = study.forgotten, study.title(RL)
    worst = study.regrown(RL).worst
    seems = "So it seems gone. But" if worst.genuine <= SMALL else "So it was only hidden. And"
    found = {method: study.address(method).strong.genuine for method in (RL, OPC, "retrain")}
    return [
        f"A network learnt to draw digits out of noise and was told to forget the {name}. Asked "
        f"for it, {percent(before.genuine)} of its pictures were genuine; after {rl} "
        f"({study.seed(RL)}) {percent(after.genuine)} are.",
        "Genuine means two things: a judge takes the picture for the class, and it lies among the "
        "class's real pictures. A classifier that must answer finds a digit even in noise.",
        f"An attacker without a single {name} trains on with the other digits: at the most "
        f"{percent(worst.genuine)} come back. {seems} a class is asked for by a condition, "
        "a vector, and another vector may lead to the same place.",
        f"An attacker who searches for one gets {percent(found[RL])} genuine pictures from {rl}, "
        f"{percent(found[OPC])} from {study.title(OPC)}, and {percent(found['retrain'])} from a "
        f"network that never saw the class, since it generalises.",
    ]


def drawn_answer(studies: Library) -> str:
    """The answer of the same."""
    study = studies(STUDY)
    swap = study.title("address_swap")
    asked, found = study.drawn("address_swap").asked, study.address("address_swap").strong
    return (
        "In several places: in what it answers, which training on can undo; under other "
        "conditions, which a search can find; in the weights, which a few pictures wake; and in "
        f"the trunk, where none of these gets more than from a retrained network. {swap} shows why "
        "asking is not enough: it trains nothing and gives the class another's condition. Asked, "
        f"{percent(asked.genuine)} genuine pictures come; searched "
        f"for, {percent(found.genuine)}."
    )
