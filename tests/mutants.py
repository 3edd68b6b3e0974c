"""Puts known faults into the code, one by one, and shows which test notices each.

    python tests/mutants.py             each fault against the tests that should notice it, then
                                        against the whole fast suite if they do not
    python tests/mutants.py --whole     each against the whole fast suite
    python tests/mutants.py --list      the faults, without running anything
    python tests/mutants.py WORD ...    only faults with such a word in their description

A fault is an exact piece of code and what stands in its place. Its file is searched for, so code
may move; a piece that is missing, or there twice, ends the script with an error. The work is done
in a copy of the tree. Exit status 1 if a fault is not noticed, 2 if it could not be tried.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("opcviz", "pages", "tests", "app.py", "pyproject.toml", ".streamlit")
LINKED = ("checkpoints",)
SEARCHED = ("opcviz", "pages", "app.py")
FAST = ("-m", "not browser and not slow and not wheel")

EVIDENCE = "tests/golden/test_golden_evidence.py"
INSTRUMENTS = "tests/golden/test_golden_instruments.py"
PICTURES = "tests/golden/test_golden_pictures.py"
TRAINING = "tests/golden/test_golden_training.py"
VERDICT = "tests/verdict/test_spread.py"
TABLE = "tests/golden/test_golden_table.py"
PAGES = "tests/app/test_whose_numbers.py"
ANSWERS = "tests/app/test_whose_answers.py"
LAB = "tests/app/test_live_words.py"
SWEEP = "tests/sweep/test_sweep.py"
RULE = "tests/verdict/test_verdict.py"
LIBRARY = "tests/library/test_whose_baseline.py"
FIGURES = "tests/ui/test_result_figures.py"
RELEARNT = "tests/attacks/test_relearning_strongest.py"
FEW = "tests/attacks/test_few_shot.py"
HEADLINE = "tests/study/test_headline.py"
REPORT = "tests/audit/test_whose_figures.py"
SELECTED = "tests/ui/test_selected.py"
FOLLOWED = "tests/ui/test_followed.py"
SPACE = "tests/app/test_feature_space.py"
SEARCHES = "tests/ui/test_inversion_found.py"
STORY = "tests/ui/test_contrast.py"


class Unfit(Exception):
    """A fault that cannot be put into this tree."""


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        what: the fault in words.
        old, new: the piece of code, and what takes its place.
        tests: the paths most likely to notice.
    """

    what: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        "original and unlearned model swapped in the evidence",
        "after, split = context.subject.outputs, context.split\n        before, head",
        "after, split = context.original.outputs, context.split\n        before, head",
        (EVIDENCE,),
    ),
    Mutant(
        "the retrained model starts from the original's initial weights",
        "start = seed if is_original else seed + RETRAINED_SEED_OFFSET",
        "start = seed",
        (TRAINING,),
    ),
    Mutant(
        "CKA of a block with itself",
        "features, reference[name].train.features, split",
        "features, features, split",
        (INSTRUMENTS,),
    ),
    Mutant(
        "similarity to the retrained model computed against the original",
        "similarity(outputs, retrained.outputs, split)",
        "similarity(outputs, context.original.outputs, split)",
        (INSTRUMENTS,),
    ),
    Mutant(
        "live 'after FM' shows retain accuracy",
        "values[name] = nan if isinstance(recovered, Undefined) else recovered",
        'values[name] = values["retain_accuracy"]',
        (TRAINING,),
    ),
    Mutant(
        "HR's interval taken from FM",
        "intervals={stage: score.interval for stage, score in stages.items()},",
        'intervals={stage: stages["FM"].interval for stage in stages},',
        (PAGES,),
    ),
    Mutant(
        "the dotted line drawn from the original",
        'found = [model for model in study.models if model.method.info.name == "retrain"]',
        'found = [model for model in study.models if model.method.info.name == "original"]',
        (PAGES,),
    ),
    Mutant(
        "a stage word changed",
        'stage="attacking",',
        'stage="testing",',
        (LAB,),
    ),
    Mutant(
        "the verdict takes no notice of how far retrained models differ",
        "needed = max(self.t.points, chance, spread)",
        "needed = max(self.t.points, chance)",
        (VERDICT,),
    ),
    Mutant(
        "the verdict takes no notice of the pixels' floor",
        "floor = self.model.floor(attempt)",
        "floor = 0.0",
        (VERDICT,),
    ),
    Mutant(
        "relearning counts a moment at which everything is taken for forgotten",
        "if right > max(self.right, 0.0) and self.kept.mistaken(model) > MISTAKEN:",
        "if right < 0.0:",
        ("tests/attacks/test_relearning_strongest.py",),
    ),
    Mutant(
        "steps in proportion to kept weights are plain ones",
        'if group["relative"]:',
        "if False:",
        ("tests/training/test_relative.py",),
    ),
    Mutant(
        "a retrained model is held against all others together alone",
        "elif len(others) > 1 and (beside := _hides_beside_one(member, original, others, t)):",
        "elif False and (beside := _hides_beside_one(member, original, others, t)):",
        ("tests/verdict/test_shipped_bands.py",),
    ),
    # ---- more of what a store holds -------------------------------------------------------
    Mutant(
        "unlearning starts from another seed's original",
        "return runner.subject(runner.original, seed).network",
        "return runner.subject(runner.original, seed + 1).network",
        (TRAINING,),
    ),
    Mutant(
        "forget and retain positions swapped in the evidence",
        "forget = after.train.features[split.forget_train]\n"
        "        retain = after.train.features[split.retain_train]",
        "forget = after.train.features[split.retain_train]\n"
        "        retain = after.train.features[split.forget_train]",
        (EVIDENCE,),
    ),
    Mutant(
        "probes of held-out data learn from train data",
        "seen: Observation = outputs.test if",
        "seen: Observation = outputs.train if",
        (INSTRUMENTS,),
    ),
    Mutant(
        "a verdict takes its original from any seed",
        "original = next((m for m in originals if m.seed == model.seed), None)",
        "original = next(iter(originals), None)",
        (PAGES,),
    ),
    Mutant(
        "FM answers with the unlearned model's head",
        "return original.outputs, original.network.head_weights, attack",
        "return original.outputs, context.subject.network.head_weights, attack",
        (EVIDENCE,),
    ),
    Mutant(
        "inversion attacks the original in place of the model",
        "[each.subject.network for each in contexts]",
        "[each.original.network for each in contexts]",
        (PICTURES,),
    ),
    Mutant(
        "maps are turned to the layout of another seed's original",
        'start = context.original.stored("maps")',
        'start = context.references("original")[-1].stored("maps")',
        (PICTURES,),
    ),
    Mutant(
        "a field of the documented JSON taken from another kind",
        "result = results.get(name)\n",
        'result = results.get({"similarity": "membership"}.get(name, name))\n',
        (PAGES,),
    ),
    Mutant(
        "after FM stands what another fit set got",
        "score_of(fit_of(results, name, fit), fit) for stage, name in STAGES.items()",
        'score_of(fit_of(results, name, "all"), fit) for stage, name in STAGES.items()',
        (PAGES,),
    ),
    Mutant(
        "the table's columns RA and TA swapped",
        'Column("RA", _retain, tables=FIRST, help="accuracy on retained train data"),'
        '\n        Column("TA", _retain_test,',
        'Column("RA", _retain_test, tables=FIRST, help="accuracy on retained train data"),'
        '\n        Column("TA", _retain,',
        (TABLE,),
    ),
    Mutant(
        "relearning measured against the model's own accuracy",
        'before = context.original.stored("evidence")',
        'before = context.subject.stored("evidence")',
        (INSTRUMENTS,),
    ),
    # ---- and some on screen ---------------------------------------------------------------
    Mutant(
        "the lab's metric 'after FM' shows retain accuracy",
        "percent(last.get(attacker))",
        'percent(last.get("retain_accuracy"))',
        (LAB,),
    ),
    Mutant(
        "plain accuracy where the balanced one is announced",
        "**{percent(score.balanced)}** with every class alike",
        "**{percent(score.value)}** with every class alike",
        (PAGES,),
    ),
    Mutant(
        "entropy by sample of the original in place of the model",
        "entropy_points(after.train.logits, split)",
        "entropy_points(before.train.logits, split)",
        (EVIDENCE,),
    ),
    # ---- what a number is measured against -------------------------------------------------
    Mutant(
        "a sweep's gap computed against the original in place of the retrained model",
        'retrained = create("retrain")\n    place = model_place',
        'retrained = create("original")\n    place = model_place',
        (SWEEP,),
    ),
    Mutant(
        "the verdict's lost accuracy taken against the better reference",
        "theirs, of_theirs = min(references, key=lambda found: found[0])",
        "theirs, of_theirs = max(references, key=lambda found: found[0])",
        (RULE,),
    ),
    Mutant(
        "a call near its line is no close call",
        "CLOSE = 0.2  # of the threshold",
        "CLOSE = 0.0  # of the threshold",
        (RULE,),
    ),
    Mutant(
        "two seeds that agree give high confidence",
        "SEEDS_FOR_HIGH = 3",
        "SEEDS_FOR_HIGH = 2",
        (RULE,),
    ),
    Mutant(
        "the library's relearning measured against the model's own accuracy",
        "outputs = observe(original, data, progress=told)\n        before = accuracy_report",
        "outputs = observe(model, data, progress=told)\n        before = accuracy_report",
        (LIBRARY,),
    ),
    Mutant(
        "the library's inversion takes the model itself for the original",
        "originals=None if original is None else [original.network]",
        "originals=None if original is None else [model.network]",
        (LIBRARY,),
    ),
    Mutant(
        "a plot of relearning draws the forget part of the test set",
        "name: (one.steps or (), one.forget_train.accuracy or ()) for name, one in found.items()",
        "name: (one.steps or (), one.forget_test.accuracy or ()) for name, one in found.items()",
        (FIGURES,),
    ),
    Mutant(
        "every model wears the first model's verdict",
        'f"{chip(column.verdict)}</div>"',
        'f"{chip(shown[0].verdict)}</div>"',
        (ANSWERS,),
    ),
    Mutant(
        "every model answers the pinned sample with the first model's probabilities",
        "[known_of(column.model, column.label, count) for column in shown]",
        "[known_of(shown[0].model, column.label, count) for column in shown]",
        (ANSWERS,),
    ),
    Mutant(
        "the ridge sweep stays that of all training data",
        'fit_of(c.results, "fm", fit).sweep for c in shown',
        'fit_of(c.results, "fm", "all").sweep for c in shown',
        (ANSWERS,),
    ),
    Mutant(
        "the dashed line of the ridge sweep is the recovered accuracy",
        'constant=fit_of(shown[0].results, "fm", fit).constant_predictor',
        'constant=fit_of(shown[0].results, "fm", fit).forget_accuracy',
        (ANSWERS,),
    ),
    Mutant(
        "samples that turn right and wrong swapped",
        "{flips.recovered:,} turn right, {flips.lost:,} turn wrong",
        "{flips.lost:,} turn right, {flips.recovered:,} turn wrong",
        (ANSWERS,),
    ),
    Mutant(
        "the dashed line of the size sweep at a half",
        "constant=first.recovery.constant_predictor if defined(first) else None",
        "constant=50.0 if defined(first) else None",
        (ANSWERS,),
    ),
    Mutant(
        "relearning's dashed line is that of the forget test data",
        "[one.forget_train.constant_predictor for one in found.values()]\n    st.plotly_chart(",
        "[one.forget_test.constant_predictor for one in found.values()]\n    st.plotly_chart(",
        (ANSWERS,),
    ),
    Mutant(
        "the least false positive rate resolved counted from the members",
        "sizes = [one.thresholds.nonmembers for one in found]",
        "sizes = [one.thresholds.members for one in found]",
        (ANSWERS,),
    ),
    Mutant(
        "forget and retain counts of the entropy panels swapped",
        '("forget", "orange", about.forget),\n        ("retain", "blue", about.retain),',
        '("forget", "orange", about.retain),\n        ("retain", "blue", about.forget),',
        (ANSWERS,),
    ),
    # ---- whom the worst case is of -----------------------------------------------------------
    Mutant(
        "beyond is said of what lies below the best retrained model alone",
        "low, high = min(theirs), max(theirs)",
        "low, high = max(theirs), max(theirs)",
        (RULE,),
    ),
    Mutant(
        "the membership left counted from the band's greatest AUC",
        "mean = sum(band) / len(band)",
        "mean = max(band)",
        (RULE,),
    ),
    Mutant(
        "each attacker's worst attempt taken for his best",
        "key=lambda each: (each.key, -each.recovered)",
        "key=lambda each: (each.key, each.recovered)",
        (RULE,),
    ),
    Mutant(
        "every draw of a relearning is given the same pictures",
        "given = _given(images, split, shots, seed + draw)",
        "given = _given(images, split, shots, seed)",
        (RELEARNT,),
    ),
    Mutant(
        "the noise of a mean of few pictures is not allowed for",
        "farther = 1 + 1 / sizes",
        "farther = 1 + 0 / sizes",
        (FEW,),
    ),
    Mutant(
        "the few pictures of a class are drawn from all forgotten ones",
        "pools = [gone[train[gone] == each] for each in forgotten]",
        "pools = [gone for each in forgotten]",
        (FEW,),
    ),
    Mutant(
        "the verdict hears the most pictures of a few-shot attack",
        "fewest = self.given()[:1]",
        "fewest = self.given()[-1:]",
        (FEW,),
    ),
    Mutant(
        "the retrained band begins at its first model",
        "least = min(each.recovered for each in most)",
        "least = most[0].recovered",
        (HEADLINE,),
    ),
    # ---- whose numbers a report shows ----------------------------------------------------------
    Mutant(
        "the report's original stands out as much as the audited model",
        "original = _sign(cast.original, kind.name, sign)",
        "original = _sign(cast.audited, kind.name, sign)",
        (REPORT,),
    ),
    Mutant(
        "the report's original answers what a retrained model answers",
        "original=_accuracy(cast.original, part) if",
        "original=_accuracy(cast.retrained[0], part) if",
        (REPORT,),
    ),
    Mutant(
        "the report's original gives the pictures of a retrained model",
        "original = _psnr(cast.original) if",
        "original = _psnr(cast.retrained[0]) if",
        (REPORT,),
    ),
    Mutant(
        "the report's curves of the original and the audited model swapped",
        "[each.original for each in best], ORIGINAL),\n"
        '        Line("audited model", [each.value for each in best], AUDITED),',
        "[each.value for each in best], ORIGINAL),\n"
        '        Line("audited model", [each.original for each in best], AUDITED),',
        (REPORT,),
    ),
    Mutant(
        "the audited model's rebuilt pictures stand as the original's",
        'whose = [\n        ("original", cast.original),',
        'whose = [\n        ("original", cast.audited),',
        (REPORT,),
    ),
    Mutant(
        "the report's attackers spent the seconds that they spent on the original",
        "artefact = who.audited.artefact(kind.name)",
        "artefact = (who.original or who.audited).artefact(kind.name)",
        (REPORT,),
    ),
    # ---- whose numbers a selection shows -------------------------------------------------------
    Mutant(
        "the selection's attackers with kept data and with all data swapped in the table's head",
        '"restored by whoever holds retained data alone",\n'
        '        "restored by whoever holds all data",',
        '"restored by whoever holds all data",\n'
        '        "restored by whoever holds retained data alone",',
        (SELECTED,),
    ),
    Mutant(
        "the selection's bars are of whoever holds kept data, whomever one asks for",
        '"FM": Rate.of(model.comes_back(labels, fit), where)',
        '"FM": Rate.of(model.comes_back(labels), where)',
        (FOLLOWED,),
    ),
    Mutant(
        "the epochs' map is coloured by what whoever holds all data restores",
        '.get("restored")\n    count = len(samples.ids)',
        '.get("restored_all")\n    count = len(samples.ids)',
        (SPACE,),
    ),
    Mutant(
        "a picture that was not searched for counts among the searches that stopped short",
        "zip(record.settled, record.reason, strict=False) if not why]",
        "zip(record.settled, record.reason, strict=False)]",
        (SEARCHES,),
    ),
    Mutant(
        "the story opens with the hiding method of which least is restored",
        "sorted(silent, key=lambda m: -(_restored(m) or 0.0))",
        "sorted(silent, key=lambda m: _restored(m) or 0.0)",
        (STORY,),
    ),
)


