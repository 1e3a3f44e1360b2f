"""Stored experiments of chapter 11."""

from functools import partial

import numpy as np
import torch

from attnlib import dot_scores, layers, training
from experiments import code_of

WIDTHS, RATES, SEEDS = (8, 32, 128, 512), (0.002, 0.01), (0, 1, 2, 3, 4)
DIVISORS = {
    "none": lambda d_key: 1.0,
    "root of d_k": lambda d_key: d_key**0.5,
    "d_k": lambda d_key: float(d_key),
    "root of d_model": lambda d_key: 8.0,
}


def _measured(code, model):
    """What a trained model gets right, how far its scores lie apart, and what the right key has where it is wrong."""
    weight, spread = code["where_wrong"](model)
    right = code["share_right"](model)
    return {"right": right, "spread": spread, "weight where wrong": None if right == 1 else weight}


def divisors(seeds=SEEDS, widths=WIDTHS, rates=RATES, names=tuple(DIVISORS)):
    """Chapter 11: how often is a recalled value right, by divisor, width and rate?"""
    code = code_of("11", "square_root")

    def run(name, d_key, rate, seed):
        model = code["new_model"](seed, d_key, DIVISORS[name](d_key))
        code["learn"](model, seed, rate)
        return _measured(code, model)

    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "widths": list(widths)},
        "results": {
            f"rate {rate}": {
                name: [[run(name, d_key, rate, seed) for d_key in widths] for seed in seeds] for name in names
            }
            for rate in rates
        },
    }


def wrong_choices(seeds=SEEDS, rate=RATES[0]):
    """Chapter 11: are the keys that are wrongly chosen without a divisor, at width 512, those of the start?"""
    code = code_of("11", "square_root")

    def run(seed):
        model = code["new_model"](seed, 512, 1.0)
        code["learn"](model, seed, rate)
        return code["choices"](code["new_model"](seed, 512, 1.0), model)

    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "rate": rate},
        "results": {"none": [run(seed) for seed in seeds]},
    }


def longer_recall(seeds=(0, 1, 2), n_steps=4000, rate=RATES[0]):
    """Chapter 11: does the model without a divisor, at width 512, learn the task in five times as many steps?"""
    code = code_of("11", "square_root")

    def run(seed):
        model = code["new_model"](seed, 512, 1.0)
        code["learn"](model, seed, rate, n_steps)
        return code["share_right"](model)

    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "steps": n_steps, "rate": rate},
        "results": {"none": [run(seed) for seed in seeds]},
    }


def starts(seeds=SEEDS, rates=RATES, names=("raw, small start", "divided, large start")):
    """Chapter 11, a control: width 512 with the divisor of one model and the scores of the other at the start."""
    code, root = code_of("11", "square_root"), 512**0.5
    known = {"raw, small start": (1.0, root**-0.5 / 8), "divided, large start": (root, root**0.5 / 8)}

    def run(divisor, start, rate, seed):
        model = code["new_model"](seed, 512, divisor, start)
        code["learn"](model, seed, rate)
        return _measured(code, model)

    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "width": 512},
        "results": {
            f"rate {rate}": {name: [run(*known[name], rate, seed) for seed in seeds] for name in names}
            for rate in rates
        },
    }


def as_linear(seeds=(0, 1, 2), widths=WIDTHS, names=("none", "root of d_k"), rate=RATES[0]):
    """Chapter 11, a control: both matrices start as in `torch.nn.Linear`, uniform up to 1/8 for 64 inputs."""
    code = code_of("11", "square_root")

    def run(name, d_key, seed):
        model = code["new_model"](seed, d_key, DIVISORS[name](d_key))
        for matrix in (model.w_q, model.w_k):
            torch.nn.init.uniform_(matrix, -1 / 8, 1 / 8)
        code["learn"](model, seed, rate)
        return code["share_right"](model)

    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "widths": list(widths), "rate": rate},
        "results": {name: [[run(name, d_key, seed) for d_key in widths] for seed in seeds] for name in names},
    }


def plain_steps(seeds=(0, 1, 2), widths=(8, 512), rates=(0.1, 0.3, 1.0), names=("none", "root of d_k", "d_k")):
    """Chapter 11, a control: plain gradient steps of one rate, without Adam, clipping or schedule."""
    code = code_of("11", "square_root")

    def run(name, d_key, rate, seed):
        model, rng = code["new_model"](seed, d_key, DIVISORS[name](d_key)), np.random.default_rng(seed)
        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        for _ in range(800):
            problem, answers, _ = code["draw"](rng, 64)
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(*problem), answers).backward()
            optimizer.step()
        return code["share_right"](model)

    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "widths": list(widths), "steps": 800},
        "results": {
            f"rate {rate}": {
                name: [[run(name, d_key, rate, seed) for d_key in widths] for seed in seeds] for name in names
            }
            for rate in rates
        },
    }


def high_rate(seeds=SEEDS, widths=(8, 512), rate=0.1):
    """Chapter 11: the root is no cure for a rate that is too high."""
    found = divisors(seeds, widths, (rate,), ("root of d_k",))["results"][f"rate {rate}"]["root of d_k"]
    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "widths": list(widths), "rate": rate},
        "results": {"root of d_k": [[run["right"] for run in runs] for runs in found]},
    }


def head_widths(seeds=(0, 1, 2), sizes=((4, 16), (1, 64), (4, 64), (1, 256)), rate=RATES[0]):
    """Chapter 11: the same task with layers of several heads, divided by the root or not, by heads and their width."""
    code = code_of("11", "square_root")

    def run(n_heads, d_head, divides, seed):
        torch.manual_seed(seed)
        model = code["HeadRecall"](n_heads, d_head, divides).double()
        code["learn"](model, seed, rate)
        return code["share_right"](model)

    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "rate": rate},
        "results": {
            f"{n_heads} x {d_head}": {
                name: [run(n_heads, d_head, divides, seed) for seed in seeds]
                for name, divides in (("root", True), ("none", False))
            }
            for n_heads, d_head in sizes
        },
    }


def state_scores(seeds=(0, 1, 2)):
    """Chapter 11: scores between the recurrent states of chapter 6's copying model, before and after its training."""
    code, chapter_6 = code_of("11", "state_scores"), code_of("06", "copying_with_attention")
    problem = chapter_6["copying_problem"](range(1, 16), n_each=100)
    strings = [pair for pair in problem.test if len(pair.source) == 10]

    def run(seed):
        make = partial(layers.LuongDecoder, score=dot_scores)
        torch.manual_seed(seed)
        untrained = chapter_6["build"](problem, make, (16, 64)).double()
        model = chapter_6["learn"](problem, make, (16, 64), seed, 1000)
        outputs, _ = training.greedy_decode(model, problem, [pair.source for pair in problem.test])
        return {
            "before": code["state_spreads"](untrained, problem, strings),
            "after": code["state_spreads"](model, problem, strings),
            "right": float(np.mean([a == b.target for a, b in zip(outputs, problem.test, strict=True)])),
        }

    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "lengths": "1 to 15", "scores at length": 10},
        "results": {"dot": [run(seed) for seed in seeds]},
    }


EXPERIMENTS = (
    *(divisors, wrong_choices, longer_recall, starts, as_linear, plain_steps, high_rate),
    *(head_widths, state_scores),
)
