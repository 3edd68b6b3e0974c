"""Every number drawn is the stored number of its own model and seed, in its own place."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from drawn import auc, before, cells, levels, lines, near, percent, plain, scored
from reading import (
    captions,
    charts,
    fine,
    frames,
    headlines,
    maps,
    names,
    plain_text,
    recovery_bars,
    searched,
    unfolded,
)
from scrambled import Scrambled, columns
from streamlit.testing.v1 import AppTest

from opcviz.artefacts import kinds
from opcviz.study import Store, open_study

BARS = ("fm", "hr_labels")


def fits(numbers: dict[str, Any], fit: str) -> list[dict[str, Any]]:
    return [numbers["evidence"]["recovery"][attack][fit] for attack in BARS]


def stages(numbers: dict[str, Any], fit: str) -> list[float]:
    """Percent before and after FM and HR, as they are shown."""
    first = before(numbers["evidence"], fits(numbers, fit)[0])[0]
    return [first, *(scored(found)["forget_accuracy"] for found in fits(numbers, fit))]


def check_bars(app: AppTest, made: Scrambled, fit: str) -> None:
    drawn = recovery_bars(app)
    said = [text for text in captions(app) if text.startswith("Restored by FM")]
    for (label, numbers, _), chart, caption in zip(columns(made), drawn, said, strict=True):
        assert chart["title"] == label
        values = stages(numbers, fit)
        assert [bar["value"] for bar in chart["bars"]] == near(values), label
        after = [scored(found)["interval"] for found in fits(numbers, fit)]
        spans = [before(numbers["evidence"], fits(numbers, fit)[0])[1]]
        spans += [(span["low"], span["high"]) for span in after]
        ends = [(bar["low"], bar["high"]) for bar in chart["bars"]]
        assert ends == [near(span) for span in spans], label
        for bar, value, span in zip(chart["bars"], values, spans, strict=True):
            assert f"{value:.1f} %" in bar["words"]
            assert f"{span[0]:.1f} to {span[1]:.1f}" in bar["words"]
            assert float(bar["number"]) == pytest.approx(value, abs=0.05)
        shown = scored(fits(numbers, fit)[0])
        assert chart["constant"] == near(shown["constant_predictor"]), label
        assert f"**{percent(shown['balanced_accuracy'])}**" in caption
        assert f"**{percent(fits(numbers, fit)[0]['retain_accuracy'])}**" in caption


def test_bars_whiskers_and_the_constant_answer(page, made):
    check_bars(page(), made, "retain")


def test_the_same_for_another_fit_set(visit, made):
    keys = [made.keys[model] for model in made.keys]
    app = visit(study=made.place, models=",".join(keys))
    app.button_group(key="rows.fit").set_value("all").run()
    check_bars(fine(app), made, "all")


@pytest.mark.parametrize("seed", [0, 1])
def test_the_band_is_that_of_the_retrained_models_of_all_seeds(page, made, seed):
    app = page("", ("original", seed), ("opc", seed))
    found = [stages(made.numbers[made.keys["retrain", each]], "retain") for each in (0, 1)]
    wanted = [near((min(pair), max(pair))) for pair in zip(*found, strict=True)]
    for chart in recovery_bars(app):
        assert [tuple(band) for band in chart["retrained"]] == wanted
        assert {"retrained", "(2 seeds)"} <= {label["text"] for label in chart["labels"]}


def test_headlines_maps_ridges_and_reconstructions(page, made):
    app = page()
    drawn = maps(app, "maps.")["panels"]
    below = [text for text in captions(app) if "radius ratio" in text]
    boxes, heads = (list(map(plain_text, found)) for found in (headlines(app), names(app)))
    grid = searched(app)
    scores = [text for text in captions(app) if "PSNR" in text or "no score" in text]
    assert len(scores) == len(made.keys)
    (ridge,) = charts(unfolded(app, "rows.why"), "rows.ridge")
    swept = lines(ridge)
    for i, (label, numbers, arrays) in enumerate(columns(made)):
        evidence, inversion = numbers["evidence"], numbers["inversion"]
        assert label in heads[i]
        for part in ("forget_train", "retain_test"):
            assert percent(evidence["accuracy"][part]) in boxes[i]
        points = np.frombuffer(base64.b64decode(drawn[i]["xy"]), np.float32)
        np.testing.assert_allclose(points, arrays["maps"]["umap"].ravel())
        size = evidence["collapse"]
        assert f"radius ratio **{size['radius_ratio']:.2f}**" in below[i]
        assert f"as drawn {numbers['maps']['maps']['umap']['radius_ratio']:.2f}" in below[i]
        assert f"norm ratio **{size['norm_ratio']:.2f}**" in below[i]
        assert f"rank **{size['effective_rank']:.1f}**" in below[i]
        sweep = evidence["recovery"]["fm"]["retain"]["sweep"]["forget_accuracy"]
        assert swept[label] == near(sweep)
        row = grid["tracks"][i]
        assert row["label"] == label
        found = arrays["inversion"]["reconstructions"]
        np.testing.assert_array_equal(frames(grid, i)[-1], found)
        if inversion["psnr"] is None:  # of OPC: no gradient reaches its body
            assert f"no score: {inversion['reason']}" in scores[i]
        else:
            assert f"PSNR **{inversion['psnr']:.1f} dB**" in scores[i]
            assert f"class mean {inversion['class_mean']['psnr']:.1f} dB" in scores[i]
            assert f"SSIM **{inversion['ssim']:.2f}**" in scores[i]
        assert f"gradient norm {inversion['gradient_norm']:.2g}" in scores[i]
        each = inversion["per_picture"]
        for name in ("psnr", "ssim"):
            last = [None if why else v for v, why in zip(each[name], row["reasons"], strict=True)]
            assert row[name][-1] == pytest.approx(last, abs=0.006)
    assert {one["inversion"]["psnr"] is None for one in made.numbers.values()} == {True, False}


@pytest.mark.parametrize("fit", ["retain", "all"])
def test_depth_on_side_by_side_asks_the_attacker_that_was_chosen(page, made, fit):
    check_depth(unfolded(page(fit=fit), "rows.deep"), made, fit)


def check_depth(app: AppTest, made: Scrambled, fit: str = "retain") -> None:
    restored, apart = (lines(chart) for chart in charts(app, "depth"))
    (constant,) = levels(charts(app, "depth")[0], "dash")
    for label, numbers, _ in columns(made):
        blocks = numbers["blocks"]["blocks"]
        assert restored[label] == near(
            [scored(block["recovery"]["fm"][fit])["forget_accuracy"] for block in blocks]
        )
        assert apart[label] == near([100 * block["separability"]["linear"] for block in blocks])
        whole = scored(numbers["evidence"]["recovery"]["fm"][fit])
        assert constant == near(whole["constant_predictor"])


def test_the_charts_of_instruments(page, made):
    app = page("instruments")
    for fold in ("depth", "detail", "relearning"):
        unfolded(app, f"instruments.{fold}")
    check_depth(app, made)
    confusions = charts(app, "confusion")
    (sizes,) = (lines(chart) for chart in charts(app, "sizes"))
    (panels,) = charts(app, "entropy")
    clouds = [t for t in panels["data"] if t["type"] == "scattergl"]
    rocs = {name: lines(charts(app, f"roc.{name}")[0]) for name in ("loss", "reference")}
    for i, (label, numbers, arrays) in enumerate(columns(made)):
        recovery = numbers["evidence"]["recovery"]
        assert sizes[label] == near(recovery["sizes"]["fm"]["forget_accuracy"])
        counts = recovery["fm"]["all"]["confusion"]
        shares = [
            100 * counts[c].get(str(a), 0) / sum(counts[c].values())
            for c in sorted(counts, key=int)
            for a in range(10)
        ]
        assert plain(confusions[i]["data"][0]["z"]) == near(shares)
        for name, curve in numbers["relearning"]["variants"].items():
            (chart,) = (
                json.loads(c.proto.spec)
                for c in app.get("plotly_chart")
                if c.proto.id.endswith(f"-relearning.{name}")
            )
            assert lines(chart)[label] == near(curve["forget_train"]["accuracy"]), name
        kept = arrays["evidence"]
        retain, forget = clouds[2 * i : 2 * i + 2]
        for cloud, part in ((retain, ~kept["forget"]), (forget, kept["forget"])):
            assert plain(cloud["y"]) == near(kept["entropy"][part].astype(float))
            assert plain(cloud["x"]) == near(kept["norm"][part].astype(float))
        attacks = {
            "loss": numbers["membership"]["thresholds"]["loss"],
            "reference": numbers["reference"],
        }
        for attack, one in attacks.items():
            if not one.get("roc"):  # a retrained model lacks references of its own
                continue
            tpr = [100 * y for x, y in zip(*one["roc"].values(), strict=True) if x > 0 and y > 0]
            assert rocs[attack][f"{label}: {one['auc']:.2f}"] == near(tpr)


def test_the_table_of_measures(page, made):
    found = cells(page("instruments"))
    for i, (label, numbers, _) in enumerate(columns(made)):
        evidence, membership = numbers["evidence"], numbers["membership"]
        alike, apart = numbers["similarity"], membership["separability"]
        svc, loss = membership["svc"]["confidence"], membership["thresholds"]["loss"]
        probes = numbers["blocks"]["blocks"][-1]["probes"]
        beside = alike["retrained"]["predictions"]["forget_train"]
        rare = membership["thresholds"]["loss"]["tpr_at_fpr"]["0.01"]
        wanted = {
            "Measure": label,
            "separability, linear": f"{evidence['separability']['linear']:.2f}",
            "separability, 15-NN": f"{evidence['separability']['knn']:.2f}",
            "separability by logits, linear": f"{apart['logits']['retain']['linear']:.2f}",
            "outlier, energy": f"{membership['outliers']['forget_test']['energy']:.2f}",
            "outlier, feature norm": f"{membership['outliers']['forget_test']['feature_norm']:.2f}",
            "loss threshold": auc(loss),
            "loss threshold, TPR at 1 % FPR": percent(100 * rare),
            "separability from unseen, linear": f"{apart['features']['unseen']['linear']:.2f}",
            "SVC on confidence": f"{percent(svc['efficacy'])} (judge right in "
            f"{percent(svc['accuracy'])})",
            "CKA to original, forget": f"{alike['original']['cka']['forget']['cka']:.2f}",
            "CKA to original, retain": f"{alike['original']['cka']['retain']['cka']:.2f}",
            "CKA to retrained, forget": f"{alike['retrained']['cka']['forget']['cka']:.2f}",
            "linear probe, last block": percent(probes["linear"]["forget_accuracy"]),
            "k-NN probe, last block": percent(probes["knn"]["forget_accuracy"]),
            "agreement, forget": percent(beside["agreement"]),
            "JS divergence, forget": f"{beside['js']:.3f}",
        }
        for measure, text in wanted.items():
            assert found[measure][i] == text, (label, measure)
        for measure, variant in (
            ("from retained data", "retain"),
            ("from ten a class", "shots_10"),
            ("from photographs", "other"),
        ):
            area = numbers["relearning"]["variants"][variant]["forget_train"]["area"]
            assert found[measure][i].startswith(f"{area:.2f}, "), (label, measure)
        if numbers["reference"]["auc"] is not None:
            mean = f"{numbers['reference']['auc']:.2f}"
            assert found["LiRA, retrained models"][i].startswith(mean)
    wanted = beside_retraining(made, 0)
    column = list(made.keys).index(("opc", 0))
    assert {name: found[name][column] for name in wanted} == wanted


def beside_retraining(made: Scrambled, seed: int) -> dict[str, str]:
    """The two measures of OPC that are taken against the retrained model of its seed."""
    ours, theirs = (made.numbers[made.keys[name, seed]] for name in ("opc", "retrain"))
    parts = ("forget_train", "retain_train", "retain_test")
    gaps = [abs(ours["evidence"]["accuracy"][p] - theirs["evidence"]["accuracy"][p]) for p in parts]
    mia = [m["membership"]["svc"]["confidence"]["efficacy"] for m in (ours, theirs)]
    mean = np.mean([*gaps, abs(mia[0] - mia[1])])
    return {
        "average gap": f"{mean:.2f} points over UA, RA, TA, MIA",
        "Tug-of-War": f"{np.prod([1 - gap / 100 for gap in gaps]):.3f}",
    }


def test_beside_retraining_of_the_same_seed(page, made):
    found = cells(page("instruments", ("original", 1), ("opc", 1)))
    wanted = beside_retraining(made, 1)
    assert {name: found[name][1] for name in wanted} == wanted


def test_beside_retraining_with_two_seeds_shown(page, made):
    found = cells(page("instruments", ("opc", 0), ("opc", 1)))
    for i in (0, 1):
        wanted = beside_retraining(made, i)
        assert {name: found[name][i] for name in wanted} == wanted


def test_the_documented_json_and_its_verdicts(store, made):
    """`show` passes on what is stored; a verdict rests on the references of the model's seed."""
    told = {m["key"]: m for m in open_study(Store(store), made.place).to_dict()["models"]}
    assert list(told) == list(made.keys.values())
    for (name, seed), key in made.keys.items():
        model, stored = told[key], made.numbers[key]
        assert (model["method"], model["seed"]) == (name, seed)
        for field in ("accuracy", "collapse", "separability"):
            assert model[field] == stored["evidence"][field]
        for attack, fits in stored["evidence"]["recovery"].items():
            assert model["recovery"][attack] == fits, attack
        for kind in ("membership", "reference", "similarity", "relearning", "inversion"):
            assert model[kind] == stored[kind], kind
        assert model["blocks"] == stored["blocks"]["blocks"]
        for field in ("status", "reason", "seconds", "gradients", "peak_memory_mb"):
            assert model[field] == stored["model"][field]
        seconds = {kind: stored[kind].get("seconds") for kind in stored}
        never = dict.fromkeys(kind.name for kind in kinds("classification"))  # unless it is stored
        assert model["stage_seconds"] == {**never, **seconds}
        if name != "opc":
            continue
        checks = {check["name"]: check["says"] for check in model["verdict"]["checks"]}
        lost = next(says for name, says in checks.items() if name == "retain test accuracy lost")

        def right(method: str, seed: int, part: str) -> float:
            return made.numbers[made.keys[method, seed]]["evidence"]["accuracy"][part]

        # the original of its own seed, and the retrained models of both
        band = [right("retrain", each, "retain_test") for each in (0, 1)]
        worst = min(right("original", seed, "retain_test"), *band)
        ours = stored["evidence"]["accuracy"]["retain_test"]
        assert f"{ours:.1f} % of the retained test data are right" in lost
        assert f"retrained has {worst:.1f} %" in lost
        answers = sorted(right("retrain", each, "forget_test") for each in (0, 1))
        beside = f"of 2 retrained models {answers[0]:.1f} to {answers[1]:.1f} %"
        first = right("original", seed, "forget_test")
        left = checks.get("answers left")
        assert left is None or f"of the original it is {first:.1f} %, {beside}" in left
        assert model["verdict"]["band"] == 2
