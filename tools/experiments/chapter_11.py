"""Stored experiments of chapter 11."""

from functools import partial

import numpy as np
import torch

from attnlib import dot_scores, layers, scaled_dot_scores, training
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


STARTS = ("raw, small start", "small start, steps", "raw, same start", "divided, large start")


def starts(seeds=SEEDS, rates=RATES, names=STARTS):
    """Chapter 11, controls at width 512: how large the scores are at the start, and how far a step moves them.

    In "small start, steps" the steps of the two matrices are smaller by the fourth root of the width, as the matrices
    are. In "raw, same start" a constant is taken off each score, so that they start as those of the divided model.
    """
    root = 512**0.5
    raw_small, raw, large = (1.0, root**-0.5 / 8), (1.0, 1 / 8), (root, root**0.5 / 8)
    known = dict(zip(STARTS, (raw_small, raw_small, raw, large), strict=True))

    def run(name, rate, seed):
        code = code_of("11", "square_root")
        model, scores_of = code["new_model"](seed, 512, *known[name]), code["scores_of"]
        if name == "raw, same start":
            symbols = torch.arange(32).expand(32, 32)
            constant = (1 - 1 / root) * scores_of(model, symbols.mT, symbols).detach()  # (symbol, symbol)
            code["scores_of"] = lambda *arguments: scores_of(*arguments) - constant[arguments[1:]]
        if name == "small start, steps":
            _learn_with_smaller_steps(code, model, seed, rate, root**-0.5)
        else:
            code["learn"](model, seed, rate)
        return _measured(code, model)

    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "width": 512},
        "results": {
            f"rate {rate}": {name: [run(name, rate, seed) for seed in seeds] for name in names} for rate in rates
        },
    }


def _learn_with_smaller_steps(code, model, seed, rate, factor, n_steps=800):
    """As the chapter's `learn`, with the rate of W_q and W_k times a factor."""
    rng, matrices = np.random.default_rng(seed), [model.w_q, model.w_k]
    others = [p for name, p in model.named_parameters() if name not in ("w_q", "w_k")]
    optimizer = torch.optim.Adam([{"params": others}, {"params": matrices}], lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [rate, rate * factor], n_steps, pct_start=0.1)
    for _ in range(n_steps):
        problem, answers, _ = code["draw"](rng, 64)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(*problem), answers).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()


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


def high_rate(seeds=SEEDS, widths=(8, 512), rate=0.1, names=("root of d_k", "none")):
    """Chapter 11: the root is no cure for a rate that is too high."""
    found = divisors(seeds, widths, (rate,), names)["results"][f"rate {rate}"]
    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "widths": list(widths), "rate": rate},
        "results": {name: [[run["right"] for run in runs] for runs in rows] for name, rows in found.items()},
    }


def low_rate(seeds=SEEDS, widths=(8, 512), rate=0.0002, names=("root of d_k", "d_k")):
    """Chapter 11: with Adam and a low rate, is dividing by the width as good as dividing by its root?"""
    return high_rate(seeds, widths, rate, names)


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
    """Chapter 11: scores between the recurrent states of chapter 6's copying model, before and after its training.

    "dot" is that model; in "divided" its scores are divided by the root of the width, 8.
    """
    code, chapter_6 = code_of("11", "state_scores"), code_of("06", "copying_with_attention")
    problem = chapter_6["copying_problem"](range(1, 16), n_each=100)
    strings = [pair for pair in problem.test if len(pair.source) == 10]

    def run(score, seed):
        make = partial(layers.LuongDecoder, score=score)
        torch.manual_seed(seed)
        untrained = chapter_6["build"](problem, make, (16, 64)).double()
        model = chapter_6["learn"](problem, make, (16, 64), seed, 1000)
        outputs, _ = training.greedy_decode(model, problem, [pair.source for pair in problem.test])
        return {
            "before": code["state_spreads"](untrained, problem, strings),
            "after": code["state_spreads"](model, problem, strings),
            "right": float(np.mean([a == b.target for a, b in zip(outputs, problem.test, strict=True)])),
        }

    scores = {"dot": dot_scores, "divided": scaled_dot_scores}
    return {
        "settings": {"chapter": "11", "seeds": list(seeds), "lengths": "1 to 15", "scores at length": 10},
        "results": {name: [run(score, seed) for seed in seeds] for name, score in scores.items()},
    }


EXPERIMENTS = (
    *(divisors, wrong_choices, longer_recall, starts, as_linear, plain_steps, high_rate, low_rate),
    *(head_widths, state_scores),
)
