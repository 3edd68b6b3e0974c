"""How deep each member of the contraction family forgets, and what it pays, on digits.

    python -m benchmarks.depth classes:0,1,2 [--seeds 0 1 2 3 4] [--members retrain opc_deep ...]

Makes every member on every seed, lets attackers that took no part in its making have it, and
writes one line a model to benchmarks/results/depth-<scenario>.json and the table of means beside
it as CSV, with the band of the retrained models (lowest to highest, and mean ± 2 deviations) that
every other figure is read against. Models that the file holds already are not made again.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch

import opcviz
from opcviz.data import Images, Split
from opcviz.models import Classifier

from .reading import noticed, recovered, translated
from .relearning import relearned
from .subject import Subject

RESULTS = Path(__file__).parents[1] / "results"
PRESET = {"epochs": 15, "lr": 0.1, "batch_size": 64}  # of the presets digits and digits-one
MEMBERS: dict[str, tuple[str, dict[str, Any]]] = {
    "original": ("original", {}),
    "retrain": ("retrain", {}),
    "retrain, crops": ("retrain", {}),  # trained like the new member: its pictures shifted
    "OPC, logits": ("opc", {"target": "logits"}),
    "OPC, features": ("opc", {}),
    "OPC, blocks, 20 epochs": ("opc", {"target": "blocks", "lr": 0.1}),
    "OPC, blocks, 60 epochs": ("opc", {"target": "blocks", "lr": 0.1, "epochs": 60}),
    "OPC, blocks, 120 epochs": ("opc", {"target": "blocks", "lr": 0.1, "epochs": 120}),
    "OPC, blocks, 120 epochs, λ 0.1": (
        "opc",
        {"target": "blocks", "lr": 0.1, "epochs": 120, "weight": 0.1},
    ),
    "retain-like, features": ("opc_retain_like", {}),
    "retain-like, blocks": ("opc_retain_like", {"target": "blocks"}),
    "OPC, deep": ("opc_deep", {}),
    "OPC, deep, lr 0.1": ("opc_deep", {"lr": 0.1}),
    "OPC, deep, retain-like": ("opc_deep_retain_like", {}),
}
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario", help="as in opcviz.split: classes:0,1,2 or classes:3")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--members", nargs="+", default=list(MEMBERS), choices=list(MEMBERS))
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    name = "depth-" + asked.scenario.replace(":", "-").replace(",", "")
    asked.results.mkdir(parents=True, exist_ok=True)
    path = asked.results / f"{name}.json"
    rows: list[Row] = json.loads(path.read_text()) if path.is_file() else []
    data = opcviz.load_data("digits", device="cpu")
    split = opcviz.split(data, asked.scenario)
    for seed in asked.seeds:
        made = {(row["member"], row["seed"]) for row in rows}
        missing = [member for member in asked.members if (member, seed) not in made]
        for row in measure(data, split, seed, missing):
            rows.append(row)
            rows.sort(key=lambda r: (list(MEMBERS).index(r["member"]), r["seed"]))
            lines = ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows)
            path.write_text(f"[\n{lines}\n]\n")
            print(brief(row), flush=True)
    table(rows, asked.results / f"{name}.csv")


def measure(data: Images, split: Split, seed: int, members: list[str]) -> Iterable[Row]:
    """One row a member: accuracies, every attack, life of the units and CPU seconds of making."""
    if not members:
        return
    original = opcviz.train(data, seed=seed, progress=False, **PRESET)
    before = Subject(original.network, data, split)
    for member in members:
        began = time.process_time()
        network, status = make(member, original, data, split, seed)
        spent = time.process_time() - began
        row: Row = {
            "member": member,
            "seed": seed,
            "status": status,
            "cpu_seconds": round(spent, 1),
        }
        if status == "finished":
            row |= attacked(Subject(network, data, split), before, original.fresh, seed)
        yield row


def make(
    member: str, original: opcviz.Model, data: Images, split: Split, seed: int
) -> tuple[Classifier, str]:
    """The model of a member, and how its making ended."""
    method, settings = MEMBERS[member]
    if method == "original":
        return original.network, "finished"
    if member == "retrain, crops":
        cropped = opcviz.train(data, seed=seed, progress=False, augment="crop", **PRESET)
        made = opcviz.unlearn(cropped, data, split, "retrain", progress=False)
    else:
        made = opcviz.unlearn(original, data, split, method, progress=False, **settings)
    return made.network, made.outcome.status


def attacked(
    subject: Subject, before: Subject, fresh: Callable[[int], Classifier] | None, seed: int
) -> Row:
    """What the attackers got of one model; of the readers the best at each station, named."""
    if fresh is None:
        raise ValueError("relearning with new blocks wants a maker of new networks; there is none")
    return {
        "accuracy": subject.accuracy(),
        "recovered": best_of(recovered(subject)),
        "translated": best_of(translated(subject, before)),
        "relearned": relearned(subject, fresh, seed=seed),
        "noticed": noticed(subject),
        "life": {name: round(value, 4) for name, value in subject.life().items()},
    }


def best_of(found: dict[str, float]) -> dict[str, list[Any]]:
    """Station to the best figure and who got it."""
    best: dict[str, list[Any]] = {}
    for name, value in found.items():
        attacker, _, station = name.rpartition("/")
        if station not in best or value > best[station][0]:
            best[station] = [value, attacker]
    return best


def figures(row: Row) -> dict[str, float]:
    """A row as flat columns, the attackers' ones in percent; AUCs in percent as well."""
    if "accuracy" not in row:
        return {}
    flat = {"cpu_seconds": row["cpu_seconds"], "TA": row["accuracy"]["retain_test"]}
    flat["forget test"] = row["accuracy"]["forget_test"]
    flat |= {f"read {name}": value for name, (value, _) in row["recovered"].items()}
    flat |= {f"map {name}": value for name, (value, _) in row["translated"].items()}
    flat |= row["relearned"]
    for station in ("features", "logits"):
        of_station = [v for name, v in row["noticed"].items() if name.endswith(f"/{station}")]
        flat[f"noticed {station}"] = round(100 * max(of_station), 2)
    return flat | row["life"]


