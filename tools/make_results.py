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


# --- chapter 1 ---

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


# --- chapter 6 ---


def _curves(code, problem, make_decoder, sizes, seed, n_steps, pairs, symbols=(), **encoder):
    """One trained model: the share of exact matches by length, and for some lengths what by_symbol measures."""
    model = code["learn"](problem, make_decoder, sizes, seed, n_steps, **encoder)
    curves = {"exact match": list(code["exact_match"](model, problem, pairs).values())}
    for length in symbols:
        of_length = [pair for pair in pairs if len(pair.source) == length]
        curves[f"symbols, length {length}"] = code["by_symbol"](model, problem, of_length)
    return model, curves


def copying_with_attention(seeds=(0, 1, 2), lengths=tuple(range(1, 26)), n_each=200, models=None):
    """Chapter 6: copying, trained on lengths 1 to 15: exact match by length, and symbols with and without forcing."""
    code = code_of("06", "copying_with_attention")
    problem = code["copying_problem"](lengths, n_each)
    decoders = {name: code[name] for name in ("fixed", "fixed_each_step", "with_dot")}
    runs = {
        name: [
            _curves(code, problem, make, (16, 64), seed, 1000, problem.test, [n for n in (10, 20) if n in lengths])[1]
            for seed in seeds
        ]
        for name, make in decoders.items()
        if models is None or name in models
    }
    settings = {"chapter": "06", "seeds": list(seeds), "lengths": list(lengths), "strings of each length": n_each}
    return {"settings": settings, "results": runs}


def recurrent_pair(seeds=(0, 1, 2), lengths=(*range(1, 26), 30, 35, 40), n_each=200, models=None):
    """Chapter 6: copying by plain recurrent networks in one direction, without and with attention."""
    code = code_of("06", "recurrent_pair")
    problem = code["copying_problem"](lengths, n_each)
    one_way = {"n_directions": 1}
    kinds = {
        "tanh, fixed": (code["fixed"], (16, 64), {"cell": "tanh", **one_way}),
        "tanh, fixed, wider": (code["fixed_each_step"], (16, 96), {"cell": "tanh", **one_way}),
        "tanh, dot": (code["with_dot"], (16, 64), {"cell": "tanh", **one_way}),
        "gru, dot": (code["with_dot"], (16, 64), one_way),
        "tanh, dot, two directions": (code["with_dot"], (16, 64), {"cell": "tanh"}),
    }
    runs = {
        name: [_curves(code, problem, make, sizes, seed, 1000, problem.test, **encoder)[1] for seed in seeds]
        for name, (make, sizes, encoder) in kinds.items()
        if models is None or name in models
    }
    settings = {"chapter": "06", "seeds": list(seeds), "lengths": list(lengths), "strings of each length": n_each}
    return {"settings": settings, "results": runs}


def spelling_with_attention(seeds=(0, 1, 2), budgets=(500, 1500), lengths=tuple(range(3, 16)), models=None):
    """Chapter 6: spelling to phonemes with and without attention, at two budgets, by length; and maps of test words."""
    from attnlib import training

    code = code_of("06", "spelling_with_attention")
    problem = code["spelling_problem"]()
    pairs = [pair for n in lengths for pair in [p for p in problem.test if len(p.source) == n][:300]]
    shown = [next(pair for pair in problem.test if len(pair.source) == n) for n in (12, 20)]
    runs = {}
    for n_steps in budgets:
        for name, make in {"fixed": code["fixed_each_step"], "attention": code["with_general"]}.items():
            if models is not None and name not in models:
                continue
            for seed in seeds:
                model, curves = _curves(
                    code, problem, make, (32, 128), seed, n_steps, pairs, [n for n in (4, 8, 12) if n in lengths]
                )
                matches = code["exact_match"](model, problem, problem.test[:3000])
                counts = {n: sum(len(p.source) == n for p in problem.test[:3000]) for n in matches}
                curves["all"] = sum(matches[n] * counts[n] for n in matches) / 3000
                outputs, weights = training.greedy_decode(model, problem, [pair.source for pair in shown])
                curves["words"] = [
                    {"source": list(pair.source), "target": list(pair.target), "output": list(output)}
                    | (
                        {}
                        if weights is None
                        else {"weights": w[: len(output) + 1, : len(pair.source)].round(3).tolist()}
                    )
                    for pair, output, w in zip(shown, outputs, weights if weights is not None else outputs, strict=True)
                ]
                runs.setdefault(f"{n_steps} steps", {}).setdefault(name, []).append(curves)
    settings = {"chapter": "06", "seeds": list(seeds), "lengths": list(lengths)}
    settings["words of each length"] = [sum(len(pair.source) == n for pair in pairs) for n in lengths]
    return {"settings": settings, "results": runs}


EXPERIMENTS = {
    function.__name__: function
    for function in (
        recovery,
        fixed_vector,
        gradients,
        score_functions,
        copying_with_attention,
        recurrent_pair,
        spelling_with_attention,
    )
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
