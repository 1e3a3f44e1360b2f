"""Compute the stored results: experiments that take longer than a reader waits -> attnlib/results/*.json.

    python tools/make_results.py              all experiments
    python tools/make_results.py recovery     one of them

An experiment runs the code that its chapter shows: the cells of the text that are tagged with its name. So the live run
on the page and the stored numbers cannot drift apart.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is imported: sums are the same on every machine with one thread

import jupytext
import numpy as np

import attnlib

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "attnlib" / "results"


def code_of(chapter, tag):
    """What the tagged cells of a chapter define."""
    (text,) = (ROOT / "book" / "chapters").glob(f"{chapter}-*.md")
    cells = [c.source for c in jupytext.read(text, fmt="md:myst").cells if tag in c.metadata.get("tags", [])]
    if not cells:
        raise ValueError(f"chapter {chapter} has no cell with the tag {tag}")
    names = {"np": np, "attnlib": attnlib}
    exec(compile("\n\n".join(cells), f"{text.name} ({tag})", "exec"), names)
    return names


def recovery(seeds=(0, 1, 2, 3, 4), gaps=tuple(range(1, 14, 2))):
    """Chapter 4: how many steps does it take to take back a wrong choice, by the gap between the scores?"""
    code = code_of("04", "recovery")
    steps = {}
    for seed in seeds:
        values = np.random.default_rng(seed).standard_normal((2, 4))
        for name, run in {
            "mixture, squared error": (code["slope_of_square"], values, False),
            "choice, squared error": (code["slope_of_square"], np.eye(2), False),
            "choice, cross-entropy": (code["slope_of_cross_entropy"], None, False),
            "mixture, steps by size": (code["slope_of_square"], values, True),
        }.items():
            steps.setdefault(name, []).append(code["steps_to_recover"](gaps, *run, 10**7).tolist())
    return {"settings": {"chapter": "04", "seeds": list(seeds), "gaps": list(gaps)}, "results": steps}


def score_functions(seeds=(0, 1, 2), settings=((1000, 0.05), (1000, 0.02), (4000, 0.05)), tasks=None, models=None):
    """Chapter 3: how often do learned scores find the right key, by training, task and score function?"""
    code = code_of("03", "score_functions")
    shares = {
        f"{n_steps} steps, rate {rate}": {
            task.__name__: {
                name: [code["learn"](make, code["with_one"](task), seed, n_steps, rate) for seed in seeds]
                for name, make in code["MODELS"].items()
                if models is None or name in models
            }
            for task in code["TASKS"]
            if tasks is None or task.__name__ in tasks
        }
        for n_steps, rate in settings
    }
    return {"settings": {"chapter": "03", "seeds": list(seeds)}, "results": shares}


FIXED_VECTOR_RUNS = (  # task, cell, directions, d_state, steps
    *(("copying", "gru", 1, d_state, 1000) for d_state in (16, 32, 64, 128)),
    *(("copying", "gru", 1, 64, n_steps) for n_steps in (2000, 6000)),
    ("copying", "gru", 1, 16, 6000),
    ("copying", "gru", 2, 64, 1000),
    *(("copying", cell, 1, 64, 1000) for cell in ("tanh", "lstm")),
    *(("reversal", cell, 1, 64, 1000) for cell in ("tanh", "gru", "lstm")),
)


def fixed_vector(seeds=(0, 1, 2), runs=FIXED_VECTOR_RUNS):
    """Chapter 1: how often is a string of digits written right, by length, and what is left of each of its places?

    Exact match for lengths 1 to 15; for strings of 10 digits, the share of right digits by place in the output, and by
    place in the source if a linear readout has to find them in the last state (not for an LSTM, which has two).
    """
    code = code_of("01", "fixed_vector")
    problems = {name: code["digits"](getattr(code["tasks"], name)) for name in sorted({run[0] for run in runs})}
    measured = {}
    for task, cell, n_directions, d_state, n_steps in runs:
        name = f"{task}, {cell}{', both directions' * (n_directions == 2)}, {d_state} numbers, {n_steps} steps"
        for seed in seeds:
            model = code["new_model"](cell, d_state, seed, n_directions)
            code["learn"](model, problems[task], n_steps, seed)
            exact = code["exact_by_length"](model, problems[task])
            places = code["right_places"](model, problems[task], 10, getattr(code["tasks"], task))
            kept = measured.setdefault(name, {"exact match": [], "right places": [], "read off": []})
            kept["exact match"].append(list(exact.values()))
            kept["right places"].append(places.tolist())
            if cell != "lstm":
                kept["read off"].append(code["read_off"](model, 10).tolist())
    return {
        "settings": {"chapter": "01", "seeds": list(seeds), "lengths": list(exact), "places": 10},
        "results": measured,
    }


def squeezed(seeds=(0, 1, 2), widths=(8, 16, 64)):
    """Chapter 1, a control: cells of 64 numbers, and a vector squeezed through fewer by a linear map (and one back).

    Copying with the GRU for 1000 steps; exact match for lengths 1 to 15.
    """
    code = code_of("01", "fixed_vector")
    problem, measured = code["digits"](), {}
    for width in widths:
        for seed in seeds:
            model = code["new_model"]("gru", 64, seed)
            model.encoder = _squeezed(model.encoder, width)
            code["learn"](model, problem, 1000, seed)
            measured.setdefault(str(width), []).append(list(code["exact_by_length"](model, problem).values()))
    return {"settings": {"chapter": "01", "seeds": list(seeds), "numbers": 64, "steps": 1000}, "results": measured}


def _squeezed(encoder, width):
    from torch import nn  # after numpy: the number of threads is set above

    class Squeezed(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = encoder
            self.through = nn.Sequential(nn.Linear(64, width), nn.Linear(width, 64))

        def forward(self, sources, lengths):
            encoded = self.encoder(sources, lengths)
            return encoded._replace(last=self.through(encoded.last))

    return Squeezed().double()


def gradients(seeds=(0, 1, 2), cells=("tanh", "gru", "lstm"), lengths=((15,), tuple(range(1, 16)))):
    """Chapter 1: how far does a gradient reach back, before and after training on some lengths of strings?"""
    code = code_of("01", "fixed_vector")
    measured = {}
    for trained_on in lengths:
        train = code["strings"](0, 60_000 // len(trained_on), trained_on)
        problem = code["tasks"].Problem(train, test=code["strings"](1, 200, trained_on))
        for cell in cells:
            for seed in seeds:
                model = code["new_model"](cell, 64, seed)
                before = code["gradient_norms"](model, 15).tolist()
                code["learn"](model, problem, 1000, seed)
                name = f"{cell}, trained on lengths {trained_on[0]} to {trained_on[-1]}"
                kept = measured.setdefault(name, {"before": [], "after": [], "right places": []})
                kept["before"].append(before)
                kept["after"].append(code["gradient_norms"](model, 15).tolist())
                kept["right places"].append(code["right_places"](model, problem, 15).tolist())
    return {"settings": {"chapter": "01", "seeds": list(seeds), "length": 15, "steps": 1000}, "results": measured}


EXPERIMENTS = {
    function.__name__: function for function in (recovery, score_functions, fixed_vector, squeezed, gradients)
}


def main(names):
    """Compute the named experiments, all of them without names."""
    unknown = sorted(set(names) - set(EXPERIMENTS))
    if unknown:
        sys.exit(f"unknown experiment: {', '.join(unknown)}; there are: {', '.join(EXPERIMENTS)}")
    for name in names or EXPERIMENTS:
        start = time.perf_counter()
        print(f"{name} ... ", end="", flush=True)
        result = EXPERIMENTS[name]()
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
