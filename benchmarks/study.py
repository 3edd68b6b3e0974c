"""How long the whole digits study takes, stage by stage, from an empty store.

    python -m benchmarks.study [--threads 2]

Prints the seconds of each stage, summed over all models and of the slowest one, what a model's
evidence costs without inversion, and the whole process from its start.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict


def main() -> None:
    """Run the command line as a person would and read back what it stored."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", default="2", help="OMP_NUM_THREADS of the run")
    parser.add_argument("--preset", default="digits")
    args = parser.parse_args()
    environment = {**os.environ, "OMP_NUM_THREADS": args.threads}
    with tempfile.TemporaryDirectory() as store:
        began = time.perf_counter()
        command = [sys.executable, "-m", "opcviz", "run", args.preset, "--store", store]
        subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
        whole = time.perf_counter() - began
        command = [sys.executable, "-m", "opcviz", "show", args.preset, "--json", "--store", store]
        shown = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    stages: dict[str, list[float]] = defaultdict(list)
    for model in shown["models"]:
        for stage, seconds in model["stage_seconds"].items():
            stages[stage].append(seconds or 0.0)
    measured = [stages[name] for name in stages if name not in ("model", "inversion")]
    models = [sum(each) for each in zip(*measured, strict=True)]
    print(f"{args.preset}: {len(shown['models'])} models, {args.threads} threads")
    print(f"  {'stage':<12} {'all':>6}   slowest model")
    for stage, seconds in stages.items():
        print(f"  {stage:<12} {sum(seconds):6.1f} s {max(seconds):6.2f} s")
    print(f"  {'evidence *':<12} {sum(models):6.1f} s {max(models):6.2f} s  (* but inversion)")
    rest = whole - sum(map(sum, stages.values()))
    print(f"  {'rest':<12} {rest:6.1f} s           (imports, data, watching, disk)")
    print(f"  {'in all':<12} {whole:6.1f} s")


if __name__ == "__main__":
    main()
