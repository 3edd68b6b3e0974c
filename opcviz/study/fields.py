"""What `show --json` holds, field by field: the kinds of artefact say what each of them adds."""

from __future__ import annotations

from ..artefacts import kinds

__all__ = ["documentation"]

BEFORE = {
    "study": "the study's spec",
    "own": (
        "attacks of your own, by name: `title`, `summary`, `fields`, `columns`; absent where there "
        "are none"
    ),
    "models[].{method,seed,settings,status}": (
        "which model; `status` is `finished`, `diverged`, `refused` or `failed`"
    ),
    "models[].suite": "whose answers these are: of all attacks (`full`), or of `quick` ones alone",
}
AFTER = {
    "outdated": (
        "by kind of artefact, in which settings the stored answer differs from what the study asks "
        "now; absent where none does"
    ),
    "verdict": (
        "the profile beside the retrained models: `gone`, `noticeable`, `kept`, `depth`, the "
        "`furthest` attacker, `why`, the `numbers` that decided, `confidence`, the `sensitivity` "
        "to each threshold, what is `missing`, and retrained models that are `doubted`; of models "
        "that draw the `place` of their forgetting alone, with `why`"
    ),
    "consensus": (
        "what the seeds of this method say together: `verdict` (null where they differ), `counts`, "
        "`seeds`, `confidence`, and the attacker who gets most from all seeds `together`"
    ),
    "{seconds,gradients,peak_memory_mb}": (
        "training time, sample gradients evaluated, peak memory of the process (of the GPU, if on "
        "one)"
    ),
    "precision": (
        "number format of the training's forward passes: `fp32` or `bf16`; null where that was "
        "not written down yet"
    ),
    "stage_seconds": "what each answer took, by kind of artefact",
}


def documentation(task: str = "classification") -> dict[str, str]:
    """Path to meaning, in the order of the JSON; a path that begins with a dot is of each model.

    Args:
        task: whose models they are. What users' own kinds add stands in the JSON itself, as `own`.
    """
    ours = [kind for kind in kinds(task) if not kind.own]
    of_kinds = {path: said for kind in ours for path, said in kind.fields.items()}
    return {**BEFORE, **{f".{path}": said for path, said in {**of_kinds, **AFTER}.items()}}