def brief(row: Row) -> str:
    """One line on one model."""
    f = figures(row)
    if not f:
        return f"{row['member']}, seed {row['seed']}: {row['status']}"
    again = " ".join(f"{f[f'last {k}/10/60']:.0f}" for k in (1, 2, 3))
    blocks = " ".join(f"{f[f'read stage{i}']:.0f}" for i in (1, 2, 3))
    return (
        f"{row['member']}, seed {row['seed']}: TA {f['TA']:.1f}, read from the stages {blocks}, "
        f"relearned {again}, {row['cpu_seconds']:.0f} s"
    )


def table(rows: list[Row], path: Path) -> None:
    """Mean ± deviation a member and column, and by how much the worst seed exceeds the band."""
    members = [m for m in MEMBERS if any(r["member"] == m and figures(r) for r in rows)]
    of = {m: [figures(r) for r in rows if r["member"] == m and figures(r)] for m in members}
    columns = list(of[members[0]][0])
    band = of.get("retrain", [])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["member", "seeds", "figure", *columns])
        for member in members:
            values = {c: [f[c] for f in of[member]] for c in columns}
            count = len(of[member])
            for figure, summary in SUMMARIES.items():
                writer.writerow([member, count, figure, *(summary(values[c]) for c in columns)])
            if len(band) >= 3 and member not in ("original", "retrain"):
                above = [excess(values[c], [f[c] for f in band]) for c in columns]
                writer.writerow([member, count, "mean above the band's top", *above])
    print(f"written: {path}")


SUMMARIES: dict[str, Callable[[list[float]], float]] = {
    "mean": lambda v: round(mean(v), 2),
    "deviation": lambda v: round(stdev(v), 2) if len(v) > 1 else 0.0,
    "least": min,
    "greatest": max,
}


def excess(values: list[float], band: list[float]) -> float:
    """Mean of the member minus the highest retrained model; at most 0 is within the band."""
    return round(mean(values) - max(band), 2)


if __name__ == "__main__":
    torch.set_num_threads(1)  # what is timed is CPU seconds
    main()
