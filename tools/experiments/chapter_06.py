"""Stored experiments of chapter 6."""

from collections import Counter
from functools import partial

import numpy as np
import torch

import attnlib
from attnlib import layers, tasks, training
from experiments import code_of


def _curves(code, model, problem, pairs, symbols):
    """The share of exact matches by length, and for some lengths what by_symbol measures."""
    curves = {"exact match": list(code["exact_match"](model, problem, pairs).values())}
    for length in symbols:
        of_length = [pair for pair in pairs if len(pair.source) == length]
        curves[f"symbols, length {length}"] = code["by_symbol"](model, problem, of_length)
    return curves


def copying_with_attention(seeds=(0, 1, 2), lengths=tuple(range(1, 26)), n_each=200, models=None):
    """Chapter 6: copying, trained on lengths 1 to 15: exact match by length, and symbols with and without forcing."""
    code = code_of("06", "copying_with_attention")
    problem = code["copying_problem"](lengths, n_each)
    decoders = {name: code[name] for name in ("fixed", "fixed_each_step", "with_dot")}
    symbols = [n for n in (10, 20) if n in lengths]
    runs = {
        name: [
            _curves(code, code["learn"](problem, make, (16, 64), seed, 1000), problem, problem.test, symbols)
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
        name: [
            _curves(code, code["learn"](problem, make, sizes, seed, 1000, **encoder), problem, problem.test, symbols=())
            for seed in seeds
        ]
        for name, (make, sizes, encoder) in kinds.items()
        if models is None or name in models
    }
    settings = {"chapter": "06", "seeds": list(seeds), "lengths": list(lengths), "strings of each length": n_each}
    return {"settings": settings, "results": runs}


def spelling_with_attention(seeds=(0, 1, 2), budgets=(500, 1500), lengths=tuple(range(3, 16)), models=None):
    """Chapter 6: spelling to phonemes with and without attention, at two budgets, by length; and maps of test words."""
    code = code_of("06", "spelling_with_attention")
    problem = code["spelling_problem"]()
    pairs = [pair for n in lengths for pair in [p for p in problem.test if len(p.source) == n][:300]]
    shown = [next(pair for pair in problem.test if len(pair.source) == n) for n in (12, 20)]
    symbols = [n for n in (4, 8, 12) if n in lengths]
    some = problem.test[:3000]
    counts = Counter(len(pair.source) for pair in some)

    def run(make, seed, n_steps):
        model = code["learn"](problem, make, (32, 128), seed, n_steps)
        curves = _curves(code, model, problem, pairs, symbols)
        matches = code["exact_match"](model, problem, some)
        curves["all"] = sum(matches[n] * counts[n] for n in matches) / len(some)
        outputs, weights = training.greedy_decode(model, problem, [pair.source for pair in shown])
        curves["words"] = []
        for i, (pair, output) in enumerate(zip(shown, outputs, strict=True)):
            word = {"source": list(pair.source), "target": list(pair.target), "output": list(output)}
            if weights is not None:
                word["weights"] = weights[i, : len(output) + 1, : len(pair.source)].round(3).tolist()
            curves["words"].append(word)
        return curves

    decoders = {"fixed": code["fixed_each_step"], "attention": code["with_general"]}
    runs = {
        f"{n_steps} steps": {
            name: [run(make, seed, n_steps) for seed in seeds]
            for name, make in decoders.items()
            if models is None or name in models
        }
        for n_steps in budgets
    }
    settings = {"chapter": "06", "seeds": list(seeds), "lengths": list(lengths)}
    settings["words of each length"] = [sum(len(pair.source) == n for pair in pairs) for n in lengths]
    return {"settings": settings, "results": runs}


def decoder_steps(n_steps=3000, n_each=200, orders=("luong", "bahdanau")):
    """Chapter 6: two small models that copy, for the figure to step through; their parameters in hundredths."""
    code = code_of("06", "copying_with_attention")
    lengths, longest, sizes, rate = list(range(1, 21)), 12, (8, 20), 0.01
    rng = np.random.default_rng(0)
    train = tasks.copying(rng, rng.integers(1, longest + 1, size=30_000))
    problem = tasks.Problem(train, tasks.copying(rng, np.repeat(lengths, n_each)))
    runs = {}
    for order in orders:
        layer = {"luong": layers.LuongDecoder, "bahdanau": layers.BahdanauDecoder}[order]
        torch.manual_seed(0)
        model = code["build"](problem, partial(layer, score=attnlib.dot_scores), sizes)
        loss = training.next_symbol_loss(model, problem, np.random.default_rng(0))
        training.train(model, loss, n_steps, learning_rate=rate)
        before = list(code["exact_match"](model, problem, problem.test).values())
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_((100 * parameter).round() / 100)
        runs[order] = {
            "n parameters": sum(parameter.numel() for parameter in model.parameters()),
            "exact match, unrounded": before,
            "exact match": list(code["exact_match"](model, problem, problem.test).values()),
            "model": {name: _in_hundredths(parameter) for name, parameter in model.named_parameters()},
        }
    settings = {"chapter": "06", "seed": 0, "lengths": lengths, "strings of each length": n_each}
    settings |= {"longest in training": longest, "steps": n_steps, "sizes": list(sizes), "rate": rate}
    return {"settings": settings, "results": runs}


def _in_hundredths(parameter):
    """A matrix as text: rows between commas, numbers between spaces; a vector is one row."""
    rows = (100 * parameter.detach()).round().long().reshape(-1, parameter.shape[-1]).tolist()
    return ",".join(" ".join(map(str, row)) for row in rows)


EXPERIMENTS = (copying_with_attention, decoder_steps, recurrent_pair, spelling_with_attention)