def sources(root: Path) -> list[Path]:
    """The Python files that faults may be put into."""
    found = (root / name for name in SEARCHED)
    return [f for each in found for f in ([each] if each.is_file() else sorted(each.rglob("*.py")))]


def find(root: Path, mutant: Mutant) -> Path:
    """The one file that holds the piece of code, once.

    Raises:
        Unfit: when it is missing or there more than once.
    """
    texts = {file: file.read_text(encoding="utf-8") for file in sources(root)}
    holds = {file: n for file, text in texts.items() if (n := text.count(mutant.old))}
    if sum(holds.values()) != 1:
        where = ", ".join(f"{f.relative_to(root)} ({n} times)" for f, n in holds.items())
        raise Unfit(
            f"'{mutant.what}': wanted exactly once, found in {where or 'no file'}:\n{mutant.old}\n"
            "Write the piece in tests/mutants.py as it stands in the code now."
        )
    return next(iter(holds))


def copy_tree(to: Path) -> None:
    """What the tests need, without the bulk."""
    unwanted = shutil.ignore_patterns("__pycache__", ".pytest_cache")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=unwanted)
        elif source.is_file():
            shutil.copy(source, to / name)
    for name in LINKED:
        (to / name).symlink_to(ROOT / name, target_is_directory=True)


