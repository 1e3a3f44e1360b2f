"""Measure what each chapter's notebook needs, and how far its trained numbers drift -> book/measured.json.

    python tools/measure_notebooks.py

Each chapter runs twice in a process of its own: as it is, and with the numerical libraries held to what a
processor of 2008 can do. The second run adds up in another order, so training drifts as it does between machines.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is imported

import numpy as np
from experiments import run_chapter

from attnlib import results

ROOT = Path(__file__).resolve().parent.parent
OLD_PROCESSOR = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Nehalem",
}


def measure_here(path):
    """Run a chapter in this process; return its seconds, its memory, and how far trained numbers drift."""
    drift, recorded = {}, results.load("live")["results"]

    def steady(name, live, within):
        live, known = np.asarray(live, dtype=float), np.asarray(recorded[name])
        drift[name] = {
            "numbers": live.size,
            "within": float(np.max(within)),
            "drift": float(np.max(np.abs(known - live))),
            "share": float(np.max(np.abs(known - live) / within)),
        }
        return known

    start = time.perf_counter()
    run_chapter(path, steady)
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {"seconds": time.perf_counter() - start, "memory": memory, "drift": drift}


def measure(path, **environment):
    """The same in a process of its own."""
    command = [sys.executable, __file__, str(path)]
    done = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measure all chapters."""
    measured = {}
    for path in sorted((ROOT / "book" / "chapters").glob("*.md")):
        here, old = measure(path), measure(path, **OLD_PROCESSOR)
        measured[path.stem] = {
            "seconds": round(here["seconds"]),
            "megabytes": round(here["memory"] / 1e6, -1),
            "numbers": sum(entry["numbers"] for entry in here["drift"].values()),
            "drift": {
                name: {
                    "within": entry["within"],
                    "seen": float(f"{max(entry['drift'], old['drift'][name]['drift']):.1g}"),
                }
                for name, entry in here["drift"].items()
            },
            "share": round(
                max([max(e["share"], old["drift"][n]["share"]) for n, e in here["drift"].items()], default=0), 2
            ),
        }
        print(path.stem, measured[path.stem], flush=True)
    (ROOT / "book" / "measured.json").write_text(json.dumps(measured, indent=1) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure_here(Path(sys.argv[1]))))
    else:
        main()
