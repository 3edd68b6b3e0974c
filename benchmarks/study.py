"""How long the whole digits study takes, stage by stage, from an empty store.

    python benchmarks/study.py [--threads 2]

Prints the seconds of each stage summed over all models, and of the whole process from its start.
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
    stages: dict[str, float] = defaultdict(float)
    for model in shown["models"]:
        for stage, seconds in model["stage_seconds"].items():
            stages[stage] += seconds or 0.0
    print(f"{args.preset}: {len(shown['models'])} models, {os.cpu_count()} cores")
    for stage, seconds in stages.items():
        print(f"  {stage:<10} {seconds:6.1f} s")
    print(f"  {'rest':<10} {whole - sum(stages.values()):6.1f} s  (imports, data, watching, disk)")
    print(f"  {'in all':<10} {whole:6.1f} s")


if __name__ == "__main__":
    main()