def run(tree: Path, tests: Sequence[str], *, sound: bool = False) -> str | None:
    """The first test that fails in the tree, or None.

    A sound tree leaves its bytecode, tests with rewritten asserts included: most of the time of a
    short run is their compilation. A faulty one reads it and leaves none, for two versions of a
    file within a second look alike.

    Raises:
        Unfit: when pytest ends in another way than passed or failed.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-rfE", "--tb=no", *FAST, *tests]
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "" if sound else "1",
        "PYTHONPATH": str(tree),
        "OMP_NUM_THREADS": "1",
    }
    ended = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode == 0:
        return None
    failed = [s for s in ended.stdout.splitlines() if s.startswith(("FAILED ", "ERROR "))]
    if ended.returncode != 1 or not failed:
        raise Unfit(f"pytest ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")
    return failed[0].split(" ", 1)[1].split(" - ")[0]


def noticed_by(tree: Path, mutant: Mutant, whole: bool) -> str | None:
    """The test that notices a fault, or None; the tree is left as it was."""
    file = find(tree, mutant)
    sound, times = file.read_text(encoding="utf-8"), file.stat()
    file.write_text(sound.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return (None if whole else run(tree, mutant.tests)) or run(tree, ())
    finally:
        file.write_text(sound, encoding="utf-8")
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # its bytecode is valid again


def main() -> int:
    """Try all faults asked for; see the top of this file for the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only faults with such a word")
    parser.add_argument("--whole", action="store_true", help="always run the whole fast suite")
    parser.add_argument("--list", action="store_true", help="list the faults and where they go")
    asked = parser.parse_args()
    chosen = [m for m in MUTANTS if not asked.words or any(w in m.what for w in asked.words)]
    try:
        places = [find(ROOT, mutant) for mutant in chosen]  # all of them, before hours are spent
        if asked.list:
            for mutant, place in zip(chosen, places, strict=True):
                print(f"{place.relative_to(ROOT)}: {mutant.what}")
            return 0
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            tree = Path(folder)
            copy_tree(tree)
            return try_all(tree, chosen, asked.whole)
    except Unfit as error:
        print(error, file=sys.stderr)
        return 2


def try_all(tree: Path, chosen: Sequence[Mutant], whole: bool) -> int:
    """Print which test notices each fault; 1 if one is not noticed."""
    named = sorted({path for mutant in chosen for path in mutant.tests})
    if failed := run(tree, () if whole else named, sound=True):
        raise Unfit(f"the sound tree fails already: {failed}")
    survived = 0
    for number, mutant in enumerate(chosen, 1):
        began = time.monotonic()
        test = noticed_by(tree, mutant, whole)
        survived += test is None
        took = f"{time.monotonic() - began:.0f} s"
        print(f"{number}/{len(chosen)} {mutant.what}: {test or 'NOT NOTICED'} ({took})", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} noticed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
