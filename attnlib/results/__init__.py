"""Stored results of experiments that take longer than a reader waits; `make results` computes them."""

import json
from importlib.resources import files


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
