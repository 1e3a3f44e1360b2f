"""Stored experiments of chapter 10."""

import torch

import attnlib
from experiments import code_of

LENGTHS = (4, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128)
KINDS = ("no positions", "numbers", "fractions", "sinusoidal", "learned", "rotary")
DIGIT_KINDS = (*KINDS, "causal mask", "rotary, causal mask")


def who_chased_whom(seeds=tuple(range(10)), kinds=(*KINDS, "causal mask, last word asks", "no mask, last word asks")):
    """Chapter 10: in which share of the test does a model know who chased whom, by the way it is told the order?"""
    code = code_of("10", "order")

    def run(kind, seed):
        model = code["new_reader"](kind, len(code["vocabulary"]), seed)
        reading = {"asks": "last"} if "last word" in kind else {}
        if "causal" in kind:
            reading["mask"] = code["mask_for"](kind, 9)
        code["learn_chases"](model, seed, **reading)
        return code["right_share"](model, code["test"], **reading)

    return {
        "settings": {"chapter": "10", "seeds": list(seeds), "steps": 400},
        "results": {kind: [run(kind, seed) for seed in seeds] for kind in kinds},
    }


def dates_without_order(seeds=(0, 1, 2, 3, 4), units=("token", "character"), kinds=("no positions", "sinusoidal")):
    """Chapter 10: how many dates are read right from a bag of tokens or characters: all, settled ones, open ones?"""
    code = code_of("10", "order")
    problems = {unit: code["date_problem"](unit) for unit in units}

    def run(unit, kind, seed):
        model = code["learn_dates"](problems[unit], seed, code["ADDED"][kind])
        shares = code["date_shares"](*code["right_dates"](problems[unit], model))
        return {name: float(share) for name, share in shares.items()}

    return {
        "settings": {"chapter": "10", "seeds": list(seeds), "steps": 500},
        "results": {f"{unit}s, {kind}": [run(unit, kind, seed) for seed in seeds] for unit in units for kind in kinds},
    }


def longer_than_trained(seeds=(0, 1, 2, 3, 4), tasks=("two back", "first"), kinds=DIGIT_KINDS, lengths=LENGTHS):
    """Chapter 10: trained on 4 to 16 digits, right on how many? By length; and at new places, shifted, in a window."""
    code = code_of("10", "order")

    def run(kind, task, seed):
        model = code["learn_digits"](kind, task, seed)

        def right(n, mask=None):
            mask = code["mask_for"](kind, n) if mask is None else mask
            return code["right_by_place"](model, task, n, mask)

        tested = [n for n in lengths if kind != "learned" or n <= 16]
        found = {"by length": [float(right(n).mean()) for n in tested] + [None] * (len(lengths) - len(tested))}
        if kind in ("sinusoidal", "rotary"):
            by_place = right(24)
            found["24, places 2 to 15"] = float(by_place[:14].mean())
            found["24, places 16 to 23"] = float(by_place[14:].mean())
            window = attnlib.window_mask(128, width=15, like=torch.empty(0))
            found["128, 15 away at most"] = float(right(128, window).mean())
        if kind == "sinusoidal":
            model.add = lambda x: x + attnlib.sinusoidal_positions(116, 32, like=x)[100:][: x.shape[-2]]
            found["16, from place 100"] = float(right(16).mean())
        return found

    return {
        "settings": {"chapter": "10", "seeds": list(seeds), "lengths": list(lengths), "steps": 600},
        "results": {
            name: {kind: [run(kind, code[name.replace(" ", "_")], seed) for seed in seeds] for kind in kinds}
            for name in tasks
        },
    }


EXPERIMENTS = (who_chased_whom, dates_without_order, longer_than_trained)
