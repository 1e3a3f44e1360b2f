"""Compute the stored results: experiments that take longer than a reader waits -> attnlib/results/*.json.

    python tools/make_results.py              all experiments
    python tools/make_results.py recovery     one of them

The experiments stand in tools/experiments, by chapter.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is imported: sums are the same on every machine with one thread

import numpy as np
from experiments import run_chapter

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "attnlib" / "results"


def live():
    """What `results.steady` is called with on this machine, in all chapters."""
    recorded = {}

    def record(name, numbers, within):
        if name in recorded:
            raise ValueError(f"numbers are recorded as {name!r} twice: each call of steady needs a name of its own")
        recorded[name] = np.asarray(numbers).tolist()
        return np.asarray(numbers)

    for path in sorted((ROOT / "book" / "chapters").glob("*.md")):
        if "results.steady" in path.read_text(encoding="utf-8"):
            run_chapter(path, record)
    return {"settings": {"within": "said in the cells"}, "results": recorded}


CHAPTERS = [
    importlib.import_module(f"experiments.{path.stem}")
    for path in sorted((ROOT / "tools" / "experiments").glob("chapter_*.py"))
]
EXPERIMENTS = {function.__name__: function for chapter in CHAPTERS for function in chapter.EXPERIMENTS}
EXPERIMENTS["live"] = live


def main(names):
    """Compute the named experiments, all of them without names."""
    unknown = sorted(set(names) - set(EXPERIMENTS))
    if unknown:
        sys.exit(f"unknown experiment: {', '.join(unknown)}; there are: {', '.join(EXPERIMENTS)}")
    for name in names or EXPERIMENTS:
        start = time.perf_counter()
        print(f"{name} ... ", end="", flush=True)
        result = EXPERIMENTS[name]()
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8", newline="\n")
        print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
