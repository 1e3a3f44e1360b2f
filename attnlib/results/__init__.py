"""Stored results of experiments that take longer than a reader waits; `make results` computes them."""

import json
from importlib.resources import files

import numpy as np


def load(name):
    """The stored results of one experiment.

    Args:
        name: the name of its file without the ending, for example "recovery".

    Returns:
        A dict with "settings" (what was run, with seeds) and "results".

    Raises:
        ValueError: if there are no such results.

    Example:
        >>> load("recovery")["settings"]["seeds"]
        [0, 1, 2, 3, 4]
    """
    path = files(__name__) / f"{name}.json"
    if not path.is_file():
        known = sorted(p.name.removesuffix(".json") for p in files(__name__).iterdir() if p.name.endswith(".json"))
        raise ValueError(f"there are no stored results {name!r}; there are: {', '.join(known)}")
    return json.loads(path.read_text(encoding="utf-8"))


def steady(name, live, within):
    """The numbers of a live run, in a form that does not change from machine to machine.

    Training drifts: the last digit of a sum differs between processors, and hundreds of steps make that grow. So a
    chapter prints the numbers that its run gave when they were recorded, as long as the reader's own are close to them;
    numbers of other runs, with another seed or more steps, are returned as they are.

    Args:
        name: the name of the recorded numbers, as in the chapter.
        live: a number, or an array of numbers.
        within: how far apart a recorded number and a live one may lie; one number, or one for each of them. It must be
            small beside what the chapter says about the numbers: a live run that contradicts it must not be hidden.

    Returns:
        The recorded numbers if all live ones are that close to them, otherwise the live ones; an array.

    Raises:
        ValueError: if no numbers of that name are recorded, or their shape is another one.

    Example:
        >>> steady("chapter 1, read off", np.zeros(10), within=0.05).tolist() == [0.0] * 10
        True
    """
    known, live = load("live")["results"], np.asarray(live)
    if name not in known:
        raise ValueError(f"no numbers {name!r} are recorded; `make results ARGS=live` records those of all chapters")
    recorded = np.asarray(known[name])
    if recorded.shape != live.shape:
        raise ValueError(f"{name!r} was recorded with the shape {recorded.shape}, got {live.shape}")
    return recorded if np.all(np.abs(recorded - live) <= within) else live
