"""Stored experiments of chapter 4."""

import numpy as np

from experiments import code_of


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


EXPERIMENTS = (recovery,)
