"""How long a check takes for a correct answer: it must not be felt.

    python benchmarks/checks.py [--rounds 30]

One thread. For each check the median time of a correct NumPy function, of the same function on PyTorch tensors where
the check takes them (with its gradients), and of a wrong one that the bank names. The last column is the check's time
over the time of calling the function alone on the same examples.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

import attnlib
from attnlib import checks
from attnlib.layers import MultiHeadAttention

torch.set_num_threads(1)
GOAL = 50.0  # milliseconds


class Module(MultiHeadAttention):
    """attnlib's layer as the check of a class wants it."""

    def forward(self, tokens, mask=None):
        """Outputs and weights."""
        return super().forward(tokens, mask=mask, need_weights=True)


def milliseconds(fn, *arguments, rounds):
    """Median time of a call, after one that warms up."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        fn(*arguments)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])


def on_tensors(fn):
    """The same function, marked as PyTorch's for the check: it names torch."""

    def function(*arguments):
        return fn(*arguments) if torch else None

    return function


def row(check, rounds):
    """Print the times of one check."""
    is_class = hasattr(check, "as_function")
    handed_in = Module if is_class else getattr(attnlib, check.name, check.reference)
    right = check.as_function(Module) if is_class else handed_in
    calls = [(e.arguments, e.named) for e in check.examples if not e.named and not e.may_refuse]

    def alone():
        for arguments, _ in calls:
            right(*arguments)

    correct = milliseconds(check, handed_in, rounds=rounds)
    wrong = milliseconds(check, check.answer.function(check.bank.mistakes[0].forms[0]), rounds=rounds)
    tensors = "-"
    if check.name in attnlib.__all__ and check.learns:
        tensors = f"{milliseconds(check, on_tensors(right), rounds=rounds):.1f}"
    ratio = correct / milliseconds(alone, rounds=rounds)
    verdict = "ok" if correct <= GOAL else "MISSED"
    print(f"{check.name:26s} {correct:8.1f} {tensors:>8s} {wrong:8.1f} {ratio:8.1f}   goal {GOAL:.0f} ms   {verdict}")


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30, help="timings per number (default 30)")
    rounds = parser.parse_args().rounds
    print(f"{'milliseconds':26s} {'correct':>8s} {'torch':>8s} {'wrong':>8s} {'/ calls':>8s}")
    for check in checks.ALL.values():
        row(check, rounds)


if __name__ == "__main__":
    main()
