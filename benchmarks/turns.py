"""What the benchmarks share: candidates that take turns, and a line of a table with its goal."""

import statistics
import time


def in_turns(candidates, rounds, arguments=(), repeats=1, clock=time.perf_counter):
    """Seconds of a call of each candidate in every round, the mean of its repeats; the first round warms up.

    The candidates take turns, so that a busy machine slows all of them alike.
    """
    times = {name: [] for name in candidates}
    for _ in range(rounds + 1):
        for name, fn in candidates.items():
            start = clock()
            for _ in range(repeats):
                fn(*arguments)
            times[name].append((clock() - start) / repeats)
    return {name: each[1:] for name, each in times.items()}


def medians(candidates, rounds, arguments=(), repeats=1):
    """Median seconds of each candidate, taking turns."""
    times = in_turns(candidates, rounds, arguments, repeats)
    return {name: statistics.median(each) for name, each in times.items()}


def row(what, ratio, goal):
    """Print one line of the table."""
    verdict = "" if goal is None else f"goal {goal:4.2f}   {'ok' if ratio <= goal else 'MISSED'}"
    print(f"{what:78s} {ratio:5.2f}   {verdict}", flush=True)
