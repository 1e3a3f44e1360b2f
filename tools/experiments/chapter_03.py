"""Stored experiments of chapter 3."""

from experiments import code_of


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


EXPERIMENTS = (score_functions,)
