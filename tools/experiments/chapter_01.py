"""Stored experiments of chapter 1."""

import torch

from attnlib import tasks, training
from experiments import code_of

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
    problems = {name: code["digits"](getattr(tasks, name)) for name in sorted({run[0] for run in runs})}
    measured = {}
    for task, cell, n_directions, d_state, n_steps in runs:
        name = f"{task}, {cell}{', both directions' * (n_directions == 2)}, {d_state} numbers, {n_steps} steps"
        for seed in seeds:
            model = code["new_model"](cell, d_state, seed, n_directions)
            code["learn"](model, problems[task], n_steps, seed)
            exact = code["exact_by_length"](model, problems[task])
            places = code["right_places"](model, problems[task], 10, getattr(tasks, task))
            kept = measured.setdefault(name, {"exact match": [], "right places": [], "read off": []})
            kept["exact match"].append(list(exact.values()))
            kept["right places"].append(places.tolist())
            if cell != "lstm":
                kept["read off"].append(code["read_off"](model, 10).tolist())
    return {
        "settings": {"chapter": "01", "seeds": list(seeds), "lengths": list(exact), "places": 10},
        "results": measured,
    }


def copied_strings(seeds=(0, 1, 2), sizes=(16, 32, 64, 128), n_examples=5):
    """Chapter 1: what the networks of `fixed_vector` write, for the first test strings of each length.

    The strings of one length stand in one text, with a space between two. With them go the shares of all test strings
    that a network writes right, and of those that it writes with the right digits in another order.
    """
    code = code_of("01", "fixed_vector")
    problem = code["digits"]()
    sources, targets = zip(*((pair.source, pair.target) for pair in problem.test), strict=True)

    def by_length(items):
        kept = {}
        for source, item in zip(sources, items, strict=True):
            kept.setdefault(len(source), []).append(item)
        return kept.values()

    def first_strings(written):
        return [" ".join("".join(string) for string in strings[:n_examples]) for strings in by_length(written)]

    measured = {"asked": first_strings(targets)}
    for d_state in sizes:
        kept = measured[str(d_state)] = {"exact match": [], "another order": [], "written": []}
        for seed in seeds:
            model = code["new_model"]("gru", d_state, seed)
            code["learn"](model, problem, 1000, seed)
            outputs, _ = training.greedy_decode(model, problem, sources)
            pairs = list(zip(outputs, targets, strict=True))
            reordered = [output != target and sorted(output) == sorted(target) for output, target in pairs]
            kept["exact match"].append(list(training.exact_match_by_length(outputs, problem.test).values()))
            kept["another order"].append([sum(flags) / len(flags) for flags in by_length(reordered)])
            kept["written"].append(first_strings(outputs))
    return {
        "settings": {"chapter": "01", "seeds": list(seeds), "steps": 1000, "strings": n_examples},
        "results": measured,
    }


class Squeezed(torch.nn.Module):
    """An encoder whose last state of 64 numbers passes through fewer, by a linear map there and one back."""

    def __init__(self, encoder, width):
        super().__init__()
        self.encoder = encoder
        self.through = torch.nn.Sequential(torch.nn.Linear(64, width), torch.nn.Linear(width, 64))

    def forward(self, sources, lengths):
        """Read the sources as the encoder does."""
        encoded = self.encoder(sources, lengths)
        return encoded._replace(last=self.through(encoded.last))


def squeezed(seeds=(0, 1, 2), widths=(8, 16, 64)):
    """Chapter 1, a control: copying with cells of 64 numbers and a smaller vector between them, by length."""
    code = code_of("01", "fixed_vector")
    problem, measured = code["digits"](), {}
    for width in widths:
        for seed in seeds:
            model = code["new_model"]("gru", 64, seed)
            model.encoder = Squeezed(model.encoder, width).double()
            code["learn"](model, problem, 1000, seed)
            measured.setdefault(str(width), []).append(list(code["exact_by_length"](model, problem).values()))
    return {"settings": {"chapter": "01", "seeds": list(seeds), "numbers": 64, "steps": 1000}, "results": measured}


def gradients(seeds=(0, 1, 2), cells=("tanh", "gru", "lstm"), lengths=((15,), tuple(range(1, 16)))):
    """Chapter 1: how far does a gradient reach back, before and after training on some lengths of strings?"""
    code = code_of("01", "fixed_vector")
    measured = {}
    for trained_on in lengths:
        train = code["strings"](0, 60_000 // len(trained_on), trained_on)
        problem = tasks.Problem(train, test=code["strings"](1, 200, trained_on))
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


EXPERIMENTS = (fixed_vector, copied_strings, squeezed, gradients)
